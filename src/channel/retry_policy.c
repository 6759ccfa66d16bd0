#include "channel/retry_policy.h"

#include "channel/arguments.h"
#include "php/class_list.h"
#include "php/value.h"

#include "stubs/RetryPolicy_arginfo.h"

zend_class_entry *ecoq_ce_RetryPolicy;

/* Property slots, in the order of the stub. */
enum slot {
	SLOT_MAX_RETRIES,
	SLOT_DELAY,
	SLOT_MULTIPLIER,
	SLOT_MAX_DELAY,
	SLOT_JITTER,
	SLOT_ONLY,
	SLOT_NEVER
};

/* The ranges of the constructor's plain arguments; written so that NaN fails. */
static bool check(const ecoq_backoff *policy)
{
	if (policy->max_retries < 0 || policy->max_retries > ECOQ_RETRIES_MAX) {
		zend_argument_value_error(1, "must be between 0 and %d", ECOQ_RETRIES_MAX);
	} else if (!(policy->multiplier >= 1.0 && policy->multiplier <= ECOQ_RETRY_MULTIPLIER_MAX)) {
		zend_argument_value_error(3, "must be between 1.0 and %.1f", ECOQ_RETRY_MULTIPLIER_MAX);
	} else if (policy->max_delay_ms < policy->delay_ms) {
		zend_argument_value_error(4, "must not be less than $delay: " ZEND_LONG_FMT " ms is less than " ZEND_LONG_FMT " ms",
			(zend_long) policy->max_delay_ms,
			(zend_long) policy->delay_ms);
	} else if (!(policy->jitter >= 0.0 && policy->jitter <= 1.0)) {
		zend_argument_value_error(5, "must be between 0.0 and 1.0");
	} else {
		return true;
	}
	return false;
}

/* Writes the class names of the argument, none by default, to the slot. */
static bool set_filter(zend_object *object, enum slot slot, uint32_t argument, const zval *names)
{
	zval list, none;
	ZVAL_EMPTY_ARRAY(&none);
	if (!ecoq_class_list_from_argument(argument, names ? names : &none, &list)) {
		return false;
	}
	ZVAL_COPY_VALUE(OBJ_PROP_NUM(object, slot), &list);
	return true;
}

ZEND_METHOD(Ecoq_RetryPolicy, __construct)
{
	ecoq_backoff policy = ECOQ_BACKOFF_DEFAULT;
	zend_long max_retries = policy.max_retries;
	zval *delay = NULL, *max_delay = NULL, *only = NULL, *never = NULL;
	ZEND_PARSE_PARAMETERS_START(0, 7)
		Z_PARAM_OPTIONAL
		Z_PARAM_LONG(max_retries)
		Z_PARAM_ZVAL(delay)
		Z_PARAM_DOUBLE(policy.multiplier)
		Z_PARAM_ZVAL(max_delay)
		Z_PARAM_DOUBLE(policy.jitter)
		Z_PARAM_ARRAY(only)
		Z_PARAM_ARRAY(never)
	ZEND_PARSE_PARAMETERS_END();

	zend_object *object = Z_OBJ_P(ZEND_THIS);
	policy.max_retries = max_retries;
	if (!ecoq_value_is_new(object) || (delay && !ecoq_argument_milliseconds(2, delay, -1, &policy.delay_ms))
		|| (max_delay && !ecoq_argument_milliseconds(4, max_delay, -1, &policy.max_delay_ms)) || !check(&policy)
		|| !set_filter(object, SLOT_ONLY, 6, only) || !set_filter(object, SLOT_NEVER, 7, never)) {
		RETURN_THROWS();
	}
	ZVAL_LONG(OBJ_PROP_NUM(object, SLOT_MAX_RETRIES), policy.max_retries);
	ZVAL_LONG(OBJ_PROP_NUM(object, SLOT_DELAY), policy.delay_ms);
	ZVAL_DOUBLE(OBJ_PROP_NUM(object, SLOT_MULTIPLIER), policy.multiplier);
	ZVAL_LONG(OBJ_PROP_NUM(object, SLOT_MAX_DELAY), policy.max_delay_ms);
	ZVAL_DOUBLE(OBJ_PROP_NUM(object, SLOT_JITTER), policy.jitter);
}

ZEND_METHOD(Ecoq_RetryPolicy, __set_state)
{
	HashTable *properties;
	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_ARRAY_HT(properties)
	ZEND_PARSE_PARAMETERS_END();
	ecoq_value_set_state(ecoq_ce_RetryPolicy, properties, return_value);
}

ecoq_backoff ecoq_retry_policy_of(const zend_object *object)
{
	const zval *slots = object->properties_table;
	if (!ecoq_value_is_complete(object)) {
		return ECOQ_BACKOFF_DEFAULT;
	}
	return (ecoq_backoff){
		.max_retries = Z_LVAL(slots[SLOT_MAX_RETRIES]),
		.delay_ms = Z_LVAL(slots[SLOT_DELAY]),
		.multiplier = Z_DVAL(slots[SLOT_MULTIPLIER]),
		.max_delay_ms = Z_LVAL(slots[SLOT_MAX_DELAY]),
		.jitter = Z_DVAL(slots[SLOT_JITTER]),
	};
}

void ecoq_retry_policy_filters(const zend_object *object, zval *only, zval *never)
{
	const zval *slots = object->properties_table;
	ZVAL_UNDEF(only);
	ZVAL_UNDEF(never);
	if (ecoq_value_is_complete(object)) {
		ZVAL_COPY(only, &slots[SLOT_ONLY]);
		ZVAL_COPY(never, &slots[SLOT_NEVER]);
	}
}

void ecoq_retry_policy_minit(void)
{
	ecoq_ce_RetryPolicy = register_class_Ecoq_RetryPolicy();
}
