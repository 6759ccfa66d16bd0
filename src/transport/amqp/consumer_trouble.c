#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "transport/amqp/consumer_state.h"

/* What the broker did to a consumption, or to its AMQP channel, and who is told. */

#define GONE_MS 100

void ecoq_amqp_note_trouble(ecoq_amqp_consumer *c, bool is_end, const char *format, ...)
{
	va_list arguments;
	c->trouble_is_end = is_end && (c->trouble_is_end || c->trouble_count == 0);
	if (c->trouble_count++ == 0) {
		va_start(arguments, format);
		vsnprintf(c->trouble, sizeof(c->trouble), format, arguments);
		va_end(arguments);
	}
}

void ecoq_amqp_note_cancelled(ecoq_amqp_consumer *c, const char *queue)
{
	c->cancelled_ms = ecoq_clock_monotonic_ms();
	ecoq_amqp_note_trouble(c, false, "The broker ended the consumption of queue \"%.180s\" (basic.cancel), which was deleted or whose node went down", queue);
}

void ecoq_amqp_await_gone(const ecoq_amqp_consumer *c)
{
	int64_t left_ms = c->cancelled_ms ? c->cancelled_ms + GONE_MS - ecoq_clock_monotonic_ms() : 0;
	if (left_ms > 0) {
		nanosleep(&(struct timespec){.tv_nsec = (long) left_ms * 1000000}, NULL);
	}
}

bool ecoq_amqp_consumer_recovered(ecoq_amqp_consumer *c, ecoq_error *from)
{
	ecoq_amqp_lock(c->connection);
	size_t count = c->trouble_count;
	bool is_over = count && c->intake.generation && c->subscriptions[ECOQ_PRIORITY_DEFAULT].is_active;
	if (is_over) {
		char others[48] = "";
		if (count > 1) {
			snprintf(others, sizeof(others), " (and %zu more times the like)", count - 1);
		}
		ecoq_fail(from, ECOQ_UNAVAILABLE, "%.560s%s; queue \"%.100s\" is consumed again, and what is missing at the broker was made anew", c->trouble, others, c->queue);
		c->trouble_count = 0;
	}
	ecoq_amqp_unlock(c->connection);
	return is_over;
}

/* What worked before is set right again by whoever changed it (a permission, a virtual host, the type of a queue): it is waited for, as for a broker that does not answer. Those who get
 * the error do not hear of its reason once more when it is over. */
ecoq_result ecoq_amqp_judge(ecoq_amqp_consumer *c, ecoq_result result, ecoq_error *error)
{
	c->has_worked |= result == ECOQ_OK;
	if (result == ECOQ_OK) {
		return result;
	}
	if (c->trouble_is_end && (strcmp(error->text, c->intake.gone.text) == 0 || strcmp(error->text, c->connection->gone.text) == 0)) {
		c->trouble_count = 0;
	}
	bool may_pass = result == ECOQ_INVALID || result == ECOQ_REFUSED || result == ECOQ_PROTOCOL;
	return c->has_worked && may_pass ? error->code = ECOQ_UNAVAILABLE : result;
}
