#ifndef ECOQ_TRANSPORT_AMQP_PUBLISHER_H
#define ECOQ_TRANSPORT_AMQP_PUBLISHER_H

/* Publishing with confirms: an AMQP channel of its own on a publishing connection. */

#include "transport/amqp/connection.h"

enum ecoq_amqp_fate {
	ECOQ_AMQP_UNCONFIRMED,
	ECOQ_AMQP_CONFIRMED,
	ECOQ_AMQP_RETURNED, /* there is no such queue */
	ECOQ_AMQP_NACKED,
	ECOQ_AMQP_TOO_LARGE /* than the broker takes */
};

typedef struct ecoq_amqp_message {
	const char *exchange;               /* "": the default one */
	const char *routing_key;            /* borrowed */
	amqp_basic_properties_t properties; /* borrowed */
	ecoq_bytes body;
	ecoq_bytes id;            /* for error texts, and to know a repeated send by */
	enum ecoq_amqp_fate fate; /* out */
} ecoq_amqp_message;

typedef struct ecoq_amqp_publisher ecoq_amqp_publisher;

/* Of that connection; made with its first use and kept with it. NULL: out of memory. */
ecoq_amqp_publisher *ecoq_amqp_publisher_of(ecoq_amqp_connection *connection);
void ecoq_amqp_publisher_free(ecoq_amqp_publisher *publisher); /* by the connection, when it is destroyed */

/* Publishes those that are not confirmed, in that order, persistent and mandatory, and waits for every confirm. ECOQ_OK: each is confirmed or returned, look at each. ECOQ_UNAVAILABLE: the
 * broker did not take one (named) for about a second, or takes none at present; ECOQ_UNKNOWN: the connection was lost before all were confirmed. After either a repeat with `again` sends those of the same messages
 * that were not. ECOQ_REFUSED: one is too large, or its headers are (named); those behind it were not sent, and a repeat may send some of those before it again. The broker may be silent for `patience_ms` (0: option confirm-timeout). Takes the connection's mutex itself. */
ecoq_result ecoq_amqp_publish(ecoq_amqp_publisher *publisher, ecoq_amqp_message *messages, size_t count, bool again, int64_t patience_ms, const char *doing, ecoq_error *error);

#endif
