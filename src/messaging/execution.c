#include "envelope/headers.h"
#include "envelope/message_id.h"
#include "messaging/failure.h"
#include "messaging/incoming.h"
#include "messaging/messaging.h"
#include "messaging/routing.h"
#include "messaging/unit_of_work.h"
#include "php/bytes.h"
#include "php/exceptions.h"

/* When what a handler sent could not be stored, the message comes back after this time, uncharged. */
#define FLUSH_RETRY_MS 5000

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
	return (ecoq_bytes){(const char *) &delivery->number, sizeof(delivery->number)};
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
	zend_string *strings[] = {execution->id, execution->error, execution->body};
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
		ecoq_dead_letter(execution, "failed", NULL, "crashed: the worker died %u times while it ran this message", delivery->crashes);
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

static void log_about_message(ecoq_execution *execution, const char *text, const char *pointer)
{
	HashTable *context = zend_new_array(3);
	zval value;
	ZVAL_STR_COPY(&value, execution->channel->name);
	zend_hash_str_add_new(context, ZEND_STRL("channel"), &value);
	ZVAL_STR_COPY(&value, ecoq_execution_id(execution));
	zend_hash_str_add_new(context, ZEND_STRL("id"), &value);
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
	ecoq_envelope_fault fault = ecoq_envelope_read(delivery->body, &channel->limits, &execution->envelope, &error);
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

/* Calls the handler, whatever it does. A clean exit() comes back as an unwind exception without unclean shutdown and is contained; after any
 * other unwinding no PHP code may run in this process any more. */
static call_end call_handler(ecoq_execution *execution, ecoq_incoming *incoming, bool *handler_ran)
{
	volatile bool bailed_out = true, ok = false;
	int exit_status = EG(exit_status);
	*handler_ran = false;
	zend_try
	{
		ok = ecoq_incoming_load(incoming) && ecoq_endpoint_call(execution->endpoint, &incoming->invocation, NULL, handler_ran);
		bailed_out = false;
	}
	zend_end_try();
	if (bailed_out) {
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

/* What the handler sent leaves before its message is acknowledged. Not to reach a channel is no failure of the message. */
static void flush(ecoq_execution *execution)
{
	ecoq_error error;
	ecoq_result result = ecoq_unit_flush(execution->messaging, &error);
	if (result == ECOQ_OK) {
		decide(execution, ECOQ_OUTCOME_HANDLED);
	} else if (result == ECOQ_EXCEPTION) {
		ecoq_failure_of_exception(execution, true);
	} else if (ecoq_result_is_retryable(result)) {
		ecoq_postpone(execution, FLUSH_RETRY_MS);
		execution->error = zend_string_init(error.text, strlen(error.text), 0);
	} else {
		ecoq_throw_error(result, &error, NULL);
		ecoq_failure_of_exception(execution, true);
	}
}

static bool run_endpoint(ecoq_execution *execution)
{
	ecoq_messaging *messaging = execution->messaging;
	ecoq_unit_of_work unit;
	ecoq_incoming incoming;
	bool handler_ran;
	ecoq_unit_open(messaging, &unit);
	ecoq_incoming_init_wire(&incoming, messaging, &execution->envelope, execution->attempts, ecoq_execution_id(execution));
	incoming.endpoint = execution->endpoint;
	ecoq_incoming_enter(&incoming);
	int64_t started = ecoq_clock_monotonic_ns();
	call_end end = call_handler(execution, &incoming, &handler_ran);
	if (end == CALL_SPENT) {
		return false;
	}
	execution->handler_ns = ecoq_clock_monotonic_ns() - started;
	ecoq_run_history_add(&execution->endpoint->runs, execution->handler_ns);
	ecoq_incoming_leave(&incoming);
	switch (end) {
		case CALL_RETURNED:
			flush(execution);
			break;
		case CALL_EXITED:
			ecoq_failure_of_exit(execution);
			break;
		default:
			ecoq_failure_of_exception(execution, handler_ran);
			break;
	}
	ecoq_incoming_free(&incoming);
	ecoq_unit_close(messaging);
	return true;
}

static void log_failure(ecoq_execution *execution)
{
	if (!execution->error || Z_ISUNDEF(execution->messaging->logger)) {
		return;
	}
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
	ZVAL_STRING(&value, ecoq_outcome_name(execution->outcome));
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
	log_failure(execution);
	return true;
}
