#include "worker/custody.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "worker/custody_state.h"

/* Signals are handled on the thread that runs the worker. */
static _Thread_local ecoq_custody *innermost;

static bool is_forked(const ecoq_custody *custody)
{
	return custody->process != getpid();
}

void ecoq_custody_absorb(ecoq_custody *custody)
{
	ending ended = atomic_load_explicit(&custody->ended, memory_order_acquire);
	if (ended == NOT_YET) {
		return;
	}
	custody->runs = false;
	custody->states[custody->next - 1] = ended == WAITS ? ECOQ_CUSTODY_WAITING : ECOQ_CUSTODY_OURS;
	if (ended == WAITS && custody->waiting++ + custody->tried == 0) {
		custody->waiting_since_ns = atomic_load_explicit(&custody->started_ns, memory_order_relaxed);
	}
	atomic_store_explicit(&custody->ended, NOT_YET, memory_order_relaxed);
}

/* ---- Presence ---- */

/* On the transport's thread, which may hold locks of its own: no call of the transport waits for ours. */
static void on_presence_lost(void *context)
{
	presence_watch *watch = context;
	ecoq_custody *custody = watch->custody;
	pthread_mutex_lock(&custody->mutex);
	bool concerns = custody->transport == watch->transport;
	custody->is_doubted |= concerns;
	pthread_mutex_unlock(&custody->mutex);
	if (concerns) {
		ecoq_timer_arm(custody->keeper, &custody->timer, ecoq_clock_monotonic_ns());
	}
}

/* Without memory the fence alone decides, when it is settled. */
static void watch_presence(ecoq_custody *custody, const ecoq_transport_ops *ops, ecoq_transport *transport)
{
	presence_watch *watch = custody->watches;
	while (watch && watch->transport != transport) {
		watch = watch->next;
	}
	if (watch || !ops->watch_presence || !(watch = malloc(sizeof(*watch)))) {
		return;
	}
	*watch = (presence_watch){.next = custody->watches, .custody = custody, .ops = ops, .transport = transport};
	custody->watches = watch;
	ops->watch_presence(transport, on_presence_lost, watch);
}

static void end_watches(ecoq_custody *custody)
{
	for (presence_watch *watch = custody->watches, *next; watch; watch = next) {
		next = watch->next;
		if (!is_forked(custody)) {
			watch->ops->watch_presence(watch->transport, NULL, NULL);
		}
		free(watch);
	}
}

/* ---- The worker's thread ---- */

static void enter(ecoq_custody *custody)
{
	while (atomic_load(&custody->wanted) != KEEP) {
		pause(); /* the process is about to end */
	}
	pthread_mutex_lock(&custody->mutex);
	ecoq_custody_absorb(custody);
}

static void leave(ecoq_custody *custody)
{
	pthread_mutex_unlock(&custody->mutex);
}

static void wait_for_keeper(ecoq_custody *custody)
{
	while (custody->keeper_works) {
		pthread_cond_wait(&custody->rests, &custody->mutex);
	}
}

static bool has_keeper(ecoq_custody *custody)
{
	if (custody->keeper || custody->keeper_failed) {
		return custody->keeper != NULL;
	}
	custody->keeper = ecoq_keeper_create();
	if (custody->keeper && !ecoq_keeper_add(custody->keeper, &custody->timer)) {
		ecoq_keeper_destroy(custody->keeper);
		custody->keeper = NULL;
	}
	custody->keeper_failed = !custody->keeper;
	return custody->keeper != NULL;
}

bool ecoq_custody_begin(ecoq_custody *custody, const ecoq_transport_ops *ops, ecoq_transport *transport, size_t count)
{
	if (!(ops->capabilities & ECOQ_IS_THREAD_SAFE) || is_forked(custody) || !has_keeper(custody)) {
		return false;
	}
	watch_presence(custody, ops, transport);
	enter(custody);
	memset(custody->states, ECOQ_CUSTODY_UNSTARTED, count);
	custody->ops = ops;
	custody->transport = transport;
	custody->count = custody->told = count;
	custody->next = custody->first = custody->waiting = custody->tried = 0;
	custody->runs = custody->is_doubted = custody->rest_goes = false;
	custody->not_before_ns = custody->waiting_since_ns = 0;
	leave(custody);
	atomic_store(&custody->in_hand, true);
	if (atomic_load(&custody->stopping)) {
		ecoq_timer_arm(custody->keeper, &custody->timer, ecoq_clock_monotonic_ns());
	}
	return true;
}

void ecoq_custody_end(ecoq_custody *custody)
{
	enter(custody);
	wait_for_keeper(custody);
	custody->transport = NULL;
	leave(custody);
	atomic_store(&custody->in_hand, false);
}

/* The timer is left as it is when the batch ends: it finds nothing to do then, which is cheaper than to arm and disarm it for each message. */
static void arm(ecoq_custody *custody)
{
	bool has_work = custody->waiting + custody->tried > 0 || custody->next < custody->count;
	if (custody->is_doubted || (has_work && !custody->is_armed)) {
		custody->is_armed = true;
		ecoq_timer_arm(custody->keeper, &custody->timer, ecoq_clock_monotonic_ns() + (custody->is_doubted ? 0 : ECOQ_ACK_SLOW_NS));
	}
}

size_t ecoq_custody_take(ecoq_custody *custody)
{
	enter(custody);
	if (custody->next == custody->count) {
		wait_for_keeper(custody); /* it may fail to give back the rest */
	}
	if (custody->next < custody->count) {
		custody->states[custody->next++] = ECOQ_CUSTODY_RUNNING;
		custody->runs = true;
		atomic_store_explicit(&custody->started_ns, 0, memory_order_relaxed);
		atomic_store_explicit(&custody->is_lost, false, memory_order_relaxed);
		arm(custody);
	}
	size_t count = custody->told = custody->count;
	leave(custody);
	return count;
}

void ecoq_custody_runs(ecoq_custody *custody, int64_t since_ns)
{
	atomic_store_explicit(&custody->started_ns, since_ns, memory_order_relaxed);
}

void ecoq_custody_ran(ecoq_custody *custody, size_t index, bool waits, uint8_t tag)
{
	custody->tags[index] = tag;
	atomic_store_explicit(&custody->ended, waits ? WAITS : OURS, memory_order_release);
}

bool ecoq_custody_is_lost(const ecoq_custody *custody)
{
	return atomic_load(&custody->is_lost);
}

size_t ecoq_custody_reclaim(ecoq_custody *custody, size_t from)
{
	enter(custody);
	wait_for_keeper(custody);
	size_t count = custody->count;
	if (custody->next > from) {
		custody->next = from;
		custody->runs = false;
	}
	custody->count = custody->told = from < count ? from : count;
	leave(custody);
	return count;
}

void ecoq_custody_collect(ecoq_custody *custody, uint8_t *states, size_t end)
{
	enter(custody);
	wait_for_keeper(custody);
	size_t first = custody->first;
	if (end > first) {
		memcpy(states + first, custody->states + first, end - first);
		memset(custody->states + first, ECOQ_CUSTODY_OURS, end - first);
	}
	custody->first = end;
	custody->waiting = custody->tried = 0;
	leave(custody);
}

/* ---- The end ---- */

void ecoq_custody_stop_all(void)
{
	for (ecoq_custody *custody = innermost; custody; custody = custody->outer) {
		atomic_store(&custody->stopping, true);
		if (atomic_load(&custody->in_hand) && !is_forked(custody)) {
			ecoq_timer_arm(custody->keeper, &custody->timer, ecoq_clock_monotonic_ns());
		}
	}
}

/* Asks the keeper to; false: there is nothing to wait for. */
static bool ask(ecoq_custody *custody, bool with_running)
{
	surrender none = KEEP;
	if (!atomic_load(&custody->in_hand) || is_forked(custody)
		|| !atomic_compare_exchange_strong(&custody->wanted, &none, with_running ? SURRENDER_ALL : SURRENDER)) {
		return false;
	}
	ecoq_timer_arm(custody->keeper, &custody->timer, ecoq_clock_monotonic_ns());
	return true;
}

/* Polls, since this may be a signal handler. */
static void wait_for_surrender(const ecoq_custody *custody, int64_t until_ns)
{
	while (!atomic_load(&custody->surrendered) && ecoq_clock_monotonic_ns() < until_ns) {
		nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
	}
}

void ecoq_custody_surrender(ecoq_custody *custody, bool with_running)
{
	if (ask(custody, with_running)) {
		wait_for_surrender(custody, ecoq_clock_monotonic_ns() + ECOQ_SURRENDER_WITHIN_NS);
	}
}

void ecoq_custody_surrender_all(bool with_running)
{
	bool any = false;
	for (ecoq_custody *custody = innermost; custody; custody = custody->outer) {
		any |= ask(custody, with_running);
	}
	int64_t until = ecoq_clock_monotonic_ns() + ECOQ_SURRENDER_WITHIN_NS;
	for (ecoq_custody *custody = innermost; any && custody; custody = custody->outer) {
		if (atomic_load(&custody->in_hand)) {
			wait_for_surrender(custody, until);
		}
	}
}

int64_t ecoq_custody_settled(ecoq_custody *custody, uint8_t tag)
{
	int64_t settled = 0;
	if (is_forked(custody)) {
		return 0;
	}
	pthread_mutex_lock(&custody->mutex);
	for (size_t i = custody->first; custody->transport && i < custody->next; i++) {
		settled += custody->states[i] == ECOQ_CUSTODY_SETTLED && custody->tags[i] == tag;
	}
	pthread_mutex_unlock(&custody->mutex);
	return settled;
}

/* ---- Lifetime ---- */

static void free_all(ecoq_custody *custody)
{
	free(custody->deliveries);
	free(custody->states);
	free(custody->tags);
	free(custody->settlements);
	free(custody->returning);
	free(custody);
}

ecoq_custody *ecoq_custody_create(size_t capacity)
{
	ecoq_custody *custody = calloc(1, sizeof(*custody));
	if (!custody) {
		return NULL;
	}
	custody->deliveries = calloc(capacity, sizeof(*custody->deliveries));
	custody->states = calloc(capacity, 1);
	custody->tags = calloc(capacity, 1);
	custody->settlements = calloc(capacity, sizeof(*custody->settlements));
	custody->returning = calloc(capacity, sizeof(*custody->returning));
	if (!custody->deliveries || !custody->states || !custody->tags || !custody->settlements || !custody->returning) {
		free_all(custody);
		return NULL;
	}
	pthread_mutex_init(&custody->mutex, NULL);
	pthread_cond_init(&custody->rests, NULL);
	custody->capacity = capacity;
	custody->process = getpid();
	custody->timer.fire = ecoq_custody_keep;
	atomic_init(&custody->timer.due_ns, ECOQ_NEVER);
	custody->outer = innermost;
	innermost = custody;
	return custody;
}

void ecoq_custody_on_lost(ecoq_custody *custody, void (*on_lost)(void *context), void *context)
{
	custody->on_lost = on_lost;
	custody->lost_context = context;
}

ecoq_delivery *ecoq_custody_deliveries(ecoq_custody *custody)
{
	return custody->deliveries;
}

/* The engine has unwound through the worker, and no other thread is there any more. */
static void release_rest(ecoq_custody *custody)
{
	for (size_t i = custody->first; custody->transport && i < custody->told; i++) {
		custody->ops->release(custody->transport, &custody->deliveries[i]);
	}
}

void ecoq_custody_destroy(ecoq_custody *custody)
{
	innermost = custody->outer;
	ecoq_custody_surrender(custody, false);
	end_watches(custody);
	if (custody->keeper) {
		ecoq_keeper_destroy(custody->keeper);
	}
	if (!is_forked(custody)) {
		release_rest(custody);
		pthread_mutex_destroy(&custody->mutex);
		pthread_cond_destroy(&custody->rests);
	}
	free_all(custody);
}
