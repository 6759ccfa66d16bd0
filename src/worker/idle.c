#include <poll.h>

#include "base/clock.h"
#include "worker/loop.h"
#include "worker/signals.h"

/* A look at a channel that cannot wake the worker comes soon after the last message and then less and less often. */
#define FIRST_LOOK_MS 1
#define LONGEST_LOOK_MS 40
/* When nothing has come for long, a fiftieth of that time, up to this. */
#define DROWSY_LOOK_MS 150
/* A channel that can wake it is looked at all the same: for what dead workers left. */
#define FALLBACK_LOOK_MS 500
/* After a wake-up a message may take that long to become visible. */
#define SETTLING_MS 250
#define FREE_WAKES 4 /* in a row that are answered at once */
#define MAX_DESCRIPTORS 64

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t look_interval(const ecoq_loop *loop, const ecoq_worker_channel *of, int64_t idle_ms)
{
	int own = of->channel->ops->poll_interval_ms;
	int64_t longest = loop->options.sleep_ms > 0 ? loop->options.sleep_ms : own > 0 ? own
																					: LONGEST_LOOK_MS;
	int64_t drowsy = least(idle_ms / 50, DROWSY_LOOK_MS);
	if (loop->options.sleep_ms <= 0 && drowsy > longest) {
		return drowsy;
	}
	return least(idle_ms / 4 > FIRST_LOOK_MS ? idle_ms / 4 : FIRST_LOOK_MS, longest);
}

bool ecoq_idle_is_answered(const ecoq_loop *loop)
{
	for (size_t i = 0; i < loop->channel_count; i++) {
		if (loop->channels[i].retry_at_ms > 0 && loop->channels[i].look_every_ms == 0) {
			return false;
		}
	}
	return true;
}

int64_t ecoq_idle_left_ms(const ecoq_loop *loop)
{
	if (loop->options.idle_limit_ms <= 0 || !ecoq_idle_is_answered(loop)) {
		return INT64_MAX;
	}
	return loop->quiet_since_ms + loop->options.idle_limit_ms - ecoq_clock_monotonic_ms();
}

/* Until the channel is to be looked at again, from what is known about it. */
static int64_t channel_wait(const ecoq_loop *loop, const ecoq_worker_channel *of, int64_t idle_ms, int descriptor)
{
	int64_t now = ecoq_clock_monotonic_ms();
	if (of->retry_at_ms > 0) {
		return of->retry_at_ms > now ? of->retry_at_ms - now : 0;
	}
	if (of->look_every_ms > 0) {
		return of->looked_at_ms + of->look_every_ms > now ? of->looked_at_ms + of->look_every_ms - now : 0;
	}
	int64_t wait = descriptor < 0 ? look_interval(loop, of, idle_ms) : of->looked_at_ms + FALLBACK_LOOK_MS - now;
	if (of->next_due > 0) {
		int64_t due_in = of->next_due - ecoq_clock_now_ms();
		wait = least(wait, due_in > 0 ? due_in : 0);
	}
	return wait;
}

static int64_t limit_wait(const ecoq_loop *loop)
{
	int64_t wait = least(1000, ecoq_idle_left_ms(loop));
	if (loop->options.time_limit_ms > 0) {
		int64_t running = (ecoq_clock_monotonic_ns() - loop->counts.started_ns) / 1000000;
		wait = least(wait, loop->options.time_limit_ms - running);
	}
	return wait;
}

/* What one wait is about. descriptors[0] is the signals', `of` tells whose the others are. */
typedef struct idle {
	struct pollfd descriptors[MAX_DESCRIPTORS];
	ecoq_worker_channel *of[MAX_DESCRIPTORS];
	nfds_t count;
	int64_t idle_ms;
	int64_t wait;
	bool settles; /* what a descriptor tells of may become visible a moment later */
} idle;

static void add_channel(const ecoq_loop *loop, idle *idle, ecoq_worker_channel *of)
{
	const ecoq_channel *channel = of->channel;
	bool can_wake = channel->transport && channel->ops->descriptor && of->retry_at_ms == 0 && idle->count < MAX_DESCRIPTORS;
	int descriptor = can_wake ? channel->ops->descriptor(channel->transport) : -1;
	idle->wait = least(idle->wait, channel_wait(loop, of, idle->idle_ms, descriptor));
	of->waits |= can_wake;
	if (descriptor >= 0) {
		idle->settles |= !channel->ops->wakes_exactly;
		idle->of[idle->count] = of;
		idle->descriptors[idle->count++] = (struct pollfd){.fd = descriptor, .events = POLLIN};
	}
}

/* After a wake-up a channel that would have woken the worker, too, is not asked, unless it is to be looked at anyway. */
static void note_wakes(ecoq_loop *loop, const idle *idle)
{
	bool any = false, inexact = false;
	for (nfds_t i = 1; i < idle->count; i++) {
		any |= idle->descriptors[i].revents != 0;
		inexact |= idle->descriptors[i].revents && !idle->of[i]->channel->ops->wakes_exactly;
	}
	if (any) {
		loop->woken_ms = ecoq_clock_monotonic_ms();
		loop->fruitless_wakes += inexact;
	}
	for (nfds_t i = 1; any && i < idle->count; i++) {
		ecoq_worker_channel *of = idle->of[i];
		of->rests = of->channel->ops->wakes_exactly && !idle->descriptors[i].revents && channel_wait(loop, of, idle->idle_ms, idle->descriptors[i].fd) > 0;
	}
}

/* For a while after a wake-up (or a message) the worker also looks by itself, at growing intervals: what woke it may
 * become visible a moment later. Wake-ups that keep bringing nothing, because a neighbour in the same file is busy, are answered more and more slowly. */
static void wait_for_descriptors(ecoq_loop *loop, idle *idle)
{
	int64_t since = ecoq_clock_monotonic_ms() - loop->woken_ms, wait = idle->wait > 0 ? idle->wait : 0;
	if (since < SETTLING_MS && idle->settles) {
		wait = least(wait, least(since / 4 > FIRST_LOOK_MS ? since / 4 : FIRST_LOOK_MS, LONGEST_LOOK_MS));
	}
	if (loop->fruitless_wakes > FREE_WAKES) {
		int64_t pause = least(wait, least(1LL << least(loop->fruitless_wakes - FREE_WAKES, 10), LONGEST_LOOK_MS));
		poll(idle->descriptors, 1, (int) pause);
		wait -= pause;
	}
	int ready = poll(idle->descriptors, idle->count, (int) wait);
	if (ready > 0) {
		note_wakes(loop, idle);
	} else if (ready == 0) {
		loop->fruitless_wakes = 0;
	}
}

void ecoq_idle_wait(ecoq_loop *loop)
{
	idle idle = {.descriptors = {{.fd = ecoq_signals_descriptor(), .events = POLLIN}}, .count = 1};
	idle.idle_ms = ecoq_clock_monotonic_ms() - loop->last_message_ms;
	idle.wait = limit_wait(loop);
	for (size_t i = 0; i < loop->channel_count; i++) {
		add_channel(loop, &idle, &loop->channels[i]);
	}
	if (!ecoq_signals_pending()) {
		wait_for_descriptors(loop, &idle);
	}
}

void ecoq_idle_end(ecoq_loop *loop)
{
	for (size_t i = 0; i < loop->channel_count; i++) {
		ecoq_worker_channel *of = &loop->channels[i];
		if (of->waits && of->channel->transport && of->channel->ops->stop_waiting) {
			of->channel->ops->stop_waiting(of->channel->transport);
		}
		of->waits = of->rests = false;
	}
}

void ecoq_idle_sleep(int64_t ms)
{
	struct pollfd descriptor = {.fd = ecoq_signals_descriptor(), .events = POLLIN};
	if (ms > 0 && !ecoq_signals_pending()) {
		poll(&descriptor, 1, ms > INT32_MAX ? INT32_MAX : (int) ms);
	}
}
