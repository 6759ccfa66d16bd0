#include "channel/outbox.h"

#include "transport/pdo/own_rows.h"

/* Where presence cannot be seen (a file system without locks), a reservation of a leg ends by itself after this time; sending a batch takes less. */
#define LEG_TIMEOUT_MS 120000

/* ---- Legs ---- */

static ecoq_channel *create_leg(ecoq_channel *channel)
{
	ecoq_outbox_leg_state *state = ecalloc(1, sizeof(*state));
	ecoq_channel *leg = &state->channel;
	const char *kind = channel->is_outbox ? "outbox" : "after";
	leg->refcount = 1;
	leg->name = zend_strpprintf(0, "%s:%s", kind, ZSTR_VAL(channel->name));
	leg->queue = zend_string_copy(leg->name);
	leg->dead_letter_queue = zend_strpprintf(0, "%s.dlq", ZSTR_VAL(leg->name));
	leg->retry = ECOQ_BACKOFF_DEFAULT;
	ZVAL_UNDEF(&leg->retry_only);
	ZVAL_UNDEF(&leg->retry_never);
	leg->dead_letter_place = ECOQ_DEAD_LETTER_DATABASE;
	leg->timeout_ms = LEG_TIMEOUT_MS;
	leg->max_delay_ms = INT64_MAX;
	leg->limits = channel->limits;
	leg->ops = &ecoq_pdo_transport;
	ZVAL_UNDEF(&leg->native);
	ZVAL_UNDEF(&leg->options_storage);
	leg->relay_to = channel;
	ecoq_channel_set_database(leg, channel->database);
	return leg;
}

ecoq_channel *ecoq_outbox_leg(ecoq_channel *channel)
{
	if (!channel->leg && channel->database) {
		channel->leg = create_leg(channel);
	}
	return channel->leg;
}

/* A row waits for nothing and overtakes nobody. */
static ecoq_outgoing row_of(const ecoq_outgoing *message)
{
	ecoq_outgoing row = *message;
	row.deliver_at = row.expires_at = 0;
	row.priority = ECOQ_PRIORITY_DEFAULT;
	row.group = ECOQ_NO_BYTES;
	row.attempts = row.crashes = 0;
	return row;
}

ecoq_result ecoq_outbox_store(ecoq_channel *leg, const ecoq_outgoing *messages, size_t count, ecoq_error *error)
{
	ecoq_outgoing few[8];
	ecoq_outgoing *rows = count <= 8 ? few : safe_emalloc(count, sizeof(*rows), 0);
	ecoq_result result = ECOQ_OK;
	for (size_t i = 0; i < count && result == ECOQ_OK; i++) {
		result = ecoq_channel_check(leg->relay_to, &messages[i], error);
		rows[i] = row_of(&messages[i]);
	}
	if (result == ECOQ_OK) {
		result = ecoq_channel_send(leg, rows, count, error);
	}
	if (rows != few) {
		efree(rows);
	}
	return result;
}

/* ---- Rows of this process ---- */

ecoq_result ecoq_outbox_prepare(ecoq_channel *leg, ecoq_error *error)
{
	ecoq_result result = ecoq_channel_open(leg, error);
	ecoq_pdo_owner *owner = &leg->database->owner;
	if (result == ECOQ_OK && !owner->id) {
		ecoq_pdo_guard guard;
		ecoq_pdo_enter(&guard);
		result = ecoq_pdo_owner_register(owner, LEG_TIMEOUT_MS, error);
		ecoq_pdo_leave(&guard);
	}
	return result;
}

ecoq_result ecoq_outbox_store_own(ecoq_channel *leg, const ecoq_outgoing *messages, size_t count, ecoq_delivery *rows, ecoq_error *error)
{
	ecoq_result result = ecoq_channel_open(leg, error);
	for (size_t i = 0; i < count && result == ECOQ_OK; i++) {
		result = ecoq_channel_check(leg->relay_to, &messages[i], error);
	}
	if (result == ECOQ_OK) {
		ecoq_pdo_guard guard;
		ecoq_pdo_enter(&guard);
		result = ecoq_pdo_store_own((ecoq_pdo_queue *) leg->transport, &leg->database->owner, messages, count, rows, error);
		ecoq_pdo_leave(&guard);
	}
	return result;
}
