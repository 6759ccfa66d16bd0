#ifndef ECOQ_TRANSPORT_AMQP_QUEUE_H
#define ECOQ_TRANSPORT_AMQP_QUEUE_H

/* One queue at a RabbitMQ broker, with those of ecoq's own beside it (names.h). */

#include "transport/amqp/consumer.h"
#include "transport/amqp/names.h"
#include "transport/amqp/properties.h"
#include "transport/amqp/publisher.h"
#include "transport/amqp/topology.h"
#include "transport/open_list.h"

typedef struct ecoq_amqp_queue {
	ecoq_transport transport; /* first: it is what others hold */
	pthread_mutex_t mutex;    /* all below; held by every operation, on whichever thread; taken before a connection's */
	ecoq_amqp_settings *settings;
	char *name;
	bool is_for_dead_letters;
	int64_t timeout_ms;               /* longest handling time; 0: none */
	char *channel;                    /* for error texts */
	ecoq_amqp_connection *publishing; /* NULL: nothing was sent yet */
	ecoq_amqp_consumer *consumer;     /* NULL: nothing was reserved yet */
	void (*lost)(void *context);
	void *lost_context;
	char note[ECOQ_ERROR_TEXT]; /* what the log should say; empty: nothing */
	ecoq_open_entry open;       /* in the list of amqp.c */
} ecoq_amqp_queue;

static inline ecoq_amqp_queue *ecoq_amqp_queue_of(ecoq_transport *transport)
{
	return (ecoq_amqp_queue *) transport;
}

/* "Sending to queue \"orders\" at localhost:5672/ (channel \"orders\")": into `out`, which is returned. */
const char *ecoq_amqp_doing(const ecoq_amqp_queue *queue, const char *what, char *out, size_t capacity);

typedef struct ecoq_amqp_sending {
	const char *to;                          /* any queue of this broker; NULL: this one, its lanes and delays as the message asks */
	bool is_own;                             /* `to` is one that only ecoq uses */
	bool waits_there;                        /* it is not delayed on its way: whoever takes it waits until it is due */
	bool again;                              /* see ecoq_amqp_publish() */
	int64_t patience_ms;                     /* likewise */
	const ecoq_amqp_projection *const *from; /* of what is republished; NULL: new messages */
	const ecoq_bytes *instead;               /* bodies for those that the broker finds too large; NULL: there are none */
} ecoq_amqp_sending;

/* With the queue's mutex held, or when `publishing` is there already. */
ecoq_result ecoq_amqp_send_to(ecoq_amqp_queue *queue, const ecoq_amqp_sending *how, const ecoq_outgoing *messages, size_t count, ecoq_error *error);

/* What a reservation of it tells; 'storage' is the held one, one reference. */
void ecoq_amqp_fill_delivery(ecoq_amqp_held *held, ecoq_delivery *delivery);

/* ecoq_transport_ops, in send.c, reserve.c, settle.c, look.c; each takes the queue's mutex itself. */
ecoq_result ecoq_amqp_send(ecoq_transport *transport, const ecoq_outgoing *messages, size_t count, ecoq_error *error);
ecoq_result ecoq_amqp_reserve(ecoq_transport *transport, const ecoq_reservation *request, ecoq_delivery *deliveries, size_t *count, int64_t *next_due, ecoq_error *error);
ecoq_result ecoq_amqp_settle(ecoq_transport *transport, ecoq_settlement *settlements, size_t count, ecoq_error *error);
ecoq_result ecoq_amqp_hand_back(ecoq_transport *transport, ecoq_delivery *const *deliveries, size_t count, ecoq_error *error);
void ecoq_amqp_release(ecoq_transport *transport, ecoq_delivery *delivery);
ecoq_result ecoq_amqp_still_mine(ecoq_transport *transport, const ecoq_delivery *delivery, ecoq_error *error);
ecoq_result ecoq_amqp_stats(ecoq_transport *transport, ecoq_queue_stats *stats, ecoq_error *error);
ecoq_result ecoq_amqp_purge(ecoq_transport *transport, size_t *removed, ecoq_error *error);
ecoq_result ecoq_amqp_browse(ecoq_transport *transport, size_t offset, size_t max, ecoq_delivery *deliveries, size_t *count, ecoq_error *error);
void ecoq_amqp_watch_presence(ecoq_transport *transport, void (*lost)(void *context), void *context);
ecoq_result ecoq_amqp_setup(ecoq_transport *transport, ecoq_error *error);
void ecoq_amqp_advise(ecoq_transport *transport, void (*say)(void *context, const char *text), void *context);
bool ecoq_amqp_recovered(ecoq_transport *transport, ecoq_error *from);
void ecoq_amqp_stop_waiting(ecoq_transport *transport);
int ecoq_amqp_queue_descriptor(ecoq_transport *transport);

#endif
