#ifndef ECOQ_TRANSPORT_AMQP_AMQP_H
#define ECOQ_TRANSPORT_AMQP_AMQP_H

#include <stdbool.h>

/* See ecoq_transports_rshutdown() and ecoq_transports_mshutdown(). */
void ecoq_amqp_transport_rshutdown(bool is_fatal);
void ecoq_amqp_transport_mshutdown(void);

#endif
