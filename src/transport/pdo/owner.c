#include "transport/pdo/queue.h"

#include <unistd.h>

#include "base/clock.h"

/* Owners: registering one before its first claim, and taking over what dead ones left. */

#define LOOK_EVERY_MS 500
#define ABSENT_FOR_MS 500 /* an owner is dead when it was found absent twice, at least this far apart */

/* The byte that stands for an owner. Ids count per table prefix, so each prefix but the usual one has a range of its own. */
static int64_t byte_of(const ecoq_pdo_connection *c, zend_long owner)
{
	zend_ulong range = zend_string_equals_literal(c->table, "ecoq") ? 0 : zend_string_hash_func(c->table) & 0x3fffffff;
	return (int64_t) (range << 32) + owner;
}

/* ---- registration ----------------------------------------------------------------------------------------------------------- */

struct registration {
	ecoq_pdo_queue *queue;
	zend_long owner;
	bool lease; /* no locks on this file system: only the time limit tells that this owner is gone */
	ecoq_error *error;
	ecoq_result result;
};

static bool insert_owner(ecoq_pdo_connection *c, struct registration *r, bool locked)
{
	char host[64] = "";
	zval parameters[4], rows;

	gethostname(host, sizeof(host) - 1);
	ZVAL_LONG(&parameters[0], getpid());
	ZVAL_STRING(&parameters[1], host);
	ZVAL_LONG(&parameters[2], ecoq_clock_now_ms());
	ZVAL_LONG(&parameters[3], locked);
	bool done = ecoq_pdo_execute(c, ECOQ_PDO_REGISTER, parameters, 4, &rows, NULL);
	zval_ptr_dtor(&parameters[1]);
	if (done) {
		r->owner = ecoq_pdo_first_int(&rows);
		zval_ptr_dtor(&rows);
	}
	return done;
}

/* The byte is locked before anyone can see the owner. */
static bool register_owner(ecoq_pdo_connection *c, void *context)
{
	struct registration *r = context;
	ecoq_presence *presence = r->lease ? NULL : r->queue->presence;

	if (r->owner && presence) {
		ecoq_presence_drop(presence, byte_of(c, r->owner));
	}
	r->result = ECOQ_OK;
	if (!insert_owner(c, r, presence != NULL)) {
		return false;
	}
	r->result = presence ? ecoq_presence_hold(presence, byte_of(c, r->owner), r->error) : ECOQ_OK;
	if (r->result == ECOQ_UNSUPPORTED && r->queue->timeout_ms > 0) {
		r->lease = true;
		r->owner = 0;
		return false;
	}
	return r->result == ECOQ_OK || r->lease;
}

static ecoq_result open_presence(ecoq_pdo_queue *queue, ecoq_error *error)
{
	if (queue->presence && !ecoq_presence_is_visible(queue->presence)) {
		ecoq_presence_close(queue->presence);
		queue->presence = NULL;
	}
	if (queue->presence || !queue->connection->file) {
		return ECOQ_OK;
	}
	return ecoq_presence_open(queue->connection->file, &queue->presence, error);
}

ecoq_result ecoq_pdo_register(ecoq_pdo_queue *queue, ecoq_error *error)
{
	struct registration r = {.queue = queue, .error = error};
	ecoq_result result = open_presence(queue, error);
	if (result != ECOQ_OK) {
		return result;
	}
	result = ecoq_pdo_run(queue->connection, ECOQ_PDO_ATOMIC, false, register_owner, &r, "Registering as a worker", error);
	if (result == ECOQ_OK) {
		queue->owner = r.owner;
		queue->claims = 0;
	} else if (r.owner && queue->presence) {
		ecoq_presence_drop(queue->presence, byte_of(queue->connection, r.owner));
	}
	return result;
}

void ecoq_pdo_forget(ecoq_pdo_queue *queue)
{
	if (queue->presence) {
		if (queue->owner) {
			ecoq_presence_drop(queue->presence, byte_of(queue->connection, queue->owner));
		}
		ecoq_presence_close(queue->presence);
		queue->presence = NULL;
	}
	queue->owner = 0;
}

static bool resign(ecoq_pdo_connection *c, void *context)
{
	zval parameters[2];
	ZVAL_LONG(&parameters[0], *(int64_t *) context);
	ZVAL_LONG(&parameters[1], ecoq_clock_now_ms());
	return ecoq_pdo_execute(c, ECOQ_PDO_FREE, parameters, 2, NULL, NULL)
		&& ecoq_pdo_execute(c, ECOQ_PDO_UNREGISTER, parameters, 1, NULL, NULL);
}

void ecoq_pdo_resign(ecoq_pdo_queue *queue)
{
	ecoq_pdo_connection *c = queue->connection;
	if (queue->owner) {
		ecoq_error ignored;
		int64_t patience = c->busy_timeout_ms;
		c->busy_timeout_ms = patience < 1000 ? patience : 1000;
		ecoq_pdo_run(c, ECOQ_PDO_ATOMIC, false, resign, &queue->owner, "Resigning", &ignored);
		c->busy_timeout_ms = patience;
	}
	ecoq_pdo_forget(queue);
}

/* ---- the dead --------------------------------------------------------------------------------------------------------------- */

static bool read_owners(ecoq_pdo_connection *c, void *context)
{
	return ecoq_pdo_execute(c, ECOQ_PDO_OWNERS, NULL, 0, context, NULL);
}

struct burial {
	ecoq_pdo_queue *queue;
	zend_long owner;
};

/* Tested once more while nobody else can write: the owner cannot come to life any more, since its id is never given out again. */
static bool bury(ecoq_pdo_connection *c, void *context)
{
	struct burial *b = context;
	zval owner;

	if (ecoq_presence_is_held(b->queue->presence, byte_of(c, b->owner))) {
		return true;
	}
	ZVAL_LONG(&owner, b->owner);
	return ecoq_pdo_execute(c, ECOQ_PDO_ORPHAN, &owner, 1, NULL, NULL) && ecoq_pdo_execute(c, ECOQ_PDO_UNREGISTER, &owner, 1, NULL, NULL);
}

static bool mark_absent(ecoq_pdo_connection *c, void *context)
{
	zval parameters[2];
	ZVAL_LONG(&parameters[0], ((struct burial *) context)->owner);
	ZVAL_LONG(&parameters[1], ecoq_clock_now_ms());
	return ecoq_pdo_execute(c, ECOQ_PDO_ABSENT, parameters, 2, NULL, NULL);
}

/* The first to find an owner absent writes it down, so that workers that run for moments only, one after the other, count together. */
static ecoq_result judge_absent(ecoq_pdo_queue *queue, zend_long owner, int64_t absent_since, ecoq_error *error)
{
	struct burial b = {queue, owner};
	int64_t absent_for = ecoq_clock_now_ms() - absent_since;
	if (absent_since > 0 && absent_for >= 0 && absent_for < ABSENT_FOR_MS) {
		return ECOQ_OK;
	}
	return ecoq_pdo_run(queue->connection, ECOQ_PDO_ATOMIC, false, absent_since > 0 && absent_for >= 0 ? bury : mark_absent, &b,
		"Taking over from a dead worker", error);
}

static ecoq_result bury_the_dead(ecoq_pdo_queue *queue, ecoq_error *error)
{
	ecoq_pdo_connection *c = queue->connection;
	zval rows, *row;
	ecoq_result result = ecoq_pdo_run(c, ECOQ_PDO_ALONE, false, read_owners, &rows, "Looking for dead workers", error);
	if (result != ECOQ_OK) {
		return result;
	}
	ZEND_HASH_FOREACH_VAL(Z_ARRVAL(rows), row) {
		zend_long owner = ecoq_pdo_int(row, 0);
		if (result == ECOQ_OK && !ecoq_presence_is_held(queue->presence, byte_of(c, owner))) {
			result = judge_absent(queue, owner, ecoq_pdo_int(row, 1), error);
		}
	}
	ZEND_HASH_FOREACH_END();
	zval_ptr_dtor(&rows);
	return result;
}

/* ---- the overdue ------------------------------------------------------------------------------------------------------------ */

struct expiry {
	zval parameters[2]; /* queue, instant */
	bool any;
};

static bool look_for_overdue(ecoq_pdo_connection *c, void *context)
{
	struct expiry *e = context;
	zval rows;
	if (!ecoq_pdo_execute(c, ECOQ_PDO_ANY_EXPIRED, e->parameters, 2, &rows, NULL)) {
		return false;
	}
	e->any = ecoq_pdo_first_int(&rows) != 0;
	zval_ptr_dtor(&rows);
	return true;
}

static bool expire(ecoq_pdo_connection *c, void *context)
{
	return ecoq_pdo_execute(c, ECOQ_PDO_EXPIRE, ((struct expiry *) context)->parameters, 2, NULL, NULL);
}

static ecoq_result take_the_overdue(ecoq_pdo_queue *queue, ecoq_error *error)
{
	struct expiry e = {.any = false};
	ZVAL_COPY_VALUE(&e.parameters[0], &queue->name);
	ZVAL_LONG(&e.parameters[1], ecoq_clock_now_ms() - queue->timeout_ms);
	ecoq_result result = ecoq_pdo_run(queue->connection, ECOQ_PDO_ALONE, false, look_for_overdue, &e, "Looking for overdue messages", error);
	if (result == ECOQ_OK && e.any) {
		result = ecoq_pdo_run(queue->connection, ECOQ_PDO_ALONE, false, expire, &e, "Taking over overdue messages", error);
	}
	return result;
}

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
	if (result != ECOQ_OK || !c->file || (c->looked_at_ms >= 0 && now_ms - c->looked_at_ms < LOOK_EVERY_MS)) {
		return result;
	}
	c->looked_at_ms = now_ms;
	if (queue->presence && !ecoq_presence_is_visible(queue->presence)) {
		ecoq_pdo_forget(queue);
	}
	result = open_presence(queue, error);
	return result == ECOQ_OK ? bury_the_dead(queue, error) : result;
}
