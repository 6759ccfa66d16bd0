#include "envelope/message.h"

#include "base/clock.h"
#include "envelope/message_id.h"
#include "php/bytes.h"
#include "php/exceptions.h"
#include "stubs/Message_arginfo.h"

zend_class_entry *ecoq_ce_Message;
static zend_object_handlers message_handlers;
static zend_string *lang_php; /* interned */

/* Property slots, in the order of the stub. */
enum slot {
	ID,
	TYPE,
	PAYLOAD,
	HEADERS,
	TRACE_ID,
	ATTEMPTS,
	CREATED_AT,
	QUEUE,
	LANG
};

/* What users should see is in the properties. */
typedef struct message_object {
	zend_string *endpoint; /* that handles it; NULL: none. Owned */
	zend_object std;
} message_object;

static inline message_object *from_object(zend_object *object)
{
	return (message_object *) ((char *) object - XtOffsetOf(message_object, std));
}

static zend_object *create_object(zend_class_entry *ce)
{
	message_object *message = zend_object_alloc(sizeof(*message), ce);

	message->endpoint = NULL;
	zend_object_std_init(&message->std, ce);
	object_properties_init(&message->std, ce);
	message->std.handlers = &message_handlers;
	return &message->std;
}

static void free_object(zend_object *object)
{
	message_object *message = from_object(object);

	if (message->endpoint != NULL) {
		zend_string_release(message->endpoint);
	}
	zend_object_std_dtor(object);
}

static zend_object *clone_object(zend_object *old)
{
	zend_object *clone = create_object(old->ce);
	zend_string *endpoint = from_object(old)->endpoint;

	from_object(clone)->endpoint = endpoint ? zend_string_copy(endpoint) : NULL;
	zend_objects_clone_members(clone, old);
	return clone;
}

static void set_string(zend_object *object, enum slot slot, zend_string *string)
{
	ZVAL_STR_COPY(OBJ_PROP_NUM(object, slot), string);
}

static void set_headers(zend_object *object, HashTable *headers)
{
	zval *slot = OBJ_PROP_NUM(object, HEADERS);

	if (headers == NULL || zend_hash_num_elements(headers) == 0) {
		ZVAL_EMPTY_ARRAY(slot);
		return;
	}
	GC_TRY_ADDREF(headers);
	ZVAL_ARR(slot, headers);
	if (GC_FLAGS(headers) & GC_IMMUTABLE) {
		Z_TYPE_INFO_P(slot) = IS_ARRAY;
	}
}

void ecoq_message_create(const ecoq_message_fields *fields, zval *result)
{
	zend_object *object = create_object(ecoq_ce_Message);

	from_object(object)->endpoint = fields->endpoint ? zend_string_copy(fields->endpoint) : NULL;
	set_string(object, ID, fields->id);
	set_string(object, TYPE, fields->type);
	ZVAL_COPY_DEREF(OBJ_PROP_NUM(object, PAYLOAD), fields->payload);
	set_headers(object, fields->headers);
	set_string(object, TRACE_ID, fields->trace_id);
	ZVAL_LONG(OBJ_PROP_NUM(object, ATTEMPTS), (zend_long) fields->attempts);
	ZVAL_LONG(OBJ_PROP_NUM(object, CREATED_AT), (zend_long) fields->created_at);
	if (fields->queue != NULL) {
		set_string(object, QUEUE, fields->queue);
	} else {
		ZVAL_NULL(OBJ_PROP_NUM(object, QUEUE));
	}
	set_string(object, LANG, fields->lang);
	ZVAL_OBJ(result, object);
}

void ecoq_message_fields_of(zend_object *object, ecoq_message_fields *fields)
{
	zval *queue = OBJ_PROP_NUM(object, QUEUE);

	*fields = (ecoq_message_fields){
		.id = Z_STR_P(OBJ_PROP_NUM(object, ID)),
		.type = Z_STR_P(OBJ_PROP_NUM(object, TYPE)),
		.payload = OBJ_PROP_NUM(object, PAYLOAD),
		.headers = Z_ARRVAL_P(OBJ_PROP_NUM(object, HEADERS)),
		.trace_id = Z_STR_P(OBJ_PROP_NUM(object, TRACE_ID)),
		.queue = Z_TYPE_P(queue) == IS_STRING ? Z_STR_P(queue) : NULL,
		.lang = Z_STR_P(OBJ_PROP_NUM(object, LANG)),
		.endpoint = from_object(object)->endpoint,
		.created_at = Z_LVAL_P(OBJ_PROP_NUM(object, CREATED_AT)),
		.attempts = (uint32_t) Z_LVAL_P(OBJ_PROP_NUM(object, ATTEMPTS)),
	};
}

ZEND_METHOD(Ecoq_Message, __construct)
{
	ZEND_PARSE_PARAMETERS_NONE();
	zend_throw_error(NULL, "Ecoq\\Message is made by Ecoq\\Message::create()");
}

/* The text without blanks around it, as a new reference; NULL when nothing is left. */
static zend_string *trimmed(zend_string *text)
{
	const char *start = ZSTR_VAL(text);
	size_t size = ZSTR_LEN(text);

	while (size > 0 && strchr(" \t\n\r\v", start[size - 1])) {
		size--;
	}
	while (size > 0 && strchr(" \t\n\r\v", *start)) {
		start++;
		size--;
	}
	if (size == 0) {
		return NULL;
	}
	return size == ZSTR_LEN(text) ? zend_string_copy(text) : zend_string_init(start, size, false);
}

/* A given id, else a new one; NULL with an exception. */
static zend_string *id_or_new(zend_string *given)
{
	zend_string *id = given ? trimmed(given) : NULL;

	return id ? id : ecoq_message_id_new();
}

static bool is_header_value(const zval *value)
{
	ZVAL_DEREF(value);
	return Z_TYPE_P(value) <= IS_ARRAY;
}

/* A copy without references, through which an immutable value could be changed. */
static HashTable *without_references(HashTable *headers)
{
	HashTable *copy = zend_array_dup(headers);
	zval *value;

	ZEND_HASH_FOREACH_VAL(copy, value) {
		if (Z_ISREF_P(value)) {
			zval reference;
			ZVAL_COPY_VALUE(&reference, value);
			ZVAL_COPY(value, Z_REFVAL(reference));
			zval_ptr_dtor(&reference);
		}
	}
	ZEND_HASH_FOREACH_END();
	return copy;
}

/* False with a TypeError. */
static bool check_headers(HashTable *headers, bool *has_references)
{
	zend_string *name;
	zend_ulong index;
	zval *value;

	ZEND_HASH_FOREACH_KEY_VAL(headers, index, name, value) {
		*has_references |= Z_ISREF_P(value);
		if (UNEXPECTED(!is_header_value(value))) {
			zend_string *shown = name ? zend_string_copy(name) : zend_long_to_str((zend_long) index);
			zend_argument_type_error(3, "must hold scalars, arrays and null only, header \"%s\" is of type %s", ZSTR_VAL(shown), zend_zval_type_name(value));
			zend_string_release(shown);
			return false;
		}
	}
	ZEND_HASH_FOREACH_END();
	return true;
}

static bool check_numbers(zend_long attempts, bool created_at_is_null, zend_long created_at)
{
	if (attempts < 0 || attempts > UINT32_MAX) {
		zend_argument_value_error(7, "must be from 0 to %u, " ZEND_LONG_FMT " given", UINT32_MAX, attempts);
		return false;
	}
	if (!created_at_is_null && created_at < 0) {
		zend_argument_value_error(8, "must not be negative (it is in milliseconds since 1970), " ZEND_LONG_FMT " given", created_at);
		return false;
	}
	return true;
}

ZEND_METHOD(Ecoq_Message, create)
{
	zend_string *type, *queue = NULL, *trace_id = NULL, *id = NULL;
	zval *payload = NULL;
	HashTable *headers = NULL;
	zend_long attempts = 0, created_at = 0;
	bool created_at_is_null = true, has_references = false;

	ZEND_PARSE_PARAMETERS_START(1, 8)
		Z_PARAM_STR(type)
		Z_PARAM_OPTIONAL
		Z_PARAM_ZVAL(payload)
		Z_PARAM_ARRAY_HT(headers)
		Z_PARAM_STR_OR_NULL(queue)
		Z_PARAM_STR_OR_NULL(trace_id)
		Z_PARAM_STR_OR_NULL(id)
		Z_PARAM_LONG(attempts)
		Z_PARAM_LONG_OR_NULL(created_at, created_at_is_null)
	ZEND_PARSE_PARAMETERS_END();

	if (!check_numbers(attempts, created_at_is_null, created_at) || (headers != NULL && !check_headers(headers, &has_references))) {
		RETURN_THROWS();
	}
	zval no_payload;
	ZVAL_EMPTY_ARRAY(&no_payload);
	ecoq_message_fields fields = {
		.type = trimmed(type),
		.payload = payload ? payload : &no_payload,
		.headers = headers,
		.queue = queue && ZSTR_LEN(queue) > 0 ? queue : NULL,
		.lang = lang_php,
		.created_at = created_at_is_null ? ecoq_clock_now_ms() : created_at,
		.attempts = (uint32_t) attempts,
	};
	if (fields.type == NULL) {
		ecoq_throw_envelope("missing_urn", "Making a message: the type is blank; a message needs a name that says what it is about, for example \"order.placed\" or \"urn:babel:orders:created\"");
		RETURN_THROWS();
	}
	if (has_references) {
		fields.headers = without_references(headers);
	}
	fields.id = id_or_new(id);
	fields.trace_id = fields.id ? id_or_new(trace_id) : NULL;
	if (fields.trace_id != NULL) {
		ecoq_message_create(&fields, return_value);
		zend_string_release(fields.trace_id);
	}
	if (fields.id != NULL) {
		zend_string_release(fields.id);
	}
	zend_string_release(fields.type);
	if (has_references) {
		zend_array_release(fields.headers);
	}
}

ZEND_METHOD(Ecoq_Message, header)
{
	zend_string *name;
	zval *default_value = NULL;

	ZEND_PARSE_PARAMETERS_START(1, 2)
		Z_PARAM_STR(name)
		Z_PARAM_OPTIONAL
		Z_PARAM_ZVAL(default_value)
	ZEND_PARSE_PARAMETERS_END();

	/* symtable: the array has made an integer key of the name "1" */
	zval *value = zend_symtable_find(Z_ARRVAL_P(OBJ_PROP_NUM(Z_OBJ_P(ZEND_THIS), HEADERS)), name);
	if (value != NULL) {
		RETURN_COPY_DEREF(value);
	}
	if (default_value != NULL) {
		RETURN_COPY(default_value);
	}
}

ZEND_METHOD(Ecoq_Message, idempotencyKey)
{
	ZEND_PARSE_PARAMETERS_NONE();
	ecoq_message_fields fields;

	ecoq_message_fields_of(Z_OBJ_P(ZEND_THIS), &fields);
	RETURN_STR(ecoq_message_id_for_endpoint(ecoq_bytes_of(fields.id), ecoq_bytes_of(fields.endpoint)));
}

ZEND_METHOD(Ecoq_Message, withHeader)
{
	zend_string *name;
	zval *value;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_STR(name)
		Z_PARAM_ZVAL(value)
	ZEND_PARSE_PARAMETERS_END();

	if (!is_header_value(value)) {
		zend_argument_type_error(2, "must be a scalar, an array or null, %s given", zend_zval_type_name(value));
		RETURN_THROWS();
	}
	zend_object *copy = clone_object(Z_OBJ_P(ZEND_THIS));
	zval *headers = OBJ_PROP_NUM(copy, HEADERS);
	SEPARATE_ARRAY(headers);
	Z_TRY_ADDREF_P(value);
	zend_symtable_update(Z_ARRVAL_P(headers), name, value);
	RETURN_OBJ(copy);
}

void ecoq_message_minit(void)
{
	lang_php = zend_string_init_interned(ZEND_STRL("php"), true);
	ecoq_ce_Message = register_class_Ecoq_Message();
	ecoq_ce_Message->create_object = create_object;
	memcpy(&message_handlers, &std_object_handlers, sizeof(message_handlers));
	message_handlers.offset = XtOffsetOf(message_object, std);
	message_handlers.free_obj = free_object;
	message_handlers.clone_obj = clone_object;
}
