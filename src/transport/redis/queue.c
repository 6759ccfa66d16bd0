#include "transport/redis/queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

#define REPEAT_FOR_MS 1000

const char *ecoq_redis_doing(const ecoq_redis_queue *queue, const char *what, char *out, size_t capacity)
{
	const ecoq_redis_link *link = queue->route.link;
	ecoq_bytes name = queue->keys[ECOQ_REDIS_LIST];
	int size = (int) (name.size < 100 ? name.size : 100);
	if (!link) {
		snprintf(out, capacity, "%s queue \"%.*s\" at %.100s (channel \"%.60s\")", what, size, name.data, queue->route.settings->network.place, queue->channel);
	} else if (link->address.port) {
		snprintf(out, capacity, "%s queue \"%.*s\" at %.100s:%d (channel \"%.60s\")", what, size, name.data, link->address.host, link->address.port, queue->channel);
	} else {
		snprintf(out, capacity, "%s queue \"%.*s\" at %.100s (channel \"%.60s\")", what, size, name.data, link->address.host, queue->channel);
	}
	return out;
}

void ecoq_redis_add_keys(const ecoq_redis_queue *queue, ecoq_redis_words *words, const enum ecoq_redis_key *keys, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		ecoq_redis_words_add(words, queue->keys[keys[i]]);
	}
}

char *ecoq_redis_side_key(const ecoq_redis_queue *queue, const char *piece, ecoq_bytes rest)
{
	size_t side = strlen(queue->side), middle = strlen(piece);
	char *key = malloc(side + middle + rest.size + 1);
	if (key) {
		memcpy(key, queue->side, side);
		memcpy(key + side, piece, middle);
		if (rest.size) {
			memcpy(key + side + middle, rest.data, rest.size);
		}
		key[side + middle + rest.size] = '\0';
	}
	return key;
}

ecoq_result ecoq_redis_run_surely(ecoq_redis_queue *queue, enum ecoq_redis_script script, const ecoq_redis_words *words, size_t key_count, redisReply **reply,
	const char *what, bool *in_doubt, ecoq_error *error)
{
	char doing[256];
	bool doubt = false;
	int64_t until_ms = ecoq_clock_monotonic_ms() + REPEAT_FOR_MS;
	ecoq_redis_doing(queue, what, doing, sizeof(doing));
	for (int64_t pause_ms = 10;; pause_ms = pause_ms < 100 ? 2 * pause_ms : 200) {
		bool is_repeat = doubt;
		ecoq_result result = ecoq_redis_run(&queue->route, script, words, key_count, reply, doing, 0, error);
		doubt |= result == ECOQ_UNKNOWN;
		if (in_doubt) {
			*in_doubt = doubt;
		}
		bool repeats = result == ECOQ_UNKNOWN || (doubt && result == ECOQ_UNAVAILABLE);
		if (!repeats || (is_repeat && ecoq_clock_monotonic_ms() + pause_ms >= until_ms)) {
			return result == ECOQ_UNKNOWN ? (error->code = ECOQ_UNAVAILABLE) : result;
		}
		nanosleep(&(struct timespec){0, pause_ms * 1000000}, NULL);
	}
}

void ecoq_redis_add_record_words(ecoq_redis_words *words, const ecoq_outgoing *message)
{
	ecoq_redis_words_add_int(words, message->priority > ECOQ_PRIORITY_MAX ? ECOQ_PRIORITY_MAX : message->priority);
	ecoq_redis_words_add_int(words, message->crashes);
	ecoq_redis_words_add_int(words, message->deliver_at > 0 ? message->deliver_at : 0);
	ecoq_redis_words_add(words, message->group);
	ecoq_redis_words_add(words, message->id);
	ecoq_redis_words_add(words, message->body);
}

/* https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags */
ecoq_bytes ecoq_redis_hashed_part(ecoq_bytes name)
{
	const char *opening = name.size ? memchr(name.data, '{', name.size) : NULL;
	const char *closing = opening ? memchr(opening, '}', name.size - (size_t) (opening - name.data)) : NULL;
	return closing && closing > opening + 1 ? (ecoq_bytes){opening + 1, (size_t) (closing - opening) - 1} : name;
}

/* "{<queue>}:ecoq:", or "<queue>:ecoq:" where the name has a hash tag of its own. */
char *ecoq_redis_side_of(ecoq_bytes name)
{
	bool has_tag = ecoq_redis_hashed_part(name).data != name.data;
	size_t capacity = name.size + sizeof("{}:ecoq:");
	char *side = malloc(capacity);
	if (side) {
		snprintf(side, capacity, has_tag ? "%.*s:ecoq:" : "{%.*s}:ecoq:", (int) name.size, name.data);
	}
	return side;
}
