#include "transport/amqp/connection_parts.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

void ecoq_amqp_wake(ecoq_amqp_connection *connection)
{
	uint64_t one = 1;
	if (connection->epoll >= 0 && !connection->is_awake) {
		ssize_t written = write(connection->wake_up, &one, sizeof(one));
		connection->is_awake = written == sizeof(one);
	}
}

void ecoq_amqp_sleep_again(ecoq_amqp_connection *connection)
{
	uint64_t drained;
	if (connection->is_awake) {
		ssize_t got = read(connection->wake_up, &drained, sizeof(drained));
		(void) got;
		connection->is_awake = false;
	}
}

static void watch(int epoll, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
	epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static bool make_descriptor(ecoq_amqp_connection *connection)
{
	connection->epoll = epoll_create1(EPOLL_CLOEXEC);
	connection->wake_up = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (connection->epoll < 0 || connection->wake_up < 0) {
		close(connection->epoll);
		close(connection->wake_up);
		connection->epoll = connection->wake_up = -1;
		return false;
	}
	watch(connection->epoll, connection->wake_up);
	if (connection->line >= 0) {
		watch(connection->epoll, connection->line);
	}
	return true;
}

int ecoq_amqp_descriptor(ecoq_amqp_connection *connection)
{
	if (connection->epoll < 0 && !make_descriptor(connection)) {
		return -1;
	}
	if (connection->state) {
		ecoq_amqp_look(connection);
	}
	return connection->epoll;
}

/* ---- A second descriptor of the socket, which does not change hands inside the library ---- */

void ecoq_amqp_add_line(ecoq_amqp_connection *connection)
{
	int line = fcntl(amqp_get_sockfd(connection->state), F_DUPFD_CLOEXEC, 3);
	pthread_mutex_lock(&connection->line_mutex);
	connection->line = line;
	pthread_mutex_unlock(&connection->line_mutex);
	if (line >= 0 && connection->epoll >= 0) {
		watch(connection->epoll, line);
	}
}

void ecoq_amqp_drop_line(ecoq_amqp_connection *connection)
{
	if (connection->line < 0) {
		return;
	}
	if (connection->epoll >= 0) {
		epoll_ctl(connection->epoll, EPOLL_CTL_DEL, connection->line, NULL);
	}
	pthread_mutex_lock(&connection->line_mutex);
	close(connection->line);
	connection->line = -1;
	pthread_mutex_unlock(&connection->line_mutex);
}

void ecoq_amqp_cut_line(ecoq_amqp_connection *connection)
{
	pthread_mutex_lock(&connection->line_mutex);
	if (connection->line >= 0) {
		shutdown(connection->line, SHUT_RDWR);
	}
	pthread_mutex_unlock(&connection->line_mutex);
}

void ecoq_amqp_close_descriptors(ecoq_amqp_connection *connection)
{
	int *const all[] = {&connection->epoll, &connection->wake_up, &connection->line};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (*all[i] >= 0) {
			close(*all[i]);
		}
		*all[i] = -1;
	}
	connection->is_awake = false;
}
