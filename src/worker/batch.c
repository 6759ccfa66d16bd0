#include "base/backoff.h"
#include "base/clock.h"
#include "messaging/after_commit.h"
#include "messaging/dead_letter_store.h"
#include "messaging/deduplication.h"
#include "messaging/relay.h"
#include "messaging/unit_of_work.h"
#include "php/exceptions.h"
#include "worker/loop.h"
#include "worker/signals.h"
#include "worker/watchdog.h"

/* How often a settlement is tried again once the worker is to stop. */
#define SETTLE_TRIES_WHEN_STOPPING 3
#define LONGEST_STAND_IN_MS 1000

int64_t ecoq_channel_failed(ecoq_loop *loop, ecoq_worker_channel *of, const ecoq_error *error)
{
	ecoq_backoff pauses = {INT64_MAX, 1000, 2.0, 30000, 0.0};
	int64_t pause = ecoq_backoff_delay(&pauses, ++of->failures, 0);
	of->retry_at_ms = ecoq_clock_monotonic_ms() + pause;
	ecoq_loop_notify(loop, (ecoq_worker_event){.kind = ECOQ_WORKER_UNAVAILABLE, .channel = of->channel, .error = error, .delay_ms = pause});
	return pause;
}

/* As long as a channel that it was asked to serve could not be reached, the worker was not idle. */
static void reached(ecoq_loop *loop, ecoq_worker_channel *of)
{
	if (of->retry_at_ms > 0 && of->look_every_ms == 0) {
		loop->quiet_since_ms = ecoq_clock_monotonic_ms();
	}
	of->failures = 0;
	of->retry_at_ms = 0;
}

static void tell_recovered(ecoq_loop *loop, const ecoq_worker_channel *of)
{
	ecoq_error from;
	const ecoq_channel *channel = of->channel;
	if (channel->ops->recovered && channel->ops->recovered(channel->transport, &from)) {
		ecoq_loop_notify(loop, (ecoq_worker_event){.kind = ECOQ_WORKER_RECOVERED, .channel = channel, .error = &from});
	}
}

/* ---- Settling ---- */

int64_t *ecoq_worker_counter(ecoq_worker_counts *counts, ecoq_outcome outcome)
{
	int64_t *const counters[] = {
		[ECOQ_OUTCOME_HANDLED] = &counts->handled,
		[ECOQ_OUTCOME_DROPPED] = &counts->dropped,
		[ECOQ_OUTCOME_EXPIRED] = &counts->expired,
		[ECOQ_OUTCOME_DUPLICATE] = &counts->duplicates,
		[ECOQ_OUTCOME_RETRIED] = &counts->retried,
		[ECOQ_OUTCOME_DEAD_LETTERED] = &counts->dead_lettered,
		[ECOQ_OUTCOME_POSTPONED] = &counts->postponed,
		[ECOQ_OUTCOME_FORWARDED] = &counts->forwarded,
	};
	return counters[outcome];
}

/* A transport that cannot delay gives the successor back at once: the channel is left alone for a while instead, or it would be a hot loop. */
static void stand_in_for_delay(ecoq_worker_channel *of, const ecoq_execution *execution)
{
	if (execution->delay_ms > 0 && !(of->channel->ops->capabilities & ECOQ_CAN_DELAY)) {
		int64_t until = ecoq_clock_monotonic_ms() + MIN(execution->delay_ms, LONGEST_STAND_IN_MS);
		of->retry_at_ms = MAX(of->retry_at_ms, until);
	}
}

static void report(ecoq_loop *loop, bool is_lost, const ecoq_execution *execution)
{
	const ecoq_channel *channel = execution->channel;
	const zend_string *refusal = loop->batch.refusals[execution - loop->batch.executions];
	stand_in_for_delay(loop->batch.of, execution);
	if (!is_lost) {
		(*ecoq_worker_counter(&loop->counts, execution->outcome))++;
		loop->counts.failed += execution->failed;
		ecoq_loop_notify(loop, (ecoq_worker_event){.kind = ECOQ_WORKER_MESSAGE, .channel = channel, .execution = execution});
	} else if (refusal) {
		ecoq_error why;
		ecoq_fail(&why, ECOQ_REFUSED, "%s", ZSTR_VAL(refusal));
		loop->counts.lost++;
		loop->counts.failed += execution->failed;
		ecoq_loop_notify(loop, (ecoq_worker_event){.kind = ECOQ_WORKER_UNSETTLED, .channel = channel, .execution = execution, .error = &why});
	} else {
		ecoq_error why;
		bool is_told = channel->transport && (channel->ops->capabilities & ECOQ_IS_THREAD_SAFE) && channel->ops->still_mine(channel->transport, execution->delivery, &why) == ECOQ_LOST;
		loop->counts.lost++;
		loop->counts.failed += execution->failed;
		ecoq_loop_notify(loop, (ecoq_worker_event){.kind = ECOQ_WORKER_LOST, .channel = channel, .execution = execution, .error = is_told ? &why : NULL});
	}
}

static void prepare_settlement(ecoq_settlement *settlement, ecoq_execution *execution)
{
	*settlement = (ecoq_settlement){
		.delivery = execution->delivery,
		.successor = execution->has_successor ? &execution->successor : NULL,
		.result = ECOQ_OK,
	};
	if (execution->to_dead_letters) {
		zend_string *queue = execution->channel->dead_letter_queue;
		settlement->successor_queue = (ecoq_bytes){ZSTR_VAL(queue), ZSTR_LEN(queue)};
	}
}

/* Executions that wait for their settlement, with the settlements in the same order. */
typedef struct settling {
	ecoq_execution **executions;
	ecoq_settlement *settlements;
	size_t count;
} settling;

static bool has_dead_letters(const settling *s)
{
	for (size_t i = 0; i < s->count; i++) {
		if (s->executions[i]->dead_letter) {
			return true;
		}
	}
	return false;
}

/* Without a transaction around it, a conflict is nothing that running anything again would solve. */
static ecoq_result without_conflict(ecoq_result result)
{
	return result == ECOQ_CONFLICT ? ECOQ_UNAVAILABLE : result;
}

static bool has_lost(const settling *s)
{
	for (size_t i = 0; i < s->count; i++) {
		if (s->settlements[i].result != ECOQ_OK) {
			return true;
		}
	}
	return false;
}

/* On the database, rows of dead letters and the removal of their deliveries are one transaction. A delivery that another worker has by now leaves none:
 * then each is settled alone. */
static ecoq_result settle_with_dead_letters(ecoq_loop *loop, ecoq_channel *channel, const settling *s, ecoq_error *error)
{
	ecoq_unit_of_work unit;
	ecoq_unit_open(loop->messaging, &unit);
	ecoq_result result = ecoq_unit_begin_transaction(loop->messaging, true, error);
	if (result == ECOQ_OK) {
		result = ecoq_dead_letters_store(loop->messaging, s->executions, s->count, error);
	}
	if (result == ECOQ_OK) {
		result = channel->ops->settle(channel->transport, s->settlements, s->count, error);
	}
	bool lost = result == ECOQ_OK && has_lost(s);
	if (lost && s->count > 1) {
		result = ecoq_fail(error, ECOQ_REFUSED, "some were taken over by another worker");
	} else if (result == ECOQ_OK && !lost) {
		result = ecoq_unit_commit_transaction(loop->messaging, error);
	}
	ecoq_unit_close(loop->messaging);
	return without_conflict(result);
}

/* What stands elsewhere afterwards is stored first. */
static ecoq_result settle_once(ecoq_loop *loop, ecoq_channel *channel, const settling *s, ecoq_error *error)
{
	if (has_dead_letters(s)) {
		if (channel->is_on_database) {
			return settle_with_dead_letters(loop, channel, s, error);
		}
		ecoq_result result = ecoq_dead_letters_store(loop->messaging, s->executions, s->count, error);
		if (result != ECOQ_OK) {
			return without_conflict(result);
		}
	}
	return channel->ops->settle(channel->transport, s->settlements, s->count, error);
}

/* A \PDO that cannot be opened again: everything but this worker can go on. */
static bool is_database_gone(const ecoq_loop *loop)
{
	const ecoq_database *database = loop->messaging->database;
	return database && !ecoq_database_can_reconnect(database) && database->generation > 0 && !database->connection;
}

/* Asks until the backend answers. Not to reach it is no failure of the messages; an answer that refuses is final for this call. */
static ecoq_result settle_until_answered(ecoq_loop *loop, ecoq_worker_channel *of, const settling *s, ecoq_error *error)
{
	for (int tries_when_stopping = 0;;) {
		ecoq_result result = ecoq_channel_open(of->channel, error);
		if (result == ECOQ_OK) {
			result = settle_once(loop, of->channel, s, error);
		}
		if (result == ECOQ_OK) {
			reached(loop, of);
		}
		if (!ecoq_result_is_retryable(result) || is_database_gone(loop)) {
			return result;
		}
		int64_t pause = ecoq_channel_failed(loop, of, error);
		if (ecoq_signals_pending() && ++tries_when_stopping > SETTLE_TRIES_WHEN_STOPPING) {
			return result;
		}
		ecoq_idle_sleep(ecoq_signals_pending() ? 100 : pause);
	}
}

static void note_refusal(ecoq_batch *batch, const ecoq_execution *execution, const ecoq_error *error)
{
	zend_string **refusal = &batch->refusals[execution - batch->executions];
	if (!*refusal) {
		*refusal = zend_string_init(error->text, strlen(error->text), false);
	}
}

/* One refused settlement must not hold up the others: alone, each gets its own answer. A refused one stays reserved until the worker ends. */
static bool settle_one_by_one(ecoq_loop *loop, ecoq_worker_channel *of, const settling *s)
{
	for (size_t i = 0; i < s->count; i++) {
		ecoq_error error;
		settling one = {&s->executions[i], &s->settlements[i], 1};
		one.settlements->result = ECOQ_OK;
		ecoq_result result = settle_until_answered(loop, of, &one, &error);
		if (result == ECOQ_EXCEPTION) {
			return false;
		}
		if (result != ECOQ_OK) {
			s->settlements[i].result = result;
			note_refusal(&loop->batch, s->executions[i], &error);
		}
	}
	return true;
}

static bool is_settled_already(const ecoq_batch *batch, size_t index)
{
	return batch->executions[index].is_settled || batch->kept[index] == ECOQ_CUSTODY_SETTLED || batch->kept[index] == ECOQ_CUSTODY_LOST;
}

/* Those that were settled neither in their own transaction nor by the keeper; `tried`: only those that it tried to settle. */
static settling gather(ecoq_batch *batch, bool tried)
{
	settling s = {&batch->settling[batch->settled], &batch->settlements[batch->settled], 0};
	for (size_t i = batch->settled; i < batch->next; i++) {
		if (!is_settled_already(batch, i) && (!tried || batch->kept[i] == ECOQ_CUSTODY_TRIED)) {
			s.executions[s.count] = &batch->executions[i];
			prepare_settlement(&s.settlements[s.count++], &batch->executions[i]);
		}
	}
	return s;
}

static bool settle_gathered(ecoq_loop *loop, const settling *s)
{
	ecoq_batch *batch = &loop->batch;
	ecoq_error error;
	ecoq_result result = s->count ? settle_until_answered(loop, batch->of, s, &error) : ECOQ_OK;
	bool unanswered = ecoq_result_is_retryable(result); /* each alone would get none either */
	bool ok = result == ECOQ_OK || unanswered || (result != ECOQ_EXCEPTION && settle_one_by_one(loop, batch->of, s));
	for (size_t i = 0; i < s->count; i++) {
		if (unanswered) {
			s->settlements[i].result = result;
			note_refusal(batch, s->executions[i], &error);
		}
		batch->kept[s->executions[i] - batch->executions] = s->settlements[i].result == ECOQ_OK ? ECOQ_CUSTODY_SETTLED : ECOQ_CUSTODY_LOST;
	}
	return ok;
}

/* Settles everything that was executed. False: an exception is pending. */
static bool settle_executed(ecoq_loop *loop)
{
	ecoq_batch *batch = &loop->batch;
	bool ok = true;
	if (batch->next == batch->settled) {
		return true;
	}
	if (batch->is_kept) {
		ecoq_custody_collect(loop->custody, batch->kept, batch->next);
		settling tried = gather(batch, true);
		ok = settle_gathered(loop, &tried);
	}
	settling rest = gather(batch, false);
	ok = ok && settle_gathered(loop, &rest);
	for (size_t i = batch->settled; i < batch->next; i++) {
		ecoq_execution *execution = &batch->executions[i];
		if (ok) {
			report(loop, execution->is_settled ? execution->is_lost : batch->kept[i] == ECOQ_CUSTODY_LOST, execution);
		}
		if (batch->refusals[i]) {
			zend_string_release(batch->refusals[i]);
			batch->refusals[i] = NULL;
		}
		ecoq_execution_free(execution);
		batch->of->channel->ops->release(batch->of->channel->transport, &batch->deliveries[i]);
	}
	ecoq_after_commit_remove(loop->messaging);
	if (ok) {
		ecoq_deduplication_clean(loop->messaging);
	}
	batch->settled = batch->next;
	batch->held_ns = 0;
	return ok;
}

/* ---- Giving back ---- */

/* The batch has become shorter: those from `count` on were given back. */
static void shorten(ecoq_batch *batch, size_t count)
{
	ecoq_channel *channel = batch->of->channel;
	while (batch->count > count) {
		channel->ops->release(channel->transport, &batch->deliveries[--batch->count]);
	}
}

/* Gives back what was not started, so that other workers need not wait for it. */
static void hand_back_rest(ecoq_loop *loop, size_t from)
{
	ecoq_batch *batch = &loop->batch;
	ecoq_channel *channel = batch->of->channel;
	if (batch->is_kept) {
		shorten(batch, ecoq_custody_reclaim(loop->custody, from));
	}
	size_t count = batch->count - from;
	if (count == 0) {
		return;
	}
	ecoq_delivery **rest = safe_emalloc(count, sizeof(*rest), 0);
	for (size_t i = 0; i < count; i++) {
		rest[i] = &batch->deliveries[from + i];
	}
	/* where this fails they stay reserved until this worker ends, and come back then */
	ecoq_error error;
	channel->ops->hand_back(channel->transport, rest, count, &error);
	shorten(batch, from);
	efree(rest);
}

/* ---- How much to reserve ---- */

/* A full batch lets the next one be twice as large, as long as the slowest recent run, for each of them, fits 50 ms. */
static void adapt_window(const ecoq_loop *loop, ecoq_worker_channel *of, bool was_full)
{
	int64_t fitting = ECOQ_BATCH_WORK_NS / MAX(of->runs.slowest_ns, 1);
	int64_t wanted = was_full ? (int64_t) of->window * 2 : (int64_t) of->window;
	wanted = MIN(MIN(wanted, fitting), loop->options.fetch_size);
	of->window = wanted > 0 ? (size_t) wanted : 1;
}

static size_t reservation_size(const ecoq_loop *loop, const ecoq_worker_channel *of)
{
	size_t size = of->window;
	if (loop->options.message_limit > 0) {
		size = MIN(size, (size_t) (loop->options.message_limit - loop->executed));
	}
	return loop->options.rest_ms > 0 ? 1 : size;
}

/* ---- Executing ---- */

/* How long the handler is expected to take; -1: it never ran in this process. */
static int64_t expected_ns(const ecoq_execution *execution)
{
	if (execution->is_decided || !execution->endpoint) {
		return 0;
	}
	return execution->endpoint->runs.slowest_ns > 0 ? execution->endpoint->runs.slowest_ns : -1;
}

/* Before a handler that is, or may be, slow: acknowledgements do not wait for it, nor do deliveries behind it. */
static bool clear_the_way(ecoq_loop *loop, const ecoq_execution *execution)
{
	ecoq_batch *batch = &loop->batch;
	int64_t expected = expected_ns(execution);
	if ((expected < 0 || expected >= ECOQ_ACK_SLOW_NS) && !settle_executed(loop)) {
		return false;
	}
	if (expected < 0 || expected > ECOQ_BATCH_WORK_NS) {
		hand_back_rest(loop, batch->next + 1);
	}
	return true;
}

/* An acknowledgement and nothing else, which the keeper can do as well. */
static bool is_plain(const ecoq_execution *execution)
{
	return !execution->is_settled && !execution->has_successor && !execution->dead_letter;
}

/* What the keeper cannot settle does not wait beside what it can, or a slow handler would hold it up. */
static bool must_settle_now(const ecoq_loop *loop, const ecoq_execution *execution)
{
	const ecoq_batch *batch = &loop->batch;
	return execution->handler_ns >= ECOQ_ACK_SLOW_NS || batch->held_ns >= ECOQ_ACK_HOLD_NS || batch->of->channel->acknowledge_each || execution->exited
		|| (batch->is_kept && !is_plain(execution)) || loop->options.rest_ms > 0;
}

/* The engine unwound through the handler: no PHP may run here any more. What the keeper cannot give back comes back when the process has ended. */
static ZEND_COLD ZEND_NORETURN void give_up_process(ecoq_loop *loop)
{
	ecoq_watchdog_spent(loop);
	ecoq_signals_restore();
	if (EG(exception)) {
		zend_clear_exception(); /* shutdown functions would not be called */
	}
	zend_bailout();
}

/* The database cannot be reached: this delivery and those behind it go back as they are, and the channel is left alone for a while. */
static bool give_back(ecoq_loop *loop, ecoq_execution *execution)
{
	ecoq_error error;
	ecoq_worker_channel *of = loop->batch.of;
	ecoq_fail(&error, ECOQ_UNAVAILABLE, "%s", ZSTR_VAL(execution->error));
	ecoq_execution_free(execution);
	hand_back_rest(loop, loop->batch.next);
	bool ok = settle_executed(loop);
	if (ok && is_database_gone(loop)) {
		ecoq_throw_error(ECOQ_UNAVAILABLE, &error, "The worker cannot go on: the connection of database: is lost, and a \\PDO cannot be opened again (a callable could)");
		return false;
	}
	ecoq_channel_failed(loop, of, &error);
	return ok;
}

/* Executes the next delivery of the batch. False: an exception is pending. */
static bool execute_next(ecoq_loop *loop)
{
	ecoq_batch *batch = &loop->batch;
	ecoq_execution *execution = &batch->executions[batch->next];
	ecoq_execution_prepare(execution, loop->messaging, batch->of->channel, &batch->deliveries[batch->next]);
	if (!clear_the_way(loop, execution)) {
		ecoq_execution_free(execution);
		return false;
	}
	ecoq_handling_begin(loop, execution);
	bool alive = ecoq_execution_run(execution);
	ecoq_handling_end(loop, execution);
	if (!alive) {
		give_up_process(loop);
	}
	if (execution->is_blocked) {
		return give_back(loop, execution);
	}
	if (batch->is_kept) {
		ecoq_custody_ran(loop->custody, batch->next, is_plain(execution), (uint8_t) execution->outcome);
	}
	batch->kept[batch->next++] = ECOQ_CUSTODY_OURS;
	batch->held_ns += execution->handler_ns;
	loop->executed++;
	loop->executed_failed += execution->failed;
	if (execution->handler_ns > 0) {
		ecoq_run_history_add(&batch->of->runs, execution->handler_ns);
	}
	if (execution->stop_worker) {
		loop->stop = ECOQ_STOP_HANDLER;
	}
	return !must_settle_now(loop, execution) || settle_executed(loop);
}

/* Whether there is another one, by now: the keeper may have given back what was left. */
static bool take_next(ecoq_loop *loop)
{
	ecoq_batch *batch = &loop->batch;
	if (batch->is_kept) {
		shorten(batch, ecoq_custody_take(loop->custody));
	}
	return batch->next < batch->count;
}

static bool execute_batch(ecoq_loop *loop)
{
	ecoq_batch *batch = &loop->batch;
	bool was_full = batch->count == batch->of->window;
	bool ok = true;
	while (ok && loop->stop == ECOQ_STOP_NONE && take_next(loop)) {
		ok = execute_next(loop);
		ecoq_idle_sleep(loop->options.rest_ms);
		ecoq_loop_check_stop(loop);
	}
	if (!ok) {
		zend_object *pending = EG(exception);
		EG(exception) = NULL;
		hand_back_rest(loop, batch->next);
		EG(exception) = pending;
		return false;
	}
	hand_back_rest(loop, batch->next);
	ok = settle_executed(loop);
	adapt_window(loop, batch->of, was_full);
	return ok;
}

static bool execute_in_custody(ecoq_loop *loop)
{
	ecoq_batch *batch = &loop->batch;
	const ecoq_channel *channel = batch->of->channel;
	batch->is_kept = ecoq_custody_begin(loop->custody, channel->ops, channel->transport, batch->count);
	bool ok = execute_batch(loop);
	if (batch->is_kept) {
		ecoq_custody_end(loop->custody);
		batch->is_kept = false;
	}
	return ok;
}

/* A leg of the outbox: the batch is sent on as a whole; where the destination stops answering, the rest goes back. */
static bool relay_batch(ecoq_loop *loop)
{
	ecoq_batch *batch = &loop->batch;
	ecoq_error error;
	bool was_full = batch->count == batch->of->window;
	size_t decided = 0;
	ecoq_result result = ecoq_relay_send(loop->messaging, batch->of->channel, batch->deliveries, batch->executions, batch->count, &decided, &error);
	if (result == ECOQ_OK) {
		adapt_window(loop, batch->of, was_full);
	} else {
		zend_object *pending = EG(exception);
		EG(exception) = NULL;
		hand_back_rest(loop, decided);
		EG(exception) = pending;
	}
	loop->executed += (int64_t) decided;
	batch->next = decided;
	memset(batch->kept, ECOQ_CUSTODY_OURS, decided);
	bool ok = settle_executed(loop) && result != ECOQ_EXCEPTION;
	if (ok && result != ECOQ_OK) {
		ecoq_channel_failed(loop, batch->of, &error);
	}
	return ok;
}

bool ecoq_batch_run(ecoq_loop *loop, ecoq_worker_channel *of, bool *found)
{
	bool is_mine = true;
	ecoq_batch *batch = &loop->batch;
	ecoq_error error;
	ecoq_channel *channel = of->channel;
	ecoq_result result = ecoq_channel_open(channel, &error);
	batch->of = of;
	batch->count = batch->next = batch->settled = 0;
	batch->held_ns = 0;
	if (result == ECOQ_OK && channel->relay_to) {
		result = ecoq_relay_hold(channel, &is_mine, &error);
	}
	if (result == ECOQ_OK && is_mine) {
		ecoq_reservation request = {.max = reservation_size(loop, of)};
		result = channel->ops->reserve(channel->transport, &request, batch->deliveries, &batch->count, &of->next_due, &error);
	}
	if (result == ECOQ_OK) {
		reached(loop, of);
		tell_recovered(loop, of);
		*found = batch->count > 0;
		if (*found) {
			ecoq_idle_end(loop);
		}
		return batch->count == 0 || (channel->relay_to ? relay_batch(loop) : execute_in_custody(loop));
	}
	if (ecoq_result_is_retryable(result) && !is_database_gone(loop)) {
		ecoq_channel_failed(loop, of, &error);
		return true;
	}
	ecoq_throw_error(result, &error, "Consuming channel \"%s\"", ZSTR_VAL(channel->name));
	return false;
}
