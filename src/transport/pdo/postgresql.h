#ifndef ECOQ_TRANSPORT_PDO_POSTGRESQL_H
#define ECOQ_TRANSPORT_PDO_POSTGRESQL_H

/* What the PostgreSQL dialect does besides SQL; see dialect.h. */

#include "transport/pdo/dialect.h"

#include "zend_smart_str.h"

ecoq_result ecoq_pdo_postgresql_read_dsn(const ecoq_dsn *dsn, struct ecoq_pdo_settings *settings, ecoq_error *error);
ecoq_result ecoq_pdo_postgresql_prepare(struct ecoq_pdo_connection *c, ecoq_error *error);
bool ecoq_pdo_postgresql_was_notified(struct ecoq_pdo_connection *c);

/* Appends "name='value' ", as libpq reads it. */
bool ecoq_pdo_postgresql_write_setting(smart_str *out, ecoq_bytes name, ecoq_bytes value);

#endif
