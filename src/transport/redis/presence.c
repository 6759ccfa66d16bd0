#include "transport/redis/presence.h"

#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "transport/redis/wait.h"

#define NS_PER_MS 1000000LL
#define DEADLINE_MS 1000 /* of one sign of life: other timers wait for it */
#define BUSY_AGAIN_MS 20 /* the main thread is in an operation */
#define PATIENT_TRIES 25 /* then it is waited for, LONG_TRY_MS at a time */
#define LONG_TRY_MS 200
#define RETRY_MS 200 /* after a failure, and longer with each one in a row, up to ECOQ_REDIS_REFRESH_MS */
#define LEAVE_MS 1000

#define KEY_COUNT(keys) (sizeof(keys) / sizeof(*(keys)))

static ecoq_redis_queue *queue_of_timer(ecoq_timer *timer)
{
	return (ecoq_redis_queue *) ((char *) timer - offsetof(ecoq_redis_queue, timer));
}

void ecoq_redis_presence_renewed(ecoq_redis_queue *queue)
{
	queue->present_until_ms = ecoq_clock_monotonic_ms() + ECOQ_REDIS_PRESENCE_MS;
}

static bool holds_something(const ecoq_redis_queue *queue)
{
	return queue->held_count > 0 || queue->must_recall;
}

/* Whether anything in Redis depends on it that this process lives. */
static bool is_needed(const ecoq_redis_queue *queue)
{
	return holds_something(queue) || ecoq_redis_wait_is_pending(queue);
}

void ecoq_redis_presence_lost(ecoq_redis_queue *queue)
{
	queue->has_loss_to_tell = true;
	if (queue->keeper) {
		ecoq_timer_arm(queue->keeper, &queue->timer, ecoq_clock_monotonic_ns());
	}
}

/* ---- Renewing ---- */

ecoq_result ecoq_redis_presence_renew(ecoq_redis_queue *queue, int64_t deadline_ms, ecoq_error *error)
{
	static const enum ecoq_redis_key keys[] = {ECOQ_REDIS_OWNERS, ECOQ_REDIS_INBOX, ECOQ_REDIS_LIST, ECOQ_REDIS_GRACE};
	ecoq_redis_words words = {0};
	redisReply *reply;
	char doing[256];
	ecoq_redis_add_keys(queue, &words, keys, KEY_COUNT(keys));
	ecoq_redis_words_add_text(&words, queue->owner);
	ecoq_redis_words_add_int(&words, ECOQ_REDIS_PRESENCE_MS);
	ecoq_redis_words_add_int(&words, 1);
	ecoq_redis_doing(queue, "Giving a sign of life to", doing, sizeof(doing));
	ecoq_result result = ecoq_redis_run(&queue->route, ECOQ_REDIS_PRESENCE, &words, KEY_COUNT(keys), &reply, doing, deadline_ms, error);
	ecoq_redis_words_free(&words);
	if (result != ECOQ_OK) {
		return result;
	}
	if (reply->type == REDIS_REPLY_INTEGER && reply->integer == 0 && holds_something(queue)) {
		ecoq_redis_presence_lost(queue);
	}
	freeReplyObject(reply);
	ecoq_redis_presence_renewed(queue);
	ecoq_redis_wait_emptied(queue);
	return ECOQ_OK;
}

/* The main thread may be in a request of another queue of the same server: it is not waited for. */
static bool is_link_busy(ecoq_redis_queue *queue)
{
	ecoq_redis_link *link = queue->route.link;
	if (link && pthread_mutex_trylock(&link->mutex) != 0) {
		return true;
	}
	if (link) {
		pthread_mutex_unlock(&link->mutex);
	}
	return false;
}

/* Returns in how many ms to come back. Under the queue's mutex. */
static int64_t give_sign(ecoq_redis_queue *queue)
{
	ecoq_error error;
	int64_t now = ecoq_clock_monotonic_ms();
	int64_t fresh_for = queue->present_until_ms - ECOQ_REDIS_PRESENCE_MS + ECOQ_REDIS_REFRESH_MS - now;
	if (!is_needed(queue)) {
		return ECOQ_REDIS_REFRESH_MS;
	}
	if (fresh_for > 0 && !ecoq_redis_wait_has_old_mail(queue)) {
		return fresh_for;
	}
	if (queue->presence_missed < PATIENT_TRIES && is_link_busy(queue)) {
		return BUSY_AGAIN_MS;
	}
	if (ecoq_redis_presence_renew(queue, now + DEADLINE_MS, &error) == ECOQ_OK) {
		queue->presence_failures = 0;
		return ECOQ_REDIS_REFRESH_MS;
	}
	int64_t pause = RETRY_MS * (int64_t) ++queue->presence_failures;
	return pause < ECOQ_REDIS_REFRESH_MS ? pause : ECOQ_REDIS_REFRESH_MS;
}

static void tell_loss(ecoq_redis_queue *queue)
{
	pthread_mutex_lock(&queue->lost_mutex);
	if (queue->lost) {
		queue->lost(queue->lost_context);
	}
	pthread_mutex_unlock(&queue->lost_mutex);
}

/* A main thread that does one operation after the other has to let the keeper in before presence ends. */
static bool lock_queue(ecoq_redis_queue *queue)
{
	struct timespec until;
	if (queue->presence_missed < PATIENT_TRIES) {
		return pthread_mutex_trylock(&queue->mutex) == 0;
	}
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += LONG_TRY_MS * NS_PER_MS;
	until.tv_sec += until.tv_nsec / (1000 * NS_PER_MS);
	until.tv_nsec %= 1000 * NS_PER_MS;
	return pthread_mutex_timedlock(&queue->mutex, &until) == 0;
}

static int64_t fire(ecoq_timer *timer, int64_t now_ns)
{
	ecoq_redis_queue *queue = queue_of_timer(timer);
	int64_t again_ms = BUSY_AGAIN_MS;
	bool has_loss = false;
	if (lock_queue(queue)) {
		again_ms = give_sign(queue);
		has_loss = queue->has_loss_to_tell;
		queue->has_loss_to_tell = false;
		pthread_mutex_unlock(&queue->mutex);
	}
	queue->presence_missed = again_ms == BUSY_AGAIN_MS ? queue->presence_missed + 1 : 0;
	if (has_loss) {
		tell_loss(queue);
	}
	return ecoq_clock_monotonic_ns() + again_ms * NS_PER_MS;
}

/* ---- Begin and end ---- */

bool ecoq_redis_presence_begin(ecoq_redis_queue *queue)
{
	if (queue->keeper) {
		return true;
	}
	queue->keeper = ecoq_keeper_acquire();
	if (!queue->keeper) {
		return false;
	}
	queue->timer = (ecoq_timer){.fire = fire};
	queue->timer.due_ns = ecoq_clock_monotonic_ns() + ECOQ_REDIS_REFRESH_MS * NS_PER_MS;
	if (!ecoq_keeper_add(queue->keeper, &queue->timer)) {
		ecoq_keeper_release(queue->keeper);
		queue->keeper = NULL;
	}
	return queue->keeper != NULL;
}

void ecoq_redis_presence_end(ecoq_redis_queue *queue)
{
	if (queue->keeper) {
		ecoq_keeper_remove(queue->keeper, &queue->timer);
		ecoq_keeper_release(queue->keeper);
		queue->keeper = NULL;
	}
}

void ecoq_redis_watch_presence(ecoq_transport *transport, void (*lost)(void *context), void *context)
{
	ecoq_redis_queue *queue = ecoq_redis_queue_of(transport);
	pthread_mutex_lock(&queue->lost_mutex);
	queue->lost = lost;
	queue->lost_context = context;
	pthread_mutex_unlock(&queue->lost_mutex);
}

/* ---- Leaving ---- */

static void run_leave(ecoq_redis_queue *queue, bool as_suspects, bool stays)
{
	static const enum ecoq_redis_key keys[] = {ECOQ_REDIS_OWNERS, ECOQ_REDIS_HELD, ECOQ_REDIS_INBOX, ECOQ_REDIS_LIST, ECOQ_REDIS_LANES, ECOQ_REDIS_SUSPECTS,
		ECOQ_REDIS_OVERDUE, ECOQ_REDIS_WAKE, ECOQ_REDIS_DELAYED};
	int64_t deadline_ms = ecoq_clock_monotonic_ms() + LEAVE_MS;
	ecoq_redis_words words = {0};
	ecoq_error ignored;
	redisReply *reply;
	char doing[256];
	ecoq_redis_add_keys(queue, &words, keys, KEY_COUNT(keys));
	ecoq_redis_words_add_text(&words, queue->owner);
	ecoq_redis_words_add_int(&words, as_suspects);
	ecoq_redis_words_add_int(&words, stays);
	ecoq_redis_doing(queue, "Leaving", doing, sizeof(doing));
	if (ecoq_redis_run(&queue->route, ECOQ_REDIS_LEAVE, &words, KEY_COUNT(keys), &reply, doing, deadline_ms, &ignored) == ECOQ_OK) {
		freeReplyObject(reply);
	}
	ecoq_redis_words_free(&words);
}

/* Where a wait may not have ended the owner stays to be found dead, and its inbox with it. */
void ecoq_redis_leave(ecoq_redis_queue *queue, bool as_suspects)
{
	ecoq_redis_wait_end(queue);
	if (is_needed(queue) || queue->present_until_ms > ecoq_clock_monotonic_ms()) {
		run_leave(queue, as_suspects, ecoq_redis_wait_is_stray(queue));
	}
	queue->held_count = 0;
	queue->must_recall = false;
	queue->present_until_ms = 0;
}
