#include "worker/worker.h"

#include "messaging/unit_of_work.h"
#include "php/exceptions.h"
#include "php/time_span.h"
#include "worker/worker_report.h"

/* Messaging::worker() is declared with its class and defined here, where workers are known. */
ZEND_METHOD(Ecoq_Messaging, worker);

#include "stubs/Worker_arginfo.h"

zend_class_entry *ecoq_ce_Worker;
static zend_object_handlers worker_handlers;

typedef struct worker_object {
	zend_object *messaging;  /* one reference */
	ecoq_channel **channels; /* a reference each */
	size_t channel_count;
	ecoq_worker_options options;
	bool stop_requested;
	bool is_running;
	zend_object std;
} worker_object;

static worker_object *worker_from_obj(zend_object *object)
{
	return (worker_object *) ((char *) object - XtOffsetOf(worker_object, std));
}

static zend_object *worker_create(zend_class_entry *ce)
{
	worker_object *worker = zend_object_alloc(sizeof(*worker), ce);
	memset(worker, 0, XtOffsetOf(worker_object, std));
	zend_object_std_init(&worker->std, ce);
	object_properties_init(&worker->std, ce);
	worker->std.handlers = &worker_handlers;
	return &worker->std;
}

static void worker_free(zend_object *object)
{
	worker_object *worker = worker_from_obj(object);
	for (size_t i = 0; i < worker->channel_count; i++) {
		ecoq_channel_release(worker->channels[i]);
	}
	if (worker->channels) {
		efree(worker->channels);
	}
	if (worker->messaging) {
		OBJ_RELEASE(worker->messaging);
	}
	zend_object_std_dtor(object);
}

static HashTable *worker_get_gc(zend_object *object, zval **table, int *count)
{
	zend_get_gc_buffer *buffer = zend_get_gc_buffer_create();
	if (worker_from_obj(object)->messaging) {
		zend_get_gc_buffer_add_obj(buffer, worker_from_obj(object)->messaging);
	}
	zend_get_gc_buffer_use(buffer, table, count);
	return NULL;
}

/* ---- Messaging::worker('orders', 'emails', stopWhenEmpty: true) ---- */

typedef enum limit_kind {
	LIMIT_COUNT,
	LIMIT_TIME,
	LIMIT_FLAG
} limit_kind;

static const struct limit {
	const char *name;
	limit_kind kind;
	size_t offset;
} limits[] = {
	{"limit", LIMIT_COUNT, offsetof(ecoq_worker_options, message_limit)},
	{"failureLimit", LIMIT_COUNT, offsetof(ecoq_worker_options, failure_limit)},
	{"memoryLimit", LIMIT_COUNT, offsetof(ecoq_worker_options, memory_limit)},
	{"timeLimit", LIMIT_TIME, offsetof(ecoq_worker_options, time_limit_ms)},
	{"idleLimit", LIMIT_TIME, offsetof(ecoq_worker_options, idle_limit_ms)},
	{"sleep", LIMIT_TIME, offsetof(ecoq_worker_options, sleep_ms)},
	{"rest", LIMIT_TIME, offsetof(ecoq_worker_options, rest_ms)},
	{"fetchSize", LIMIT_COUNT, offsetof(ecoq_worker_options, fetch_size)},
	{"stopWhenEmpty", LIMIT_FLAG, offsetof(ecoq_worker_options, stop_when_empty)},
};

static const struct limit *limit_by_name(const zend_string *name)
{
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		if (zend_string_equals_cstr(name, limits[i].name, strlen(limits[i].name))) {
			return &limits[i];
		}
	}
	return NULL;
}

static bool set_number(const struct limit *limit, zval *value, ecoq_worker_options *options)
{
	int64_t number;
	if (limit->kind == LIMIT_COUNT ? Z_TYPE_P(value) != IS_LONG : !ecoq_milliseconds_from_zval(value, -1, &number)) {
		if (!EG(exception)) {
			ecoq_throw_configuration("worker(): %s: must be %s, %s given", limit->name, limit->kind == LIMIT_COUNT ? "an int" : "milliseconds, a TimeSpan or a DateInterval",
				zend_zval_type_name(value));
		}
		return false;
	}
	number = limit->kind == LIMIT_COUNT ? Z_LVAL_P(value) : number;
	if (number <= 0) {
		ecoq_throw_configuration("worker(): %s: must be positive, " ZEND_LONG_FMT " given; leave it out for no limit", limit->name, (zend_long) number);
		return false;
	}
	*(int64_t *) ((char *) options + limit->offset) = number;
	return true;
}

static bool set_limit(zend_string *name, zval *value, ecoq_worker_options *options)
{
	const struct limit *limit = limit_by_name(name);
	ZVAL_DEREF(value);
	if (!limit) {
		ecoq_throw_configuration("worker(): unknown limit \"%s\"; known limits: limit, failureLimit, memoryLimit, timeLimit, idleLimit, sleep, rest, fetchSize, stopWhenEmpty",
			ZSTR_VAL(name));
		return false;
	}
	if (Z_TYPE_P(value) == IS_NULL) {
		return true;
	}
	if (limit->kind != LIMIT_FLAG) {
		return set_number(limit, value, options);
	}
	if (Z_TYPE_P(value) != IS_TRUE && Z_TYPE_P(value) != IS_FALSE) {
		ecoq_throw_configuration("worker(): %s: must be a bool, %s given", limit->name, zend_zval_type_name(value));
		return false;
	}
	*(bool *) ((char *) options + limit->offset) = Z_TYPE_P(value) == IS_TRUE;
	return true;
}

static bool add_channel(worker_object *worker, ecoq_messaging *messaging, zval *name)
{
	ZVAL_DEREF(name);
	if (Z_TYPE_P(name) != IS_STRING) {
		ecoq_throw_configuration("worker(): channel names must be strings, %s given", zend_zval_type_name(name));
		return false;
	}
	ecoq_channel *channel = ecoq_messaging_channel(messaging, Z_STR_P(name));
	if (!channel) {
		return false;
	}
	ecoq_channel_addref(channel);
	worker->channels[worker->channel_count++] = channel;
	return true;
}

ZEND_METHOD(Ecoq_Messaging, worker)
{
	zval *names;
	uint32_t count;
	HashTable *named;
	ZEND_PARSE_PARAMETERS_START(0, -1)
		Z_PARAM_VARIADIC_WITH_NAMED(names, count, named)
	ZEND_PARSE_PARAMETERS_END();

	ecoq_messaging *messaging = ecoq_messaging_from_obj(Z_OBJ_P(ZEND_THIS));
	if (count == 0) {
		zend_string *list = ecoq_messaging_channel_names(messaging);
		ecoq_throw_configuration("worker(): name the channels to consume; configured channels: %s", ZSTR_VAL(list));
		zend_string_release(list);
		RETURN_THROWS();
	}
	object_init_ex(return_value, ecoq_ce_Worker);
	worker_object *worker = worker_from_obj(Z_OBJ_P(return_value));
	worker->channels = safe_emalloc(count, sizeof(*worker->channels), 0);
	GC_ADDREF(&messaging->std);
	worker->messaging = &messaging->std;
	for (uint32_t i = 0; i < count; i++) {
		if (!add_channel(worker, messaging, &names[i])) {
			RETURN_THROWS();
		}
	}
	if (named) {
		zend_string *name;
		zval *value;
		ZEND_HASH_FOREACH_STR_KEY_VAL(named, name, value) {
			if (!set_limit(name, value, &worker->options)) {
				RETURN_THROWS();
			}
		}
		ZEND_HASH_FOREACH_END();
	}
}

/* ---- Worker ---- */

ZEND_METHOD(Ecoq_Worker, __construct)
{
	ZEND_PARSE_PARAMETERS_NONE();
}

ZEND_METHOD(Ecoq_Worker, run)
{
	ZEND_PARSE_PARAMETERS_NONE();
	worker_object *worker = worker_from_obj(Z_OBJ_P(ZEND_THIS));
	ecoq_worker_counts counts;
	ecoq_stop_reason reason;
	if (!worker->messaging || worker->is_running) {
		zend_throw_error(NULL, worker->messaging ? "This Ecoq\\Worker is already running" : "Ecoq\\Worker is made by Ecoq\\Messaging::worker()");
		RETURN_THROWS();
	}
	ecoq_messaging *messaging = ecoq_messaging_from_obj(worker->messaging);
	if (messaging->unit && messaging->unit->transaction) {
		ecoq_throw_configuration("A worker cannot run within a unit of work: what it handles would be part of the transaction that is open on the database");
		RETURN_THROWS();
	}
	worker->is_running = true;
	worker->stop_requested = false;
	bool ok = ecoq_worker_run(ecoq_messaging_from_obj(worker->messaging), worker->channels, worker->channel_count, &worker->options, NULL, &worker->stop_requested,
		&counts, &reason);
	worker->is_running = false;
	if (ok) {
		ecoq_worker_report_create(&counts, reason, return_value);
	}
}

ZEND_METHOD(Ecoq_Worker, stop)
{
	ZEND_PARSE_PARAMETERS_NONE();
	worker_from_obj(Z_OBJ_P(ZEND_THIS))->stop_requested = true;
}

void ecoq_worker_minit(void)
{
	ecoq_ce_Worker = register_class_Ecoq_Worker();
	ecoq_ce_Worker->create_object = worker_create;
	memcpy(&worker_handlers, zend_get_std_object_handlers(), sizeof(worker_handlers));
	worker_handlers.offset = XtOffsetOf(worker_object, std);
	worker_handlers.free_obj = worker_free;
	worker_handlers.clone_obj = NULL;
	worker_handlers.get_gc = worker_get_gc;
	ecoq_worker_report_minit(register_class_Ecoq_WorkerReport());
}
