#include "transport/amqp/publisher.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/process.h"

#define WINDOW 256                   /* messages that wait for their confirm at once */
#define WINDOW_BYTES (1024 * 1024)   /* likewise */
#define ROOM_EVERY_BYTES (64 * 1024) /* bytes between two looks whether the socket takes more */
#define LISTEN_MOST_MS 200           /* between two looks whether the process is to end */
#define HASTE_MS 1000                /* when it is, a broker that takes nothing is waited for no longer */
#define NACKED_FIRST_MS 20           /* until what the broker did not take is sent again; doubled each time */
#define NACKED_MOST_MS 640           /* the longest of these waits, and the last */

struct ecoq_amqp_publisher {
	ecoq_amqp_listener listener; /* first: it is what the connection calls */
	ecoq_amqp_connection *connection;
	amqp_channel_t channel;
	uint64_t generation; /* of the connection, when the channel was opened; 0: none is open */
	uint64_t sequence;   /* of the last message on this AMQP channel, as the broker counts */
	ecoq_error gone;     /* why the channel was closed */
	bool is_gone;
	/* of the publish that runs */
	ecoq_amqp_message *messages;
	size_t count;
	uint64_t *sequences; /* of each message; 0: not sent on this AMQP channel */
	size_t waiting;      /* for a confirm */
	size_t waiting_bytes;
	size_t first_waiting; /* none before it waits */
	size_t sent;          /* messages before it were looked at for sending */
	int64_t patience_ms;
	/* of the last basic.return, whose header follows */
	char returned_exchange[256];
	char returned_key[256];
	/* of the last publish whose outcome is not known */
	uint64_t unknown; /* fingerprint of its messages; 0: none */
	size_t unknown_count;
	unsigned char *unknown_fates;
	uint64_t *unknown_sequences; /* of those whose confirm may still come on this AMQP channel; NULL: of none */
};

/* ---- What the broker says ---- */

static void decide(ecoq_amqp_publisher *p, size_t i, enum ecoq_amqp_fate fate)
{
	ecoq_amqp_message *message = &p->messages[i];
	if (message->fate == ECOQ_AMQP_UNCONFIRMED) {
		message->fate = fate;
	}
	p->sequences[i] = 0;
	p->waiting--;
	p->waiting_bytes -= message->body.size;
	while (p->first_waiting < p->sent && p->sequences[p->first_waiting] == 0) {
		p->first_waiting++;
	}
}

/* Sequences rise with the index. */
static void decide_up_to(ecoq_amqp_publisher *p, uint64_t tag, bool multiple, enum ecoq_amqp_fate fate)
{
	for (size_t i = p->first_waiting; i < p->sent && p->waiting; i++) {
		if (p->sequences[i] && (p->sequences[i] == tag || (multiple && p->sequences[i] < tag))) {
			decide(p, i, fate);
		}
		if (p->sequences[i] > tag) {
			break;
		}
	}
}

/* A confirm that comes late, to a publish that waited no longer for it. */
static void decide_unknown(ecoq_amqp_publisher *p, uint64_t tag, bool multiple, enum ecoq_amqp_fate fate)
{
	bool any_left = false;
	for (size_t i = 0; p->unknown_sequences && i < p->unknown_count; i++) {
		uint64_t sequence = p->unknown_sequences[i];
		if (sequence && (sequence == tag || (multiple && sequence < tag))) {
			p->unknown_sequences[i] = 0;
			p->unknown_fates[i] = fate == ECOQ_AMQP_CONFIRMED ? ECOQ_AMQP_CONFIRMED : ECOQ_AMQP_UNCONFIRMED;
		}
		any_left |= p->unknown_sequences[i] != 0;
	}
	if (!any_left) {
		free(p->unknown_sequences);
		p->unknown_sequences = NULL;
	}
}

static void forget_unknown(ecoq_amqp_publisher *p)
{
	free(p->unknown_sequences);
	p->unknown_sequences = NULL;
	p->unknown = 0;
}

/* The broker tells a return by the message itself, before it confirms it. */
static void on_header(ecoq_amqp_listener *listener, const amqp_basic_properties_t *properties, uint64_t body_size)
{
	ecoq_amqp_publisher *p = (ecoq_amqp_publisher *) listener;
	ecoq_bytes id = properties->_flags & AMQP_BASIC_MESSAGE_ID_FLAG ? (ecoq_bytes){properties->message_id.bytes, properties->message_id.len} : ECOQ_NO_BYTES;
	for (size_t i = p->first_waiting; i < p->sent; i++) {
		ecoq_amqp_message *message = &p->messages[i];
		bool has_id = message->properties._flags & AMQP_BASIC_MESSAGE_ID_FLAG;
		bool went_there = strcmp(message->exchange, p->returned_exchange) == 0 && strcmp(message->routing_key, p->returned_key) == 0;
		bool is_it = went_there && message->body.size == body_size && ecoq_bytes_equal(has_id ? message->id : ECOQ_NO_BYTES, id);
		if (p->sequences[i] && message->fate == ECOQ_AMQP_UNCONFIRMED && is_it) {
			message->fate = ECOQ_AMQP_RETURNED;
			return;
		}
	}
	forget_unknown(p); /* it was one of those */
}

static void on_body(ecoq_amqp_listener *listener, const void *data, size_t size)
{
	(void) listener;
	(void) data;
	(void) size;
}

static void on_return(ecoq_amqp_publisher *p, const amqp_basic_return_t *returned)
{
	snprintf(p->returned_exchange, sizeof(p->returned_exchange), "%.*s", (int) returned->exchange.len, returned->exchange.len ? (const char *) returned->exchange.bytes : "");
	snprintf(p->returned_key, sizeof(p->returned_key), "%.*s", (int) returned->routing_key.len, returned->routing_key.len ? (const char *) returned->routing_key.bytes : "");
}

static void on_method(ecoq_amqp_listener *listener, const amqp_method_t *method)
{
	ecoq_amqp_publisher *p = (ecoq_amqp_publisher *) listener;
	if (method->id == AMQP_BASIC_ACK_METHOD) {
		const amqp_basic_ack_t *ack = method->decoded;
		decide_up_to(p, ack->delivery_tag, ack->multiple, ECOQ_AMQP_CONFIRMED);
		decide_unknown(p, ack->delivery_tag, ack->multiple, ECOQ_AMQP_CONFIRMED);
	} else if (method->id == AMQP_BASIC_NACK_METHOD) {
		const amqp_basic_nack_t *nack = method->decoded;
		decide_up_to(p, nack->delivery_tag, nack->multiple, ECOQ_AMQP_NACKED);
		decide_unknown(p, nack->delivery_tag, nack->multiple, ECOQ_AMQP_NACKED);
	} else if (method->id == AMQP_BASIC_RETURN_METHOD) {
		on_return(p, method->decoded);
	}
}

static void on_gone(ecoq_amqp_listener *listener, const ecoq_error *error)
{
	ecoq_amqp_publisher *p = (ecoq_amqp_publisher *) listener;
	p->is_gone = true;
	p->gone = *error;
	p->generation = 0;
	free(p->unknown_sequences);
	p->unknown_sequences = NULL;
}

/* ---- The AMQP channel ---- */

ecoq_amqp_publisher *ecoq_amqp_publisher_of(ecoq_amqp_connection *connection)
{
	ecoq_amqp_lock(connection);
	if (!connection->publisher) {
		ecoq_amqp_publisher *p = calloc(1, sizeof(*p));
		if (p) {
			p->listener = (ecoq_amqp_listener){on_method, on_header, on_body, on_gone};
			p->connection = connection;
		}
		connection->publisher = p;
	}
	ecoq_amqp_publisher *publisher = connection->publisher;
	ecoq_amqp_unlock(connection);
	return publisher;
}

void ecoq_amqp_publisher_free(ecoq_amqp_publisher *publisher)
{
	if (publisher) {
		free(publisher->unknown_fates);
		free(publisher->unknown_sequences);
		free(publisher);
	}
}

static ecoq_result open_channel(ecoq_amqp_publisher *p, ecoq_error *error)
{
	ecoq_amqp_connection *connection = p->connection;
	ecoq_result result = ecoq_amqp_connect(connection, error);
	if (result != ECOQ_OK || (p->generation && p->generation == connection->generation)) {
		return result;
	}
	p->is_gone = false;
	result = ecoq_amqp_channel_open(connection, &p->listener, &p->channel, error);
	if (result != ECOQ_OK) {
		return result;
	}
	p->sequence = 0;
	p->generation = connection->generation;
	free(p->unknown_sequences); /* of a parent's */
	p->unknown_sequences = NULL;
	amqp_confirm_select(connection->state, p->channel);
	return ecoq_amqp_answer(connection, p->channel, amqp_get_rpc_reply(connection->state), "Asking for confirms", error);
}

/* ---- Publishing ---- */

static ecoq_result unknown(const ecoq_amqp_publisher *p, const char *doing, const char *what, ecoq_error *error)
{
	return ecoq_fail(error, ECOQ_UNKNOWN, "%s: %zu of %zu messages were not confirmed: %.400s", doing, p->waiting, p->count, what);
}

/* What it was sent before it said so is taken when it goes on, as far as the connection lives until then. */
static ecoq_result is_blocked(const ecoq_amqp_publisher *p, const char *doing, ecoq_error *error)
{
	return ecoq_fail(error, ECOQ_UNAVAILABLE, "%s: the broker takes no messages at present: %s; free what it lacks%s", doing, p->connection->blocked,
		p->waiting ? " (when it goes on, it may take what it was sent so far)" : "");
}

/* The broker closes the AMQP channel, and says no more than the size. It reads in order: it is the first of that size whose fate is open. */
static ecoq_result is_too_large(ecoq_amqp_publisher *p, const char *doing, ecoq_error *error)
{
	static const char before[] = "message size ";
	const char *at = strstr(p->gone.text, before);
	size_t size = at ? (size_t) strtoull(at + strlen(before), NULL, 10) : 0;
	for (size_t i = p->first_waiting; i < p->sent; i++) {
		ecoq_amqp_message *message = &p->messages[i];
		if (p->sequences[i] && message->fate == ECOQ_AMQP_UNCONFIRMED && message->body.size == size) {
			message->fate = ECOQ_AMQP_TOO_LARGE;
			return ecoq_fail(error, ECOQ_REFUSED, "%s: message %.*s is too large: %.400s%s", doing, (int) message->id.size, message->id.data, p->gone.text,
				p->count > 1 ? ". Of the others some may have been taken: send them again, without it and under their ids" : "");
		}
	}
	return ecoq_fail(error, ECOQ_REFUSED, "%s: %.500s", doing, p->gone.text);
}

/* Nobody waits for long for a broker that says it takes nothing, when the process is to end. */
static bool is_over(const ecoq_amqp_publisher *p, int64_t deadline_ms)
{
	bool in_haste = p->connection->blocked[0] && ecoq_process_is_ending();
	return ecoq_clock_monotonic_ms() >= deadline_ms - (in_haste && p->patience_ms > HASTE_MS ? p->patience_ms - HASTE_MS : 0);
}

/* Reads what is there, or waits for something, for a while: ECOQ_UNKNOWN when what was sent may or may not have arrived. */
static ecoq_result listen(ecoq_amqp_publisher *p, int64_t deadline_ms, const char *doing, ecoq_error *error)
{
	ecoq_error lost;
	int64_t soon_ms = ecoq_clock_monotonic_ms() + LISTEN_MOST_MS;
	ecoq_result result = ecoq_amqp_pump(p->connection, deadline_ms < soon_ms ? deadline_ms : soon_ms, &lost);
	if (p->is_gone && p->gone.code == ECOQ_REFUSED) {
		return is_too_large(p, doing, error);
	}
	if (p->is_gone && p->gone.code == ECOQ_INVALID) {
		/* the broker closed the AMQP channel over something that it was sent */
		return ecoq_fail(error, ECOQ_INVALID, "%s: %.500s", doing, p->gone.text);
	}
	if (result != ECOQ_OK || p->is_gone) {
		return p->waiting ? unknown(p, doing, p->is_gone ? p->gone.text : lost.text, error)
						  : ecoq_fail(error, ECOQ_UNAVAILABLE, "%s: %.500s", doing, p->is_gone ? p->gone.text : lost.text);
	}
	return ECOQ_OK;
}

/* However many there are: as long as confirms come, it goes on. */
static ecoq_result wait_until(ecoq_amqp_publisher *p, size_t most, size_t most_bytes, const char *doing, ecoq_error *error)
{
	int64_t deadline_ms = ecoq_clock_monotonic_ms() + p->patience_ms;
	size_t before = p->waiting;
	while (p->waiting > most || p->waiting_bytes > most_bytes) {
		if (p->waiting < before) {
			before = p->waiting;
			deadline_ms = ecoq_clock_monotonic_ms() + p->patience_ms;
		}
		if (is_over(p, deadline_ms)) {
			return p->connection->blocked[0] ? is_blocked(p, doing, error)
											 : unknown(p, doing,
												 "the broker did not answer in time (option confirm-timeout)", error);
		}
		ecoq_result result = listen(p, deadline_ms, doing, error);
		if (result != ECOQ_OK) {
			return result;
		}
	}
	return ECOQ_OK;
}

/* A broker that is out of memory or disk says so, and takes nothing until it says that this is over. */
static ecoq_result wait_while_blocked(ecoq_amqp_publisher *p, const char *doing, ecoq_error *error)
{
	int64_t deadline_ms = ecoq_clock_monotonic_ms() + p->patience_ms;
	ecoq_result result = listen(p, 0, doing, error);
	while (result == ECOQ_OK && p->connection->blocked[0]) {
		if (is_over(p, deadline_ms)) {
			return is_blocked(p, doing, error);
		}
		result = listen(p, deadline_ms, doing, error);
	}
	return result;
}

static ecoq_result publish_one(ecoq_amqp_publisher *p, size_t i, const char *doing, ecoq_error *error)
{
	const ecoq_amqp_message *message = &p->messages[i];
	ecoq_error lost;
	amqp_bytes_t body = {.len = message->body.size, .bytes = (void *) message->body.data};
	p->sequences[i] = ++p->sequence;
	p->sent = i + 1;
	p->waiting++;
	p->waiting_bytes += message->body.size;
	int status = amqp_basic_publish(p->connection->state, p->channel, amqp_cstring_bytes(message->exchange), amqp_cstring_bytes(message->routing_key), 1, 0, &message->properties, body);
	p->connection->sent_at_ms = ecoq_clock_monotonic_ms();
	ecoq_result result = ecoq_amqp_status(p->connection, status, doing, &lost);
	if (result == ECOQ_REFUSED) {
		/* its headers do not fit into a frame: nothing was sent, and the broker counts nothing */
		p->sequence--;
		decide(p, i, ECOQ_AMQP_UNCONFIRMED);
		return ecoq_fail(error, ECOQ_REFUSED, "message %.*s: %.500s", (int) message->id.size, message->id.data, lost.text);
	}
	return result == ECOQ_OK ? ECOQ_OK : unknown(p, doing, lost.text, error);
}

/* So that a broker which has ceased to read is noticed by its reason, and not by a full socket. */
static ecoq_result wait_for_room(ecoq_amqp_publisher *p, size_t *unchecked, const char *doing, ecoq_error *error)
{
	ecoq_error blocked;
	if (*unchecked < ROOM_EVERY_BYTES) {
		return ECOQ_OK;
	}
	*unchecked = 0;
	ecoq_result result = ecoq_amqp_writable(p->connection, ecoq_clock_monotonic_ms() + p->patience_ms, &blocked);
	if (result == ECOQ_OK) {
		return p->is_gone ? listen(p, 0, doing, error) : ECOQ_OK;
	}
	if (p->connection->blocked[0]) {
		return is_blocked(p, doing, error);
	}
	return p->waiting ? unknown(p, doing, blocked.text, error) : ecoq_fail(error, ECOQ_UNAVAILABLE, "%s: %.500s", doing, blocked.text);
}

static ecoq_result publish_all(ecoq_amqp_publisher *p, const char *doing, ecoq_error *error)
{
	size_t unchecked = 0;
	ecoq_result result = wait_while_blocked(p, doing, error);
	for (size_t i = 0; i < p->count && result == ECOQ_OK; i++) {
		if (p->messages[i].fate != ECOQ_AMQP_UNCONFIRMED || p->sequences[i]) {
			p->sent = i + 1 > p->sent ? i + 1 : p->sent;
			continue;
		}
		if (p->waiting >= WINDOW || p->waiting_bytes >= WINDOW_BYTES) {
			result = wait_until(p, WINDOW / 2, WINDOW_BYTES / 2, doing, error);
			if (result == ECOQ_OK && p->connection->blocked[0]) {
				result = wait_while_blocked(p, doing, error);
			}
		}
		if (result == ECOQ_OK) {
			result = wait_for_room(p, &unchecked, doing, error);
		}
		if (result == ECOQ_OK) {
			result = publish_one(p, i, doing, error);
			unchecked += p->messages[i].body.size;
		}
	}
	return result == ECOQ_OK ? wait_until(p, 0, 0, doing, error) : result;
}

/* A quorum queue that somebody else is just declaring, or that has no leader at present, takes nothing for a moment; neither does one that is full. */
static ecoq_result send_nacked_again(ecoq_amqp_publisher *p, int64_t wait_ms, const char *doing, ecoq_error *error)
{
	int64_t end_ms = ecoq_clock_monotonic_ms() + wait_ms;
	ecoq_result result = ECOQ_OK;
	while (result == ECOQ_OK && ecoq_clock_monotonic_ms() < end_ms) {
		result = listen(p, end_ms, doing, error);
	}
	if (result != ECOQ_OK) {
		return result;
	}
	for (size_t i = 0; i < p->count; i++) {
		if (p->messages[i].fate == ECOQ_AMQP_NACKED) {
			p->messages[i].fate = ECOQ_AMQP_UNCONFIRMED;
		}
	}
	p->sent = p->first_waiting = 0;
	return publish_all(p, doing, error);
}

/* NULL: none was. */
static const ecoq_amqp_message *first_nacked(const ecoq_amqp_publisher *p)
{
	for (size_t i = 0; i < p->count; i++) {
		if (p->messages[i].fate == ECOQ_AMQP_NACKED) {
			return &p->messages[i];
		}
	}
	return NULL;
}

/* ---- Repeats ---- */

/* Of ids and bodies, in order: another attempt at a message is another message. */
static uint64_t fingerprint(const ecoq_amqp_message *messages, size_t count)
{
	uint64_t hash = ECOQ_HASH64 ^ count;
	for (size_t i = 0; i < count; i++) {
		hash = ecoq_hash64_part(ecoq_hash64_part(hash, messages[i].id), messages[i].body);
	}
	return hash ? hash : 1;
}

/* Those that the broker has on this AMQP channel already are waited for. Sequences have to rise with the index: otherwise they are sent once more. */
static void recall_sequences(ecoq_amqp_publisher *p)
{
	bool any_unsent = false, rise = true;
	for (size_t i = 0; i < p->count; i++) {
		rise = rise && !(any_unsent && p->unknown_sequences[i]);
		any_unsent |= p->messages[i].fate == ECOQ_AMQP_UNCONFIRMED && !p->unknown_sequences[i];
	}
	for (size_t i = 0; rise && i < p->count; i++) {
		if (p->unknown_sequences[i]) {
			p->sequences[i] = p->unknown_sequences[i];
			p->sent = i + 1;
			p->waiting++;
			p->waiting_bytes += p->messages[i].body.size;
		}
	}
}

/* Once: what is done with them from then on is another publish. */
static void recall(ecoq_amqp_publisher *p)
{
	if (p->unknown && p->unknown_count == p->count && p->unknown == fingerprint(p->messages, p->count)) {
		for (size_t i = 0; i < p->count; i++) {
			p->messages[i].fate = (enum ecoq_amqp_fate) p->unknown_fates[i];
		}
		if (p->unknown_sequences) {
			recall_sequences(p);
		}
		forget_unknown(p);
	}
}

static bool was_any_sent(const ecoq_amqp_publisher *p)
{
	bool any = p->waiting > 0;
	for (size_t i = 0; i < p->count && !any; i++) {
		any = p->messages[i].fate == ECOQ_AMQP_CONFIRMED;
	}
	return any;
}

/* A publish of which nothing was sent leaves no doubt, and the memory of one before it: on the keeper's thread something may be put back between a settlement and its repeat. */
static void note_fates(ecoq_amqp_publisher *p)
{
	unsigned char *fates = was_any_sent(p) ? realloc(p->unknown_fates, p->count) : NULL;
	if (fates) {
		free(p->unknown_sequences);
		p->unknown_sequences = NULL;
		p->unknown_fates = fates;
		p->unknown_count = p->count;
		p->unknown = fingerprint(p->messages, p->count);
		for (size_t i = 0; i < p->count; i++) {
			fates[i] = p->messages[i].fate == ECOQ_AMQP_CONFIRMED ? ECOQ_AMQP_CONFIRMED : ECOQ_AMQP_UNCONFIRMED;
		}
		if (p->waiting && p->generation) {
			p->unknown_sequences = p->sequences;
			p->sequences = NULL;
		}
	}
}

static ecoq_result judge(const ecoq_amqp_publisher *p, const char *doing, ecoq_error *error)
{
	const ecoq_amqp_message *message = first_nacked(p);
	return message ? ecoq_fail(error, ECOQ_UNAVAILABLE, "%s: the broker did not take message %.*s (basic.nack): the queue is full, or too few of its nodes are up", doing,
			   (int) message->id.size, message->id.data)
				   : ECOQ_OK;
}

static void end(ecoq_amqp_publisher *p)
{
	free(p->sequences);
	p->sequences = NULL;
	p->messages = NULL;
	p->count = p->sent = p->waiting = p->first_waiting = 0;
}

ecoq_result ecoq_amqp_publish(ecoq_amqp_publisher *publisher, ecoq_amqp_message *messages, size_t count, bool again, int64_t patience_ms, const char *doing, ecoq_error *error)
{
	ecoq_amqp_publisher *p = publisher;
	ecoq_amqp_lock(p->connection);
	p->messages = messages;
	p->count = count;
	p->waiting = p->waiting_bytes = p->first_waiting = p->sent = 0;
	p->patience_ms = patience_ms ? patience_ms : p->connection->settings->confirm_ms;
	p->sequences = calloc(count, sizeof(*p->sequences));
	ecoq_result result = p->sequences ? open_channel(p, error) : ecoq_fail(error, ECOQ_NO_MEMORY, "%s: out of memory", doing);
	bool is_open = result == ECOQ_OK;
	if (is_open) {
		if (again) {
			recall(p);
		}
		result = publish_all(p, doing, error);
	}
	for (int64_t wait_ms = NACKED_FIRST_MS; result == ECOQ_OK && wait_ms <= NACKED_MOST_MS && first_nacked(p); wait_ms *= 2) {
		result = send_nacked_again(p, wait_ms, doing, error);
	}
	if (result == ECOQ_OK) {
		result = judge(p, doing, error);
	}
	if ((result == ECOQ_UNKNOWN || result == ECOQ_UNAVAILABLE) && is_open) {
		note_fates(p);
	}
	end(p);
	ecoq_amqp_unlock(p->connection);
	return result;
}
