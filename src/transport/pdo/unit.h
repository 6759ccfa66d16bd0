#ifndef ECOQ_TRANSPORT_PDO_UNIT_H
#define ECOQ_TRANSPORT_PDO_UNIT_H

/* A transaction that ecoq holds on a \PDO while code of the application runs in it. Meanwhile beginTransaction(), commit() and rollBack() of
 * that \PDO act on a savepoint. All functions are called between ecoq_pdo_enter() and ecoq_pdo_leave(). */

#include "transport/pdo/connection.h"

typedef struct ecoq_pdo_unit ecoq_pdo_unit;

/* Begins a transaction, or joins one that the application has open (is_joined). `immediate`: takes SQLite's write lock at once, waiting for it;
 * otherwise it is taken at the first write. `for_application`: its code is going to run in it, so check() must be able to tell what that did.
 * One unit per \PDO at a time. */
ecoq_result ecoq_pdo_unit_begin(ecoq_pdo_connection *connection, bool immediate, bool for_application, ecoq_pdo_unit **out, ecoq_error *error);

/* The unit that is open on this connection's \PDO, or on another one over the same persistent connection, or NULL. */
ecoq_pdo_unit *ecoq_pdo_unit_open(const ecoq_pdo_connection *connection);

bool ecoq_pdo_unit_is_joined(const ecoq_pdo_unit *unit);

/* Whether the application itself has a transaction open. Asks the engine only where the driver does not know (SQLite). */
bool ecoq_pdo_application_transaction(ecoq_pdo_connection *connection);

/* What the application's code left behind. After this call ecoq writes what belongs to the unit, then commits. */
typedef enum ecoq_pdo_unit_state {
	ECOQ_UNIT_STANDS,
	ECOQ_UNIT_ABORTED, /* the engine takes no more statements: an error of it was swallowed. To be rolled back */
	ECOQ_UNIT_ENDED,   /* SQL (COMMIT, ROLLBACK, an implicit commit) ended it: what was written before stands or is gone. To be forgotten by roll_back() */
	ECOQ_UNIT_BROKEN,  /* the connection is gone, or the engine answered something else: `error` says what. To be rolled back */
} ecoq_pdo_unit_state;

/* `*left_open`: the application began a transaction of its own and did not end it; it was rolled back. Asked once, before anything is written by ecoq. */
ecoq_pdo_unit_state ecoq_pdo_unit_check(ecoq_pdo_unit *unit, bool *left_open, ecoq_error *error);

/* What ECOQ_UNIT_ABORTED means. An aborted transaction may also be found by what is written after the check, or by the commit: ECOQ_PROTOCOL with this text. */
ecoq_result ecoq_pdo_unit_fail_aborted(ecoq_error *error);

/* Both end the unit and free it. Commit: ECOQ_CONFLICT when another transaction was in the way, ECOQ_UNKNOWN when the connection was lost before the
 * answer; on any failure nothing is left open. A joined unit's writes become the application's to commit. */
ecoq_result ecoq_pdo_unit_commit(ecoq_pdo_unit *unit, ecoq_error *error);
void ecoq_pdo_unit_roll_back(ecoq_pdo_unit *unit);

/* A part of the unit that may be undone alone; they nest. One whose release() fails, because an error within it was swallowed, is still there to be
 * rolled back to. */
ecoq_result ecoq_pdo_unit_savepoint(ecoq_pdo_unit *unit, ecoq_error *error);
ecoq_result ecoq_pdo_unit_release(ecoq_pdo_unit *unit, ecoq_error *error);
ecoq_result ecoq_pdo_unit_roll_back_to(ecoq_pdo_unit *unit, ecoq_error *error);

/* What an exception that the application's code threw says of this engine: the failure of the first PDOException among it and its previous ones;
 * ECOQ_PDO_NO_FAILURE when there is none. ECOQ_PDO_BUSY and ECOQ_PDO_CONFLICT: another transaction was in the way. */
ecoq_pdo_failure ecoq_pdo_failure_of_exception(const ecoq_pdo_connection *connection, zend_object *exception);

/* At the end of a request: units that a fatal error left open are rolled back. */
void ecoq_pdo_units_rshutdown(void);

#endif
