#include "transport/redis/send_batch.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/uuid.h"

/* Sending: chunks of bounded size, one at a time, each under the next number of this publisher, so that a chunk of unknown outcome can be sent again and is
 * stored once. */

#define CHUNK_MESSAGES 1000
#define CHUNK_BYTES (1024 * 1024)
#define BATCH_MESSAGES 16 /* fewer gain nothing by going without a script */
#define DOUBT_MS 300000   /* the server knows the last number of a publisher for twice as long */

static const enum ecoq_redis_key send_keys[] = {ECOQ_REDIS_LIST, ECOQ_REDIS_LANES, ECOQ_REDIS_DELAYED, ECOQ_REDIS_WAKE, ECOQ_REDIS_NUMBER, ECOQ_REDIS_GROUPS};
#define SEND_KEYS (sizeof(send_keys) / sizeof(*send_keys))

/* Whether it goes to the list as it is, whatever the server's clock says. */
static bool is_plain(const ecoq_outgoing *message)
{
	return message->priority == ECOQ_PRIORITY_DEFAULT && !message->group.size && message->crashes == 0 && message->deliver_at <= 0;
}

static size_t chunk_size(const ecoq_outgoing *messages, size_t count)
{
	size_t bytes = 0, i = 0;
	while (i < count && i < CHUNK_MESSAGES && (i == 0 || bytes + messages[i].body.size <= CHUNK_BYTES)) {
		bytes += messages[i++].body.size;
	}
	return i;
}

/* Whether it may go without a script. For the same messages always the same. */
static bool is_batch(const ecoq_redis_queue *queue, const ecoq_outgoing *messages, size_t count)
{
	bool is = count >= BATCH_MESSAGES && queue->route.settings->replicas <= 0;
	for (size_t i = 0; is && i < count; i++) {
		is = is_plain(&messages[i]);
	}
	return is;
}

/* ---- One chunk ---- */

/* Texts that words borrow. */
struct keys {
	char *publisher;
	char **groups; /* one per message that has a group of its own; those of the same group in a row share one */
	size_t group_count;
};

static void free_keys(struct keys *keys)
{
	for (size_t i = 0; i < keys->group_count; i++) {
		free(keys->groups[i]);
	}
	free(keys->groups);
	free(keys->publisher);
}

static bool opens_group(const ecoq_outgoing *messages, size_t i)
{
	return messages[i].group.size && (i == 0 || !ecoq_bytes_equal(messages[i].group, messages[i - 1].group));
}

/* Two keys, since what a connection changes itself ends its own WATCH, too. */
static char *publisher_key(const ecoq_redis_queue *queue, const char *publisher, bool is_batch)
{
	return ecoq_redis_side_key(queue, is_batch ? "batch:" : "pub:", (ecoq_bytes){publisher, strlen(publisher)});
}

static bool make_keys(const ecoq_redis_queue *queue, const ecoq_outgoing *messages, size_t count, const char *publisher, struct keys *keys)
{
	size_t groups = 0;
	keys->publisher = publisher_key(queue, publisher, is_batch(queue, messages, count));
	for (size_t i = 0; i < count; i++) {
		groups += opens_group(messages, i);
	}
	if (!keys->publisher || groups == 0) {
		return keys->publisher != NULL;
	}
	keys->groups = calloc(groups, sizeof(*keys->groups));
	for (size_t i = 0; keys->groups && i < count; i++) {
		if (opens_group(messages, i) && !(keys->groups[keys->group_count++] = ecoq_redis_side_key(queue, "group:", messages[i].group))) {
			return false;
		}
	}
	return keys->groups != NULL;
}

static void add_plain(ecoq_redis_words *words, const ecoq_outgoing *messages, size_t count)
{
	size_t plain = 0;
	for (size_t i = 0; i < count; i++) {
		plain += is_plain(&messages[i]);
	}
	ecoq_redis_words_add_int(words, (int64_t) plain);
	for (size_t i = 0; plain && i < count; i++) {
		if (is_plain(&messages[i])) {
			ecoq_redis_words_add(words, messages[i].body);
		}
	}
}

static void add_records(ecoq_redis_words *words, const ecoq_outgoing *messages, size_t count)
{
	int64_t group = (int64_t) SEND_KEYS + 1;
	for (size_t i = 0; i < count; i++) {
		const ecoq_outgoing *m = &messages[i];
		group += opens_group(messages, i);
		if (is_plain(m)) {
			continue;
		}
		ecoq_redis_add_record_words(words, m);
		ecoq_redis_words_add_int(words, m->group.size ? group : 0);
	}
}

/* The server has stored it; do enough replicas have it? */
static ecoq_result judge_replicas(const ecoq_redis_queue *queue, const redisReply *reply, int64_t waited_ms, const char *doing, ecoq_error *error)
{
	const ecoq_redis_settings *settings = queue->route.settings;
	if (reply->type == REDIS_REPLY_ERROR) {
		return ecoq_redis_error(reply, doing, error);
	}
	if (reply->type == REDIS_REPLY_INTEGER && reply->integer >= settings->replicas) {
		return ECOQ_OK;
	}
	return ecoq_fail(error, ECOQ_UNKNOWN, "%s: the server has stored it, but %lld of the %d replicas that the option wait asks for had it within %lld ms, so it is not safe from a fail-over: look at the replicas, or give a longer wait-timeout",
		doing, reply->type == REDIS_REPLY_INTEGER ? reply->integer : 0LL, settings->replicas, (long long) waited_ms);
}

static ecoq_result run_send(ecoq_redis_queue *queue, const ecoq_redis_words *words, size_t key_count, ecoq_error *error)
{
	const ecoq_redis_settings *settings = queue->route.settings;
	redisReply *reply, *replicas;
	char doing[256];
	ecoq_redis_doing(queue, "Sending to", doing, sizeof(doing));
	if (settings->replicas <= 0) {
		ecoq_result result = ecoq_redis_run(&queue->route, ECOQ_REDIS_SEND, words, key_count, &reply, doing, 0, error);
		if (result == ECOQ_OK) {
			freeReplyObject(reply);
		}
		return result;
	}
	/* Not for longer than the connection waits for any reply. */
	int64_t wait_ms = settings->replicas_ms < settings->network.timeout_ms * 3 / 4 ? settings->replicas_ms : settings->network.timeout_ms * 3 / 4;
	ecoq_redis_words wait = {0};
	ecoq_redis_words_add_text(&wait, "WAIT");
	ecoq_redis_words_add_int(&wait, settings->replicas);
	ecoq_redis_words_add_int(&wait, wait_ms);
	ecoq_result result = ecoq_redis_run_and(&queue->route, ECOQ_REDIS_SEND, words, key_count, &reply, &wait, &replicas, doing, 0, error);
	ecoq_redis_words_free(&wait);
	if (result == ECOQ_OK) {
		result = judge_replicas(queue, replicas, wait_ms, doing, error);
		freeReplyObject(reply);
		freeReplyObject(replicas);
	}
	return result;
}

ecoq_result ecoq_redis_store(ecoq_redis_queue *queue, const ecoq_outgoing *messages, size_t count, const char *publisher, uint64_t number, ecoq_error *error)
{
	struct keys keys = {0};
	ecoq_redis_words words = {0};
	if (!make_keys(queue, messages, count, publisher, &keys)) {
		free_keys(&keys);
		return ecoq_fail(error, ECOQ_NO_MEMORY, "Out of memory for messages to Redis");
	}
	ecoq_redis_add_keys(queue, &words, send_keys, SEND_KEYS);
	ecoq_redis_words_add_text(&words, keys.publisher);
	for (size_t i = 0; i < keys.group_count; i++) {
		ecoq_redis_words_add_text(&words, keys.groups[i]);
	}
	size_t key_count = words.count;
	ecoq_redis_words_add_int(&words, (int64_t) number);
	add_plain(&words, messages, count);
	add_records(&words, messages, count);
	ecoq_result result = run_send(queue, &words, key_count, error);
	ecoq_redis_words_free(&words);
	free_keys(&keys);
	return result;
}

/* Under a number that was not tried before. */
static ecoq_result store_new(ecoq_redis_queue *queue, const ecoq_outgoing *messages, size_t count, const char *publisher, uint64_t number, ecoq_error *error)
{
	bool is_sent = false;
	if (is_batch(queue, messages, count)) {
		char *key = publisher_key(queue, publisher, true);
		ecoq_result result = key ? ecoq_redis_send_batch(queue, messages, count, key, number, &is_sent, error) : ecoq_fail(error, ECOQ_NO_MEMORY, "Out of memory for messages to Redis");
		free(key);
		if (result != ECOQ_OK || is_sent) {
			return result;
		}
	}
	return ecoq_redis_store(queue, messages, count, publisher, number, error);
}

/* ---- Numbers, and repeats ---- */

static uint64_t fingerprint(const ecoq_outgoing *messages, size_t count)
{
	uint64_t print = ECOQ_HASH64 ^ count;
	for (size_t i = 0; i < count; i++) {
		print = ecoq_hash64_part(print, messages[i].id.size ? messages[i].id : messages[i].body);
	}
	return print;
}

/* Whether it is the send whose outcome is unknown, once more. */
static bool is_repeat(const ecoq_redis_doubt *doubt, const ecoq_outgoing *messages, size_t count)
{
	return (doubt->number || doubt->done) && !messages[0].id_is_new && ecoq_clock_monotonic_ms() - doubt->since_ms < DOUBT_MS
		&& doubt->fingerprint == fingerprint(messages, count);
}

static ecoq_result next_number(ecoq_redis_queue *queue, char *publisher, uint64_t *number, ecoq_error *error)
{
	ecoq_result result = ecoq_redis_reach(&queue->route, 0, error);
	if (result == ECOQ_OK) {
		ecoq_redis_link *link = queue->route.link;
		ecoq_redis_lock(link);
		memcpy(publisher, link->publisher, sizeof(link->publisher));
		*number = ++link->last_number;
		ecoq_redis_unlock(link);
	}
	return result;
}

/* The doubtful number stays alone under its publisher's name: a later number of it would make the repeat look stored. */
static void rename_publisher(ecoq_redis_link *link, const char *publisher)
{
	unsigned char random[16] = {0};
	if (!ecoq_random_bytes(random, sizeof(random))) {
		int64_t now_ns = ecoq_clock_monotonic_ns();
		memcpy(random, &now_ns, sizeof(now_ns));
	}
	ecoq_redis_lock(link);
	bool is_current = strcmp(link->publisher, publisher) == 0;
	for (size_t i = 0; is_current && i < sizeof(random); i++) {
		link->publisher[2 * i] = "0123456789abcdef"[random[i] >> 4];
		link->publisher[2 * i + 1] = "0123456789abcdef"[random[i] & 15];
	}
	ecoq_redis_unlock(link);
}

static void note_doubt(ecoq_redis_queue *queue, const ecoq_outgoing *messages, size_t count, size_t done, uint64_t number, const char *publisher)
{
	ecoq_redis_doubt *doubt = &queue->unsent;
	*doubt = (ecoq_redis_doubt){.number = number, .fingerprint = fingerprint(messages, count), .done = done, .since_ms = ecoq_clock_monotonic_ms()};
	memcpy(doubt->publisher, publisher, sizeof(doubt->publisher));
	if (number && queue->route.link) {
		rename_publisher(queue->route.link, publisher);
	}
}

static ecoq_result send_all(ecoq_redis_queue *queue, const ecoq_outgoing *messages, size_t count, ecoq_error *error)
{
	char publisher[sizeof(queue->unsent.publisher)] = "";
	uint64_t number = 0;
	size_t done = 0;
	if (is_repeat(&queue->unsent, messages, count)) {
		memcpy(publisher, queue->unsent.publisher, sizeof(publisher));
		number = queue->unsent.number;
		done = queue->unsent.done;
	}
	queue->unsent = (ecoq_redis_doubt){0};
	while (done < count) {
		bool is_doubtful = number != 0;
		size_t size = chunk_size(messages + done, count - done);
		ecoq_result result = is_doubtful ? ECOQ_OK : next_number(queue, publisher, &number, error);
		if (result == ECOQ_OK) {
			result = is_doubtful ? ecoq_redis_store(queue, messages + done, size, publisher, number, error)
								 : store_new(queue, messages + done, size, publisher, number, error);
		}
		if (result != ECOQ_OK) {
			bool is_known = result != ECOQ_UNKNOWN && !is_doubtful;
			note_doubt(queue, messages, count, done, is_known ? 0 : number, publisher);
			return result;
		}
		done += size;
		number = 0;
	}
	return ECOQ_OK;
}

ecoq_result ecoq_redis_send(ecoq_transport *transport, const ecoq_outgoing *messages, size_t count, ecoq_error *error)
{
	ecoq_redis_queue *queue = ecoq_redis_queue_of(transport);
	if (count == 0) {
		return ECOQ_OK;
	}
	pthread_mutex_lock(&queue->mutex);
	ecoq_result result = send_all(queue, messages, count, error);
	pthread_mutex_unlock(&queue->mutex);
	return result;
}
