#include "messaging/failure.h"

#include "base/uuid.h"
#include "channel/dead_letter_block.h"
#include "channel/group.h"
#include "envelope/headers.h"
#include "messaging/dead_letter_note.h"
#include "messaging/exception_text.h"
#include "messaging/retry_filter.h"
#include "php/bytes.h"
#include "php/exceptions.h"

/* Messages that nothing answers wait 10 s doubling to 5 min, and for one hour in all. */
#define UNKNOWN_FIRST_DELAY_MS 10000
#define UNKNOWN_MAX_DELAY_MS (5 * 60 * 1000)
#define UNKNOWN_GIVE_UP_MS (60 * 60 * 1000)

ecoq_backoff ecoq_execution_retry_policy(const ecoq_execution *execution)
{
	ecoq_backoff policy = execution->channel->retry;
	if (execution->endpoint) {
		const ecoq_endpoint_retry *own = &execution->endpoint->retry;
		policy.max_retries = own->has_max ? own->values.max_retries : policy.max_retries;
		policy.delay_ms = own->has_delay ? own->values.delay_ms : policy.delay_ms;
		policy.multiplier = own->has_multiplier ? own->values.multiplier : policy.multiplier;
		policy.max_delay_ms = own->has_max_delay ? own->values.max_delay_ms : policy.max_delay_ms;
		policy.jitter = own->has_jitter ? own->values.jitter : policy.jitter;
	}
	return policy;
}

/* One that only waits keeps its place in its group; what failed, or what nobody handles, lets the group pass if the channel says so. */
static zend_string *group_of_successor(const ecoq_execution *execution)
{
	const ecoq_envelope *envelope = &execution->envelope;
	bool has_failed = execution->attempts > 0 || !(execution->endpoint || execution->targets);
	if (!execution->has_envelope || execution->to_dead_letters || (has_failed && execution->channel->group_passes)) {
		return NULL;
	}
	return ecoq_group_to_keep(execution->channel, envelope->endpoint.text, envelope->group.text);
}

/* The successor is the delivery's message again; `body` (taken over) replaces its bytes, NULL keeps them. */
static void set_successor(ecoq_execution *execution, zend_string *body, int64_t delay_ms)
{
	const ecoq_delivery *delivery = execution->delivery;
	ecoq_bytes own = execution->has_envelope ? execution->envelope.bytes : delivery->body;
	execution->is_decided = true;
	execution->has_successor = true;
	execution->body = body;
	execution->group = group_of_successor(execution);
	execution->delay_ms = delay_ms;
	execution->successor = (ecoq_outgoing){
		.body = body ? ecoq_bytes_of(body) : own,
		.id = ecoq_bytes_of(ecoq_execution_id(execution)),
		.group = ecoq_bytes_of(execution->group),
		.deliver_at = delay_ms > 0 ? ecoq_clock_now_ms() + delay_ms : 0,
		.attempts = execution->attempts,
		.crashes = delivery->crashes,
		.priority = delivery->priority,
	};
	if (execution->has_envelope) {
		execution->successor.type = execution->envelope.type.text;
		execution->successor.trace_id = execution->envelope.trace_id.text;
		execution->successor.lang = execution->envelope.lang.text;
		execution->successor.headers = execution->envelope.headers;
	}
}

void ecoq_postpone(ecoq_execution *execution, int64_t delay_ms)
{
	set_successor(execution, NULL, delay_ms);
	execution->outcome = ECOQ_OUTCOME_POSTPONED;
}

/* ---- Giving up ---- */

bool ecoq_dead_letter_is_for_database(const ecoq_execution *execution)
{
	return execution->messaging->database && execution->channel->dead_letter_place != ECOQ_DEAD_LETTER_QUEUE;
}

static bool is_for_queue(const ecoq_execution *execution)
{
	return !ecoq_dead_letter_is_for_database(execution) || execution->channel->dead_letter_place == ECOQ_DEAD_LETTER_BOTH;
}

/* Who failed: an endpoint, the one that the message names, or the relay. */
static ecoq_bytes failed_endpoint(const ecoq_execution *execution)
{
	if (execution->channel->relay_to) {
		return ECOQ_BYTES("relay");
	}
	if (execution->endpoint) {
		return ecoq_bytes_of(execution->endpoint->id);
	}
	return execution->has_envelope ? execution->envelope.endpoint.text : ECOQ_NO_BYTES;
}

static zend_string *text_or_null(ecoq_bytes text)
{
	return text.size ? ecoq_string_of(text) : NULL;
}

/* The row of the database's table, from what is known already. */
static ecoq_dead_letter_note *note_of(ecoq_execution *execution, const char *reason, const ecoq_dead_letter_block *block)
{
	const ecoq_channel *channel = execution->channel->relay_to ? execution->channel->relay_to : execution->channel;
	ecoq_dead_letter_note *note = ecalloc(1, sizeof(*note));
	note->message_id = zend_string_copy(ecoq_execution_id(execution));
	note->endpoint = text_or_null(block->endpoint);
	note->channel = zend_string_copy(channel->name);
	note->queue = zend_string_copy(channel->queue);
	note->reason = zend_string_init(reason, strlen(reason), false);
	note->error_class = text_or_null(block->error_class);
	note->error = text_or_null(block->error);
	note->trace = text_or_null(block->trace);
	note->body = ecoq_string_of(execution->has_envelope ? execution->envelope.bytes : execution->delivery->body);
	note->attempts = block->attempts;
	note->failed_at = block->failed_at;
	if (execution->has_envelope) {
		const ecoq_envelope *envelope = &execution->envelope;
		note->type = text_or_null(envelope->type.text);
		note->payload = ecoq_string_of(envelope->data);
		note->headers = envelope->headers.size ? ecoq_string_of(envelope->headers) : zend_string_init(ZEND_STRL("{}"), false);
	}
	return note;
}

/* Decides where the message goes, by the channel's places. */
static void give_up(ecoq_execution *execution, const char *reason, const ecoq_dead_letter_block *block)
{
	execution->is_decided = true;
	execution->has_successor = false;
	execution->delay_ms = 0;
	if (is_for_queue(execution)) {
		const ecoq_envelope *envelope = execution->has_envelope ? &execution->envelope : NULL;
		execution->to_dead_letters = true;
		set_successor(execution, ecoq_dead_letter_body(execution->delivery->body, envelope, block), 0);
	}
	if (ecoq_dead_letter_is_for_database(execution) || execution->channel->error_channel) {
		execution->dead_letter = note_of(execution, reason, block);
	}
	execution->outcome = ECOQ_OUTCOME_DEAD_LETTERED;
}

void ecoq_dead_letter(ecoq_execution *execution, const char *reason, zend_object *exception, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	zend_string *text = zend_vstrpprintf(0, format, arguments);
	va_end(arguments);
	zend_string *trace = exception ? ecoq_exception_trace(exception) : NULL;
	/* the schema of the block knows three reasons */
	bool is_crash = strcmp(reason, "crashed") == 0;
	ecoq_dead_letter_block block = {
		.reason = is_crash ? ECOQ_BYTES("failed") : (ecoq_bytes){reason, strlen(reason)},
		.error = ecoq_bytes_of(text),
		.error_class = exception ? ecoq_bytes_of(exception->ce->name) : ECOQ_NO_BYTES,
		.endpoint = failed_endpoint(execution),
		.trace = ecoq_bytes_of(trace),
		.original_queue = ecoq_bytes_of(execution->channel->queue),
		.failed_at = ecoq_clock_now_ms(),
		.attempts = execution->attempts,
	};
	give_up(execution, reason, &block);
	if (execution->error) {
		zend_string_release(text);
	} else {
		execution->error = text;
	}
	if (trace) {
		zend_string_release(trace);
	}
}

/* ---- Failed executions ---- */

/* Stored again with one more attempt, due after `delay_ms`. */
static void retry(ecoq_execution *execution, int64_t delay_ms)
{
	ecoq_envelope_patch patch = ECOQ_ENVELOPE_NO_PATCH;
	patch.attempts = execution->attempts;
	set_successor(execution, ecoq_envelope_patched(&execution->envelope, &patch), delay_ms);
	execution->outcome = ECOQ_OUTCOME_RETRIED;
}

/* One more failed execution, with nothing to be tried again. */
static void give_up_on(ecoq_execution *execution, zend_object *exception)
{
	zend_string *message = exception ? ecoq_exception_message(exception) : NULL;
	ecoq_dead_letter(execution, "failed", exception, "%s", message ? ZSTR_VAL(message) : ZSTR_VAL(execution->error));
	if (message) {
		zend_string_release(message);
	}
}

/* One more failed execution: retried after `own_delay_ms` (-1: by the policy), or given up on. */
static void charge(ecoq_execution *execution, zend_object *exception, bool may_retry, int64_t own_delay_ms)
{
	ecoq_backoff policy = ecoq_execution_retry_policy(execution);
	execution->attempts++;
	execution->max_retries = policy.max_retries;
	if (!may_retry || execution->attempts > policy.max_retries) {
		give_up_on(execution, exception);
		return;
	}
	uint32_t random = 0;
	ecoq_random_bytes(&random, sizeof(random));
	retry(execution, own_delay_ms >= 0 ? own_delay_ms : ecoq_backoff_delay(&policy, execution->attempts, random));
}

static int64_t own_delay(zend_object *exception)
{
	zval unused, *delay = zend_read_property(ecoq_ce_RetryLater, exception, ZEND_STRL("delay"), true, &unused);
	return Z_TYPE_P(delay) == IS_LONG && Z_LVAL_P(delay) >= 0 ? Z_LVAL_P(delay) : -1;
}

static void decide_by_class(ecoq_execution *execution, zend_object *exception, bool handler_ran)
{
	zend_class_entry *ce = exception->ce;
	if (handler_ran && instanceof_function(ce, ecoq_ce_Drop)) {
		execution->is_decided = true;
		execution->outcome = ECOQ_OUTCOME_DROPPED;
		return;
	}
	execution->failed = true;
	execution->stop_worker = instanceof_function(ce, ecoq_ce_StopWorker);
	execution->error = ecoq_exception_summary(exception);
	/* what does not fit the handler, or is no message, will not do so later */
	bool is_unfit = !handler_ran && (ce == ecoq_ce_ConversionException || ce == ecoq_ce_EnvelopeException);
	charge(execution, exception, !is_unfit && ecoq_retry_filter_allows(execution, exception), instanceof_function(ce, ecoq_ce_RetryLater) ? own_delay(exception) : -1);
}

void ecoq_failure_of_exception(ecoq_execution *execution, bool handler_ran)
{
	zend_object *exception = EG(exception);
	GC_ADDREF(exception);
	zend_clear_exception();
	decide_by_class(execution, exception, handler_ran);
	/* a destructor that throws while the exception is freed is not the message's failure */
	OBJ_RELEASE(exception);
	if (EG(exception)) {
		zend_clear_exception();
	}
}

void ecoq_failure_of_exit(ecoq_execution *execution)
{
	execution->failed = true;
	execution->exited = true;
	execution->error = zend_string_init(ZEND_STRL("the handler called exit()"), 0);
	charge(execution, NULL, true, -1);
}

/* Nobody knows it yet: wait longer each time, for an hour in all, so that a rolling deploy loses nothing. */
static void retry_unknown(ecoq_execution *execution, const char *what, const char *name)
{
	const ecoq_envelope *envelope = &execution->envelope;
	int64_t now = ecoq_clock_now_ms();
	int64_t since = envelope->unknown > 0 && envelope->unknown_since > 0 ? envelope->unknown_since : now;
	if (now - since >= UNKNOWN_GIVE_UP_MS) {
		ecoq_dead_letter(execution, "unknown_urn", NULL, "no handler for %s \"%s\" for one hour", what, name);
		return;
	}
	ecoq_backoff policy = {INT64_MAX, UNKNOWN_FIRST_DELAY_MS, 2.0, UNKNOWN_MAX_DELAY_MS, 0.0};
	ecoq_envelope_patch patch = ECOQ_ENVELOPE_NO_PATCH;
	patch.unknown = (int64_t) envelope->unknown + 1;
	patch.unknown_since = since;
	set_successor(execution, ecoq_envelope_patched(envelope, &patch), ecoq_backoff_delay(&policy, envelope->unknown + 1, 0));
	execution->outcome = ECOQ_OUTCOME_POSTPONED;
	execution->error = zend_strpprintf(0, "no handler for %s \"%s\"", what, name);
}

void ecoq_failure_unknown(ecoq_execution *execution)
{
	const ecoq_envelope *envelope = &execution->envelope;
	bool has_endpoint = envelope->endpoint.text.size > 0;
	ecoq_bytes named = has_endpoint ? envelope->endpoint.text : envelope->type.text;
	zend_string *name = ecoq_string_of(named);
	const char *what = has_endpoint ? "endpoint" : "type";
	switch (execution->channel->unknown) {
		case ECOQ_UNKNOWN_IGNORE:
			execution->is_decided = true;
			execution->outcome = ECOQ_OUTCOME_DROPPED;
			break;
		case ECOQ_UNKNOWN_DEAD_LETTER:
			ecoq_dead_letter(execution, "unknown_urn", NULL, "no handler for %s \"%s\"", what, ZSTR_VAL(name));
			break;
		case ECOQ_UNKNOWN_RETRY:
			retry_unknown(execution, what, ZSTR_VAL(name));
			break;
	}
	zend_string_release(name);
}
