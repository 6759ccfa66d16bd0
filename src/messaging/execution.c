#include "base/process.h"
#include "channel/outbox.h"
#include "envelope/headers.h"
#include "envelope/message_id.h"
#include "messaging/after_commit.h"
#include "messaging/dead_letter_note.h"
#include "messaging/deduplication.h"
#include "messaging/error_channel.h"
#include "messaging/failure.h"
#include "messaging/handler_state.h"
#include "messaging/hooks.h"
#include "messaging/incoming.h"
#include "messaging/messaging.h"
#include "messaging/routing.h"
#include "messaging/unit_of_work.h"
#include "php/bytes.h"
#include "php/exceptions.h"

/* When what a handler sent could not be stored, the message comes back after this time, uncharged. */
#define FLUSH_RETRY_MS 5000
/* While another worker has the same deduplication key in hand, or other transactions were in the way again and again, likewise. */
#define WAIT_MS 1000

static const char *const outcome_names[] = {
	[ECOQ_OUTCOME_HANDLED] = "handled",
	[ECOQ_OUTCOME_DROPPED] = "dropped",
	[ECOQ_OUTCOME_EXPIRED] = "expired",
	[ECOQ_OUTCOME_DUPLICATE] = "duplicate",
	[ECOQ_OUTCOME_RETRIED] = "retried",
	[ECOQ_OUTCOME_DEAD_LETTERED] = "dead-lettered",
	[ECOQ_OUTCOME_POSTPONED] = "postponed",
	[ECOQ_OUTCOME_FORWARDED] = "forwarded",
};

const char *ecoq_outcome_name(ecoq_outcome outcome)
{
	return outcome_names[outcome];
}

/* The broker's own identity of a delivery, for messages without an id. */
static ecoq_bytes identity_of(const ecoq_delivery *delivery)
{
	const uint64_t *identity = delivery->identity ? &delivery->identity : &delivery->number;
	return (ecoq_bytes){(const char *) identity, sizeof(*identity)};
}

zend_string *ecoq_execution_id(ecoq_execution *execution)
{
	if (!execution->id) {
		ecoq_bytes text = execution->has_envelope ? execution->envelope.id.text : ECOQ_NO_BYTES;
		execution->id = text.size ? ecoq_string_of(text)
								  : ecoq_message_id_for_bytes(execution->delivery->body, identity_of(execution->delivery));
	}
	return execution->id;
}

void ecoq_execution_free(ecoq_execution *execution)
{
	if (execution->has_envelope) {
		ecoq_envelope_free(&execution->envelope);
	}
	if (execution->dead_letter) {
		ecoq_dead_letter_note_free(execution->dead_letter);
	}
	if (execution->thrown) {
		OBJ_RELEASE(execution->thrown);
	}
	zend_string *strings[] = {execution->id, execution->error, execution->body, execution->group, execution->dedup_key};
	for (size_t i = 0; i < sizeof(strings) / sizeof(*strings); i++) {
		if (strings[i]) {
			zend_string_release(strings[i]);
		}
	}
}

/* ---- Before the handler ---- */

static void decide(ecoq_execution *execution, ecoq_outcome outcome)
{
	execution->is_decided = true;
	execution->outcome = outcome;
}

/* Values from outside are hostile until judged (SEMANTICS 1). */
static void judge_limits(ecoq_execution *execution)
{
	const ecoq_delivery *delivery = execution->delivery;
	ecoq_backoff policy = ecoq_execution_retry_policy(execution);
	execution->max_retries = policy.max_retries;
	if (delivery->crashes > 0 && (int64_t) delivery->crashes + execution->attempts >= MAX(policy.max_retries, 1)) {
		execution->failed = true;
		ecoq_dead_letter(execution, "crashed", NULL, "crashed: the worker died %u times while it ran this message", delivery->crashes);
	} else if (execution->attempts > policy.max_retries) {
		ecoq_dead_letter(execution, "failed", NULL, "it arrived with attempts %u, above the limit of " ZEND_LONG_FMT " retries", execution->attempts, (zend_long) policy.max_retries);
	}
}

static void judge_times(ecoq_execution *execution)
{
	const ecoq_envelope *envelope = &execution->envelope;
	if ((envelope->deliver_at == 0 && envelope->expires_at == 0) || execution->attempts > 0 || execution->delivery->crashes > 0) {
		return;
	}
	int64_t now = ecoq_clock_now_ms();
	if (envelope->deliver_at > now) {
		if (envelope->deliver_at - now > execution->channel->max_delay_ms) {
			ecoq_dead_letter(execution, "failed", NULL, "it is due in more than the longest delay of channel \"%s\" (option max-delay)", ZSTR_VAL(execution->channel->name));
		} else if (!ecoq_routing_next_channel(execution)) {
			ecoq_postpone(execution, envelope->deliver_at - now);
		}
	} else if (envelope->expires_at > 0 && envelope->expires_at <= now) {
		decide(execution, ECOQ_OUTCOME_EXPIRED);
	}
}

HashTable *ecoq_execution_log_context(ecoq_execution *execution)
{
	HashTable *context = zend_new_array(8);
	zval value;
	ZVAL_STR_COPY(&value, execution->channel->name);
	zend_hash_str_add_new(context, ZEND_STRL("channel"), &value);
	ZVAL_STR_COPY(&value, ecoq_execution_id(execution));
	zend_hash_str_add_new(context, ZEND_STRL("id"), &value);
	if (execution->endpoint) {
		ZVAL_STR_COPY(&value, execution->endpoint->id);
		zend_hash_str_add_new(context, ZEND_STRL("endpoint"), &value);
	}
	return context;
}

static void log_about_message(ecoq_execution *execution, const char *text, const char *pointer)
{
	HashTable *context = ecoq_execution_log_context(execution);
	zval value;
	ZVAL_STRING(&value, pointer);
	zend_hash_str_add_new(context, ZEND_STRL("pointer"), &value);
	ecoq_messaging_log(execution->messaging, "warning", text, context);
}

/* What of the envelope was ignored or is dropped when it is stored again. */
static void log_oddities(ecoq_execution *execution)
{
	const ecoq_envelope *envelope = &execution->envelope;
	uint8_t forbidden_keys = envelope->forbidden_keys;
	const char *pointer;
	while ((pointer = ecoq_envelope_next_forbidden_key(&forbidden_keys))) {
		log_about_message(execution, "Message {id} on channel {channel} carries the forbidden key {pointer}; it is dropped", pointer);
	}
	if (envelope->warning[0]) {
		log_about_message(execution, envelope->warning, envelope->warning_at);
	}
}

void ecoq_execution_prepare(ecoq_execution *execution, ecoq_messaging *messaging, ecoq_channel *channel, ecoq_delivery *delivery)
{
	*execution = (ecoq_execution){.messaging = messaging, .channel = channel, .delivery = delivery, .max_retries = channel->retry.max_retries};
	ecoq_error error;
	ecoq_envelope_fault fault = ecoq_channel_read(channel, delivery, &execution->envelope, &error);
	if (fault != ECOQ_ENVELOPE_ACCEPTED) {
		execution->attempts = delivery->attempts;
		execution->failed = true;
		ecoq_dead_letter(execution, "poison", NULL, "%s: %s", ecoq_envelope_reason(fault), error.text);
		return;
	}
	execution->has_envelope = true;
	if ((execution->envelope.forbidden_keys || execution->envelope.warning[0]) && !Z_ISUNDEF(messaging->logger)) {
		log_oddities(execution);
	}
	execution->attempts = MAX(execution->envelope.attempts, delivery->attempts);
	if (execution->envelope.priority >= 0) {
		delivery->priority = (uint8_t) execution->envelope.priority;
	}
	if (!ecoq_routing_find(execution)) {
		ecoq_failure_unknown(execution);
		return;
	}
	judge_limits(execution);
	if (!execution->is_decided) {
		judge_times(execution);
	}
}

/* ---- The handler ---- */

typedef enum call_end {
	CALL_RETURNED,
	CALL_THREW,
	CALL_EXITED,
	CALL_SPENT
} call_end;

/* Application's code that may do anything: it returns whether it went well, else an exception is pending. */
typedef bool (*application_call)(ecoq_execution *execution, ecoq_incoming *incoming, void *context);

/* A clean exit() comes back as an unwind exception without unclean shutdown and is contained; after any other unwinding no PHP code may run in this
 * process any more. */
static call_end call_application(application_call call, ecoq_execution *execution, ecoq_incoming *incoming, void *context)
{
	volatile bool bailed_out = true, ok = false;
	int exit_status = EG(exit_status);
	unsigned process = ecoq_process_mark();
	zend_try
	{
		ok = call(execution, incoming, context);
		bailed_out = false;
	}
	zend_end_try();
	/* a child that the application forked must not go on as a worker: the message, and all connections, are its parent's */
	if (bailed_out || ecoq_process_mark() != process) {
		return CALL_SPENT;
	}
	if (ok) {
		return CALL_RETURNED;
	}
	if (EG(exception) && zend_is_unwind_exit(EG(exception))) {
		if (CG(unclean_shutdown)) {
			return CALL_SPENT;
		}
		zend_clear_exception();
		EG(exit_status) = exit_status;
		return CALL_EXITED;
	}
	return CALL_THREW;
}

/* The handler forked, and this is the child: it ends with the status that it would end with anywhere else. */
static bool leave_child(void)
{
	if (EG(exception)) {
		EG(exit_status) = zend_is_unwind_exit(EG(exception)) ? EG(exit_status) : 255;
		zend_clear_exception();
	}
	return false;
}

static bool call_handler(ecoq_execution *execution, ecoq_incoming *incoming, void *handler_ran)
{
	ecoq_handler_state state;
	unsigned process = ecoq_process_mark();
	ecoq_handler_state_save(&state);
	if (execution->watch) {
		execution->watch(execution, true);
	}
	bool ok = ecoq_incoming_load(incoming) && ecoq_endpoint_call(execution->endpoint, &incoming->invocation, NULL, handler_ran);
	if (execution->watch) {
		execution->watch(execution, false);
	}
	if (ecoq_process_mark() != process) {
		return leave_child();
	}
	ecoq_handler_state_restore(execution->messaging, execution, &state);
	return ok;
}

static void fail(ecoq_execution *execution, call_end end, bool handler_ran)
{
	if (EG(exception)) {
		ecoq_hooks_keep_exception(execution, EG(exception));
	}
	if (end == CALL_EXITED) {
		ecoq_failure_of_exit(execution);
	} else {
		ecoq_failure_of_exception(execution, handler_ran);
	}
}

static void set_error(ecoq_execution *execution, const ecoq_error *error)
{
	if (!execution->error) {
		execution->error = zend_string_init(error->text, strlen(error->text), 0);
	}
}

/* The database cannot be reached: no message is to blame, so nothing is decided. */
static void block(ecoq_execution *execution, const ecoq_error *error)
{
	ecoq_database *database = execution->messaging->database;
	if (database->connection && !ecoq_pdo_connection_is_usable(database->connection)) {
		ecoq_database_lost(database);
	}
	execution->is_blocked = true;
	set_error(execution, error);
}

/* What ecoq itself could not do for the execution. */
static void fail_with(ecoq_execution *execution, ecoq_result result, const ecoq_error *error)
{
	if (result == ECOQ_CONFLICT) {
		ecoq_postpone(execution, WAIT_MS);
		set_error(execution, error);
	} else if (ecoq_result_is_retryable(result)) {
		if (execution->messaging->database) {
			block(execution, error);
		} else {
			ecoq_postpone(execution, FLUSH_RETRY_MS);
			set_error(execution, error);
		}
	} else {
		if (result != ECOQ_EXCEPTION) {
			ecoq_throw_error(result, error, NULL);
		}
		ecoq_failure_of_exception(execution, true);
	}
}

/* ---- With a database ---- */

static bool has_transaction(const ecoq_execution *execution)
{
	return execution->messaging->database && !execution->endpoint->without_transaction;
}

/* Legs for what the handler may send: their owners are registered while no transaction is open. */
static ecoq_result prepare_legs(ecoq_messaging *messaging, ecoq_error *error)
{
	ecoq_result result = ecoq_database_connect(messaging->database, error);
	/* the registration of the database's owner may have been lost since: store_own() forgets it then */
	if (result != ECOQ_OK || (messaging->legs_generation == messaging->database->generation && messaging->database->owner.id)) {
		return result;
	}
	ecoq_channel *channel;
	ZEND_HASH_FOREACH_PTR(&messaging->channels, channel) {
		result = ecoq_channel_locate(channel, error);
		if (result == ECOQ_OK && !channel->is_on_database && !channel->is_outbox) {
			ecoq_channel *leg = ecoq_outbox_leg(channel);
			result = leg ? ecoq_outbox_prepare(leg, error) : ECOQ_EXCEPTION;
		}
		if (result != ECOQ_OK) {
			return result;
		}
	}
	ZEND_HASH_FOREACH_END();
	messaging->legs_generation = messaging->database->generation;
	return ECOQ_OK;
}

/* The acknowledgement, in the handler's transaction: refused, it takes everything back. */
static ecoq_result settle_in_transaction(ecoq_execution *execution, ecoq_error *error)
{
	ecoq_channel *channel = execution->channel;
	ecoq_settlement settlement = {.delivery = execution->delivery};
	ecoq_result result = channel->ops->settle(channel->transport, &settlement, 1, error);
	if (result == ECOQ_OK && settlement.result != ECOQ_OK) {
		execution->is_lost = true;
		return ecoq_fail(error, ECOQ_LOST, "message %s of channel \"%s\" was taken over by another worker meanwhile", ZSTR_VAL(ecoq_execution_id(execution)),
			ZSTR_VAL(channel->name));
	}
	return result;
}

/* Everything that belongs to the effect of the handler, up to the commit. */
static ecoq_result conclude(ecoq_execution *execution, ecoq_dedup_verdict *verdict, ecoq_error *error)
{
	ecoq_messaging *messaging = execution->messaging;
	ecoq_result result = ecoq_unit_write(messaging, error);
	*verdict = ECOQ_DEDUP_RUN;
	if (result == ECOQ_OK && execution->dedup_records) {
		result = ecoq_deduplication_record(execution, verdict, error);
	}
	if (result != ECOQ_OK || *verdict != ECOQ_DEDUP_RUN) {
		return result;
	}
	bool settles = execution->channel->is_on_database && messaging->unit->transaction;
	if (settles) {
		result = settle_in_transaction(execution, error);
	}
	if (result == ECOQ_OK) {
		result = ecoq_unit_commit_transaction(messaging, error);
	}
	execution->is_settled = settles && result == ECOQ_OK;
	return result;
}

/* The handler returned. */
static ecoq_result succeed(ecoq_execution *execution, ecoq_error *error)
{
	ecoq_dedup_verdict verdict;
	ecoq_result result = conclude(execution, &verdict, error);
	if (result == ECOQ_OK && verdict != ECOQ_DEDUP_RUN) {
		decide(execution, ECOQ_OUTCOME_DUPLICATE);
		return ECOQ_OK;
	}
	if (result == ECOQ_OK) {
		/* what it sent leaves before its message is acknowledged, unless it was written with the transaction */
		result = ecoq_unit_send_rest(execution->messaging, error);
	}
	if (result == ECOQ_OK) {
		decide(execution, ECOQ_OUTCOME_HANDLED);
	} else if (execution->is_lost) {
		decide(execution, ECOQ_OUTCOME_HANDLED);
		execution->is_settled = true;
		set_error(execution, error);
		return ECOQ_OK;
	}
	return result;
}

/* Another worker has it by now: its outcome is that one's, and what was written is taken back with the unit of work. */
static void lose(ecoq_execution *execution)
{
	ecoq_error error;
	if (EG(exception)) {
		ecoq_hooks_keep_exception(execution, EG(exception));
		zend_clear_exception();
	}
	ecoq_fail(&error, ECOQ_LOST, "message %s of channel \"%s\" was taken over by another worker while it was handled", ZSTR_VAL(ecoq_execution_id(execution)),
		ZSTR_VAL(execution->channel->name));
	decide(execution, ECOQ_OUTCOME_HANDLED);
	execution->is_settled = true;
	set_error(execution, &error);
}

typedef enum step {
	STEP_DONE,
	STEP_AGAIN, /* another transaction was in the way */
	STEP_SPENT
} step;

static bool is_connection_lost(const ecoq_execution *execution)
{
	const ecoq_database *database = execution->messaging->database;
	return database && database->connection && execution->messaging->unit->transaction && EG(exception)
		&& ecoq_pdo_failure_of_exception(database->connection, EG(exception)) == ECOQ_PDO_DISCONNECTED;
}

static step call_and_conclude(ecoq_execution *execution, ecoq_incoming *incoming, int round)
{
	ecoq_error error;
	bool handler_ran = false;
	ecoq_incoming_enter(incoming);
	execution->started_ns = ecoq_clock_monotonic_ns();
	call_end end = call_application(call_handler, execution, incoming, &handler_ran);
	if (end == CALL_SPENT) {
		return STEP_SPENT;
	}
	execution->handler_ns += ecoq_clock_monotonic_ns() - execution->started_ns;
	ecoq_incoming_leave(incoming);
	if (execution->is_lost) {
		lose(execution);
		return STEP_DONE;
	}
	if (end != CALL_RETURNED) {
		if (end == CALL_THREW && ecoq_unit_is_conflict(execution->messaging)) {
			zend_clear_exception();
			if (ecoq_unit_may_rerun(round + 1)) {
				return STEP_AGAIN;
			}
			fail_with(execution, ecoq_fail(&error, ECOQ_CONFLICT, "other transactions were in the way of the handler's, again and again"), &error);
			return STEP_DONE;
		}
		if (end == CALL_THREW && is_connection_lost(execution)) {
			zend_clear_exception();
			ecoq_fail(&error, ECOQ_UNAVAILABLE, "the database's connection was lost while the handler used it");
			ecoq_database_lost(execution->messaging->database);
			block(execution, &error);
			return STEP_DONE;
		}
		fail(execution, end, handler_ran);
		return STEP_DONE;
	}
	ecoq_result result = succeed(execution, &error);
	if (result == ECOQ_CONFLICT && ecoq_unit_may_rerun(round + 1)) {
		return STEP_AGAIN;
	}
	if (result != ECOQ_OK) {
		fail_with(execution, result, &error);
	}
	return STEP_DONE;
}

static step run_once(ecoq_execution *execution, ecoq_incoming *incoming, int round)
{
	ecoq_messaging *messaging = execution->messaging;
	ecoq_unit_of_work unit;
	ecoq_error error;
	step step = STEP_DONE;
	ecoq_unit_open(messaging, &unit);
	unit.is_execution = true;
	ecoq_result result = has_transaction(execution) ? ecoq_unit_begin_transaction(messaging, round > 0, &error) : ECOQ_OK;
	if (result == ECOQ_OK) {
		step = call_and_conclude(execution, incoming, round);
	} else {
		fail_with(execution, result, &error);
	}
	if (step != STEP_SPENT) {
		ecoq_unit_close(messaging);
	}
	return step;
}

typedef struct dedup_question {
	ecoq_dedup_verdict verdict;
	ecoq_result result;
	ecoq_error error;
} dedup_question;

static bool ask_deduplication(ecoq_execution *execution, ecoq_incoming *incoming, void *context)
{
	dedup_question *question = context;
	question->result = ecoq_deduplication_begin(execution, incoming, &question->verdict, &question->error);
	return !EG(exception);
}

/* Whether the handler is to be run at all. Otherwise the execution is decided or blocked. */
static step prepare_database(ecoq_execution *execution, ecoq_incoming *incoming, bool *run)
{
	dedup_question question = {.verdict = ECOQ_DEDUP_RUN};
	ecoq_result result = prepare_legs(execution->messaging, &question.error);
	*run = false;
	if (result != ECOQ_OK) {
		fail_with(execution, result, &question.error);
		return STEP_DONE;
	}
	call_end end = call_application(ask_deduplication, execution, incoming, &question);
	if (end == CALL_SPENT) {
		return STEP_SPENT;
	}
	if (end != CALL_RETURNED) {
		fail(execution, end, false);
	} else if (question.result != ECOQ_OK) {
		fail_with(execution, question.result, &question.error);
	} else if (question.verdict == ECOQ_DEDUP_DUPLICATE) {
		decide(execution, ECOQ_OUTCOME_DUPLICATE);
	} else if (question.verdict == ECOQ_DEDUP_WAIT) {
		ecoq_postpone(execution, WAIT_MS);
	} else {
		*run = true;
	}
	return STEP_DONE;
}

static bool run_endpoint(ecoq_execution *execution)
{
	ecoq_messaging *messaging = execution->messaging;
	ecoq_incoming incoming;
	bool run = true;
	step step = STEP_DONE;
	ecoq_incoming_init_wire(&incoming, messaging, &execution->envelope, execution->attempts, ecoq_execution_id(execution));
	incoming.endpoint = execution->endpoint;
	if (messaging->database) {
		step = prepare_database(execution, &incoming, &run);
	}
	if (step != STEP_SPENT && run && !ecoq_hooks_before(execution, &incoming)) {
		step = STEP_SPENT;
	}
	for (int round = 0; run && step != STEP_SPENT && (round == 0 || step == STEP_AGAIN); round++) {
		step = run_once(execution, &incoming, round);
	}
	if (step == STEP_SPENT || (run && !ecoq_hooks_after(execution, &incoming))) {
		return false;
	}
	if (run) {
		ecoq_run_history_add(&execution->endpoint->runs, execution->handler_ns);
	}
	if (execution->dedup_is_claim && (execution->is_blocked || execution->is_lost || execution->outcome != ECOQ_OUTCOME_HANDLED)) {
		ecoq_deduplication_give_up(execution);
	}
	ecoq_incoming_free(&incoming);
	return true;
}

static void log_failure(ecoq_execution *execution)
{
	if (!execution->error || Z_ISUNDEF(execution->messaging->logger)) {
		return;
	}
	HashTable *context = ecoq_execution_log_context(execution);
	zval value;
	ZVAL_STRING(&value, execution->is_blocked ? "given back" : execution->is_lost ? "lost"
																				  : ecoq_outcome_name(execution->outcome));
	zend_hash_str_add_new(context, ZEND_STRL("outcome"), &value);
	ZVAL_LONG(&value, execution->attempts);
	zend_hash_str_add_new(context, ZEND_STRL("attempts"), &value);
	ZVAL_LONG(&value, execution->delay_ms);
	zend_hash_str_add_new(context, ZEND_STRL("delay"), &value);
	ZVAL_STR_COPY(&value, execution->error);
	zend_hash_str_add_new(context, ZEND_STRL("error"), &value);
	ecoq_messaging_log(execution->messaging, execution->outcome == ECOQ_OUTCOME_DEAD_LETTERED ? "error" : "warning",
		"Message {id} on channel {channel} was {outcome}: {error}", context);
}

bool ecoq_execution_run(ecoq_execution *execution)
{
	if (!execution->is_decided) {
		if (execution->targets || ecoq_routing_next_channel(execution)) {
			ecoq_routing_forward(execution);
		} else if (!run_endpoint(execution)) {
			return false;
		}
	}
	ecoq_error_channel_take(execution);
	log_failure(execution);
	return true;
}
