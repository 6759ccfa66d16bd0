#include "transport/pool.h"

#include <stddef.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/process.h"

#define IDLE_MOST 8

void ecoq_pooled_init(ecoq_pooled *connection)
{
	connection->users = 1;
	connection->thread = pthread_self();
	connection->pid = getpid();
}

/* One that this thread uses already goes before one that nobody does; those of other threads are their own. */
static ecoq_pooled *use(const ecoq_pool *pool, const void *wanted)
{
	ecoq_pooled *found = NULL;
	for (ecoq_pooled *connection = pool->newest; connection; connection = connection->next) {
		bool is_own = connection->users && pthread_equal(connection->thread, pthread_self());
		if (connection->pid != getpid() || !(is_own || (!connection->users && !found)) || !pool->fits(connection, wanted)) {
			continue;
		}
		found = connection;
		if (is_own) {
			break;
		}
	}
	if (found) {
		found->users++;
		found->thread = pthread_self();
	}
	return found;
}

/* Takes those out that nobody uses and that are a parent's, or unused for too long, or too many. */
static ecoq_pooled *take_out(ecoq_pool *pool, unsigned kept)
{
	int64_t now_ms = ecoq_clock_monotonic_ms();
	ecoq_pooled *out = NULL, **at = &pool->newest;
	unsigned idle = 0;
	while (*at) {
		ecoq_pooled *connection = *at;
		if (connection->users || (connection->pid == getpid() && now_ms - connection->idle_since_ms <= ECOQ_POOL_IDLE_MS && ++idle <= kept)) {
			at = &connection->next;
			continue;
		}
		*at = connection->next;
		connection->next = out;
		out = connection;
	}
	return out;
}

static void destroy_all(const ecoq_pool *pool, ecoq_pooled *out)
{
	while (out) {
		ecoq_pooled *next = out->next;
		pool->destroy(out);
		out = next;
	}
}

ecoq_pooled *ecoq_pool_find(ecoq_pool *pool, const void *wanted)
{
	ecoq_process_lock();
	ecoq_pooled *connection = use(pool, wanted);
	ecoq_process_unlock();
	return connection;
}

ecoq_pooled *ecoq_pool_get(ecoq_pool *pool, const void *wanted)
{
	ecoq_process_lock();
	ecoq_pooled *connection = use(pool, wanted);
	if (!connection && (connection = pool->create(wanted))) {
		connection->next = pool->newest;
		pool->newest = connection;
	}
	ecoq_pooled *out = take_out(pool, IDLE_MOST);
	ecoq_process_unlock();
	destroy_all(pool, out);
	return connection;
}

void ecoq_pool_put(ecoq_pool *pool, ecoq_pooled *connection)
{
	ecoq_process_lock();
	connection->idle_since_ms = ecoq_clock_monotonic_ms();
	connection->users--;
	ecoq_pooled *out = take_out(pool, IDLE_MOST);
	ecoq_process_unlock();
	destroy_all(pool, out);
}

void ecoq_pool_close_idle(ecoq_pool *pool)
{
	ecoq_process_lock();
	ecoq_pooled *out = take_out(pool, 0);
	ecoq_process_unlock();
	destroy_all(pool, out);
}
