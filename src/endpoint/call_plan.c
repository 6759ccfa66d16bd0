#include "endpoint/call_plan.h"

#include "endpoint/attribute_reader.h"
#include "php/exceptions.h"

static bool is_message_class(const zend_string *class_name)
{
	return zend_string_equals_literal_ci(class_name, "Ecoq\\Message");
}

bool ecoq_class_is_payload(const zend_string *class_name)
{
	static const char *const ours[] = {"Ecoq\\Message", "Ecoq\\CommandBus", "Ecoq\\EventBus", "Ecoq\\QueryBus", "Ecoq\\Messaging", "Ecoq\\MessageChannel"};
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		size_t size = strlen(ours[i]);
		if (ZSTR_LEN(class_name) == size && zend_binary_strcasecmp(ZSTR_VAL(class_name), size, ours[i], size) == 0) {
			return false;
		}
	}
	return true;
}

/* The one class that the type names, nullable or not; NULL: none, or several. */
static zend_string *single_class(const zend_type *type)
{
	if (!ZEND_TYPE_HAS_NAME(*type) || (ZEND_TYPE_PURE_MASK(*type) & ~MAY_BE_NULL)) {
		return NULL;
	}
	return ZEND_TYPE_NAME(*type);
}

static bool has_header_attribute(const zend_function *function, uint32_t number)
{
	zend_attribute *attribute;
	if (!function->common.attributes) {
		return false;
	}
	ZEND_HASH_FOREACH_PTR(function->common.attributes, attribute) {
		zend_class_entry *ce;
		if (attribute->offset == number + 1 && ecoq_attribute_kind_of(attribute, &ce) == ECOQ_ATTRIBUTE_HEADER) {
			return true;
		}
	}
	ZEND_HASH_FOREACH_END();
	return false;
}

int ecoq_payload_parameter(const zend_function *function)
{
	for (uint32_t i = 0; i < function->common.num_args; i++) {
		const zend_string *name = single_class(&function->common.arg_info[i].type);
		if ((!name || ecoq_class_is_payload(name)) && !has_header_attribute(function, i)) {
			return (int) i;
		}
	}
	return -1;
}

static const char *parameter_name(const zend_function *function, uint32_t number)
{
	if (function->type == ZEND_INTERNAL_FUNCTION) {
		return ((const zend_internal_arg_info *) function->common.arg_info)[number].name;
	}
	return ZSTR_VAL(function->common.arg_info[number].name);
}

typedef struct plan_builder {
	zend_function *function;
	zend_class_entry *scope;
	int payload;        /* number of the payload's parameter */
	bool headers_taken; /* an array parameter for all headers was found */
} plan_builder;

/* The mask of a type that is made of int, float, string, bool and null only, else 0. */
static uint32_t scalar_mask(const zend_type *type)
{
	const uint32_t scalars = MAY_BE_LONG | MAY_BE_DOUBLE | MAY_BE_STRING | MAY_BE_BOOL | MAY_BE_NULL;
	uint32_t mask = ZEND_TYPE_PURE_MASK(*type);
	return ZEND_TYPE_IS_COMPLEX(*type) || (mask & ~scalars) ? 0 : mask;
}

static bool plan_payload(const plan_builder *builder, const zend_type *type, ecoq_parameter *parameter, zend_string *array_of)
{
	parameter->type = ecoq_payload_type_create(type, builder->scope, array_of, ZSTR_VAL(parameter->place));
	return parameter->type != NULL;
}

static bool plan_header(const plan_builder *builder, const zend_type *type, ecoq_parameter *parameter, zval *attribute)
{
	parameter->source = ECOQ_PARAMETER_HEADER;
	parameter->name = zend_string_copy(Z_STR_P(OBJ_PROP_NUM(Z_OBJ_P(attribute), 0)));
	parameter->path = zend_strpprintf(0, "headers.%s", ZSTR_VAL(parameter->name));
	parameter->scalar_mask = scalar_mask(type);
	return plan_payload(builder, type, parameter, NULL);
}

static bool plan_other(plan_builder *builder, const zend_type *type, ecoq_parameter *parameter)
{
	zend_string *class_name = single_class(type);
	if (class_name) {
		parameter->source = is_message_class(class_name) ? ECOQ_PARAMETER_MESSAGE : ECOQ_PARAMETER_SERVICE;
		parameter->name = zend_string_copy(class_name);
		return true;
	}
	if (!ZEND_TYPE_IS_COMPLEX(*type) && (ZEND_TYPE_PURE_MASK(*type) & ~MAY_BE_NULL) == MAY_BE_ARRAY && !builder->headers_taken) {
		builder->headers_taken = true;
		parameter->source = ECOQ_PARAMETER_ALL_HEADERS;
		return true;
	}
	if (parameter->is_optional) {
		parameter->source = ECOQ_PARAMETER_DEFAULT;
		return true;
	}
	ecoq_throw_configuration("%s: the payload is in an earlier parameter; give this one a single class, #[Ecoq\\Attribute\\Header('name')] or a default", ZSTR_VAL(parameter->place));
	return false;
}

static bool check_passing(const zend_arg_info *info, const ecoq_parameter *parameter)
{
	const char *what = NULL;
	if (ZEND_ARG_IS_VARIADIC(info)) {
		what = "variadic";
	} else if (ZEND_ARG_SEND_MODE(info) == ZEND_SEND_BY_REF) {
		what = "taken by reference";
	}
	if (what) {
		ecoq_throw_configuration("%s: a handler's parameter must not be %s", ZSTR_VAL(parameter->place), what);
	}
	return !what;
}

static bool plan_parameter(plan_builder *builder, uint32_t number, const char *callee, ecoq_parameter *parameter)
{
	const zend_arg_info *info = &builder->function->common.arg_info[number];
	parameter->place = zend_strpprintf(0, "%s, parameter $%s", callee, parameter_name(builder->function, number));
	parameter->is_optional = number >= builder->function->common.required_num_args;
	parameter->is_nullable = ZEND_TYPE_IS_SET(info->type) && ZEND_TYPE_ALLOW_NULL(info->type);
	if (!check_passing(info, parameter)) {
		return false;
	}
	zval header;
	if (!ecoq_attribute_find(builder->function->common.attributes, number + 1, ECOQ_ATTRIBUTE_HEADER, builder->scope, ZSTR_VAL(parameter->place), &header)) {
		return false;
	}
	if (!Z_ISUNDEF(header)) {
		bool ok = plan_header(builder, &info->type, parameter, &header);
		zval_ptr_dtor(&header);
		return ok;
	}
	if ((int) number != builder->payload) {
		return plan_other(builder, &info->type, parameter);
	}
	zend_string *array_of = ecoq_payload_array_of(builder->function->common.attributes, (int) number, builder->scope, ZSTR_VAL(parameter->place));
	bool ok = !EG(exception) && plan_payload(builder, &info->type, parameter, array_of);
	parameter->declared = ZEND_TYPE_IS_COMPLEX(info->type) ? &info->type : NULL;
	if (array_of) {
		zend_string_release(array_of);
	}
	return ok;
}

ecoq_call_plan *ecoq_call_plan_create(zend_function *function, zend_class_entry *scope, const char *callee)
{
	/* num_args does not count a variadic parameter, which stands behind the others */
	uint32_t count = function->common.num_args + !!(function->common.fn_flags & ZEND_ACC_VARIADIC);
	ecoq_call_plan *plan = ecalloc(1, sizeof(*plan) + count * sizeof(plan->parameters[0]));
	plan->function = function;
	plan_builder builder = {.function = function, .scope = scope, .payload = ecoq_payload_parameter(function)};
	for (; plan->count < count; plan->count++) {
		if (!plan_parameter(&builder, plan->count, callee, &plan->parameters[plan->count])) {
			plan->count++;
			ecoq_call_plan_free(plan);
			return NULL;
		}
	}
	return plan;
}

void ecoq_call_plan_free(ecoq_call_plan *plan)
{
	for (uint32_t i = 0; i < plan->count; i++) {
		ecoq_parameter *parameter = &plan->parameters[i];
		zend_string *strings[] = {parameter->name, parameter->path, parameter->place, parameter->sent_class};
		if (parameter->type) {
			ecoq_payload_type_free(parameter->type);
		}
		if (parameter->sent_type) {
			ecoq_payload_type_free(parameter->sent_type);
		}
		for (int j = 0; j < 4; j++) {
			if (strings[j]) {
				zend_string_release(strings[j]);
			}
		}
	}
	efree(plan);
}
