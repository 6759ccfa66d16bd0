#include "messaging/unit_of_work.h"

#include "php/bytes.h"
#include "php/exceptions.h"

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
}

static void forget_since(ecoq_unit_of_work *unit, size_t mark)
{
	while (unit->count > mark) {
		forget(&unit->items[--unit->count]);
	}
}

void ecoq_unit_open(ecoq_messaging *messaging, ecoq_unit_of_work *unit)
{
	*unit = (ecoq_unit_of_work){.outer = messaging->unit, .depth = 1};
	messaging->unit = unit;
}

void ecoq_unit_close(ecoq_messaging *messaging)
{
	ecoq_unit_of_work *unit = unit_of(messaging);
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

bool ecoq_unit_commit(ecoq_messaging *messaging)
{
	ecoq_result result = ECOQ_OK;
	if (unit_of(messaging)->depth == 1) {
		ecoq_error error;
		result = ecoq_unit_flush(messaging, &error);
		if (result != ECOQ_OK) {
			ecoq_throw_error(result, &error, NULL);
		}
	}
	leave(messaging);
	return result == ECOQ_OK;
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

static ecoq_outgoing outgoing_of(const ecoq_collected *item)
{
	return (ecoq_outgoing){
		.body = ecoq_bytes_of(item->body),
		.id = ecoq_bytes_of(item->id),
		.type = ecoq_bytes_of(item->type),
		.trace_id = ecoq_bytes_of(item->trace_id),
		.deliver_at = item->deliver_at,
		.expires_at = item->expires_at,
		.priority = item->priority,
		.id_is_new = item->id_is_new,
	};
}

/* Sends the messages for the channel of items[first], from there on. */
static ecoq_result send_channel(ecoq_collected *items, size_t count, size_t first, ecoq_outgoing *batch, ecoq_error *error)
{
	ecoq_channel *channel = items[first].channel;
	size_t size = 0;
	for (size_t i = first; i < count; i++) {
		if (items[i].channel == channel) {
			batch[size++] = outgoing_of(&items[i]);
		}
	}
	ecoq_result result = ecoq_channel_send(channel, batch, size, error);
	if (result != ECOQ_OK && result != ECOQ_EXCEPTION) {
		ecoq_error inner = *error;
		ecoq_fail(error, result, "%zu message%s for channel \"%s\" not sent, the first of type %s (id %s): %.500s", size, size == 1 ? "" : "s",
			ZSTR_VAL(channel->name), ZSTR_VAL(items[first].type), ZSTR_VAL(items[first].id), inner.text);
	}
	return result;
}

static bool seen_before(const ecoq_collected *items, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (items[i].channel == items[index].channel) {
			return true;
		}
	}
	return false;
}

ecoq_result ecoq_unit_flush(ecoq_messaging *messaging, ecoq_error *error)
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

	ecoq_outgoing few[8];
	ecoq_outgoing *batch = count <= 8 ? few : safe_emalloc(count, sizeof(*batch), 0);
	ecoq_result result = ECOQ_OK;
	for (size_t i = 0; i < count && result == ECOQ_OK; i++) {
		if (!seen_before(items, i)) {
			result = send_channel(items, count, i, batch, error);
		}
	}
	if (batch != few) {
		efree(batch);
	}
	for (size_t i = 0; i < count; i++) {
		forget(&items[i]);
	}
	efree(items);
	return result;
}
