#include "base/clock.h"
#include "endpoint/registry_sources.h"
#include "SAPI.h"

/* Seconds that a file must have been left alone before its state is trusted to be that of the class in memory, which was read earlier. */
#define SETTLING_TIME 2

static bool is_opcache_on(void)
{
	bool is_cli = strcmp(sapi_module.name, "cli") == 0 || strcmp(sapi_module.name, "phpdbg") == 0;
	const char *name = is_cli ? "opcache.enable_cli" : "opcache.enable";
	return zend_hash_str_exists(EG(function_table), ZEND_STRL("opcache_get_status")) && zend_ini_long(name, strlen(name), 0) != 0;
}

/* When opcache began to keep scripts, in seconds since the epoch; 0: it does not say. */
static int64_t opcache_start(void)
{
	zval function, without_scripts, status;
	int64_t start = 0;
	ZVAL_STRING(&function, "opcache_get_status");
	ZVAL_FALSE(&without_scripts);
	ZVAL_UNDEF(&status);
	call_user_function(NULL, NULL, &function, &status, 1, &without_scripts);
	zval_ptr_dtor(&function);
	zval *statistics = Z_TYPE(status) == IS_ARRAY ? zend_hash_str_find(Z_ARRVAL(status), ZEND_STRL("opcache_statistics")) : NULL;
	if (statistics && Z_TYPE_P(statistics) == IS_ARRAY) {
		const zval *began = zend_hash_str_find(Z_ARRVAL_P(statistics), ZEND_STRL("start_time"));
		const zval *restarted = zend_hash_str_find(Z_ARRVAL_P(statistics), ZEND_STRL("last_restart_time"));
		start = began && Z_TYPE_P(began) == IS_LONG ? Z_LVAL_P(began) : 0;
		start = restarted && Z_TYPE_P(restarted) == IS_LONG && Z_LVAL_P(restarted) > start ? Z_LVAL_P(restarted) : start;
	}
	zval_ptr_dtor(&status);
	return start;
}

/* The class in memory may be older than its file: opcache keeps it for some seconds, or for ever. Files that changed later than this, in
 * seconds since the epoch, may not be what was read. */
static int64_t newest_trusted(void)
{
	int64_t now = ecoq_clock_now_ms() / 1000;
	if (!is_opcache_on()) {
		return now - SETTLING_TIME;
	}
	if (zend_ini_long(ZEND_STRL("opcache.validate_timestamps"), 0)) {
		return now - SETTLING_TIME - zend_ini_long(ZEND_STRL("opcache.revalidate_freq"), 0);
	}
	return opcache_start() - SETTLING_TIME;
}

bool ecoq_registry_sources_are_settled(ecoq_registry_sources *sources)
{
	int64_t newest = newest_trusted();
	const ecoq_source_file *file;
	ZEND_HASH_FOREACH_PTR(&sources->files, file) {
		if (file->seconds > newest) {
			return false;
		}
	}
	ZEND_HASH_FOREACH_END();
	return true;
}
