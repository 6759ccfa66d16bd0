#ifndef ECOQ_TRANSPORT_PDO_CALLING_H
#define ECOQ_TRANSPORT_PDO_CALLING_H

/* What connection.c and statements.c share: calling methods of PDO. */

#include "transport/pdo/connection.h"

/* Calls a method; false when it threw or returned false. `return_value` is always initialised. */
bool ecoq_pdo_call(ecoq_pdo_connection *connection, zend_function *method, zval *object, zval *return_value, uint32_t argc, zval *argv);

/* After a method failed: finds out why, unless its exception told. */
void ecoq_pdo_ask_for_failure(ecoq_pdo_connection *connection, zend_function *error_info, zval *object);

void ecoq_pdo_reset_failure(ecoq_pdo_connection *connection);

/* Destructor of connection->statements. */
void ecoq_pdo_free_prepared(zval *slot);

#endif
