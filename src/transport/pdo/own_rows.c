#include "transport/pdo/own_rows.h"

#include "base/clock.h"

#define INSERT(now) "INSERT INTO {t}_messages (queue, state, rank, due_at, message_id, attempts, crashes, body, owner, fence, claimed_at, deliveries)" \
					" VALUES ({1}, 2, {2}, 0, {3}, 0, 0, {4}, {5}, {6}, " now ", 1) RETURNING id"

/* An owner whose row is gone is dead to everyone, and what it reserves would be reserved for ever. The row is kept until the unit ends. */
static const char *const owner_stands[ECOQ_PDO_ENGINE_COUNT] = {
	[ECOQ_PDO_SQLITE] = "SELECT 1 FROM {t}_owners WHERE id = {1}",
	[ECOQ_PDO_POSTGRESQL] = "SELECT 1 FROM {t}_owners WHERE id = {1} FOR KEY SHARE",
	[ECOQ_PDO_MYSQL] = "SELECT 1 FROM {t}_owners WHERE id = {1} LOCK IN SHARE MODE",
};

/* By the clock of a server, where there is one; {7} is this process's. MySQL gives ids beforehand, as {7}. */
static const char *const insert[ECOQ_PDO_ENGINE_COUNT] = {
	[ECOQ_PDO_SQLITE] = INSERT("{7}"),
	[ECOQ_PDO_POSTGRESQL] = INSERT("CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)"),
	[ECOQ_PDO_MYSQL] = ("INSERT INTO {t}_messages (id, queue, state, message_rank, due_at, message_id, attempts, crashes, body, owner, fence, claimed_at, deliveries)"
						" VALUES ({7}, {1}, 2, {2}, 0, {3}, 0, 0, {4}, {5}, {6}, TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000, 1)"),
};

static const char mysql_id[] = "SELECT UUID_SHORT() & 9223372036854775807";

struct storing {
	ecoq_pdo_queue *queue;
	ecoq_pdo_owner *owner;
	const ecoq_outgoing *messages;
	size_t count;
	ecoq_delivery *rows;
	uint64_t fence;
	bool is_registered;
};

static bool look_for_owner(ecoq_pdo_connection *c, struct storing *s)
{
	zval owner, rows;
	ZVAL_LONG(&owner, s->owner->id);
	if (!ecoq_pdo_query(c, owner_stands[c->dialect->engine], &owner, 1, &rows, NULL)) {
		return false;
	}
	s->is_registered = zend_hash_num_elements(Z_ARRVAL(rows)) > 0;
	zval_ptr_dtor(&rows);
	return true;
}

static bool next_id(ecoq_pdo_connection *c, zend_long *id)
{
	zval rows;
	if (!ecoq_pdo_query(c, mysql_id, NULL, 0, &rows, NULL)) {
		return false;
	}
	*id = ecoq_pdo_first_int(&rows);
	zval_ptr_dtor(&rows);
	return true;
}

static bool insert_row(ecoq_pdo_connection *c, const struct storing *s, const ecoq_outgoing *message, zend_long *id)
{
	ecoq_pdo_engine engine = c->dialect->engine;
	bool returns = engine != ECOQ_PDO_MYSQL;
	zval parameters[7], rows;
	if (!returns && !next_id(c, id)) {
		return false;
	}
	ZVAL_COPY_VALUE(&parameters[0], &s->queue->name);
	ZVAL_LONG(&parameters[1], ECOQ_PRIORITY_MAX - ECOQ_PRIORITY_DEFAULT);
	ZVAL_STRINGL(&parameters[2], message->id.data, message->id.size);
	ZVAL_STRINGL(&parameters[3], message->body.data, message->body.size);
	ZVAL_LONG(&parameters[4], s->owner->id);
	ZVAL_LONG(&parameters[5], (zend_long) s->fence);
	ZVAL_LONG(&parameters[6], returns ? ecoq_clock_now_ms() : *id);
	bool done = ecoq_pdo_query(c, insert[engine], parameters, engine == ECOQ_PDO_POSTGRESQL ? 6 : 7, returns ? &rows : NULL, NULL);
	if (done && returns) {
		*id = ecoq_pdo_first_int(&rows);
		zval_ptr_dtor(&rows);
	}
	zval_ptr_dtor(&parameters[2]);
	zval_ptr_dtor(&parameters[3]);
	return done;
}

static bool store(ecoq_pdo_connection *c, void *context)
{
	struct storing *s = context;
	if (!look_for_owner(c, s)) {
		return false;
	}
	for (size_t i = 0; s->is_registered && i < s->count; i++) {
		zend_long id = 0;
		if (!insert_row(c, s, &s->messages[i], &id)) {
			return false;
		}
		s->rows[i] = (ecoq_delivery){.number = (uint64_t) id, .fence = s->fence};
	}
	return true;
}

ecoq_result ecoq_pdo_store_own(ecoq_pdo_queue *queue, ecoq_pdo_owner *owner, const ecoq_outgoing *messages, size_t count, ecoq_delivery *rows,
	ecoq_error *error)
{
	struct storing s = {.queue = queue, .owner = owner, .messages = messages, .count = count, .rows = rows};
	char doing[128];
	if (owner->id) {
		s.fence = ecoq_pdo_owner_next_fence(owner);
		ecoq_result result = ecoq_pdo_run(queue->connection, ECOQ_PDO_ATOMIC, true, store, &s, ecoq_pdo_doing(queue, "Storing messages in", doing, sizeof(doing)), error);
		if (result != ECOQ_OK || s.is_registered) {
			return result;
		}
		ecoq_pdo_owner_forget(owner);
	}
	return ecoq_fail(error, ECOQ_CONFLICT, "This process is not registered in the database (any more); the unit of work has to be run again");
}
