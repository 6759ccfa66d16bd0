#ifndef ECOQ_TRANSPORT_REDIS_TLS_H
#define ECOQ_TRANSPORT_REDIS_TLS_H

/* TLS between a connected socket and hiredis' reader: OpenSSL directly, since hiredis does not check host names and its older versions have no TLS.
 * Without OpenSSL at build time, settings.c lets nobody come here. */

#include <sys/types.h>

#include "transport/redis/settings.h"

typedef struct ecoq_redis_tls ecoq_redis_tls;

/* The handshake on a non-blocking socket, which stays the caller's. ECOQ_INVALID: the certificate does not hold, or a file cannot be read. `*is_of_host`: it was the server's
 * part that was wrong, which may be right at another one. */
ecoq_result ecoq_redis_tls_begin(const ecoq_network_settings *settings, const ecoq_network_address *address, int fd, int64_t deadline_ms, ecoq_redis_tls **out, bool *is_of_host,
	ecoq_error *error);

/* Bytes done; 0: the other side closed; -1 and errno, EAGAIN with `*events` to wait for. */
ssize_t ecoq_redis_tls_read(ecoq_redis_tls *tls, void *data, size_t size, short *events);
ssize_t ecoq_redis_tls_write(ecoq_redis_tls *tls, const void *data, size_t size, short *events);

/* Without a word to the other side. */
void ecoq_redis_tls_end(ecoq_redis_tls *tls);

#endif
