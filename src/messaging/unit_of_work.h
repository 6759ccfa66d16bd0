#ifndef ECOQ_MESSAGING_UNIT_OF_WORK_H
#define ECOQ_MESSAGING_UNIT_OF_WORK_H

#include "messaging/messaging.h"
#include "transport/pdo/unit.h"

/* What one outermost bus call, handler execution or transactional() sends is collected and leaves together; nested calls join. With `database` it is a
 * transaction as well (SEMANTICS 2): begun before code of the application runs in it, or when there is something to write. */
struct ecoq_unit_of_work {
	struct ecoq_unit_of_work *outer; /* of an enclosing worker run; joined by nobody */
	uint32_t depth;
	struct ecoq_collected *items;
	size_t count;
	size_t capacity;
	ecoq_pdo_unit *transaction; /* on the database; NULL: none is begun */
	bool is_within;             /* a transaction of the application's, or one that another Messaging holds on the same \PDO */
	bool is_execution;          /* of a delivery: what it sends is written with its transaction, wherever it goes */
	bool met_conflict;          /* another transaction was in the way of a statement of ecoq's own, and a handler may have caught the exception */
};

/* A message that waits for the end of its unit; owns its strings and a reference of the channel. */
typedef struct ecoq_collected {
	ecoq_channel *channel;
	zend_string *body;
	zend_string *id;
	zend_string *type;
	zend_string *trace_id;
	zend_string *lang;    /* of who made the message; NULL: ecoq */
	zend_string *headers; /* ecoq_channel_headers(); NULL: none */
	zend_string *group;   /* ecoq_group_name(); NULL: none */
	int64_t deliver_at;
	int64_t expires_at;
	uint8_t priority;
	bool id_is_new;
	bool is_written;         /* within the transaction: nothing is left to do */
	uint64_t row, row_fence; /* of its own row in the leg's queue, to be removed once it is sent; 0: none */
} ecoq_collected;

/* Joins the open unit or opens one. The mark is where this caller's messages begin. */
size_t ecoq_unit_begin(ecoq_messaging *messaging);

/* Begins the unit's transaction, for code of the application to run in, unless there is no database or it has begun. `immediate`: SQLite's write lock
 * is taken at once. */
ecoq_result ecoq_unit_begin_transaction(ecoq_messaging *messaging, bool immediate, ecoq_error *error);

/* Ends what begin() began. Success of the outermost writes and sends everything; false with an exception pending when that failed (the text says
 * what was not sent). `*conflict` (may be NULL) tells that another transaction was in the way: then nothing was sent, no exception is pending, and
 * the whole may be run again. Otherwise what was collected since the mark is forgotten; the outermost rolls its transaction back. */
bool ecoq_unit_commit(ecoq_messaging *messaging, bool *conflict);
void ecoq_unit_roll_back(ecoq_messaging *messaging, size_t mark);

/* Does work as a unit, or as a part of the open one: begin, work, commit or roll back, and all that again where another transaction was in the way and
 * this is the outermost. `in_transaction`: the work runs code of the application, or writes to the database itself. The work returns false with an
 * exception pending. False with one pending. */
typedef bool (*ecoq_unit_work)(ecoq_messaging *messaging, void *context);
bool ecoq_unit_run(ecoq_messaging *messaging, bool in_transaction, ecoq_unit_work work, void *context);

/* Takes what was collected since the mark out of the unit and sends it, whatever becomes of the unit; not by way of an outbox. ECOQ_INVALID for a
 * channel that is on the database while a transaction is open there. */
ecoq_result ecoq_unit_send_now(ecoq_messaging *messaging, size_t mark, ecoq_error *error);

/* Forgets what was collected since the mark, without ending anything. */
void ecoq_unit_discard_since(ecoq_messaging *messaging, size_t mark);

/* Whether the pending exception is the engine's word that another transaction was in the way of this unit's own. */
bool ecoq_unit_is_conflict(const ecoq_messaging *messaging);

/* Before the unit is run again, the `round`th time (from 1): a pause at random, longer from time to time. False: it was run often enough. */
bool ecoq_unit_may_rerun(int round);

/* Adds a message; takes over the references in `message`. */
void ecoq_unit_collect(ecoq_messaging *messaging, const ecoq_collected *message);

/* ---- The steps of commit(), for the execution of a delivery ---- */

/* A unit that joins nothing: `unit` lives in the caller. close() rolls back what was not committed. */
void ecoq_unit_open(ecoq_messaging *messaging, ecoq_unit_of_work *unit);
void ecoq_unit_close(ecoq_messaging *messaging);

/* Looks what became of the transaction, and writes what belongs in it. ECOQ_CONFLICT: to be run again. ECOQ_PROTOCOL: the engine aborted it. Without
 * a transaction and with nothing to write, it does nothing. */
ecoq_result ecoq_unit_write(ecoq_messaging *messaging, ecoq_error *error);

/* Commits the transaction, if there is one. */
ecoq_result ecoq_unit_commit_transaction(ecoq_messaging *messaging, ecoq_error *error);

/* Sends what was not written. Where it has rows of its own a failure is none: the rows stay for a relay. */
ecoq_result ecoq_unit_send_rest(ecoq_messaging *messaging, ecoq_error *error);

/* The three of them. */
ecoq_result ecoq_unit_flush(ecoq_messaging *messaging, ecoq_error *error);

#endif
