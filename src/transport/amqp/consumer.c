#include "transport/amqp/consumer.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/clock.h"
#include "transport/amqp/connection_parts.h"
#include "transport/amqp/partition.h"

#define LOOK_EVERY_MS 500        /* the keeper's look at what was pushed */
#define BUSY_MS 50               /* likewise, while the connection is in use */
#define AHEAD_MS 500             /* so long it may wait here while the worker is busy with something else */
#define AHEAD_MOST_MS 1500       /* likewise, while the worker holds more than the one that runs: it gives those back first, as they come before */
#define RETURNED_EVERY_MS 1000   /* what was put back is looked for that often when nothing hints at it */
#define RETURNED_SELDOM_MS 60000 /* where the queue for it is not there, and an event would tell when it is */
#define STREAM 128               /* messages that were taken one after the other */
#define HASTE_MS 2000            /* for putting back on the keeper's thread, where others wait */
#define PUSH_ANSWERS 20          /* and so many times it may say so, */
#define PUSH_MOST_MS 30000       /* for that long */
#define NS_PER_MS INT64_C(1000000)

/* ---- What was taken ---- */

static bool note_taken(ecoq_amqp_consumer *c, ecoq_amqp_held *held)
{
	if (c->taken_count == c->taken_capacity) {
		size_t capacity = c->taken_capacity ? c->taken_capacity * 2 : 64;
		ecoq_amqp_held **more = realloc(c->taken, capacity * sizeof(ecoq_amqp_held *));
		if (!more) {
			return false;
		}
		c->taken = more;
		c->taken_capacity = capacity;
	}
	held->references++;
	held->is_taken = true;
	held->arrived_ms = ecoq_clock_monotonic_ms();
	c->taken[c->taken_count++] = held;
	return true;
}

void ecoq_amqp_forget_taken(ecoq_amqp_consumer *c)
{
	size_t kept = 0;
	for (size_t i = 0; i < c->taken_count; i++) {
		if (c->taken[i]->is_taken) {
			c->taken[kept++] = c->taken[i];
		} else {
			ecoq_amqp_held_release(c->taken[i]);
		}
	}
	c->taken_count = kept;
}

void ecoq_amqp_lose_taken(ecoq_amqp_consumer *c, const ecoq_amqp_intake *intake)
{
	bool any = false;
	for (size_t i = 0; i < c->taken_count; i++) {
		if (c->taken[i]->intake == intake) {
			c->taken[i]->is_taken = false;
			c->taken[i]->generation = 0;
			any = true;
		}
	}
	ecoq_amqp_forget_taken(c);
	if (any && c->lost) {
		c->lost(c->lost_context);
	}
}

/* False: the connection is gone. */
static bool give_up(ecoq_amqp_consumer *c, ecoq_amqp_held *held)
{
	ecoq_error ignored;
	ecoq_amqp_partition *partition = ecoq_amqp_partition_of(held);
	if (partition) {
		partition->is_running = false;
		ecoq_amqp_intake_close(&partition->intake);
	} else if (ecoq_amqp_tell_given_back(&c->intake, &held, 1, &ignored) != ECOQ_OK) {
		return false;
	}
	held->is_taken = false;
	held->generation = 0;
	return true;
}

void ecoq_amqp_give_up_the_overdue(ecoq_amqp_consumer *c, int64_t now_ms)
{
	size_t i = 0;
	while (i < c->taken_count && c->timeout_ms > 0) {
		ecoq_amqp_held *held = c->taken[i];
		if (now_ms - held->arrived_ms < c->timeout_ms || !held->is_taken) {
			i++;
			continue;
		}
		held->references++;
		bool goes_on = give_up(c, held);
		ecoq_amqp_held_release(held);
		if (!goes_on) {
			return;
		}
		ecoq_amqp_forget_taken(c);
		i = 0;
	}
}

/* ---- Life ---- */

static int64_t next_look_ms(const ecoq_amqp_consumer *c, int64_t now_ms)
{
	int64_t next = now_ms + LOOK_EVERY_MS;
	for (size_t i = 0; i < c->taken_count && c->timeout_ms > 0; i++) {
		int64_t over = c->taken[i]->arrived_ms + c->timeout_ms;
		next = over < next ? over : next;
	}
	return next > now_ms ? next : now_ms + 1;
}

static void look_at_pushed(ecoq_amqp_consumer *c, int64_t now_ms)
{
	ecoq_error ignored;
	int64_t ahead_ms = c->taken_count > 1 ? AHEAD_MOST_MS : AHEAD_MS;
	if (now_ms - c->taken_at_ms < ahead_ms || ecoq_amqp_pump(c->connection, 0, &ignored) != ECOQ_OK) {
		return;
	}
	int64_t oldest = now_ms;
	for (size_t i = 0; i < ECOQ_AMQP_LANES; i++) {
		oldest = c->pushed[i].first && c->pushed[i].first->arrived_ms < oldest ? c->pushed[i].first->arrived_ms : oldest;
	}
	bool tells = c->pushed_count > 0 || c->has_news || ecoq_amqp_partitions_ahead(c) > 0;
	c->patience_ms = HASTE_MS;
	if (now_ms - oldest >= ahead_ms) {
		ecoq_amqp_pause(c, &ignored);
	}
	ecoq_amqp_leave_partitions(c, !c->is_waiting, ahead_ms);
	c->patience_ms = 0;
	if (tells) {
		ecoq_amqp_wake(c->connection); /* nothing is pushed any more, or was read here */
	}
}

/* On the keeper's thread, which must not wait for the connection: somebody who holds its mutex may be waiting for the keeper's. What was pushed for a worker that is busy for
 * long goes back: it is others' to handle, and consumer_timeout runs. */
static int64_t look(ecoq_timer *timer, int64_t now_ns)
{
	ecoq_amqp_consumer *c = (ecoq_amqp_consumer *) ((char *) timer - offsetof(ecoq_amqp_consumer, timer));
	int64_t now_ms = now_ns / NS_PER_MS;
	if (pthread_mutex_trylock(&c->connection->mutex) != 0) {
		return (now_ms + BUSY_MS) * NS_PER_MS;
	}
	ecoq_amqp_note_progress(c->connection);
	if (c->intake.generation) {
		ecoq_amqp_give_up_the_overdue(c, now_ms);
		look_at_pushed(c, now_ms);
	}
	int64_t next = next_look_ms(c, now_ms);
	ecoq_amqp_unlock(c->connection);
	return next * NS_PER_MS;
}

ecoq_amqp_consumer *ecoq_amqp_consumer_create(ecoq_amqp_settings *settings, const char *queue, int64_t timeout_ms, ecoq_amqp_put_back put_back, void *context)
{
	ecoq_amqp_consumer *c = calloc(1, sizeof(*c));
	if (!c) {
		return NULL;
	}
	c->timeout_ms = timeout_ms;
	c->put_back = put_back;
	c->put_back_context = context;
	c->timer.fire = look;
	c->timer.due_ns = ECOQ_NEVER;
	c->connection = ecoq_amqp_connection_create(settings);
	ecoq_amqp_intake_init(&c->intake, c->connection, &ecoq_amqp_consumer_intake);
	c->queue = strdup(queue);
	char returned[ECOQ_AMQP_NAME_SIZE];
	c->returned = strdup(ecoq_amqp_returned_name(returned, queue));
	bool ok = c->connection && c->queue && c->returned && ecoq_amqp_make_subscriptions(c) && ecoq_amqp_make_partitions(c);
	if (ok) {
		c->keeper = ecoq_keeper_acquire();
		c->is_timed = c->keeper && ecoq_keeper_add(c->keeper, &c->timer);
		return c;
	}
	ecoq_amqp_consumer_free(c);
	return NULL;
}

static void free_consumer(ecoq_amqp_consumer *c)
{
	for (size_t i = 0; i < ECOQ_AMQP_LANES; i++) {
		ecoq_amqp_held *held;
		while ((held = ecoq_amqp_list_shift(&c->pushed[i]))) {
			ecoq_amqp_held_release(held);
		}
	}
	ecoq_amqp_free_partitions(c);
	ecoq_amqp_lose_taken(c, &c->intake);
	ecoq_amqp_intake_free(&c->intake);
	ecoq_amqp_free_subscriptions(c);
	free(c->taken);
	free(c->queue);
	free(c->returned);
	free(c);
}

static void end_timer(ecoq_amqp_consumer *c)
{
	if (c->is_timed) {
		ecoq_keeper_remove(c->keeper, &c->timer);
	}
	if (c->keeper) {
		ecoq_keeper_release(c->keeper);
	}
	c->is_timed = false;
	c->keeper = NULL;
}

/* What was pushed ahead is put back first, or it would be suspect to the next one. */
void ecoq_amqp_consumer_free(ecoq_amqp_consumer *consumer)
{
	ecoq_error ignored;
	end_timer(consumer);
	if (consumer->connection) {
		ecoq_amqp_lock(consumer->connection);
		consumer->lost = NULL;
		consumer->is_ending = true;
		consumer->patience_ms = HASTE_MS;
		ecoq_amqp_be_quick(consumer->connection);
		ecoq_amqp_pause(consumer, &ignored);
		ecoq_amqp_leave_partitions(consumer, true, 0);
		ecoq_amqp_unlock(consumer->connection);
		ecoq_amqp_connection_destroy(consumer->connection);
	}
	free_consumer(consumer);
}

void ecoq_amqp_consumer_forget(ecoq_amqp_consumer *consumer)
{
	end_timer(consumer);
	consumer->lost = NULL;
	ecoq_amqp_connection_forget(consumer->connection);
	free_consumer(consumer);
}

void ecoq_amqp_consumer_watch(ecoq_amqp_consumer *consumer, void (*lost)(void *context), void *context)
{
	ecoq_amqp_lock(consumer->connection);
	consumer->lost = lost;
	consumer->lost_context = context;
	ecoq_amqp_unlock(consumer->connection);
}

/* ---- Putting back ---- */

/* So that the one which is too large holds up no other, and no more copies of those are made. */
static ecoq_result put_back_each(ecoq_amqp_consumer *c, ecoq_amqp_held *const *held, size_t count, ecoq_error *error)
{
	ecoq_result worst = ECOQ_OK;
	for (size_t i = 0; i < count; i++) {
		ecoq_result result = ecoq_amqp_put_back_held(c, &held[i], 1, error);
		worst = result == ECOQ_OK ? worst : result;
	}
	return worst;
}

ecoq_result ecoq_amqp_put_back_held(ecoq_amqp_consumer *c, ecoq_amqp_held *const *held, size_t count, ecoq_error *error)
{
	bool any_suspect = false;
	ecoq_error ignored;
	for (size_t i = 0; i < count; i++) {
		any_suspect |= held[i]->projection.is_suspect;
	}
	if (c->connection->settings->queue_type == ECOQ_AMQP_INTEROP && !any_suspect) {
		return ecoq_amqp_tell_given_back(&c->intake, held, count, error);
	}
	ecoq_result result = c->put_back(c->put_back_context, c->returned, held, count, c->patience_ms, error);
	if (result == ECOQ_OK) {
		c->has_returned_queue = c->may_have_returned = true;
		return ecoq_amqp_tell_acknowledged(&c->intake, held, count, error);
	}
	bool is_too_large = result == ECOQ_REFUSED;
	if (is_too_large && count > 1) {
		return put_back_each(c, held, count, error);
	}
	if (is_too_large) {
		result = error->code = ECOQ_UNAVAILABLE; /* the broker took it once: who changed its max_message_size is waited for */
	}
	/* no memory, or the broker takes no messages: then they come back as suspects. Where it never will (the user may not, it is too large), going on would bring them again at once */
	bool never = result == ECOQ_INVALID || is_too_large;
	ecoq_result given = c->intake.generation ? ecoq_amqp_tell_given_back(&c->intake, held, count, never ? &ignored : error) : result;
	return never ? result : given;
}

ecoq_result ecoq_amqp_store_copy(ecoq_amqp_consumer *c, const char *returned, ecoq_amqp_held *held, ecoq_error *error)
{
	return c->put_back(c->put_back_context, returned, &held, 1, c->patience_ms, error);
}

ecoq_result ecoq_amqp_put_copy_back(ecoq_amqp_consumer *c, const char *returned, ecoq_amqp_held *held, ecoq_error *error)
{
	ecoq_result result = ecoq_amqp_store_copy(c, returned, held, error);
	return result == ECOQ_OK ? ecoq_amqp_tell_acknowledged(held->intake, &held, 1, error) : result;
}

/* Levels for delays end up to a tick too early: what is not due yet waits here, and the others pass it. */
static bool waits(const ecoq_amqp_held *held, int64_t now)
{
	int64_t due = held->projection.deliver_at;
	return due > now && due <= now + 2 * ECOQ_AMQP_TICK_MS;
}

/* Takes those out of the lists that are redelivered and due, or all. */
static size_t pick(ecoq_amqp_consumer *c, bool only_redelivered, ecoq_amqp_held **picked)
{
	size_t count = 0;
	int64_t now = ecoq_clock_now_ms();
	for (int lane = ECOQ_AMQP_LANES - 1; lane >= 0; lane--) {
		ecoq_amqp_list others = {NULL, NULL, 0};
		ecoq_amqp_held *held;
		while ((held = ecoq_amqp_list_shift(&c->pushed[lane]))) {
			if ((held->redelivered && !waits(held, now)) || !only_redelivered) {
				held->projection.is_suspect |= held->redelivered;
				picked[count++] = held;
			} else {
				ecoq_amqp_list_append(&others, held);
			}
		}
		c->pushed[lane] = others;
	}
	c->pushed_count -= count;
	return count;
}

static ecoq_result put_back_pushed(ecoq_amqp_consumer *c, bool only_redelivered, ecoq_error *error)
{
	ecoq_amqp_held **picked = c->pushed_count ? calloc(c->pushed_count, sizeof(ecoq_amqp_held *)) : NULL;
	if (!picked) {
		return c->pushed_count ? ecoq_fail(error, ECOQ_NO_MEMORY, "Out of memory for %zu messages of queue \"%.64s\"", c->pushed_count, c->queue) : ECOQ_OK;
	}
	size_t count = pick(c, only_redelivered, picked);
	ecoq_result result = count ? ecoq_amqp_put_back_held(c, picked, count, error) : ECOQ_OK;
	for (size_t i = 0; i < count; i++) {
		ecoq_amqp_held_release(picked[i]);
	}
	free(picked);
	return result;
}

ecoq_result ecoq_amqp_pause(ecoq_amqp_consumer *c, ecoq_error *error)
{
	if (c->subscriptions[ECOQ_PRIORITY_DEFAULT].stands_by && !c->is_ending) {
		return ECOQ_OK;
	}
	ecoq_result result = ecoq_amqp_let_come(c, error);
	if (result == ECOQ_OK && c->intake.generation) {
		result = ecoq_amqp_unsubscribe(c, error);
	}
	if (result == ECOQ_OK && c->intake.generation) {
		result = ecoq_amqp_pump(c->connection, 0, error);
	}
	return result == ECOQ_OK ? put_back_pushed(c, false, error) : result;
}

/* ---- Taking ---- */

/* What was put back, in its order. A suspect that its last owner held alone when it died is charged with that, and put back behind the others. One that comes after others is put back, too:
 * it is taken alone. */
static ecoq_result take_returned(ecoq_amqp_consumer *c, size_t max, ecoq_amqp_held **taken, size_t *count, ecoq_error *error)
{
	ecoq_result result = ECOQ_OK;
	while (result == ECOQ_OK && *count < max) {
		ecoq_amqp_held *held;
		result = ecoq_amqp_get_one(&c->intake, c->returned, &held, error);
		if (result != ECOQ_OK || !held) {
			c->may_have_returned = false;
			break;
		}
		ecoq_amqp_projection *projection = &held->projection;
		if (!held->redelivered && !projection->is_suspect && waits(held, ecoq_clock_now_ms())) {
			ecoq_amqp_list_append(&c->pushed[held->priority], held);
			c->pushed_count++;
			continue;
		}
		if (!held->redelivered && (!projection->is_suspect || *count == 0)) {
			taken[(*count)++] = held;
			if (projection->is_suspect) {
				break;
			}
			continue;
		}
		bool ends = !held->redelivered;
		projection->crashes += held->redelivered && projection->is_suspect;
		projection->is_suspect = true;
		result = ecoq_amqp_put_back_held(c, &held, 1, error);
		ecoq_amqp_held_release(held);
		if (ends) {
			break;
		}
	}
	return result;
}

static int by_priority_and_place(const void *a, const void *b)
{
	const ecoq_amqp_held *x = *(ecoq_amqp_held *const *) a, *y = *(ecoq_amqp_held *const *) b;
	if (x->priority != y->priority) {
		return x->priority > y->priority ? -1 : 1;
	}
	return x->projection.place < y->projection.place ? -1 : x->projection.place > y->projection.place;
}

/* Whether that queue is there is asked first: basic.get on one that is not would end the AMQP channel, and all that is held on it. */
static ecoq_result look_for_returned(ecoq_amqp_consumer *c, size_t max, ecoq_amqp_held **taken, size_t *count, ecoq_error *error)
{
	int64_t now = ecoq_clock_monotonic_ms();
	ecoq_result result = ECOQ_OK;
	uint32_t messages;
	int64_t every_ms = c->has_returned_queue ? RETURNED_EVERY_MS : c->events_tag[0] ? RETURNED_SELDOM_MS
																					: 5 * RETURNED_EVERY_MS;
	if (!c->may_have_returned && now - c->returned_seen_ms < every_ms) {
		return ECOQ_OK;
	}
	c->returned_seen_ms = now;
	c->may_have_returned = false;
	if (!c->has_returned_queue) {
		result = ecoq_amqp_count(c->connection, c->returned, &c->has_returned_queue, &messages, error);
	}
	if (result == ECOQ_OK && c->has_returned_queue) {
		c->may_have_returned = true;
		result = take_returned(c, max, taken, count, error);
	}
	if (result == ECOQ_INVALID && !c->intake.generation) {
		result = error->code = ECOQ_UNAVAILABLE; /* an operator deleted it: with the new AMQP channel it is looked for anew */
	}
	return result;
}

static uint16_t prefetch_for(const ecoq_amqp_consumer *c, size_t max)
{
	static const uint16_t steps[] = {1, 16, 128, 512};
	size_t wanted = max <= 1 ? 1 : 2 * max, step = 0;
	while (step + 1 < sizeof(steps) / sizeof(*steps) && steps[step] < wanted) {
		step++;
	}
	int most = c->connection->settings->prefetch;
	return steps[step] < most ? steps[step] : (uint16_t) most;
}

static void take_pushed(ecoq_amqp_consumer *c, int lowest, size_t max, ecoq_amqp_held **taken, size_t *count, int64_t *next_due)
{
	int64_t now = ecoq_clock_now_ms();
	for (int lane = ECOQ_AMQP_LANES - 1; lane >= lowest && c->pushed_count; lane--) {
		ecoq_amqp_list others = {NULL, NULL, 0};
		ecoq_amqp_held *held;
		while ((held = ecoq_amqp_list_shift(&c->pushed[lane]))) {
			bool is_due = !waits(held, now) && !held->redelivered;
			if (is_due && *count < max) {
				taken[(*count)++] = held;
				c->pushed_count--;
				continue;
			}
			if (!is_due) {
				int64_t due = held->projection.deliver_at;
				*next_due = *next_due == 0 || due < *next_due ? due : *next_due;
			}
			ecoq_amqp_list_append(&others, held);
		}
		c->pushed[lane] = others;
	}
}

/* What is urgent first, then groups and the others in turn, so that neither waits for the other. */
static ecoq_result take_ready(ecoq_amqp_consumer *c, size_t max, ecoq_amqp_held **taken, size_t *count, int64_t *next_due, ecoq_error *error)
{
	take_pushed(c, ECOQ_PRIORITY_DEFAULT + 1, max, taken, count, next_due);
	size_t left = max - *count, share = left > 1 ? left / 2 : left * (++c->turn % 2);
	ecoq_result result = c->partition_count ? ecoq_amqp_take_partitions(c, *count + share, taken, count, next_due, error) : ECOQ_OK;
	if (result == ECOQ_OK && (*count == 0 || !taken[0]->projection.is_suspect)) {
		take_pushed(c, 0, max, taken, count, next_due);
		result = c->partition_count ? ecoq_amqp_take_partitions(c, max, taken, count, next_due, error) : ECOQ_OK;
	}
	return result;
}

/* Waits for something to take, at most until then: what comes may be anything else. */
static ecoq_result take_until(ecoq_amqp_consumer *c, int64_t end_ms, size_t max, ecoq_amqp_held **taken, size_t *count, int64_t *next_due, ecoq_error *error)
{
	ecoq_result result;
	do {
		result = ecoq_amqp_pump(c->connection, end_ms, error);
		if (result == ECOQ_OK) {
			result = put_back_pushed(c, true, error);
		}
		if (result == ECOQ_OK && c->may_have_returned) {
			result = look_for_returned(c, max, taken, count, error);
		}
		if (result == ECOQ_OK && *count == 0) {
			result = take_ready(c, max, taken, count, next_due, error);
		}
	} while (result == ECOQ_OK && *count == 0 && ecoq_clock_monotonic_ms() < end_ms);
	return result;
}

/* "Nothing" is an answer only when the broker has said so, once per time that there was something. */
static ecoq_result make_sure(ecoq_amqp_consumer *c, size_t max, ecoq_amqp_held **taken, size_t *count, int64_t *next_due, ecoq_error *error)
{
	int64_t begun_ms = ecoq_clock_monotonic_ms(), took_ms = 0;
	bool more = true;
	ecoq_result result = ECOQ_OK;
	/* a broker that answers slowly pushes slowly, too: it is given as many answers as a quick one has time for */
	for (int i = 0; result == ECOQ_OK && more && *count == 0 && (took_ms < ECOQ_AMQP_PUSH_MS || (i < PUSH_ANSWERS && took_ms < PUSH_MOST_MS)); i++) {
		result = ecoq_amqp_is_more_to_come(c, &more, error);
		if (result == ECOQ_OK) {
			result = ecoq_amqp_catch_up(c, error);
		}
		if (result == ECOQ_OK) {
			result = take_until(c, more ? ecoq_clock_monotonic_ms() + ECOQ_AMQP_SETTLE_MS : 0, max, taken, count, next_due, error);
		}
		took_ms = ecoq_clock_monotonic_ms() - begun_ms;
	}
	c->is_settling = *count > 0;
	return result;
}

static ecoq_result read_pushed(ecoq_amqp_consumer *c, uint16_t prefetch, ecoq_error *error)
{
	uint16_t before = c->prefetch;
	ecoq_result result = ecoq_amqp_subscribe(c, prefetch, error);
	if (result == ECOQ_OK) {
		result = before == 0 ? ecoq_amqp_settle_down(c, error) : ecoq_amqp_pump(c->connection, 0, error);
	}
	if (result == ECOQ_OK && c->has_news) {
		result = ecoq_amqp_subscribe(c, prefetch, error);
		if (result == ECOQ_OK) {
			result = ecoq_amqp_settle_down(c, error);
		}
	}
	if (result == ECOQ_OK) {
		result = ecoq_amqp_join_partitions(c, error);
	}
	return result == ECOQ_OK ? put_back_pushed(c, true, error) : result;
}

static ecoq_result take(ecoq_amqp_consumer *c, size_t max, ecoq_amqp_held **taken, size_t *count, int64_t *next_due, ecoq_error *error)
{
	ecoq_result result = read_pushed(c, prefetch_for(c, max), error);
	if (result == ECOQ_OK) {
		result = look_for_returned(c, max, taken, count, error);
	}
	size_t returned = *count;
	if (result == ECOQ_OK && *count < max && (*count == 0 || !taken[0]->projection.is_suspect)) {
		result = take_ready(c, max, taken, count, next_due, error);
	}
	if (returned) {
		qsort(taken, *count, sizeof(*taken), by_priority_and_place);
	}
	if (result == ECOQ_OK && *count == 0 && c->streak >= STREAM) {
		/* they came without a pause: waiting costs the broker less than being asked */
		result = take_until(c, ecoq_clock_monotonic_ms() + ECOQ_AMQP_SETTLE_MS, max, taken, count, next_due, error);
	}
	c->streak = *count ? c->streak + *count : 0;
	if (result == ECOQ_OK && *count == 0 && c->is_settling) {
		result = make_sure(c, max, taken, count, next_due, error);
	} else {
		c->is_settling |= *count > 0;
	}
	c->found_nothing = result == ECOQ_OK && *count == 0;
	return result;
}

void ecoq_amqp_note_all_taken(ecoq_amqp_consumer *c, ecoq_amqp_held **taken, size_t *count)
{
	size_t noted = 0;
	for (size_t i = 0; i < *count; i++) {
		if (ecoq_amqp_is_held(taken[i]) && note_taken(c, taken[i])) {
			taken[noted++] = taken[i];
		} else {
			ecoq_amqp_held_release(taken[i]);
		}
	}
	*count = noted;
}

ecoq_result ecoq_amqp_consumer_take(ecoq_amqp_consumer *c, size_t max, ecoq_amqp_held **taken, size_t *count, int64_t *next_due, ecoq_error *error)
{
	*count = 0;
	*next_due = 0;
	ecoq_amqp_lock(c->connection);
	c->taken_at_ms = ecoq_clock_monotonic_ms();
	c->is_waiting = false;
	ecoq_result result = ecoq_amqp_judge(c, take(c, max, taken, count, next_due, error), error);
	ecoq_amqp_note_all_taken(c, taken, count);
	if (c->is_timed) {
		ecoq_timer_arm(c->keeper, &c->timer, next_look_ms(c, ecoq_clock_monotonic_ms()) * NS_PER_MS);
	}
	ecoq_amqp_unlock(c->connection);
	return *count ? ECOQ_OK : result;
}
