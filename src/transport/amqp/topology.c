#include "transport/amqp/topology.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "transport/amqp/topology_parts.h"

#define NOT_FOUND 404
#define MISSING_FIRST_MS 4000 /* a queue that was not there is asked for again after that; the time doubles */
#define MISSING_MOST_MS 30000
#define UNLIMITED_DELIVERIES INT32_MAX
#define LIMITING_VERSION 40000 /* from 4.0 on a quorum queue drops a message after 20 deliveries, hand-backs included, unless told otherwise */

/* ---- What is known to exist, since the connection was made ---- */

struct missing {
	struct missing *next;
	int64_t until_ms, pause_ms;
	char name[];
};

struct ecoq_amqp_known {
	uint64_t generation;
	size_t count, capacity;
	char **names; /* "queue orders", "out orders" */
	struct missing *missing;
};

static struct missing **find_missing(struct ecoq_amqp_known *known, const char *name)
{
	struct missing **at = &known->missing;
	while (*at && strcmp((*at)->name, name) != 0) {
		at = &(*at)->next;
	}
	return at;
}

static void drop_missing(struct missing **at)
{
	struct missing *missing = *at;
	*at = missing->next;
	free(missing);
}

static void forget(struct ecoq_amqp_known *known)
{
	for (size_t i = 0; i < known->count; i++) {
		free(known->names[i]);
	}
	known->count = 0;
	while (known->missing) {
		drop_missing(&known->missing);
	}
}

void ecoq_amqp_known_free(struct ecoq_amqp_known *known)
{
	if (known) {
		forget(known);
		free(known->names);
		free(known);
	}
}

void ecoq_amqp_forget_known(ecoq_amqp_connection *connection)
{
	ecoq_amqp_known_free(connection->known);
	connection->known = NULL;
}

/* NULL: out of memory; then everything is declared again each time. */
static struct ecoq_amqp_known *known_of(ecoq_amqp_connection *connection)
{
	if (!connection->known) {
		connection->known = calloc(1, sizeof(*connection->known));
	}
	struct ecoq_amqp_known *known = connection->known;
	if (known && known->generation != connection->generation) {
		forget(known);
		known->generation = connection->generation;
	}
	return known;
}

bool ecoq_amqp_is_known(ecoq_amqp_connection *connection, const char *kind, const char *name)
{
	const struct ecoq_amqp_known *known = known_of(connection);
	char full[ECOQ_AMQP_TEXT_SIZE + 16];
	snprintf(full, sizeof(full), "%s %s", kind, name);
	for (size_t i = 0; known && i < known->count; i++) {
		if (strcmp(known->names[i], full) == 0) {
			return true;
		}
	}
	return false;
}

void ecoq_amqp_remember(ecoq_amqp_connection *connection, const char *kind, const char *name)
{
	struct ecoq_amqp_known *known = known_of(connection);
	char full[ECOQ_AMQP_TEXT_SIZE + 16];
	if (known && known->count == known->capacity) {
		size_t capacity = known->capacity ? known->capacity * 2 : 8;
		char **names = realloc(known->names, capacity * sizeof(*names));
		if (!names) {
			return;
		}
		known->names = names;
		known->capacity = capacity;
	}
	snprintf(full, sizeof(full), "%s %s", kind, name);
	char *copy = known ? strdup(full) : NULL;
	if (copy) {
		known->names[known->count++] = copy;
	}
}

static bool is_missing(ecoq_amqp_connection *connection, const char *name)
{
	struct ecoq_amqp_known *known = known_of(connection);
	const struct missing *missing = known ? *find_missing(known, name) : NULL;
	return missing && ecoq_clock_monotonic_ms() < missing->until_ms;
}

static void note_missing(ecoq_amqp_connection *connection, const char *name)
{
	struct ecoq_amqp_known *known = known_of(connection);
	struct missing *missing = known ? *find_missing(known, name) : NULL;
	if (known && !missing && (missing = malloc(sizeof(*missing) + strlen(name) + 1))) {
		strcpy(missing->name, name);
		missing->pause_ms = MISSING_FIRST_MS / 2;
		missing->next = known->missing;
		known->missing = missing;
	}
	if (missing) {
		missing->pause_ms = missing->pause_ms * 2 < MISSING_MOST_MS ? missing->pause_ms * 2 : MISSING_MOST_MS;
		missing->until_ms = ecoq_clock_monotonic_ms() + missing->pause_ms;
	}
}

static void note_found(ecoq_amqp_connection *connection, const char *name)
{
	struct ecoq_amqp_known *known = known_of(connection);
	struct missing **at = known ? find_missing(known, name) : NULL;
	if (at && *at) {
		drop_missing(at);
	}
}

/* ---- Declaring ---- */

amqp_table_entry_t ecoq_amqp_text_argument(const char *key, const char *value)
{
	amqp_table_entry_t entry = {.key = amqp_cstring_bytes(key), .value = {.kind = AMQP_FIELD_KIND_UTF8}};
	entry.value.value.bytes = amqp_cstring_bytes(value);
	return entry;
}

amqp_table_entry_t ecoq_amqp_number_argument(const char *key, int64_t value)
{
	amqp_table_entry_t entry = {.key = amqp_cstring_bytes(key), .value = {.kind = AMQP_FIELD_KIND_I64}};
	entry.value.value.i64 = value;
	return entry;
}

static const char *doing_it(char *out, size_t capacity, const char *what, const char *name)
{
	snprintf(out, capacity, "%s \"%.180s\"", what, name);
	return out;
}

ecoq_result ecoq_amqp_declare_one(ecoq_amqp_connection *connection, const char *name, bool passive, amqp_table_t arguments, bool *missing, amqp_queue_declare_ok_t *counts, ecoq_error *error)
{
	char doing[ECOQ_AMQP_TEXT_SIZE + 32];
	amqp_channel_t channel;
	ecoq_error refusal;
	ecoq_result result = ecoq_amqp_channel_open(connection, NULL, &channel, error);
	if (result != ECOQ_OK) {
		return result;
	}
	const amqp_queue_declare_ok_t *ok = amqp_queue_declare(connection->state, channel, amqp_cstring_bytes(name), passive, 1, 0, 0, arguments);
	amqp_rpc_reply_t reply = amqp_get_rpc_reply(connection->state);
	if (ok && reply.reply_type == AMQP_RESPONSE_NORMAL) {
		if (counts) {
			*counts = *ok; /* its name is the library's, for the time being */
		}
		if (missing) {
			*missing = false;
		}
		note_found(connection, name);
		ecoq_amqp_channel_spare(connection, channel);
		return ECOQ_OK;
	}
	result = ecoq_amqp_answer(connection, channel, reply, doing_it(doing, sizeof(doing), "Declaring queue", name), &refusal);
	if (missing && connection->refusal_code == NOT_FOUND) {
		*missing = true;
		return ECOQ_OK;
	}
	if (error) {
		*error = refusal;
	}
	return result;
}

static amqp_table_t own_arguments(const ecoq_amqp_connection *connection, enum ecoq_amqp_queue_type type, bool is_partition, amqp_table_entry_t entries[3])
{
	int count = 0;
	if (type == ECOQ_AMQP_QUORUM) {
		entries[count++] = ecoq_amqp_text_argument("x-queue-type", "quorum");
		if (connection->server_version >= LIMITING_VERSION) {
			entries[count++] = ecoq_amqp_number_argument("x-delivery-limit", UNLIMITED_DELIVERIES);
		}
	}
	if (is_partition) {
		entries[count] = (amqp_table_entry_t){.key = amqp_cstring_bytes("x-single-active-consumer"), .value = {.kind = AMQP_FIELD_KIND_BOOLEAN}};
		entries[count++].value.value.boolean = 1;
	}
	return (amqp_table_t){.num_entries = count, .entries = entries};
}

/* Used as it is where it exists. When another process makes it in between, with other arguments, that one stands. */
static ecoq_result declare_as(ecoq_amqp_connection *connection, const char *name, enum ecoq_amqp_queue_type type, bool is_partition, ecoq_error *error)
{
	amqp_table_entry_t entries[3];
	bool missing = true;
	if (ecoq_amqp_is_known(connection, "queue", name)) {
		return ECOQ_OK;
	}
	ecoq_result result = ecoq_amqp_declare_one(connection, name, true, amqp_empty_table, &missing, NULL, error);
	if (result == ECOQ_OK && missing) {
		result = ecoq_amqp_declare_one(connection, name, false, own_arguments(connection, type, is_partition, entries), NULL, NULL, error);
		if (result == ECOQ_INVALID && ecoq_amqp_declare_one(connection, name, true, amqp_empty_table, &missing, NULL, NULL) == ECOQ_OK && !missing) {
			result = ECOQ_OK;
		}
	}
	if (result == ECOQ_OK) {
		ecoq_amqp_remember(connection, "queue", name);
	}
	return result;
}

/* Of ecoq's own queues, only where the other ones are classic. */
static enum ecoq_amqp_queue_type own_type(const ecoq_amqp_connection *connection)
{
	return connection->settings->queue_type == ECOQ_AMQP_CLASSIC ? ECOQ_AMQP_CLASSIC : ECOQ_AMQP_QUORUM;
}

ecoq_result ecoq_amqp_declare_own(ecoq_amqp_connection *connection, const char *name, ecoq_error *error)
{
	return declare_as(connection, name, own_type(connection), false, error);
}

ecoq_result ecoq_amqp_declare_partition(ecoq_amqp_connection *connection, const char *name, ecoq_error *error)
{
	return declare_as(connection, name, own_type(connection), true, error);
}

/* ---- The exchange of the application ---- */

ecoq_result ecoq_amqp_declare_exchange(ecoq_amqp_connection *connection, amqp_channel_t channel, const char *name, const char *type, amqp_table_t arguments, ecoq_error *error)
{
	char doing[ECOQ_AMQP_TEXT_SIZE + 32];
	amqp_exchange_declare(connection->state, channel, amqp_cstring_bytes(name), amqp_cstring_bytes(type), 0, 1, 0, 0, arguments);
	return ecoq_amqp_answer(connection, channel, amqp_get_rpc_reply(connection->state), doing_it(doing, sizeof(doing), "Declaring exchange", name), error);
}

bool ecoq_amqp_has_exchange(ecoq_amqp_connection *connection, const char *name)
{
	amqp_channel_t channel;
	ecoq_error ignored;
	if (ecoq_amqp_channel_open(connection, NULL, &channel, &ignored) != ECOQ_OK) {
		return false;
	}
	amqp_exchange_declare(connection->state, channel, amqp_cstring_bytes(name), amqp_cstring_bytes("topic"), 1, 1, 0, 0, amqp_empty_table);
	bool exists = ecoq_amqp_answer(connection, channel, amqp_get_rpc_reply(connection->state), "Looking for an exchange", &ignored) == ECOQ_OK;
	ecoq_amqp_channel_close(connection, channel);
	return exists;
}

ecoq_result ecoq_amqp_bind(ecoq_amqp_connection *connection, amqp_channel_t channel, const struct ecoq_amqp_binding *binding, ecoq_error *error)
{
	char doing[ECOQ_AMQP_TEXT_SIZE + 32];
	amqp_bytes_t destination = amqp_cstring_bytes(binding->destination), source = amqp_cstring_bytes(binding->source), key = amqp_cstring_bytes(binding->key);
	if (binding->to_exchange) {
		amqp_exchange_bind(connection->state, channel, destination, source, key, amqp_empty_table);
	} else {
		amqp_queue_bind(connection->state, channel, destination, source, key, amqp_empty_table);
	}
	return ecoq_amqp_answer(connection, channel, amqp_get_rpc_reply(connection->state), doing_it(doing, sizeof(doing), "Binding", binding->destination), error);
}

static ecoq_result bind_keys(ecoq_amqp_connection *connection, amqp_channel_t channel, const char *queue, ecoq_error *error)
{
	const ecoq_amqp_settings *settings = connection->settings;
	/* a topic exchange routes by what a message is */
	const char *otherwise = strcmp(settings->exchange_type, "topic") == 0 ? "#" : queue;
	const char *keys = settings->binding_keys ? settings->binding_keys : otherwise;
	ecoq_result result = ECOQ_OK;
	for (const char *at = keys, *end; result == ECOQ_OK && *at; at = *end ? end + 1 : end) {
		char key[ECOQ_AMQP_TEXT_SIZE];
		end = settings->binding_keys ? strchrnul(at, ',') : at + strlen(at);
		snprintf(key, sizeof(key), "%.*s", (int) (end - at), at);
		result = ecoq_amqp_bind(connection, channel, &(struct ecoq_amqp_binding){queue, false, settings->exchange, key}, error);
	}
	return result;
}

/* An exchange that exists is used as it is. */
static ecoq_result see_to_exchange(ecoq_amqp_connection *connection, const char *queue, ecoq_error *error)
{
	const ecoq_amqp_settings *settings = connection->settings;
	amqp_channel_t channel;
	bool exists = ecoq_amqp_has_exchange(connection, settings->exchange);
	ecoq_result result = ecoq_amqp_channel_open(connection, NULL, &channel, error);
	if (result != ECOQ_OK) {
		return result;
	}
	if (!exists) {
		result = ecoq_amqp_declare_exchange(connection, channel, settings->exchange, settings->exchange_type, amqp_empty_table, error);
	}
	if (result == ECOQ_OK) {
		result = bind_keys(connection, channel, queue, error);
	}
	ecoq_amqp_channel_close(connection, channel);
	return result;
}

ecoq_result ecoq_amqp_declare_unbound(ecoq_amqp_connection *connection, const char *queue, ecoq_error *error)
{
	return declare_as(connection, queue, connection->settings->queue_type, false, error);
}

ecoq_result ecoq_amqp_declare_queue(ecoq_amqp_connection *connection, const char *queue, ecoq_error *error)
{
	ecoq_result result = ecoq_amqp_declare_unbound(connection, queue, error);
	if (result == ECOQ_OK && connection->settings->exchange && !ecoq_amqp_is_known(connection, "bound", queue)) {
		result = see_to_exchange(connection, queue, error);
		if (result == ECOQ_OK) {
			ecoq_amqp_remember(connection, "bound", queue);
		}
	}
	return result;
}

ecoq_result ecoq_amqp_count(ecoq_amqp_connection *connection, const char *queue, bool *exists, uint32_t *messages, ecoq_error *error)
{
	bool missing = true;
	amqp_queue_declare_ok_t counts = {.message_count = 0};
	ecoq_result result = ecoq_amqp_declare_one(connection, queue, true, amqp_empty_table, &missing, &counts, error);
	*messages = counts.message_count;
	*exists = !missing;
	return result;
}

ecoq_result ecoq_amqp_count_lately(ecoq_amqp_connection *connection, const char *queue, bool *exists, uint32_t *messages, ecoq_error *error)
{
	*exists = false;
	*messages = 0;
	if (is_missing(connection, queue)) {
		return ECOQ_OK;
	}
	ecoq_result result = ecoq_amqp_count(connection, queue, exists, messages, error);
	if (result == ECOQ_OK && !*exists) {
		note_missing(connection, queue);
	}
	return result;
}

ecoq_result ecoq_amqp_count_consumers(ecoq_amqp_connection *connection, const char *queue, uint32_t *consumers, ecoq_error *error)
{
	bool missing = true;
	amqp_queue_declare_ok_t counts = {.consumer_count = 0};
	ecoq_result result = ecoq_amqp_declare_one(connection, queue, true, amqp_empty_table, &missing, &counts, error);
	*consumers = counts.consumer_count;
	return result;
}

/* The broker tells what a queue is only to one that declares it as something else, and names the first difference: what is not kept on disk before what is deleted with its consumers. */
ecoq_result ecoq_amqp_ends_with_consumers(ecoq_amqp_connection *connection, const char *queue, bool *ends, ecoq_error *error)
{
	amqp_table_entry_t entries[3];
	amqp_table_t arguments = own_arguments(connection, connection->settings->queue_type, false, entries);
	*ends = false;
	for (int durable = 1; durable >= 0; durable--) {
		amqp_channel_t channel;
		ecoq_error refusal;
		ecoq_result result = ecoq_amqp_channel_open(connection, NULL, &channel, error);
		if (result != ECOQ_OK) {
			return result;
		}
		amqp_queue_declare(connection->state, channel, amqp_cstring_bytes(queue), 0, (amqp_boolean_t) durable, 0, 0, arguments);
		result = ecoq_amqp_answer(connection, channel, amqp_get_rpc_reply(connection->state), "Looking at a queue", &refusal);
		if (result == ECOQ_OK) {
			ecoq_amqp_channel_spare(connection, channel);
			return ECOQ_OK;
		}
		if (!connection->state) {
			*error = refusal;
			return result;
		}
		*ends = strstr(refusal.text, "inequivalent arg 'auto_delete'") != NULL;
		if (!strstr(refusal.text, "inequivalent arg 'durable'")) {
			return ECOQ_OK;
		}
		arguments = amqp_empty_table;
	}
	return ECOQ_OK;
}

void ecoq_amqp_announce(ecoq_amqp_connection *connection, const char *queue)
{
	amqp_channel_t channel;
	ecoq_error ignored;
	if (ecoq_amqp_channel_open(connection, NULL, &channel, &ignored) != ECOQ_OK) {
		return;
	}
	/* where nobody listens there is no such exchange, and the channel ends; the one that consumes later looks by itself */
	amqp_exchange_declare(connection->state, channel, amqp_cstring_bytes(ECOQ_AMQP_EVENTS), amqp_cstring_bytes("direct"), 1, 1, 0, 0, amqp_empty_table);
	if (ecoq_amqp_answer(connection, channel, amqp_get_rpc_reply(connection->state), "Looking for the exchange of events", &ignored) == ECOQ_OK) {
		int status = amqp_basic_publish(connection->state, channel, amqp_cstring_bytes(ECOQ_AMQP_EVENTS), amqp_cstring_bytes(queue), 0, 0, NULL, amqp_empty_bytes);
		ecoq_amqp_status(connection, status, "Telling consumers of a new queue", &ignored);
	}
	ecoq_amqp_channel_close(connection, channel);
}
