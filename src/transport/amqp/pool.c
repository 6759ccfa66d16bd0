#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "transport/amqp/connection.h"

#define IDLE_MOST 8 /* connections that are kept without a user */

/* The publishing connections of this process, the newest first. The mutex is never held while something waits for the network. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static ecoq_amqp_connection *connections;
static pthread_once_t forks_once = PTHREAD_ONCE_INIT;

/* ---- Forks: the child gets a list that nobody was changing ---- */

static void before_fork(void)
{
	pthread_mutex_lock(&mutex);
}

static void after_fork(void)
{
	pthread_mutex_unlock(&mutex);
}

static void watch_forks(void)
{
	pthread_atfork(before_fork, after_fork, after_fork);
}

/* ---- The list ---- */

/* One that this thread uses goes before one that nobody does. */
static ecoq_amqp_connection *find(const ecoq_amqp_settings *settings)
{
	ecoq_amqp_connection *idle = NULL;
	for (ecoq_amqp_connection *connection = connections; connection; connection = connection->next) {
		if (connection->pid != getpid() || strcmp(connection->settings->identity, settings->identity) != 0) {
			continue;
		}
		if (!connection->users) {
			idle = idle ? idle : connection;
		} else if (pthread_equal(connection->thread, pthread_self())) {
			return connection;
		}
	}
	return idle;
}

/* Takes out those that nobody uses and that are a parent's, or too many. They are destroyed without the mutex. */
static ecoq_amqp_connection *take_out(unsigned kept)
{
	ecoq_amqp_connection *out = NULL, **at = &connections;
	unsigned idle = 0;
	while (*at) {
		ecoq_amqp_connection *connection = *at;
		if (connection->users || (connection->pid == getpid() && ++idle <= kept)) {
			at = &connection->next;
			continue;
		}
		*at = connection->next;
		connection->next = out;
		out = connection;
	}
	return out;
}

static void destroy_all(ecoq_amqp_connection *out)
{
	while (out) {
		ecoq_amqp_connection *next = out->next;
		ecoq_amqp_connection_destroy(out);
		out = next;
	}
}

ecoq_amqp_connection *ecoq_amqp_connection_get(ecoq_amqp_settings *settings)
{
	pthread_once(&forks_once, watch_forks);
	pthread_mutex_lock(&mutex);
	ecoq_amqp_connection *connection = find(settings);
	if (connection) {
		__atomic_add_fetch(&connection->users, 1, __ATOMIC_ACQ_REL);
		connection->thread = pthread_self();
	} else if ((connection = ecoq_amqp_connection_create(settings))) {
		connection->publishes = true;
		connection->next = connections;
		connections = connection;
	}
	ecoq_amqp_connection *out = take_out(IDLE_MOST);
	pthread_mutex_unlock(&mutex);
	destroy_all(out);
	return connection;
}

void ecoq_amqp_connection_put(ecoq_amqp_connection *connection)
{
	pthread_mutex_lock(&mutex);
	__atomic_store_n(&connection->idle_since_ms, ecoq_clock_monotonic_ms(), __ATOMIC_RELEASE);
	__atomic_sub_fetch(&connection->users, 1, __ATOMIC_ACQ_REL);
	ecoq_amqp_connection *out = take_out(IDLE_MOST);
	pthread_mutex_unlock(&mutex);
	destroy_all(out);
}

void ecoq_amqp_connections_close_idle(void)
{
	pthread_mutex_lock(&mutex);
	ecoq_amqp_connection *out = take_out(0);
	pthread_mutex_unlock(&mutex);
	destroy_all(out);
}
