#ifndef ECOQ_TRANSPORT_AMQP_INTAKE_H
#define ECOQ_TRANSPORT_AMQP_INTAKE_H

/* One AMQP channel on which messages come, pushed or asked for, and what is told to the broker about them. All of it under the connection's mutex. */

#include "transport/amqp/consumer.h"

/* What the broker gave and waits for, in the order of tags. */
typedef struct ecoq_amqp_outstanding {
	uint64_t tag;
	bool is_settled; /* to be told to the broker */
	bool was_got;    /* by basic.get: it takes no room of those that the broker pushes */
} ecoq_amqp_outstanding;

/* What its owner makes of what comes. Must not call the connection. */
typedef struct ecoq_amqp_intake_owner {
	/* Whether a delivery under that consumer tag is a message, and of which priority. */
	bool (*expects)(ecoq_amqp_intake *intake, amqp_bytes_t tag, uint8_t *priority);
	void (*pushed)(ecoq_amqp_intake *intake, ecoq_amqp_held *held); /* one reference */
	void (*cancelled)(ecoq_amqp_intake *intake, amqp_bytes_t tag);  /* by the broker */
	void (*broken)(ecoq_amqp_intake *intake);                       /* the broker closed the AMQP channel, or the connection is lost: intake->gone; ended() follows */
	void (*ended)(ecoq_amqp_intake *intake);                        /* everything unacknowledged is with others, or soon will be */
} ecoq_amqp_intake_owner;

struct ecoq_amqp_intake {
	ecoq_amqp_listener listener; /* first: it is what the connection calls */
	const ecoq_amqp_intake_owner *owner;
	ecoq_amqp_connection *connection;
	amqp_channel_t channel;
	uint64_t generation; /* of the AMQP channel; 0: none is open */
	uint64_t last_generation;
	ecoq_error gone;        /* why there is none */
	ecoq_amqp_held *coming; /* whose header or body is awaited */
	uint64_t coming_size;
	bool is_message; /* what comes is one */
	bool is_asking;  /* to consume: a refusal is the asker's to tell, it interrupts nothing */
	bool is_amiss;   /* the queue was there when it was declared, and not when it was to be consumed: it was being deleted */
	enum {
		ECOQ_AMQP_GET_NONE,
		ECOQ_AMQP_GET_WAITING,
		ECOQ_AMQP_GET_COMING,
		ECOQ_AMQP_GET_DONE,
		ECOQ_AMQP_GET_EMPTY
	} get;
	ecoq_amqp_held *got;
	int64_t last_place;
	ecoq_amqp_outstanding *outstanding; /* a ring would save moving them; there are few */
	size_t outstanding_count, outstanding_capacity;
};

void ecoq_amqp_intake_init(ecoq_amqp_intake *intake, ecoq_amqp_connection *connection, const ecoq_amqp_intake_owner *owner);
void ecoq_amqp_intake_free(ecoq_amqp_intake *intake);
/* Connects if need be. */
ecoq_result ecoq_amqp_intake_open(ecoq_amqp_intake *intake, ecoq_error *error);
/* The broker gives what is unacknowledged back to its queues, in their order, before it lets another consumer of theirs begin. ended() is called. */
void ecoq_amqp_intake_close(ecoq_amqp_intake *intake);

/* Before a call that the broker answers on this AMQP channel: reads what tells that it is closed. */
ecoq_result ecoq_amqp_intake_check(ecoq_amqp_intake *intake, ecoq_error *error);

/* Has the broker push from `queue` under that consumer tag, up to `prefetch` ahead. A queue that is being deleted is still there for who declares it, for a moment after its
 * consumers were told: `is_amiss` says that it is to be declared again at once, on a new AMQP channel. */
ecoq_result ecoq_amqp_intake_consume(ecoq_amqp_intake *intake, const char *queue, const char *tag, uint16_t prefetch, ecoq_error *error);

/* One by basic.get; NULL: there is none. */
ecoq_result ecoq_amqp_get_one(ecoq_amqp_intake *intake, const char *queue, ecoq_amqp_held **held, ecoq_error *error);

/* Tells the broker: acknowledged, or given back. Those of another intake or generation are passed over. */
ecoq_result ecoq_amqp_tell_acknowledged(ecoq_amqp_intake *intake, ecoq_amqp_held *const *held, size_t count, ecoq_error *error);
ecoq_result ecoq_amqp_tell_given_back(ecoq_amqp_intake *intake, ecoq_amqp_held *const *held, size_t count, ecoq_error *error);

/* Whether the broker still waits for what becomes of it. */
static inline bool ecoq_amqp_is_held(const ecoq_amqp_held *held)
{
	return held->generation && held->generation == held->intake->generation;
}

typedef struct ecoq_amqp_list {
	ecoq_amqp_held *first, *last; /* in the order of arrival */
	size_t count;
} ecoq_amqp_list;

void ecoq_amqp_list_append(ecoq_amqp_list *list, ecoq_amqp_held *held);
ecoq_amqp_held *ecoq_amqp_list_shift(ecoq_amqp_list *list);

/* How many the broker pushed that are not settled: as many as it may push ahead, and none is on its way. */
size_t ecoq_amqp_pushed_and_held(const ecoq_amqp_intake *intake);

#endif
