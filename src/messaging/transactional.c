#include "messaging/transactional.h"

#include "stubs/UnitOfWork_arginfo.h"

#include "messaging/unit_of_work.h"
#include "php/exceptions.h"

zend_class_entry *ecoq_ce_UnitOfWork;
static zend_object_handlers unit_of_work_handlers;

/* ---- transactional() ---- */

typedef struct transactional_call {
	zend_fcall_info fci;
	zend_fcall_info_cache fcc;
	zval result;
} transactional_call;

static bool call_function(ecoq_messaging *messaging, void *context)
{
	transactional_call *call = context;
	zval_ptr_dtor(&call->result);
	ZVAL_UNDEF(&call->result);
	call->fci.retval = &call->result;
	return zend_call_function(&call->fci, &call->fcc) == SUCCESS && !EG(exception);
}

void ecoq_method_transactional(INTERNAL_FUNCTION_PARAMETERS, ecoq_messaging *messaging)
{
	transactional_call call;
	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_FUNC(call.fci, call.fcc)
	ZEND_PARSE_PARAMETERS_END();
	ZVAL_UNDEF(&call.result);
	if (ecoq_unit_run(messaging, true, call_function, &call)) {
		RETURN_COPY_VALUE(&call.result);
	}
	zval_ptr_dtor(&call.result);
}

/* ---- UnitOfWork ---- */

typedef struct unit_object {
	zend_object *messaging; /* one reference */
	zend_object std;
} unit_object;

static unit_object *unit_object_from_obj(zend_object *object)
{
	return (unit_object *) ((char *) object - XtOffsetOf(unit_object, std));
}

static zend_object *unit_object_create(zend_class_entry *ce)
{
	unit_object *unit = zend_object_alloc(sizeof(*unit), ce);
	unit->messaging = NULL;
	zend_object_std_init(&unit->std, ce);
	object_properties_init(&unit->std, ce);
	unit->std.handlers = &unit_of_work_handlers;
	return &unit->std;
}

static void unit_object_free(zend_object *object)
{
	unit_object *unit = unit_object_from_obj(object);
	if (unit->messaging) {
		OBJ_RELEASE(unit->messaging);
	}
	zend_object_std_dtor(object);
}

static HashTable *unit_object_get_gc(zend_object *object, zval **table, int *count)
{
	zend_get_gc_buffer *buffer = zend_get_gc_buffer_create();
	if (unit_object_from_obj(object)->messaging) {
		zend_get_gc_buffer_add_obj(buffer, unit_object_from_obj(object)->messaging);
	}
	zend_get_gc_buffer_use(buffer, table, count);
	return NULL;
}

static bool open_by_hand(ecoq_messaging *messaging)
{
	ecoq_error error;
	ecoq_unit_begin(messaging);
	ecoq_result result = ecoq_unit_begin_transaction(messaging, false, &error);
	if (result != ECOQ_OK) {
		ecoq_unit_roll_back(messaging, 0);
		ecoq_throw_error(result, &error, NULL);
		return false;
	}
	messaging->unit_by_hand = messaging->unit;
	return true;
}

void ecoq_method_unit_of_work(INTERNAL_FUNCTION_PARAMETERS, ecoq_messaging *messaging)
{
	ZEND_PARSE_PARAMETERS_NONE();
	if (!messaging->unit && !open_by_hand(messaging)) {
		RETURN_THROWS();
	}
	object_init_ex(return_value, ecoq_ce_UnitOfWork);
	unit_object *unit = unit_object_from_obj(Z_OBJ_P(return_value));
	GC_ADDREF(&messaging->std);
	unit->messaging = &messaging->std;
}

static ecoq_messaging *messaging_of(zval *this)
{
	zend_object *messaging = unit_object_from_obj(Z_OBJ_P(this))->messaging;
	if (!messaging) {
		zend_throw_error(NULL, "Ecoq\\UnitOfWork is made by Ecoq\\Messaging::unitOfWork()");
		return NULL;
	}
	return ecoq_messaging_from_obj(messaging);
}

/* Whether the open unit is the one that unitOfWork() opened, and nothing runs within it. */
static bool is_by_hand(const ecoq_messaging *messaging)
{
	return messaging->unit && messaging->unit == messaging->unit_by_hand && messaging->unit->depth == 1;
}

ZEND_METHOD(Ecoq_UnitOfWork, __construct)
{
	ZEND_PARSE_PARAMETERS_NONE();
}

ZEND_METHOD(Ecoq_UnitOfWork, flush)
{
	ZEND_PARSE_PARAMETERS_NONE();
	ecoq_messaging *messaging = messaging_of(ZEND_THIS);
	if (!messaging || !messaging->unit) {
		return;
	}
	if (!is_by_hand(messaging)) {
		ecoq_throw_configuration("UnitOfWork::flush(): the open unit of work is a handler's or transactional()'s, and is ended by what opened it");
		RETURN_THROWS();
	}
	messaging->unit_by_hand = NULL;
	ecoq_unit_commit(messaging, NULL);
}

ZEND_METHOD(Ecoq_UnitOfWork, discard)
{
	ZEND_PARSE_PARAMETERS_NONE();
	ecoq_messaging *messaging = messaging_of(ZEND_THIS);
	if (!messaging || !messaging->unit) {
		return;
	}
	if (is_by_hand(messaging)) {
		messaging->unit_by_hand = NULL;
		ecoq_unit_roll_back(messaging, 0);
	} else {
		ecoq_unit_discard_since(messaging, 0);
	}
}

void ecoq_unit_of_work_class_abandon(ecoq_messaging *messaging)
{
	if (messaging->unit_by_hand && !CG(unclean_shutdown)) {
		messaging->unit = messaging->unit_by_hand;
		messaging->unit_by_hand = NULL;
		messaging->unit->depth = 1;
		ecoq_unit_roll_back(messaging, 0);
	}
}

void ecoq_unit_of_work_class_minit(void)
{
	ecoq_ce_UnitOfWork = register_class_Ecoq_UnitOfWork();
	ecoq_ce_UnitOfWork->create_object = unit_object_create;
	memcpy(&unit_of_work_handlers, zend_get_std_object_handlers(), sizeof(unit_of_work_handlers));
	unit_of_work_handlers.offset = XtOffsetOf(unit_object, std);
	unit_of_work_handlers.free_obj = unit_object_free;
	unit_of_work_handlers.clone_obj = NULL;
	unit_of_work_handlers.get_gc = unit_object_get_gc;
}
