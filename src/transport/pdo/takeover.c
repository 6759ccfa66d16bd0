#include "base/clock.h"
#include "transport/pdo/queue.h"

/* Taking over what dead owners left, and what the living have for too long. */

#define LOOK_EVERY_MS 500
#define ABSENT_FOR_MS 500 /* an owner is dead when it was found absent twice, at least this far apart */
/* After a connection was opened again: what broke it may have broken others', and they are given the time to come back. */
#define PATIENCE_MS 3000

static bool may_judge(const ecoq_pdo_connection *c)
{
	return !c->is_renewed || ecoq_clock_monotonic_ms() - c->connected_at_ms >= PATIENCE_MS;
}

/* ---- the dead --------------------------------------------------------------------------------------------------------------- */

struct burial {
	ecoq_pdo_owner *self;
	zend_long owner;
	bool buried;
};

/* Its row goes first: a claim of it that is still on its way keeps the row locked, where several can write at once, and can be seen after that. Tested once
 * more then: the owner cannot come to life any more, since its id is never given out again. */
static bool bury(ecoq_pdo_connection *c, void *context)
{
	struct burial *b = context;
	bool held;
	zval owner;

	b->buried = false;
	if (!ecoq_pdo_owner_look_for(b->self, b->owner, &held)) {
		return false;
	}
	if (held) {
		return true;
	}
	ZVAL_LONG(&owner, b->owner);
	b->buried = ecoq_pdo_execute(c, ECOQ_PDO_UNREGISTER, &owner, 1, NULL, NULL) && ecoq_pdo_execute(c, ECOQ_PDO_ORPHAN, &owner, 1, NULL, NULL);
	return b->buried;
}

static bool mark_absent(ecoq_pdo_connection *c, void *context)
{
	zval parameters[2];
	ZVAL_LONG(&parameters[0], ((struct burial *) context)->owner);
	ZVAL_LONG(&parameters[1], ecoq_pdo_now(c));
	return ecoq_pdo_execute(c, ECOQ_PDO_ABSENT, parameters, 2, NULL, NULL);
}

/* The first to find an owner absent writes it down, so that workers that run for moments only, one after the other, count together. A negative time: not
 * found absent so far, or a clock was set back. */
static ecoq_result judge_absent(struct burial *b, int64_t absent_for_ms, ecoq_error *error)
{
	if (absent_for_ms >= 0 && absent_for_ms < ABSENT_FOR_MS) {
		return ECOQ_OK;
	}
	return ecoq_pdo_run(b->self->connection, ECOQ_PDO_ATOMIC, false, absent_for_ms >= 0 ? bury : mark_absent, b, "Taking over from a dead worker", error);
}

static bool read_owners(ecoq_pdo_connection *c, void *context)
{
	zval now;
	ZVAL_LONG(&now, ecoq_pdo_now(c));
	return ecoq_pdo_execute(c, ECOQ_PDO_OWNERS, &now, 1, context, NULL);
}

static ecoq_result bury_the_dead(ecoq_pdo_queue *queue, ecoq_error *error)
{
	bool server_looks = queue->connection->dialect->statements[ECOQ_PDO_IS_HELD] != NULL;
	zval rows, *row;
	ecoq_result result = ecoq_pdo_run(queue->connection, ECOQ_PDO_ALONE, false, read_owners, &rows, "Looking for dead workers", error);
	if (result != ECOQ_OK) {
		return result;
	}
	ZEND_HASH_FOREACH_VAL(Z_ARRVAL(rows), row) {
		struct burial b = {.self = &queue->owner, .owner = ecoq_pdo_int(row, 0)};
		bool held = false;
		if (result == ECOQ_OK && (server_looks || (ecoq_pdo_owner_look_for(b.self, b.owner, &held) && !held))) {
			result = judge_absent(&b, ecoq_pdo_int(row, 1), error);
		}
	}
	ZEND_HASH_FOREACH_END();
	zval_ptr_dtor(&rows);
	return result;
}

/* ---- one other -------------------------------------------------------------------------------------------------------------- */

struct inquiry {
	ecoq_pdo_owner *self;
	zend_long owner;
	bool is_registered, has_lock, held;
	int64_t absent_for_ms;
};

static bool inquire(ecoq_pdo_connection *c, void *context)
{
	struct inquiry *q = context;
	zval parameters[2], rows, *row;

	ZVAL_LONG(&parameters[0], q->owner);
	ZVAL_LONG(&parameters[1], ecoq_pdo_now(c));
	if (!ecoq_pdo_execute(c, ECOQ_PDO_OWNER, parameters, 2, &rows, NULL)) {
		return false;
	}
	row = zend_hash_index_find(Z_ARRVAL(rows), 0);
	q->is_registered = row != NULL;
	q->absent_for_ms = row ? ecoq_pdo_int(row, 1) : -1;
	q->has_lock = row && ecoq_pdo_int(row, 2);
	zval_ptr_dtor(&rows);
	return !q->has_lock || ecoq_pdo_owner_look_for(q->self, q->owner, &q->held);
}

ecoq_result ecoq_pdo_owner_is_dead(ecoq_pdo_owner *owner, int64_t other, bool *dead, ecoq_error *error)
{
	struct inquiry q = {.self = owner, .owner = other, .held = true};
	*dead = false;
	ecoq_result result = ecoq_pdo_owner_open_presence(owner, error);
	if (result == ECOQ_OK) {
		result = ecoq_pdo_run(owner->connection, ECOQ_PDO_ALONE, false, inquire, &q, "Looking for dead workers", error);
	}
	if (result != ECOQ_OK) {
		return result;
	}
	*dead = !q.is_registered;
	if (*dead || !q.has_lock || q.held || !may_judge(owner->connection)) {
		return ECOQ_OK;
	}
	struct burial b = {.self = owner, .owner = other};
	result = judge_absent(&b, q.absent_for_ms, error);
	*dead = result == ECOQ_OK && b.buried;
	return result;
}

/* ---- the overdue ------------------------------------------------------------------------------------------------------------ */

static ecoq_result take_the_overdue(ecoq_pdo_queue *queue, ecoq_error *error)
{
	ecoq_pdo_connection *c = queue->connection;
	zval parameters[3], rows; /* queue, now, timeout */
	ZVAL_COPY_VALUE(&parameters[0], &queue->name);
	ZVAL_LONG(&parameters[1], ecoq_pdo_now(c));
	ZVAL_LONG(&parameters[2], queue->timeout_ms);
	ecoq_result result = ecoq_pdo_run_query(c, false, c->dialect->statements[ECOQ_PDO_ANY_EXPIRED], parameters, 3, &rows, NULL, "Looking for overdue messages", error);
	if (result != ECOQ_OK) {
		return result;
	}
	bool any = ecoq_pdo_first_int(&rows) != 0;
	zval_ptr_dtor(&rows);
	return any ? ecoq_pdo_run_query(c, false, c->dialect->statements[ECOQ_PDO_EXPIRE], parameters, 3, NULL, NULL, "Taking over overdue messages", error) : ECOQ_OK;
}

/* ---- both ------------------------------------------------------------------------------------------------------------------- */

ecoq_result ecoq_pdo_take_over(ecoq_pdo_queue *queue, ecoq_error *error)
{
	ecoq_pdo_connection *c = queue->connection;
	int64_t now_ms = ecoq_clock_monotonic_ms();
	ecoq_result result = ECOQ_OK;

	int64_t overdue_every_ms = queue->timeout_ms / 4 < LOOK_EVERY_MS ? queue->timeout_ms / 4 : LOOK_EVERY_MS;
	if (queue->timeout_ms > 0 && (queue->looked_at_ms < 0 || now_ms - queue->looked_at_ms >= overdue_every_ms)) {
		queue->looked_at_ms = now_ms;
		result = take_the_overdue(queue, error);
	}
	if (result != ECOQ_OK || (c->looked_at_ms >= 0 && now_ms - c->looked_at_ms < LOOK_EVERY_MS) || !may_judge(c)) {
		return result;
	}
	c->looked_at_ms = now_ms;
	if (queue->owner.presence && !ecoq_presence_is_visible(queue->owner.presence)) {
		ecoq_pdo_owner_forget(&queue->owner);
	}
	result = ecoq_pdo_owner_open_presence(&queue->owner, error);
	return result == ECOQ_OK && ecoq_pdo_owner_has_lock(&queue->owner) ? bury_the_dead(queue, error) : result;
}
