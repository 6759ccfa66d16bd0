#ifndef ECOQ_TRANSPORT_REDIS_SOCKET_H
#define ECOQ_TRANSPORT_REDIS_SOCKET_H

#include "transport/redis/settings.h"

/* Deadlines are instants of the monotonic clock in ms. */

/* Connects without blocking beyond the deadline, but for the resolver, which has time-outs of its own. All addresses of the name are tried. */
ecoq_result ecoq_redis_socket_open(const ecoq_network_settings *settings, const ecoq_network_address *address, int64_t deadline_ms, int *out, ecoq_error *error);

/* Waits for `events` (POLLIN, POLLOUT); signals do not end it. False: the deadline came first. */
bool ecoq_redis_socket_wait(int fd, short events, int64_t deadline_ms);

#endif
