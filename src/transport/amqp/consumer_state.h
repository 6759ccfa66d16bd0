#ifndef ECOQ_TRANSPORT_AMQP_CONSUMER_STATE_H
#define ECOQ_TRANSPORT_AMQP_CONSUMER_STATE_H

/* What the files of the consumer share; under the connection's mutex. */

#include "transport/amqp/intake.h"
#include "transport/amqp/names.h"
#include "transport/amqp/topology.h"

#define ECOQ_AMQP_LANES (ECOQ_PRIORITY_MAX + 1)
#define ECOQ_AMQP_SETTLE_MS 10 /* for the first messages of a new consumer */
#define ECOQ_AMQP_PUSH_MS 200  /* for what the broker says it has, and has not pushed */

/* A queue that is consumed. */
typedef struct ecoq_amqp_subscription {
	char *queue;
	char tag[96];
	uint8_t priority;
	bool exists;
	bool is_active; /* the broker pushes */
	bool stands_by; /* likewise, but one message at most, so that the queue has a consumer */
} ecoq_amqp_subscription;

struct ecoq_amqp_consumer {
	ecoq_amqp_intake intake; /* first: of the queue, its lanes and what was put back */
	ecoq_amqp_connection *connection;
	char *queue;
	char *returned; /* "<queue>.returned" */
	int64_t timeout_ms;
	ecoq_amqp_put_back put_back;
	void *put_back_context;
	void (*lost)(void *context);
	void *lost_context;
	ecoq_amqp_subscription *subscriptions; /* the lanes, [ECOQ_PRIORITY_DEFAULT] the queue itself */
	size_t subscription_count;
	struct ecoq_amqp_partition *partitions; /* partition.h; none without the option */
	size_t partition_count;
	size_t next_partition;  /* that is asked first */
	unsigned turn;          /* of groups, or of the others, where one message is taken at a time */
	int64_t shares_seen_ms; /* monotonic: when it was last looked how many others consume them */
	unsigned tags;          /* made so far */
	bool has_asked;         /* whether the queue ends with its consumers */
	bool must_stay;         /* it does */
	bool is_ending;         /* this is the end of it */
	uint16_t prefetch;      /* that the active ones were made with; 0: none is active */
	uint16_t wanted;        /* that the last take would have liked */
	bool found_nothing;     /* the last take */
	char events[128];       /* our queue of events; empty: there is none */
	char events_tag[96];
	char trouble[ECOQ_ERROR_TEXT];          /* the first that nobody was told of */
	size_t trouble_count;                   /* those that nobody was told of */
	bool trouble_is_end;                    /* all of them were the end of the AMQP channel, or of the connection */
	int64_t cancelled_ms;                   /* monotonic: when the broker last ended a consumption */
	bool has_worked;                        /* something was taken, or there was nothing to take */
	bool has_news;                          /* of lanes */
	int64_t lanes_seen_ms;                  /* monotonic: when it was last looked which exist */
	ecoq_amqp_list pushed[ECOQ_AMQP_LANES]; /* what waits here, by priority */
	size_t pushed_count;
	ecoq_amqp_held **taken; /* by the worker, and not settled; one reference each */
	size_t taken_count, taken_capacity;
	bool has_returned_queue;
	bool may_have_returned;
	int64_t returned_seen_ms; /* monotonic: when it was last looked for any */
	int64_t patience_ms;      /* for putting back; 0: as usual */
	size_t streak;            /* taken since there was nothing */
	bool is_settling;         /* consumers are new, or there was something: "nothing" is to be checked */
	int64_t taken_at_ms;      /* monotonic: the last take */
	bool is_waiting;          /* for the descriptor, since then */
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
/* Stores a copy of a partition's message in `returned`; put_copy_back() acknowledges it there as well. */
ecoq_result ecoq_amqp_store_copy(ecoq_amqp_consumer *consumer, const char *returned, ecoq_amqp_held *held, ecoq_error *error);
ecoq_result ecoq_amqp_put_copy_back(ecoq_amqp_consumer *consumer, const char *returned, ecoq_amqp_held *held, ecoq_error *error);
/* From now on they are the worker's. Without memory to note it, a message stays with the broker as unacknowledged until the connection ends. Those of a connection that was lost meanwhile come again. */
void ecoq_amqp_note_all_taken(ecoq_amqp_consumer *consumer, ecoq_amqp_held **taken, size_t *count);
/* Forgets those that are not taken any more. */
void ecoq_amqp_forget_taken(ecoq_amqp_consumer *consumer);
/* Others may run what took too long: it comes to them as a suspect, and its former owner can settle nothing. */
void ecoq_amqp_give_up_the_overdue(ecoq_amqp_consumer *consumer, int64_t now_ms);
/* Everything that was taken of an intake is lost, which is told to whoever watches. */
void ecoq_amqp_lose_taken(ecoq_amqp_consumer *consumer, const ecoq_amqp_intake *intake);

/* consumer_ahead.c */

/* Whether the broker has something that it has not pushed yet. */
ecoq_result ecoq_amqp_is_more_to_come(ecoq_amqp_consumer *consumer, bool *more, ecoq_error *error);
/* What the broker had given away before it said that there is nothing is on its way on this AMQP channel, before the answer to any question there. */
ecoq_result ecoq_amqp_catch_up(ecoq_amqp_consumer *consumer, ecoq_error *error);
/* New consumers get their first messages a moment later, and with lanes the highest one is wanted first. */
ecoq_result ecoq_amqp_settle_down(ecoq_amqp_consumer *consumer, ecoq_error *error);
/* What an acknowledgement makes the broker push would be on its way to a consumer that is cancelled: a quorum queue takes it back, out of order and as redelivered. It is awaited. */
ecoq_result ecoq_amqp_let_come(ecoq_amqp_consumer *consumer, ecoq_error *error);
/* What was given back to the queue can be had again a moment later only: whoever asks next is to find it, where nobody else takes it. `ready`: how many the broker has then. */
ecoq_result ecoq_amqp_await_back(ecoq_amqp_consumer *consumer, size_t ready, ecoq_error *error);

/* subscription.c */

/* Connects, opens the AMQP channel, declares the queue, and has the broker push about `prefetch` ahead from every queue that there is, as soon as that can be changed. */
ecoq_result ecoq_amqp_subscribe(ecoq_amqp_consumer *consumer, uint16_t prefetch, ecoq_error *error);
/* Ends the pushing; what comes meanwhile is in the lists. */
ecoq_result ecoq_amqp_unsubscribe(ecoq_amqp_consumer *consumer, ecoq_error *error);
/* Before something is acknowledged: the time for a change of prefetch. */
ecoq_result ecoq_amqp_change_prefetch(ecoq_amqp_consumer *consumer, ecoq_error *error);
/* A consumer tag that names service, host and process. */
void ecoq_amqp_make_tag(ecoq_amqp_consumer *consumer, char *out, size_t capacity);
/* Connects and opens the AMQP channel. */
ecoq_result ecoq_amqp_consumer_open(ecoq_amqp_consumer *consumer, ecoq_error *error);
bool ecoq_amqp_make_subscriptions(ecoq_amqp_consumer *consumer);
void ecoq_amqp_free_subscriptions(ecoq_amqp_consumer *consumer);

/* consumer_trouble.c */

/* What the broker did to a consumption, or to its AMQP channel (`is_end`: that is closed): see ecoq_amqp_consumer_recovered(). */
void ecoq_amqp_note_trouble(ecoq_amqp_consumer *consumer, bool is_end, const char *format, ...) __attribute__((format(printf, 3, 4)));
void ecoq_amqp_note_cancelled(ecoq_amqp_consumer *consumer, const char *queue);
/* The broker tells so a moment before the queue is gone. One that is declared meanwhile seems to be there, and cannot be consumed. */
void ecoq_amqp_await_gone(const ecoq_amqp_consumer *consumer);
/* What a take comes to. */
ecoq_result ecoq_amqp_judge(ecoq_amqp_consumer *consumer, ecoq_result result, ecoq_error *error);

/* consumer_listen.c */
extern const ecoq_amqp_intake_owner ecoq_amqp_consumer_intake;

#endif
