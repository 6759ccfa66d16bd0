#include "transport/pdo/queue.h"

#include "transport/pdo/id_list.h"

/* Settling: successors are stored and originals removed in one transaction. The fence is one number for a whole claim, so a batch of
 * acknowledgements is one statement; only when that statement removed less than expected is it worth asking which were lost, unless the
 * statement tells that itself. */

struct settling {
	ecoq_pdo_queue *queue;
	ecoq_settlement *settlements;
	size_t count;
	bool ask; /* some were lost: find out which before removing any */
};

static size_t run_end(const struct settling *s, size_t from)
{
	size_t to = from + 1;
	while (to < s->count && s->settlements[to].delivery->fence == s->settlements[from].delivery->fence) {
		to++;
	}
	return to;
}

static void mark_lost(struct settling *s, size_t from, size_t to, zval *rows)
{
	HashTable mine;
	zval *row;

	zend_hash_init(&mine, zend_hash_num_elements(Z_ARRVAL_P(rows)), NULL, NULL, false);
	ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(rows), row) {
		zend_hash_index_add_empty_element(&mine, ecoq_pdo_int(row, 0));
	}
	ZEND_HASH_FOREACH_END();
	/* Each row answers for one settlement: a delivery that stands twice in a batch is lost the second time. */
	for (size_t i = from; i < to; i++) {
		bool is_mine = zend_hash_index_del(&mine, s->settlements[i].delivery->number) == SUCCESS;
		s->settlements[i].result = is_mine ? ECOQ_OK : ECOQ_LOST;
	}
	zend_hash_destroy(&mine);
}

/* The run [from, to) of one fence. */
static bool remove_run(ecoq_pdo_connection *c, struct settling *s, size_t from, size_t to)
{
	ecoq_id_list ids = {0};
	zval parameters[2], rows;
	zend_long affected = 0;

	for (size_t i = from; i < to; i++) {
		ecoq_id_list_add(&ids, s->settlements[i].delivery->number);
		s->settlements[i].result = ECOQ_OK;
	}
	ecoq_id_list_finish(&ids, &parameters[0]);
	ZVAL_LONG(&parameters[1], (zend_long) s->settlements[from].delivery->fence);
	bool tells = c->dialect->remove_returns_ids, done = true;
	if (tells || s->ask) {
		done = ecoq_pdo_execute(c, tells ? ECOQ_PDO_REMOVE : ECOQ_PDO_FENCED, parameters, 2, &rows, NULL);
		if (done) {
			mark_lost(s, from, to, &rows);
			zval_ptr_dtor(&rows);
		}
	}
	done = done && (tells || ecoq_pdo_execute(c, ECOQ_PDO_REMOVE, parameters, 2, NULL, &affected));
	zval_ptr_dtor(&parameters[0]);
	if (done && !tells && !s->ask && (size_t) affected != to - from) {
		s->ask = true;
		return false; /* without a failure: rolled back and called again */
	}
	return done;
}

static bool store_successor(ecoq_pdo_connection *c, struct settling *s, const ecoq_settlement *settlement)
{
	zval other;
	if (!settlement->successor_queue.size) {
		return ecoq_pdo_insert(c, &s->queue->name, settlement->successor, false);
	}
	ZVAL_STRINGL(&other, settlement->successor_queue.data, settlement->successor_queue.size);
	bool done = ecoq_pdo_insert(c, &other, settlement->successor, false);
	zval_ptr_dtor(&other);
	return done;
}

static bool settle(ecoq_pdo_connection *c, void *context)
{
	struct settling *s = context;
	for (size_t from = 0, to; from < s->count; from = to) {
		to = run_end(s, from);
		if (!remove_run(c, s, from, to)) {
			return false;
		}
	}
	for (size_t i = 0; i < s->count; i++) {
		const ecoq_settlement *settlement = &s->settlements[i];
		if (settlement->successor && settlement->result == ECOQ_OK && !store_successor(c, s, settlement)) {
			return false;
		}
	}
	return true;
}

static bool has_successor(const ecoq_settlement *settlements, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (settlements[i].successor) {
			return true;
		}
	}
	return false;
}

ecoq_result ecoq_pdo_settle(ecoq_pdo_queue *queue, ecoq_settlement *settlements, size_t count, ecoq_error *error)
{
	struct settling s = {queue, settlements, count, false};
	char doing[128];
	/* An acknowledgement that a power failure undoes is one more delivery, which at least once allows; a lost successor is not. */
	bool stores = has_successor(settlements, count);
	bool one_statement = count > 0 && !stores && queue->connection->dialect->remove_returns_ids && run_end(&s, 0) == count;
	return count == 0 ? ECOQ_OK : ecoq_pdo_run(queue->connection, one_statement ? ECOQ_PDO_ALONE : ECOQ_PDO_ATOMIC, stores, settle, &s, ecoq_pdo_doing(queue, "Settling messages of", doing, sizeof(doing)), error);
}
