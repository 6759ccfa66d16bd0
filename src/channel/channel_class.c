#include "channel/channel_definition.h"

#include "zend_attributes.h"

#include "channel/arguments.h"
#include "channel/retry_policy.h"
#include "php/time_span.h"
#include "php/value.h"
#include "transport/userland.h"

#include "stubs/Channel_arginfo.h"

#define OPTIONS_ARGUMENT 9 /* number of `options:` */

zend_class_entry *ecoq_ce_Channel;

static zend_object_handlers handlers;

static zend_object *create(zend_class_entry *ce)
{
	ecoq_channel_definition *definition = zend_object_alloc(sizeof(*definition), ce);
	zend_object_std_init(&definition->std, ce);
	object_properties_init(&definition->std, ce);
	definition->std.handlers = &handlers;
	return &definition->std;
}

static void free_object(zend_object *object)
{
	ecoq_channel_definition *definition = ecoq_channel_definition_from_obj(object);
	for (int i = 0; i < ECOQ_CHANNEL_DEFINITION_ZVALS; i++) {
		zval_ptr_dtor(&definition->transport + i);
	}
	zend_object_std_dtor(object);
}

static zend_object *clone_object(zend_object *object)
{
	zend_object *copy = create(object->ce);
	ecoq_channel_definition *from = ecoq_channel_definition_from_obj(object), *to = ecoq_channel_definition_from_obj(copy);
	for (int i = 0; i < ECOQ_CHANNEL_DEFINITION_ZVALS; i++) {
		ZVAL_COPY(&to->transport + i, &from->transport + i);
	}
	zend_objects_clone_members(copy, object);
	return copy;
}

static HashTable *get_gc(zend_object *object, zval **table, int *count)
{
	*table = &ecoq_channel_definition_from_obj(object)->transport;
	*count = ECOQ_CHANNEL_DEFINITION_ZVALS;
	return zend_std_get_properties(object);
}

static void add_names(zval *list, const zval *options)
{
	zend_string *name;
	array_init(list);
	if (Z_TYPE_P(options) == IS_ARRAY) {
		ZEND_HASH_FOREACH_STR_KEY(Z_ARRVAL_P(options), name) {
			add_next_index_str(list, zend_string_copy(name));
		}
		ZEND_HASH_FOREACH_END();
	}
}

/* For var_dump() and print_r(): the DSN without its secrets, of `options:` the names alone. */
static HashTable *get_debug_info(zend_object *object, int *is_temporary)
{
	const ecoq_channel_definition *definition = ecoq_channel_definition_from_obj(object);
	zval info, entry;
	*is_temporary = 1;
	array_init(&info);
	if (Z_TYPE(definition->transport) == IS_STRING) {
		char shown[512];
		ecoq_dsn_scrub((ecoq_bytes){Z_STRVAL(definition->transport), Z_STRLEN(definition->transport)}, shown, sizeof(shown));
		add_assoc_string(&info, "transport", shown);
	} else if (Z_TYPE(definition->transport) == IS_OBJECT) {
		add_assoc_str(&info, "transport", zend_string_copy(Z_OBJCE(definition->transport)->name));
	}
	if (Z_TYPE(definition->retry) == IS_OBJECT) {
		ZVAL_COPY(&entry, &definition->retry);
		add_assoc_zval(&info, "retry", &entry);
	}
	if (Z_TYPE(definition->arguments) == IS_ARRAY) {
		zend_hash_copy(Z_ARRVAL(info), Z_ARRVAL(definition->arguments), (copy_ctor_func_t) zval_add_ref);
	}
	add_names(&entry, &definition->options);
	add_assoc_zval(&info, "options", &entry);
	return Z_ARRVAL(info);
}

/* ---- Constructor ---------------------------------------------------------------------------------------------------------------- */

static void set_argument(ecoq_channel_definition *definition, const char *option, zend_string *text)
{
	if (Z_ISUNDEF(definition->arguments)) {
		array_init(&definition->arguments);
	}
	add_assoc_str(&definition->arguments, option, text);
}

static bool set_time(ecoq_channel_definition *definition, uint32_t number, const char *option, const zval *value)
{
	int64_t ms;
	if (!value || Z_TYPE_P(value) == IS_NULL) {
		return true;
	}
	if (!ecoq_argument_milliseconds(number, value, -1, &ms)) {
		return false;
	}
	set_argument(definition, option, zend_long_to_str(ms));
	return true;
}

/* The text of an option's value, as it would stand in a DSN; NULL with a TypeError. */
static zend_string *text_of_option(const zend_string *name, zval *value)
{
	int64_t ms;
	ZVAL_DEREF(value);
	if (Z_TYPE_P(value) == IS_FALSE) {
		return ZSTR_CHAR('0');
	}
	if (Z_TYPE_P(value) > IS_FALSE && Z_TYPE_P(value) <= IS_STRING) {
		return zval_get_string(value);
	}
	if (ecoq_milliseconds_from_zval(value, -1, &ms)) {
		return zend_long_to_str(ms);
	}
	if (!EG(exception)) {
		zend_argument_type_error(OPTIONS_ARGUMENT,
			"must hold string, int, float, bool, Ecoq\\TimeSpan or DateInterval values, %s given for \"%s\"",
			zend_zval_type_name(value),
			ZSTR_VAL(name));
	}
	return NULL;
}

static bool set_options(ecoq_channel_definition *definition, HashTable *options)
{
	zend_string *name;
	zval *value;
	zval_ptr_dtor(&definition->options);
	array_init(&definition->options);
	ZEND_HASH_FOREACH_STR_KEY_VAL(options, name, value) {
		if (!name) {
			zend_argument_value_error(OPTIONS_ARGUMENT, "must have the options' names as keys, [\"retry.max\" => 5]");
			return false;
		}
		zend_string *text = text_of_option(name, value);
		if (!text) {
			return false;
		}
		add_assoc_str_ex(&definition->options, ZSTR_VAL(name), ZSTR_LEN(name), text);
	}
	ZEND_HASH_FOREACH_END();
	return true;
}

static bool is_transport(const zval *value)
{
	return Z_TYPE_P(value) == IS_STRING || ecoq_is_pdo(value)
		|| (Z_TYPE_P(value) == IS_OBJECT && instanceof_function(Z_OBJCE_P(value), ecoq_ce_Transport));
}

/* The options of the arguments that are texts, in their order. */
static const char *const text_options[] = {"queue", "prefix", "unknown", "ack", "dead-letter", "error-channel", "in-transaction", "group-on-failure"};
#define TEXT_COUNT 8

ZEND_METHOD(Ecoq_Channel, __construct)
{
	zval *transport, *retry = NULL, *timeout = NULL, *max_delay = NULL;
	zend_string *texts[TEXT_COUNT] = {NULL};
	HashTable *options = NULL;
	ZEND_PARSE_PARAMETERS_START(1, 13)
		Z_PARAM_ZVAL(transport)
		Z_PARAM_OPTIONAL
		Z_PARAM_OBJECT_OF_CLASS_OR_NULL(retry, ecoq_ce_RetryPolicy)
		Z_PARAM_ZVAL(timeout)
		Z_PARAM_STR_OR_NULL(texts[0])
		Z_PARAM_STR_OR_NULL(texts[1])
		Z_PARAM_STR_OR_NULL(texts[2])
		Z_PARAM_STR_OR_NULL(texts[3])
		Z_PARAM_ZVAL(max_delay)
		Z_PARAM_ARRAY_HT(options)
		Z_PARAM_STR_OR_NULL(texts[4])
		Z_PARAM_STR_OR_NULL(texts[5])
		Z_PARAM_STR_OR_NULL(texts[6])
		Z_PARAM_STR_OR_NULL(texts[7])
	ZEND_PARSE_PARAMETERS_END();

	ecoq_channel_definition *definition = ecoq_channel_definition_from_obj(Z_OBJ_P(ZEND_THIS));
	if (!Z_ISUNDEF(definition->transport)) {
		zend_throw_error(NULL, "Cannot call Ecoq\\Channel::__construct() twice, the object is immutable");
		RETURN_THROWS();
	}
	if (!is_transport(transport)) {
		zend_argument_type_error(1, "must be of type string|PDO|Ecoq\\Transport, %s given",
			Z_TYPE_P(transport) == IS_OBJECT ? ZSTR_VAL(Z_OBJCE_P(transport)->name) : zend_zval_type_name(transport));
		RETURN_THROWS();
	}
	if (!set_time(definition, 3, "timeout", timeout) || !set_time(definition, 8, "max-delay", max_delay)
		|| (options && !set_options(definition, options))) {
		RETURN_THROWS();
	}
	for (int i = 0; i < TEXT_COUNT; i++) {
		if (texts[i]) {
			set_argument(definition, text_options[i], zend_string_copy(texts[i]));
		}
	}
	if (retry) {
		ZVAL_COPY(&definition->retry, retry);
	}
	ZVAL_COPY(&definition->transport, transport);
}

void ecoq_channel_class_minit(void)
{
	ecoq_ce_Channel = register_class_Ecoq_Channel();
	ecoq_ce_Channel->create_object = create;
	ecoq_mark_parameter_sensitive(ecoq_ce_Channel, 0);
	ecoq_mark_parameter_sensitive(ecoq_ce_Channel, OPTIONS_ARGUMENT - 1);
	handlers = std_object_handlers;
	handlers.offset = XtOffsetOf(ecoq_channel_definition, std);
	handlers.free_obj = free_object;
	handlers.clone_obj = clone_object;
	handlers.get_gc = get_gc;
	handlers.get_debug_info = get_debug_info;
	handlers.compare = ecoq_compare_identity;
}
