#ifndef ECOQ_TRANSPORT_AMQP_LOGIN_H
#define ECOQ_TRANSPORT_AMQP_LOGIN_H

/* From a host name to a connection that is logged in, over TCP or TLS. */

#include "transport/amqp/connection.h"

/* Tries the hosts in turn, more than once where they refuse at once, and fills connection->state, ->address and what the login told. With the connection's mutex held. */
ecoq_result ecoq_amqp_login(ecoq_amqp_connection *connection, ecoq_error *error);

/* A TLS socket for that connection by its settings, not connected yet. `host`: what the certificate must be for. ECOQ_INVALID: a file cannot be used. */
ecoq_result ecoq_amqp_tls_socket(const ecoq_network_settings *settings, amqp_connection_state_t state, const char *host, amqp_socket_t **out, ecoq_error *error);

/* What went wrong with TLS in the call before, on this thread: ecoq_amqp_failure() with what OpenSSL knows. */
ecoq_result ecoq_amqp_tls_failure(const ecoq_amqp_connection *connection, int status, const char *doing, ecoq_error *error);

#endif
