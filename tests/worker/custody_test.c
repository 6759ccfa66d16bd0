#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/check.h"
#include "base/clock.h"
#include "fake_broker.h"
#include "worker/custody.h"

static int64_t now_ms(void)
{
	return ecoq_clock_monotonic_ns() / MS;
}

/* ---- What the tests begin with ---- */

static ecoq_custody *custody;
static broker b;
static size_t running; /* index of the one that was started last */

static void set(int *what, int value)
{
	pthread_mutex_lock(&mutex);
	*what = value;
	pthread_mutex_unlock(&mutex);
}

static int get(const int *what)
{
	pthread_mutex_lock(&mutex);
	int value = *what;
	pthread_mutex_unlock(&mutex);
	return value;
}

static size_t count_fate(enum fate fate, size_t from, size_t to)
{
	size_t count = 0;
	pthread_mutex_lock(&mutex);
	for (size_t i = from; i < to; i++) {
		count += b.fates[i] == fate;
	}
	pthread_mutex_unlock(&mutex);
	return count;
}

static bool reaches(enum fate fate, size_t from, size_t to)
{
	for (int i = 0; i < 10000 && count_fate(fate, from, to) < to - from; i++) {
		rest(1);
	}
	return count_fate(fate, from, to) == to - from;
}

/* In order and complete. */
static bool returned_are(size_t from, size_t to)
{
	pthread_mutex_lock(&mutex);
	bool right = b.returned == to - from;
	for (size_t i = 0; right && i < b.returned; i++) {
		right = b.order[i] == from + i;
	}
	pthread_mutex_unlock(&mutex);
	return right;
}

static void new_batch(size_t count)
{
	pthread_mutex_lock(&mutex);
	void (*presence_lost)(void *context) = b.presence_lost;
	void *context = b.context;
	b = (broker){.failure = ECOQ_UNAVAILABLE, .presence_lost = presence_lost, .context = context};
	pthread_mutex_unlock(&mutex);
	for (size_t i = 0; i < count; i++) {
		ecoq_custody_deliveries(custody)[i] = (ecoq_delivery){.number = i};
	}
	running = SIZE_MAX;
	CHECK(ecoq_custody_begin(custody, &ops, &b.transport, count));
}

static void begin_test(size_t count)
{
	b = (broker){0};
	custody = ecoq_custody_create(SIZE);
	CHECK(custody != NULL);
	new_batch(count);
}

static void end_test(void)
{
	ecoq_custody_destroy(custody);
	CHECK(!b.overlapped);
	CHECK(!b.presence_lost, "nobody is told of lost presence any more");
}

static size_t take(void)
{
	size_t count = ecoq_custody_take(custody);
	if (running + 1 < count) {
		running++;
		ecoq_custody_runs(custody, ecoq_clock_monotonic_ns());
	}
	return count;
}

static void ran(bool waits, uint8_t tag)
{
	ecoq_custody_ran(custody, running, waits, tag);
}

static void handle(int ms)
{
	take();
	rest(ms);
	ran(true, 1);
}

/* ---- Beside a running handler ---- */

static void test_slow_handler(void)
{
	uint8_t states[SIZE];
	begin_test(6);
	handle(0);
	handle(0);
	CHECK(take() == 6);
	int64_t before = now_ms();
	CHECK(reaches(SETTLED, 0, 2), "they do not wait for the slow one");
	CHECK(now_ms() - before < 400 || count_fate(BACK, 0, 6) == 3, "and what was not started stays for a while");
	CHECK(reaches(BACK, 3, 6) && now_ms() - before >= 400, "but not for long");
	CHECK(returned_are(3, 6));
	ran(false, 2);
	CHECK(take() == 3, "the batch has become shorter");
	CHECK(ecoq_custody_reclaim(custody, 3) == 3);
	ecoq_custody_collect(custody, states, 3);
	CHECK(states[0] == ECOQ_CUSTODY_SETTLED && states[1] == ECOQ_CUSTODY_SETTLED && states[2] == ECOQ_CUSTODY_OURS);
	CHECK(b.settles == 1 && b.settle_sizes[0] == 2 && b.hand_backs == 1, "one call each");
	ecoq_custody_end(custody);
	end_test();
}

/* Acknowledgements wait for no more than 20 ms of handlers that are not slow by themselves, nor for a worker that rests. */
static void test_hold(void)
{
	begin_test(3);
	handle(0);
	CHECK(reaches(SETTLED, 0, 1), "although nothing runs");
	CHECK(count_fate(BACK, 0, 3) == 0);
	CHECK(ecoq_custody_reclaim(custody, 1) == 3, "what was not given back is the caller's");
	rest(600);
	CHECK(count_fate(BACK, 0, 3) == 0 && count_fate(SETTLED, 0, 3) == 1, "alone");
	ecoq_custody_end(custody);
	end_test();
}

static void test_main_thread_transport(void)
{
	begin_test(1);
	ecoq_custody_end(custody);
	CHECK(!ecoq_custody_begin(custody, &main_thread_ops, &b.transport, 2));
	ecoq_custody_stop_all();
	ecoq_custody_surrender_all(true);
	rest(20);
	CHECK(b.settles + b.hand_backs + b.looks == 0);
	end_test();
}

static void test_lost_by_fence(void)
{
	uint8_t states[SIZE];
	begin_test(3);
	b.lost[0] = true;
	handle(0);
	handle(0);
	take();
	CHECK(reaches(SETTLED, 1, 2));
	ecoq_custody_collect(custody, states, 2);
	CHECK(states[0] == ECOQ_CUSTODY_LOST && states[1] == ECOQ_CUSTODY_SETTLED);
	ecoq_custody_end(custody);
	end_test();
}

/* ---- A broker that does not answer ---- */

/* What was tried is tried again as it was: then the broker can tell that it is the same. */
static void test_tried_again(void)
{
	uint8_t states[SIZE];
	begin_test(4);
	b.failing = 1;
	b.failure = ECOQ_UNKNOWN;
	b.executes_before_failing = true;
	handle(0);
	handle(0);
	take();
	for (int i = 0; i < 5000 && get(&b.settles) < 1; i++) {
		rest(1);
	}
	ran(true, 1);
	take();
	CHECK(reaches(SETTLED, 0, 3));
	for (int i = 0; i < 5000 && get(&b.settles) < 3; i++) {
		rest(1);
	}
	CHECK(b.settle_sizes[0] == 2 && b.settle_sizes[1] == 2 && b.settle_sizes[2] == 1);
	ecoq_custody_collect(custody, states, 3);
	CHECK(states[0] == ECOQ_CUSTODY_SETTLED && states[1] == ECOQ_CUSTODY_SETTLED && states[2] == ECOQ_CUSTODY_SETTLED);
	ecoq_custody_end(custody);
	end_test();
}

static void test_unreachable(void)
{
	uint8_t states[SIZE];
	begin_test(4);
	b.failing = 1000000;
	handle(0);
	take();
	rest(900);
	CHECK(get(&b.settles) >= 1 && get(&b.settles) < 20, "again and again, at intervals");
	ran(true, 1);
	CHECK(take() == 4, "what could not be given back is there");
	ran(true, 1);
	ecoq_custody_collect(custody, states, 3);
	CHECK(states[0] == ECOQ_CUSTODY_TRIED && states[2] == ECOQ_CUSTODY_WAITING, "and what was tried can be told from the others");
	CHECK(ecoq_custody_reclaim(custody, 3) == 4);
	ecoq_custody_end(custody);
	end_test();
}

static void test_refused(void)
{
	uint8_t states[SIZE];
	begin_test(4);
	b.failing = 1000000;
	b.failure = ECOQ_REFUSED;
	handle(0);
	take();
	rest(800);
	CHECK(get(&b.settles) == 1 && get(&b.hand_backs) < 10, "no use in repeating it");
	ecoq_custody_collect(custody, states, 1);
	CHECK(states[0] == ECOQ_CUSTODY_OURS);
	ecoq_custody_end(custody);
	end_test();
}

/* ---- Stopping ---- */

static void test_stop(void)
{
	begin_test(5);
	take();
	int64_t before = now_ms();
	ecoq_custody_stop_all();
	bool all = reaches(BACK, 1, 5);
	CHECK(all && now_ms() - before < 400, "at once");
	CHECK(returned_are(1, 5) && b.fates[0] == HELD);
	ran(false, 1);
	CHECK(take() == 1);
	ecoq_custody_end(custody);
	new_batch(3);
	CHECK(reaches(BACK, 0, 3), "and so is what comes after it");
	CHECK(take() == 0);
	ecoq_custody_end(custody);
	end_test();
}

static void on_signal(int number)
{
	(void) number;
	ecoq_custody_surrender_all(true);
}

static void test_surrender_all(void)
{
	begin_test(6);
	handle(0);
	handle(0);
	take();
	signal(SIGUSR1, on_signal);
	raise(SIGUSR1);
	CHECK(count_fate(SETTLED, 0, 2) == 2);
	CHECK(returned_are(2, 6), "the running one, too, and before the others");
	CHECK(ecoq_custody_settled(custody, 1) == 2 && ecoq_custody_settled(custody, 2) == 0);
	ecoq_custody_surrender_all(true);
	CHECK(b.hand_backs == 1, "once");
	end_test();
}

static void test_surrender_but_running(void)
{
	begin_test(4);
	b.failing = 1; /* tried before */
	handle(0);
	take();
	for (int i = 0; i < 5000 && get(&b.settles) < 1; i++) {
		rest(1);
	}
	ran(true, 3);
	take();
	ecoq_custody_surrender(custody, false);
	CHECK(count_fate(SETTLED, 0, 2) == 2 && returned_are(3, 4) && b.fates[2] == HELD);
	CHECK(ecoq_custody_settled(custody, 1) == 1 && ecoq_custody_settled(custody, 3) == 1);
	end_test();
	CHECK(b.released[0] == 1 && b.released[2] == 1 && b.released[3] == 1, "what the worker cannot release any more");
}

static void test_surrender_is_bounded(void)
{
	begin_test(3);
	handle(0);
	set(&b.slow_ms, 2500);
	take();
	rest(50); /* the keeper is in a call by now */
	int64_t before = now_ms();
	ecoq_custody_surrender(custody, true);
	int64_t took = now_ms() - before;
	CHECK(took >= 900 && took < 2000, "no longer than a second");
	set(&b.slow_ms, 0);
	end_test();
}

/* A run that was left without a word, and one within another. */
static void test_nested_and_left(void)
{
	begin_test(3);
	take();
	ecoq_custody *outer = custody;
	broker former = b;
	custody = ecoq_custody_create(SIZE);
	CHECK(ecoq_custody_begin(custody, &ops, &b.transport, 0));
	ecoq_custody_destroy(custody);
	custody = outer;
	b.presence_lost = former.presence_lost;
	b.context = former.context;
	end_test();
	CHECK(returned_are(1, 3));
}

static void test_fork(void)
{
	begin_test(3);
	take();
	pid_t child = fork();
	if (child == 0) {
		alarm(20);
		ecoq_custody_stop_all();
		ecoq_custody_surrender_all(true);
		bool untouched = ecoq_custody_settled(custody, 1) == 0 && !ecoq_custody_begin(custody, &ops, &b.transport, 1);
		ecoq_custody_destroy(custody);
		_exit(untouched && b.hand_backs == 0 ? 0 : 1);
	}
	int status = -1;
	waitpid(child, &status, 0);
	CHECK(status == 0, "a child leaves it alone");
	CHECK(b.hand_backs == 0);
	ran(true, 1);
	CHECK(ecoq_custody_reclaim(custody, 1) == 3);
	ecoq_custody_end(custody);
	end_test();
}

/* ---- Presence ---- */

static _Atomic int told;

static void on_lost(void *context)
{
	atomic_fetch_add((_Atomic int *) context, 1);
}

static void *lose_presence(void *context)
{
	(void) context;
	pthread_mutex_lock(&mutex); /* as a transport may */
	b.presence_lost(b.context);
	pthread_mutex_unlock(&mutex);
	return NULL;
}

static void lose_presence_elsewhere(void)
{
	pthread_t thread;
	pthread_create(&thread, NULL, lose_presence, NULL);
	pthread_join(thread, NULL);
}

static bool is_told(int times)
{
	for (int i = 0; i < 5000 && atomic_load(&told) < times; i++) {
		rest(1);
	}
	return atomic_load(&told) == times;
}

static void test_presence(void)
{
	begin_test(4);
	ecoq_custody_on_lost(custody, on_lost, &told);
	take();
	lose_presence_elsewhere();
	rest(50);
	CHECK(get(&b.looks) == 1 && atomic_load(&told) == 0 && !ecoq_custody_is_lost(custody), "a message that is still ours is not lost");
	ran(true, 1);
	take();
	pthread_mutex_lock(&mutex);
	b.mine = ECOQ_LOST;
	b.failing = 1; /* it takes two looks */
	b.lost[1] = b.lost[2] = true;
	pthread_mutex_unlock(&mutex);
	lose_presence_elsewhere();
	CHECK(is_told(1) && ecoq_custody_is_lost(custody));
	CHECK(reaches(BACK, 3, 4), "the others go, as far as they are ours");
	ran(false, 1);
	CHECK(take() == 2);
	ecoq_custody_end(custody);

	/* while nothing runs there is nothing to interrupt; the next one is looked at before it gets far */
	new_batch(2);
	set((int *) &b.mine, ECOQ_LOST);
	lose_presence_elsewhere();
	rest(50);
	CHECK(get(&b.looks) == 0);
	take();
	CHECK(!ecoq_custody_is_lost(custody) || atomic_load(&told) == 2);
	CHECK(is_told(2));
	ran(false, 1);
	ecoq_custody_end(custody);
	end_test();
}

/* ---- Everything at once ---- */

static atomic_bool storm_is_over;

static void *make_trouble(void *context)
{
	unsigned seed = 7;
	(void) context;
	while (!atomic_load(&storm_is_over)) {
		rest((int) (rand_r(&seed) % 4));
		pthread_mutex_lock(&mutex);
		b.slow_ms = rand_r(&seed) % 8 == 0 ? rand_r(&seed) % 12 : 0;
		b.failing = rand_r(&seed) % 8 == 0;
		b.failure = rand_r(&seed) % 2 ? ECOQ_UNKNOWN : ECOQ_UNAVAILABLE;
		b.executes_before_failing = b.failure == ECOQ_UNKNOWN;
		b.mine = rand_r(&seed) % 2 ? ECOQ_LOST : ECOQ_OK;
		if (rand_r(&seed) % 8 == 0 && b.presence_lost) {
			b.presence_lost(b.context);
		}
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

/* As the worker does it. */
static void settle_by_ourselves(const uint8_t *states, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		if (states[i] != ECOQ_CUSTODY_SETTLED && states[i] != ECOQ_CUSTODY_LOST) {
			ecoq_settlement settlement = {.delivery = &ecoq_custody_deliveries(custody)[i]};
			while (settle(&b.transport, &settlement, 1, NULL) != ECOQ_OK) {
			}
		}
	}
}

static void test_storm(void)
{
	uint8_t states[SIZE];
	unsigned seed = 42;
	pthread_t trouble;
	size_t settled = 0, back = 0, batches = 0, odd = 0;
	begin_test(1);
	ecoq_custody_end(custody);
	pthread_create(&trouble, NULL, make_trouble, NULL);
	for (int64_t until = now_ms() + 4000; now_ms() < until; batches++) {
		size_t size = 1 + rand_r(&seed) % SIZE, next = 0, collected = 0;
		bool leaves = rand_r(&seed) % 8 == 0;
		new_batch(size);
		while (!(leaves && next == size / 2) && next < take()) {
			rest(rand_r(&seed) % 16 == 0 ? rand_r(&seed) % 12 : 0);
			ran(rand_r(&seed) % 4 > 0, 0);
			next++;
			if (rand_r(&seed) % 8 == 0) {
				ecoq_custody_collect(custody, states, next);
				settle_by_ourselves(states, collected, next);
				collected = next;
			}
		}
		size_t count = ecoq_custody_reclaim(custody, next);
		ecoq_custody_collect(custody, states, next);
		settle_by_ourselves(states, collected, next);
		ecoq_custody_end(custody);
		odd += count_fate(SETTLED, 0, next) != next || count_fate(BACK, count, size) != size - count || count_fate(HELD, next, count) != count - next;
		settled += next;
		back += size - count;
	}
	atomic_store(&storm_is_over, true);
	pthread_join(trouble, NULL);
	printf("storm: %zu batches, %zu settled, %zu given back by the keeper\n", batches, settled, back);
	CHECK(odd == 0, "each was acknowledged or given back");
	b.overlapped = false; /* the caller and the keeper, on different messages */
	end_test();
}

/* What a worker pays for a message that its broker is not asked about. */
static void test_cost(void)
{
	uint8_t states[SIZE];
	begin_test(SIZE);
	int64_t before = ecoq_clock_monotonic_ns();
	int rounds = 5000;
	for (int round = 0; round < rounds; round++) {
		for (size_t next = 0; next < SIZE && next < take(); next++) {
			ran(true, 0);
		}
		ecoq_custody_collect(custody, states, SIZE);
		ecoq_custody_end(custody);
		running = SIZE_MAX;
		ecoq_custody_begin(custody, &ops, &b.transport, SIZE);
	}
	printf("cost: %ld ns per message\n", (long) ((ecoq_clock_monotonic_ns() - before) / rounds / SIZE));
	ecoq_custody_end(custody);
	b.overlapped = false;
	end_test();
}

int main(void)
{
	void (*const tests[])(void) = {test_slow_handler, test_hold, test_main_thread_transport, test_lost_by_fence, test_tried_again, test_unreachable, test_refused, test_stop,
		test_surrender_all, test_surrender_but_running, test_surrender_is_bounded, test_nested_and_left, test_fork, test_presence, test_storm, test_cost};
	for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++) {
		tests[i]();
	}
	printf("custody: %d passed, %d failed\n", passed, failed);
	return failed > 0;
}
