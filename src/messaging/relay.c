#include "messaging/relay.h"

#include "channel/group.h"
#include "channel/outbox.h"
#include "messaging/failure.h"
#include "php/bytes.h"
#include "transport/pdo/queue.h"
#include "transport/pdo/relay_lease.h"

#define ASK_MINE_MS 1000
#define ASK_OTHERS_MS 500 /* as often as dead owners are looked for */

/* ---- One relay per destination ---- */

static ecoq_pdo_queue *queue_of(const ecoq_channel *leg)
{
	return (ecoq_pdo_queue *) leg->transport;
}

static bool is_held(const ecoq_outbox_leg_state *state)
{
	return state->held_as && state->held_as == queue_of(&state->channel)->owner.id;
}

/* The dead are looked for here, too: a relay that stands by reserves nothing, which is where that happens otherwise. */
static ecoq_result ask(ecoq_outbox_leg_state *state, ecoq_error *error)
{
	ecoq_channel *leg = &state->channel;
	ecoq_pdo_queue *queue = queue_of(leg);
	bool mine = false;
	state->held_as = 0;
	ecoq_result result = ecoq_pdo_owner_register(&queue->owner, queue->timeout_ms, error);
	if (result == ECOQ_OK) {
		result = ecoq_pdo_take_over(queue, error);
	}
	/* taking over may have found that this owner is not seen any more */
	if (result == ECOQ_OK) {
		result = ecoq_pdo_owner_register(&queue->owner, queue->timeout_ms, error);
	}
	if (result == ECOQ_OK) {
		result = ecoq_pdo_relay_lease(&queue->owner, ecoq_bytes_of(leg->queue), &mine, error);
	}
	state->held_as = mine ? queue->owner.id : 0;
	return result;
}

/* A signal ends waiting for another process's lock, as it does in reserve(). */
static ecoq_result ask_interruptibly(ecoq_outbox_leg_state *state, ecoq_error *error)
{
	ecoq_pdo_connection *c = queue_of(&state->channel)->connection;
	ecoq_pdo_guard guard;
	ecoq_pdo_enter(&guard);
	c->interruptible = true;
	c->interrupted = false;
	ecoq_result result = ask(state, error);
	c->interruptible = false;
	ecoq_pdo_leave(&guard);
	/* whoever was in the way will be gone when it is asked again */
	return c->interrupted || result == ECOQ_CONFLICT ? ECOQ_OK : result;
}

ecoq_result ecoq_relay_hold(ecoq_channel *leg, bool *mine, ecoq_error *error)
{
	ecoq_outbox_leg_state *state = (ecoq_outbox_leg_state *) leg;
	*mine = true;
	/* what cannot be used is for reserve() to say */
	if (!leg->relay_to->is_outbox || !ecoq_pdo_connection_is_usable(queue_of(leg)->connection)) {
		return ECOQ_OK;
	}
	int64_t now = ecoq_clock_monotonic_ms();
	ecoq_result result = ECOQ_OK;
	if (!state->asked_at_ms || now - state->asked_at_ms >= (is_held(state) ? ASK_MINE_MS : ASK_OTHERS_MS)) {
		result = ask_interruptibly(state, error);
		state->asked_at_ms = result == ECOQ_OK ? now : 0;
	}
	*mine = is_held(state);
	return result;
}

void ecoq_relay_release(ecoq_channel *leg)
{
	ecoq_outbox_leg_state *state = (ecoq_outbox_leg_state *) leg;
	ecoq_error ignored;
	ecoq_pdo_guard guard;
	state->asked_at_ms = 0;
	if (!leg->transport || !is_held(state)) {
		return;
	}
	state->held_as = 0;
	ecoq_pdo_enter(&guard);
	if (!CG(unclean_shutdown) && ecoq_pdo_connection_is_usable(queue_of(leg)->connection)) {
		ecoq_pdo_relay_lease_end(&queue_of(leg)->owner, ecoq_bytes_of(leg->queue), &ignored);
	}
	ecoq_pdo_leave(&guard);
}

/* ---- Sending a batch ---- */

typedef struct relay {
	ecoq_messaging *messaging;
	ecoq_channel *destination;
	ecoq_execution *executions;
	ecoq_outgoing *batch; /* of executions that are not decided, in their order */
	size_t *places;       /* which execution each of them is */
	size_t size;
	size_t doubtful; /* the first whose refusal may be the destination's fault; SIZE_MAX: none */
	bool answered;   /* the destination took a message, or said what is wrong with one */
} relay;

static void log_given_up(const ecoq_execution *execution, const char *text)
{
	HashTable *context = zend_new_array(3);
	zval value;
	ZVAL_STR_COPY(&value, execution->channel->relay_to->name);
	zend_hash_str_add_new(context, ZEND_STRL("channel"), &value);
	ZVAL_STR_COPY(&value, execution->id);
	zend_hash_str_add_new(context, ZEND_STRL("id"), &value);
	ZVAL_STRING(&value, text);
	zend_hash_str_add_new(context, ZEND_STRL("error"), &value);
	ecoq_messaging_log(execution->messaging, "error", "Message {id} could not be relayed to channel {channel} and is a dead letter now: {error}", context);
}

static void give_up(ecoq_execution *execution, const char *reason, const char *text)
{
	ecoq_execution_id(execution);
	ecoq_dead_letter(execution, reason, NULL, "%s", text);
	if (!Z_ISUNDEF(execution->messaging->logger)) {
		log_given_up(execution, text);
	}
}

/* What was left behind by a handler's worker is done on the side, and not what this worker was asked to handle. */
static void decide_sent(ecoq_execution *execution)
{
	execution->is_decided = true;
	execution->outcome = execution->channel->relay_to->is_outbox ? ECOQ_OUTCOME_HANDLED : ECOQ_OUTCOME_FORWARDED;
}

/* Whether the message goes on to another channel after this one: only the last one delays (SEMANTICS 8). */
static bool goes_on(const ecoq_messaging *messaging, const ecoq_envelope *envelope, const ecoq_channel *destination)
{
	const ecoq_endpoint *endpoint = envelope->endpoint.text.size ? ecoq_registry_by_id(messaging->registry, envelope->endpoint.text) : NULL;
	for (uint32_t i = 0; endpoint && i + 1 < endpoint->channel_count; i++) {
		if (zend_string_equals(endpoint->channels[i], destination->name)) {
			return true;
		}
	}
	return false;
}

static ecoq_outgoing outgoing_of(const relay *r, ecoq_execution *execution)
{
	const ecoq_envelope *envelope = &execution->envelope;
	execution->group = ecoq_group_name(envelope->endpoint.text, envelope->group.text);
	return (ecoq_outgoing){
		.body = envelope->bytes,
		.id = ecoq_bytes_of(ecoq_execution_id(execution)),
		.type = envelope->type.text,
		.trace_id = envelope->trace_id.text,
		.lang = envelope->lang.text,
		.headers = envelope->headers,
		.group = ecoq_bytes_of(execution->group),
		.deliver_at = goes_on(r->messaging, envelope, r->destination) ? 0 : envelope->deliver_at,
		.expires_at = envelope->expires_at,
		.attempts = envelope->attempts,
		.priority = envelope->priority >= 0 ? (uint8_t) envelope->priority : ECOQ_PRIORITY_DEFAULT,
	};
}

/* Reads the row; what is no envelope, or asks for what the destination cannot do, is given up on without being sent. */
static void add(relay *r, size_t place, ecoq_channel *leg, ecoq_delivery *delivery)
{
	ecoq_execution *execution = &r->executions[place];
	ecoq_error error;
	*execution = (ecoq_execution){.messaging = r->messaging, .channel = leg, .delivery = delivery};
	ecoq_envelope_fault fault = ecoq_channel_read(leg, delivery, &execution->envelope, &error);
	if (fault != ECOQ_ENVELOPE_ACCEPTED) {
		zend_string *text = zend_strpprintf(0, "%s: %s", ecoq_envelope_reason(fault), error.text);
		give_up(execution, "poison", ZSTR_VAL(text));
		zend_string_release(text);
		return;
	}
	execution->has_envelope = true;
	execution->attempts = execution->envelope.attempts;
	ecoq_outgoing message = outgoing_of(r, execution);
	if (ecoq_channel_check(r->destination, &message, &error) != ECOQ_OK) {
		give_up(execution, "failed", error.text);
		return;
	}
	r->batch[r->size] = message;
	r->places[r->size++] = place;
}

static ecoq_result send_to_destination(const relay *r, size_t from, size_t count, ecoq_error *error)
{
	return count ? r->destination->ops->send(r->destination->transport, r->batch + from, count, error) : ECOQ_OK;
}

/* The destination answers, so it was the messages that it did not take. */
static void settle_doubts(relay *r, size_t before)
{
	r->answered = true;
	for (size_t i = r->doubtful; i < before; i++) {
		ecoq_execution *execution = &r->executions[r->places[i]];
		if (!execution->is_decided) {
			zend_string *text = execution->error;
			execution->error = NULL;
			give_up(execution, "failed", ZSTR_VAL(text));
			zend_string_release(text);
		}
	}
	r->doubtful = SIZE_MAX;
}

static void doubt(relay *r, size_t i, const char *text)
{
	ecoq_execution *execution = &r->executions[r->places[i]];
	execution->error = zend_string_init(text, strlen(text), false);
	r->doubtful = MIN(r->doubtful, i);
	if (r->answered) {
		settle_doubts(r, i + 1);
	}
}

/* Alone, each message gets its own answer. One that says that something is wrong, but not that it is this message, is only believed when the
 * destination takes or refuses another one: a database that has become read-only is not the fault of what is sent to it. */
static ecoq_result send_one_by_one(relay *r, ecoq_error *error)
{
	ecoq_error doubts;
	for (size_t i = 0; i < r->size; i++) {
		ecoq_result result = send_to_destination(r, i, 1, error);
		switch (result) {
			case ECOQ_OK:
				settle_doubts(r, i);
				decide_sent(&r->executions[r->places[i]]);
				break;
			case ECOQ_REFUSED:
			case ECOQ_UNSUPPORTED:
				settle_doubts(r, i);
				give_up(&r->executions[r->places[i]], "failed", error->text);
				break;
			case ECOQ_INVALID:
			case ECOQ_PROTOCOL:
				doubts = *error;
				doubt(r, i, error->text);
				break;
			default:
				r->doubtful = MIN(r->doubtful, i);
				return result;
		}
	}
	if (r->doubtful != SIZE_MAX) {
		*error = doubts;
		return error->code;
	}
	return ECOQ_OK;
}

static ecoq_result send_all(relay *r, ecoq_error *error)
{
	ecoq_result result = send_to_destination(r, 0, r->size, error);
	if (result == ECOQ_REFUSED || result == ECOQ_UNSUPPORTED || result == ECOQ_INVALID || result == ECOQ_PROTOCOL) {
		return send_one_by_one(r, error);
	}
	for (size_t i = 0; i < r->size && result == ECOQ_OK; i++) {
		decide_sent(&r->executions[r->places[i]]);
	}
	r->doubtful = result == ECOQ_OK ? SIZE_MAX : 0;
	return result;
}

/* Whatever the destination's trouble is, it is asked again: no message is to blame. */
static ecoq_result unreachable(const ecoq_channel *destination, ecoq_result result, ecoq_error *error)
{
	if (result == ECOQ_EXCEPTION) {
		return result;
	}
	const ecoq_error inner = *error;
	return ecoq_fail(error, result == ECOQ_UNKNOWN ? result : ECOQ_UNAVAILABLE, "Relaying to channel \"%s\": %s", ZSTR_VAL(destination->name), inner.text);
}

static void forget(ecoq_execution *executions, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		ecoq_execution_free(&executions[i]);
		executions[i] = (ecoq_execution){.is_decided = false};
	}
}

ecoq_result ecoq_relay_send(ecoq_messaging *messaging, ecoq_channel *leg, ecoq_delivery *deliveries, ecoq_execution *executions, size_t count,
	size_t *decided, ecoq_error *error)
{
	relay r = {.messaging = messaging, .destination = leg->relay_to, .executions = executions, .doubtful = SIZE_MAX};
	*decided = 0;
	ecoq_result result = ecoq_channel_open(r.destination, error);
	if (result != ECOQ_OK) {
		return unreachable(r.destination, result, error);
	}
	r.batch = safe_emalloc(count, sizeof(*r.batch), 0);
	r.places = safe_emalloc(count, sizeof(*r.places), 0);
	for (size_t i = 0; i < count; i++) {
		add(&r, i, leg, &deliveries[i]);
	}
	result = send_all(&r, error);
	*decided = result == ECOQ_OK ? count : r.places[r.doubtful];
	if (result != ECOQ_OK) {
		result = unreachable(r.destination, result, error);
		forget(executions, *decided, count);
	}
	efree(r.batch);
	efree(r.places);
	return result;
}
