#include "channel/database.h"

#include <sys/stat.h>

#include "channel/channel_definition.h"
#include "php/exceptions.h"
#include "transport/pdo/queue.h"

ecoq_database *ecoq_database_create(zval *source)
{
	if (!ecoq_is_pdo(source) && !zend_is_callable(source, 0, NULL)) {
		ecoq_throw_configuration("database: must be a \\PDO or a callable that returns one, %s given", zend_zval_type_name(source));
		return NULL;
	}
	ecoq_database *database = ecalloc(1, sizeof(*database));
	database->refcount = 1;
	ZVAL_COPY(&database->source, source);
	ZVAL_UNDEF(&database->pdo);
	return database;
}

void ecoq_database_addref(ecoq_database *database)
{
	database->refcount++;
}

/* Claims of this owner are freed while the connection still works. */
static void disconnect(ecoq_database *database, bool is_lost)
{
	if (database->connection) {
		ecoq_pdo_guard guard;
		ecoq_pdo_enter(&guard);
		if (is_lost || CG(unclean_shutdown) || !ecoq_pdo_connection_is_usable(database->connection)) {
			ecoq_pdo_owner_forget(&database->owner);
		} else {
			ecoq_pdo_owner_resign(&database->owner);
		}
		ecoq_pdo_connection_release(database->connection);
		ecoq_pdo_leave(&guard);
	}
	database->connection = NULL;
	database->owner = (ecoq_pdo_owner){.id = 0};
	zval_ptr_dtor(&database->pdo);
	ZVAL_UNDEF(&database->pdo);
}

void ecoq_database_release(ecoq_database *database)
{
	if (--database->refcount) {
		return;
	}
	disconnect(database, false);
	zval_ptr_dtor(&database->source);
	efree(database);
}

/* ---- Connecting ---- */

/* An exception of the callable that is, or has among its previous ones, PDO's own: the server cannot be reached now. It is cleared. */
static bool take_connection_failure(ecoq_error *error)
{
	zend_class_entry *pdo_exception = zend_hash_str_find_ptr(EG(class_table), ZEND_STRL("pdoexception"));
	zend_object *exception = EG(exception);
	zval storage;
	while (pdo_exception && exception && !instanceof_function(exception->ce, pdo_exception)) {
		zend_class_entry *base = zend_get_exception_base(exception);
		zval *previous = base ? zend_read_property(base, exception, ZEND_STRL("previous"), true, &storage) : NULL;
		exception = previous && Z_TYPE_P(previous) == IS_OBJECT ? Z_OBJ_P(previous) : NULL;
	}
	if (!pdo_exception || !exception) {
		return false;
	}
	zval *message = zend_read_property(zend_ce_exception, exception, ZEND_STRL("message"), true, &storage);
	ecoq_fail(error, ECOQ_UNAVAILABLE, "The callable of database: could not connect: %s", Z_TYPE_P(message) == IS_STRING ? Z_STRVAL_P(message) : "");
	zend_clear_exception();
	return true;
}

static ecoq_result ask_for_pdo(ecoq_database *database, ecoq_error *error)
{
	if (!ecoq_database_can_reconnect(database)) {
		if (database->generation > 0) {
			return ecoq_fail(error, ECOQ_INVALID, "The connection of database: is lost, and a \\PDO cannot be opened again: give a callable that returns a new one");
		}
		ZVAL_COPY(&database->pdo, &database->source);
		return ECOQ_OK;
	}
	zval pdo;
	ZVAL_UNDEF(&pdo);
	call_user_function(NULL, NULL, &database->source, &pdo, 0, NULL);
	if (EG(exception)) {
		zval_ptr_dtor(&pdo);
		return take_connection_failure(error) ? ECOQ_UNAVAILABLE : ECOQ_EXCEPTION;
	}
	if (!ecoq_is_pdo(&pdo)) {
		const char *given = zend_zval_type_name(&pdo);
		zval_ptr_dtor(&pdo);
		return ecoq_fail(error, ECOQ_INVALID, "The callable of database: returned %s, expected a \\PDO", given);
	}
	ZVAL_COPY_VALUE(&database->pdo, &pdo);
	return ECOQ_OK;
}

static ecoq_result adopt(ecoq_database *database, ecoq_error *error)
{
	ecoq_pdo_settings settings = {.table = zend_string_init(ZEND_STRL("ecoq"), false), .busy_timeout_ms = 5000};
	ecoq_pdo_guard guard;
	ecoq_pdo_enter(&guard);
	ecoq_result result = ecoq_pdo_adopt(&settings, &database->pdo, &database->connection, error);
	/* a channel may have adopted it before, and created the tables in a transaction that was rolled back */
	if (result == ECOQ_OK) {
		result = ecoq_pdo_check_schema(database->connection, error);
	}
	ecoq_pdo_leave(&guard);
	zend_string_release(settings.table);
	return result;
}

ecoq_result ecoq_database_connect(ecoq_database *database, ecoq_error *error)
{
	if (database->connection) {
		return ecoq_pdo_connection_is_usable(database->connection) ? ECOQ_OK
																   : ecoq_fail(error, ECOQ_INVALID, "The connection of database: was opened before this process was forked, or its request is over: open it where it is used");
	}
	ecoq_result result = ask_for_pdo(database, error);
	if (result == ECOQ_OK) {
		result = adopt(database, error);
	}
	if (result == ECOQ_OK) {
		database->generation++;
		database->owner.connection = database->connection;
	} else {
		disconnect(database, true);
	}
	return result;
}

/* PDO::ATTR_PERSISTENT; the module is not linked to PDO. */
#define ATTR_PERSISTENT 12

bool ecoq_database_is_persistent(const ecoq_database *database)
{
	zend_class_entry *ce = zend_hash_str_find_ptr(EG(class_table), ZEND_STRL("pdo"));
	zval attribute, answer;
	if (!ce || Z_ISUNDEF(database->pdo)) {
		return false;
	}
	ZVAL_LONG(&attribute, ATTR_PERSISTENT);
	ZVAL_UNDEF(&answer);
	zend_call_known_function(zend_hash_str_find_ptr(&ce->function_table, ZEND_STRL("getattribute")), Z_OBJ(database->pdo), Z_OBJCE(database->pdo), &answer, 1, &attribute,
		NULL);
	if (EG(exception)) {
		zend_clear_exception();
	}
	bool persistent = zend_is_true(&answer);
	zval_ptr_dtor(&answer);
	return persistent;
}

void ecoq_database_lost(ecoq_database *database)
{
	disconnect(database, true);
}

bool ecoq_database_can_reconnect(const ecoq_database *database)
{
	return !ecoq_is_pdo(&database->source);
}

/* ---- What is on it ---- */

bool ecoq_database_is(const ecoq_database *database, const zend_object *pdo)
{
	return !Z_ISUNDEF(database->pdo) && Z_OBJ(database->pdo) == pdo;
}

bool ecoq_database_is_file(ecoq_database *database, const char *path)
{
	struct stat mine, other;
	ecoq_error ignored;
	return ecoq_database_connect(database, &ignored) == ECOQ_OK && database->connection->dialect->engine == ECOQ_PDO_SQLITE && database->connection->file
		&& stat(path, &other) == 0 && stat(database->connection->file, &mine) == 0 && mine.st_dev == other.st_dev && mine.st_ino == other.st_ino;
}
