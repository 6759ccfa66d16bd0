#include "worker/custody_state.h"

#include <stddef.h>
#include <string.h>

#include "base/clock.h"

#define RETRY_NS (200 * 1000000LL) /* after the broker did not answer */

static void begin_work(ecoq_custody *custody)
{
	custody->keeper_works = true;
	pthread_mutex_unlock(&custody->mutex);
}

static void end_work(ecoq_custody *custody, ecoq_result result)
{
	pthread_mutex_lock(&custody->mutex);
	if (result != ECOQ_OK && result != ECOQ_LOST) {
		custody->not_before_ns = ecoq_clock_monotonic_ns() + RETRY_NS;
	}
	custody->keeper_works = false;
	ecoq_custody_absorb(custody);
	pthread_cond_broadcast(&custody->rests);
}

/* Those of one state become LEAVING. Returns how many. */
static size_t choose(ecoq_custody *custody, ecoq_custody_state state)
{
	size_t count = 0;
	for (size_t i = custody->first; i < custody->next; i++) {
		if (custody->states[i] == state) {
			custody->states[i] = ECOQ_CUSTODY_LEAVING;
			custody->settlements[count++] = (ecoq_settlement){.delivery = &custody->deliveries[i], .result = ECOQ_OK};
		}
	}
	return count;
}

/* What a refusal is about is found out by the worker's thread, which can settle them one by one. */
static ecoq_custody_state state_after(ecoq_result result, const ecoq_settlement *settlement)
{
	if (result == ECOQ_OK) {
		return settlement->result == ECOQ_OK ? ECOQ_CUSTODY_SETTLED : ECOQ_CUSTODY_LOST;
	}
	return ecoq_result_is_retryable(result) ? ECOQ_CUSTODY_TRIED : ECOQ_CUSTODY_OURS;
}

/* After a try of unknown outcome a transport knows the same settlement again, not a larger one. */
static void acknowledge(ecoq_custody *custody)
{
	ecoq_error error;
	bool again = custody->tried > 0;
	size_t count = choose(custody, again ? ECOQ_CUSTODY_TRIED : ECOQ_CUSTODY_WAITING);
	if (count == 0) {
		return;
	}
	*(again ? &custody->tried : &custody->waiting) = 0;
	begin_work(custody);
	ecoq_result result = custody->ops->settle(custody->transport, custody->settlements, count, &error);
	end_work(custody, result);
	for (size_t i = 0; i < count; i++) {
		const ecoq_settlement *settlement = &custody->settlements[i];
		ecoq_custody_state state = state_after(result, settlement);
		custody->states[settlement->delivery - custody->deliveries] = (uint8_t) state;
		custody->tried += state == ECOQ_CUSTODY_TRIED;
	}
}

/* In one call, so that they keep their order. */
static void give_back(ecoq_custody *custody, bool with_running)
{
	ecoq_error error;
	size_t former = custody->count, count = 0;
	if (with_running && custody->runs) {
		custody->returning[count++] = &custody->deliveries[custody->next - 1];
	}
	for (size_t i = custody->next; i < former; i++) {
		custody->returning[count++] = &custody->deliveries[i];
	}
	if (count == 0) {
		return;
	}
	custody->count = custody->next;
	begin_work(custody);
	ecoq_result result = custody->ops->hand_back(custody->transport, custody->returning, count, &error);
	end_work(custody, result);
	/* refused or not: until the worker ends, they are its own again */
	custody->count = result == ECOQ_OK ? custody->next : former;
}

/* The transport says that the presence was lost; what runs may be ours all the same, and then must be settled. */
static void look(ecoq_custody *custody)
{
	ecoq_error error;
	size_t running = custody->next;
	begin_work(custody);
	ecoq_result result = custody->ops->still_mine(custody->transport, &custody->deliveries[running - 1], &error);
	end_work(custody, result);
	custody->is_doubted = ecoq_result_is_retryable(result);
	if (result != ECOQ_LOST) {
		return;
	}
	custody->rest_goes = true; /* back as far as it is still ours */
	if (custody->runs && custody->next == running) {
		atomic_store(&custody->is_lost, true);
		if (custody->on_lost) {
			custody->on_lost(custody->lost_context);
		}
	}
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* The worker's thread reads no clock for this: what it does before a handler begins, and what it has done without one, counts from when it is first seen. */
static void stamp(ecoq_custody *custody)
{
	int64_t unknown = 0, now = ecoq_clock_monotonic_ns();
	if (custody->runs) {
		atomic_compare_exchange_strong(&custody->started_ns, &unknown, now);
	}
	if (custody->waiting_since_ns == 0) {
		custody->waiting_since_ns = now;
	}
}

static int64_t acknowledgement_due(const ecoq_custody *custody)
{
	if (custody->waiting + custody->tried == 0) {
		return ECOQ_NEVER;
	}
	int64_t due = custody->waiting_since_ns + ECOQ_ACK_HOLD_NS;
	return custody->runs ? earlier(due, atomic_load(&custody->started_ns) + ECOQ_ACK_SLOW_NS) : due;
}

static int64_t rest_due(const ecoq_custody *custody)
{
	if (custody->next == custody->count) {
		return ECOQ_NEVER;
	}
	if (custody->rest_goes || atomic_load(&custody->stopping)) {
		return 0;
	}
	return custody->runs ? atomic_load(&custody->started_ns) + ECOQ_REST_HOLD_NS : ECOQ_NEVER;
}

static int64_t look_due(const ecoq_custody *custody)
{
	return custody->is_doubted && custody->runs ? 0 : ECOQ_NEVER;
}

static int64_t next_due(ecoq_custody *custody)
{
	stamp(custody);
	int64_t due = earlier(acknowledgement_due(custody), earlier(rest_due(custody), look_due(custody)));
	return due == ECOQ_NEVER ? ECOQ_NEVER : later(due, custody->not_before_ns);
}

/* A broker that has just not answered is not asked for the next thing at once. */
static void do_what_is_due(ecoq_custody *custody, int64_t now_ns)
{
	stamp(custody);
	if (later(look_due(custody), custody->not_before_ns) <= now_ns) {
		look(custody);
	}
	if (later(acknowledgement_due(custody), custody->not_before_ns) <= now_ns) {
		acknowledge(custody);
	}
	if (later(rest_due(custody), custody->not_before_ns) <= now_ns) {
		give_back(custody, false);
	}
}

int64_t ecoq_custody_keep(ecoq_timer *timer, int64_t now_ns)
{
	ecoq_custody *custody = (ecoq_custody *) ((char *) timer - offsetof(ecoq_custody, timer));
	surrender wanted = atomic_load(&custody->wanted);
	pthread_mutex_lock(&custody->mutex);
	ecoq_custody_absorb(custody);
	if (custody->transport && wanted != KEEP) {
		acknowledge(custody);
		acknowledge(custody); /* the first were those that had been tried */
		give_back(custody, wanted == SURRENDER_ALL);
	} else if (custody->transport) {
		do_what_is_due(custody, now_ns);
	}
	int64_t due = custody->transport && wanted == KEEP ? next_due(custody) : ECOQ_NEVER;
	custody->is_armed = due <= ecoq_clock_monotonic_ns() + ECOQ_ACK_SLOW_NS;
	pthread_mutex_unlock(&custody->mutex);
	if (wanted != KEEP) {
		atomic_store(&custody->surrendered, true);
	}
	return due;
}
