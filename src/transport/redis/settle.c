#include "transport/redis/settle.h"

#include <stdlib.h>

#include "base/hash.h"
#include "transport/redis/record.h"

/* Settling and handing back. Both may run on the keeper's thread while the main one is in a handler. */

static const enum ecoq_redis_key settle_keys[] = {ECOQ_REDIS_HELD, ECOQ_REDIS_OVERDUE, ECOQ_REDIS_LIST, ECOQ_REDIS_LANES, ECOQ_REDIS_DELAYED, ECOQ_REDIS_WAKE,
	ECOQ_REDIS_NUMBER, ECOQ_REDIS_GROUPS};
#define SETTLE_KEYS (sizeof(settle_keys) / sizeof(*settle_keys))

/* ---- What is held ---- */

#define SETTLED (UINT64_C(1) << 63) /* marks a number in queue->held */

static uint64_t *find_held(const ecoq_redis_queue *queue, uint64_t number)
{
	size_t low = 0, high = queue->held_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if ((queue->held[middle] & ~SETTLED) < number) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < queue->held_count && queue->held[low] == number ? &queue->held[low] : NULL;
}

/* False: not held, or marked already. */
static bool mark(ecoq_redis_queue *queue, const ecoq_delivery *delivery)
{
	uint64_t *found = delivery->storage ? find_held(queue, delivery->number) : NULL;
	if (found) {
		*found |= SETTLED;
	}
	return found != NULL;
}

/* The marked ones are not held any more, or are again. */
static void end_marks(ecoq_redis_queue *queue, bool are_gone)
{
	size_t kept = 0;
	for (size_t i = 0; i < queue->held_count; i++) {
		if (!are_gone || !(queue->held[i] & SETTLED)) {
			queue->held[kept++] = queue->held[i] & ~SETTLED;
		}
	}
	queue->held_count = kept;
}

/* ---- Settling ---- */

/* A message with more to it than its end. Keys are on malloc. */
struct extra {
	size_t index; /* of its field, from 1 */
	const ecoq_settlement *settlement;
	const ecoq_outgoing *successor; /* NULL: none, or stored already */
	ecoq_bytes group;
	char *group_key, *new_key;
	int64_t group_at, new_at;
};

struct settling {
	ecoq_redis_queue *queue;
	ecoq_settlement *settlements;
	size_t count, fields;
	struct extra *extras;
	size_t extra_count;
};

static bool is_special(const ecoq_settlement *s)
{
	return s->successor || ((const ecoq_redis_held *) s->delivery->storage)->group.size;
}

static char *copy_key(ecoq_bytes name)
{
	char *copy = malloc(name.size + 1);
	if (copy) {
		memcpy(copy, name.data, name.size);
		copy[name.size] = '\0';
	}
	return copy;
}

static bool add_extra(struct settling *s, const ecoq_settlement *settlement)
{
	ecoq_bytes group = ((const ecoq_redis_held *) settlement->delivery->storage)->group;
	struct extra *extra = &s->extras[s->extra_count++];
	bool fine = true;
	*extra = (struct extra){.index = s->fields, .settlement = settlement, .successor = settlement->successor, .group = group};
	if (group.size) {
		extra->group_key = ecoq_redis_side_key(s->queue, "group:", group);
		fine = extra->group_key != NULL;
	}
	if (fine && extra->successor && settlement->successor_queue.size) {
		extra->new_key = copy_key(settlement->successor_queue);
		fine = extra->new_key != NULL;
	} else if (fine && extra->successor && extra->successor->group.size) {
		extra->new_key = ecoq_redis_side_key(s->queue, "group:", extra->successor->group);
		fine = extra->new_key != NULL;
	}
	return fine;
}

/* Marks what can be settled: each delivery once; what is not held any more is lost without a question. */
static ecoq_result begin(struct settling *s, ecoq_error *error)
{
	bool fine = true;
	for (size_t i = 0; fine && i < s->count; i++) {
		ecoq_settlement *settlement = &s->settlements[i];
		settlement->result = mark(s->queue, settlement->delivery) ? ECOQ_OK : ECOQ_LOST;
		if (settlement->result == ECOQ_LOST) {
			continue;
		}
		s->fields++;
		if (is_special(settlement)) {
			s->extras = s->extras ? s->extras : calloc(s->count, sizeof(*s->extras));
			fine = s->extras && add_extra(s, settlement);
		}
	}
	return fine ? ECOQ_OK : ecoq_fail(error, ECOQ_NO_MEMORY, "Out of memory for settling messages");
}

static void end(struct settling *s, bool are_gone)
{
	for (size_t i = 0; i < s->extra_count; i++) {
		free(s->extras[i].group_key);
		free(s->extras[i].new_key);
	}
	free(s->extras);
	end_marks(s->queue, are_gone);
}

static void add_keys(struct settling *s, ecoq_redis_words *words)
{
	ecoq_redis_add_keys(s->queue, words, settle_keys, SETTLE_KEYS);
	for (size_t i = 0; i < s->extra_count; i++) {
		struct extra *extra = &s->extras[i];
		if (extra->group_key) {
			ecoq_redis_words_add_text(words, extra->group_key);
			extra->group_at = (int64_t) words->count;
		}
		if (extra->new_key && extra->successor) {
			ecoq_redis_words_add_text(words, extra->new_key);
			extra->new_at = (int64_t) words->count;
		}
	}
}

static void add_fields(const struct settling *s, ecoq_redis_words *words)
{
	ecoq_redis_words_add_int(words, (int64_t) s->fields);
	for (size_t i = 0; i < s->count; i++) {
		if (s->settlements[i].result == ECOQ_OK) {
			ecoq_redis_words_add(words, ecoq_redis_field(s->settlements[i].delivery));
		}
	}
}

static void add_extras(const struct settling *s, ecoq_redis_words *words)
{
	static const ecoq_outgoing nothing;
	for (size_t i = 0; i < s->extra_count; i++) {
		const struct extra *extra = &s->extras[i];
		const ecoq_outgoing *m = extra->successor ? extra->successor : &nothing;
		ecoq_redis_words_add_int(words, (int64_t) extra->index);
		ecoq_redis_words_add(words, extra->group);
		ecoq_redis_words_add_int(words, extra->group_at);
		ecoq_redis_words_add_text(words, !extra->successor ? "-" : extra->settlement->successor_queue.size ? "o"
																										   : "s");
		ecoq_redis_add_record_words(words, m);
		ecoq_redis_words_add_int(words, extra->new_at);
	}
}

/* The numbers of the lost ones, each with a space behind it, ascending. */
static void read_losses(struct settling *s, const redisReply *reply)
{
	size_t field = 0, i = 0;
	const char *at = reply->str, *end = reply->str + reply->len;
	while (at < end) {
		size_t lost = 0;
		while (at < end && *at >= '0' && *at <= '9') {
			lost = lost * 10 + (size_t) (*at++ - '0');
		}
		at++;
		while (i < s->count && field < lost) {
			field += s->settlements[i].result == ECOQ_OK;
			if (field == lost) {
				s->settlements[i].result = ECOQ_LOST;
			}
			i++;
		}
	}
}

/* Two settlements with the same print are the same one. */
static uint64_t fingerprint(const struct settling *s)
{
	uint64_t print = ECOQ_HASH64 ^ s->fields;
	for (size_t i = 0; i < s->count; i++) {
		const ecoq_settlement *settlement = &s->settlements[i];
		print = ecoq_hash64(print, &settlement->delivery->number, sizeof(settlement->delivery->number));
		if (settlement->successor) {
			size_t sizes[] = {settlement->successor->body.size, settlement->successor_queue.size};
			print = ecoq_hash64(print, sizes, sizeof(sizes));
		}
	}
	return print;
}

static ecoq_result settle_here(struct settling *s, ecoq_error *error)
{
	ecoq_redis_queue *queue = s->queue;
	ecoq_redis_words words = {0};
	redisReply *reply;
	bool in_doubt;
	uint64_t print = fingerprint(s);
	bool is_repeat = queue->unsettled.number && queue->unsettled.fingerprint == print;
	uint64_t number = is_repeat ? queue->unsettled.number : ++queue->last_settlement;

	add_keys(s, &words);
	size_t key_count = words.count;
	ecoq_redis_words_add_int(&words, (int64_t) number);
	ecoq_redis_words_add_text(&words, queue->timeout_ms > 0 ? queue->owner : "");
	ecoq_redis_words_add_int(&words, queue->must_recall ? -1 : (int64_t) queue->held_count);
	add_fields(s, &words);
	add_extras(s, &words);
	ecoq_result result = ecoq_redis_run_surely(queue, ECOQ_REDIS_SETTLE, &words, key_count, &reply, "Settling messages of", &in_doubt, error);
	ecoq_redis_words_free(&words);
	in_doubt |= result != ECOQ_OK && is_repeat;
	queue->unsettled = (ecoq_redis_doubt){.number = in_doubt && result != ECOQ_OK ? number : 0, .fingerprint = print};
	if (result == ECOQ_OK) {
		if (reply->type == REDIS_REPLY_STRING) {
			read_losses(s, reply);
		}
		freeReplyObject(reply);
	}
	return result;
}

/* Before the messages here end, those successors are stored whose queues another node of the Cluster has; under a number of their own, so that a repeat
 * stores them once. */
static ecoq_result store_elsewhere(struct settling *s, ecoq_error *error)
{
	ecoq_result result = ECOQ_OK;
	for (size_t i = 0; result == ECOQ_OK && i < s->extra_count; i++) {
		struct extra *extra = &s->extras[i];
		if (extra->successor && extra->settlement->successor_queue.size && !ecoq_redis_is_same_slot(s->queue->keys[ECOQ_REDIS_LIST], extra->settlement->successor_queue)) {
			result = ecoq_redis_store_elsewhere(s->queue, extra->settlement, error);
			extra->successor = result == ECOQ_OK || result == ECOQ_LOST ? NULL : extra->successor;
			result = result == ECOQ_LOST ? ECOQ_OK : result; /* the script finds that, too */
		}
	}
	return result;
}

static ecoq_result settle(struct settling *s, ecoq_error *error)
{
	ecoq_redis_route *route = &s->queue->route;
	for (;;) {
		bool is_cluster = route->is_cluster;
		ecoq_result result = is_cluster ? store_elsewhere(s, error) : ECOQ_OK;
		if (result == ECOQ_OK) {
			result = settle_here(s, error);
		}
		if (result == ECOQ_OK || is_cluster || s->extra_count == 0 || !(route->is_cluster || strstr(error->text, "CROSSSLOT"))) {
			return result;
		}
		route->is_cluster = true;
	}
}

ecoq_result ecoq_redis_settle(ecoq_transport *transport, ecoq_settlement *settlements, size_t count, ecoq_error *error)
{
	struct settling s = {.queue = ecoq_redis_queue_of(transport), .settlements = settlements, .count = count};
	if (count == 0) {
		return ECOQ_OK;
	}
	pthread_mutex_lock(&s.queue->mutex);
	ecoq_result result = begin(&s, error);
	if (result == ECOQ_OK && s.fields > 0) {
		result = settle(&s, error);
	}
	end(&s, result == ECOQ_OK);
	pthread_mutex_unlock(&s.queue->mutex);
	return result;
}

/* ---- Handing back ---- */

static int by_number(const void *a, const void *b)
{
	uint64_t first = (*(ecoq_delivery *const *) a)->number, second = (*(ecoq_delivery *const *) b)->number;
	return (first > second) - (first < second);
}

/* How many of those that this process put to the head come before it. */
static size_t returned_before(const ecoq_redis_queue *queue, uint64_t number)
{
	size_t i = 0;
	while (i < queue->returned_count && queue->returned[i] < number) {
		i++;
	}
	return i;
}

static void note_returned(ecoq_redis_queue *queue, ecoq_delivery *const *deliveries, size_t count)
{
	for (size_t i = 0; i < count && queue->returned_count < ECOQ_REDIS_RETURNED; i++) {
		if (ecoq_redis_is_bare(deliveries[i])) {
			size_t at = returned_before(queue, deliveries[i]->number);
			memmove(&queue->returned[at + 1], &queue->returned[at], (queue->returned_count++ - at) * sizeof(*queue->returned));
			queue->returned[at] = deliveries[i]->number;
		}
	}
}

static ecoq_result give_back(ecoq_redis_queue *queue, ecoq_delivery *const *deliveries, size_t count, ecoq_error *error)
{
	static const enum ecoq_redis_key keys[] = {ECOQ_REDIS_HELD, ECOQ_REDIS_OVERDUE, ECOQ_REDIS_LIST, ECOQ_REDIS_LANES, ECOQ_REDIS_DELAYED, ECOQ_REDIS_SUSPECTS, ECOQ_REDIS_WAKE};
	ecoq_redis_words words = {0};
	redisReply *reply;
	bool in_doubt;

	ecoq_redis_add_keys(queue, &words, keys, sizeof(keys) / sizeof(*keys));
	ecoq_redis_words_add_text(&words, queue->owner);
	for (size_t i = 0; i < count; i++) {
		ecoq_redis_words_add(&words, ecoq_redis_field(deliveries[i]));
		ecoq_redis_words_add_int(&words, (int64_t) returned_before(queue, deliveries[i]->number));
	}
	ecoq_result result = ecoq_redis_run_surely(queue, ECOQ_REDIS_HAND_BACK, &words, sizeof(keys) / sizeof(*keys), &reply, "Handing messages back to", &in_doubt, error);
	ecoq_redis_words_free(&words);
	if (result == ECOQ_OK) {
		if (reply->type == REDIS_REPLY_INTEGER && (size_t) reply->integer == count) {
			note_returned(queue, deliveries, count);
		} else {
			queue->returned_count = 0;
		}
		freeReplyObject(reply);
	}
	return result;
}

ecoq_result ecoq_redis_hand_back(ecoq_transport *transport, ecoq_delivery *const *deliveries, size_t count, ecoq_error *error)
{
	ecoq_redis_queue *queue = ecoq_redis_queue_of(transport);
	if (count == 0) {
		return ECOQ_OK;
	}
	ecoq_delivery **held = malloc(count * sizeof(*held));
	if (!held) {
		return ecoq_fail(error, ECOQ_NO_MEMORY, "Out of memory for handing messages back");
	}
	pthread_mutex_lock(&queue->mutex);
	size_t held_count = 0;
	for (size_t i = 0; i < count; i++) {
		if (mark(queue, deliveries[i])) {
			held[held_count++] = deliveries[i];
		}
	}
	qsort(held, held_count, sizeof(*held), by_number);
	ecoq_result result = held_count ? give_back(queue, held, held_count, error) : ECOQ_OK;
	end_marks(queue, result == ECOQ_OK);
	pthread_mutex_unlock(&queue->mutex);
	free(held);
	return result;
}

ecoq_result ecoq_redis_is_held(ecoq_redis_queue *queue, const ecoq_delivery *delivery, bool *is_held, ecoq_error *error)
{
	ecoq_redis_words words = {0};
	redisReply *reply;
	ecoq_redis_words_add_text(&words, "HEXISTS");
	ecoq_redis_words_add(&words, queue->keys[ECOQ_REDIS_HELD]);
	ecoq_redis_words_add(&words, ecoq_redis_field(delivery));
	ecoq_result result = ecoq_redis_run_surely(queue, ECOQ_REDIS_NO_SCRIPT, &words, 0, &reply, "Checking a reservation in", NULL, error);
	ecoq_redis_words_free(&words);
	*is_held = false;
	if (result == ECOQ_OK) {
		*is_held = reply->type == REDIS_REPLY_INTEGER && reply->integer == 1;
		freeReplyObject(reply);
	}
	return result;
}

ecoq_result ecoq_redis_still_mine(ecoq_transport *transport, const ecoq_delivery *delivery, ecoq_error *error)
{
	ecoq_redis_queue *queue = ecoq_redis_queue_of(transport);
	bool is_mine = false;
	pthread_mutex_lock(&queue->mutex);
	ecoq_result result = delivery->storage && find_held(queue, delivery->number) ? ecoq_redis_is_held(queue, delivery, &is_mine, error) : ECOQ_OK;
	pthread_mutex_unlock(&queue->mutex);
	if (result == ECOQ_OK && !is_mine) {
		result = ecoq_fail(error, ECOQ_LOST, "Message %llu of queue \"%.64s\" is not reserved by this process any more", (unsigned long long) delivery->number,
			queue->keys[ECOQ_REDIS_LIST].data);
	}
	return result;
}
