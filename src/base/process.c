#include "base/process.h"

#include <pthread.h>
#include <stdatomic.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static atomic_uint generation;

static void after_fork_in_child(void)
{
	atomic_fetch_add_explicit(&generation, 1, memory_order_relaxed);
}

static void watch_forks(void)
{
	pthread_atfork(NULL, NULL, after_fork_in_child);
}

unsigned ecoq_process_mark(void)
{
	pthread_once(&once, watch_forks);
	return atomic_load_explicit(&generation, memory_order_relaxed);
}
