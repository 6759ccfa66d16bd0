#include "base/backoff.h"

#include <stdbool.h>

/* base to the power of a whole number, by squaring: libm is not linked for this alone. */
static double power(double base, uint32_t exponent)
{
	double result = 1.0;

	for (; exponent > 0; exponent >>= 1) {
		if (exponent & 1) {
			result *= base;
		}
		base *= base;
	}
	return result;
}

/* -1.0 … 1.0 over all 32 bits */
static double spread(uint32_t random)
{
	return (double) random / 2147483647.5 - 1.0;
}

int64_t ecoq_backoff_delay(const ecoq_backoff *policy, uint32_t retry, uint32_t random)
{
	if (policy->max_delay_ms <= 0 || policy->delay_ms == 0) {
		return 0;
	}
	double cap = (double) policy->max_delay_ms;
	double delay = (double) policy->delay_ms * power(policy->multiplier, retry > 0 ? retry - 1 : 0);
	/* written so that NaN, too, becomes the cap; a negative delay makes no sense and must not become a hot loop */
	bool in_range = delay >= 0.0 && delay < cap;
	if (!in_range) {
		delay = cap;
	}
	double jitter = policy->jitter;
	if (jitter > 0.0) {
		delay *= 1.0 + (jitter < 1.0 ? jitter : 1.0) * spread(random);
	}
	return delay < cap ? (int64_t) delay : policy->max_delay_ms;
}
