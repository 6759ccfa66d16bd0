#ifndef ECOQ_TRANSPORT_PDO_SQLITE_H
#define ECOQ_TRANSPORT_PDO_SQLITE_H

/* What the SQLite dialect does besides SQL; see dialect.h. */

#include "transport/pdo/dialect.h"

ecoq_result ecoq_pdo_sqlite_read_dsn(const ecoq_dsn *dsn, struct ecoq_pdo_settings *settings, ecoq_error *error);
ecoq_result ecoq_pdo_sqlite_open(const struct ecoq_pdo_settings *settings, struct ecoq_pdo_connection **out, ecoq_error *error);
ecoq_result ecoq_pdo_sqlite_prepare(struct ecoq_pdo_connection *c, ecoq_error *error);

#endif
