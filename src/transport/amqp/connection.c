#include "transport/amqp/connection.h"

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "transport/amqp/connection_parts.h"

#define PUMP_MOST 20000  /* frames of one pump */
#define CLOSING_MOST 2   /* AMQP channels whose close the broker has not answered */
#define GOOD_BYE_MS 2000 /* for the broker's answer to connection.close */

/* ---- The mutex ---- */

void ecoq_amqp_note_progress(ecoq_amqp_connection *connection)
{
	__atomic_store_n((int64_t *) &connection->locked_at_ms, ecoq_clock_monotonic_ms(), __ATOMIC_RELEASE);
}

void ecoq_amqp_lock(ecoq_amqp_connection *connection)
{
	if (connection->pooled.pid != getpid()) {
		ecoq_amqp_leave_parent(connection);
	}
	pthread_mutex_lock(&connection->mutex);
	ecoq_amqp_note_progress(connection);
}

void ecoq_amqp_unlock(ecoq_amqp_connection *connection)
{
	__atomic_store_n((int64_t *) &connection->locked_at_ms, 0, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&connection->mutex);
}

/* ---- The end of a channel, and of all ---- */

static void channel_is_gone(ecoq_amqp_connection *connection, amqp_channel_t number, const ecoq_error *why)
{
	ecoq_amqp_listener *listener = connection->listeners[number];
	connection->listeners[number] = NULL;
	connection->opened[number] = 0;
	connection->closing[number] = false;
	connection->spare = connection->spare == number ? 0 : connection->spare;
	if (listener) {
		connection->handled++;
		listener->on_gone(listener, why);
	}
}

void ecoq_amqp_disconnect(ecoq_amqp_connection *connection, const ecoq_error *why)
{
	amqp_connection_state_t state = connection->state;
	if (!state) {
		return;
	}
	ecoq_error reason;
	ecoq_fail(&reason, ECOQ_UNAVAILABLE, "The connection to RabbitMQ at %s was closed", connection->address);
	reason = why ? *why : reason;
	connection->gone = reason;
	connection->state = NULL;
	connection->blocked[0] = '\0';
	connection->next_address = (connection->next_address + 1) % connection->settings->network.address_count;
	ecoq_amqp_drop_line(connection);
	amqp_destroy_connection(state);
	for (amqp_channel_t number = 1; number < ECOQ_AMQP_CHANNELS; number++) {
		channel_is_gone(connection, number, &reason);
	}
	ecoq_amqp_wake(connection);
}

bool ecoq_amqp_takes_bytes(const ecoq_amqp_connection *connection)
{
	struct pollfd descriptor = {.fd = amqp_get_sockfd(connection->state), .events = POLLOUT};
	return poll(&descriptor, 1, 0) > 0;
}

void ecoq_amqp_be_quick(ecoq_amqp_connection *connection)
{
	struct timeval timeout = {.tv_sec = GOOD_BYE_MS / 1000, .tv_usec = GOOD_BYE_MS % 1000 * 1000};
	if (connection->state) {
		amqp_set_rpc_timeout(connection->state, &timeout);
	}
}

/* With a word to the broker; `answered`: waits for its own. */
void ecoq_amqp_say_good_bye(ecoq_amqp_connection *connection, bool answered)
{
	if (!ecoq_amqp_takes_bytes(connection)) {
		return;
	}
	if (answered && !connection->blocked[0]) {
		ecoq_amqp_be_quick(connection);
		amqp_connection_close(connection->state, AMQP_REPLY_SUCCESS);
	} else {
		amqp_connection_close_t word = {.reply_code = AMQP_REPLY_SUCCESS, .reply_text = amqp_cstring_bytes("unused")};
		amqp_send_method(connection->state, 0, AMQP_CONNECTION_CLOSE_METHOD, &word);
	}
}

/* ---- Frames ---- */

static void refused_connection(ecoq_amqp_connection *connection, const amqp_connection_close_t *word, const char *doing, ecoq_error *error)
{
	amqp_connection_close_ok_t ok = {0};
	ecoq_error reason;
	connection->refusal_code = word->reply_code;
	ecoq_amqp_refusal(connection->settings, word->reply_code, word->reply_text, doing, &reason);
	amqp_send_method(connection->state, 0, AMQP_CONNECTION_CLOSE_OK_METHOD, &ok);
	ecoq_amqp_disconnect(connection, &reason);
	if (error) {
		*error = reason;
	}
}

static void refused_channel(ecoq_amqp_connection *connection, amqp_channel_t number, const amqp_channel_close_t *word, const char *doing, ecoq_error *error)
{
	amqp_channel_close_ok_t ok = {0};
	ecoq_error reason, lost;
	connection->refusal_code = word->reply_code;
	ecoq_amqp_refusal(connection->settings, word->reply_code, word->reply_text, doing, &reason);
	int status = amqp_send_method(connection->state, number, AMQP_CHANNEL_CLOSE_OK_METHOD, &ok);
	if (!connection->closing[number]) {
		/* otherwise both sides closed it at once, and the broker still answers */
		channel_is_gone(connection, number, &reason);
	}
	if (status != AMQP_STATUS_OK) {
		ecoq_amqp_failure(connection, status, doing, &lost);
		ecoq_amqp_disconnect(connection, &lost);
	}
	if (error) {
		*error = reason;
	}
}

static void dispatch_to_connection(ecoq_amqp_connection *connection, const amqp_method_t *method)
{
	if (method->id == AMQP_CONNECTION_CLOSE_METHOD) {
		refused_connection(connection, method->decoded, "The broker closed the connection", NULL);
	} else if (method->id == AMQP_CONNECTION_BLOCKED_METHOD) {
		const amqp_connection_blocked_t *word = method->decoded;
		snprintf(connection->blocked, sizeof(connection->blocked), "%.*s", (int) word->reason.len, word->reason.len ? (const char *) word->reason.bytes : "");
		if (!connection->blocked[0]) {
			snprintf(connection->blocked, sizeof(connection->blocked), "no reason given");
		}
	} else if (method->id == AMQP_CONNECTION_UNBLOCKED_METHOD) {
		connection->blocked[0] = '\0';
	}
}

static void dispatch_method(ecoq_amqp_connection *connection, amqp_channel_t number, const amqp_method_t *method)
{
	ecoq_amqp_listener *listener = connection->listeners[number];
	if (method->id == AMQP_CHANNEL_CLOSE_METHOD) {
		refused_channel(connection, number, method->decoded, "The broker closed the AMQP channel", NULL);
	} else if (method->id == AMQP_CHANNEL_FLOW_METHOD) {
		amqp_channel_flow_ok_t ok = {.active = ((const amqp_channel_flow_t *) method->decoded)->active};
		amqp_send_method(connection->state, number, AMQP_CHANNEL_FLOW_OK_METHOD, &ok);
	} else if (method->id == AMQP_CHANNEL_CLOSE_OK_METHOD) {
		if (connection->closing[number]) {
			channel_is_gone(connection, number, NULL);
		}
	} else if (listener) {
		connection->handled++;
		listener->on_method(listener, method);
	}
}

static void dispatch(ecoq_amqp_connection *connection, const amqp_frame_t *frame)
{
	if (frame->channel == 0) {
		if (frame->frame_type == AMQP_FRAME_METHOD) {
			dispatch_to_connection(connection, &frame->payload.method);
		}
		return;
	}
	ecoq_amqp_listener *listener = frame->channel < ECOQ_AMQP_CHANNELS ? connection->listeners[frame->channel] : NULL;
	if (frame->frame_type == AMQP_FRAME_METHOD && frame->channel < ECOQ_AMQP_CHANNELS) {
		dispatch_method(connection, frame->channel, &frame->payload.method);
	} else if (listener && frame->frame_type == AMQP_FRAME_HEADER) {
		connection->handled++;
		listener->on_header(listener, frame->payload.properties.decoded, frame->payload.properties.body_size);
	} else if (listener && frame->frame_type == AMQP_FRAME_BODY) {
		connection->handled++;
		listener->on_body(listener, frame->payload.body_fragment.bytes, frame->payload.body_fragment.len);
	}
}

/* Takes one frame, from the library's queue or the socket: AMQP_STATUS_TIMEOUT when there is none until then, and the library holds not a byte more. */
static int take_frame(ecoq_amqp_connection *connection, int64_t deadline_ms)
{
	amqp_frame_t frame;
	int64_t wait = deadline_ms ? deadline_ms - ecoq_clock_monotonic_ms() : 0;
	wait = wait > 0 ? wait : 0;
	struct timeval timeout = {.tv_sec = wait / 1000, .tv_usec = wait % 1000 * 1000};
	int status = amqp_simple_wait_frame_noblock(connection->state, &frame, &timeout);
	if (status == AMQP_STATUS_OK) {
		dispatch(connection, &frame);
		if (connection->state) {
			amqp_maybe_release_buffers_on_channel(connection->state, frame.channel);
		}
	}
	return status;
}

static ecoq_result is_gone(const ecoq_amqp_connection *connection, ecoq_error *error)
{
	if (error) {
		*error = connection->gone;
		error->code = ECOQ_UNAVAILABLE;
	}
	return ECOQ_UNAVAILABLE;
}

static ecoq_result pump(ecoq_amqp_connection *connection, int64_t deadline_ms, ecoq_error *error)
{
	ecoq_error why;
	for (int frames = 0; connection->state && frames < PUMP_MOST; frames++) {
		ecoq_amqp_note_progress(connection);
		int status = take_frame(connection, frames ? 0 : deadline_ms);
		if (status == AMQP_STATUS_TIMEOUT) {
			return ECOQ_OK;
		}
		if (status != AMQP_STATUS_OK && connection->state) {
			ecoq_amqp_failure(connection, status, "Reading from the broker", &why);
			ecoq_amqp_disconnect(connection, &why);
		}
	}
	if (connection->state) {
		ecoq_amqp_wake(connection);
		return ECOQ_OK;
	}
	return is_gone(connection, error);
}

ecoq_result ecoq_amqp_pump(ecoq_amqp_connection *connection, int64_t deadline_ms, ecoq_error *error)
{
	ecoq_amqp_sleep_again(connection);
	if (!connection->state) {
		return is_gone(connection, error);
	}
	amqp_maybe_release_buffers(connection->state);
	return pump(connection, deadline_ms, error);
}

void ecoq_amqp_look(ecoq_amqp_connection *connection)
{
	uint64_t before = connection->handled;
	amqp_maybe_release_buffers(connection->state);
	pump(connection, 0, NULL);
	if (connection->handled != before) {
		ecoq_amqp_wake(connection);
	}
}

static ecoq_result is_blocked(const ecoq_amqp_connection *connection, ecoq_error *error)
{
	return ecoq_fail(error, ECOQ_UNAVAILABLE, "RabbitMQ at %s takes no messages at present: %s; free what it lacks, it goes on by itself then", connection->address, connection->blocked);
}

ecoq_result ecoq_amqp_writable(ecoq_amqp_connection *connection, int64_t deadline_ms, ecoq_error *error)
{
	ecoq_result result;
	while ((result = ecoq_amqp_pump(connection, 0, error)) == ECOQ_OK) {
		if (!connection->blocked[0] && ecoq_amqp_takes_bytes(connection)) {
			return ECOQ_OK;
		}
		int64_t left = deadline_ms - ecoq_clock_monotonic_ms();
		if (left <= 0) {
			return connection->blocked[0] ? is_blocked(connection, error)
										  : ecoq_fail(error, ECOQ_UNAVAILABLE, "RabbitMQ at %s does not read what it is sent; it is overloaded, or the network is", connection->address);
		}
		struct pollfd descriptor = {.fd = amqp_get_sockfd(connection->state), .events = connection->blocked[0] ? POLLIN : POLLIN | POLLOUT};
		poll(&descriptor, 1, left < 1000 ? (int) left : 1000);
	}
	return result;
}

/* ---- Answers ---- */

ecoq_result ecoq_amqp_status(ecoq_amqp_connection *connection, int status, const char *doing, ecoq_error *error)
{
	ecoq_error reason;
	if (status == AMQP_STATUS_OK) {
		connection->sent_at_ms = ecoq_clock_monotonic_ms();
		return ECOQ_OK;
	}
	if (!connection->state) {
		return is_gone(connection, error);
	}
	ecoq_result result = ecoq_amqp_failure(connection, status, doing, &reason);
	ecoq_amqp_disconnect(connection, &reason);
	if (error) {
		*error = reason;
	}
	return result;
}

ecoq_result ecoq_amqp_answer(ecoq_amqp_connection *connection, amqp_channel_t number, amqp_rpc_reply_t reply, const char *doing, ecoq_error *error)
{
	ecoq_error reason;
	connection->refusal_code = 0;
	if (reply.reply_type == AMQP_RESPONSE_NORMAL) {
		connection->sent_at_ms = ecoq_clock_monotonic_ms();
		return ECOQ_OK;
	}
	if (!connection->state) {
		return is_gone(connection, error);
	}
	if (reply.reply_type != AMQP_RESPONSE_SERVER_EXCEPTION) {
		return ecoq_amqp_status(connection, reply.library_error ? reply.library_error : AMQP_STATUS_CONNECTION_CLOSED, doing, error);
	}
	if (reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD) {
		refused_channel(connection, number, reply.reply.decoded, doing, &reason);
	} else {
		refused_connection(connection, reply.reply.decoded, doing, &reason);
	}
	if (error) {
		*error = reason;
	}
	return reason.code;
}

/* ---- AMQP channels ---- */

/* 0: none is free. */
static amqp_channel_t free_number(const ecoq_amqp_connection *connection)
{
	int most = amqp_get_channel_max(connection->state);
	most = most && most < ECOQ_AMQP_CHANNELS ? most : ECOQ_AMQP_CHANNELS - 1;
	for (amqp_channel_t number = 1; number <= most; number++) {
		if (!connection->opened[number]) {
			return number;
		}
	}
	return 0;
}

static size_t closing_channels(const ecoq_amqp_connection *connection)
{
	size_t count = 0;
	for (amqp_channel_t number = 1; number < ECOQ_AMQP_CHANNELS; number++) {
		count += connection->closing[number];
	}
	return count;
}

/* The library keeps memory for each number that was ever used: they are not spread without need. */
static ecoq_result await_closing(ecoq_amqp_connection *connection, ecoq_error *error)
{
	int64_t deadline_ms = ecoq_clock_monotonic_ms() + connection->settings->network.timeout_ms;
	uint64_t before = connection->handled;
	ecoq_result result = ECOQ_OK;
	while (result == ECOQ_OK && closing_channels(connection) > CLOSING_MOST && ecoq_clock_monotonic_ms() < deadline_ms) {
		result = pump(connection, deadline_ms, error);
	}
	if (connection->handled != before) {
		ecoq_amqp_wake(connection);
	}
	return result;
}

ecoq_result ecoq_amqp_channel_open(ecoq_amqp_connection *connection, ecoq_amqp_listener *listener, amqp_channel_t *number, ecoq_error *error)
{
	ecoq_result result = ecoq_amqp_connect(connection, error);
	if (result == ECOQ_OK && connection->blocked[0]) {
		ecoq_amqp_look(connection);
		if (connection->blocked[0]) {
			return is_blocked(connection, error);
		}
		result = ecoq_amqp_connect(connection, error);
	}
	if (result == ECOQ_OK) {
		result = await_closing(connection, error);
	}
	if (result != ECOQ_OK) {
		return result;
	}
	amqp_channel_t found = listener || !connection->spare ? free_number(connection) : 0;
	if (!found && connection->spare) {
		*number = connection->spare;
		connection->listeners[*number] = listener;
		connection->spare = 0;
		return ECOQ_OK;
	}
	if (!found) {
		return ecoq_fail(error, ECOQ_UNAVAILABLE, "RabbitMQ at %s: all %d AMQP channels that it allows per connection are in use; raise its channel_max", connection->address,
			amqp_get_channel_max(connection->state));
	}
	amqp_channel_open(connection->state, found);
	result = ecoq_amqp_answer(connection, found, amqp_get_rpc_reply(connection->state), "Opening an AMQP channel", error);
	if (result == ECOQ_OK) {
		connection->listeners[found] = listener;
		connection->opened[found] = connection->generation;
		*number = found;
	}
	return result;
}

void ecoq_amqp_channel_close(ecoq_amqp_connection *connection, amqp_channel_t number)
{
	amqp_channel_close_t word = {.reply_code = AMQP_REPLY_SUCCESS, .reply_text = amqp_cstring_bytes("done")};
	if (!connection->state || !connection->opened[number] || connection->closing[number]) {
		return;
	}
	connection->listeners[number] = NULL;
	connection->closing[number] = true;
	/* otherwise the number stays out of use until the connection ends */
	if (ecoq_amqp_takes_bytes(connection)) {
		ecoq_amqp_status(connection, amqp_send_method(connection->state, number, AMQP_CHANNEL_CLOSE_METHOD, &word), "Closing an AMQP channel", NULL);
	}
}

void ecoq_amqp_channel_spare(ecoq_amqp_connection *connection, amqp_channel_t number)
{
	if (connection->spare || !connection->opened[number]) {
		ecoq_amqp_channel_close(connection, number);
	} else {
		connection->spare = number;
	}
}
