#ifndef ECOQ_ENVELOPE_PAYLOAD_PLAN_H
#define ECOQ_ENVELOPE_PAYLOAD_PLAN_H

/* What the payload_*.c files share and nobody else needs. */

#include "envelope/payload.h"
#include "php/compat.h"
#include "zend_smart_str.h"

/* Nesting that can be encoded: with the envelope around it, and {"value": …}, it stays within the 512 levels that readers accept. */
#define ECOQ_PAYLOAD_MAX_DEPTH 510

/* ---- payload_error.c ------------------------------------------------------------------------------------------------------------ */

/* What went wrong. It is filled where it happens, and the path grows while the calls return; all zeros: nothing. A call that failed
 * without setting `text` has left an exception pending that is to pass through as it is (exit(), or a plan that cannot be made). */
typedef struct ecoq_payload_error {
	zend_string *path;  /* ".items[2].qty"; NULL: the outermost value */
	zend_string *text;  /* "expected int, got string \"two\"" */
	zend_object *cause; /* what user code threw; NULL: nothing */
} ecoq_payload_error;

/* Each returns false, so that a failing function ends with it. */
bool ecoq_payload_fail(ecoq_payload_error *error, const char *format, ...);
bool ecoq_payload_fail_inexpressible(ecoq_payload_error *error, const char *what);       /* "NAN cannot be expressed in JSON" */
bool ecoq_payload_fail_by_exception(ecoq_payload_error *error, const char *format, ...); /* takes the pending exception as cause; appends " threw …" */
bool ecoq_payload_fail_as_exception(ecoq_payload_error *error);                          /* the same with nothing but the exception's text */
bool ecoq_payload_fail_at_key(ecoq_payload_error *error, const zend_string *key);        /* puts a step in front of the path */
bool ecoq_payload_fail_at_index(ecoq_payload_error *error, zend_ulong index);
static inline bool ecoq_payload_fail_at(ecoq_payload_error *error, const zend_string *key, zend_ulong index)
{
	return key ? ecoq_payload_fail_at_key(error, key) : ecoq_payload_fail_at_index(error, index);
}
void ecoq_payload_error_clear(ecoq_payload_error *error);
/* Throws it as ConversionException with `root` in front of the path, and clears it. Does nothing when an exception is pending. */
void ecoq_payload_error_throw(ecoq_payload_error *error, const char *root);
zend_string *ecoq_payload_describe(const zval *value);                    /* string "two", array, object of Foo; the caller owns it */
void ecoq_payload_append_quoted(smart_str *out, const zend_string *text); /* cut, on one line, and valid UTF-8 whatever it was */

/* ---- payload_class.c, payload_type.c ----------------------------------------------------------------------------------------------- */

typedef enum ecoq_payload_kind {
	ECOQ_PAYLOAD_CONSTRUCTOR, /* its constructor is called with the values of its parameters' names */
	ECOQ_PAYLOAD_PROPERTIES,  /* its public properties are written */
	ECOQ_PAYLOAD_STDCLASS,
	ECOQ_PAYLOAD_ENUM,     /* by value, unit enums by name */
	ECOQ_PAYLOAD_DATE,     /* RFC 3339 */
	ECOQ_PAYLOAD_ZONE,     /* by name */
	ECOQ_PAYLOAD_INTERVAL, /* ISO 8601 */
	ECOQ_PAYLOAD_PASSED,   /* interface or abstract: instances pass, none can be made */
	ECOQ_PAYLOAD_NEVER     /* native: none can be made */
} ecoq_payload_kind;

/* A constructor parameter, or a public property. */
typedef struct ecoq_payload_slot {
	zend_string *name; /* owned; its hash is computed */
	ecoq_payload_type *type;
	const zend_property_info *property; /* NULL: parameter */
	bool is_direct;                     /* the property is written into its slot: neither hooks nor handlers are in the way */
	bool has_default;
	bool is_variadic;
	bool is_by_reference;
} ecoq_payload_slot;

/* Plan of a class, owned by the table of the request. Pointers to it stay valid until the end of the request. */
typedef struct ecoq_payload_class {
	zend_class_entry *ce;
	zend_class_entry *made; /* what is instantiated: DateTimeImmutable for DateTimeInterface, else `ce` */
	ecoq_payload_kind kind;
	enum {
		ECOQ_PAYLOAD_UNPREPARED,
		ECOQ_PAYLOAD_PREPARING,
		ECOQ_PAYLOAD_PREPARED
	} state;
	uint32_t slot_count;
	ecoq_payload_slot *slots; /* NULL until prepared */
} ecoq_payload_class;

/* The plan of a class, classified but not prepared. Never fails. */
ecoq_payload_class *ecoq_payload_class_of(zend_class_entry *ce);

/* Fills the slots. False with a ConfigurationException. A plan that is being prepared further up counts as prepared (recursive classes). */
bool ecoq_payload_class_prepare(ecoq_payload_class *plan);

static zend_always_inline bool ecoq_payload_class_has_slots(const ecoq_payload_class *plan)
{
	return plan->kind == ECOQ_PAYLOAD_CONSTRUCTOR || plan->kind == ECOQ_PAYLOAD_PROPERTIES;
}

/* A class of a declared type, or (`plan` NULL) an intersection. */
typedef struct ecoq_payload_alternative {
	ecoq_payload_class *plan;
	zend_class_entry **all; /* of an intersection; owned */
	uint32_t all_count;
} ecoq_payload_alternative;

struct ecoq_payload_type {
	uint32_t as_is; /* 1 << Z_TYPE of the values that are taken as they are */
	bool takes_int_as_float;
	bool takes_array;
	bool takes_object; /* `object`: arrays become stdClass */
	bool takes_null;
	uint32_t count;
	ecoq_payload_alternative *alternatives;
	ecoq_payload_type *items; /* #[ArrayOf]; NULL: none */
	zend_string *expected;    /* as declared, for errors */
};

/* As ecoq_payload_type_create(); with `is_optional` a type that no JSON can become is accepted, since its default can be taken. */
ecoq_payload_type *ecoq_payload_type_build(const zend_type *type, zend_class_entry *scope, zend_string *array_of, bool is_optional, const char *where);

/* ---- payload_native.c --------------------------------------------------------------------------------------------------------------- */

void ecoq_payload_native_minit(void);

/* Makes an enum case, date, time zone or interval of its JSON form. `result` gets a new reference. A value that is simply none is no error:
 * false, with neither text nor exception. */
bool ecoq_payload_native_make(const ecoq_payload_class *plan, zval *value, zval *result, ecoq_payload_error *error);

/* The JSON form of such an object: a string or int. */
bool ecoq_payload_native_form(zend_object *object, zval *result, ecoq_payload_error *error);
bool ecoq_payload_is_native(const zend_class_entry *ce);            /* whether ecoq_payload_native_form() is for it */
void ecoq_payload_list_cases(zend_class_entry *ce, smart_str *out); /* " (one of 1, 2)", for errors */

/* ---- payload_form.c ----------------------------------------------------------------------------------------------------------------- */

/* The value with every object in it replaced by its JSON form: what is left are arrays, scalars and, where `keeps_empty_objects`, empty stdClass
 * objects. Arrays without objects are shared, not copied. `result` gets a new reference. */
bool ecoq_payload_form(zval *value, bool keeps_empty_objects, zval *result, ecoq_payload_error *error);

/* Whether ext/json writes the value exactly as its form would be written. Runs no user code. */
bool ecoq_payload_is_plain(zval *value);

/* ---- payload_convert.c, payload_object.c, payload_array.c ------------------------------------------------------------------------------ */

/* JSON that was read is not nested deeper; cyclic arrays of a synchronous call are. */
#define ECOQ_PAYLOAD_CONVERTED_DEPTH 512

typedef struct ecoq_payload_conversion {
	ecoq_payload_error error;
	uint32_t depth;
} ecoq_payload_conversion;

bool ecoq_payload_convert_other(ecoq_payload_conversion *c, const ecoq_payload_type *type, zval *value, zval *result);
bool ecoq_payload_fail_too_deep(ecoq_payload_conversion *c);

/* The function under all of this: `result` gets a new reference; on failure it is undefined. */
static zend_always_inline bool ecoq_payload_convert_value(ecoq_payload_conversion *c, const ecoq_payload_type *type, zval *value, zval *result)
{
	if (EXPECTED(type->as_is & (1u << Z_TYPE_P(value)))) {
		ZVAL_COPY(result, value);
		return true;
	}
	return ecoq_payload_convert_other(c, type, value, result);
}

/* An object of the names and values in `data`. */
bool ecoq_payload_make_object(ecoq_payload_conversion *c, ecoq_payload_class *plan, HashTable *data, zval *result);
/* Like json_decode() to objects: what has names becomes stdClass, at every depth; lists in it stay arrays. `value` is an array, and no list. */
bool ecoq_payload_make_stdclass(ecoq_payload_conversion *c, zval *value, zval *result);
/* An array with every element converted, under the same keys; the same array where none had to be. */
bool ecoq_payload_convert_items(ecoq_payload_conversion *c, const ecoq_payload_type *items, zval *value, zval *result);

/* ---- payload.c ---------------------------------------------------------------------------------------------------------------------- */

/* Class entry => plan, for this request; made on first use. */
HashTable *ecoq_payload_classes(void);
void ecoq_payload_class_free(zval *plan); /* its destructor */
void ecoq_array_of_minit(void);           /* array_of.c */

#endif
