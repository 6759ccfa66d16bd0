#include "base/keeper.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

/* What sleeps_until_ns holds while the thread looks at its timers: whoever arms one need not wake it. */
#define AWAKE INT64_MIN

struct ecoq_keeper {
	ecoq_keeper *next;     /* all of this process, for forks */
	pthread_mutex_t mutex; /* the list of timers, and all calls of fire() */
	ecoq_timer *timers;
	pthread_t thread;
	bool has_thread;
	int wake_up;    /* eventfd */
	bool is_forked; /* this process is a child of the one that it works in */
	atomic_bool stopping;
	_Atomic int64_t sleeps_until_ns;
	_Atomic uint64_t wakes;
};

static pthread_mutex_t list_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static ecoq_keeper *keepers;

static void before_fork(void)
{
	pthread_mutex_lock(&list_mutex);
}

static void after_fork_in_parent(void)
{
	pthread_mutex_unlock(&list_mutex);
}

/* The thread is not there, its mutex may be locked for ever, and its eventfd is the parent's. */
static void after_fork_in_child(void)
{
	for (ecoq_keeper *k = keepers; k; k = k->next) {
		k->is_forked = true;
		close(k->wake_up);
		k->wake_up = -1;
	}
	pthread_mutex_unlock(&list_mutex);
}

static void watch_forks(void)
{
	pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

ecoq_keeper *ecoq_keeper_create(void)
{
	ecoq_keeper *keeper = calloc(1, sizeof(*keeper));
	if (!keeper) {
		return NULL;
	}
	keeper->wake_up = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (keeper->wake_up < 0) {
		free(keeper);
		return NULL;
	}
	pthread_mutex_init(&keeper->mutex, NULL);
	atomic_init(&keeper->sleeps_until_ns, AWAKE);
	pthread_once(&once, watch_forks);
	pthread_mutex_lock(&list_mutex);
	keeper->next = keepers;
	keepers = keeper;
	pthread_mutex_unlock(&list_mutex);
	return keeper;
}

static void wake(ecoq_keeper *keeper)
{
	uint64_t one = 1;
	ssize_t written = write(keeper->wake_up, &one, sizeof(one));
	(void) written; /* a full counter is readable, too */
}

/* Calls what is due. Returns when the next one is. */
static int64_t run_timers(ecoq_keeper *keeper)
{
	int64_t next = ECOQ_NEVER;
	pthread_mutex_lock(&keeper->mutex);
	for (ecoq_timer *timer = keeper->timers; timer; timer = timer->next) {
		int64_t due = atomic_load(&timer->due_ns);
		int64_t now = due == ECOQ_NEVER ? 0 : ecoq_clock_monotonic_ns();
		if (due != ECOQ_NEVER && due <= now) {
			int64_t again = timer->fire(timer, now);
			/* armed anew or disarmed meanwhile: that stands, and `due` becomes it */
			due = atomic_compare_exchange_strong(&timer->due_ns, &due, again) ? again : due;
		}
		next = due < next ? due : next;
	}
	pthread_mutex_unlock(&keeper->mutex);
	return next;
}

static int64_t next_due(ecoq_keeper *keeper)
{
	int64_t next = ECOQ_NEVER;
	pthread_mutex_lock(&keeper->mutex);
	for (ecoq_timer *timer = keeper->timers; timer; timer = timer->next) {
		int64_t due = atomic_load(&timer->due_ns);
		next = due < next ? due : next;
	}
	pthread_mutex_unlock(&keeper->mutex);
	return next;
}

static void sleep_until(ecoq_keeper *keeper, int64_t due_ns)
{
	struct pollfd descriptor = {.fd = keeper->wake_up, .events = POLLIN};
	int64_t wait = due_ns == ECOQ_NEVER ? 0 : due_ns - ecoq_clock_monotonic_ns();
	struct timespec timeout = {.tv_sec = wait > 0 ? wait / 1000000000 : 0, .tv_nsec = wait > 0 ? wait % 1000000000 : 0};
	uint64_t drained;
	if (ppoll(&descriptor, 1, due_ns == ECOQ_NEVER ? NULL : &timeout, NULL) > 0) {
		ssize_t got = read(keeper->wake_up, &drained, sizeof(drained));
		(void) got;
	}
	atomic_fetch_add_explicit(&keeper->wakes, 1, memory_order_relaxed);
}

/* Says how long it is going to sleep, then looks again: whoever arms a timer either sees that, or is seen here (both sides are sequentially
 * consistent), so that no wake-up is lost and none is made in vain. */
static void *keep(void *context)
{
	ecoq_keeper *keeper = context;
	while (!atomic_load(&keeper->stopping)) {
		int64_t next = run_timers(keeper);
		atomic_store(&keeper->sleeps_until_ns, next);
		if (next_due(keeper) >= next && !atomic_load(&keeper->stopping)) {
			sleep_until(keeper, next);
		}
		atomic_store(&keeper->sleeps_until_ns, AWAKE);
	}
	return NULL;
}

/* Signals are the main thread's: none may interrupt, or be handled by, this one. */
static bool start_thread(ecoq_keeper *keeper)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	keeper->has_thread = pthread_create(&keeper->thread, NULL, keep, keeper) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return keeper->has_thread;
}

bool ecoq_keeper_add(ecoq_keeper *keeper, ecoq_timer *timer)
{
	if (keeper->is_forked) {
		return false;
	}
	pthread_mutex_lock(&keeper->mutex);
	bool has_thread = keeper->has_thread || start_thread(keeper); /* several threads may come with their first timers */
	if (has_thread) {
		timer->next = keeper->timers;
		keeper->timers = timer;
	}
	pthread_mutex_unlock(&keeper->mutex);
	if (has_thread) {
		wake(keeper);
	}
	return has_thread;
}

void ecoq_keeper_remove(ecoq_keeper *keeper, ecoq_timer *timer)
{
	if (keeper->is_forked) {
		return;
	}
	pthread_mutex_lock(&keeper->mutex);
	for (ecoq_timer **link = &keeper->timers; *link; link = &(*link)->next) {
		if (*link == timer) {
			*link = timer->next;
			break;
		}
	}
	pthread_mutex_unlock(&keeper->mutex);
}

void ecoq_timer_arm(ecoq_keeper *keeper, ecoq_timer *timer, int64_t due_ns)
{
	atomic_store(&timer->due_ns, due_ns);
	if (due_ns < atomic_load(&keeper->sleeps_until_ns) && !keeper->is_forked) {
		wake(keeper);
	}
}

uint64_t ecoq_keeper_wakes(const ecoq_keeper *keeper)
{
	return atomic_load_explicit(&keeper->wakes, memory_order_relaxed);
}

static void forget(ecoq_keeper *keeper)
{
	pthread_mutex_lock(&list_mutex);
	for (ecoq_keeper **link = &keepers; *link; link = &(*link)->next) {
		if (*link == keeper) {
			*link = keeper->next;
			break;
		}
	}
	pthread_mutex_unlock(&list_mutex);
}

void ecoq_keeper_destroy(ecoq_keeper *keeper)
{
	if (keeper->has_thread && !keeper->is_forked) {
		atomic_store(&keeper->stopping, true);
		wake(keeper);
		pthread_join(keeper->thread, NULL);
	}
	forget(keeper);
	if (!keeper->is_forked) {
		pthread_mutex_destroy(&keeper->mutex);
		close(keeper->wake_up);
	}
	free(keeper);
}

/* ---- the shared one ---- */

static ecoq_keeper *shared; /* both under list_mutex */
static unsigned shared_users;

ecoq_keeper *ecoq_keeper_acquire(void)
{
	pthread_mutex_lock(&list_mutex);
	ecoq_keeper *keeper = shared && !shared->is_forked ? shared : NULL;
	shared_users += keeper != NULL;
	pthread_mutex_unlock(&list_mutex);
	if (keeper) {
		return keeper;
	}
	ecoq_keeper *made = ecoq_keeper_create();
	pthread_mutex_lock(&list_mutex);
	if (shared && !shared->is_forked) {
		keeper = shared; /* another thread was faster */
		shared_users++;
	} else if (made) {
		keeper = shared = made;
		shared_users = 1;
	}
	pthread_mutex_unlock(&list_mutex);
	if (made && keeper != made) {
		ecoq_keeper_destroy(made);
	}
	return keeper;
}

/* In a forked child the parent's keeper is nobody's any more once the child has one of its own: who still holds it lets go of a struct only. */
void ecoq_keeper_release(ecoq_keeper *keeper)
{
	pthread_mutex_lock(&list_mutex);
	bool last = keeper == shared && --shared_users == 0;
	if (last) {
		shared = NULL;
	}
	pthread_mutex_unlock(&list_mutex);
	if (last) {
		ecoq_keeper_destroy(keeper);
	}
}
