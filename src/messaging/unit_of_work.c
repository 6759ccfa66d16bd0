#include "messaging/unit_of_work.h"

#include "base/backoff.h"
#include "base/uuid.h"
#include "channel/outbox.h"
#include "messaging/after_commit.h"
#include "php/bytes.h"
#include "php/exceptions.h"

#define RERUNS 5

static ecoq_unit_of_work *unit_of(ecoq_messaging *messaging)
{
	return messaging->unit;
}

static void forget(ecoq_collected *item)
{
	ecoq_channel_release(item->channel);
	zend_string_release(item->body);
	zend_string_release(item->id);
	zend_string_release(item->type);
	zend_string_release(item->trace_id);
	zend_string *const optional[] = {item->lang, item->headers, item->group};
	for (size_t i = 0; i < sizeof(optional) / sizeof(*optional); i++) {
		if (optional[i]) {
			zend_string_release(optional[i]);
		}
	}
}

static void forget_since(ecoq_unit_of_work *unit, size_t mark)
{
	while (unit->count > mark) {
		forget(&unit->items[--unit->count]);
	}
}

/* ---- The transaction ---- */

static void roll_back_transaction(ecoq_unit_of_work *unit)
{
	ecoq_pdo_guard guard;
	if (unit->transaction) {
		ecoq_pdo_enter(&guard);
		ecoq_pdo_unit_roll_back(unit->transaction);
		ecoq_pdo_leave(&guard);
		unit->transaction = NULL;
	}
}

/* What the connection says of itself after a failure: a lost one is dropped, so that the next use opens a new one. */
static ecoq_result judge_connection(ecoq_database *database, ecoq_result result)
{
	if (result != ECOQ_OK && database->connection && !ecoq_pdo_connection_is_usable(database->connection)) {
		ecoq_database_lost(database);
	}
	return result;
}

static ecoq_result begin_transaction(ecoq_messaging *messaging, bool immediate, bool for_application, ecoq_error *error)
{
	ecoq_unit_of_work *unit = unit_of(messaging);
	ecoq_database *database = messaging->database;
	if (!database || unit->transaction || unit->is_within) {
		return ECOQ_OK;
	}
	ecoq_result result = ecoq_database_connect(database, error);
	if (result != ECOQ_OK) {
		return result;
	}
	ecoq_pdo_guard guard;
	ecoq_pdo_enter(&guard);
	if (ecoq_pdo_unit_open(database->connection)) {
		unit->is_within = true;
	} else {
		result = ecoq_pdo_unit_begin(database->connection, immediate, for_application, &unit->transaction, error);
		unit->is_within = result == ECOQ_OK && ecoq_pdo_unit_is_joined(unit->transaction);
	}
	ecoq_pdo_leave(&guard);
	return judge_connection(database, result);
}

ecoq_result ecoq_unit_begin_transaction(ecoq_messaging *messaging, bool immediate, ecoq_error *error)
{
	return begin_transaction(messaging, immediate, true, error);
}

static void log_transaction(ecoq_messaging *messaging, const char *text)
{
	ecoq_messaging_log(messaging, "warning", text, NULL);
}

/* Before ecoq writes: what did the application's code make of the transaction? */
static ecoq_result look_at_transaction(ecoq_messaging *messaging, ecoq_error *error)
{
	ecoq_unit_of_work *unit = unit_of(messaging);
	if (!unit->transaction) {
		return ECOQ_OK;
	}
	bool left_open;
	ecoq_pdo_guard guard;
	ecoq_pdo_enter(&guard);
	ecoq_pdo_unit_state state = ecoq_pdo_unit_check(unit->transaction, &left_open, error);
	ecoq_pdo_leave(&guard);
	if (left_open) {
		log_transaction(messaging, "A transaction that was begun within ecoq's and not ended was rolled back");
	}
	switch (state) {
		case ECOQ_UNIT_STANDS:
			return ECOQ_OK;
		case ECOQ_UNIT_ABORTED:
			return ecoq_pdo_unit_fail_aborted(error);
		case ECOQ_UNIT_ENDED:
			log_transaction(messaging, "transaction ended by handler: SQL (COMMIT, ROLLBACK, or a statement that commits by itself) ended ecoq's transaction; what the message sends and its acknowledgement are written in one of their own, at least once");
			roll_back_transaction(unit);
			return begin_transaction(messaging, true, false, error);
		default:
			return judge_connection(messaging->database, error->code);
	}
}

ecoq_result ecoq_unit_commit_transaction(ecoq_messaging *messaging, ecoq_error *error)
{
	ecoq_unit_of_work *unit = unit_of(messaging);
	ecoq_pdo_guard guard;
	if (!unit->transaction) {
		return ECOQ_OK;
	}
	ecoq_pdo_enter(&guard);
	ecoq_result result = ecoq_pdo_unit_commit(unit->transaction, error);
	ecoq_pdo_leave(&guard);
	unit->transaction = NULL;
	return judge_connection(messaging->database, result);
}

bool ecoq_unit_is_conflict(const ecoq_messaging *messaging)
{
	const ecoq_unit_of_work *unit = messaging->unit;
	if (!unit || !unit->transaction || !EG(exception) || zend_is_unwind_exit(EG(exception)) || !messaging->database->connection) {
		return false;
	}
	ecoq_pdo_failure failure = ecoq_pdo_failure_of_exception(messaging->database->connection, EG(exception));
	return unit->met_conflict || failure == ECOQ_PDO_CONFLICT || failure == ECOQ_PDO_BUSY;
}

bool ecoq_unit_may_rerun(int round)
{
	if (round > RERUNS) {
		return false;
	}
	uint16_t random = 0;
	ecoq_random_bytes(&random, sizeof(random));
	struct timespec pause = {0, (long) random % ((2000L << round) + 1) * 1000 / 2};
	nanosleep(&pause, NULL);
	return true;
}

/* ---- Opening and ending ---- */

void ecoq_unit_open(ecoq_messaging *messaging, ecoq_unit_of_work *unit)
{
	*unit = (ecoq_unit_of_work){.outer = messaging->unit, .depth = 1};
	messaging->unit = unit;
}

void ecoq_unit_close(ecoq_messaging *messaging)
{
	ecoq_unit_of_work *unit = unit_of(messaging);
	roll_back_transaction(unit);
	messaging->unit = unit->outer;
	forget_since(unit, 0);
	if (unit->items) {
		efree(unit->items);
	}
}

size_t ecoq_unit_begin(ecoq_messaging *messaging)
{
	if (!messaging->unit) {
		ecoq_unit_of_work *unit = emalloc(sizeof(*unit));
		ecoq_unit_open(messaging, unit);
		return 0;
	}
	unit_of(messaging)->depth++;
	return unit_of(messaging)->count;
}

void ecoq_unit_discard_since(ecoq_messaging *messaging, size_t mark)
{
	forget_since(unit_of(messaging), mark);
}

/* Leaves the unit; the outermost one is freed. */
static void leave(ecoq_messaging *messaging)
{
	ecoq_unit_of_work *unit = unit_of(messaging);
	if (--unit->depth == 0) {
		ecoq_unit_close(messaging);
		efree(unit);
	}
}

void ecoq_unit_roll_back(ecoq_messaging *messaging, size_t mark)
{
	ecoq_unit_discard_since(messaging, mark);
	leave(messaging);
}

bool ecoq_unit_commit(ecoq_messaging *messaging, bool *conflict)
{
	ecoq_result result = ECOQ_OK;
	ecoq_error error;
	bool rerun = false;
	if (unit_of(messaging)->depth == 1) {
		result = ecoq_unit_flush(messaging, &error);
		rerun = result == ECOQ_CONFLICT && conflict;
	}
	leave(messaging);
	if (conflict) {
		*conflict = rerun;
	}
	if (result != ECOQ_OK && !rerun) {
		ecoq_throw_error(result, &error, NULL);
	}
	return result == ECOQ_OK;
}

bool ecoq_unit_run(ecoq_messaging *messaging, bool in_transaction, ecoq_unit_work work, void *context)
{
	bool outermost = !messaging->unit;
	for (int round = 0;; round++) {
		ecoq_error error;
		bool conflict, may_rerun = outermost && round < RERUNS;
		size_t mark = ecoq_unit_begin(messaging);
		ecoq_result result = in_transaction ? ecoq_unit_begin_transaction(messaging, round > 0, &error) : ECOQ_OK;
		if (result != ECOQ_OK) {
			ecoq_throw_error(result, &error, NULL);
		}
		if (result == ECOQ_OK && work(messaging, context)) {
			if (ecoq_unit_commit(messaging, may_rerun ? &conflict : NULL)) {
				return true;
			}
		} else {
			conflict = may_rerun && ecoq_unit_is_conflict(messaging);
			ecoq_unit_roll_back(messaging, mark);
			if (conflict) {
				zend_clear_exception();
			}
		}
		if (EG(exception) || !may_rerun || !conflict) {
			return false;
		}
		ecoq_unit_may_rerun(round + 1);
	}
}

void ecoq_unit_collect(ecoq_messaging *messaging, const ecoq_collected *message)
{
	ecoq_unit_of_work *unit = unit_of(messaging);
	if (unit->count == unit->capacity) {
		unit->capacity = unit->capacity ? unit->capacity * 2 : 4;
		unit->items = safe_erealloc(unit->items, unit->capacity, sizeof(*unit->items), 0);
	}
	unit->items[unit->count++] = *message;
}

/* ---- Writing and sending ---- */

static ecoq_outgoing outgoing_of(const ecoq_collected *item)
{
	return (ecoq_outgoing){
		.body = ecoq_bytes_of(item->body),
		.id = ecoq_bytes_of(item->id),
		.type = ecoq_bytes_of(item->type),
		.trace_id = ecoq_bytes_of(item->trace_id),
		.lang = ecoq_bytes_of(item->lang),
		.headers = ecoq_bytes_of(item->headers),
		.group = ecoq_bytes_of(item->group),
		.deliver_at = item->deliver_at,
		.expires_at = item->expires_at,
		.priority = item->priority,
		.id_is_new = item->id_is_new,
	};
}

/* How the messages for one channel leave. */
typedef enum way {
	WAY_SEND,   /* to the broker, after the commit */
	WAY_WRITE,  /* within the transaction, to the channel, which is on the database */
	WAY_OUTBOX, /* within the transaction, to its leg of the outbox, for a relay */
	WAY_OWN_ROW /* likewise, as a row of this worker, which sends it after the commit */
} way;

static ecoq_result find_way(ecoq_messaging *messaging, ecoq_channel *channel, way *way, ecoq_error *error)
{
	ecoq_unit_of_work *unit = unit_of(messaging);
	*way = WAY_SEND;
	if (!messaging->database) {
		return ECOQ_OK;
	}
	ecoq_result result = ecoq_channel_locate(channel, error);
	if (result != ECOQ_OK) {
		return result;
	}
	if (channel->is_on_database) {
		*way = WAY_WRITE;
	} else if (channel->is_outbox || (unit->is_within && channel->in_transaction == ECOQ_IN_TRANSACTION_OUTBOX)) {
		*way = WAY_OUTBOX;
	} else if (unit->is_execution && unit->transaction) {
		*way = WAY_OWN_ROW;
	}
	return ECOQ_OK;
}

static ecoq_result explain(ecoq_result result, const ecoq_collected *first, size_t size, ecoq_error *error)
{
	if (result != ECOQ_OK && result != ECOQ_EXCEPTION && result != ECOQ_CONFLICT) {
		ecoq_error inner = *error;
		ecoq_fail(error, result, "%zu message%s for channel \"%s\" not sent, the first of type %s (id %s): %.500s", size, size == 1 ? "" : "s",
			ZSTR_VAL(first->channel->name), ZSTR_VAL(first->type), ZSTR_VAL(first->id), inner.text);
	}
	return result;
}

/* The messages of items[first]'s channel that are still to be dealt with. */
typedef struct group {
	ecoq_collected **items;
	ecoq_outgoing *batch;
	size_t size;
} group;

static void gather(group *group, ecoq_collected *items, size_t count, size_t first)
{
	group->size = 0;
	for (size_t i = first; i < count; i++) {
		if (items[i].channel == items[first].channel && !items[i].is_written) {
			group->items[group->size] = &items[i];
			group->batch[group->size++] = outgoing_of(&items[i]);
		}
	}
}

static ecoq_result write_own_rows(const group *group, ecoq_channel *leg, ecoq_error *error)
{
	ecoq_delivery *rows = safe_emalloc(group->size, sizeof(*rows), 0);
	ecoq_result result = ecoq_outbox_store_own(leg, group->batch, group->size, rows, error);
	for (size_t i = 0; i < group->size && result == ECOQ_OK; i++) {
		group->items[i]->row = rows[i].number;
		group->items[i]->row_fence = rows[i].fence;
	}
	efree(rows);
	return result;
}

static ecoq_result write_group(ecoq_messaging *messaging, const group *group, way way, ecoq_error *error)
{
	ecoq_channel *channel = group->items[0]->channel;
	ecoq_channel *target = way == WAY_WRITE ? channel : ecoq_outbox_leg(channel);
	if (!target) {
		return ECOQ_EXCEPTION;
	}
	ecoq_result result = begin_transaction(messaging, true, false, error);
	if (result == ECOQ_OK) {
		result = way == WAY_WRITE ? ecoq_channel_send(target, group->batch, group->size, error)
			: way == WAY_OUTBOX   ? ecoq_outbox_store(target, group->batch, group->size, error)
								  : write_own_rows(group, target, error);
	}
	for (size_t i = 0; i < group->size && result == ECOQ_OK; i++) {
		group->items[i]->is_written = way != WAY_OWN_ROW;
	}
	return result;
}

/* Whether an earlier item is for the same channel: then this one was dealt with together with it. */
static bool seen_before(const ecoq_collected *items, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (items[i].channel == items[index].channel) {
			return true;
		}
	}
	return false;
}

/* Calls the function for each channel's messages until one fails. */
static ecoq_result each_group(ecoq_messaging *messaging, ecoq_collected *items, size_t count,
	ecoq_result (*function)(ecoq_messaging *, group *, ecoq_collected *items, size_t count, size_t first, ecoq_error *), ecoq_error *error)
{
	ecoq_collected *few_items[8];
	ecoq_outgoing few[8];
	group group = {.items = few_items, .batch = few};
	if (count > 8) {
		group.items = safe_emalloc(count, sizeof(*group.items), 0);
		group.batch = safe_emalloc(count, sizeof(*group.batch), 0);
	}
	ecoq_result result = ECOQ_OK;
	for (size_t i = 0; i < count && result == ECOQ_OK; i++) {
		if (!seen_before(items, i)) {
			result = function(messaging, &group, items, count, i, error);
		}
	}
	if (count > 8) {
		efree(group.items);
		efree(group.batch);
	}
	return result;
}

static ecoq_result write_channel(ecoq_messaging *messaging, group *group, ecoq_collected *items, size_t count, size_t first, ecoq_error *error)
{
	way way;
	ecoq_result result = find_way(messaging, items[first].channel, &way, error);
	if (result != ECOQ_OK || way == WAY_SEND) {
		return result;
	}
	gather(group, items, count, first);
	return explain(group->size ? write_group(messaging, group, way, error) : ECOQ_OK, &items[first], group->size, error);
}

/* In a transaction that the application has open, messages for a broker become rows of the outbox. */
static void look_for_application_transaction(ecoq_messaging *messaging)
{
	ecoq_unit_of_work *unit = unit_of(messaging);
	ecoq_error ignored;
	ecoq_pdo_guard guard;
	if (!unit->transaction && !unit->is_within && unit->count > 0 && ecoq_database_connect(messaging->database, &ignored) == ECOQ_OK) {
		ecoq_pdo_enter(&guard);
		unit->is_within = ecoq_pdo_unit_open(messaging->database->connection) || ecoq_pdo_application_transaction(messaging->database->connection);
		ecoq_pdo_leave(&guard);
	}
}

/* Before any message leaves: one that its channel is going to refuse keeps them all. */
static ecoq_result check_since(const ecoq_unit_of_work *unit, size_t mark, ecoq_error *error)
{
	for (size_t i = mark; i < unit->count; i++) {
		ecoq_outgoing message = outgoing_of(&unit->items[i]);
		ecoq_result result = ecoq_channel_check(unit->items[i].channel, &message, error);
		if (result != ECOQ_OK) {
			return explain(result, &unit->items[i], 1, error);
		}
	}
	return ECOQ_OK;
}

ecoq_result ecoq_unit_write(ecoq_messaging *messaging, ecoq_error *error)
{
	ecoq_unit_of_work *unit = unit_of(messaging);
	ecoq_result result = check_since(unit, 0, error);
	if (!messaging->database || result != ECOQ_OK) {
		return result;
	}
	result = look_at_transaction(messaging, error);
	if (result == ECOQ_OK) {
		look_for_application_transaction(messaging);
		result = each_group(messaging, unit->items, unit->count, write_channel, error);
	}
	return EG(exception) ? ECOQ_EXCEPTION : result;
}

/* Messages that have rows of their own: whatever goes wrong, the rows are left for a relay. */
static void send_with_rows(ecoq_messaging *messaging, const group *group, ecoq_channel *channel)
{
	ecoq_error ignored;
	bool tries = ecoq_after_commit_may_send(channel);
	ecoq_result result = tries ? ecoq_channel_send(channel, group->batch, group->size, &ignored) : ECOQ_UNAVAILABLE;
	if (tries) {
		ecoq_after_commit_answered(channel, result == ECOQ_OK);
	}
	if (result == ECOQ_EXCEPTION) {
		zend_clear_exception();
	}
	for (size_t i = 0; i < group->size; i++) {
		if (result == ECOQ_OK) {
			ecoq_after_commit_sent(messaging, channel->leg, group->items[i]);
		} else {
			ecoq_after_commit_not_sent(channel->leg, group->items[i]);
		}
	}
}

static ecoq_result send_channel_now(ecoq_messaging *messaging, group *group, ecoq_collected *items, size_t count, size_t first, ecoq_error *error)
{
	const ecoq_unit_of_work *unit = unit_of(messaging);
	ecoq_channel *channel = items[first].channel;
	ecoq_result result = messaging->database ? ecoq_channel_locate(channel, error) : ECOQ_OK;
	if (result == ECOQ_OK && channel->is_on_database && (unit->transaction || unit->is_within)) {
		return ecoq_fail(error, ECOQ_INVALID, "immediately: channel \"%s\" is on the database itself, so what is sent to it is part of the transaction that is open there; use a channel elsewhere, or leave it out",
			ZSTR_VAL(channel->name));
	}
	gather(group, items, count, first);
	return result == ECOQ_OK ? explain(ecoq_channel_send(channel, group->batch, group->size, error), &items[first], group->size, error) : result;
}

ecoq_result ecoq_unit_send_now(ecoq_messaging *messaging, size_t mark, ecoq_error *error)
{
	ecoq_unit_of_work *unit = unit_of(messaging);
	if (unit->count == mark) {
		return ECOQ_OK;
	}
	if (messaging->database) {
		look_for_application_transaction(messaging);
	}
	ecoq_result result = check_since(unit, mark, error);
	if (result == ECOQ_OK) {
		result = each_group(messaging, unit->items + mark, unit->count - mark, send_channel_now, error);
	}
	forget_since(unit, mark);
	return result;
}

static ecoq_result send_channel(ecoq_messaging *messaging, group *group, ecoq_collected *items, size_t count, size_t first, ecoq_error *error)
{
	ecoq_channel *channel = items[first].channel;
	gather(group, items, count, first);
	if (group->size > 0 && group->items[0]->row) {
		send_with_rows(messaging, group, channel);
		return ECOQ_OK;
	}
	return group->size ? explain(ecoq_channel_send(channel, group->batch, group->size, error), &items[first], group->size, error) : ECOQ_OK;
}

ecoq_result ecoq_unit_send_rest(ecoq_messaging *messaging, ecoq_error *error)
{
	/* detached while it is sent: a transport written in PHP may send messages of its own */
	ecoq_unit_of_work *unit = unit_of(messaging);
	ecoq_collected *items = unit->items;
	size_t count = unit->count;
	if (count == 0) {
		return ECOQ_OK;
	}
	unit->items = NULL;
	unit->count = unit->capacity = 0;
	ecoq_result result = each_group(messaging, items, count, send_channel, error);
	for (size_t i = 0; i < count; i++) {
		forget(&items[i]);
	}
	efree(items);
	return result;
}

ecoq_result ecoq_unit_flush(ecoq_messaging *messaging, ecoq_error *error)
{
	ecoq_result result = ecoq_unit_write(messaging, error);
	if (result == ECOQ_OK) {
		result = ecoq_unit_commit_transaction(messaging, error);
	}
	return result == ECOQ_OK ? ecoq_unit_send_rest(messaging, error) : result;
}
