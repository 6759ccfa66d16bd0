#ifndef ECOQ_TRANSPORT_REDIS_REDIS_H
#define ECOQ_TRANSPORT_REDIS_REDIS_H

#include <stdbool.h>

/* See ecoq_transports_rshutdown() and ecoq_transports_mshutdown(). */
void ecoq_redis_transport_rshutdown(bool is_fatal);
void ecoq_redis_transport_mshutdown(void);

#endif
