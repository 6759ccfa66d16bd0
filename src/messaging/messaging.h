#ifndef ECOQ_MESSAGING_MESSAGING_H
#define ECOQ_MESSAGING_MESSAGING_H

/* Ecoq\Messaging: the configured application, and what works on behalf of it. */

#include "base/clock.h"
#include "channel/channel.h"
#include "channel/database.h"
#include "endpoint/endpoint.h"
#include "php/compat.h"

typedef struct ecoq_unit_of_work ecoq_unit_of_work;

typedef struct ecoq_messaging {
	ecoq_registry *registry;
	HashTable channels;               /* name => ecoq_channel *; in the order they were configured */
	ecoq_database *database;          /* NULL: none */
	ecoq_channel *outbox;             /* the legs of the outbox as one (channel/outbox.h); NULL: no database */
	zend_string *service;             /* this service's name; NULL: not given */
	HashTable instances;              /* lower-case class name => handler object made from the container or a constructor */
	zval container;                   /* PSR-11; UNDEF: none */
	zval logger;                      /* PSR-3; UNDEF: none */
	ecoq_unit_of_work *unit;          /* the open one; NULL: none */
	ecoq_unit_of_work *unit_by_hand;  /* opened by unitOfWork(), not ended yet; NULL: none */
	struct ecoq_sent_rows *sent_rows; /* after_commit.h */
	size_t sent_rows_count;
	uint32_t legs_generation;      /* of the database connect that the legs' owners are registered for */
	struct ecoq_hooks *hooks;      /* hooks.h; NULL: none */
	struct ecoq_incoming *current; /* the message being handled; NULL: none */
	zend_object std;
} ecoq_messaging;

extern zend_class_entry *ecoq_ce_Messaging;
void ecoq_messaging_minit(void); /* Messaging, the buses, DeadLetters, DeadLetter */

static inline ecoq_messaging *ecoq_messaging_from_obj(zend_object *object)
{
	return (ecoq_messaging *) ((char *) object - XtOffsetOf(ecoq_messaging, std));
}

/* The channel of that name, or NULL with a ConfigurationException that lists the configured ones. */
ecoq_channel *ecoq_messaging_channel(ecoq_messaging *messaging, zend_string *name);

/* "orders, emails", or "none": for error texts. The caller owns it. */
zend_string *ecoq_messaging_channel_names(ecoq_messaging *messaging);

/* Writes to the PSR-3 logger, if there is one; context may be NULL (it is taken over and destroyed). Exceptions of the logger are cleared. */
void ecoq_messaging_log(ecoq_messaging *messaging, const char *level, const char *message, HashTable *context);

/* ---- Executing a delivery (execution.c), for the worker -------------------------------------------------------------------------- */

typedef enum ecoq_outcome {
	ECOQ_OUTCOME_HANDLED,       /* acknowledged */
	ECOQ_OUTCOME_DROPPED,       /* the handler threw Drop, or `unknown=ignore`: acknowledged */
	ECOQ_OUTCOME_EXPIRED,       /* its time to live ran out before its first execution: acknowledged */
	ECOQ_OUTCOME_DUPLICATE,     /* its effect already stands: acknowledged */
	ECOQ_OUTCOME_RETRIED,       /* stored again, for later */
	ECOQ_OUTCOME_DEAD_LETTERED, /* stored in the dead letters */
	ECOQ_OUTCOME_POSTPONED,     /* nothing was run and nothing is charged: stored again for later (not due yet, no handler yet) */
	ECOQ_OUTCOME_FORWARDED      /* copied to its endpoints or moved on to the next channel: acknowledged */
} ecoq_outcome;

/* One delivery on its way through: what is known of it, and what the worker has to settle and report. The successor's memory belongs to this
 * struct; ecoq_execution_free() it once it is settled. */
typedef struct ecoq_execution {
	ecoq_messaging *messaging;
	ecoq_channel *channel;
	ecoq_delivery *delivery;
	bool is_decided; /* prepare() already knows the outcome: no handler is going to run */
	ecoq_outcome outcome;
	bool has_successor;
	ecoq_outgoing successor;
	bool to_dead_letters;              /* the successor goes to the channel's dead letter queue */
	bool failed;                       /* an execution of a handler failed (counts for failure limits) */
	bool stop_worker;                  /* the handler threw StopWorker */
	bool exited;                       /* the handler called exit() */
	ecoq_endpoint *endpoint;           /* NULL: none was found, or several */
	const ecoq_endpoint_list *targets; /* several: a copy for each */
	int64_t started_ns;                /* when the handler was called last; monotonic */
	int64_t handler_ns;                /* time spent in the handler */
	int64_t delay_ms;                  /* until the successor is due */
	uint32_t attempts;                 /* failed executions, this one included */
	int64_t max_retries;               /* of the policy that applies */
	bool has_envelope;
	ecoq_envelope envelope;
	void (*watch)(struct ecoq_execution *execution, bool begins); /* told when the handler itself begins and ends, unless the engine unwinds; NULL: nobody */
	void *watch_context;
	bool is_settled;    /* in the handler's own transaction: there is nothing left to settle */
	bool is_lost;       /* the fence refused the acknowledgement in that transaction, which was rolled back; or `watch` knows that another worker has it */
	bool is_blocked;    /* the database cannot be reached: nothing is decided, the delivery is to be given back as it is; `error` says why */
	bool dedup_records; /* its effect is to be recorded in the handler's transaction */
	bool dedup_is_claim;
	zend_string *dedup_key;                    /* NULL: the message id */
	struct ecoq_dead_letter_note *dead_letter; /* goes to the database's table; owned. NULL: it does not */
	zend_string *id;                           /* message id; NULL: not needed so far */
	zend_object *thrown;                       /* what failed it, kept for hooks; NULL: not asked for */
	zend_string *error;                        /* "DomainException: never"; NULL: no failure */
	zend_string *body;                         /* of the successor; NULL: the envelope's or the delivery's own bytes */
	zend_string *group;                        /* of the successor; NULL: none */
} ecoq_execution;

/* Reads the envelope, judges limits, expiry and due time, and finds the endpoint. Runs no handler. */
void ecoq_execution_prepare(ecoq_execution *execution, ecoq_messaging *messaging, ecoq_channel *channel, ecoq_delivery *delivery);

/* Runs the handler, unless the outcome is decided already, sends what it sent, and decides. Never leaves an exception pending. False only
 * when the process is spent (the engine unwound for another reason than a clean exit()): the caller settles nothing and re-raises with
 * zend_bailout(). */
bool ecoq_execution_run(ecoq_execution *execution);
void ecoq_execution_free(ecoq_execution *execution);

/* The message id, made from the bytes where the message has none. Borrowed. */
zend_string *ecoq_execution_id(ecoq_execution *execution);

/* For ecoq_messaging_log(): channel, id, and endpoint where one is known; the caller adds what else there is to say. */
HashTable *ecoq_execution_log_context(ecoq_execution *execution);

const char *ecoq_outcome_name(ecoq_outcome outcome); /* "handled" … */

#endif
