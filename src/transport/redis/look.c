#include "transport/redis/queue.h"

#include <stdio.h>
#include <stdlib.h>

#include "transport/redis/record.h"

/* Counting, reading and purging, and what the operator should know. */

#define PURGE_STEP 1000

static ecoq_result run_plain(ecoq_redis_queue *queue, const char *command, ecoq_bytes first, const char *second, const char *third, const char *what, redisReply **reply,
	ecoq_error *error)
{
	ecoq_redis_words words = {0};
	ecoq_redis_words_add_text(&words, command);
	ecoq_redis_words_add(&words, first);
	if (second) {
		ecoq_redis_words_add_text(&words, second);
		ecoq_redis_words_add_text(&words, third);
	}
	ecoq_result result = ecoq_redis_run_surely(queue, ECOQ_REDIS_NO_SCRIPT, &words, 0, reply, what, NULL, error);
	ecoq_redis_words_free(&words);
	return result;
}

/* ---- All keys of a queue ---- */

/* The names are in the replies. */
struct side_keys {
	redisReply *owners, *groups;
	char **held, **inboxes, **group_lists; /* on malloc, as their texts */
	size_t owner_count, group_count;
};

static void free_texts(char **texts, size_t count)
{
	for (size_t i = 0; texts && i < count; i++) {
		free(texts[i]);
	}
	free(texts);
}

static void free_side_keys(struct side_keys *keys)
{
	free_texts(keys->held, keys->owner_count);
	free_texts(keys->inboxes, keys->owner_count);
	free_texts(keys->group_lists, keys->group_count);
	freeReplyObject(keys->owners);
	freeReplyObject(keys->groups);
	*keys = (struct side_keys){0};
}

/* Of all names but those that stand for dead owners. */
static char **make_side_keys(const ecoq_redis_queue *queue, const char *piece, const redisReply *names, size_t *count)
{
	size_t length = ecoq_redis_length(names);
	char **keys = calloc(length + 1, sizeof(*keys));
	*count = 0;
	for (size_t i = 0; keys && i < length; i++) {
		const redisReply *name = names->element[i];
		if (name->type != REDIS_REPLY_STRING || (*piece != 'g' && name->len > 0 && name->str[0] == '~')) {
			continue;
		}
		if (!(keys[(*count)++] = ecoq_redis_side_key(queue, piece, (ecoq_bytes){name->str, (size_t) name->len}))) {
			free_texts(keys, *count);
			keys = NULL;
		}
	}
	return keys;
}

static ecoq_result find_side_keys(ecoq_redis_queue *queue, const char *what, struct side_keys *keys, ecoq_error *error)
{
	*keys = (struct side_keys){0};
	ecoq_result result = run_plain(queue, "ZRANGE", queue->keys[ECOQ_REDIS_OWNERS], "0", "-1", what, &keys->owners, error);
	if (result == ECOQ_OK) {
		result = run_plain(queue, "HKEYS", queue->keys[ECOQ_REDIS_GROUPS], NULL, NULL, what, &keys->groups, error);
	}
	if (result == ECOQ_OK) {
		keys->held = make_side_keys(queue, "held:", keys->owners, &keys->owner_count);
		keys->inboxes = make_side_keys(queue, "inbox:", keys->owners, &keys->owner_count);
		keys->group_lists = make_side_keys(queue, "group:", keys->groups, &keys->group_count);
		if (!keys->held || !keys->inboxes || !keys->group_lists) {
			result = ecoq_fail(error, ECOQ_NO_MEMORY, "Out of memory for the keys of a queue");
		}
	}
	if (result != ECOQ_OK) {
		free_side_keys(keys);
	}
	return result;
}

static void add_texts(ecoq_redis_words *words, char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		ecoq_redis_words_add_text(words, texts[i]);
	}
}

static ecoq_result run_look(ecoq_redis_queue *queue, enum ecoq_redis_script script, const ecoq_redis_words *words, size_t key_count, const char *what, redisReply **reply,
	size_t length, ecoq_error *error)
{
	ecoq_result result = ecoq_redis_run_surely(queue, script, words, key_count, reply, what, NULL, error);
	if (result == ECOQ_OK && ecoq_redis_length(*reply) < length) {
		freeReplyObject(*reply);
		result = ecoq_redis_not_understood(what, error);
	}
	return result;
}

/* ---- Counting ---- */

static ecoq_result count_messages(ecoq_redis_queue *queue, ecoq_queue_stats *stats, ecoq_error *error)
{
	static const enum ecoq_redis_key keys[] = {ECOQ_REDIS_LIST, ECOQ_REDIS_LANES, ECOQ_REDIS_DELAYED, ECOQ_REDIS_SUSPECTS};
	struct side_keys side;
	ecoq_redis_words words = {0};
	redisReply *reply;
	ecoq_result result = find_side_keys(queue, "Counting", &side, error);
	if (result != ECOQ_OK) {
		return result;
	}
	ecoq_redis_add_keys(queue, &words, keys, sizeof(keys) / sizeof(*keys));
	add_texts(&words, side.held, side.owner_count);
	add_texts(&words, side.inboxes, side.owner_count);
	add_texts(&words, side.group_lists, side.group_count);
	size_t key_count = words.count;
	ecoq_redis_words_add_int(&words, (int64_t) side.owner_count);
	result = run_look(queue, ECOQ_REDIS_STATS, &words, key_count, "Counting", &reply, 3, error);
	if (result == ECOQ_OK) {
		*stats = (ecoq_queue_stats){ecoq_redis_integer(reply, 0), ecoq_redis_integer(reply, 1), ecoq_redis_integer(reply, 2), true};
		freeReplyObject(reply);
	}
	ecoq_redis_words_free(&words);
	free_side_keys(&side);
	return result;
}

ecoq_result ecoq_redis_stats(ecoq_transport *transport, ecoq_queue_stats *stats, ecoq_error *error)
{
	ecoq_redis_queue *queue = ecoq_redis_queue_of(transport);
	pthread_mutex_lock(&queue->mutex);
	ecoq_result result = count_messages(queue, stats, error);
	pthread_mutex_unlock(&queue->mutex);
	return result;
}

/* ---- Reading ---- */

static ecoq_result read_messages(ecoq_redis_queue *queue, size_t offset, size_t max, ecoq_delivery *deliveries, size_t *count, ecoq_error *error)
{
	static const enum ecoq_redis_key keys[] = {ECOQ_REDIS_SUSPECTS, ECOQ_REDIS_LANES, ECOQ_REDIS_LIST, ECOQ_REDIS_DELAYED};
	struct side_keys side;
	ecoq_redis_words words = {0};
	redisReply *reply;
	ecoq_result result = find_side_keys(queue, "Reading", &side, error);
	if (result != ECOQ_OK) {
		return result;
	}
	ecoq_redis_add_keys(queue, &words, keys, sizeof(keys) / sizeof(*keys));
	add_texts(&words, side.inboxes, side.owner_count);
	add_texts(&words, side.group_lists, side.group_count);
	size_t key_count = words.count;
	ecoq_redis_words_add_int(&words, (int64_t) offset);
	ecoq_redis_words_add_int(&words, (int64_t) max);
	ecoq_redis_words_add_int(&words, (int64_t) side.owner_count);
	result = run_look(queue, ECOQ_REDIS_BROWSE, &words, key_count, "Reading", &reply, 2, error);
	if (result == ECOQ_OK) {
		result = ecoq_redis_read_messages(reply, ecoq_redis_element(reply, 0), ecoq_redis_element(reply, 1), 0, deliveries, max, count, error);
	}
	ecoq_redis_words_free(&words);
	free_side_keys(&side);
	return result;
}

ecoq_result ecoq_redis_browse(ecoq_transport *transport, size_t offset, size_t max, ecoq_delivery *deliveries, size_t *count, ecoq_error *error)
{
	ecoq_redis_queue *queue = ecoq_redis_queue_of(transport);
	*count = 0;
	pthread_mutex_lock(&queue->mutex);
	ecoq_result result = read_messages(queue, offset, max, deliveries, count, error);
	pthread_mutex_unlock(&queue->mutex);
	return result;
}

/* ---- Purging ---- */

static ecoq_result purge_step(ecoq_redis_queue *queue, const struct side_keys *side, size_t *removed, bool *has_more, bool *is_missing, ecoq_error *error)
{
	static const enum ecoq_redis_key keys[] = {ECOQ_REDIS_LIST, ECOQ_REDIS_LANES, ECOQ_REDIS_DELAYED, ECOQ_REDIS_SUSPECTS, ECOQ_REDIS_GROUPS};
	ecoq_redis_words words = {0};
	redisReply *reply;
	ecoq_redis_add_keys(queue, &words, keys, sizeof(keys) / sizeof(*keys));
	add_texts(&words, side->inboxes, side->owner_count);
	add_texts(&words, side->group_lists, side->group_count);
	size_t key_count = words.count;
	ecoq_redis_words_add_int(&words, PURGE_STEP);
	ecoq_redis_words_add_int(&words, (int64_t) side->owner_count);
	for (size_t i = 0; i < ecoq_redis_length(side->groups); i++) {
		const redisReply *name = side->groups->element[i];
		ecoq_redis_words_add(&words, (ecoq_bytes){name->str, (size_t) name->len});
	}
	ecoq_result result = run_look(queue, ECOQ_REDIS_PURGE, &words, key_count, "Purging", &reply, 3, error);
	ecoq_redis_words_free(&words);
	if (result == ECOQ_OK) {
		*removed += (size_t) ecoq_redis_integer(reply, 0);
		*has_more = ecoq_redis_integer(reply, 1) != 0;
		*is_missing = ecoq_redis_length(ecoq_redis_element(reply, 2)) > 0;
		freeReplyObject(reply);
	}
	return result;
}

/* While others send this would not need to end: it does when as many were removed as there were. */
static ecoq_result purge(ecoq_redis_queue *queue, size_t *removed, ecoq_error *error)
{
	ecoq_queue_stats stats;
	struct side_keys side;
	bool has_more = true, is_missing = true;
	ecoq_result result = count_messages(queue, &stats, error);
	size_t there = result == ECOQ_OK ? (size_t) (stats.ready + stats.delayed) : 0;
	while (result == ECOQ_OK && has_more) {
		result = find_side_keys(queue, "Purging", &side, error);
		for (is_missing = false; result == ECOQ_OK && has_more && !is_missing;) {
			result = purge_step(queue, &side, removed, &has_more, &is_missing, error);
			has_more = has_more && *removed < there;
		}
		free_side_keys(&side);
	}
	return result;
}

ecoq_result ecoq_redis_purge(ecoq_transport *transport, size_t *removed, ecoq_error *error)
{
	ecoq_redis_queue *queue = ecoq_redis_queue_of(transport);
	*removed = 0;
	pthread_mutex_lock(&queue->mutex);
	ecoq_result result = purge(queue, removed, error);
	pthread_mutex_unlock(&queue->mutex);
	return result;
}

/* ---- Setting up, and advice ---- */

/* There is nothing to create: it shows that the server answers, that scripts may run and that the keys may be used and hold what they should. */
ecoq_result ecoq_redis_setup(ecoq_transport *transport, ecoq_error *error)
{
	ecoq_redis_queue *queue = ecoq_redis_queue_of(transport);
	ecoq_queue_stats ignored;
	pthread_mutex_lock(&queue->mutex);
	ecoq_result result = count_messages(queue, &ignored, error);
	pthread_mutex_unlock(&queue->mutex);
	return result;
}

static bool info_has(const redisReply *info, const char *line)
{
	return info->type == REDIS_REPLY_STRING && strstr(info->str, line);
}

/* "maxmemory:0" and "maxmemory_policy:noeviction" are what cannot lose anything. */
static void advise_memory(const ecoq_redis_queue *queue, const redisReply *info, void (*say)(void *context, const char *text), void *context)
{
	char text[400];
	const char *policy = info->type == REDIS_REPLY_STRING ? strstr(info->str, "maxmemory_policy:") : NULL;
	if (!policy || info_has(info, "maxmemory:0\r") || info_has(info, "maxmemory_policy:noeviction")) {
		return;
	}
	policy += strlen("maxmemory_policy:");
	snprintf(text, sizeof(text), "Redis at %.100s has maxmemory-policy %.*s and may throw messages of channel \"%.60s\" away when memory is full: set maxmemory-policy noeviction (sends are refused then, and nothing is lost)",
		queue->route.settings->network.place, (int) strcspn(policy, "\r\n"), policy, queue->channel);
	say(context, text);
}

static void advise_persistence(const ecoq_redis_queue *queue, const redisReply *info, void (*say)(void *context, const char *text), void *context)
{
	char text[400];
	if (info_has(info, "aof_enabled:0")) {
		snprintf(text, sizeof(text), "Redis at %.100s keeps no append-only file: messages of channel \"%.60s\" that were sent since its last snapshot are lost when it stops unexpectedly; set appendonly yes, with appendfsync always where none may be lost",
			queue->route.settings->network.place, queue->channel);
		say(context, text);
	}
}

void ecoq_redis_advise(ecoq_transport *transport, void (*say)(void *context, const char *text), void *context)
{
	ecoq_redis_queue *queue = ecoq_redis_queue_of(transport);
	redisReply *persistence = NULL, *memory = NULL;
	ecoq_error ignored;
	pthread_mutex_lock(&queue->mutex);
	if (run_plain(queue, "INFO", ECOQ_BYTES("persistence"), NULL, NULL, "Asking about", &persistence, &ignored) != ECOQ_OK) {
		persistence = NULL;
	}
	if (run_plain(queue, "INFO", ECOQ_BYTES("memory"), NULL, NULL, "Asking about", &memory, &ignored) != ECOQ_OK) {
		memory = NULL;
	}
	pthread_mutex_unlock(&queue->mutex);
	if (persistence) {
		advise_persistence(queue, persistence, say, context);
		freeReplyObject(persistence);
	}
	if (memory) {
		advise_memory(queue, memory, say, context);
		freeReplyObject(memory);
	}
}
