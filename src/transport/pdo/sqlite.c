#include "transport/pdo/sqlite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ext/standard/php_versioning.h"
#include "fopen_wrappers.h"

#include "transport/pdo/queue.h"

#define OLDEST_SQLITE "3.35"

static bool is_memory(const ecoq_pdo_settings *settings)
{
	return zend_string_equals_literal(settings->path, ":memory:");
}

/* The database file of sqlite:path or sqlite:///path, absolute. */
ecoq_result ecoq_pdo_sqlite_read_dsn(const ecoq_dsn *dsn, ecoq_pdo_settings *settings, ecoq_error *error)
{
	zend_string *written = dsn->is_url ? zend_strpprintf(0, "/%.*s", (int) dsn->path.size, dsn->path.data)
									   : zend_string_init(dsn->settings.data ? dsn->settings.data : "", dsn->settings.size, false);
	ecoq_result result = ECOQ_OK;

	if (dsn->is_url && (dsn->hosts.size || dsn->user.size)) {
		result = ecoq_fail(error, ECOQ_INVALID, "A SQLite database has no host: write sqlite:/path/to/file or sqlite:///path/to/file");
	} else if (ZSTR_LEN(written) <= (size_t) dsn->is_url || strlen(ZSTR_VAL(written)) != ZSTR_LEN(written)) {
		result = ecoq_fail(error, ECOQ_INVALID, "The DSN names no database file: write sqlite:/path/to/file, or sqlite::memory:");
	} else if (strncasecmp(ZSTR_VAL(written), "file:", 5) == 0) {
		result = ecoq_fail(error, ECOQ_INVALID, "SQLite's file: URIs cannot be told from options: write the path, or pass a PDO object");
	} else if (zend_string_equals_literal(written, ":memory:")) {
		settings->path = zend_string_copy(written);
	} else {
		char *absolute = expand_filepath(ZSTR_VAL(written), NULL);
		if (absolute) {
			settings->path = zend_string_init(absolute, strlen(absolute), false);
			efree(absolute);
		} else {
			result = ecoq_fail(error, ECOQ_INVALID, "The path of the database is too long, or its directory cannot be found: %.200s", ZSTR_VAL(written));
		}
	}
	zend_string_release(written);
	return result;
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

static ecoq_result check_engine(ecoq_pdo_connection *c, ecoq_error *error)
{
	char version[64], encoding[64], file[MAXPATHLEN];
	ecoq_result result = ecoq_pdo_ask(c, "SELECT sqlite_version()", 0, version, sizeof(version), error);

	if (result == ECOQ_OK && php_version_compare(version, OLDEST_SQLITE) < 0) {
		return ecoq_fail(error, ECOQ_INVALID, "SQLite %s is too old: " OLDEST_SQLITE " or newer is needed", version);
	}
	if (result == ECOQ_OK) {
		result = ecoq_pdo_ask(c, "PRAGMA encoding", 0, encoding, sizeof(encoding), error);
	}
	if (result == ECOQ_OK && strcmp(encoding, "UTF-8") != 0) {
		return ecoq_fail(error, ECOQ_INVALID, "The database is encoded in %s; messages are kept byte for byte only in a database encoded in UTF-8", encoding);
	}
	if (result == ECOQ_OK) {
		result = ecoq_pdo_ask(c, "PRAGMA database_list", 2, file, sizeof(file), error);
	}
	if (result == ECOQ_OK && file[0] && !c->file) {
		c->file = strdup(file);
		c->place = strdup(file);
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

ecoq_result ecoq_pdo_sqlite_prepare(ecoq_pdo_connection *c, ecoq_error *error)
{
	char ignored[64];
	ecoq_result result = check_engine(c, error);

	for (size_t i = 0; result == ECOQ_OK && c->own && i < sizeof(own_modes) / sizeof(*own_modes); i++) {
		result = ecoq_pdo_ask(c, own_modes[i], 0, ignored, sizeof(ignored), error);
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
	result = ecoq_pdo_object_create(&ecoq_pdo_sqlite, ZSTR_VAL(dsn), NULL, NULL, 0, &pdo, &reason);
	zend_string_release(dsn);
	if (result != ECOQ_OK) {
		return ecoq_fail(error, ECOQ_INVALID, "The SQLite database %s cannot be opened: %s", ZSTR_VAL(settings->path), reason.text);
	}
	result = ecoq_pdo_open_on(settings, &ecoq_pdo_sqlite, key, &pdo, true, -1, out, error);
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
