#include "transport/redis/send_batch.h"

#include <string.h>

#include "base/hash.h"
#include "transport/redis/link_memory.h"

enum {
	MULTI,
	PUSH,
	SET,
	EXEC,
	WATCH,
	COMMANDS
};

/* Of the key; publishers' names are random, so that 64 bits do. */
static uint64_t print_of(const char *key)
{
	return ecoq_hash64(ECOQ_HASH64, key, strlen(key));
}

static void free_all(ecoq_redis_words *words, redisReply **replies, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		ecoq_redis_words_free(&words[i]);
		if (replies[i]) {
			freeReplyObject(replies[i]);
		}
	}
}

static void add_watch(ecoq_redis_words *words, const char *key)
{
	ecoq_redis_words_add_text(words, "WATCH");
	ecoq_redis_words_add_text(words, key);
}

static void note_watch(ecoq_redis_link *link, const redisReply *reply)
{
	link->watched_connection = reply->type == REDIS_REPLY_STATUS ? link->connection : 0;
}

/* What an earlier batch left under WATCH ends first: a script may have changed it. */
static void begin_watch(ecoq_redis_link *link, const char *key)
{
	ecoq_redis_words words[2] = {{0}};
	redisReply *replies[2] = {NULL};
	ecoq_error ignored;
	ecoq_redis_words_add_text(&words[0], "UNWATCH");
	add_watch(&words[1], key);
	if (ecoq_redis_request_here(link, words, 2, replies, 0, &ignored) == ECOQ_OK) {
		note_watch(link, replies[1]);
		link->refused_connection = link->watched_connection ? 0 : link->connection;
	}
	free_all(words, replies, 2);
}

/* Takes a round trip where the key is not under WATCH yet, so the first batch in a row does not ask for it. */
static bool is_watched(ecoq_redis_link *link, const char *key)
{
	uint64_t print = print_of(key);
	if (link->batches_to != print) {
		link->batches_to = print;
		link->watched_connection = 0;
		return false;
	}
	if (!ecoq_redis_is_connected(link) || link->refused_connection == link->connection) {
		return false;
	}
	if (link->watched_connection != link->connection) {
		begin_watch(link, key);
	}
	return link->watched_connection == link->connection && link->context;
}

static void add_words(const ecoq_redis_queue *queue, const ecoq_outgoing *messages, size_t count, const char *key, uint64_t number, ecoq_redis_words *words)
{
	ecoq_redis_words_add_text(&words[MULTI], "MULTI");
	ecoq_redis_words_add_text(&words[PUSH], "RPUSH");
	ecoq_redis_words_add(&words[PUSH], queue->keys[ECOQ_REDIS_LIST]);
	for (size_t i = 0; i < count; i++) {
		ecoq_redis_words_add(&words[PUSH], messages[i].body);
	}
	ecoq_redis_words_add_text(&words[SET], "SET");
	ecoq_redis_words_add_text(&words[SET], key);
	ecoq_redis_words_add_int(&words[SET], (int64_t) number);
	ecoq_redis_words_add_text(&words[SET], "PX");
	ecoq_redis_words_add_text(&words[SET], "600000");
	ecoq_redis_words_add_text(&words[EXEC], "EXEC");
	add_watch(&words[WATCH], key);
}

/* EXEC answers null where the watched key has changed (it has also when it expired), and with an error where a command could not be queued: MOVED, READONLY,
 * OOM and the like. Where the server took no MULTI, it has taken the rest one by one. */
static ecoq_result judge(const ecoq_redis_queue *queue, redisReply *const *replies, bool *is_sent, ecoq_error *error)
{
	const redisReply *executed = replies[EXEC];
	const redisReply *pushed = executed->type == REDIS_REPLY_ARRAY && executed->elements > 0 ? executed->element[0] : replies[PUSH];
	if (pushed->type == REDIS_REPLY_ERROR && pushed != replies[PUSH]) {
		char doing[256];
		return ecoq_redis_error(pushed, ecoq_redis_doing(queue, "Sending to", doing, sizeof(doing)), error);
	}
	*is_sent = pushed->type == REDIS_REPLY_INTEGER;
	return ECOQ_OK;
}

static ecoq_result send_watched(
	ecoq_redis_queue *queue, const ecoq_outgoing *messages, size_t count, const char *key, uint64_t number, bool *is_sent, ecoq_error *error)
{
	ecoq_redis_link *link = queue->route.link;
	ecoq_redis_words words[COMMANDS] = {{0}};
	redisReply *replies[COMMANDS] = {NULL};
	add_words(queue, messages, count, key, number, words);
	link->watched_connection = 0;
	ecoq_result result = ecoq_redis_request_here(link, words, COMMANDS, replies, 0, error);
	if (result == ECOQ_OK) {
		result = judge(queue, replies, is_sent, error);
		if (*is_sent) {
			note_watch(link, replies[WATCH]); /* else the script changes it */
		} else if (replies[EXEC]->type == REDIS_REPLY_ERROR && strncmp(replies[EXEC]->str, "EXECABORT", 9) != 0) {
			ecoq_redis_disconnect(link); /* no command may come into a transaction that is still open */
		}
		link->refused_connection = replies[MULTI]->type == REDIS_REPLY_ERROR ? link->connection : 0;
	} else if (result == ECOQ_UNAVAILABLE) {
		result = ECOQ_OK;
	} else {
		char doing[256];
		ecoq_error plain = *error;
		ecoq_fail(error, result, "%s: %s", ecoq_redis_doing(queue, "Sending to", doing, sizeof(doing)), plain.text);
	}
	free_all(words, replies, COMMANDS);
	return result;
}

ecoq_result ecoq_redis_send_batch(
	ecoq_redis_queue *queue, const ecoq_outgoing *messages, size_t count, const char *key, uint64_t number, bool *is_sent, ecoq_error *error)
{
	ecoq_redis_link *link = queue->route.link;
	*is_sent = false;
	ecoq_redis_lock(link); /* all the time: no other may be the one that connects it anew */
	ecoq_result result = is_watched(link, key) ? send_watched(queue, messages, count, key, number, is_sent, error) : ECOQ_OK;
	ecoq_redis_unlock(link);
	return result;
}
