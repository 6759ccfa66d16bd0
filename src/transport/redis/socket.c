#include "transport/redis/socket.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

bool ecoq_redis_socket_wait(int fd, short events, int64_t deadline_ms)
{
	for (;;) {
		int64_t left = deadline_ms - ecoq_clock_monotonic_ms();
		struct pollfd entry = {.fd = fd, .events = events};
		left = left < 0 ? 0 : left;
		int ready = poll(&entry, 1, left < 60000 ? (int) left : 60000);
		/* any other error shows itself at the next read or write */
		if (ready > 0 || (ready < 0 && errno != EINTR)) {
			return true;
		}
		if (left == 0 && ready == 0) {
			return false;
		}
	}
}

/* Dead peers are found by the kernel, too: a connection that only listens would not notice a host that vanished. */
static void tune(int fd, const ecoq_network_settings *settings)
{
	int one = 1, idle = settings->keepalive_s, interval = idle / 3 ? idle / 3 : 1, probes = 3;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (idle > 0) {
		setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
		setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
		setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
		setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
	}
}

/* 0, or an errno */
static int finish_connecting(int fd, const struct sockaddr *name, socklen_t size, int64_t deadline_ms)
{
	int status = 0;
	socklen_t length = sizeof(status);
	if (connect(fd, name, size) == 0) {
		return 0;
	}
	/* a unix socket whose backlog is full says EAGAIN, and cannot be waited for */
	if (errno != EINPROGRESS && errno != EINTR) {
		return errno;
	}
	if (!ecoq_redis_socket_wait(fd, POLLOUT, deadline_ms)) {
		return ETIMEDOUT;
	}
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &status, &length) == 0 ? status : errno;
}

static int open_one(int family, const struct sockaddr *name, socklen_t size, int64_t deadline_ms, int *out)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		return errno;
	}
	int status = finish_connecting(fd, name, size, deadline_ms);
	if (status) {
		close(fd);
		return status;
	}
	*out = fd;
	return 0;
}

static ecoq_result open_unix(const ecoq_network_address *address, int64_t deadline_ms, int *out, ecoq_error *error)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	size_t size = strlen(address->host);
	if (size >= sizeof(name.sun_path)) {
		return ecoq_fail(
			error, ECOQ_INVALID, "Connecting to Redis at %s: the path of a unix socket has at most %zu bytes", address->host, sizeof(name.sun_path) - 1);
	}
	memcpy(name.sun_path, address->host, size + 1);
	int status = open_one(AF_UNIX, (const struct sockaddr *) &name, sizeof(name), deadline_ms, out);
	if (status) {
		return ecoq_fail(error, ECOQ_UNAVAILABLE, "Connecting to Redis at %s: %s%s", address->host, strerror(status),
			status == EACCES ? "; the user of this process needs permission to write to the socket" : "");
	}
	return ECOQ_OK;
}

static ecoq_result open_tcp(const ecoq_network_settings *settings, const ecoq_network_address *address, int64_t deadline_ms, int *out, ecoq_error *error)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *all = NULL;
	char port[8], place[300];
	int status = ECONNREFUSED;
	snprintf(port, sizeof(port), "%d", address->port);
	ecoq_network_address_text(address, place, sizeof(place));
	int failed = getaddrinfo(address->host, port, &hints, &all);
	if (failed) {
		return ecoq_fail(error, ECOQ_UNAVAILABLE, "Connecting to Redis at %s: the host name was not found (%s)", place,
			failed == EAI_SYSTEM ? strerror(errno) : gai_strerror(failed));
	}
	for (struct addrinfo *one = all; one; one = one->ai_next) {
		status = open_one(one->ai_family, one->ai_addr, one->ai_addrlen, deadline_ms, out);
		if (status == 0) {
			break;
		}
	}
	freeaddrinfo(all);
	if (status == ETIMEDOUT) {
		return ecoq_fail(error, ECOQ_UNAVAILABLE, "Connecting to Redis at %s: no answer in time (option connect-timeout: %lld ms)", place,
			(long long) settings->connect_timeout_ms);
	}
	if (status) {
		return ecoq_fail(error, ECOQ_UNAVAILABLE, "Connecting to Redis at %s: %s", place, strerror(status));
	}
	tune(*out, settings);
	return ECOQ_OK;
}

ecoq_result ecoq_redis_socket_open(const ecoq_network_settings *settings, const ecoq_network_address *address, int64_t deadline_ms, int *out, ecoq_error *error)
{
	return address->port ? open_tcp(settings, address, deadline_ms, out, error) : open_unix(address, deadline_ms, out, error);
}
