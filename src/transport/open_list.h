#ifndef ECOQ_TRANSPORT_OPEN_LIST_H
#define ECOQ_TRANSPORT_OPEN_LIST_H

/* The open queues of one network transport in this process, so that a request which ended without closing them (the engine unwound through their holders)
 * does not leave its reservations to others for longer than need be. Plain C, for transports of several threads. */

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

/* Embedded in a queue. All but the links is the owning thread's. */
typedef struct ecoq_open_entry {
	struct ecoq_open_entry *next, *previous;
	pthread_t thread;
	pid_t pid;         /* whose connections it has: in a forked child they are the parent's */
	bool is_over;      /* its request has ended, and with it what it held; a holder may still close it */
	bool is_abandoned; /* what it has reserved comes back as suspects */
} ecoq_open_entry;

/* A list is a pointer to its first entry, NULL at the start. Any thread may call these; only an entry's own removes it. */
void ecoq_open_list_add(ecoq_open_entry **list, ecoq_open_entry *entry); /* sets thread and pid */
void ecoq_open_list_remove(ecoq_open_entry **list, ecoq_open_entry *entry);
/* One of this thread's that is over, or is not; NULL: there is none. */
ecoq_open_entry *ecoq_open_list_find(ecoq_open_entry **list, bool is_over);

#endif
