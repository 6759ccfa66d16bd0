#include <poll.h>

#include "base/clock.h"
#include "worker/loop.h"
#include "worker/signals.h"

/* A look at a channel that cannot wake the worker comes soon after the last message and then less and less often. */
#define FIRST_LOOK_MS 1
#define MAX_DESCRIPTORS 64

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Until the channel is to be looked at again, from what is known about it. */
static int64_t channel_wait(const ecoq_loop *loop, const ecoq_worker_channel *of, int64_t idle_ms, int descriptor)
{
	int64_t now = ecoq_clock_monotonic_ms();
	if (of->retry_at_ms > 0) {
		return of->retry_at_ms > now ? of->retry_at_ms - now : 0;
	}
	int64_t wait = 1000;
	if (descriptor < 0) {
		int64_t longest = loop->options.sleep_ms > 0 ? loop->options.sleep_ms : of->channel->ops->poll_interval_ms > 0 ? of->channel->ops->poll_interval_ms : 40;
		int64_t look = idle_ms / 4 > FIRST_LOOK_MS ? idle_ms / 4 : FIRST_LOOK_MS;
		wait = least(look, longest);
	}
	if (of->next_due > 0) {
		int64_t due_in = of->next_due - ecoq_clock_now_ms();
		wait = least(wait, due_in > 0 ? due_in : 0);
	}
	return wait;
}

static int64_t limit_wait(const ecoq_loop *loop, int64_t idle_ms)
{
	int64_t wait = 1000;
	if (loop->options.time_limit_ms > 0) {
		int64_t running = (ecoq_clock_monotonic_ns() - loop->counts.started_ns) / 1000000;
		wait = least(wait, loop->options.time_limit_ms - running);
	}
	if (loop->options.idle_limit_ms > 0) {
		wait = least(wait, loop->options.idle_limit_ms - idle_ms);
	}
	return wait;
}

void ecoq_idle_wait(ecoq_loop *loop)
{
	struct pollfd descriptors[MAX_DESCRIPTORS] = {{.fd = ecoq_signals_descriptor(), .events = POLLIN}};
	nfds_t count = 1;
	int64_t idle_ms = ecoq_clock_monotonic_ms() - loop->last_message_ms;
	int64_t wait = limit_wait(loop, idle_ms);
	for (size_t i = 0; i < loop->channel_count; i++) {
		const ecoq_worker_channel *of = &loop->channels[i];
		int descriptor = of->channel->transport && of->channel->ops->descriptor ? of->channel->ops->descriptor(of->channel->transport) : -1;
		wait = least(wait, channel_wait(loop, of, idle_ms, descriptor));
		if (descriptor >= 0 && count < MAX_DESCRIPTORS) {
			descriptors[count++] = (struct pollfd){.fd = descriptor, .events = POLLIN};
		}
	}
	if (!ecoq_signals_pending()) {
		poll(descriptors, count, wait > 0 ? (int) wait : 0);
	}
}

void ecoq_idle_sleep(int64_t ms)
{
	struct pollfd descriptor = {.fd = ecoq_signals_descriptor(), .events = POLLIN};
	if (ms > 0 && !ecoq_signals_pending()) {
		poll(&descriptor, 1, ms > INT32_MAX ? INT32_MAX : (int) ms);
	}
}
