#ifndef ECOQ_TRANSPORT_AMQP_TOPOLOGY_PARTS_H
#define ECOQ_TRANSPORT_AMQP_TOPOLOGY_PARTS_H

/* What the files of the topology share; with the connection's mutex held. */

#include "transport/amqp/connection.h"

#define ECOQ_AMQP_TEXT_SIZE 256 /* names, with the NUL */

/* What is known to exist, of a kind ("queue", "out"), since the connection was made. */
bool ecoq_amqp_is_known(ecoq_amqp_connection *connection, const char *kind, const char *name);
void ecoq_amqp_remember(ecoq_amqp_connection *connection, const char *kind, const char *name);

amqp_table_entry_t ecoq_amqp_text_argument(const char *key, const char *value);
amqp_table_entry_t ecoq_amqp_number_argument(const char *key, int64_t value);

/* One declaration on an AMQP channel of its own, since the broker answers a refusal by closing the channel. `*missing` (for a passive one) tells that there is no such
 * queue, which is no failure. */
ecoq_result ecoq_amqp_declare_one(ecoq_amqp_connection *connection, const char *name, bool passive, amqp_table_t arguments, bool *missing, amqp_queue_declare_ok_t *counts, ecoq_error *error);

/* Asked on a channel of its own: that there is none is its end. So users without the permission to configure can do with what others made. */
bool ecoq_amqp_has_exchange(ecoq_amqp_connection *connection, const char *name);
ecoq_result ecoq_amqp_declare_exchange(ecoq_amqp_connection *connection, amqp_channel_t channel, const char *name, const char *type, amqp_table_t arguments, ecoq_error *error);

struct ecoq_amqp_binding {
	const char *destination;
	bool to_exchange;
	const char *source;
	const char *key;
};

ecoq_result ecoq_amqp_bind(ecoq_amqp_connection *connection, amqp_channel_t channel, const struct ecoq_amqp_binding *binding, ecoq_error *error);

#endif
