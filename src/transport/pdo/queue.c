#include "transport/pdo/queue.h"

#include "transport/pdo/id_list.h"
#include "transport/pdo/unit.h"

const char *ecoq_pdo_doing(const ecoq_pdo_queue *queue, const char *what, char *text, size_t capacity)
{
	snprintf(text, capacity, "%s queue \"%.64s\"", what, Z_STRVAL(queue->name));
	return text;
}

/* ---- sending ---------------------------------------------------------------------------------------------------------------- */

struct batch {
	ecoq_pdo_queue *queue;
	const ecoq_outgoing *messages;
	size_t count;
	bool one_statement;
};

/* Of a \PDO that was idle, the server may have ended the session: found out before anything is sent, it is certain that nothing was. */
static bool is_there(ecoq_pdo_connection *c)
{
	bool there = ecoq_pdo_command(c, "DO 0");
	c->was_told = !there;
	return there;
}

static bool insert_batch(ecoq_pdo_connection *c, void *context)
{
	struct batch *batch = context;
	bool asks_first = batch->one_statement && !c->own && c->dialect->engine == ECOQ_PDO_MYSQL && !ecoq_pdo_unit_open(c);
	return (!asks_first || is_there(c)) && ecoq_pdo_insert_many(c, &batch->queue->name, batch->messages, batch->count, true);
}

ecoq_result ecoq_pdo_send(ecoq_pdo_queue *queue, const ecoq_outgoing *messages, size_t count, ecoq_error *error)
{
	const char *const *statements = queue->connection->dialect->statements;
	bool stands_alone = count == 1 && (!messages[0].id.size || messages[0].id_is_new || !statements[ECOQ_PDO_REMEMBER]);
	struct batch batch = {queue, messages, count, stands_alone || statements[ECOQ_PDO_INSERT_MANY]};
	char doing[128];
	return count == 0 ? ECOQ_OK : ecoq_pdo_run(queue->connection, batch.one_statement ? ECOQ_PDO_ALONE : ECOQ_PDO_ATOMIC, true, insert_batch, &batch, ecoq_pdo_doing(queue, "Sending to", doing, sizeof(doing)), error);
}

/* ---- handing back ----------------------------------------------------------------------------------------------------------- */

struct returned {
	ecoq_delivery *const *deliveries;
	size_t count;
};

/* The end of the run of deliveries with the same fence that begins at `from`. */
static size_t run_end(const struct returned *r, size_t from)
{
	size_t to = from + 1;
	while (to < r->count && r->deliveries[to]->fence == r->deliveries[from]->fence) {
		to++;
	}
	return to;
}

static bool hand_back(ecoq_pdo_connection *c, void *context)
{
	struct returned *r = context;
	for (size_t from = 0, to; from < r->count; from = to) {
		ecoq_id_list ids = {0};
		zval parameters[3];
		to = run_end(r, from);
		for (size_t i = from; i < to; i++) {
			ecoq_id_list_add(&ids, r->deliveries[i]->number);
		}
		ecoq_id_list_finish(&ids, &parameters[0]);
		ZVAL_LONG(&parameters[1], (zend_long) r->deliveries[from]->fence);
		ZVAL_LONG(&parameters[2], ecoq_pdo_now(c));
		bool done = ecoq_pdo_execute(c, ECOQ_PDO_HAND_BACK, parameters, 3, NULL, NULL);
		zval_ptr_dtor(&parameters[0]);
		if (!done) {
			return false;
		}
	}
	return true;
}

ecoq_result ecoq_pdo_hand_back(ecoq_pdo_queue *queue, ecoq_delivery *const *deliveries, size_t count, ecoq_error *error)
{
	struct returned r = {deliveries, count};
	char doing[128];
	return count == 0 ? ECOQ_OK : ecoq_pdo_run(queue->connection, run_end(&r, 0) == count ? ECOQ_PDO_ALONE : ECOQ_PDO_ATOMIC, false, hand_back, &r, ecoq_pdo_doing(queue, "Handing messages back to", doing, sizeof(doing)), error);
}

/* ---- looking ---------------------------------------------------------------------------------------------------------------- */

static ecoq_result run_query(ecoq_pdo_queue *queue, enum ecoq_pdo_statement statement, zval *parameters, uint32_t count, zval *rows, const char *what,
	ecoq_error *error)
{
	char doing[128];
	return ecoq_pdo_run_query(queue->connection, false, queue->connection->dialect->statements[statement], parameters, count, rows, NULL,
		ecoq_pdo_doing(queue, what, doing, sizeof(doing)), error);
}

ecoq_result ecoq_pdo_still_mine(ecoq_pdo_queue *queue, const ecoq_delivery *delivery, ecoq_error *error)
{
	zval parameters[2], rows;
	ecoq_id_list ids = {0};

	ecoq_id_list_add(&ids, delivery->number);
	ecoq_id_list_finish(&ids, &parameters[0]);
	ZVAL_LONG(&parameters[1], (zend_long) delivery->fence);
	ecoq_result result = run_query(queue, ECOQ_PDO_FENCED, parameters, 2, &rows, "Checking a reservation in", error);
	zval_ptr_dtor(&parameters[0]);
	if (result != ECOQ_OK) {
		return result;
	}
	bool mine = zend_hash_num_elements(Z_ARRVAL(rows)) == 1;
	zval_ptr_dtor(&rows);
	return mine ? ECOQ_OK : ecoq_fail(error, ECOQ_LOST, "Message %llu of queue \"%.64s\" is not reserved by this process any more", (unsigned long long) delivery->number, Z_STRVAL(queue->name));
}

ecoq_result ecoq_pdo_stats(ecoq_pdo_queue *queue, ecoq_queue_stats *stats, ecoq_error *error)
{
	zval parameters[2], rows;

	ZVAL_COPY_VALUE(&parameters[0], &queue->name);
	ZVAL_LONG(&parameters[1], ecoq_pdo_now(queue->connection));
	ecoq_result result = run_query(queue, ECOQ_PDO_STATS, parameters, 2, &rows, "Counting", error);
	if (result == ECOQ_OK) {
		zval *row = zend_hash_index_find(Z_ARRVAL(rows), 0);
		stats->ready = row ? ecoq_pdo_int(row, 0) + ecoq_pdo_int(row, 1) + ecoq_pdo_int(row, 2) : 0;
		stats->delayed = row ? ecoq_pdo_int(row, 3) : 0;
		stats->reserved = row ? ecoq_pdo_int(row, 4) : 0;
		stats->exact = true;
		zval_ptr_dtor(&rows);
	}
	return result;
}

ecoq_result ecoq_pdo_browse(ecoq_pdo_queue *queue, size_t offset, size_t max, ecoq_delivery *deliveries, size_t *count, ecoq_error *error)
{
	zval parameters[3], rows, *row;

	ZVAL_COPY_VALUE(&parameters[0], &queue->name);
	ZVAL_LONG(&parameters[1], (zend_long) max);
	ZVAL_LONG(&parameters[2], (zend_long) offset);
	*count = 0;
	ecoq_result result = run_query(queue, ECOQ_PDO_BROWSE, parameters, 3, &rows, "Reading", error);
	if (result == ECOQ_OK) {
		ZEND_HASH_FOREACH_VAL(Z_ARRVAL(rows), row) {
			ecoq_pdo_delivery_from_row(row, 0, &deliveries[(*count)++]);
		}
		ZEND_HASH_FOREACH_END();
		zval_ptr_dtor(&rows);
	}
	return result;
}

ecoq_result ecoq_pdo_purge(ecoq_pdo_queue *queue, size_t *removed, ecoq_error *error)
{
	zend_long affected = 0;
	char doing[128];
	ecoq_result result = ecoq_pdo_run_query(queue->connection, true, queue->connection->dialect->statements[ECOQ_PDO_PURGE], &queue->name, 1, NULL, &affected,
		ecoq_pdo_doing(queue, "Purging", doing, sizeof(doing)), error);
	*removed = (size_t) affected;
	return result;
}
