#include "worker/watchdog.h"

#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/process.h"
#include "main/php_open_temporary_file.h"
#include "php/exceptions.h"
#include "php_ecoq.h"
#include "base/keeper.h"
#include "worker/restart.h"
#include "worker/scoreboard.h"

#define NS_PER_MS 1000000LL
#define REPEAT_NS (100 * NS_PER_MS) /* a handler may swallow the exception */
#define GRACE_REPEATS 10            /* exceptions until the process is ended: counted, since a stopped process must not find its time over when it is resumed */
/* Other workers may take a message from the instant on at which the channel's time-out has passed since it was reserved: the failure is to be
 * settled before that. */
#define LEAD_MS_MOST 100
#define EXIT_HUNG 124 /* as timeout(1) */

#define NOTHING UINT64_C(0)
#define KILLING UINT64_MAX

/* Why a handler is interrupted. */
enum reason {
	REASON_LOST, /* its message belongs to another worker by now */
	REASON_TIME_OUT,
	REASONS
};

/* In malloc's memory, since keepers' threads read it. Where that thread may look, access is atomic, or ordered by `handling`. */
struct ecoq_watchdog {
	ecoq_watchdog *outer;
	ecoq_loop *loop;             /* gone after a bailout */
	ecoq_custody *custody;       /* the loop's, ended with this */
	ecoq_scoreboard *scoreboard; /* NULL: none */
	ecoq_keeper *keeper;         /* NULL: no handler had a time-out so far */
	ecoq_timer timer;
	zend_atomic_bool *vm_interrupt; /* of this thread: the one word of the engine that the keeper writes */
	bool can_restart;
	bool keeper_failed;
	bool is_handling;
	unsigned process;                 /* whose worker it is: forked children have nothing to do with it */
	uint64_t ticket, last_ticket;     /* of the handler that runs, or NOTHING; each run has another one */
	_Atomic uint64_t handling;        /* the same for the keeper, which may turn it into KILLING: then the worker's thread goes no further */
	_Atomic uint64_t wanted[REASONS]; /* for which handling its exception is wanted */
	_Atomic int64_t soft_ns;          /* when */
	uint64_t reminded;                /* the keeper's own: which handling it asks for an exception, and how often it did */
	int reminders;
	int64_t started_ns, timeout_ms;
	ecoq_bytes channel, endpoint, message; /* borrowed for the time of the handling */
	ecoq_worker_carried carried;           /* as of the beginning of the handling */
};

ZEND_TLS ecoq_watchdog *innermost;
static void (*former_interrupt)(zend_execute_data *execute_data);

/* ---- Hard: on the keeper's thread, while the worker's own hangs ---- */

/* Message ids come from outside: nothing that could steer a terminal. */
static const char *printable(ecoq_bytes text, char *out, size_t capacity)
{
	size_t size = text.size < capacity - 1 ? text.size : capacity - 1;
	for (size_t i = 0; i < size; i++) {
		char c = text.data[i];
		out[i] = c >= 0x20 && c < 0x7f ? c : '?';
	}
	out[size] = '\0';
	return out;
}

static void write_line(const char *text, size_t size)
{
	ssize_t written = write(STDERR_FILENO, text, size);
	(void) written;
}

/* What waits is acknowledged, what was not started is given back, as far as the keeper can; what runs is left to come back as a suspect. */
static void surrender(ecoq_watchdog *dog)
{
	for (ecoq_watchdog *d = dog; d; d = d->outer) {
		ecoq_custody_surrender(d->custody, false);
	}
	for (ecoq_outcome outcome = ECOQ_OUTCOME_HANDLED; outcome <= ECOQ_OUTCOME_FORWARDED; outcome++) {
		*ecoq_worker_counter(&dog->carried.counts, outcome) += ecoq_custody_settled(dog->custody, (uint8_t) outcome);
	}
}

static ZEND_NORETURN void end_process(ecoq_watchdog *dog, int64_t now_ns)
{
	char channel[128], endpoint[256], message[128], note[128], line[1024];
	double hung_for = (double) (now_ns - dog->started_ns) / 1e9;
	snprintf(note, sizeof(note), "hung for %.1f s (time-out %.1f s)", hung_for, (double) dog->timeout_ms / 1e3);
	int size = snprintf(line, sizeof(line), "ecoq: channel \"%s\": handler %s %s on message %s and did not react: process %ld %s; the message is tried again\n",
		printable(dog->channel, channel, sizeof(channel)), printable(dog->endpoint, endpoint, sizeof(endpoint)), note,
		printable(dog->message, message, sizeof(message)), (long) getpid(), dog->can_restart ? "starts again" : "is ended");
	write_line(line, (size_t) size);
	ecoq_scoreboard_killed(dog->scoreboard, note);
	surrender(dog);
	if (dog->can_restart) {
		ecoq_restart_now(&dog->carried);
	}
	_exit(EXIT_HUNG);
}

/* On a keeper's thread. */
static void want(ecoq_watchdog *dog, enum reason reason, uint64_t ticket)
{
	atomic_store(&dog->wanted[reason], ticket);
	zend_atomic_bool_store_ex(dog->vm_interrupt, true);
}

static int64_t on_time_out(ecoq_timer *timer, int64_t now_ns)
{
	ecoq_watchdog *dog = (ecoq_watchdog *) ((char *) timer - XtOffsetOf(ecoq_watchdog, timer));
	uint64_t ticket = atomic_load(&dog->handling);
	int64_t soft_ns = atomic_load(&dog->soft_ns);
	if (ticket == NOTHING || now_ns < soft_ns) {
		return ticket == NOTHING ? ECOQ_NEVER : soft_ns;
	}
	dog->reminders = dog->reminded == ticket ? dog->reminders + 1 : 0;
	dog->reminded = ticket;
	if (dog->reminders >= GRACE_REPEATS && atomic_compare_exchange_strong(&dog->handling, &ticket, KILLING)) {
		end_process(dog, now_ns);
	}
	want(dog, REASON_TIME_OUT, ticket);
	return now_ns + REPEAT_NS;
}

/* On the custody's thread, which keeps the worker's from going on to another message meanwhile. */
static void on_lost(void *context)
{
	ecoq_watchdog *dog = context;
	uint64_t ticket = atomic_load(&dog->handling);
	if (ticket != NOTHING && ticket != KILLING) {
		want(dog, REASON_LOST, ticket);
	}
}

/* ---- Soft: the engine calls this between two opcodes, or after an internal function, once vm_interrupt is set ---- */

static bool is_ours(const zend_execute_data *frame)
{
	return frame && frame->func && frame->func->type == ZEND_INTERNAL_FUNCTION && frame->func->internal_function.module
		&& frame->func->internal_function.module->name == ecoq_module_entry.name;
}

static void throw_time_out(const ecoq_watchdog *dog)
{
	char message[128];
	zend_throw_exception_ex(ecoq_ce_HandlerTimeoutException, 0, "Handler %.*s reached its time-out of " ZEND_LONG_FMT " ms (channel \"%.*s\", message %s)",
		(int) dog->endpoint.size, dog->endpoint.data, (zend_long) dog->timeout_ms, (int) dog->channel.size, dog->channel.data,
		printable(dog->message, message, sizeof(message)));
}

static void throw_lost(const ecoq_watchdog *dog)
{
	char message[128];
	zend_throw_exception_ex(ecoq_ce_OwnershipLostException, 0, "Handler %.*s is interrupted: message %s of channel \"%.*s\" belongs to another worker by now; what was done for it may be done twice",
		(int) dog->endpoint.size, dog->endpoint.data, printable(dog->message, message, sizeof(message)), (int) dog->channel.size, dog->channel.data);
}

static void (*const throwers[REASONS])(const ecoq_watchdog *dog) = {
	[REASON_LOST] = throw_lost,
	[REASON_TIME_OUT] = throw_time_out,
};

/* Only into the handler itself: not while ecoq's own code, which it called, is at work, nor once it has returned (committing, settling). */
static void interrupt(ecoq_watchdog *dog)
{
	enum reason reason = REASON_LOST;
	while (reason < REASONS && atomic_load(&dog->wanted[reason]) != dog->ticket) {
		reason++;
	}
	if (dog->ticket == NOTHING || reason == REASONS || !dog->loop->messaging->current || EG(exception)) {
		return;
	}
	if (is_ours(EG(current_execute_data))) {
		zend_atomic_bool_store_ex(&EG(vm_interrupt), true);
		return;
	}
	atomic_store(&dog->wanted[reason], NOTHING);
	throwers[reason](dog);
}

static void on_interrupt(zend_execute_data *execute_data)
{
	if (former_interrupt) {
		former_interrupt(execute_data);
	}
	for (ecoq_watchdog *dog = innermost; dog; dog = dog->outer) {
		interrupt(dog);
	}
}

/* ---- Around a handler ---- */

static int64_t timeout_of(const ecoq_execution *execution)
{
	return execution->endpoint && execution->endpoint->timeout_ms > 0 ? execution->endpoint->timeout_ms : execution->channel->timeout_ms;
}

static bool has_keeper(ecoq_watchdog *dog)
{
	static const char text[] = "ecoq: no thread could be started: handlers that hang are not interrupted\n";
	if (dog->keeper || dog->keeper_failed) {
		return dog->keeper != NULL;
	}
	dog->keeper = ecoq_keeper_create();
	if (dog->keeper && !ecoq_keeper_add(dog->keeper, &dog->timer)) {
		ecoq_keeper_destroy(dog->keeper);
		dog->keeper = NULL;
	}
	if (!dog->keeper) {
		dog->keeper_failed = true;
		write_line(text, sizeof(text) - 1);
	}
	return dog->keeper != NULL;
}

/* From here on nothing is thrown any more: the ticket is gone. */
static void disarm(ecoq_watchdog *dog)
{
	uint64_t expected = dog->ticket;
	if (expected == NOTHING) {
		return;
	}
	ecoq_timer_disarm(&dog->timer);
	while (!atomic_compare_exchange_strong(&dog->handling, &expected, NOTHING) && expected == KILLING) {
		pause();
	}
	dog->ticket = NOTHING;
}

/* Without a time-out it can be interrupted all the same. */
static void arm(ecoq_watchdog *dog, const ecoq_execution *execution, int64_t timeout_ms)
{
	int64_t lead_ms = timeout_ms == execution->channel->timeout_ms ? MIN(timeout_ms / 10, LEAD_MS_MOST) : 0;
	dog->ticket = ++dog->last_ticket;
	if (timeout_ms == 0) {
		atomic_store_explicit(&dog->soft_ns, ECOQ_NEVER, memory_order_relaxed);
		atomic_store_explicit(&dog->handling, dog->ticket, memory_order_release);
		return;
	}
	dog->started_ns = execution->started_ns;
	dog->timeout_ms = timeout_ms;
	int64_t soft_ns = dog->started_ns + (timeout_ms - lead_ms) * NS_PER_MS;
	atomic_store_explicit(&dog->soft_ns, soft_ns, memory_order_relaxed);
	atomic_store_explicit(&dog->handling, dog->ticket, memory_order_release);
	ecoq_timer_arm(dog->keeper, &dog->timer, soft_ns);
}

/* What a new self is told. An execution that never ends has failed. */
static void note_progress(ecoq_watchdog *dog, int64_t unfinished)
{
	dog->carried.counts = dog->loop->counts;
	dog->carried.counts.failed += unfinished;
	dog->carried.executed = dog->loop->executed + unfinished;
	dog->carried.executed_failed = dog->loop->executed_failed + unfinished;
}

/* What is timed is the handler alone, in each of its tries: not what ecoq does before and after it, in the database for instance. When the keeper has
 * decided meanwhile, the process ends before the handler can have returned. */
static void on_handler(ecoq_execution *execution, bool begins)
{
	ecoq_watchdog *dog = execution->watch_context;
	bool is_kept = dog->loop->batch.is_kept;
	if (begins) {
		int64_t timeout_ms = timeout_of(execution);
		timeout_ms = timeout_ms > 0 && has_keeper(dog) ? timeout_ms : 0;
		if (timeout_ms > 0 || is_kept) {
			arm(dog, execution, timeout_ms);
		}
		if (is_kept) {
			ecoq_custody_runs(dog->custody, execution->started_ns);
		}
	} else {
		disarm(dog);
	}
	if (is_kept && ecoq_custody_is_lost(dog->custody)) {
		execution->is_lost = !begins;
		if (begins) {
			want(dog, REASON_LOST, dog->ticket);
		}
	}
}

void ecoq_handling_begin(ecoq_loop *loop, ecoq_execution *execution)
{
	ecoq_watchdog *dog = loop->watchdog;
	if (!dog || execution->is_decided) {
		return;
	}
	const zend_string *channel = execution->channel->name, *endpoint = execution->endpoint ? execution->endpoint->id : NULL;
	execution->watch = on_handler;
	execution->watch_context = dog;
	dog->is_handling = true;
	dog->channel = (ecoq_bytes){ZSTR_VAL(channel), ZSTR_LEN(channel)};
	dog->endpoint = endpoint ? (ecoq_bytes){ZSTR_VAL(endpoint), ZSTR_LEN(endpoint)} : ECOQ_NO_BYTES;
	dog->message = execution->has_envelope ? execution->envelope.id.text : ECOQ_NO_BYTES;
	ecoq_scoreboard_begin(dog->scoreboard, (ecoq_scoreboard_text){dog->channel.data, dog->channel.size},
		(ecoq_scoreboard_text){dog->endpoint.data, dog->endpoint.size}, (ecoq_scoreboard_text){dog->message.data, dog->message.size});
	if (dog->can_restart) {
		note_progress(dog, 1);
	}
}

void ecoq_handling_end(ecoq_loop *loop, const ecoq_execution *execution)
{
	ecoq_watchdog *dog = loop->watchdog;
	if (dog && dog->is_handling) {
		dog->is_handling = false;
		disarm(dog); /* the engine may have unwound through the handler */
		ecoq_scoreboard_end(dog->scoreboard, execution->failed);
	}
}

/* ---- Around a run ---- */

void ecoq_scoreboard_path(char *out, size_t capacity)
{
	const char *setting = zend_ini_string("ecoq.scoreboard", sizeof("ecoq.scoreboard") - 1, 0);
	if (setting && strcmp(setting, "auto") != 0) {
		snprintf(out, capacity, "%s", setting);
	} else {
		snprintf(out, capacity, "%s/ecoq-%lu.scoreboard", php_get_temporary_directory(), (unsigned long) geteuid());
	}
}

static void join_scoreboard(ecoq_watchdog *dog)
{
	char path[MAXPATHLEN], line[ECOQ_ERROR_TEXT + 32];
	ecoq_error error;
	ecoq_scoreboard_path(path, sizeof(path));
	if (path[0] && ecoq_scoreboard_join(path, &dog->scoreboard, &error) != ECOQ_OK) {
		int size = snprintf(line, sizeof(line), "ecoq: %s\n", error.text);
		write_line(line, (size_t) size);
	}
}

void ecoq_watchdog_start(ecoq_loop *loop)
{
	ecoq_watchdog *dog = calloc(1, sizeof(*dog));
	loop->watchdog = dog;
	if (!dog) {
		return;
	}
	dog->loop = loop;
	dog->process = ecoq_process_mark();
	dog->outer = innermost;
	dog->can_restart = loop->options.can_restart;
	dog->vm_interrupt = &EG(vm_interrupt);
	dog->timer.fire = on_time_out;
	dog->custody = loop->custody;
	ecoq_custody_on_lost(dog->custody, on_lost, dog);
	atomic_init(&dog->timer.due_ns, ECOQ_NEVER);
	if (loop->options.carried) {
		dog->carried = *loop->options.carried;
	}
	dog->carried.born_ns = ecoq_clock_monotonic_ns();
	dog->carried.counts = loop->counts;
	join_scoreboard(dog);
	innermost = dog;
}

static void end(ecoq_watchdog *dog)
{
	if (dog->keeper) {
		ecoq_keeper_destroy(dog->keeper);
	}
	ecoq_custody_destroy(dog->custody); /* it tells the watchdog of lost messages */
	ecoq_scoreboard_leave(dog->scoreboard);
	free(dog);
}

void ecoq_watchdog_stop(ecoq_loop *loop)
{
	if (loop->watchdog) {
		innermost = loop->watchdog->outer;
		end(loop->watchdog);
		loop->watchdog = NULL;
	} else {
		ecoq_custody_destroy(loop->custody);
	}
}

void ecoq_watchdog_spent(ecoq_loop *loop)
{
	if (loop->watchdog && loop->watchdog->process == ecoq_process_mark()) {
		surrender(loop->watchdog);
	}
}

void ecoq_watchdog_tell(ecoq_loop *loop, ecoq_worker_state state)
{
	if (loop->watchdog) {
		ecoq_scoreboard_set_state(loop->watchdog->scoreboard, state);
	}
}

bool ecoq_watchdog_abandon(ecoq_worker_carried *carried)
{
	bool any = innermost && innermost->process == ecoq_process_mark();
	if (any) {
		*carried = innermost->carried;
	}
	ecoq_watchdog_rshutdown();
	return any;
}

void ecoq_watchdog_rshutdown(void)
{
	while (innermost) {
		ecoq_watchdog *outer = innermost->outer;
		end(innermost);
		innermost = outer;
	}
}

void ecoq_watchdog_minit(void)
{
	former_interrupt = zend_interrupt_function;
	zend_interrupt_function = on_interrupt;
}

void ecoq_watchdog_mshutdown(void)
{
	ecoq_watchdog_rshutdown();
	if (zend_interrupt_function == on_interrupt) {
		zend_interrupt_function = former_interrupt;
	}
}
