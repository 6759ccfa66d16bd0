#include "php/environment.h"

#include <stdlib.h>
#include <string.h>

#include "SAPI.h"
#include "php/compat.h"

/* With auto_globals_jit the array is only there once somebody asked for it. */
static const zval *in_global(const char *global, const char *name)
{
	zend_string *key = zend_string_init(global, strlen(global), false);
	bool is_there = zend_is_auto_global(key);
	zval *variables = is_there ? zend_hash_find_ind(&EG(symbol_table), key) : NULL;
	zend_string_release(key);
	if (variables) {
		ZVAL_DEREF(variables);
	}
	zval *value = variables && Z_TYPE_P(variables) == IS_ARRAY ? zend_hash_str_find_ind(Z_ARRVAL_P(variables), name, strlen(name)) : NULL;
	if (value) {
		ZVAL_DEREF(value);
	}
	return value && Z_TYPE_P(value) == IS_STRING ? value : NULL;
}

/* Headers of a request are HTTP_… in $_SERVER, and for some web servers also in $_ENV and the process's environment. */
static bool is_of_request(const char *name)
{
	return strncmp(name, "HTTP_", strlen("HTTP_")) == 0;
}

ecoq_bytes ecoq_environment(const char *name)
{
	if (is_of_request(name) && strcmp(sapi_module.name, "cli") != 0) {
		return ECOQ_NO_BYTES;
	}
	static const char *const globals[] = {"_ENV", "_SERVER"};
	for (size_t i = 0; i < sizeof(globals) / sizeof(globals[0]) && !is_of_request(name); i++) {
		const zval *value = in_global(globals[i], name);
		if (value) {
			return (ecoq_bytes){Z_STRVAL_P(value), Z_STRLEN_P(value)};
		}
	}
	const char *value = getenv(name);
	return value ? (ecoq_bytes){value, strlen(value)} : ECOQ_NO_BYTES;
}
