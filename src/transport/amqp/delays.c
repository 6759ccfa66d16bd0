#include <stdio.h>
#include <stdlib.h>

#include "transport/amqp/topology.h"
#include "transport/amqp/topology_parts.h"

/* Delays: one level per bit of the delay in ticks. */

#define EXPIRING_VERSION 31000 /* 3.10 */

static void level_name(const ecoq_amqp_settings *settings, int level, char out[ECOQ_AMQP_TEXT_SIZE])
{
	if (level < 0) {
		snprintf(out, ECOQ_AMQP_TEXT_SIZE, "%s.out", settings->delay_prefix);
	} else {
		snprintf(out, ECOQ_AMQP_TEXT_SIZE, "%s.%d", settings->delay_prefix, level);
	}
}

static int64_t ticks_of(int64_t delay_ms)
{
	int64_t ticks = delay_ms / ECOQ_AMQP_TICK_MS, most = (INT64_C(1) << ECOQ_AMQP_LEVELS) - 1;
	return ticks < 1 ? 1 : ticks > most ? most
										: ticks;
}

static int highest_bit(int64_t ticks)
{
	int bit = 0;
	while (ticks >> (bit + 1)) {
		bit++;
	}
	return bit;
}

/* Words of a topic key may be anything but `*` and `#`, which a binding would take for wildcards. False: too long. */
static bool escape(const char *queue, char *out, size_t capacity)
{
	size_t size = 0;
	for (; *queue && size + 4 < capacity; queue++) {
		if (*queue == '*' || *queue == '#' || *queue == '%') {
			size += (size_t) sprintf(out + size, "%%%02X", (unsigned char) *queue);
		} else {
			out[size++] = *queue;
		}
	}
	out[size] = '\0';
	return *queue == '\0' && size <= ECOQ_AMQP_QUEUE_NAME_MOST;
}

/* "*.*.1.#" for the bit of a level: the words before it are those of higher levels. */
static void bit_pattern(int level, char bit, char out[ECOQ_AMQP_TEXT_SIZE])
{
	size_t size = 0;
	for (int i = ECOQ_AMQP_LEVELS - 1; i > level; i--) {
		out[size++] = '*';
		out[size++] = '.';
	}
	out[size++] = bit;
	strcpy(out + size, ".#");
}

/* At-least-once: a level hands an expired message on only when the next queue has confirmed it. All queues of the virtual host delay through the same levels, so those are what the
 * safest of them needs, whatever the type of the one that comes first. Quorum queues have times to live since 3.10. */
static bool can_be_quorum(const ecoq_amqp_connection *connection)
{
	return connection->server_version == 0 || connection->server_version >= EXPIRING_VERSION;
}

static amqp_table_t level_arguments(const ecoq_amqp_connection *connection, int level, const char *next, amqp_table_entry_t entries[5])
{
	int count = 0;
	entries[count++] = ecoq_amqp_number_argument("x-message-ttl", (int64_t) ECOQ_AMQP_TICK_MS << level);
	entries[count++] = ecoq_amqp_text_argument("x-dead-letter-exchange", next);
	if (can_be_quorum(connection)) {
		entries[count++] = ecoq_amqp_text_argument("x-queue-type", "quorum");
		entries[count++] = ecoq_amqp_text_argument("x-dead-letter-strategy", "at-least-once");
		entries[count++] = ecoq_amqp_text_argument("x-overflow", "reject-publish");
	}
	return (amqp_table_t){.num_entries = count, .entries = entries};
}

static ecoq_result declare_level_queue(ecoq_amqp_connection *connection, int level, ecoq_error *error)
{
	char name[ECOQ_AMQP_TEXT_SIZE], next[ECOQ_AMQP_TEXT_SIZE];
	amqp_table_entry_t entries[5];
	level_name(connection->settings, level, name);
	level_name(connection->settings, level - 1, next);
	return ecoq_amqp_declare_one(connection, name, false, level_arguments(connection, level, next, entries), NULL, NULL, error);
}

/* Queues that exist with other arguments do the same. */
static ecoq_result declare_level(ecoq_amqp_connection *connection, amqp_channel_t channel, int level, ecoq_error *error)
{
	char name[ECOQ_AMQP_TEXT_SIZE], next[ECOQ_AMQP_TEXT_SIZE], pattern[ECOQ_AMQP_TEXT_SIZE];
	bool missing = true;
	level_name(connection->settings, level, name);
	level_name(connection->settings, level - 1, next);
	if (ecoq_amqp_is_known(connection, "level", name)) {
		return ECOQ_OK;
	}
	ecoq_result result = ecoq_amqp_declare_one(connection, name, true, amqp_empty_table, &missing, NULL, error);
	if (result == ECOQ_OK && missing) {
		result = declare_level_queue(connection, level, error);
	}
	if (result == ECOQ_OK && (missing || !ecoq_amqp_has_exchange(connection, name))) {
		result = ecoq_amqp_declare_exchange(connection, channel, name, "topic", amqp_empty_table, error);
	}
	if (result == ECOQ_OK) {
		bit_pattern(level, '1', pattern);
		result = ecoq_amqp_bind(connection, channel, &(struct ecoq_amqp_binding){name, false, name, pattern}, error);
	}
	if (result == ECOQ_OK) {
		bit_pattern(level, '0', pattern);
		result = ecoq_amqp_bind(connection, channel, &(struct ecoq_amqp_binding){next, true, name, pattern}, error);
	}
	if (result == ECOQ_OK) {
		ecoq_amqp_remember(connection, "level", name);
	}
	return result;
}

static void unroutable_name(const ecoq_amqp_settings *settings, char out[ECOQ_AMQP_TEXT_SIZE])
{
	snprintf(out, ECOQ_AMQP_TEXT_SIZE, "%s.unroutable", settings->delay_prefix);
}

/* What is due and whose queue was deleted meanwhile goes to a queue of its own. Without one a level would offer it again and again, and some dozens of them would hold up all delays: it waits
 * for the confirms of so many at the most. */
static ecoq_result declare_way_out(ecoq_amqp_connection *connection, amqp_channel_t channel, const char *out, ecoq_error *error)
{
	char unroutable[ECOQ_AMQP_TEXT_SIZE];
	unroutable_name(connection->settings, unroutable);
	amqp_table_entry_t type = ecoq_amqp_text_argument("x-queue-type", "quorum"), alternate = ecoq_amqp_text_argument("alternate-exchange", unroutable);
	ecoq_result result = ecoq_amqp_declare_one(connection, unroutable, false, (amqp_table_t){can_be_quorum(connection), &type}, NULL, NULL, error);
	if (result == ECOQ_OK) {
		result = ecoq_amqp_declare_exchange(connection, channel, unroutable, "fanout", amqp_empty_table, error);
	}
	if (result == ECOQ_OK) {
		result = ecoq_amqp_bind(connection, channel, &(struct ecoq_amqp_binding){unroutable, false, unroutable, ""}, error);
	}
	if (result == ECOQ_OK) {
		result = ecoq_amqp_declare_exchange(connection, channel, out, "topic", (amqp_table_t){1, &alternate}, error);
	}
	return result;
}

/* From the lowest on, so that one which is known has all below it. */
static ecoq_result declare_levels(ecoq_amqp_connection *connection, amqp_channel_t channel, int highest, ecoq_error *error)
{
	char out[ECOQ_AMQP_TEXT_SIZE];
	level_name(connection->settings, -1, out);
	ecoq_result result = ecoq_amqp_has_exchange(connection, out) ? ECOQ_OK : declare_way_out(connection, channel, out, error);
	for (int level = 0; result == ECOQ_OK && level <= highest; level++) {
		result = declare_level(connection, channel, level, error);
	}
	return result;
}

static ecoq_result bind_way_out(ecoq_amqp_connection *connection, amqp_channel_t channel, const char *queue, const char *escaped, ecoq_error *error)
{
	char out[ECOQ_AMQP_TEXT_SIZE], pattern[ECOQ_AMQP_TEXT_SIZE + 2 * ECOQ_AMQP_LEVELS];
	size_t size = 0;
	level_name(connection->settings, -1, out);
	for (int i = 0; i < ECOQ_AMQP_LEVELS; i++) {
		pattern[size++] = '*';
		pattern[size++] = '.';
	}
	snprintf(pattern + size, sizeof(pattern) - size, "%s", escaped);
	ecoq_result result = ecoq_amqp_bind(connection, channel, &(struct ecoq_amqp_binding){queue, false, out, pattern}, error);
	if (result == ECOQ_OK) {
		ecoq_amqp_remember(connection, "out", queue);
	}
	return result;
}

ecoq_result ecoq_amqp_declare_delays(ecoq_amqp_connection *connection, const char *queue, int64_t delay_ms, ecoq_error *error)
{
	char escaped[ECOQ_AMQP_TEXT_SIZE], name[ECOQ_AMQP_TEXT_SIZE];
	amqp_channel_t channel;
	int highest = highest_bit(ticks_of(delay_ms));
	level_name(connection->settings, highest, name);
	bool has_levels = ecoq_amqp_is_known(connection, "level", name), has_way = ecoq_amqp_is_known(connection, "out", queue);
	if (has_levels && has_way) {
		return ECOQ_OK;
	}
	if (!escape(queue, escaped, sizeof(escaped))) {
		return ecoq_fail(error, ECOQ_INVALID, "Delaying a message to queue \"%.180s\": its name is too long, a delay leaves room for %d bytes in a routing key; use a shorter name", queue,
			ECOQ_AMQP_QUEUE_NAME_MOST);
	}
	ecoq_result result = ecoq_amqp_channel_open(connection, NULL, &channel, error);
	if (result == ECOQ_OK && !has_levels) {
		result = declare_levels(connection, channel, highest, error);
	}
	if (result == ECOQ_OK && !has_way) {
		result = bind_way_out(connection, channel, queue, escaped, error);
	}
	ecoq_amqp_channel_close(connection, channel);
	return result;
}

bool ecoq_amqp_delay_route(const ecoq_amqp_settings *settings, const char *queue, int64_t delay_ms, char **exchange, char **routing_key)
{
	char name[ECOQ_AMQP_TEXT_SIZE], escaped[ECOQ_AMQP_TEXT_SIZE], key[ECOQ_AMQP_TEXT_SIZE + 2 * ECOQ_AMQP_LEVELS];
	int64_t ticks = ticks_of(delay_ms);
	size_t size = 0;
	level_name(settings, highest_bit(ticks), name);
	escape(queue, escaped, sizeof(escaped));
	for (int level = ECOQ_AMQP_LEVELS - 1; level >= 0; level--) {
		key[size++] = ticks >> level & 1 ? '1' : '0';
		key[size++] = '.';
	}
	snprintf(key + size, sizeof(key) - size, "%s", escaped);
	*exchange = strdup(name);
	*routing_key = strdup(key);
	if (!*exchange || !*routing_key) {
		free(*exchange);
		free(*routing_key);
		return false;
	}
	return true;
}

ecoq_result ecoq_amqp_count_delayed(ecoq_amqp_connection *connection, uint64_t *messages, ecoq_error *error)
{
	ecoq_result result = ECOQ_OK;
	*messages = 0;
	for (int level = 0; level < ECOQ_AMQP_LEVELS && result == ECOQ_OK; level++) {
		char name[ECOQ_AMQP_TEXT_SIZE];
		uint32_t here;
		bool exists;
		level_name(connection->settings, level, name);
		result = ecoq_amqp_count_lately(connection, name, &exists, &here, error);
		if (result == ECOQ_OK && !exists) {
			break; /* they are made from the lowest on */
		}
		*messages += here;
	}
	return result;
}

uint32_t ecoq_amqp_count_unroutable(ecoq_amqp_connection *connection, char *name, size_t capacity)
{
	char full[ECOQ_AMQP_TEXT_SIZE];
	uint32_t messages = 0;
	bool exists;
	ecoq_error ignored;
	unroutable_name(connection->settings, full);
	snprintf(name, capacity, "%s", full);
	return ecoq_amqp_count_lately(connection, full, &exists, &messages, &ignored) == ECOQ_OK ? messages : 0;
}

/* The broker says what a queue is only to one that declares it as something else; where the user may not, nothing is found. */
bool ecoq_amqp_has_classic_level(ecoq_amqp_connection *connection, char *name, size_t capacity)
{
	for (int level = 0; level < ECOQ_AMQP_LEVELS && can_be_quorum(connection); level++) {
		char full[ECOQ_AMQP_TEXT_SIZE];
		uint32_t messages;
		bool exists;
		ecoq_error error;
		level_name(connection->settings, level, full);
		if (ecoq_amqp_count_lately(connection, full, &exists, &messages, &error) != ECOQ_OK || !exists) {
			return false;
		}
		ecoq_result result = declare_level_queue(connection, level, &error);
		if (result == ECOQ_INVALID && strstr(error.text, "inequivalent arg 'x-")) {
			snprintf(name, capacity, "%s", full);
			return true;
		}
		if (result != ECOQ_OK) {
			return false;
		}
	}
	return false;
}
