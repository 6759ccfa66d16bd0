#include "transport/pdo/dialect.h"

static const ecoq_pdo_dialect *const dialects[] = {&ecoq_pdo_sqlite, &ecoq_pdo_postgresql, &ecoq_pdo_mysql, NULL};

const ecoq_pdo_dialect *ecoq_pdo_dialect_of_driver(const char *driver)
{
	const ecoq_pdo_dialect *const *dialect = dialects;
	while (*dialect && strcmp((*dialect)->driver, driver) != 0) {
		dialect++;
	}
	return *dialect;
}

static bool has_scheme(const ecoq_pdo_dialect *dialect, ecoq_bytes scheme)
{
	for (const char *const *known = dialect->schemes; *known; known++) {
		if (ecoq_bytes_equal(scheme, (ecoq_bytes){*known, strlen(*known)})) {
			return true;
		}
	}
	return false;
}

const ecoq_pdo_dialect *ecoq_pdo_dialect_of_scheme(ecoq_bytes scheme)
{
	const ecoq_pdo_dialect *const *dialect = dialects;
	while (*dialect && !has_scheme(*dialect, scheme)) {
		dialect++;
	}
	return *dialect;
}
