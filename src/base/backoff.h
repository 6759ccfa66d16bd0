#ifndef ECOQ_BASE_BACKOFF_H
#define ECOQ_BASE_BACKOFF_H

#include <stdint.h>

/* How a failed message is tried again. `max_retries` counts the tries after the first one. */
typedef struct ecoq_backoff {
	int64_t max_retries;
	int64_t delay_ms;     /* before the first retry */
	double multiplier;    /* applied per further retry */
	int64_t max_delay_ms; /* caps the delay; it never ends retrying */
	double jitter;        /* 0.1: the delay varies by up to 10 % either way */
} ecoq_backoff;

/* DESIGN 5: 3 retries, 1 s doubling to at most 60 s, 10 % jitter. */
#define ECOQ_BACKOFF_DEFAULT ((ecoq_backoff){3, 1000, 2.0, 60000, 0.1})

/* Milliseconds to wait before retry number `retry` (1 is the first). `random` (any 32 random bits) places the delay
 * within the jitter. Never negative, never above max_delay_ms, for any input: NaN and overflow become the cap. */
int64_t ecoq_backoff_delay(const ecoq_backoff *policy, uint32_t retry, uint32_t random);

#endif
