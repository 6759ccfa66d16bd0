#include "transport/amqp/connection_parts.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "transport/amqp/login.h"
#include "transport/amqp/publisher.h"
#include "transport/amqp/topology.h"

/* ---- Connecting ---- */

/* A connection that the broker closed meanwhile is found out here, without a round trip, and not by whoever uses it. */
static bool is_alive(ecoq_amqp_connection *connection)
{
	if (connection->state) {
		ecoq_amqp_look(connection);
	}
	return connection->state != NULL;
}

ecoq_result ecoq_amqp_connect(ecoq_amqp_connection *connection, ecoq_error *error)
{
	if (is_alive(connection)) {
		return ECOQ_OK;
	}
	ecoq_result result = ecoq_amqp_login(connection, error);
	if (result == ECOQ_OK) {
		connection->generation++;
		connection->sent_at_ms = ecoq_clock_monotonic_ms();
		ecoq_amqp_add_line(connection);
		ecoq_amqp_keep_up(connection);
	}
	return result;
}

/* ---- Its life ---- */

ecoq_amqp_connection *ecoq_amqp_connection_create(ecoq_amqp_settings *settings)
{
	ecoq_amqp_connection *connection = calloc(1, sizeof(*connection));
	if (!connection) {
		return NULL;
	}
	pthread_mutex_init(&connection->mutex, NULL);
	pthread_mutex_init(&connection->line_mutex, NULL);
	connection->epoll = connection->wake_up = connection->line = -1;
	ecoq_pooled_init(&connection->pooled);
	connection->settings = settings;
	snprintf(connection->address, sizeof(connection->address), "%s", settings->network.place);
	ecoq_fail(&connection->gone, ECOQ_UNAVAILABLE, "RabbitMQ at %s: not connected", connection->address);
	ecoq_network_addref(&settings->network);
	return connection;
}

/* The library's parts are freed only where no thread of the parent was at work in them. Freeing TLS says good-bye on the socket, which is the parent's as
 * well: the descriptor is made to lead nowhere before. */
static void drop_parents_state(ecoq_amqp_connection *connection, bool is_whole)
{
	int fd = amqp_get_sockfd(connection->state);
	int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
	bool diverted = fd >= 0 && nowhere >= 0 && dup2(nowhere, fd) == fd;
	if (nowhere >= 0) {
		close(nowhere);
	}
	if (is_whole && (diverted || fd < 0)) {
		amqp_destroy_connection(connection->state);
	} else if (fd >= 0) {
		close(fd);
	}
	connection->state = NULL;
}

void ecoq_amqp_leave_parent(ecoq_amqp_connection *connection)
{
	pid_t pid = getpid();
	if (connection->pooled.pid == pid) {
		return;
	}
	bool is_whole = pthread_mutex_trylock(&connection->mutex) == 0;
	connection->pooled.pid = pid;
	connection->pooled.thread = pthread_self();
	if (connection->state) {
		drop_parents_state(connection, is_whole);
	}
	ecoq_amqp_close_descriptors(connection);
	ecoq_amqp_let_go_of_keeper(connection);
	memset(connection->listeners, 0, sizeof(connection->listeners));
	memset(connection->opened, 0, sizeof(connection->opened));
	connection->spare = 0;
	connection->generation++;
	connection->blocked[0] = '\0';
	ecoq_fail(&connection->gone, ECOQ_UNAVAILABLE, "RabbitMQ at %s: the connection stayed with the process that this one was forked from", connection->address);
	pthread_mutex_init(&connection->mutex, NULL);
	pthread_mutex_init(&connection->line_mutex, NULL);
	connection->locked_at_ms = 0;
}

static void end_connection(ecoq_amqp_connection *connection, bool says_good_bye)
{
	ecoq_amqp_leave_parent(connection);
	ecoq_amqp_let_go_of_keeper(connection);
	ecoq_amqp_lock(connection);
	if (connection->state) {
		if (says_good_bye) {
			ecoq_amqp_say_good_bye(connection, true);
		}
		ecoq_amqp_disconnect(connection, NULL);
	}
	ecoq_amqp_unlock(connection);
	ecoq_amqp_publisher_free(connection->publisher);
	ecoq_amqp_known_free(connection->known);
	ecoq_amqp_close_descriptors(connection);
	pthread_mutex_destroy(&connection->mutex);
	pthread_mutex_destroy(&connection->line_mutex);
	ecoq_network_release(&connection->settings->network);
	free(connection);
}

void ecoq_amqp_connection_destroy(ecoq_amqp_connection *connection)
{
	end_connection(connection, true);
}

void ecoq_amqp_connection_forget(ecoq_amqp_connection *connection)
{
	end_connection(connection, false);
}
