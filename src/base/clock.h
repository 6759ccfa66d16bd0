#ifndef ECOQ_BASE_CLOCK_H
#define ECOQ_BASE_CLOCK_H

#include <stdint.h>

/* Wall clock, milliseconds since the Unix epoch, UTC: for instants that travel (created, due, expires). */
int64_t ecoq_clock_now_ms(void);

/* Monotonic clock in nanoseconds from an arbitrary start: for durations and deadlines inside one process. */
int64_t ecoq_clock_monotonic_ns(void);

static inline int64_t ecoq_clock_monotonic_ms(void)
{
	return ecoq_clock_monotonic_ns() / 1000000;
}

#endif
