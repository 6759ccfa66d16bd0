#include "transport/redis/queue.h"

#include <stdlib.h>

#include "base/clock.h"
#include "transport/redis/presence.h"
#include "transport/redis/record.h"
#include "transport/redis/wait.h"

#define MOST 5000 /* messages of one reservation: the script runs alone */

static const enum ecoq_redis_key reserve_keys[] = {ECOQ_REDIS_LIST, ECOQ_REDIS_LANES, ECOQ_REDIS_DELAYED, ECOQ_REDIS_SUSPECTS, ECOQ_REDIS_OWNERS, ECOQ_REDIS_HELD,
	ECOQ_REDIS_INBOX, ECOQ_REDIS_OVERDUE, ECOQ_REDIS_NUMBER, ECOQ_REDIS_GRACE};
#define RESERVE_KEYS (sizeof(reserve_keys) / sizeof(*reserve_keys))

enum reply {
	NOW,
	NEXT_DUE,
	FIRST,
	KINDS,
	ITEMS,
	DEAD,
	OVERDUE,
	KNOWN,
	REPLY_SIZE
};

/* ---- What is held ---- */

static bool make_room(ecoq_redis_queue *queue, size_t more)
{
	size_t needed = queue->held_count + more;
	if (needed <= queue->held_capacity) {
		return true;
	}
	uint64_t *grown = realloc(queue->held, 2 * needed * sizeof(*grown));
	if (grown) {
		queue->held = grown;
		queue->held_capacity = 2 * needed;
	}
	return grown != NULL;
}

/* Numbers ascend, but for a script that the server runs again from an older copy. */
static void note_held(ecoq_redis_queue *queue, const ecoq_delivery *deliveries, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t at = queue->held_count++;
		while (at > 0 && queue->held[at - 1] > deliveries[i].number) {
			queue->held[at] = queue->held[at - 1];
			at--;
		}
		queue->held[at] = deliveries[i].number;
	}
}

/* Behind a new connection may be a server that has an older copy of the data, by which we hold what we have settled. And what broke ours may have broken
 * others', which are given the time to come back. */
static void note_connection(ecoq_redis_queue *queue)
{
	const ecoq_redis_link *link = queue->route.link;
	uint64_t connection = link ? link->connection : 0;
	if (connection == 0 || connection == queue->known_connection) {
		return;
	}
	if (queue->known_connection) {
		queue->must_recall = true;
		queue->patience_until_ms = ecoq_clock_monotonic_ms() + ECOQ_REDIS_GRACE_MS;
	}
	queue->known_connection = connection;
}

/* After a reservation whose reply did not come: what it reserved, if it did, goes back. */
static ecoq_result recall(ecoq_redis_queue *queue, ecoq_error *error)
{
	static const enum ecoq_redis_key keys[] = {ECOQ_REDIS_HELD, ECOQ_REDIS_OVERDUE, ECOQ_REDIS_LIST, ECOQ_REDIS_LANES, ECOQ_REDIS_DELAYED, ECOQ_REDIS_SUSPECTS, ECOQ_REDIS_WAKE};
	ecoq_redis_words words = {0};
	redisReply *reply;

	ecoq_redis_add_keys(queue, &words, keys, sizeof(keys) / sizeof(*keys));
	ecoq_redis_words_add_text(&words, queue->owner);
	ecoq_redis_words_add_int(&words, (int64_t) queue->last_reservation);
	for (size_t i = 0; i < queue->held_count; i++) {
		ecoq_redis_words_add_int(&words, (int64_t) queue->held[i]);
	}
	ecoq_result result = ecoq_redis_run_surely(queue, ECOQ_REDIS_RECALL, &words, sizeof(keys) / sizeof(*keys), &reply, "Giving back what a lost reply was about to", NULL, error);
	ecoq_redis_words_free(&words);
	if (result == ECOQ_OK) {
		freeReplyObject(reply);
		queue->must_recall = false;
	}
	return result;
}

/* ---- Reserving ---- */

struct claim {
	ecoq_redis_queue *queue;
	const ecoq_reservation *request;
	size_t max;
	bool looks, has_mail;
	ecoq_delivery *deliveries;
	size_t *count;
	int64_t next_due;
};

/* How often the dead and the overdue are looked for. */
static bool is_time_to_look(ecoq_redis_queue *queue)
{
	int64_t now_ms = ecoq_clock_monotonic_ms(), every_ms = ECOQ_REDIS_LOOK_MS;
	if (queue->timeout_ms > 0 && queue->timeout_ms / 4 < every_ms) {
		every_ms = queue->timeout_ms / 4;
	}
	bool looks = queue->looked_at_ms == 0 || now_ms - queue->looked_at_ms >= every_ms;
	if (looks) {
		queue->looked_at_ms = now_ms;
	}
	return looks;
}

static ecoq_result run_reserve(struct claim *claim, redisReply **reply, ecoq_error *error)
{
	ecoq_redis_queue *queue = claim->queue;
	bool one = claim->request->message_id.size > 0;
	ecoq_redis_words words = {0};
	char doing[256];

	ecoq_redis_add_keys(queue, &words, reserve_keys, RESERVE_KEYS);
	ecoq_redis_words_add_text(&words, queue->owner);
	ecoq_redis_words_add_int(&words, (int64_t) ++queue->last_reservation);
	ecoq_redis_words_add_int(&words, queue->timeout_ms > 0 ? queue->timeout_ms : 0);
	ecoq_redis_words_add_int(&words, queue->held_count ? (int64_t) queue->held[queue->held_count - 1] : 0);
	if (one) {
		ecoq_redis_words_add(&words, claim->request->message_id);
	} else {
		ecoq_redis_words_add_int(&words, (int64_t) claim->max);
		ecoq_redis_words_add_int(&words, claim->looks);
		ecoq_redis_words_add_int(&words, claim->has_mail);
	}
	ecoq_redis_doing(queue, "Reserving from", doing, sizeof(doing));
	ecoq_result result = ecoq_redis_run(&queue->route, one ? ECOQ_REDIS_RESERVE_ONE : ECOQ_REDIS_RESERVE, &words, RESERVE_KEYS, reply, doing, 0, error);
	ecoq_redis_words_free(&words);
	if (result == ECOQ_OK && ecoq_redis_length(*reply) < REPLY_SIZE) {
		freeReplyObject(*reply);
		result = ecoq_redis_not_understood(doing, error);
	}
	if (result == ECOQ_UNKNOWN || result == ECOQ_PROTOCOL) {
		queue->must_recall = true;
	}
	return result;
}

/* Takes the reply over. */
static ecoq_result read_reply(struct claim *claim, redisReply *reply, ecoq_error *error)
{
	ecoq_redis_queue *queue = claim->queue;
	queue->clock_ahead_ms = ecoq_redis_integer(reply, NOW) - ecoq_clock_now_ms();
	claim->next_due = ecoq_redis_integer(reply, NEXT_DUE);
	if (ecoq_redis_integer(reply, KNOWN) == 0 && queue->held_count > 0) {
		ecoq_redis_presence_lost(queue);
	}
	ecoq_redis_presence_renewed(queue);
	ecoq_result result = ecoq_redis_read_messages(reply, ecoq_redis_element(reply, KINDS), ecoq_redis_element(reply, ITEMS),
		(uint64_t) ecoq_redis_integer(reply, FIRST), claim->deliveries, claim->max, claim->count, error);
	if (result != ECOQ_OK) {
		queue->must_recall = true;
	}
	note_held(queue, claim->deliveries, *claim->count);
	queue->returned_count = 0;
	return result;
}

/* Where something is overdue nothing was reserved: it comes first. */
static ecoq_result take_over(struct claim *claim, const redisReply *reply, bool *again, ecoq_error *error)
{
	const redisReply *overdue = ecoq_redis_element(reply, OVERDUE), *dead = ecoq_redis_element(reply, DEAD);
	*again = ecoq_redis_length(overdue) > 0;
	if (!*again && ecoq_redis_length(dead) == 0) {
		return ECOQ_OK;
	}
	ecoq_error ignored;
	ecoq_result result = ecoq_redis_take_over(claim->queue, dead, overdue, *again ? error : &ignored);
	return *again ? result : ECOQ_OK; /* what was reserved beside is here, and the dead are found again */
}

static ecoq_result claim_messages(struct claim *claim, ecoq_error *error)
{
	ecoq_redis_queue *queue = claim->queue;
	bool again = true;
	ecoq_result result = ECOQ_OK;
	claim->looks = is_time_to_look(queue);
	for (int tries = 0; again && result == ECOQ_OK && tries < 100; tries++) {
		redisReply *reply;
		again = false;
		note_connection(queue);
		result = queue->must_recall ? recall(queue, error) : ECOQ_OK;
		if (result == ECOQ_OK) {
			result = run_reserve(claim, &reply, error);
			note_connection(queue);
		}
		if (result == ECOQ_UNKNOWN && tries < 3) {
			result = ECOQ_OK;
			again = true;
		} else if (result == ECOQ_OK) {
			result = take_over(claim, reply, &again, error);
			if (result == ECOQ_OK && !again) {
				result = read_reply(claim, reply, error);
			} else {
				freeReplyObject(reply);
			}
		}
	}
	return result;
}

ecoq_result ecoq_redis_reserve(ecoq_transport *transport, const ecoq_reservation *request, ecoq_delivery *deliveries, size_t *count, int64_t *next_due, ecoq_error *error)
{
	ecoq_redis_queue *queue = ecoq_redis_queue_of(transport);
	struct claim claim = {.queue = queue, .request = request, .max = request->max < MOST ? request->max : MOST, .deliveries = deliveries, .count = count};
	*count = 0;
	*next_due = 0;
	pthread_mutex_lock(&queue->mutex);
	ecoq_redis_wait_collect(queue, &claim.has_mail);
	ecoq_redis_presence_begin(queue);
	ecoq_result result = make_room(queue, claim.max) ? claim_messages(&claim, error) : ecoq_fail(error, ECOQ_NO_MEMORY, "Out of memory for a reservation");
	if (result == ECOQ_OK && claim.next_due) {
		*next_due = claim.next_due - queue->clock_ahead_ms;
	}
	pthread_mutex_unlock(&queue->mutex);
	if (result == ECOQ_UNKNOWN) {
		error->code = result = ECOQ_UNAVAILABLE; /* what it reserved goes back before the next one */
	}
	return result;
}
