#include "channel/outbox.h"
#include "messaging/relay.h"
#include "php/exceptions.h"
#include "worker/loop.h"

/* What a worker serves: the channels it was asked for, in order of preference, where "outbox" stands for the legs of the outbox; and, aside, the legs
 * in which dead workers of this database may have left what their handlers sent. */

static bool is_served(const ecoq_loop *loop, const ecoq_channel *channel)
{
	for (size_t i = 0; i < loop->channel_count; i++) {
		if (loop->channels[i].channel == channel) {
			return true;
		}
	}
	return false;
}

/* A leg has no handlers that could be slow: it is served in full batches from the start. */
static void add(ecoq_loop *loop, ecoq_channel *channel, bool is_aside)
{
	if (is_served(loop, channel)) {
		return;
	}
	loop->channels = safe_erealloc(loop->channels, loop->channel_count + 1, sizeof(ecoq_worker_channel), 0);
	loop->channels[loop->channel_count++] = (ecoq_worker_channel){
		.channel = channel,
		.window = channel->relay_to ? (size_t) loop->options.fetch_size : 1,
		.look_every_ms = is_aside ? ECOQ_ORPHANS_EVERY_MS : 0,
	};
	ecoq_channel_addref(channel);
}

static bool add_legs(ecoq_loop *loop, ecoq_channel *outbox, ecoq_outbox_part part, bool is_aside)
{
	ecoq_channel **legs;
	size_t count;
	if (ecoq_outbox_legs(outbox, part, &legs, &count) != ECOQ_OK) {
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		add(loop, legs[i], is_aside);
	}
	efree(legs);
	return true;
}

static bool is_relay(ecoq_channel **channels, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (ecoq_outbox_is(channels[i])) {
			return true;
		}
	}
	return false;
}

/* Its server would take this worker for alive as long as anything keeps the connection. One that cannot be reached now is waited for later. */
static bool refuse_persistent_database(const ecoq_loop *loop)
{
	ecoq_error ignored;
	ecoq_database *database = loop->messaging->database;
	ecoq_result result = database ? ecoq_database_connect(database, &ignored) : ECOQ_OK;
	if (result == ECOQ_OK && database && ecoq_database_is_persistent(database)) {
		ecoq_throw_configuration("A worker cannot use a persistent \\PDO as database: its locks would outlive the worker; open it without PDO::ATTR_PERSISTENT");
	}
	return !EG(exception);
}

/* What dead workers left comes first, or it would wait for as long as the channels are busy; it is looked for once a second. */
bool ecoq_loop_take_channels(ecoq_loop *loop, ecoq_channel **channels, size_t count)
{
	ecoq_channel *outbox = loop->messaging->outbox;
	if (!refuse_persistent_database(loop)) {
		return false;
	}
	if (outbox && !is_relay(channels, count) && !add_legs(loop, outbox, ECOQ_OUTBOX_ORPHANS, true)) {
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		if (!ecoq_outbox_is(channels[i])) {
			add(loop, channels[i], false);
		} else if (!add_legs(loop, channels[i], ECOQ_OUTBOX_ALL, false)) {
			return false;
		}
	}
	return true;
}

void ecoq_loop_release_channels(ecoq_loop *loop)
{
	for (size_t i = 0; i < loop->channel_count; i++) {
		ecoq_channel *channel = loop->channels[i].channel;
		if (channel->relay_to) {
			ecoq_relay_release(channel);
		}
		ecoq_channel_release(channel);
	}
	if (loop->channels) {
		efree(loop->channels);
	}
}
