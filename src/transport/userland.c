/* The transport that is a PHP object: every call becomes a call of the object's method. It runs on the main thread only. */

#include "transport/userland.h"

#include "php/exceptions.h"

enum method {
	SEND,
	RESERVE,
	ACKNOWLEDGE,
	RELEASE,
	OWNS,
	STATS,
	PURGE,
	SETUP,
	CAPABILITIES,
	METHOD_COUNT
};

static const char *const method_names[METHOD_COUNT] = {
	[SEND] = "send",
	[RESERVE] = "reserve",
	[ACKNOWLEDGE] = "acknowledge",
	[RELEASE] = "release",
	[OWNS] = "owns",
	[STATS] = "stats",
	[PURGE] = "purge",
	[SETUP] = "setup",
	[CAPABILITIES] = "capabilities",
};

typedef struct userland_transport {
	ecoq_transport base;
	zend_object *object; /* one reference */
	zend_function *functions[METHOD_COUNT];
	zval queue;
	uint64_t last_number; /* deliveries are numbered as they come: the object knows them by token */
} userland_transport;

/* What a delivery's `storage` points to. */
typedef struct userland_delivery {
	zend_string *body;
	zend_string *token;
} userland_delivery;

static userland_transport *self_of(ecoq_transport *transport)
{
	return (userland_transport *) transport;
}

/* An \Exception is the broker's failure and becomes a value; an \Error is a bug and stays pending, so does exit(). */
static ecoq_result result_of_exception(const userland_transport *self, enum method method, ecoq_error *error)
{
	zend_object *exception = EG(exception);
	if (zend_is_unwind_exit(exception) || zend_is_graceful_exit(exception) || !instanceof_function(exception->ce, zend_ce_exception)) {
		return ECOQ_EXCEPTION;
	}
	zval buffer;
	zval *message = zend_read_property_ex(zend_ce_exception, exception, ZSTR_KNOWN(ZEND_STR_MESSAGE), 1, &buffer);
	ecoq_result result = instanceof_function(exception->ce, ecoq_ce_ConfigurationException) ? ECOQ_INVALID : ECOQ_UNAVAILABLE;
	ecoq_fail(error, result, "%s::%s() threw %s: %s", ZSTR_VAL(self->object->ce->name), method_names[method],
		ZSTR_VAL(exception->ce->name),
		Z_TYPE_P(message) == IS_STRING ? Z_STRVAL_P(message) : "");
	zend_clear_exception();
	return result;
}

static ecoq_result call(userland_transport *self, enum method method, uint32_t count, zval *arguments, zval *result,
	ecoq_error *error)
{
	ZVAL_UNDEF(result);
	if (EG(exception)) {
		return ECOQ_EXCEPTION;
	}
	zend_call_known_function(self->functions[method], self->object, self->object->ce, result, count, arguments, NULL);
	if (EG(exception)) {
		zval_ptr_dtor(result);
		return result_of_exception(self, method, error);
	}
	if (Z_ISREF_P(result)) {
		zend_unwrap_reference(result);
	}
	return ECOQ_OK;
}

/* Calls a method as (queue, argument) and releases the argument. */
static ecoq_result call_with(userland_transport *self, enum method method, zval *argument, zval *result, ecoq_error *error)
{
	zval arguments[2];
	ZVAL_COPY_VALUE(&arguments[0], &self->queue);
	ZVAL_COPY_VALUE(&arguments[1], argument);
	ecoq_result status = call(self, method, 2, arguments, result, error);
	zval_ptr_dtor(argument);
	return status;
}

static ecoq_result wrong_answer(const userland_transport *self, enum method method, const char *expected, const zval *given,
	ecoq_error *error)
{
	return ecoq_fail(error, ECOQ_PROTOCOL, "%s::%s() must return %s, it returned %s", ZSTR_VAL(self->object->ce->name),
		method_names[method], expected,
		zend_zval_type_name(given));
}

static ecoq_result wrong_element(const userland_transport *self, enum method method, const char *expected,
	const zval *given, ecoq_error *error)
{
	return ecoq_fail(error, ECOQ_PROTOCOL, "%s::%s() must return a list of %s, the list holds %s",
		ZSTR_VAL(self->object->ce->name), method_names[method],
		expected, Z_TYPE_P(given) == IS_OBJECT ? ZSTR_VAL(Z_OBJCE_P(given)->name) : zend_zval_type_name(given));
}

static const ecoq_transport_ops variants[4];

/* Reads capabilities() and chooses the table that tells them. */
static ecoq_result choose_variant(userland_transport *self, ecoq_error *error)
{
	zval list, *entry;
	ecoq_result result = call(self, CAPABILITIES, 0, NULL, &list, error);
	if (result != ECOQ_OK) {
		return result;
	}
	unsigned variant = 0;
	if (Z_TYPE(list) != IS_ARRAY) {
		result = wrong_answer(self, CAPABILITIES, "a list of strings", &list, error);
		zval_ptr_dtor(&list);
		return result;
	}
	ZEND_HASH_FOREACH_VAL(Z_ARRVAL(list), entry) {
		ZVAL_DEREF(entry);
		if (Z_TYPE_P(entry) != IS_STRING) {
			result = wrong_element(self, CAPABILITIES, "strings", entry, error);
		} else if (zend_string_equals_literal(Z_STR_P(entry), "delay")) {
			variant |= 1;
		} else if (zend_string_equals_literal(Z_STR_P(entry), "priority")) {
			variant |= 2;
		} else {
			result = ecoq_fail(error, ECOQ_INVALID, "%s::capabilities() names \"%s\"; known are \"delay\" and \"priority\"",
				ZSTR_VAL(self->object->ce->name),
				Z_STRVAL_P(entry));
		}
	}
	ZEND_HASH_FOREACH_END();
	zval_ptr_dtor(&list);
	self->base.ops = &variants[variant];
	return result;
}

static void userland_close(ecoq_transport *transport)
{
	userland_transport *self = self_of(transport);
	zval_ptr_dtor(&self->queue);
	OBJ_RELEASE(self->object);
	efree(self);
}

static ecoq_result userland_open(const ecoq_transport_config *config, ecoq_transport **out, ecoq_error *error)
{
	userland_transport *self = ecalloc(1, sizeof(*self));
	self->base.ops = &ecoq_userland_transport;
	self->object = config->native;
	GC_ADDREF(self->object);
	ZVAL_STRINGL(&self->queue, config->queue.data, config->queue.size);
	for (int i = 0; i < METHOD_COUNT; i++) {
		self->functions[i] = zend_hash_str_find_ptr(&self->object->ce->function_table, method_names[i],
			strlen(method_names[i]));
	}
	ecoq_result result = choose_variant(self, error);
	if (result != ECOQ_OK) {
		userland_close(&self->base);
		return result;
	}
	*out = &self->base;
	return ECOQ_OK;
}

static ecoq_result userland_setup(ecoq_transport *transport, ecoq_error *error)
{
	userland_transport *self = self_of(transport);
	zval nothing;
	ecoq_result result = call(self, SETUP, 1, &self->queue, &nothing, error);
	zval_ptr_dtor(&nothing);
	return result;
}

static void add_outgoing(zval *list, const ecoq_outgoing *message)
{
	zval object;
	ecoq_outgoing_message_create(message, &object);
	zend_hash_next_index_insert_new(Z_ARRVAL_P(list), &object);
}

static ecoq_result userland_send(ecoq_transport *transport, const ecoq_outgoing *messages, size_t count, ecoq_error *error)
{
	zval list, nothing;
	array_init_size(&list, (uint32_t) count);
	for (size_t i = 0; i < count; i++) {
		add_outgoing(&list, &messages[i]);
	}
	ecoq_result result = call_with(self_of(transport), SEND, &list, &nothing, error);
	zval_ptr_dtor(&nothing);
	return result;
}

static void fill_delivery(userland_transport *self, const ecoq_reserved_fields *fields, ecoq_delivery *delivery)
{
	userland_delivery *storage = emalloc(sizeof(*storage));
	storage->body = zend_string_copy(fields->body);
	storage->token = zend_string_copy(fields->token);
	*delivery = (ecoq_delivery){
		.body = {ZSTR_VAL(storage->body), ZSTR_LEN(storage->body)},
		.number = ++self->last_number,
		.crashes = fields->crashes,
		.priority = fields->priority,
		.suspect = fields->suspect,
		.redelivered = fields->redelivered,
		.storage = storage,
	};
}

static void userland_release(ecoq_transport *transport, ecoq_delivery *delivery)
{
	userland_delivery *storage = delivery->storage;
	if (storage) {
		zend_string_release(storage->body);
		zend_string_release(storage->token);
		efree(storage);
		delivery->storage = NULL;
	}
}

static ecoq_result take_reserved(userland_transport *self, HashTable *list, size_t max, ecoq_delivery *deliveries,
	size_t *count, ecoq_error *error)
{
	if (zend_hash_num_elements(list) > max) {
		return ecoq_fail(error, ECOQ_PROTOCOL, "%s::reserve() was asked for at most %zu messages and returned %u",
			ZSTR_VAL(self->object->ce->name), max,
			zend_hash_num_elements(list));
	}
	zval *entry;
	ecoq_reserved_fields fields;
	ZEND_HASH_FOREACH_VAL(list, entry) {
		ZVAL_DEREF(entry);
		if (Z_TYPE_P(entry) != IS_OBJECT || Z_OBJCE_P(entry) != ecoq_ce_ReservedMessage) {
			return wrong_element(self, RESERVE, "Ecoq\\ReservedMessage", entry, error);
		}
		if (!ecoq_reserved_message_fields(Z_OBJ_P(entry), &fields)) {
			return ecoq_fail(error, ECOQ_PROTOCOL,
				"%s::reserve() returned an Ecoq\\ReservedMessage whose constructor was not called",
				ZSTR_VAL(self->object->ce->name));
		}
		fill_delivery(self, &fields, &deliveries[(*count)++]);
	}
	ZEND_HASH_FOREACH_END();
	return ECOQ_OK;
}

static ecoq_result userland_reserve(ecoq_transport *transport, const ecoq_reservation *request, ecoq_delivery *deliveries,
	size_t *count,
	int64_t *next_due, ecoq_error *error)
{
	userland_transport *self = self_of(transport);
	zval max, list;
	*count = 0;
	*next_due = 0;
	ZVAL_LONG(&max, request->max);
	ecoq_result result = call_with(self, RESERVE, &max, &list, error);
	if (result != ECOQ_OK) {
		return result;
	}
	result = Z_TYPE(list) == IS_ARRAY ? take_reserved(self, Z_ARRVAL(list), request->max, deliveries, count, error)
									  : wrong_answer(self, RESERVE, "a list of Ecoq\\ReservedMessage", &list, error);
	zval_ptr_dtor(&list);
	if (result != ECOQ_OK) {
		while (*count) {
			userland_release(transport, &deliveries[--*count]);
		}
	}
	return result;
}

static bool same_queue(const ecoq_settlement *a, const ecoq_settlement *b)
{
	return ecoq_bytes_equal(a->successor_queue, b->successor_queue);
}

/* Sends the successors of all settlements from `first` on that go to the same queue as its own, unless an earlier call did. */
static ecoq_result send_successors(userland_transport *self, const ecoq_settlement *settlements, size_t first, size_t count,
	ecoq_error *error)
{
	const ecoq_settlement *leader = &settlements[first];
	for (size_t i = 0; i < first; i++) {
		if (settlements[i].successor && same_queue(&settlements[i], leader)) {
			return ECOQ_OK;
		}
	}
	zval arguments[2], nothing;
	array_init(&arguments[1]);
	for (size_t i = first; i < count; i++) {
		if (settlements[i].successor && same_queue(&settlements[i], leader)) {
			add_outgoing(&arguments[1], settlements[i].successor);
		}
	}
	if (leader->successor_queue.size) {
		ZVAL_STRINGL(&arguments[0], leader->successor_queue.data, leader->successor_queue.size);
	} else {
		ZVAL_COPY(&arguments[0], &self->queue);
	}
	ecoq_result result = call(self, SEND, 2, arguments, &nothing, error);
	zval_ptr_dtor(&arguments[0]);
	zval_ptr_dtor(&arguments[1]);
	zval_ptr_dtor(&nothing);
	return result;
}

static const userland_delivery *storage_of(const ecoq_delivery *delivery)
{
	return delivery->storage;
}

static ecoq_result mark_lost(const userland_transport *self, HashTable *lost, ecoq_settlement *settlements, size_t count,
	ecoq_error *error)
{
	zval *token;
	ZEND_HASH_FOREACH_VAL(lost, token) {
		ZVAL_DEREF(token);
		if (Z_TYPE_P(token) != IS_STRING) {
			return wrong_element(self, ACKNOWLEDGE, "string tokens", token, error);
		}
		for (size_t i = 0; i < count; i++) {
			if (zend_string_equals(storage_of(settlements[i].delivery)->token, Z_STR_P(token))) {
				settlements[i].result = ECOQ_LOST;
			}
		}
	}
	ZEND_HASH_FOREACH_END();
	return ECOQ_OK;
}

/* The successors are stored before anything is removed. A delivery that turns out to be lost then has left one: the object has no way
 * to do both at once. */
static ecoq_result userland_settle(ecoq_transport *transport, ecoq_settlement *settlements, size_t count, ecoq_error *error)
{
	userland_transport *self = self_of(transport);
	zval tokens, lost;
	for (size_t i = 0; i < count; i++) {
		ecoq_result result = settlements[i].successor ? send_successors(self, settlements, i, count, error) : ECOQ_OK;
		if (result != ECOQ_OK) {
			return result;
		}
	}
	array_init_size(&tokens, (uint32_t) count);
	for (size_t i = 0; i < count; i++) {
		settlements[i].result = ECOQ_OK;
		add_next_index_str(&tokens, zend_string_copy(storage_of(settlements[i].delivery)->token));
	}
	ecoq_result result = call_with(self, ACKNOWLEDGE, &tokens, &lost, error);
	if (result != ECOQ_OK) {
		return result;
	}
	result = Z_TYPE(lost) == IS_ARRAY ? mark_lost(self, Z_ARRVAL(lost), settlements, count, error)
									  : wrong_answer(self, ACKNOWLEDGE, "a list of tokens", &lost, error);
	zval_ptr_dtor(&lost);
	return result;
}

static ecoq_result userland_hand_back(ecoq_transport *transport, ecoq_delivery *const *deliveries, size_t count,
	ecoq_error *error)
{
	zval tokens, nothing;
	array_init_size(&tokens, (uint32_t) count);
	for (size_t i = 0; i < count; i++) {
		add_next_index_str(&tokens, zend_string_copy(storage_of(deliveries[i])->token));
	}
	ecoq_result result = call_with(self_of(transport), RELEASE, &tokens, &nothing, error);
	zval_ptr_dtor(&nothing);
	return result;
}

static ecoq_result userland_still_mine(ecoq_transport *transport, const ecoq_delivery *delivery, ecoq_error *error)
{
	zval token, answer;
	ZVAL_STR_COPY(&token, storage_of(delivery)->token);
	ecoq_result result = call_with(self_of(transport), OWNS, &token, &answer, error);
	if (result == ECOQ_OK && !zend_is_true(&answer)) {
		result = ecoq_fail(error, ECOQ_LOST, "the message belongs to another owner by now");
	}
	zval_ptr_dtor(&answer);
	return result;
}

static ecoq_result userland_stats(ecoq_transport *transport, ecoq_queue_stats *stats, ecoq_error *error)
{
	userland_transport *self = self_of(transport);
	zval answer;
	ecoq_result result = call(self, STATS, 1, &self->queue, &answer, error);
	if (result != ECOQ_OK) {
		return result;
	}
	if (Z_TYPE(answer) != IS_OBJECT || Z_OBJCE(answer) != ecoq_ce_QueueStats || !ecoq_queue_stats_of(Z_OBJ(answer), stats)) {
		result = wrong_answer(self, STATS, "an Ecoq\\QueueStats that was constructed", &answer, error);
	}
	zval_ptr_dtor(&answer);
	return result;
}

static ecoq_result userland_purge(ecoq_transport *transport, size_t *removed, ecoq_error *error)
{
	userland_transport *self = self_of(transport);
	zval answer;
	ecoq_result result = call(self, PURGE, 1, &self->queue, &answer, error);
	if (result != ECOQ_OK) {
		return result;
	}
	if (Z_TYPE(answer) != IS_LONG || Z_LVAL(answer) < 0) {
		result = wrong_answer(self, PURGE, "a count that is not negative", &answer, error);
	} else {
		*removed = (size_t) Z_LVAL(answer);
	}
	zval_ptr_dtor(&answer);
	return result;
}

static const char *const no_schemes[] = {NULL};
static const ecoq_option_spec no_options[] = {{NULL, NULL}};

#define USERLAND_OPS(honoured) \
	{ \
		.name = "userland", \
		.schemes = no_schemes, \
		.options = no_options, \
		.capabilities = ECOQ_IS_DURABLE | (honoured), \
		.open = userland_open, \
		.close = userland_close, \
		.setup = userland_setup, \
		.send = userland_send, \
		.reserve = userland_reserve, \
		.settle = userland_settle, \
		.hand_back = userland_hand_back, \
		.release = userland_release, \
		.still_mine = userland_still_mine, \
		.stats = userland_stats, \
		.purge = userland_purge, \
		.poll_interval_ms = 40, \
	}

/* What an object honours is known once it is asked: an open transport has the table of its own capabilities. */
static const ecoq_transport_ops variants[4] = {
	USERLAND_OPS(0),
	USERLAND_OPS(ECOQ_CAN_DELAY),
	USERLAND_OPS(ECOQ_CAN_PRIORITY),
	USERLAND_OPS(ECOQ_CAN_DELAY | ECOQ_CAN_PRIORITY),
};

const ecoq_transport_ops ecoq_userland_transport = USERLAND_OPS(0);
