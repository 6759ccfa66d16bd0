#ifndef ECOQ_TRANSPORT_PDO_SOCKETS_H
#define ECOQ_TRANSPORT_PDO_SOCKETS_H

/* The socket of a connection that a client library opened, which it does not tell: the one that is there after connecting and was not before. It
 * becomes close-on-exec, so that no background child keeps the session (and with it this process's presence) alive; and in a forked child it is cut
 * off, so that the child's exit says no word on its parent's session. Plain C, no Zend header. */

#include <stddef.h>

typedef struct ecoq_socket_list {
	int *descriptors;
	size_t count;
} ecoq_socket_list;

/* All sockets of the process; empty where they cannot be listed. Freed by ecoq_sockets_new(). */
ecoq_socket_list ecoq_sockets_list(void);

/* The socket that came since, when it is a single one, else -1 (another thread may have opened one at the same time). All new ones are made
 * close-on-exec. */
int ecoq_sockets_new(ecoq_socket_list *before);

/* From now on a forked child loses it. */
void ecoq_socket_keep(int descriptor);
void ecoq_socket_forget(int descriptor); /* before it is closed */

#endif
