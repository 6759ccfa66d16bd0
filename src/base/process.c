#include "base/process.h"

#include <pthread.h>
#include <stdatomic.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* see ecoq_process_lock() */
static atomic_uint generation;
static atomic_bool is_ending;

static void after_fork_in_child(void)
{
	atomic_fetch_add_explicit(&generation, 1, memory_order_relaxed);
	ecoq_process_unlock();
}

static void watch_forks(void)
{
	pthread_atfork(ecoq_process_lock, ecoq_process_unlock, after_fork_in_child);
}

void ecoq_process_lock(void)
{
	pthread_once(&once, watch_forks);
	pthread_mutex_lock(&mutex);
}

void ecoq_process_unlock(void)
{
	pthread_mutex_unlock(&mutex);
}

unsigned ecoq_process_mark(void)
{
	pthread_once(&once, watch_forks);
	return atomic_load_explicit(&generation, memory_order_relaxed);
}

void ecoq_process_set_ending(bool ending)
{
	atomic_store_explicit(&is_ending, ending, memory_order_relaxed);
}

bool ecoq_process_is_ending(void)
{
	return atomic_load_explicit(&is_ending, memory_order_relaxed);
}
