#include "transport/pdo/queue.h"

#include "base/clock.h"

/* Reserving. SQLite's RETURNING copies every row to a table of its own and gives no order: reading the rows first and marking them then,
 * in one transaction, costs two thirds of it. */

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
	int64_t now_ms;
	int64_t next_due;
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
	zval rows;
	if (!ecoq_pdo_execute(c, ECOQ_PDO_LOOK, &claim->queue->name, 1, &rows, NULL)) {
		return false;
	}
	zval *row = zend_hash_index_find(Z_ARRVAL(rows), 0);
	claim->suspects = row && ecoq_pdo_int(row, 1);
	claim->next_due = row ? ecoq_pdo_int(row, 2) : 0;
	claim->promote = claim->next_due && claim->next_due <= claim->now_ms;
	claim->any = (row && ecoq_pdo_int(row, 0)) || claim->suspects || claim->promote;
	zval_ptr_dtor(&rows);
	return true;
}

static bool promote(ecoq_pdo_connection *c, struct claim *claim)
{
	zval parameters[2];
	struct claim after = *claim;

	ZVAL_COPY_VALUE(&parameters[0], &claim->queue->name);
	ZVAL_LONG(&parameters[1], claim->now_ms);
	if (!ecoq_pdo_execute(c, ECOQ_PDO_PROMOTE, parameters, 2, NULL, NULL) || !look(c, &after)) {
		return false;
	}
	claim->next_due = after.next_due;
	return true;
}

static bool pick(ecoq_pdo_connection *c, struct claim *claim, enum ecoq_pdo_statement how)
{
	zval parameters[3];

	zval_ptr_dtor(&claim->rows);
	ZVAL_UNDEF(&claim->rows);
	ZVAL_COPY_VALUE(&parameters[0], &claim->queue->name);
	ZVAL_LONG(&parameters[1], claim->queue->owner);
	if (how == ECOQ_PDO_PICK_ID) {
		ZVAL_STRINGL(&parameters[2], claim->request->message_id.data, claim->request->message_id.size);
	} else {
		ZVAL_LONG(&parameters[2], how == ECOQ_PDO_PICK_SUSPECT ? 1 : (zend_long) claim->request->max);
	}
	bool done = ecoq_pdo_execute(c, how, parameters, 3, &claim->rows, NULL);
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
	ZVAL_LONG(&owner, claim->queue->owner);
	if (!ecoq_pdo_execute(c, ECOQ_PDO_IS_OWNER, &owner, 1, &rows, NULL)) {
		return false;
	}
	claim->not_registered = zend_hash_num_elements(Z_ARRVAL(rows)) == 0;
	zval_ptr_dtor(&rows);
	return true;
}

static bool mark(ecoq_pdo_connection *c, struct claim *claim, bool one)
{
	zval parameters[5];
	zend_long affected;

	ZVAL_LONG(&parameters[0], claim->queue->owner);
	ZVAL_LONG(&parameters[1], (zend_long) claim->fence);
	ZVAL_LONG(&parameters[2], claim->now_ms);
	if (one) {
		ZVAL_LONG(&parameters[3], ecoq_pdo_int(zend_hash_index_find(Z_ARRVAL(claim->rows), 0), ID));
	} else {
		ZVAL_COPY_VALUE(&parameters[3], &claim->queue->name);
		ZVAL_LONG(&parameters[4], (zend_long) claim->request->max);
	}
	return ecoq_pdo_execute(c, one ? ECOQ_PDO_CLAIM_ONE : ECOQ_PDO_CLAIM, parameters, one ? 4 : 5, NULL, &affected)
		&& (zend_ulong) affected == picked(claim);
}

static bool claim_work(ecoq_pdo_connection *c, void *context)
{
	struct claim *claim = context;
	bool by_id = claim->request->message_id.size > 0, alone = by_id;

	claim->not_registered = false;
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
	return picked(claim) == 0 ? is_registered(c, claim) : mark(c, claim, alone);
}

static ecoq_result make_claim(struct claim *claim, ecoq_error *error)
{
	ecoq_pdo_queue *queue = claim->queue;
	char doing[128];
	ecoq_pdo_doing(queue, "Reserving from", doing, sizeof(doing));

	for (int tries = 0; tries < 2; tries++) {
		ecoq_result result = queue->owner ? ECOQ_OK : ecoq_pdo_register(queue, error);
		if (result != ECOQ_OK) {
			return result;
		}
		/* Unique for ever: an owner id is never given out twice. */
		claim->fence = ((uint64_t) queue->owner << 32) + ++queue->claims;
		result = ecoq_pdo_run(queue->connection, ECOQ_PDO_ATOMIC, false, claim_work, claim, doing, error);
		if (result != ECOQ_OK || !claim->not_registered) {
			return result;
		}
		ecoq_pdo_forget(queue);
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

ecoq_result ecoq_pdo_reserve(ecoq_pdo_queue *queue, const ecoq_reservation *request, ecoq_delivery *deliveries, size_t *count,
	int64_t *next_due, ecoq_error *error)
{
	struct claim claim = {.queue = queue, .request = request, .now_ms = ecoq_clock_now_ms()};
	ecoq_pdo_connection *c = queue->connection;
	ZVAL_UNDEF(&claim.rows);
	*count = 0;

	c->interruptible = true;
	c->interrupted = false;
	ecoq_file_watch_drain(&c->watch);
	ecoq_result result = ecoq_pdo_take_over(queue, error);
	if (result == ECOQ_OK) {
		result = ecoq_pdo_run(c, ECOQ_PDO_ALONE, false, look, &claim, "Looking for messages", error);
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
	*next_due = claim.next_due;
	zval_ptr_dtor(&claim.rows);
	return result;
}
