#ifndef ECOQ_TRANSPORT_PDO_SERVER_H
#define ECOQ_TRANSPORT_PDO_SERVER_H

/* What the engines with a server have in common: reading their DSNs, and connecting. */

#include "transport/pdo/queue.h"

/* Appends one setting in the words of the client library: "host='a,b' ". `name` is a name of PDO's form (host, port, dbname, …). False: the value cannot be
 * written. */
typedef bool (*ecoq_pdo_write_setting)(smart_str *out, ecoq_bytes name, ecoq_bytes value);

/* Fills settings->dsn, ->user and ->password from either form; `prefix` is "pgsql:". settings->extra goes to the end of the DSN. */
ecoq_result ecoq_pdo_server_read_dsn(const ecoq_dsn *dsn, const char *prefix, ecoq_pdo_write_setting write, ecoq_pdo_settings *settings, ecoq_error *error);

/* dialect->open of such an engine. */
ecoq_result ecoq_pdo_server_open(const ecoq_pdo_settings *settings, ecoq_pdo_connection **out, ecoq_error *error);

#endif
