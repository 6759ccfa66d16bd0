#ifndef ECOQ_BENCH_CLOCK_H
#define ECOQ_BENCH_CLOCK_H

/* What a loop took; for one C file. */

#include <stdint.h>
#include <sys/resource.h>
#include <time.h>

static double seconds(struct timeval time)
{
	return (double) time.tv_sec + (double) time.tv_usec / 1e6;
}

static double cpu_us(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (seconds(usage.ru_utime) + seconds(usage.ru_stime)) * 1e6;
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}

#endif
