#include "transport/userland.h"

#include "php/value.h"

#include "stubs/QueueStats_arginfo.h"

zend_class_entry *ecoq_ce_QueueStats;

/* Property slots, in the order of the stub. */
enum slot {
	SLOT_READY,
	SLOT_DELAYED,
	SLOT_RESERVED,
	SLOT_EXACT
};

static void fill(zend_object *object, const ecoq_queue_stats *stats)
{
	const int64_t numbers[] = {stats->ready, stats->delayed, stats->reserved};
	for (int i = SLOT_READY; i <= SLOT_RESERVED; i++) {
		if (numbers[i] < 0) {
			ZVAL_NULL(OBJ_PROP_NUM(object, i));
		} else {
			ZVAL_LONG(OBJ_PROP_NUM(object, i), numbers[i]);
		}
	}
	ZVAL_BOOL(OBJ_PROP_NUM(object, SLOT_EXACT), stats->exact);
}

ZEND_METHOD(Ecoq_QueueStats, __construct)
{
	zend_long counts[3] = {0};
	bool is_null[3] = {true, true, true}, exact = true;
	ZEND_PARSE_PARAMETERS_START(0, 4)
		Z_PARAM_OPTIONAL
		Z_PARAM_LONG_OR_NULL(counts[0], is_null[0])
		Z_PARAM_LONG_OR_NULL(counts[1], is_null[1])
		Z_PARAM_LONG_OR_NULL(counts[2], is_null[2])
		Z_PARAM_BOOL(exact)
	ZEND_PARSE_PARAMETERS_END();

	zend_object *object = Z_OBJ_P(ZEND_THIS);
	if (!ecoq_value_is_new(object)) {
		RETURN_THROWS();
	}
	for (uint32_t i = 0; i < 3; i++) {
		if (!is_null[i] && counts[i] < 0) {
			zend_argument_value_error(i + 1, "must not be negative");
			RETURN_THROWS();
		}
	}
	const ecoq_queue_stats stats = {
		.ready = is_null[0] ? -1 : counts[0],
		.delayed = is_null[1] ? -1 : counts[1],
		.reserved = is_null[2] ? -1 : counts[2],
		.exact = exact,
	};
	fill(object, &stats);
}

ZEND_METHOD(Ecoq_QueueStats, __set_state)
{
	HashTable *properties;
	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_ARRAY_HT(properties)
	ZEND_PARSE_PARAMETERS_END();
	ecoq_value_set_state(ecoq_ce_QueueStats, properties, return_value);
}

void ecoq_queue_stats_create(const ecoq_queue_stats *stats, zval *object)
{
	object_init_ex(object, ecoq_ce_QueueStats);
	fill(Z_OBJ_P(object), stats);
}

static int64_t number_of(const zval *slot)
{
	return Z_TYPE_P(slot) == IS_LONG ? Z_LVAL_P(slot) : -1;
}

bool ecoq_queue_stats_of(const zend_object *object, ecoq_queue_stats *stats)
{
	const zval *slots = object->properties_table;
	if (!ecoq_value_is_complete(object)) {
		return false;
	}
	*stats = (ecoq_queue_stats){
		.ready = number_of(&slots[SLOT_READY]),
		.delayed = number_of(&slots[SLOT_DELAYED]),
		.reserved = number_of(&slots[SLOT_RESERVED]),
		.exact = Z_TYPE(slots[SLOT_EXACT]) == IS_TRUE,
	};
	return true;
}

void ecoq_queue_stats_minit(void)
{
	ecoq_ce_QueueStats = register_class_Ecoq_QueueStats();
}
