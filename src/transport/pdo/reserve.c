#include "transport/pdo/queue.h"

#include "transport/pdo/id_list.h"

/* Reserving. How rows are read and marked is the dialect's: SQLite's RETURNING copies every row to a table of its own and gives no order, so that reading
 * first and marking then, in one transaction, costs two thirds of it. With a server it is one round trip instead of four. */

enum column {
	ID,
	BODY,
	MESSAGE_ID,
	RANK,
	DUE_AT,
	ATTEMPTS,
	CRASHES,
	DELIVERIES,
	STATE
};

struct claim {
	ecoq_pdo_queue *queue;
	const ecoq_reservation *request;
	bool any, suspects, promote; /* what a look found: anything to be had now, suspects, delayed ones that are due */
	bool not_registered;         /* out: this owner's registration is gone */
	int64_t next_due;            /* by the server's clock */
	uint64_t fence;
	zval rows;
};

/* NULL and '' are the same here: an application may have told PDO to turn one into the other. */
static ecoq_bytes cell_bytes(zval *row, enum column column)
{
	zval *cell = ecoq_pdo_cell(row, column);
	return cell && Z_TYPE_P(cell) == IS_STRING ? (ecoq_bytes){Z_STRVAL_P(cell), Z_STRLEN_P(cell)} : ECOQ_NO_BYTES;
}

void ecoq_pdo_delivery_from_row(zval *row, uint64_t fence, ecoq_delivery *delivery)
{
	zend_long state = ecoq_pdo_int(row, STATE);

	*delivery = (ecoq_delivery){
		.body = cell_bytes(row, BODY),
		.id = cell_bytes(row, MESSAGE_ID),
		.number = (uint64_t) ecoq_pdo_int(row, ID),
		.fence = fence,
		.deliver_at = ecoq_pdo_int(row, DUE_AT),
		.attempts = (uint32_t) ecoq_pdo_int(row, ATTEMPTS),
		.crashes = (uint32_t) ecoq_pdo_int(row, CRASHES),
		.priority = (uint8_t) (ECOQ_PRIORITY_MAX - ecoq_pdo_int(row, RANK)),
		.suspect = state == ECOQ_PDO_SUSPECT,
		.redelivered = ecoq_pdo_int(row, DELIVERIES) > 0,
		.storage = Z_ARRVAL_P(row),
	};
	Z_ADDREF_P(row);
}

/* What is there, without a lock: a worker that finds nothing does not take the write lock. */
static bool look(ecoq_pdo_connection *c, void *context)
{
	struct claim *claim = context;
	zval parameters[2], rows;
	ZVAL_COPY_VALUE(&parameters[0], &claim->queue->name);
	ZVAL_LONG(&parameters[1], ecoq_pdo_now(c));
	if (!ecoq_pdo_execute(c, ECOQ_PDO_LOOK, parameters, 2, &rows, NULL)) {
		return false;
	}
	zval *row = zend_hash_index_find(Z_ARRVAL(rows), 0);
	if (row && ecoq_pdo_cell(row, 3)) {
		ecoq_pdo_note_clock(c, ecoq_pdo_int(row, 3));
	}
	claim->suspects = row && ecoq_pdo_int(row, 1);
	claim->next_due = row ? ecoq_pdo_int(row, 2) : 0;
	claim->promote = claim->next_due && claim->next_due <= ecoq_pdo_now(c);
	claim->any = (row && ecoq_pdo_int(row, 0)) || claim->suspects || claim->promote;
	zval_ptr_dtor(&rows);
	return true;
}

static bool promote(ecoq_pdo_connection *c, struct claim *claim)
{
	zval parameters[2];
	struct claim after = *claim;

	ZVAL_COPY_VALUE(&parameters[0], &claim->queue->name);
	ZVAL_LONG(&parameters[1], ecoq_pdo_now(c));
	bool done = c->dialect->promote ? c->dialect->promote(c, parameters) : ecoq_pdo_execute(c, ECOQ_PDO_PROMOTE, parameters, 2, NULL, NULL);
	if (!done || !look(c, &after)) {
		return false;
	}
	claim->next_due = after.next_due;
	return true;
}

static bool pick(ecoq_pdo_connection *c, struct claim *claim, enum ecoq_pdo_statement how)
{
	zval parameters[5];

	zval_ptr_dtor(&claim->rows);
	ZVAL_UNDEF(&claim->rows);
	ZVAL_COPY_VALUE(&parameters[0], &claim->queue->name);
	ZVAL_LONG(&parameters[1], claim->queue->owner.id);
	if (how == ECOQ_PDO_PICK_ID) {
		ZVAL_STRINGL(&parameters[2], claim->request->message_id.data, claim->request->message_id.size);
	} else {
		ZVAL_LONG(&parameters[2], how == ECOQ_PDO_PICK_SUSPECT ? 1 : (zend_long) claim->request->max);
	}
	ZVAL_LONG(&parameters[3], (zend_long) claim->fence);
	ZVAL_LONG(&parameters[4], ecoq_pdo_now(c));
	bool done = ecoq_pdo_execute(c, how, parameters, 5, &claim->rows, NULL);
	zval_ptr_dtor(&parameters[2]);
	return done;
}

static uint32_t picked(const struct claim *claim)
{
	return Z_ISUNDEF(claim->rows) ? 0 : zend_hash_num_elements(Z_ARRVAL(claim->rows));
}

/* Nothing picked although something was there: another worker was faster, or the owner's row is gone (its lock file was removed, and it was
 * taken for dead; or the application rolled back the transaction that held the registration). */
static bool is_registered(ecoq_pdo_connection *c, struct claim *claim)
{
	zval owner, rows;
	ZVAL_LONG(&owner, claim->queue->owner.id);
	if (!ecoq_pdo_execute(c, ECOQ_PDO_IS_OWNER, &owner, 1, &rows, NULL)) {
		return false;
	}
	claim->not_registered = zend_hash_num_elements(Z_ARRVAL(rows)) == 0;
	zval_ptr_dtor(&rows);
	return true;
}

static void list_picked(const struct claim *claim, zval *list)
{
	ecoq_id_list ids = {0};
	zval *row;
	ZEND_HASH_FOREACH_VAL(Z_ARRVAL(claim->rows), row) {
		ecoq_id_list_add(&ids, (uint64_t) ecoq_pdo_int(row, ID));
	}
	ZEND_HASH_FOREACH_END();
	ecoq_id_list_finish(&ids, list);
}

static bool mark(ecoq_pdo_connection *c, struct claim *claim, bool one)
{
	zval parameters[6];
	zend_long affected;

	ZVAL_LONG(&parameters[0], claim->queue->owner.id);
	ZVAL_LONG(&parameters[1], (zend_long) claim->fence);
	ZVAL_LONG(&parameters[2], ecoq_pdo_now(c));
	ZVAL_UNDEF(&parameters[5]);
	if (one) {
		ZVAL_LONG(&parameters[3], ecoq_pdo_int(zend_hash_index_find(Z_ARRVAL(claim->rows), 0), ID));
	} else {
		ZVAL_COPY_VALUE(&parameters[3], &claim->queue->name);
		ZVAL_LONG(&parameters[4], (zend_long) claim->request->max);
		if (c->dialect->claiming == ECOQ_PDO_CLAIM_PICKED) {
			list_picked(claim, &parameters[5]);
		}
	}
	bool done = ecoq_pdo_execute(c, one ? ECOQ_PDO_CLAIM_ONE : ECOQ_PDO_CLAIM, parameters, one ? 4 : Z_ISUNDEF(parameters[5]) ? 5
																															  : 6,
		NULL, &affected);
	zval_ptr_dtor(&parameters[5]);
	return done && (zend_ulong) affected == picked(claim);
}

static bool claim_work(ecoq_pdo_connection *c, void *context)
{
	struct claim *claim = context;
	bool by_id = claim->request->message_id.size > 0, alone = by_id;

	claim->not_registered = false;
	zval_ptr_dtor(&claim->rows); /* of an attempt that was rolled back */
	ZVAL_UNDEF(&claim->rows);
	if (claim->promote && !promote(c, claim)) {
		return false;
	}
	if (claim->suspects || by_id) {
		alone = true;
		if (!pick(c, claim, by_id ? ECOQ_PDO_PICK_ID : ECOQ_PDO_PICK_SUSPECT)) {
			return false;
		}
	}
	if (picked(claim) == 0 && !by_id) {
		alone = false;
		if (!pick(c, claim, ECOQ_PDO_PICK)) {
			return false;
		}
	}
	if (picked(claim) == 0) {
		return is_registered(c, claim);
	}
	return c->dialect->claiming == ECOQ_PDO_CLAIM_AT_ONCE || mark(c, claim, alone);
}

static bool is_one_statement(const struct claim *claim)
{
	return claim->queue->connection->dialect->claiming == ECOQ_PDO_CLAIM_AT_ONCE && !claim->promote;
}

static ecoq_result make_claim(struct claim *claim, ecoq_error *error)
{
	ecoq_pdo_queue *queue = claim->queue;
	char doing[128];
	ecoq_pdo_doing(queue, "Reserving from", doing, sizeof(doing));

	for (int tries = 0; tries < 2; tries++) {
		ecoq_result result = ecoq_pdo_owner_register(&queue->owner, queue->timeout_ms, error);
		if (result != ECOQ_OK) {
			return result;
		}
		claim->fence = ecoq_pdo_owner_next_fence(&queue->owner);
		result = ecoq_pdo_run(queue->connection, is_one_statement(claim) ? ECOQ_PDO_ALONE : ECOQ_PDO_ATOMIC, false, claim_work, claim, doing, error);
		if (result != ECOQ_OK || !claim->not_registered) {
			return result;
		}
		ecoq_pdo_owner_forget(&queue->owner);
	}
	return ECOQ_OK;
}

static void take_rows(struct claim *claim, ecoq_delivery *deliveries, size_t *count)
{
	zval *row;
	if (!Z_ISUNDEF(claim->rows)) {
		ZEND_HASH_FOREACH_VAL(Z_ARRVAL(claim->rows), row) {
			ecoq_pdo_delivery_from_row(row, claim->fence, &deliveries[(*count)++]);
		}
		ZEND_HASH_FOREACH_END();
	}
}

static bool was_notified(ecoq_pdo_connection *c)
{
	return c->is_listening && c->dialect->was_notified(c);
}

ecoq_result ecoq_pdo_reserve(ecoq_pdo_queue *queue, const ecoq_reservation *request, ecoq_delivery *deliveries, size_t *count,
	int64_t *next_due, ecoq_error *error)
{
	struct claim claim = {.queue = queue, .request = request};
	ecoq_pdo_connection *c = queue->connection;
	ZVAL_UNDEF(&claim.rows);
	*count = 0;

	c->interruptible = true;
	c->interrupted = false;
	ecoq_file_watch_drain(&c->watch);
	was_notified(c);
	ecoq_result result = ecoq_pdo_take_over(queue, error);
	for (int looks = 0; result == ECOQ_OK && looks < 3; looks++) {
		result = ecoq_pdo_run(c, ECOQ_PDO_ALONE, false, look, &claim, "Looking for messages", error);
		/* A notification that came with the answer would make no descriptor readable any more. */
		if (claim.any || !was_notified(c)) {
			break;
		}
	}
	if (result == ECOQ_OK && (claim.any || request->message_id.size)) {
		result = make_claim(&claim, error);
	}
	c->interruptible = false;
	if (result == ECOQ_OK) {
		take_rows(&claim, deliveries, count);
	} else if (c->interrupted) {
		result = ECOQ_OK; /* whoever sent the signal comes first */
	}
	*next_due = claim.next_due ? claim.next_due - c->clock_ahead_ms : 0;
	zval_ptr_dtor(&claim.rows);
	return result;
}
