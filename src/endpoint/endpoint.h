#ifndef ECOQ_ENDPOINT_ENDPOINT_H
#define ECOQ_ENDPOINT_ENDPOINT_H

/* Endpoints: one attributed method (or registered callable) each, read from attributes once into a registry. */

#include "base/backoff.h"
#include "base/buffer.h"
#include "base/run_history.h"
#include "envelope/envelope.h"
#include "php/compat.h"

typedef enum ecoq_endpoint_kind {
	ECOQ_COMMAND_HANDLER,
	ECOQ_EVENT_HANDLER,
	ECOQ_QUERY_HANDLER
} ecoq_endpoint_kind;

/* A time that is fixed, or an expression over the message: a path ("payload.due", "headers.tenant") or a callable(Message). */
typedef struct ecoq_endpoint_expression {
	zend_string *path; /* NULL: none */
	zval callable;     /* UNDEF: none */
} ecoq_endpoint_expression;

typedef struct ecoq_endpoint_time {
	bool is_set;
	int64_t ms;
	ecoq_endpoint_expression expression;
} ecoq_endpoint_time;

/* #[Retry]: replaces the channel's policy field by field. */
typedef struct ecoq_endpoint_retry {
	bool has_max, has_delay, has_multiplier, has_max_delay, has_jitter;
	ecoq_backoff values;
	zval only;  /* class names (php/class_list.h); UNDEF: the channel's */
	zval never; /* likewise */
} ecoq_endpoint_retry;

/* #[InstantRetry] of a synchronous command: its whole unit of work runs again at once. */
typedef struct ecoq_endpoint_instant_retry {
	uint32_t max; /* runs after the first one; 0: none */
	int64_t delay_ms;
	zval only; /* class names; UNDEF or empty: every exception */
} ecoq_endpoint_instant_retry;

/* #[Deduplicated]: what the key is, in addition to the endpoint; neither header nor expression: the message id. */
typedef struct ecoq_endpoint_deduplicated {
	bool is_set;
	zend_string *header; /* NULL: none */
	ecoq_endpoint_expression expression;
} ecoq_endpoint_deduplicated;

typedef struct ecoq_call_plan ecoq_call_plan;

typedef struct ecoq_endpoint {
	ecoq_endpoint_kind kind;
	zend_string *id;          /* stable: names copies, dedup records and dead letters; default "Class::method" */
	zend_string **former_ids; /* `formerly:`; messages that name one of them are this endpoint's */
	uint32_t former_id_count;
	zend_string *class_name; /* NULL: a registered callable */
	zend_string *method;
	zval target;         /* handler object, or the callable; UNDEF until first called */
	zend_string **types; /* what it handles: type strings, class names, patterns with `*` */
	bool *type_is_class; /* per type: a class name, which matches without regard to case */
	uint32_t type_count;
	zend_string **channels; /* #[Asynchronous]; none: synchronous */
	uint32_t channel_count;
	ecoq_endpoint_time delay; /* #[Delayed] */
	ecoq_endpoint_time time_to_live;
	int8_t priority; /* -1: not set */
	ecoq_endpoint_retry retry;
	int64_t timeout_ms; /* #[Timeout]: longest run of the handler; 0: the channel's */
	ecoq_endpoint_instant_retry instant_retry;
	ecoq_endpoint_deduplicated deduplicated;
	bool without_transaction; /* #[WithoutTransaction] */
	ecoq_call_plan *plan;     /* NULL until first called */
	/* the worker's measure of it */
	ecoq_run_history runs;
} ecoq_endpoint;

typedef struct ecoq_registry ecoq_registry;

/* Reads `handlers:`: class names, objects, `type => callable`. NULL with a ConfigurationException that names class, method and attribute.
 * Uses the registry cache (INI ecoq.cache_dir) where it is on; then no handler class is loaded. */
ecoq_registry *ecoq_registry_create(HashTable *handlers);
void ecoq_registry_free(ecoq_registry *registry);

/* Shows the garbage collector what the registry holds: handler objects and callables. */
void ecoq_registry_get_gc(ecoq_registry *registry, zend_get_gc_buffer *buffer);

/* The one handler of a command or query type, or NULL. Class names match without regard to case. */
ecoq_endpoint *ecoq_registry_command(ecoq_registry *registry, zend_string *type);
ecoq_endpoint *ecoq_registry_query(ecoq_registry *registry, zend_string *type);

/* Borrowed, valid as long as the registry; computed once per type. */
typedef struct ecoq_endpoint_list {
	ecoq_endpoint **items;
	uint32_t count;
} ecoq_endpoint_list;

/* Subscribers of an event of that type, in registration order, each once: by exact type, by pattern, and, when `ce` (the event's class) is
 * given or a class of the name `type` is loaded, by its parents and interfaces. Never autoloads. */
const ecoq_endpoint_list *ecoq_registry_subscribers(ecoq_registry *registry, zend_string *type, zend_class_entry *ce);

/* Handlers, of whatever kind but queries, that a message from elsewhere (no endpoint header) of that type is for and that are asynchronous or not. */
const ecoq_endpoint_list *ecoq_registry_for_type(ecoq_registry *registry, zend_string *type);

/* By its id or one of its former ids. */
ecoq_endpoint *ecoq_registry_by_id(ecoq_registry *registry, ecoq_bytes id);

/* All endpoints in registration order, for debug and for start-up checks. */
const ecoq_endpoint_list *ecoq_registry_all(ecoq_registry *registry);

/* The type of a message class: #[MessageType] or the class name. Cached per request. */
zend_string *ecoq_message_type_of(zend_class_entry *ce); /* borrowed; NULL with an exception */

/* What a call of an endpoint works on. Filled by messaging/; everything borrowed. */
typedef struct ecoq_invocation ecoq_invocation;
struct ecoq_invocation {
	zval *payload;            /* as sent (a synchronous call) or decoded */
	ecoq_bytes payload_class; /* decoded: the class it was made from, as the sender says; empty: not known */
	HashTable *headers;       /* NULL: not decoded yet; load() fills it */
	zval message;             /* the Ecoq\Message; UNDEF until asked for by need_message() */
	/* gives headers and message, on demand; false with an exception pending */
	bool (*need_headers)(ecoq_invocation *invocation);
	bool (*need_message)(ecoq_invocation *invocation);
	/* A service for a class-typed parameter or a handler class: the buses, Messaging, what the container has, or (for handler classes) a new
	 * object. `result` gets a new reference. False with an exception pending that names class and place. */
	bool (*resolve)(ecoq_invocation *invocation, zend_string *class_name, bool is_handler, const char *where, zval *result);
	void *context; /* messaging's own */
};

/* Calls the endpoint: target, parameters by its plan, conversion. `result` may be NULL. False with an exception pending: the handler's own, or
 * a ConversionException / ConfigurationException made here (`*handler_ran` tells which). Bailouts pass through. */
bool ecoq_endpoint_call(ecoq_endpoint *endpoint, ecoq_invocation *invocation, zval *result, bool *handler_ran);

/* Evaluates a path over payload and headers, or the callable. `result` gets a new reference, null when the path leads nowhere. False with an exception. */
bool ecoq_expression_evaluate(const ecoq_endpoint_expression *expression, ecoq_invocation *invocation, zval *result);

void ecoq_endpoint_minit(void); /* Ecoq\Attribute\… */
void ecoq_endpoint_rshutdown(void);

#endif
