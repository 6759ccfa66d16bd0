#include "envelope/payload_plan.h"

static const char *fixed_hint_of(const ecoq_payload_class *plan)
{
	switch (plan->kind) {
		case ECOQ_PAYLOAD_PASSED:
			return plan->ce->ce_flags & ZEND_ACC_INTERFACE ? " (an interface: no object can be made from JSON)" : " (an abstract class: no object can be made from JSON)";
		case ECOQ_PAYLOAD_NEVER:
			return " (a native class: no object can be made from JSON)";
		case ECOQ_PAYLOAD_DATE:
			return " as in \"2026-11-21T10:00:00+01:00\"";
		case ECOQ_PAYLOAD_ZONE:
			return " as in \"Europe/Berlin\"";
		case ECOQ_PAYLOAD_INTERVAL:
			return " as in \"P1DT2H30M\"";
		default:
			return "";
	}
}

/* What else there is to say where only a class would do. The caller owns it. */
static zend_string *hint_of(const ecoq_payload_type *type, const zval *value)
{
	smart_str hint = {0};
	bool is_one_class = type->count == 1 && !type->takes_array && !(type->as_is & ~MAY_BE_NULL);
	const ecoq_payload_class *plan = is_one_class ? type->alternatives[0].plan : NULL;
	if (plan && plan->kind == ECOQ_PAYLOAD_ENUM && (Z_TYPE_P(value) == IS_STRING || Z_TYPE_P(value) == IS_LONG)) {
		ecoq_payload_list_cases(plan->ce, &hint);
	} else if (plan) {
		smart_str_appends(&hint, fixed_hint_of(plan));
	} else if (is_one_class) {
		smart_str_appends(&hint, " (an intersection: no object can be made from JSON)");
	}
	smart_str_0(&hint);
	return hint.s ? hint.s : ZSTR_EMPTY_ALLOC();
}

static bool mismatch(ecoq_payload_conversion *c, const ecoq_payload_type *type, const zval *value)
{
	zend_string *got = ecoq_payload_describe(value);
	zend_string *hint = hint_of(type, value);
	ecoq_payload_fail(&c->error, "expected %s%s, got %s", ZSTR_VAL(type->expected), ZSTR_VAL(hint), ZSTR_VAL(got));
	zend_string_release(hint);
	zend_string_release(got);
	return false;
}

bool ecoq_payload_fail_too_deep(ecoq_payload_conversion *c)
{
	return ecoq_payload_fail(&c->error, "nested deeper than %d levels", ECOQ_PAYLOAD_CONVERTED_DEPTH);
}

/* A list has no names; an empty array may have been {}. */
static bool is_object_like(const zval *value)
{
	return Z_TYPE_P(value) == IS_ARRAY && (zend_hash_num_elements(Z_ARRVAL_P(value)) == 0 || !zend_array_is_list(Z_ARRVAL_P(value)));
}

/* Whether an object of the class may be made of a value of that kind. */
static bool is_applicable(const ecoq_payload_class *plan, zval *value)
{
	switch (plan->kind) {
		case ECOQ_PAYLOAD_CONSTRUCTOR:
		case ECOQ_PAYLOAD_PROPERTIES:
		case ECOQ_PAYLOAD_STDCLASS:
			return is_object_like(value);
		case ECOQ_PAYLOAD_ENUM:
			return Z_TYPE_P(value) == IS_STRING || Z_TYPE_P(value) == IS_LONG;
		case ECOQ_PAYLOAD_DATE:
		case ECOQ_PAYLOAD_ZONE:
		case ECOQ_PAYLOAD_INTERVAL:
			return Z_TYPE_P(value) == IS_STRING;
		default:
			return false;
	}
}

static bool make(ecoq_payload_conversion *c, ecoq_payload_class *plan, zval *value, zval *result)
{
	switch (plan->kind) {
		case ECOQ_PAYLOAD_CONSTRUCTOR:
		case ECOQ_PAYLOAD_PROPERTIES:
			return ecoq_payload_make_object(c, plan, Z_ARRVAL_P(value), result);
		case ECOQ_PAYLOAD_STDCLASS:
			return ecoq_payload_make_stdclass(c, value, result);
		default:
			return ecoq_payload_native_make(plan, value, result, &c->error);
	}
}

/* After all alternatives failed: the error of the one that applied stands, several are listed. */
static bool fail_alternatives(ecoq_payload_conversion *c, const ecoq_payload_type *type, zval *value, uint32_t applied, smart_str *details)
{
	if (applied > 1) {
		ecoq_payload_error_clear(&c->error);
		zend_string *got = ecoq_payload_describe(value);
		smart_str_0(details);
		ecoq_payload_fail(&c->error, "expected %s, got %s (%s)", ZSTR_VAL(type->expected), ZSTR_VAL(got), ZSTR_VAL(details->s));
		zend_string_release(got);
	} else if (!c->error.text) {
		mismatch(c, type, value);
	}
	return false;
}

static void append_detail(smart_str *details, const ecoq_payload_class *plan, const ecoq_payload_error *error)
{
	smart_str_append_printf(details, "%s%s%s: %s", details->s ? "; " : "", ZSTR_VAL(plan->ce->name), error->path ? ZSTR_VAL(error->path) : "",
		error->text ? ZSTR_VAL(error->text) : "no such value");
}

/* Scalars that no builtin type took, and arrays, against the classes in their declared order; the first that can be made is it. */
static bool convert_to_class(ecoq_payload_conversion *c, const ecoq_payload_type *type, zval *value, zval *result)
{
	uint32_t applied = 0;
	smart_str details = {0};
	bool ok = false;
	for (uint32_t i = 0; i < type->count; i++) {
		ecoq_payload_class *plan = type->alternatives[i].plan;
		if (!plan || !is_applicable(plan, value)) {
			continue;
		}
		ecoq_payload_error_clear(&c->error);
		ok = make(c, plan, value, result);
		if (ok || EG(exception)) {
			break;
		}
		applied++;
		append_detail(&details, plan, &c->error);
	}
	bool is_array_taken = type->takes_array && Z_TYPE_P(value) == IS_ARRAY;
	if (ok || is_array_taken) {
		ecoq_payload_error_clear(&c->error);
	} else if (!EG(exception)) {
		fail_alternatives(c, type, value, applied, &details);
	}
	smart_str_free(&details);
	return ok;
}

static bool is_instance(const ecoq_payload_alternative *alternative, const zend_class_entry *ce)
{
	if (alternative->plan) {
		return instanceof_function(ce, alternative->plan->ce);
	}
	for (uint32_t i = 0; i < alternative->all_count; i++) {
		if (!instanceof_function(ce, alternative->all[i])) {
			return false;
		}
	}
	return true;
}

/* An object of a synchronous call: it passes, or stands for what its JSON would be. */
static bool convert_object(ecoq_payload_conversion *c, const ecoq_payload_type *type, zval *value, zval *result)
{
	for (uint32_t i = 0; i < type->count; i++) {
		if (is_instance(&type->alternatives[i], Z_OBJCE_P(value))) {
			ZVAL_COPY(result, value);
			return true;
		}
	}
	zval form;
	if (!ecoq_payload_form(value, false, &form, &c->error)) {
		if (!c->error.text || c->error.path || c->error.cause) {
			return false;
		}
		ecoq_payload_error_clear(&c->error);
		return mismatch(c, type, value);
	}
	bool ok = ecoq_payload_convert_value(c, type, &form, result);
	zval_ptr_dtor(&form);
	if (!ok && c->error.text && !c->error.path && !c->error.cause) {
		ecoq_payload_error_clear(&c->error);
		mismatch(c, type, value);
	}
	return ok;
}

bool ecoq_payload_convert_other(ecoq_payload_conversion *c, const ecoq_payload_type *type, zval *value, zval *result)
{
	if (Z_ISREF_P(value)) {
		/* user code may change what the reference holds */
		zval held;
		ZVAL_COPY_DEREF(&held, value);
		bool ok = ecoq_payload_convert_value(c, type, &held, result);
		zval_ptr_dtor(&held);
		return ok;
	}
	if (Z_TYPE_P(value) == IS_LONG && type->takes_int_as_float) {
		ZVAL_DOUBLE(result, (double) Z_LVAL_P(value));
		return true;
	}
	if (Z_TYPE_P(value) == IS_OBJECT) {
		return convert_object(c, type, value, result);
	}
	if (type->count && convert_to_class(c, type, value, result)) {
		return true;
	}
	if (type->count && (EG(exception) || c->error.text)) {
		return false;
	}
	if (Z_TYPE_P(value) == IS_ARRAY && type->items) {
		return ecoq_payload_convert_items(c, type->items, value, result);
	}
	if (Z_TYPE_P(value) == IS_ARRAY && type->takes_array) {
		ZVAL_COPY(result, value);
		return true;
	}
	if (type->takes_object && is_object_like(value)) {
		return ecoq_payload_make_stdclass(c, value, result);
	}
	return mismatch(c, type, value);
}

bool ecoq_payload_convert(ecoq_payload_type *type, zval *value, const char *path, zval *result)
{
	ecoq_payload_conversion c = {.depth = 0};
	zval held;
	ZVAL_COPY(&held, value);
	bool ok = ecoq_payload_convert_value(&c, type, &held, result);
	zval_ptr_dtor(&held);
	if (UNEXPECTED(!ok)) {
		ZVAL_UNDEF(result);
		ecoq_payload_error_throw(&c.error, path);
	}
	return ok;
}
