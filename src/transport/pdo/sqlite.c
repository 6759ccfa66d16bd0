#include "transport/pdo/queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ext/standard/php_versioning.h"

#define OLDEST_SQLITE "3.35"

static bool is_memory(const ecoq_pdo_settings *settings)
{
	return zend_string_equals_literal(settings->path, ":memory:");
}

#define SMALLEST_DATABASE 512 /* one page */

/* SQLite says "unable to open database file" to most of these. */
static ecoq_result check_path(const char *path, ecoq_error *error)
{
	struct stat status;
	char directory[MAXPATHLEN];
	snprintf(directory, sizeof(directory), "%s", path);
	char *slash = strrchr(directory, '/');
	slash[slash == directory] = '\0';

	if (stat(directory, &status) != 0) {
		return ecoq_fail(error, ECOQ_INVALID, "The directory of the database %s does not exist (%s): create it", path, strerror(errno));
	}
	if (!S_ISDIR(status.st_mode)) {
		return ecoq_fail(error, ECOQ_INVALID, "%s is not a directory, so the database %s cannot be in it", directory, path);
	}
	bool exists = stat(path, &status) == 0;
	if (exists && S_ISDIR(status.st_mode)) {
		return ecoq_fail(error, ECOQ_INVALID, "%s is a directory: the DSN needs the name of a database file, as in sqlite:%s/queue.sqlite", path, path);
	}
	/* SQLite takes such a file for a new one and would write over it. The size has to do: opening and closing the file here
	 * would drop the locks that SQLite's other connections of this process hold on it. */
	if (exists && status.st_size > 0 && status.st_size < SMALLEST_DATABASE) {
		return ecoq_fail(error, ECOQ_INVALID, "%s is not a SQLite database, and not empty: name another file", path);
	}
	if (exists && access(path, R_OK | W_OK) != 0) {
		return ecoq_fail(error, ECOQ_INVALID, "The database %s is not readable and writable for this user (%s): change its owner or mode", path, strerror(errno));
	}
	if (access(directory, W_OK | X_OK) != 0) {
		return ecoq_fail(error, ECOQ_INVALID, "The directory %s is not writable for this user (%s): SQLite keeps its log beside the database", directory, strerror(errno));
	}
	return ECOQ_OK;
}

/* Reads the first cell of a statement that is used once, as text. */
struct question {
	const char *sql;
	zend_long column;
	char answer[MAXPATHLEN];
};

static bool ask(ecoq_pdo_connection *c, void *context)
{
	struct question *q = context;
	zval rows;
	if (!ecoq_pdo_execute_text(c, q->sql, &rows)) {
		return false;
	}
	zval *row = zend_hash_index_find(Z_ARRVAL(rows), 0);
	zval *cell = row ? ecoq_pdo_cell(row, q->column) : NULL;
	snprintf(q->answer, sizeof(q->answer), "%s", cell && Z_TYPE_P(cell) == IS_STRING ? Z_STRVAL_P(cell) : "");
	zval_ptr_dtor(&rows);
	return true;
}

static ecoq_result check_engine(ecoq_pdo_connection *c, ecoq_error *error)
{
	struct question version = {.sql = "SELECT sqlite_version()"}, encoding = {.sql = "PRAGMA encoding"};
	struct question file = {.sql = "PRAGMA database_list", .column = 2};
	ecoq_result result = ecoq_pdo_run(c, ECOQ_PDO_ALONE, false, ask, &version, "Opening the database", error);

	if (result == ECOQ_OK && php_version_compare(version.answer, OLDEST_SQLITE) < 0) {
		return ecoq_fail(error, ECOQ_INVALID, "SQLite %s is too old: " OLDEST_SQLITE " or newer is needed", version.answer);
	}
	if (result == ECOQ_OK) {
		result = ecoq_pdo_run(c, ECOQ_PDO_ALONE, false, ask, &encoding, "Opening the database", error);
	}
	if (result == ECOQ_OK && strcmp(encoding.answer, "UTF-8") != 0) {
		return ecoq_fail(error, ECOQ_INVALID, "The database is encoded in %s; messages are kept byte for byte only in a database encoded in UTF-8", encoding.answer);
	}
	if (result == ECOQ_OK) {
		result = ecoq_pdo_run(c, ECOQ_PDO_ALONE, false, ask, &file, "Opening the database", error);
	}
	if (result == ECOQ_OK && file.answer[0] && !c->file) {
		c->file = strdup(file.answer);
	}
	return result;
}

/* Readers and the one writer do not wait for each other in WAL mode. Batches of some hundred rows are changed at once: larger pages (of a new file) and
 * a statement journal in memory save writing them twice, and a later checkpoint saves moving pages that are emptied again soon. A
 * database of the application keeps its own modes. */
static const char *const own_modes[] = {
	"PRAGMA page_size = 8192",
	"PRAGMA temp_store = MEMORY",
	"PRAGMA journal_mode = WAL",
	"PRAGMA wal_autocheckpoint = 2000",
};

static ecoq_result prepare(ecoq_pdo_connection *c, ecoq_error *error)
{
	ecoq_result result = check_engine(c, error);

	for (size_t i = 0; result == ECOQ_OK && c->own && i < sizeof(own_modes) / sizeof(*own_modes); i++) {
		struct question mode = {.sql = own_modes[i]};
		result = ecoq_pdo_run(c, ECOQ_PDO_ALONE, false, ask, &mode, "Opening the database", error);
	}
	return result == ECOQ_OK ? ecoq_pdo_check_schema(c, error) : result;
}

static ecoq_result finish(const ecoq_pdo_settings *settings, zend_string *key, zval *pdo, bool own, ecoq_pdo_connection **out, ecoq_error *error)
{
	ecoq_pdo_connection *c = ecoq_pdo_connection_create(key, pdo, &ecoq_pdo_sqlite, settings->table);
	if (!c) {
		return ecoq_fail(error, ECOQ_INVALID, "PHP's PDO extension is not loaded or not the one expected");
	}
	c->own = own;
	c->busy_timeout_ms = settings->busy_timeout_ms;
	c->keep_relaxed = settings->keep_relaxed;
	if (own && !is_memory(settings)) {
		c->file = strdup(ZSTR_VAL(settings->path));
	}
	ecoq_result result = prepare(c, error);
	if (result == ECOQ_OK) {
		*out = c;
	} else {
		ecoq_pdo_connection_release(c);
	}
	return result;
}

static ecoq_result open_new(const ecoq_pdo_settings *settings, zend_string *key, ecoq_pdo_connection **out, ecoq_error *error)
{
	ecoq_result result = is_memory(settings) ? ECOQ_OK : check_path(ZSTR_VAL(settings->path), error);
	if (result != ECOQ_OK) {
		return result;
	}
	zval pdo;
	zend_string *dsn = zend_strpprintf(0, "sqlite:%s", ZSTR_VAL(settings->path));
	ecoq_error reason;
	/* SQLite's own waiting is switched off: it would not see a signal, and its steps are the same in every process. */
	result = ecoq_pdo_object_create(ZSTR_VAL(dsn), 0, &pdo, &reason);
	zend_string_release(dsn);
	if (result != ECOQ_OK) {
		return ecoq_fail(error, result, "The SQLite database %s cannot be opened: %s", ZSTR_VAL(settings->path), reason.text);
	}
	result = finish(settings, key, &pdo, true, out, error);
	zval_ptr_dtor(&pdo);
	return result;
}

ecoq_result ecoq_pdo_sqlite_open(const ecoq_pdo_settings *settings, ecoq_pdo_connection **out, ecoq_error *error)
{
	zend_string *key = zend_strpprintf(0, "%s\n%s\n" ZEND_LONG_FMT "\n%d\n%p", ZSTR_VAL(settings->path), ZSTR_VAL(settings->table),
		(zend_long) settings->busy_timeout_ms, settings->keep_relaxed, is_memory(settings) ? settings->scope : NULL);
	bool shared = !is_memory(settings) || settings->scope;
	*out = shared ? ecoq_pdo_connection_find(key) : NULL;
	ecoq_result result = *out ? ECOQ_OK : open_new(settings, key, out, error);
	zend_string_release(key);
	return result;
}

ecoq_result ecoq_pdo_sqlite_adopt(const ecoq_pdo_settings *settings, zval *pdo, ecoq_pdo_connection **out, ecoq_error *error)
{
	char driver[32];
	ecoq_result result = ecoq_pdo_object_driver(pdo, driver, sizeof(driver), error);
	if (result == ECOQ_OK && strcmp(driver, ecoq_pdo_sqlite.driver) != 0) {
		result = ecoq_fail(error, ECOQ_INVALID, "The PDO object is connected by the driver \"%s\"; this version of ecoq keeps messages in SQLite only", driver);
	}
	if (result != ECOQ_OK) {
		return result;
	}
	zend_string *key = zend_strpprintf(0, "%p\n%s", (void *) Z_OBJ_P(pdo), ZSTR_VAL(settings->table));
	*out = ecoq_pdo_connection_find(key);
	result = *out ? ECOQ_OK : finish(settings, key, pdo, false, out, error);
	zend_string_release(key);
	return result;
}
