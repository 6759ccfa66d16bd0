#ifndef ECOQ_MESSAGING_MESSAGING_H
#define ECOQ_MESSAGING_MESSAGING_H

/* Ecoq\Messaging: the configured application, and what works on behalf of it. */

#include "channel/channel.h"
#include "endpoint/endpoint.h"
#include "php/compat.h"

typedef struct ecoq_unit_of_work ecoq_unit_of_work;

typedef struct ecoq_messaging {
	ecoq_registry *registry;
	HashTable channels;       /* name => ecoq_channel *; in the order they were configured */
	HashTable instances;      /* lower-case class name => handler object made from the container or a constructor */
	zval container;           /* PSR-11; UNDEF: none */
	zval logger;              /* PSR-3; UNDEF: none */
	ecoq_unit_of_work *unit;  /* the open one; NULL: none */
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

/* Writes to the PSR-3 logger, if there is one; context may be NULL (it is taken over and destroyed). Exceptions of the logger are cleared. */
void ecoq_messaging_log(ecoq_messaging *messaging, const char *level, const char *message, HashTable *context);

/* ---- Executing a delivery (delivery.c), for the worker -------------------------------------------------------------------------- */

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

/* What the worker has to settle, and report, after one execution. The successor's memory belongs to this struct;
 * free it with ecoq_execution_free() once it is settled. */
typedef struct ecoq_execution {
	ecoq_outcome outcome;
	bool has_successor;
	ecoq_outgoing successor;
	bool to_dead_letters;      /* the successor goes to the channel's dead letter queue */
	bool failed;               /* an execution of a handler failed (counts for failure limits) */
	bool stop_worker;          /* the handler threw StopWorker */
	bool exited;               /* the handler called exit() */
	ecoq_endpoint *endpoint;   /* NULL: none was found */
	int64_t handler_ns;        /* time spent in the handler */
	int64_t delay_ms;          /* until the successor is due */
	uint32_t attempts;         /* failed executions, this one included */
	zend_string *id;           /* message id, type, error: for logs; may be NULL */
	zend_string *type;
	zend_string *error;        /* "DomainException: never" */
	zend_string *storage[6];   /* what the successor points into */
} ecoq_execution;

/* Runs one delivery: reads the envelope, judges expiry and due time, finds the endpoint, calls it, decides. Never leaves an exception pending. False
 * only when the process is spent (the engine unwound for another reason than a clean exit()): the caller settles nothing and re-raises with zend_bailout(). */
bool ecoq_execute(ecoq_messaging *messaging, ecoq_channel *channel, ecoq_delivery *delivery, ecoq_execution *execution);
void ecoq_execution_free(ecoq_execution *execution);

const char *ecoq_outcome_name(ecoq_outcome outcome); /* "handled" … */

#endif
