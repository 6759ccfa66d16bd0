#ifndef ECOQ_TRANSPORT_AMQP_CONSUMER_STATE_H
#define ECOQ_TRANSPORT_AMQP_CONSUMER_STATE_H

/* What the files of the consumer share; under the connection's mutex. */

#include "transport/amqp/consumer.h"
#include "transport/amqp/topology.h"

#define ECOQ_AMQP_LANES (ECOQ_PRIORITY_MAX + 1)

/* A queue that is consumed. */
typedef struct ecoq_amqp_subscription {
	char *queue;
	char tag[96];
	uint8_t priority;
	bool exists;
	bool is_active; /* the broker pushes */
} ecoq_amqp_subscription;

/* In the order of arrival. */
typedef struct ecoq_amqp_list {
	ecoq_amqp_held *first, *last;
	size_t count;
} ecoq_amqp_list;

/* What the broker gave and waits for, in the order of tags. */
typedef struct ecoq_amqp_outstanding {
	uint64_t tag;
	bool is_settled; /* to be told to the broker */
} ecoq_amqp_outstanding;

struct ecoq_amqp_consumer {
	ecoq_amqp_listener listener; /* first: it is what the connection calls */
	ecoq_amqp_connection *connection;
	char *queue;
	char *returned; /* "<queue>.returned" */
	int64_t timeout_ms;
	ecoq_amqp_put_back put_back;
	void *put_back_context;
	void (*lost)(void *context);
	void *lost_context;
	amqp_channel_t channel;
	uint64_t generation; /* of the AMQP channel; 0: none is open */
	uint64_t last_generation;
	ecoq_error gone;                       /* why there is none */
	ecoq_amqp_subscription *subscriptions; /* the lanes, [ECOQ_PRIORITY_DEFAULT] the queue itself */
	size_t subscription_count;
	unsigned tags;      /* made so far */
	uint16_t prefetch;  /* that the active ones were made with; 0: none is active */
	uint16_t wanted;    /* that the last take would have liked */
	bool found_nothing; /* the last take */
	char events[128];   /* our queue of events; empty: there is none */
	char events_tag[96];
	bool has_news;                          /* of lanes */
	int64_t lanes_seen_ms;                  /* monotonic: when it was last looked which exist */
	ecoq_amqp_list pushed[ECOQ_AMQP_LANES]; /* what waits here, by priority */
	size_t pushed_count;
	ecoq_amqp_held *coming; /* whose header or body is awaited */
	uint64_t coming_size;
	uint8_t coming_priority;
	bool is_event; /* what comes is one */
	enum {
		ECOQ_AMQP_GET_NONE,
		ECOQ_AMQP_GET_WAITING,
		ECOQ_AMQP_GET_COMING,
		ECOQ_AMQP_GET_DONE,
		ECOQ_AMQP_GET_EMPTY
	} get;
	ecoq_amqp_held *got;
	ecoq_amqp_outstanding *outstanding; /* a ring would save moving them; there are few */
	size_t outstanding_count, outstanding_capacity;
	ecoq_amqp_held **taken; /* by the worker, and not settled; one reference each */
	size_t taken_count, taken_capacity;
	bool has_returned_queue;
	bool may_have_returned;
	int64_t returned_seen_ms; /* monotonic: when it was last looked for any */
	int64_t last_place;
	int64_t patience_ms; /* for putting back; 0: as usual */
	bool is_settling;    /* consumers are new, or there was something: "nothing" is to be checked */
	int64_t taken_at_ms; /* monotonic: the last take */
	ecoq_keeper *keeper;
	ecoq_timer timer;
	bool is_timed;
};

/* consumer.c */

/* Gives back what was pushed ahead and not taken, and lets the broker push no more until the next take. */
ecoq_result ecoq_amqp_pause(ecoq_amqp_consumer *consumer, ecoq_error *error);
/* A message that nobody has started is not made suspect by that: a new copy stands for it, in a queue of ecoq's own that goes before the others. On a queue that is shared with
 * other languages (interop) it goes back to where it was, for them to have it as well. */
ecoq_result ecoq_amqp_put_back_held(ecoq_amqp_consumer *consumer, ecoq_amqp_held *const *held, size_t count, ecoq_error *error);
/* Forgets those that are not taken any more. */
void ecoq_amqp_forget_taken(ecoq_amqp_consumer *consumer);
/* Others may run what took too long: it comes to them as a suspect, and its former owner can settle nothing. */
void ecoq_amqp_give_up_the_overdue(ecoq_amqp_consumer *consumer, int64_t now_ms);
/* Everything that was taken is lost. */
void ecoq_amqp_lose_taken(ecoq_amqp_consumer *consumer);

/* subscription.c */

/* Connects, opens the AMQP channel, declares the queue, and has the broker push about `prefetch` ahead from every queue that there is, as soon as that can be changed. */
ecoq_result ecoq_amqp_subscribe(ecoq_amqp_consumer *consumer, uint16_t prefetch, ecoq_error *error);
/* Ends the pushing; what comes meanwhile is in the lists. */
ecoq_result ecoq_amqp_unsubscribe(ecoq_amqp_consumer *consumer, ecoq_error *error);
/* Before something is acknowledged: the time for a change of prefetch. */
ecoq_result ecoq_amqp_change_prefetch(ecoq_amqp_consumer *consumer, ecoq_error *error);
/* Connects and opens the AMQP channel. */
ecoq_result ecoq_amqp_consumer_open(ecoq_amqp_consumer *consumer, ecoq_error *error);
bool ecoq_amqp_make_subscriptions(ecoq_amqp_consumer *consumer);
void ecoq_amqp_free_subscriptions(ecoq_amqp_consumer *consumer);

/* intake.c */
void ecoq_amqp_listen(ecoq_amqp_consumer *consumer); /* sets the listener */
void ecoq_amqp_list_append(ecoq_amqp_list *list, ecoq_amqp_held *held);
ecoq_amqp_held *ecoq_amqp_list_shift(ecoq_amqp_list *list);
/* One by basic.get; NULL: there is none. */
ecoq_result ecoq_amqp_get_one(ecoq_amqp_consumer *consumer, const char *queue, ecoq_amqp_held **held, ecoq_error *error);
/* Tells the broker: acknowledged, or given back. Those of another generation are passed over. */
ecoq_result ecoq_amqp_tell_acknowledged(ecoq_amqp_consumer *consumer, ecoq_amqp_held *const *held, size_t count, ecoq_error *error);
ecoq_result ecoq_amqp_tell_given_back(ecoq_amqp_consumer *consumer, ecoq_amqp_held *const *held, size_t count, ecoq_error *error);

#endif
