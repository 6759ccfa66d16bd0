#ifndef ECOQ_TRANSPORT_PDO_MYSQL_H
#define ECOQ_TRANSPORT_PDO_MYSQL_H

/* What the MariaDB and MySQL dialect does besides SQL; see dialect.h. */

#include "transport/pdo/dialect.h"

ecoq_result ecoq_pdo_mysql_read_dsn(const ecoq_dsn *dsn, struct ecoq_pdo_settings *settings, ecoq_error *error);
ecoq_result ecoq_pdo_mysql_prepare(struct ecoq_pdo_connection *c, ecoq_error *error);

#endif
