#include "envelope/payload_plan.h"

#include "php/exceptions.h"

#define SCALARS (MAY_BE_NULL | MAY_BE_BOOL | MAY_BE_LONG | MAY_BE_DOUBLE | MAY_BE_STRING)

/* A type in the making. */
typedef struct type_draft {
	ecoq_payload_type *type;
	zend_class_entry *scope;
	const char *where;
	bool is_possible;     /* there is some JSON that it accepts */
	zend_object *problem; /* why an alternative is not possible; the first one */
} type_draft;

/* Sets the pending exception aside: it matters only if no other alternative is possible. False when it is an exit. */
static bool note_problem(type_draft *draft)
{
	zend_object *exception = EG(exception);
	if (zend_is_unwind_exit(exception) || zend_is_graceful_exit(exception)) {
		return false;
	}
	GC_ADDREF(exception);
	zend_clear_exception();
	if (draft->problem) {
		OBJ_RELEASE(exception);
	} else {
		draft->problem = exception;
	}
	return true;
}

/* NULL with an exception pending. */
static zend_class_entry *find_class(const type_draft *draft, zend_string *name)
{
	zend_class_entry *ce;
	if (zend_string_equals_literal_ci(name, "self")) {
		ce = draft->scope;
	} else if (zend_string_equals_literal_ci(name, "parent")) {
		ce = draft->scope ? draft->scope->parent : NULL;
	} else {
		ce = zend_lookup_class(name);
	}
	if (EG(exception)) {
		if (!zend_is_unwind_exit(EG(exception)) && !zend_is_graceful_exit(EG(exception))) {
			ecoq_throw_configuration("%s: class %s could not be loaded", draft->where, ZSTR_VAL(name));
		}
		return NULL;
	}
	if (!ce) {
		ecoq_throw_configuration("%s: class %s does not exist", draft->where, ZSTR_VAL(name));
	}
	return ce;
}

static void append_alternative(ecoq_payload_type *type, ecoq_payload_alternative alternative)
{
	type->alternatives = safe_erealloc(type->alternatives, type->count + 1, sizeof(*type->alternatives), 0);
	type->alternatives[type->count++] = alternative;
}

/* Adds a class, whether objects of it can be made or not: existing ones pass. False only with an exit pending. */
static bool add_class_entry(type_draft *draft, zend_class_entry *ce)
{
	ecoq_payload_class *plan = ecoq_payload_class_of(ce);
	append_alternative(draft->type, (ecoq_payload_alternative){.plan = plan});
	if (plan->kind == ECOQ_PAYLOAD_NEVER) {
		ecoq_throw_configuration("%s: objects of %s cannot be made from JSON, %s native; take an array, a scalar or a class of your own", draft->where, ZSTR_VAL(ce->name),
			ce->type == ZEND_INTERNAL_CLASS ? "the class is" : "its constructor is");
		return note_problem(draft);
	}
	if (!ecoq_payload_class_prepare(plan)) {
		return note_problem(draft);
	}
	draft->is_possible = true;
	return true;
}

static bool add_class(type_draft *draft, zend_string *name)
{
	zend_class_entry *ce = find_class(draft, name);
	return ce ? add_class_entry(draft, ce) : note_problem(draft);
}

static bool add_intersection(type_draft *draft, const zend_type_list *list)
{
	ecoq_payload_alternative alternative = {.all = safe_emalloc(list->num_types, sizeof(zend_class_entry *), 0)};
	for (uint32_t i = 0; i < list->num_types; i++) {
		zend_class_entry *ce = find_class(draft, ZEND_TYPE_NAME(list->types[i]));
		if (!ce) {
			efree(alternative.all);
			return note_problem(draft);
		}
		alternative.all[alternative.all_count++] = ce;
	}
	append_alternative(draft->type, alternative);
	draft->is_possible = true;
	return true;
}

static bool add_list(type_draft *draft, const zend_type *type)
{
	const zend_type_list *list = ZEND_TYPE_LIST(*type);
	if (ZEND_TYPE_IS_INTERSECTION(*type)) {
		return add_intersection(draft, list);
	}
	for (uint32_t i = 0; i < list->num_types; i++) {
		const zend_type *member = &list->types[i];
		bool goes_on = ZEND_TYPE_HAS_LIST(*member) ? add_list(draft, member) : add_class(draft, ZEND_TYPE_NAME(*member));
		if (!goes_on) {
			return false;
		}
	}
	return true;
}

/* The type that #[ArrayOf] names. */
static ecoq_payload_type *build_items(zend_string *name, zend_class_entry *scope, const char *where)
{
	static const struct {
		const char *name;
		uint32_t mask;
	} builtin[] = {
		{"int", MAY_BE_LONG},
		{"float", MAY_BE_DOUBLE},
		{"string", MAY_BE_STRING},
		{"bool", MAY_BE_BOOL},
		{"true", MAY_BE_TRUE},
		{"false", MAY_BE_FALSE},
		{"null", MAY_BE_NULL},
		{"array", MAY_BE_ARRAY},
		{"object", MAY_BE_OBJECT},
		{"mixed", MAY_BE_ANY},
	};
	const char *text = ZSTR_VAL(name);
	bool is_nullable = *text == '?';
	text += is_nullable;
	text += *text == '\\';
	for (size_t i = 0; i < sizeof(builtin) / sizeof(*builtin); i++) {
		if (strcasecmp(text, builtin[i].name) == 0) {
			zend_type type = ZEND_TYPE_INIT_MASK(builtin[i].mask | (is_nullable ? MAY_BE_NULL : 0));
			return ecoq_payload_type_build(&type, scope, NULL, false, where);
		}
	}
	zend_string *class_name = zend_string_init(text, strlen(text), 0);
	zend_type type = ZEND_TYPE_INIT_CLASS(class_name, is_nullable, 0);
	ecoq_payload_type *items = ecoq_payload_type_build(&type, scope, NULL, false, where);
	zend_string_release(class_name);
	return items;
}

static bool add_items(type_draft *draft, zend_string *array_of)
{
	ecoq_payload_type *type = draft->type;
	if (!type->takes_array) {
		ecoq_throw_configuration("%s: #[ArrayOf(\"%s\")] needs a type that takes an array, %s does not", draft->where, ZSTR_VAL(array_of), ZSTR_VAL(type->expected));
		return false;
	}
	type->items = build_items(array_of, draft->scope, draft->where);
	if (!type->items) {
		return false;
	}
	zend_string *expected = zend_strpprintf(0, "%s of %s", ZSTR_VAL(type->expected), ZSTR_VAL(type->items->expected));
	zend_string_release(type->expected);
	type->expected = expected;
	return true;
}

static void set_masks(type_draft *draft, uint32_t mask)
{
	ecoq_payload_type *type = draft->type;
	type->takes_int_as_float = (mask & (MAY_BE_DOUBLE | MAY_BE_LONG)) == MAY_BE_DOUBLE;
	type->takes_array = mask & MAY_BE_ARRAY;
	type->takes_object = mask & MAY_BE_OBJECT;
	type->takes_null = mask & MAY_BE_NULL;
	type->as_is = mask & (SCALARS | MAY_BE_ARRAY | MAY_BE_OBJECT);
	draft->is_possible |= type->as_is != 0;
}

/* False with an exception pending. */
static bool fill(type_draft *draft, const zend_type *declared, zend_string *array_of)
{
	ecoq_payload_type *type = draft->type;
	if (!ZEND_TYPE_IS_SET(*declared)) {
		type->expected = zend_string_init(ZEND_STRL("mixed"), 0);
		set_masks(draft, MAY_BE_ANY);
	} else {
		type->expected = zend_type_to_string(*declared);
		set_masks(draft, ZEND_TYPE_PURE_MASK(*declared));
		if (ZEND_TYPE_HAS_LIST(*declared) ? !add_list(draft, declared) : ZEND_TYPE_HAS_NAME(*declared) && !add_class(draft, ZEND_TYPE_NAME(*declared))) {
			return false;
		}
	}
	if (array_of && !add_items(draft, array_of)) {
		return false;
	}
	/* with classes or #[ArrayOf], an array is looked at first */
	if (type->items || (type->count && (type->as_is & ~SCALARS) == MAY_BE_ARRAY)) {
		type->as_is &= ~MAY_BE_ARRAY;
	}
	return true;
}

/* The draft's type, or NULL with an exception pending. `ok`: filling it succeeded. */
static ecoq_payload_type *finish(type_draft *draft, bool ok)
{
	if (ok && !draft->is_possible) {
		if (draft->problem) {
			zend_throw_exception_internal(draft->problem);
			draft->problem = NULL;
		} else {
			ecoq_throw_configuration("%s: no JSON can become %s", draft->where, ZSTR_VAL(draft->type->expected));
		}
		ok = false;
	}
	if (draft->problem) {
		OBJ_RELEASE(draft->problem);
	}
	if (!ok) {
		ecoq_payload_type_free(draft->type);
		return NULL;
	}
	return draft->type;
}

ecoq_payload_type *ecoq_payload_type_build(const zend_type *declared, zend_class_entry *scope, zend_string *array_of, bool is_optional, const char *where)
{
	type_draft draft = {.type = ecalloc(1, sizeof(ecoq_payload_type)), .scope = scope, .where = where, .is_possible = is_optional};
	return finish(&draft, fill(&draft, declared, array_of));
}

ecoq_payload_type *ecoq_payload_type_create(const zend_type *type, zend_class_entry *scope, zend_string *array_of, const char *where)
{
	return ecoq_payload_type_build(type, scope, array_of, false, where);
}

ecoq_payload_type *ecoq_payload_type_create_for_class(zend_class_entry *ce, const char *where)
{
	type_draft draft = {.type = ecalloc(1, sizeof(ecoq_payload_type)), .where = where};
	draft.type->expected = zend_string_copy(ce->name);
	return finish(&draft, add_class_entry(&draft, ce));
}

/* Class plans belong to the table of the request and may be gone already. */
void ecoq_payload_type_free(ecoq_payload_type *type)
{
	for (uint32_t i = 0; i < type->count; i++) {
		if (type->alternatives[i].all) {
			efree(type->alternatives[i].all);
		}
	}
	if (type->alternatives) {
		efree(type->alternatives);
	}
	if (type->items) {
		ecoq_payload_type_free(type->items);
	}
	if (type->expected) {
		zend_string_release(type->expected);
	}
	efree(type);
}
