#include "messaging/hooks.h"

#include "messaging/exception_text.h"
#include "php/exceptions.h"
#include "zend_interfaces.h"

/* Messaging::hooks() is declared with its class and defined here. */
ZEND_METHOD(Ecoq_Messaging, hooks);

/* A worker that is idle between any two messages does not collect cycles each time. */
#define COLLECT_EVERY_MS 1000

typedef enum hook_kind {
	HOOK_BEFORE,
	HOOK_AFTER,
	HOOK_FAILURE,
	HOOK_IDLE,
	HOOK_KINDS
} hook_kind;

static const char *const kind_names[] = {"before", "after", "failure", "idle"};

typedef struct hook_list {
	zval *callables;
	uint32_t count;
} hook_list;

struct ecoq_hooks {
	hook_list lists[HOOK_KINDS];
	HashTable resettable;    /* by object handle: those of hooks(reset: …), and handler objects with Symfony's ResetInterface */
	uint32_t instances_seen; /* of messaging->instances, when handler objects were last looked through */
	bool has_looked;
	int64_t collected_ms; /* monotonic */
};

static ecoq_hooks *hooks_of(ecoq_messaging *messaging)
{
	if (!messaging->hooks) {
		messaging->hooks = ecalloc(1, sizeof(*messaging->hooks));
		zend_hash_init(&messaging->hooks->resettable, 0, NULL, ZVAL_PTR_DTOR, 0);
	}
	return messaging->hooks;
}

void ecoq_hooks_free(ecoq_hooks *hooks)
{
	if (!hooks) {
		return;
	}
	for (int kind = 0; kind < HOOK_KINDS; kind++) {
		hook_list *list = &hooks->lists[kind];
		for (uint32_t i = 0; i < list->count; i++) {
			zval_ptr_dtor(&list->callables[i]);
		}
		if (list->callables) {
			efree(list->callables);
		}
	}
	zend_hash_destroy(&hooks->resettable);
	efree(hooks);
}

void ecoq_hooks_get_gc(const ecoq_hooks *hooks, zend_get_gc_buffer *buffer)
{
	zval *object;
	for (int kind = 0; kind < HOOK_KINDS; kind++) {
		for (uint32_t i = 0; i < hooks->lists[kind].count; i++) {
			zend_get_gc_buffer_add_zval(buffer, &hooks->lists[kind].callables[i]);
		}
	}
	ZEND_HASH_FOREACH_VAL((HashTable *) &hooks->resettable, object) {
		zend_get_gc_buffer_add_zval(buffer, object);
	}
	ZEND_HASH_FOREACH_END();
}

/* ---- Calling ---- */

static void log_trouble(ecoq_messaging *messaging, const char *what, const char *name)
{
	HashTable *context = zend_new_array(2);
	zval value;
	zend_string *error;
	if (zend_is_unwind_exit(EG(exception))) {
		error = zend_string_init(ZEND_STRL("it called exit()"), 0);
		zend_clear_exception();
	} else {
		zend_object *exception = EG(exception);
		GC_ADDREF(exception);
		zend_clear_exception();
		error = ecoq_exception_summary(exception);
		OBJ_RELEASE(exception);
	}
	ZVAL_STRING(&value, name);
	zend_hash_str_add_new(context, ZEND_STRL("name"), &value);
	ZVAL_STR(&value, error);
	zend_hash_str_add_new(context, ZEND_STRL("error"), &value);
	ecoq_messaging_log(messaging, "warning", what, context);
	if (EG(exception)) {
		zend_clear_exception();
	}
}

/* Something of the application's that may do anything; its context is its own business. */
typedef void (*hook_body)(ecoq_messaging *messaging, void *context);

/* False: the process is spent. Otherwise no exception is pending. */
static bool run_guarded(ecoq_messaging *messaging, hook_body body, void *context, const char *trouble, const char *name)
{
	volatile bool finished = false;
	int exit_status = EG(exit_status);
	zend_try
	{
		body(messaging, context);
		finished = true;
	}
	zend_end_try();
	if (!finished || CG(unclean_shutdown)) {
		return false;
	}
	if (EG(exception)) {
		log_trouble(messaging, trouble, name);
	}
	EG(exit_status) = exit_status;
	return true;
}

typedef struct hook_call {
	zval callable;
	zval *arguments;
	uint32_t count;
} hook_call;

static void call_hook(ecoq_messaging *messaging, void *context)
{
	hook_call *call = context;
	zval ignored;
	ZVAL_UNDEF(&ignored);
	(void) messaging;
	call_user_function(NULL, NULL, &call->callable, &ignored, call->count, call->arguments);
	zval_ptr_dtor(&ignored);
}

/* Hooks may add hooks: the list is looked at anew for each. */
static bool call_hooks(ecoq_messaging *messaging, hook_kind kind, zval *arguments, uint32_t count)
{
	ecoq_hooks *hooks = messaging->hooks;
	for (uint32_t i = 0; i < hooks->lists[kind].count; i++) {
		hook_call call = {.arguments = arguments, .count = count};
		ZVAL_COPY(&call.callable, &hooks->lists[kind].callables[i]);
		if (!run_guarded(messaging, call_hook, &call, "A hook of the worker ({name}) failed: {error}", kind_names[kind])) {
			return false;
		}
		zval_ptr_dtor(&call.callable);
	}
	return true;
}

static bool has(const ecoq_messaging *messaging, hook_kind kind)
{
	return messaging->hooks && messaging->hooks->lists[kind].count > 0;
}

/* ---- Around an execution ---- */

/* The message object that the handler gets, too; one whose payload cannot be read is the handler's failure, and hooks are spared it. */
static bool message_of(ecoq_incoming *incoming)
{
	if (ecoq_incoming_load(incoming) && incoming->invocation.need_message(&incoming->invocation)) {
		return true;
	}
	zend_clear_exception();
	return false;
}

static const char *outcome_of(const ecoq_execution *execution)
{
	if (execution->is_lost) {
		return "lost";
	}
	return ecoq_outcome_name(execution->is_blocked ? ECOQ_OUTCOME_POSTPONED : execution->outcome);
}

static bool call_with_message(ecoq_execution *execution, ecoq_incoming *incoming, hook_kind kind)
{
	zval arguments[4];
	if (!message_of(incoming)) {
		return true;
	}
	ZVAL_COPY_VALUE(&arguments[0], &incoming->invocation.message);
	ZVAL_STR(&arguments[1], execution->channel->name);
	ZVAL_STR(&arguments[2], execution->endpoint->id);
	if (kind == HOOK_BEFORE) {
		return call_hooks(execution->messaging, kind, arguments, 3);
	}
	ZVAL_STRING(&arguments[3], outcome_of(execution));
	bool alive = call_hooks(execution->messaging, kind, arguments, 4);
	zval_ptr_dtor(&arguments[3]);
	return alive;
}

/* For what failed without an exception: exit(). */
static void make_error(const ecoq_execution *execution, zval *error)
{
	zval text;
	object_init_ex(error, zend_ce_error);
	ZVAL_STR(&text, execution->error ? execution->error : ZSTR_EMPTY_ALLOC());
	zend_update_property_ex(zend_ce_error, Z_OBJ_P(error), ZSTR_KNOWN(ZEND_STR_MESSAGE), &text);
}

static bool call_for_failure(ecoq_execution *execution, ecoq_incoming *incoming)
{
	zval arguments[4];
	if (!message_of(incoming)) {
		return true;
	}
	if (execution->thrown) {
		ZVAL_OBJ_COPY(&arguments[0], execution->thrown);
	} else {
		make_error(execution, &arguments[0]);
	}
	ZVAL_COPY_VALUE(&arguments[1], &incoming->invocation.message);
	ZVAL_LONG(&arguments[2], execution->attempts);
	ZVAL_BOOL(&arguments[3], execution->outcome == ECOQ_OUTCOME_RETRIED);
	bool alive = call_hooks(execution->messaging, HOOK_FAILURE, arguments, 4);
	zval_ptr_dtor(&arguments[0]);
	return alive;
}

void ecoq_hooks_keep_exception(ecoq_execution *execution, zend_object *exception)
{
	if (has(execution->messaging, HOOK_FAILURE) && !execution->thrown) {
		execution->thrown = exception;
		GC_ADDREF(exception);
	}
}

/* ---- Resetting ---- */

static void add_resettable(ecoq_hooks *hooks, zval *object)
{
	if (zend_hash_index_add(&hooks->resettable, Z_OBJ_HANDLE_P(object), object)) {
		Z_ADDREF_P(object);
	}
}

static void add_if_resettable(ecoq_hooks *hooks, zval *target, zend_class_entry *interface)
{
	if (Z_TYPE_P(target) == IS_ARRAY) { /* [object, method] */
		target = zend_hash_index_find(Z_ARRVAL_P(target), 0);
	}
	if (target && Z_TYPE_P(target) == IS_OBJECT && instanceof_function(Z_OBJCE_P(target), interface)) {
		add_resettable(hooks, target);
	}
}

/* Handler objects come into being one by one, when they are first needed. The interface is never loaded here: a class that implements it has it loaded. */
static void find_resettable(ecoq_messaging *messaging)
{
	ecoq_hooks *hooks = hooks_of(messaging);
	const ecoq_endpoint_list *all = ecoq_registry_all(messaging->registry);
	zend_class_entry *interface = zend_hash_str_find_ptr(EG(class_table), ZEND_STRL("symfony\\contracts\\service\\resetinterface"));
	zval *instance;
	hooks->has_looked = true;
	hooks->instances_seen = zend_hash_num_elements(&messaging->instances);
	if (!interface) {
		return;
	}
	for (uint32_t i = 0; i < all->count; i++) {
		add_if_resettable(hooks, &all->items[i]->target, interface);
	}
	ZEND_HASH_FOREACH_VAL(&messaging->instances, instance) {
		add_if_resettable(hooks, instance, interface);
	}
	ZEND_HASH_FOREACH_END();
}

static void reset_object(ecoq_messaging *messaging, void *context)
{
	zval *object = context;
	(void) messaging;
	zend_call_method_with_0_params(Z_OBJ_P(object), Z_OBJCE_P(object), NULL, "reset", NULL);
}

static bool reset_all(ecoq_messaging *messaging)
{
	ecoq_hooks *hooks = messaging->hooks;
	zval *object;
	if (!hooks || !hooks->has_looked || hooks->instances_seen != zend_hash_num_elements(&messaging->instances)) {
		find_resettable(messaging);
		hooks = messaging->hooks;
	}
	if (zend_hash_num_elements(&hooks->resettable) == 0) {
		return true;
	}
	/* a copy, since a reset() may lead to new entries */
	HashTable *objects = zend_array_dup(&hooks->resettable);
	bool alive = true;
	ZEND_HASH_FOREACH_VAL(objects, object) {
		alive = alive && run_guarded(messaging, reset_object, object, "Resetting {name} failed: {error}", ZSTR_VAL(Z_OBJCE_P(object)->name));
	}
	ZEND_HASH_FOREACH_END();
	if (alive) {
		zend_array_destroy(objects);
	}
	return alive;
}

bool ecoq_hooks_before(ecoq_execution *execution, ecoq_incoming *incoming)
{
	return !has(execution->messaging, HOOK_BEFORE) || call_with_message(execution, incoming, HOOK_BEFORE);
}

bool ecoq_hooks_after(ecoq_execution *execution, ecoq_incoming *incoming)
{
	bool alive = true;
	if (execution->failed && has(execution->messaging, HOOK_FAILURE)) {
		alive = call_for_failure(execution, incoming);
	}
	if (execution->thrown && alive) {
		OBJ_RELEASE(execution->thrown);
		execution->thrown = NULL;
	}
	if (alive && has(execution->messaging, HOOK_AFTER)) {
		alive = call_with_message(execution, incoming, HOOK_AFTER);
	}
	return alive && reset_all(execution->messaging);
}

/* ---- Idle ---- */

static void collect(ecoq_messaging *messaging, void *context)
{
	(void) messaging;
	(void) context;
	gc_collect_cycles();
}

bool ecoq_hooks_idle(ecoq_messaging *messaging)
{
	if (has(messaging, HOOK_IDLE) && !call_hooks(messaging, HOOK_IDLE, NULL, 0)) {
		return false;
	}
	ecoq_hooks *hooks = hooks_of(messaging);
	int64_t now = ecoq_clock_monotonic_ms();
	zend_gc_status status;
	if (!gc_enabled() || now - hooks->collected_ms < COLLECT_EVERY_MS) {
		return true;
	}
	zend_gc_get_status(&status);
	if (status.num_roots == 0) {
		return true;
	}
	hooks->collected_ms = now;
	return run_guarded(messaging, collect, NULL, "A destructor failed {name}: {error}", "while cycles were collected");
}

/* ---- Messaging::hooks() ---- */

static void add_hook(ecoq_messaging *messaging, hook_kind kind, const zend_fcall_info *callable)
{
	hook_list *list = &hooks_of(messaging)->lists[kind];
	list->callables = safe_erealloc(list->callables, list->count + 1, sizeof(*list->callables), 0);
	ZVAL_COPY(&list->callables[list->count++], &callable->function_name);
}

static bool check_reset(zval *object)
{
	zend_function *reset = Z_TYPE_P(object) == IS_OBJECT ? zend_hash_str_find_ptr(&Z_OBJCE_P(object)->function_table, ZEND_STRL("reset")) : NULL;
	if (reset && (reset->common.fn_flags & ZEND_ACC_PUBLIC) && reset->common.required_num_args == 0) {
		return true;
	}
	ecoq_throw_configuration("hooks(): reset: expects objects with a public method reset() that needs no arguments, %s given",
		Z_TYPE_P(object) == IS_OBJECT ? ZSTR_VAL(Z_OBJCE_P(object)->name) : zend_zval_type_name(object));
	return false;
}

static bool check_resets(zval *given)
{
	zval *object;
	if (Z_TYPE_P(given) != IS_ARRAY) {
		return check_reset(given);
	}
	ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(given), object) {
		ZVAL_DEREF(object);
		if (!check_reset(object)) {
			return false;
		}
	}
	ZEND_HASH_FOREACH_END();
	return true;
}

static void add_resets(ecoq_messaging *messaging, zval *given)
{
	zval *object;
	if (Z_TYPE_P(given) != IS_ARRAY) {
		add_resettable(hooks_of(messaging), given);
		return;
	}
	ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(given), object) {
		ZVAL_DEREF(object);
		add_resettable(hooks_of(messaging), object);
	}
	ZEND_HASH_FOREACH_END();
}

ZEND_METHOD(Ecoq_Messaging, hooks)
{
	zend_fcall_info callables[HOOK_KINDS];
	zend_fcall_info_cache caches[HOOK_KINDS];
	zval *reset = NULL;
	memset(callables, 0, sizeof(callables));
	ZEND_PARSE_PARAMETERS_START(0, 5)
		Z_PARAM_OPTIONAL
		Z_PARAM_FUNC_OR_NULL(callables[HOOK_BEFORE], caches[HOOK_BEFORE])
		Z_PARAM_FUNC_OR_NULL(callables[HOOK_AFTER], caches[HOOK_AFTER])
		Z_PARAM_FUNC_OR_NULL(callables[HOOK_FAILURE], caches[HOOK_FAILURE])
		Z_PARAM_FUNC_OR_NULL(callables[HOOK_IDLE], caches[HOOK_IDLE])
		Z_PARAM_ZVAL(reset)
	ZEND_PARSE_PARAMETERS_END();

	ecoq_messaging *messaging = ecoq_messaging_from_obj(Z_OBJ_P(ZEND_THIS));
	if (!messaging->registry) {
		zend_throw_error(NULL, "Ecoq\\Messaging was not constructed");
		RETURN_THROWS();
	}
	if (reset && Z_TYPE_P(reset) != IS_ARRAY && Z_TYPE_P(reset) != IS_OBJECT) {
		zend_argument_type_error(5, "must be of type object|array, %s given", zend_zval_type_name(reset));
		RETURN_THROWS();
	}
	if (reset && !check_resets(reset)) {
		RETURN_THROWS();
	}
	for (int kind = 0; kind < HOOK_KINDS; kind++) {
		if (ZEND_FCI_INITIALIZED(callables[kind])) {
			add_hook(messaging, kind, &callables[kind]);
		}
	}
	if (reset) {
		add_resets(messaging, reset);
	}
	RETURN_OBJ_COPY(Z_OBJ_P(ZEND_THIS));
}
