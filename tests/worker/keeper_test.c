#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/check.h"
#include "base/clock.h"
#include "base/keeper.h"
#include "worker/scoreboard.h"

#define MS 1000000LL

static void rest(int ms)
{
	struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * MS};
	while (nanosleep(&left, &left) != 0) {
	}
}

/* ---- keeper ---- */

typedef struct counting {
	ecoq_timer timer;
	_Atomic int fired;
	int64_t period_ns; /* 0: once */
	_Atomic int64_t last_ns;
} counting;

static int64_t count(ecoq_timer *timer, int64_t now_ns)
{
	counting *c = (counting *) timer;
	atomic_store(&c->last_ns, now_ns);
	atomic_fetch_add(&c->fired, 1);
	return c->period_ns ? now_ns + c->period_ns : ECOQ_NEVER;
}

static bool reaches(const _Atomic int *counter, int wanted)
{
	for (int i = 0; i < 10000 && atomic_load(counter) < wanted; i++) {
		rest(1);
	}
	return atomic_load(counter) >= wanted;
}

#define COUNTING(period) \
	{ \
		.timer = {.due_ns = ECOQ_NEVER, .fire = count}, .period_ns = (period) \
	}

static void test_timers(void)
{
	counting once = COUNTING(0), often = COUNTING(5 * MS), never = COUNTING(0);
	ecoq_keeper *keeper = ecoq_keeper_create();
	CHECK(keeper && ecoq_keeper_add(keeper, &once.timer) && ecoq_keeper_add(keeper, &often.timer) && ecoq_keeper_add(keeper, &never.timer));

	int64_t due = ecoq_clock_monotonic_ns() + 30 * MS;
	ecoq_timer_arm(keeper, &once.timer, due);
	CHECK(reaches(&once.fired, 1) && atomic_load(&once.last_ns) >= due, "not before it is due");
	ecoq_timer_arm(keeper, &often.timer, 0);
	CHECK(reaches(&often.fired, 5), "periodic");
	CHECK(atomic_load(&once.fired) == 1 && atomic_load(&never.fired) == 0, "once is once");

	/* a sleep until a far instant is cut short by a nearer one */
	ecoq_keeper_remove(keeper, &often.timer);
	int fired = atomic_load(&often.fired);
	ecoq_timer_arm(keeper, &never.timer, ecoq_clock_monotonic_ns() + 3600000 * MS);
	rest(20);
	ecoq_timer_arm(keeper, &once.timer, ecoq_clock_monotonic_ns() + MS);
	CHECK(reaches(&once.fired, 2), "nearer");
	ecoq_timer_arm(keeper, &once.timer, ecoq_clock_monotonic_ns() + 3600000 * MS);
	ecoq_timer_disarm(&once.timer);
	rest(20);
	CHECK(atomic_load(&once.fired) == 2 && atomic_load(&often.fired) == fired, "neither disarmed nor removed ones fire");
	ecoq_keeper_destroy(keeper);
}

static void test_idleness(void)
{
	counting c = COUNTING(0);
	ecoq_keeper *keeper = ecoq_keeper_create();
	CHECK(ecoq_keeper_add(keeper, &c.timer));
	ecoq_timer_arm(keeper, &c.timer, 0);
	CHECK(reaches(&c.fired, 1));
	rest(30);
	uint64_t wakes = ecoq_keeper_wakes(keeper);
	rest(300);
	CHECK(ecoq_keeper_wakes(keeper) == wakes, "it sleeps while nothing is armed");
	/* what a busy worker does: arms far ahead, message after message */
	for (int i = 0; i < 100000; i++) {
		ecoq_timer_arm(keeper, &c.timer, ecoq_clock_monotonic_ns() + 3600000 * MS);
		ecoq_timer_disarm(&c.timer);
	}
	rest(30);
	/* a wake-up while it falls asleep is cheap; one per message is not */
	printf("wakes: %lu\n", (unsigned long) (ecoq_keeper_wakes(keeper) - wakes));
	CHECK(ecoq_keeper_wakes(keeper) - wakes < 1000, "nor does every message wake it");
	ecoq_keeper_destroy(keeper);
}

/* No armed instant is slept over, whatever the order in which both sides look. */
static void test_no_lost_wake(void)
{
	counting c = COUNTING(0);
	ecoq_keeper *keeper = ecoq_keeper_create();
	CHECK(ecoq_keeper_add(keeper, &c.timer));
	int lost = 0;
	for (int i = 1; i <= 2000 && !lost; i++) {
		ecoq_timer_arm(keeper, &c.timer, ecoq_clock_monotonic_ns() + (i % 7) * MS / 100);
		lost = !reaches(&c.fired, i);
	}
	CHECK(!lost);
	ecoq_keeper_destroy(keeper);
}

static void *add_and_remove(void *context)
{
	for (int i = 0; i < 300; i++) {
		counting c = COUNTING(MS / 10);
		ecoq_keeper_add(context, &c.timer);
		ecoq_timer_arm(context, &c.timer, 0);
		reaches(&c.fired, 1);
		ecoq_keeper_remove(context, &c.timer);
		int fired = atomic_load(&c.fired);
		c.period_ns = 1; /* nobody reads it any more */
		if (i % 50 == 0) {
			rest(2);
		}
		if (atomic_load(&c.fired) != fired) {
			return "fired after its removal";
		}
	}
	return NULL;
}

static void test_threads(void)
{
	counting first = COUNTING(MS);
	ecoq_keeper *keeper = ecoq_keeper_create();
	CHECK(ecoq_keeper_add(keeper, &first.timer));
	pthread_t threads[3];
	for (int i = 0; i < 3; i++) {
		pthread_create(&threads[i], NULL, add_and_remove, keeper);
	}
	for (int i = 0; i < 3; i++) {
		void *fault;
		pthread_join(threads[i], &fault);
		CHECK(fault == NULL);
	}
	ecoq_keeper_destroy(keeper);
}

static void on_signal(int number)
{
	(void) number;
}

static void *signalled_thread;
static int64_t note_thread(ecoq_timer *timer, int64_t now_ns)
{
	sigset_t blocked;
	pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	signalled_thread = sigismember(&blocked, SIGTERM) && sigismember(&blocked, SIGALRM) ? timer : NULL;
	return count(timer, now_ns);
}

static void test_signals_and_forks(void)
{
	counting c = {.timer = {.due_ns = ECOQ_NEVER, .fire = note_thread}};
	ecoq_keeper *keeper = ecoq_keeper_create();
	signal(SIGALRM, on_signal);
	CHECK(ecoq_keeper_add(keeper, &c.timer));
	ecoq_timer_arm(keeper, &c.timer, 0);
	CHECK(reaches(&c.fired, 1) && signalled_thread == &c.timer, "all signals are blocked there");
	pid_t child = fork();
	if (child == 0) {
		/* there is no thread here: nothing may wait for it */
		alarm(10);
		signal(SIGALRM, SIG_DFL);
		ecoq_timer_arm(keeper, &c.timer, 0);
		bool added = ecoq_keeper_add(keeper, &c.timer);
		ecoq_keeper_remove(keeper, &c.timer);
		ecoq_keeper_destroy(keeper);
		_exit(added ? 1 : 0);
	}
	int status;
	waitpid(child, &status, 0);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a forked child lets go");
	ecoq_timer_arm(keeper, &c.timer, 0);
	CHECK(reaches(&c.fired, 2), "the parent's works on");
	ecoq_keeper_destroy(keeper);
}

/* ---- scoreboard ---- */

#define TEXT(text) \
	(ecoq_scoreboard_text) \
	{ \
		(text), strlen(text) \
	}

typedef struct seen {
	int count;
	ecoq_scoreboard_entry entries[8];
} seen;

static void collect(void *context, const ecoq_scoreboard_entry *entry)
{
	seen *s = context;
	if (s->count < 8) {
		s->entries[s->count] = *entry;
	}
	s->count++;
}

static seen look(const char *path)
{
	seen s = {0};
	ecoq_error error;
	if (ecoq_scoreboard_read(path, collect, &s, &error) != ECOQ_OK) {
		CHECK(false, error.text);
	}
	return s;
}

static void test_entries(const char *path)
{
	ecoq_scoreboard *first, *second;
	ecoq_error error;
	struct stat whole;
	CHECK(look(path).count == 0, "no file, no workers");
	/* as it is for a moment while another process makes it: some file systems give a file its size in steps */
	CHECK(ecoq_scoreboard_join(path, &first, &error) == ECOQ_OK && stat(path, &whole) == 0);
	ecoq_scoreboard_leave(first);
	for (off_t size = 0; size < whole.st_size; size += size ? 4096 : 24) {
		CHECK(truncate(path, whole.st_size) == 0 && truncate(path, size) == 0 && (size == 0 || look(path).count == 0), "in the making");
		if (size == 0) {
			CHECK(look(path).count == 0 && ecoq_scoreboard_join(path, &first, &error) == ECOQ_OK, "empty, then made");
			ecoq_scoreboard_leave(first);
		}
	}
	CHECK(unlink(path) == 0);
	CHECK(ecoq_scoreboard_join(path, &first, &error) == ECOQ_OK && ecoq_scoreboard_join(path, &second, &error) == ECOQ_OK);
	seen s = look(path);
	CHECK(s.count == 2 && s.entries[0].pid == getpid() && s.entries[0].state == ECOQ_WORKER_STATE_STARTING && s.entries[0].process_start > 0);

	const char *channel = "orders", *endpoint = "App\\Orders::confirm-";
	ecoq_scoreboard_begin(first, TEXT(channel), TEXT(endpoint), TEXT("0190-abc"));
	ecoq_scoreboard_set_state(second, ECOQ_WORKER_STATE_IDLE);
	s = look(path);
	CHECK(s.entries[0].state == ECOQ_WORKER_STATE_HANDLING && strcmp(s.entries[0].channel, channel) == 0 && strcmp(s.entries[0].endpoint, endpoint) == 0);
	CHECK(strcmp(s.entries[0].message, "0190-abc") == 0 && s.entries[0].since_ms > 0 && s.entries[1].state == ECOQ_WORKER_STATE_IDLE);

	ecoq_scoreboard_end(first, true);
	char long_text[400];
	memset(long_text, 'x', sizeof(long_text));
	ecoq_scoreboard_begin(first, TEXT(channel), (ecoq_scoreboard_text){long_text, sizeof(long_text)}, (ecoq_scoreboard_text){NULL, 0});
	s = look(path);
	CHECK(s.entries[0].failed == 1 && s.entries[0].handled == 0 && strlen(s.entries[0].endpoint) == 127 && s.entries[0].message[0] == '\0');
	ecoq_scoreboard_end(first, false);
	CHECK(look(path).entries[0].handled == 1 && look(path).entries[0].endpoint[0] == '\0', "what is done is not shown");

	ecoq_scoreboard_leave(first);
	CHECK(look(path).count == 1);
	CHECK(ecoq_scoreboard_join(path, &first, &error) == ECOQ_OK && look(path).entries[0].handled == 0, "the slot is used again, empty");
	ecoq_scoreboard_leave(first);
	ecoq_scoreboard_leave(second);
	ecoq_scoreboard_leave(NULL);
	CHECK(look(path).count == 0);
}

static void wait_for(int descriptor)
{
	char byte;
	ssize_t got = read(descriptor, &byte, 1);
	(void) got;
}

static void test_the_dead(const char *path)
{
	int ready[2], stay[2], status;
	ecoq_error error;
	ecoq_scoreboard *board;
	CHECK(pipe(ready) == 0 && pipe(stay) == 0);
	pid_t child = fork();
	if (child == 0) {
		close(stay[1]);
		ecoq_scoreboard_join(path, &board, &error);
		ecoq_scoreboard_begin(board, TEXT("slow"), TEXT("hangs"), TEXT("m1"));
		/* a background child, which must not keep the slot: it was forked, then nothing more */
		if (fork() == 0) {
			ssize_t told = write(ready[1], "b", 1);
			(void) told;
			wait_for(stay[0]);
			ecoq_scoreboard_end(board, false);
			ecoq_scoreboard_leave(board);
			_exit(0);
		}
		ssize_t written = write(ready[1], "r", 1);
		(void) written;
		for (;;) {
			pause();
		}
	}
	wait_for(ready[0]);
	wait_for(ready[0]);
	CHECK(look(path).count == 1 && look(path).entries[0].state == ECOQ_WORKER_STATE_HANDLING && look(path).entries[0].pid == child);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	seen s = look(path);
	CHECK(s.count == 1 && s.entries[0].state == ECOQ_WORKER_STATE_DEAD && strcmp(s.entries[0].message, "m1") == 0, "what it was doing when it died");
	close(stay[0]);
	close(stay[1]); /* the grandchild goes on, and writes nothing */
	rest(100);
	CHECK(look(path).entries[0].state == ECOQ_WORKER_STATE_DEAD);

	/* free slots first; then the dead one's */
	ecoq_scoreboard *boards[ECOQ_SCOREBOARD_SLOTS + 1];
	int joined = 0;
	ecoq_result result = ECOQ_OK;
	while (joined <= ECOQ_SCOREBOARD_SLOTS && (result = ecoq_scoreboard_join(path, &boards[joined], &error)) == ECOQ_OK) {
		joined++;
		if (joined == ECOQ_SCOREBOARD_SLOTS - 1) {
			CHECK(look(path).entries[0].state == ECOQ_WORKER_STATE_DEAD, "the dead one's slot comes last");
		}
	}
	CHECK(joined == ECOQ_SCOREBOARD_SLOTS && result == ECOQ_REFUSED && strstr(error.text, "no free slot"), "full");
	ecoq_scoreboard_killed(boards[0], "hung");
	for (int i = 0; i < joined; i++) {
		ecoq_scoreboard_leave(boards[i]);
	}
	CHECK(look(path).count == 0);
}

static void expect_refusal(const char *path, const char *text)
{
	ecoq_scoreboard *board;
	ecoq_error error = {0};
	CHECK(ecoq_scoreboard_join(path, &board, &error) != ECOQ_OK && board == NULL && strstr(error.text, text), error.text);
}

static void test_bad_files(const char *folder)
{
	char path[512], target[512];
	snprintf(target, sizeof(target), "%s/target", folder);
	snprintf(path, sizeof(path), "%s/link", folder);
	close(open(target, O_CREAT | O_RDWR, 0600));
	CHECK(symlink(target, path) == 0);
	expect_refusal(path, "symbolic link");
	snprintf(path, sizeof(path), "%s/shared", folder);
	int descriptor = open(path, O_CREAT | O_RDWR, 0600);
	fchmod(descriptor, 0644);
	expect_refusal(path, "only this user");
	fchmod(descriptor, 0600);
	CHECK(ftruncate(descriptor, 1 << 20) == 0);
	expect_refusal(path, "no scoreboard of this version");
	close(descriptor);
	snprintf(path, sizeof(path), "%s/none/board", folder);
	expect_refusal(path, "cannot be opened");
	snprintf(path, sizeof(path), "%s/fifo", folder);
	CHECK(mkfifo(path, 0600) == 0);
	expect_refusal(path, "only this user");
	if (geteuid() == 0) {
		snprintf(path, sizeof(path), "%s/foreign", folder);
		close(open(path, O_CREAT | O_RDWR, 0600));
		CHECK(chown(path, 65534, 65534) == 0);
		expect_refusal(path, "only this user");
	}
}

/* One writes, another reads: what is read belongs together. */
static _Atomic bool done;

static void *write_on(void *context)
{
	static const char *const channels[] = {"aaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbb"};
	static const char *const endpoints[] = {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"};
	for (int i = 0; i < 4000; i++) {
		const char *channel = channels[i & 1];
		ecoq_scoreboard_begin(context, TEXT(channel), TEXT(endpoints[i & 1]), TEXT(channel));
		/* a worker writes once per message, not without a pause */
		for (int j = 0; j < 1000; j++) {
			ecoq_clock_monotonic_ns();
		}
	}
	atomic_store(&done, true);
	return NULL;
}

static void test_readers(const char *path)
{
	ecoq_scoreboard *board;
	ecoq_error error;
	pthread_t thread;
	int torn = 0, looks = 0;
	CHECK(ecoq_scoreboard_join(path, &board, &error) == ECOQ_OK);
	ecoq_scoreboard_begin(board, TEXT("a"), TEXT("a"), TEXT("a"));
	pthread_create(&thread, NULL, write_on, board);
	while (!atomic_load(&done)) {
		seen s = look(path);
		ecoq_scoreboard_entry *entry = &s.entries[0];
		torn += entry->channel[0] != entry->message[0] || entry->channel[0] != entry->endpoint[0] || strspn(entry->endpoint, "a") % 40 > 1;
		looks++;
	}
	pthread_join(thread, NULL);
	CHECK(torn == 0 && looks > 0);
	ecoq_scoreboard_leave(board);
}

static void measure(const char *path)
{
	ecoq_scoreboard *board;
	ecoq_error error;
	const int rounds = 1000000;
	CHECK(ecoq_scoreboard_join(path, &board, &error) == ECOQ_OK);
	ecoq_scoreboard_text channel = TEXT("orders"), endpoint = TEXT("App\\Orders::confirm"), id = TEXT("0190b0e0-1111-7222-8333-444444444444");
	int64_t start = ecoq_clock_monotonic_ns();
	for (int i = 0; i < rounds; i++) {
		ecoq_scoreboard_begin(board, channel, endpoint, id);
		ecoq_scoreboard_end(board, false);
	}
	printf("scoreboard: %.1f ns per message\n", (double) (ecoq_clock_monotonic_ns() - start) / rounds);
	ecoq_scoreboard_leave(board);
}

int main(int argc, char **argv)
{
	char path[512], folder[256];
	snprintf(folder, sizeof(folder), "%s/%ld", argc > 1 ? argv[1] : "/tmp", (long) getpid());
	mkdir(folder, 0700);
	snprintf(path, sizeof(path), "%s/scoreboard", folder);
	test_timers();
	test_idleness();
	test_no_lost_wake();
	test_threads();
	test_signals_and_forks();
	test_entries(path);
	test_the_dead(path);
	test_bad_files(folder);
	test_readers(path);
	measure(path);
	printf("%d passed, %d failed\n", passed, failed);
	return failed != 0;
}
