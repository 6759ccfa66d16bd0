#include "worker/restart.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

#define VARIABLE "ECOQ_RESTART"
#define QUICK_DEATH_NS (1000 * 1000000LL)
#define FIRST_PAUSE_MS 1000
#define LONGEST_PAUSE_MS 30000
#define INHERITED_MAX 256 /* descriptors that are looked at */

/* Written in MINIT, before any other thread, and read only afterwards; one process, one of each. */
static struct {
	bool is_prepared;
	char program[PATH_MAX];
	char directory[PATH_MAX];
	char *arguments; /* argv[0] NUL argv[1] NUL … */
	char **argv;
	char **environment; /* its own copies; the last but one entry is `handover` */
	size_t variables;
	sigset_t signal_mask;
	bool inherited[INHERITED_MAX];
} start;

static char handover[1024];
static bool is_requested, has_carried;
static ecoq_worker_carried former, requested;

/* ---- What is handed over ---- */

#define CARRIED_NUMBERS 16

/* In the order they are written; both ends are the same build, or the pid does not fit. */
static void numbers_of(ecoq_worker_carried *c, int64_t **numbers)
{
	int64_t *const all[CARRIED_NUMBERS] = {&c->executed, &c->executed_failed, &c->restarts, &c->quick_deaths, &c->counts.handled, &c->counts.failed,
		&c->counts.retried, &c->counts.dead_lettered, &c->counts.dropped, &c->counts.expired, &c->counts.duplicates, &c->counts.postponed,
		&c->counts.forwarded, &c->counts.lost, &c->counts.started_ns, &c->born_ns};
	memcpy(numbers, all, sizeof(all));
}

static void write_handover(const ecoq_worker_carried *carried)
{
	ecoq_worker_carried copy = *carried;
	int64_t *numbers[CARRIED_NUMBERS];
	numbers_of(&copy, numbers);
	int size = snprintf(handover, sizeof(handover), VARIABLE "=%ld", (long) getpid());
	for (size_t i = 0; i < CARRIED_NUMBERS; i++) {
		size += snprintf(handover + size, sizeof(handover) - (size_t) size, ":%" PRId64, *numbers[i]);
	}
}

/* Anything that does not look as it must, or was meant for another process, is not for us. */
static bool read_handover(const char *text, ecoq_worker_carried *carried)
{
	char *at;
	int64_t *numbers[CARRIED_NUMBERS];
	ecoq_worker_carried read = {0};
	numbers_of(&read, numbers);
	if (strtol(text, &at, 10) != (long) getpid()) {
		return false;
	}
	for (size_t i = 0; i < CARRIED_NUMBERS; i++) {
		if (*at != ':') {
			return false;
		}
		*numbers[i] = strtoll(at + 1, &at, 10);
		if (*numbers[i] < 0) {
			return false;
		}
	}
	*carried = read;
	return *at == '\0';
}

/* ---- What is copied ---- */

static bool copy_command_line(void)
{
	int descriptor = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	size_t size = 0, capacity = 0;
	for (ssize_t got = 1; descriptor >= 0 && got > 0; size += got > 0 ? (size_t) got : 0) {
		if (capacity - size < 2) {
			char *grown = realloc(start.arguments, capacity = capacity * 2 + 4096);
			if (!grown) {
				break;
			}
			start.arguments = grown;
		}
		got = read(descriptor, start.arguments + size, capacity - size - 1);
	}
	if (descriptor >= 0) {
		close(descriptor);
	}
	size_t count = 0;
	for (size_t i = 0; i < size; i++) {
		count += start.arguments[i] == '\0';
	}
	start.argv = count ? calloc(count + 1, sizeof(*start.argv)) : NULL;
	for (size_t i = 0, at = 0; start.argv && i < count; i++) {
		start.argv[i] = start.arguments + at;
		at += strlen(start.arguments + at) + 1;
	}
	return start.argv != NULL;
}

static bool copy_environment(void)
{
	size_t count = 0;
	while (environ && environ[count]) {
		count++;
	}
	start.environment = calloc(count + 2, sizeof(*start.environment));
	for (; start.environment && start.variables < count; start.variables++) {
		if (!(start.environment[start.variables] = strdup(environ[start.variables]))) {
			return false;
		}
	}
	return start.environment != NULL;
}

static void note_inherited(void)
{
	for (int descriptor = 0; descriptor < INHERITED_MAX; descriptor++) {
		int flags = fcntl(descriptor, F_GETFD);
		start.inherited[descriptor] = flags >= 0 && !(flags & FD_CLOEXEC);
	}
}

void ecoq_restart_minit(void)
{
	const char *text = getenv(VARIABLE);
	if (text) {
		has_carried = read_handover(text, &former);
		unsetenv(VARIABLE);
	}
	ssize_t size = readlink("/proc/self/exe", start.program, sizeof(start.program) - 1);
	pthread_sigmask(SIG_SETMASK, NULL, &start.signal_mask);
	note_inherited();
	start.is_prepared = size > 0 && getcwd(start.directory, sizeof(start.directory)) && copy_command_line() && copy_environment();
}

bool ecoq_restart_carried(ecoq_worker_carried *carried)
{
	bool first = has_carried;
	if (first) {
		*carried = former;
		has_carried = false;
	}
	return first;
}

const char *ecoq_restart_obstacle(const char *script)
{
	struct stat status;
	if (!start.is_prepared) {
		return "its command line could not be read";
	}
	return script && stat(script, &status) == 0 && S_ISREG(status.st_mode) ? NULL : "its code is not in a file";
}

/* ---- Starting again ---- */

/* What this process opened must not stay open: a socket would keep a dead owner's lock. */
static void close_at_exec(void)
{
	struct rlimit limit;
	int end = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 65536 ? (int) limit.rlim_cur : 65536;
	for (int descriptor = 3; descriptor < end; descriptor++) {
		int flags = descriptor < INHERITED_MAX && start.inherited[descriptor] ? -1 : fcntl(descriptor, F_GETFD);
		if (flags >= 0 && !(flags & FD_CLOEXEC)) {
			fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC);
		}
	}
}

void ecoq_restart_now(const ecoq_worker_carried *carried)
{
	ecoq_worker_carried next = *carried;
	bool was_quick = ecoq_clock_monotonic_ns() - next.born_ns < QUICK_DEATH_NS;
	next.restarts++;
	next.quick_deaths = was_quick ? next.quick_deaths + 1 : 0;
	write_handover(&next);
	start.environment[start.variables] = handover;
	if (chdir(start.directory) != 0) {
		return;
	}
	close_at_exec();
	pthread_sigmask(SIG_SETMASK, &start.signal_mask, NULL);
	execve(start.program, start.argv, start.environment);
	/* the file was removed: what runs is still there */
	execve("/proc/self/exe", start.argv, start.environment);
}

int64_t ecoq_restart_pause_ms(const ecoq_worker_carried *carried)
{
	int64_t shift = carried->quick_deaths - 1;
	if (shift < 0) {
		return 0;
	}
	return shift > 4 ? LONGEST_PAUSE_MS : (FIRST_PAUSE_MS << shift) < LONGEST_PAUSE_MS ? FIRST_PAUSE_MS << shift
																					   : LONGEST_PAUSE_MS;
}

void ecoq_restart_request(const ecoq_worker_carried *carried)
{
	requested = *carried;
	is_requested = true;
}

void ecoq_restart_mshutdown(void)
{
	if (is_requested) {
		static const char text[] = "ecoq: the worker could not start itself again\n";
		fflush(NULL);
		ecoq_restart_now(&requested);
		ssize_t written = write(STDERR_FILENO, text, sizeof(text) - 1);
		(void) written;
	}
	for (size_t i = 0; i < start.variables; i++) {
		free(start.environment[i]);
	}
	free(start.environment);
	free(start.argv);
	free(start.arguments);
	start.environment = start.argv = NULL;
	start.arguments = NULL;
	start.variables = 0;
	start.is_prepared = false;
}
