#ifndef ECOQ_TRANSPORT_AMQP_TOPOLOGY_H
#define ECOQ_TRANSPORT_AMQP_TOPOLOGY_H

/* What ecoq needs at the broker, made on first use: the queue (used as it is where it exists), queues of ecoq's own beside it, and the levels for delays.
 * What is known to exist is remembered per connection, and forgotten with it. */

#include "transport/amqp/connection.h"

#define ECOQ_AMQP_EVENTS "ecoq.events" /* direct exchange: whoever makes a lane of a queue says so, with the queue's name as routing key */
#define ECOQ_AMQP_TICK_MS 250
#define ECOQ_AMQP_QUEUE_NAME_MOST 180 /* bytes, escaped: what is left of a routing key */
#define ECOQ_AMQP_LEVELS 27           /* bits of a delay in ticks: 388 days */

/* All with the connection's mutex held; on an AMQP channel that is thrown away. */

/* The queue by its settings (see docs/rabbitmq.md): passive first. */
ecoq_result ecoq_amqp_declare_queue(ecoq_amqp_connection *connection, const char *queue, ecoq_error *error);
/* Another one of that kind, which is not bound to the exchange: "<queue>.dlq". */
ecoq_result ecoq_amqp_declare_unbound(ecoq_amqp_connection *connection, const char *queue, ecoq_error *error);

/* One of ecoq's own beside it: "<queue>.p7", "<queue>.returned". Never declared without arguments but where queue-type says classic or interop. */
ecoq_result ecoq_amqp_declare_own(ecoq_amqp_connection *connection, const char *name, ecoq_error *error);
/* "<queue>.g3": the broker pushes from it to one consumer only. */
ecoq_result ecoq_amqp_declare_partition(ecoq_amqp_connection *connection, const char *name, ecoq_error *error);
/* Tells consumers of a queue that one beside it is new. */
void ecoq_amqp_announce(ecoq_amqp_connection *connection, const char *queue);

/* The levels that a delay needs (0 to that of its highest bit), quorum queues where they do not exist yet, and the way out of them to `queue`. */
ecoq_result ecoq_amqp_declare_delays(ecoq_amqp_connection *connection, const char *queue, int64_t delay_ms, ecoq_error *error);

/* Where a message that is due in `delay_ms` (at least one tick) enters: the exchange and the routing key, both on malloc. A delay is rounded down to ticks, and to the
 * longest there is. False: out of memory. */
bool ecoq_amqp_delay_route(const ecoq_amqp_settings *settings, const char *queue, int64_t delay_ms, char **exchange, char **routing_key);

/* Messages in all levels, of whichever queue; as ecoq_amqp_count_lately() has it. */
ecoq_result ecoq_amqp_count_delayed(ecoq_amqp_connection *connection, uint64_t *messages, ecoq_error *error);

/* What was due when its queue was deleted, of whichever queue; `name` is the queue where it lies. */
uint32_t ecoq_amqp_count_unroutable(ecoq_amqp_connection *connection, char *name, size_t capacity);

/* Whether one of the levels that exist is no quorum queue (somebody else made it): the first of them. */
bool ecoq_amqp_has_classic_level(ecoq_amqp_connection *connection, char *name, size_t capacity);

/* Everything is looked for anew: somebody else may have deleted it. */
void ecoq_amqp_forget_known(ecoq_amqp_connection *connection);
/* With the connection. */
void ecoq_amqp_known_free(struct ecoq_amqp_known *known);

/* How many messages there are; *exists false for a queue that is not there. */
ecoq_result ecoq_amqp_count(ecoq_amqp_connection *connection, const char *queue, bool *exists, uint32_t *messages, ecoq_error *error);

/* The same for numbers that are asked for again and again: the broker answers a question about a queue that is not there by closing the channel and writing an error
 * into its log, so the question is not repeated before seconds have passed, nor half a minute after a while. What is declared through this connection is
 * seen at once. */
ecoq_result ecoq_amqp_count_lately(ecoq_amqp_connection *connection, const char *queue, bool *exists, uint32_t *messages, ecoq_error *error);

/* Whether the broker deletes it with its last consumer; false where the user may not ask. It writes an error into its log when the queue is not as ecoq would have made it. */
ecoq_result ecoq_amqp_ends_with_consumers(ecoq_amqp_connection *connection, const char *queue, bool *ends, ecoq_error *error);

/* Those that the broker pushes to. */
ecoq_result ecoq_amqp_count_consumers(ecoq_amqp_connection *connection, const char *queue, uint32_t *consumers, ecoq_error *error);

#endif
