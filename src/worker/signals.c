#include "worker/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "SAPI.h"
#include "base/process.h"
#include "php/compat.h"
#include "worker/custody.h"
#include "zend_signal.h"

static const int watched[] = {SIGTERM, SIGINT, SIGQUIT};
#define WATCHED_COUNT (sizeof(watched) / sizeof(*watched))

/* Signals belong to the process, and only command-line processes of one thread get here; runs may nest. */
static struct sigaction former[WATCHED_COUNT];
static volatile sig_atomic_t pending;
static int pipe_ends[2] = {-1, -1};
static int nesting;
static bool application_handles;

static const struct sigaction *former_of(int number)
{
	for (size_t i = 0; i < WATCHED_COUNT; i++) {
		if (watched[i] == number) {
			return &former[i];
		}
	}
	return NULL;
}

static bool is_function(const struct sigaction *action)
{
	return (action->sa_flags & SA_SIGINFO) || (action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN);
}

/* Runs at any moment: only async-signal-safe calls. */
static void on_signal(int number, siginfo_t *info, void *context)
{
	int saved_errno = errno;
	const struct sigaction *before = former_of(number);
	if (pending && !is_function(before)) {
		/* the second one: the handler goes no further, and the process ends, as one without signal handlers */
		ecoq_custody_surrender_all(true);
		signal(number, SIG_DFL);
		sigset_t set;
		sigemptyset(&set);
		sigaddset(&set, number);
		sigprocmask(SIG_UNBLOCK, &set, NULL);
		raise(number);
	}
	pending = number;
	ecoq_process_set_ending(true);
	ssize_t written = write(pipe_ends[1], "s", 1);
	(void) written; /* a full pipe is readable, too */
	ecoq_custody_stop_all();
	if (before->sa_flags & SA_SIGINFO) {
		before->sa_sigaction(number, info, context);
	} else if (is_function(before)) {
		before->sa_handler(number);
	}
	errno = saved_errno;
}

static bool open_pipe(void)
{
	if (pipe_ends[0] < 0 && pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK) != 0) {
		pipe_ends[0] = pipe_ends[1] = -1;
	}
	return pipe_ends[0] >= 0;
}

static bool on_command_line(void)
{
	return strcmp(sapi_module.name, "cli") == 0 || strcmp(sapi_module.name, "phpdbg") == 0 || strcmp(sapi_module.name, "embed") == 0;
}

void ecoq_signals_install(void)
{
	if (nesting++ > 0 || !on_command_line() || !open_pipe()) {
		return;
	}
	char drained[16];
	while (read(pipe_ends[0], drained, sizeof(drained)) > 0) {
	}
	pending = 0;
	ecoq_process_set_ending(false);
	application_handles = false;
	struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < WATCHED_COUNT; i++) {
		zend_sigaction(watched[i], NULL, &former[i]);
		if (!is_function(&former[i]) && former[i].sa_handler == SIG_IGN) {
			continue; /* ignored by whoever started us (nohup): stays so */
		}
		zend_sigaction(watched[i], &action, NULL);
		application_handles |= is_function(&former[i]);
	}
}

void ecoq_signals_restore(void)
{
	if (--nesting > 0 || pipe_ends[0] < 0) {
		return;
	}
	ecoq_process_set_ending(false);
	for (size_t i = 0; i < WATCHED_COUNT; i++) {
		zend_sigaction(watched[i], &former[i], NULL);
	}
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	pipe_ends[0] = pipe_ends[1] = -1;
}

int ecoq_signals_pending(void)
{
	return nesting > 0 ? pending : 0;
}

int ecoq_signals_seen(void)
{
	return pending;
}

int ecoq_signals_descriptor(void)
{
	return pipe_ends[0];
}

bool ecoq_signals_dispatch(void)
{
	if (!application_handles || !pending) {
		return true;
	}
	zval name, result;
	ZVAL_STRING(&name, "pcntl_signal_dispatch");
	ZVAL_UNDEF(&result);
	if (zend_is_callable(&name, 0, NULL)) {
		call_user_function(NULL, NULL, &name, &result, 0, NULL);
	}
	zval_ptr_dtor(&result);
	zval_ptr_dtor(&name);
	return !EG(exception);
}
