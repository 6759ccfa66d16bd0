/* Connections to a real broker, without the engine. Usage: connection_test DSN QUEUE; see run.sh. */

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "transport/amqp/connection.h"
#include "must.h"

#define MESSAGES 300

static const char *dsn_text, *queue_name;

static ecoq_amqp_settings *read_settings(const char *options)
{
	char text[1024];
	ecoq_dsn dsn;
	ecoq_error error;
	ecoq_amqp_settings *settings;
	snprintf(text, sizeof(text), "%s%c%s", dsn_text, strchr(dsn_text, '?') ? '&' : '?', options);
	must(ecoq_dsn_parse((ecoq_bytes){text, strlen(text)}, &dsn, &error), &error, "DSN");
	ecoq_transport_config config = {.channel = ECOQ_BYTES("test"), .dsn = &dsn, .options = dsn.options, .option_count = dsn.option_count};
	must(ecoq_amqp_settings_read(&config, &settings, &error), &error, "settings");
	ecoq_dsn_free(&dsn);
	return settings;
}

/* ---- A consumer that counts ---- */

typedef struct counter {
	ecoq_amqp_listener listener; /* first */
	/* under the connection's mutex */
	int deliveries;
	int finished; /* bodies that are complete */
	int gone;
	uint64_t missing; /* of the body that is coming */
	uint64_t last_tag;
	char why[ECOQ_ERROR_TEXT];
} counter;

static void on_method(ecoq_amqp_listener *listener, const amqp_method_t *method)
{
	counter *c = (counter *) listener;
	if (method->id == AMQP_BASIC_DELIVER_METHOD) {
		const amqp_basic_deliver_t *delivery = method->decoded;
		if (delivery->delivery_tag != c->last_tag + 1) {
			fail("delivery tag %llu follows %llu", (unsigned long long) delivery->delivery_tag, (unsigned long long) c->last_tag);
		}
		c->last_tag = delivery->delivery_tag;
		c->deliveries++;
	}
}

static void on_header(ecoq_amqp_listener *listener, const amqp_basic_properties_t *properties, uint64_t body_size)
{
	counter *c = (counter *) listener;
	(void) properties;
	c->missing = body_size;
	c->finished += body_size == 0;
}

static void on_body(ecoq_amqp_listener *listener, const void *data, size_t size)
{
	counter *c = (counter *) listener;
	if (size > c->missing || ((const char *) data)[0] != 'x' || ((const char *) data)[size - 1] != 'x') {
		fail("a body of the wrong size or content");
	}
	c->missing -= size;
	c->finished += c->missing == 0;
}

static void on_gone(ecoq_amqp_listener *listener, const ecoq_error *error)
{
	counter *c = (counter *) listener;
	c->gone++;
	snprintf(c->why, sizeof(c->why), "%s", error->text);
}

static amqp_channel_t open_channel(ecoq_amqp_connection *connection, counter *c)
{
	amqp_channel_t channel;
	ecoq_error error;
	must(ecoq_amqp_channel_open(connection, c ? &c->listener : NULL, &channel, &error), &error, "channel");
	return channel;
}

static void declare(ecoq_amqp_connection *connection)
{
	ecoq_error error;
	amqp_channel_t channel = open_channel(connection, NULL);
	amqp_queue_declare(connection->state, channel, amqp_cstring_bytes(queue_name), 0, 0, 0, 0, amqp_empty_table);
	must(ecoq_amqp_answer(connection, channel, amqp_get_rpc_reply(connection->state), "declare", &error), &error, "declare");
	amqp_queue_purge(connection->state, channel, amqp_cstring_bytes(queue_name));
	must(ecoq_amqp_answer(connection, channel, amqp_get_rpc_reply(connection->state), "purge", &error), &error, "purge");
	ecoq_amqp_channel_close(connection, channel);
}

static amqp_channel_t consume(ecoq_amqp_connection *connection, counter *c)
{
	ecoq_error error;
	*c = (counter){.listener = {on_method, on_header, on_body, on_gone}};
	amqp_channel_t channel = open_channel(connection, c);
	amqp_basic_consume(connection->state, channel, amqp_cstring_bytes(queue_name), amqp_empty_bytes, 0, 1, 0, amqp_empty_table);
	must(ecoq_amqp_answer(connection, channel, amqp_get_rpc_reply(connection->state), "consume", &error), &error, "consume");
	return channel;
}

static void publish(ecoq_amqp_connection *connection, amqp_channel_t channel, size_t size)
{
	char *body = malloc(size);
	ecoq_error error;
	memset(body, 'x', size);
	must(ecoq_amqp_writable(connection, ecoq_clock_monotonic_ms() + 5000, &error), &error, "writable");
	int status = amqp_basic_publish(connection->state, channel, amqp_empty_bytes, amqp_cstring_bytes(queue_name), 0, 0, NULL, (amqp_bytes_t){size, body});
	must(ecoq_amqp_status(connection, status, "publish", &error), &error, "publish");
	free(body);
}

/* ---- Nobody sleeps through a message, whichever thread reads it ---- */

static void *publish_with_pauses(void *context)
{
	ecoq_amqp_connection *connection = context;
	ecoq_amqp_lock(connection);
	amqp_channel_t channel = open_channel(connection, NULL);
	ecoq_amqp_unlock(connection);
	for (int i = 0; i < MESSAGES; i++) {
		struct timespec pause = {.tv_nsec = (i * 7919 % 23) * 1000000};
		nanosleep(&pause, NULL);
		ecoq_amqp_lock(connection);
		publish(connection, channel, i % 50 == 49 ? 400000 : 1 + (size_t) i);
		ecoq_amqp_unlock(connection);
	}
	return NULL;
}

static int finished(ecoq_amqp_connection *connection, const counter *c, bool reads)
{
	ecoq_error error;
	ecoq_amqp_lock(connection);
	if (reads) {
		must(ecoq_amqp_pump(connection, 0, &error), &error, "pump");
	}
	int count = c->finished;
	ecoq_amqp_unlock(connection);
	return count;
}

static void test_descriptor(void)
{
	ecoq_amqp_settings *settings = read_settings("heartbeat=1s"); /* the keeper reads three times a second */
	ecoq_amqp_connection *consuming = ecoq_amqp_connection_create(settings), *publishing = ecoq_amqp_connection_create(settings);
	counter c;
	pthread_t thread;
	ecoq_amqp_lock(consuming);
	declare(consuming);
	amqp_channel_t channel = consume(consuming, &c);
	int descriptor = ecoq_amqp_descriptor(consuming);
	ecoq_amqp_unlock(consuming);
	pthread_create(&thread, NULL, publish_with_pauses, publishing);
	for (int seen = 0; seen < MESSAGES; seen = finished(consuming, &c, true)) {
		struct pollfd polled = {.fd = descriptor, .events = POLLIN};
		if (poll(&polled, 1, 20000) != 1) {
			fail("%d of %d messages, and the descriptor stays silent", seen, MESSAGES);
		}
	}
	pthread_join(thread, NULL);
	struct pollfd polled = {.fd = descriptor, .events = POLLIN};
	finished(consuming, &c, true);
	if (poll(&polled, 1, 0) != 0) {
		/* a heartbeat of the broker may be there */
		finished(consuming, &c, true);
	}
	ecoq_amqp_lock(consuming);
	ecoq_amqp_channel_close(consuming, channel);
	ecoq_amqp_unlock(consuming);
	if (c.gone || c.deliveries != MESSAGES) {
		fail("%d deliveries, gone %d", c.deliveries, c.gone);
	}
	ecoq_amqp_connection_destroy(consuming);
	ecoq_amqp_connection_destroy(publishing);
	ecoq_network_release(&settings->network);
}

/* ---- Alive while nobody uses it; found dead, made anew ---- */

static void test_upkeep(void)
{
	ecoq_amqp_settings *settings = read_settings("heartbeat=1s");
	ecoq_amqp_connection *connection = ecoq_amqp_connection_create(settings);
	counter c;
	ecoq_error error;
	ecoq_amqp_lock(connection);
	declare(connection);
	consume(connection, &c);
	int descriptor = ecoq_amqp_descriptor(connection);
	ecoq_amqp_unlock(connection);
	sleep(5); /* the broker gives up after two heartbeats */
	ecoq_amqp_lock(connection);
	must(ecoq_amqp_connect(connection, &error), &error, "after five idle seconds");
	if (connection->generation != 1 || c.gone) {
		fail("the connection was lost while nobody used it: %s", c.why);
	}
	shutdown(connection->line, SHUT_RDWR);
	ecoq_amqp_unlock(connection);
	struct pollfd polled = {.fd = descriptor, .events = POLLIN};
	if (poll(&polled, 1, 20000) != 1) {
		fail("a lost connection does not make the descriptor readable");
	}
	sleep(2);
	ecoq_amqp_lock(connection);
	if (connection->state || c.gone != 1 || !*c.why) {
		fail("the keeper did not find the connection lost");
	}
	declare(connection);
	amqp_channel_t channel = consume(connection, &c);
	publish(connection, channel, 10);
	for (int64_t end = ecoq_clock_monotonic_ms() + 20000; !c.finished && ecoq_clock_monotonic_ms() < end;) {
		must(ecoq_amqp_pump(connection, end, &error), &error, "pump");
	}
	if (connection->generation != 2 || c.finished != 1) {
		fail("the new connection does not work: generation %llu", (unsigned long long) connection->generation);
	}
	ecoq_amqp_unlock(connection);
	ecoq_amqp_connection_destroy(connection);
	ecoq_network_release(&settings->network);
}

/* ---- A channel that the broker closes takes no other with it ---- */

static void test_channels(void)
{
	ecoq_amqp_settings *settings = read_settings("");
	ecoq_amqp_connection *connection = ecoq_amqp_connection_create(settings);
	counter c, other = {.listener = {on_method, on_header, on_body, on_gone}};
	ecoq_error error;
	ecoq_amqp_lock(connection);
	declare(connection);
	amqp_channel_t consuming = consume(connection, &c), broken = open_channel(connection, &other);
	for (int i = 0; i < 100; i++) {
		publish(connection, consuming, 100);
	}
	/* into an exchange that is not there: the broker closes the channel without having been asked anything */
	amqp_basic_publish(connection->state, broken, amqp_cstring_bytes("no such exchange"), amqp_empty_bytes, 0, 0, NULL, amqp_cstring_bytes("x"));
	for (int i = 0; i < 30; i++) {
		/* deliveries arrive during these round trips, and wait in the library */
		amqp_channel_t passing = open_channel(connection, NULL);
		amqp_queue_declare(connection->state, passing, amqp_cstring_bytes("no such queue"), 1, 0, 0, 0, amqp_empty_table);
		ecoq_result result = ecoq_amqp_answer(connection, passing, amqp_get_rpc_reply(connection->state), "Looking", &error);
		if (result != ECOQ_INVALID || connection->refusal_code != 404 || connection->opened[passing]) {
			fail("a passive declaration: %s %d %s", ecoq_result_name(result), connection->refusal_code, error.text);
		}
	}
	for (int64_t end = ecoq_clock_monotonic_ms() + 20000; (c.finished < 100 || !other.gone) && ecoq_clock_monotonic_ms() < end;) {
		must(ecoq_amqp_pump(connection, end, &error), &error, "pump");
	}
	if (c.finished != 100 || other.gone != 1 || c.gone || connection->opened[broken] || !strstr(other.why, "no such exchange")) {
		fail("%d messages, gone %d and %d: %s", c.finished, c.gone, other.gone, other.why);
	}
	ecoq_amqp_unlock(connection);
	ecoq_amqp_connection_destroy(connection);
	ecoq_network_release(&settings->network);
}

/* ---- Signals ---- */

static volatile sig_atomic_t signals;

static void on_signal(int number)
{
	(void) number;
	signals++;
}

static void test_signals(void)
{
	ecoq_amqp_settings *settings = read_settings("heartbeat=1s");
	struct sigaction action = {.sa_handler = on_signal}, before;
	const struct itimerval often = {{0, 500}, {0, 500}}, never = {{0, 0}, {0, 0}};
	ecoq_error error;
	sigaction(SIGALRM, &action, &before);
	setitimer(ITIMER_REAL, &often, NULL);
	for (int i = 0; i < 20; i++) {
		ecoq_amqp_connection *connection = ecoq_amqp_connection_create(settings);
		ecoq_amqp_lock(connection);
		declare(connection);
		must(ecoq_amqp_pump(connection, ecoq_clock_monotonic_ms() + 20, &error), &error, "pump");
		if (connection->generation != 1) {
			fail("a signal broke the connection");
		}
		ecoq_amqp_unlock(connection);
		ecoq_amqp_connection_destroy(connection);
	}
	setitimer(ITIMER_REAL, &never, NULL);
	sigaction(SIGALRM, &before, NULL);
	if (signals < 100) {
		fail("only %d signals came", (int) signals);
	}
	ecoq_network_release(&settings->network);
}

/* ---- Several threads take connections from the pool ---- */

static void *use_pool(void *context)
{
	ecoq_amqp_settings *settings = context;
	for (int i = 0; i < 15; i++) {
		ecoq_amqp_connection *connection = ecoq_amqp_connection_get(settings), *same = ecoq_amqp_connection_get(settings);
		if (connection != same) {
			fail("one thread got two connections for one broker");
		}
		ecoq_amqp_lock(connection);
		ecoq_amqp_channel_close(connection, open_channel(connection, NULL));
		ecoq_amqp_unlock(connection);
		ecoq_amqp_connection_put(same);
		ecoq_amqp_connection_put(connection);
	}
	return NULL;
}

static void test_pool(void)
{
	ecoq_amqp_settings *settings = read_settings("heartbeat=1s");
	pthread_t threads[4];
	for (size_t i = 0; i < 4; i++) {
		pthread_create(&threads[i], NULL, use_pool, settings);
	}
	for (size_t i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
	}
	ecoq_amqp_connections_close_idle();
	ecoq_network_release(&settings->network);
}

/* ---- A broker that reads nothing any more ---- */

typedef struct deaf_proxy {
	int listening, port, broker_port;
	_Atomic bool is_deaf;
	_Atomic bool is_over;
} deaf_proxy;

static void forward(int from, int to)
{
	char bytes[65536];
	ssize_t size = recv(from, bytes, sizeof(bytes), MSG_DONTWAIT);
	for (ssize_t done = 0; done < size;) {
		ssize_t sent = send(to, bytes + done, (size_t) (size - done), MSG_NOSIGNAL);
		if (sent <= 0) {
			return;
		}
		done += sent;
	}
}

static int connect_to(int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t) port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(fd, (struct sockaddr *) &address, sizeof(address)) != 0) {
		fail("cannot reach the broker at 127.0.0.1:%d", port);
	}
	return fd;
}

static void *run_proxy(void *context)
{
	deaf_proxy *proxy = context;
	int client = accept(proxy->listening, NULL, NULL), broker = connect_to(proxy->broker_port);
	while (!proxy->is_over) {
		struct pollfd ends[2] = {{.fd = proxy->is_deaf ? -1 : client, .events = POLLIN}, {.fd = broker, .events = POLLIN}};
		poll(ends, 2, 20);
		if (ends[0].revents) {
			forward(client, broker);
		}
		if (ends[1].revents) {
			forward(broker, client);
		}
	}
	close(client);
	close(broker);
	return NULL;
}

static void start_proxy(deaf_proxy *proxy, pthread_t *thread)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t size = sizeof(address);
	int small = 16384;
	proxy->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(proxy->listening, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	if (bind(proxy->listening, (struct sockaddr *) &address, size) != 0 || listen(proxy->listening, 1) != 0
		|| getsockname(proxy->listening, (struct sockaddr *) &address, &size) != 0) {
		fail("no proxy: %s", strerror(errno));
	}
	proxy->port = ntohs(address.sin_port);
	pthread_create(thread, NULL, run_proxy, proxy);
}

/* The library would send for ever. */
static void test_deaf_broker(void)
{
	ecoq_amqp_settings *settings = read_settings("confirm-timeout=1s&io-timeout=1s&connect-timeout=5s&heartbeat=30s");
	if (settings->network.tls || strcmp(settings->network.addresses[0].host, "127.0.0.1") != 0) {
		ecoq_network_release(&settings->network);
		return;
	}
	deaf_proxy proxy = {.broker_port = settings->network.addresses[0].port};
	pthread_t thread;
	ecoq_error error;
	const size_t size = 64 << 20;
	char *body = calloc(1, size);
	start_proxy(&proxy, &thread);
	settings->network.addresses[0].port = proxy.port;
	ecoq_amqp_connection *connection = ecoq_amqp_connection_create(settings);
	ecoq_amqp_lock(connection);
	amqp_channel_t channel = open_channel(connection, NULL);
	proxy.is_deaf = true;
	int64_t begun_ms = ecoq_clock_monotonic_ms();
	int status = amqp_basic_publish(connection->state, channel, amqp_empty_bytes, amqp_cstring_bytes(queue_name), 0, 0, NULL, (amqp_bytes_t){size, body});
	ecoq_result result = ecoq_amqp_status(connection, status, "publish", &error);
	int64_t took_ms = ecoq_clock_monotonic_ms() - begun_ms;
	if (result != ECOQ_UNAVAILABLE || connection->state || took_ms < 1900 || took_ms > 30000) {
		fail("a deaf broker: %s after %d ms: %s", ecoq_result_name(result), (int) took_ms, error.text);
	}
	ecoq_amqp_unlock(connection);
	proxy.is_over = true;
	pthread_join(thread, NULL);
	close(proxy.listening);
	ecoq_amqp_connection_destroy(connection);
	ecoq_network_release(&settings->network);
	free(body);
}

/* ---- Forks ---- */

#ifndef __SANITIZE_THREAD__ /* which cannot follow a thread of a forked child */
static void test_fork(void)
{
	ecoq_amqp_settings *settings = read_settings("heartbeat=1s");
	ecoq_amqp_connection *shared = ecoq_amqp_connection_get(settings), *own = ecoq_amqp_connection_create(settings);
	counter c;
	ecoq_error error;
	int status;
	ecoq_amqp_lock(shared);
	declare(shared);
	ecoq_amqp_unlock(shared);
	ecoq_amqp_lock(own);
	amqp_channel_t channel = consume(own, &c);
	ecoq_amqp_descriptor(own);
	ecoq_amqp_unlock(own);
	pid_t child = fork();
	if (child == 0) {
		/* of its own, by the parent's handle, and the parent's forgotten */
		ecoq_amqp_connection *another = ecoq_amqp_connection_get(settings);
		if (another == shared) {
			_exit(2);
		}
		ecoq_amqp_lock(shared);
		bool connects = ecoq_amqp_connect(shared, &error) == ECOQ_OK;
		ecoq_amqp_unlock(shared);
		ecoq_amqp_connection_put(another);
		ecoq_amqp_connection_put(shared);
		ecoq_amqp_connection_destroy(own);
		ecoq_amqp_connections_close_idle();
		_exit(connects ? 0 : 3);
	}
	if (waitpid(child, &status, 0) != child || status != 0) {
		fail("the child ended with %x", (unsigned) status);
	}
	ecoq_amqp_lock(own);
	publish(own, channel, 10);
	for (int64_t end = ecoq_clock_monotonic_ms() + 20000; !c.finished && ecoq_clock_monotonic_ms() < end;) {
		must(ecoq_amqp_pump(own, end, &error), &error, "pump");
	}
	ecoq_amqp_unlock(own);
	ecoq_amqp_lock(shared);
	must(ecoq_amqp_connect(shared, &error), &error, "after the fork");
	if (c.finished != 1 || own->generation != 1 || shared->generation != 1) {
		fail("the child took the connections with it");
	}
	ecoq_amqp_unlock(shared);
	ecoq_amqp_connection_put(shared);
	if (ecoq_amqp_connection_get(settings) != shared) {
		fail("an idle connection is not used again");
	}
	ecoq_amqp_connection_put(shared);
	ecoq_amqp_connection_destroy(own);
	ecoq_amqp_connections_close_idle();
	ecoq_network_release(&settings->network);
}

#endif

int main(int argc, char **argv)
{
	if (argc != 3) {
		fail("usage: %s DSN QUEUE", argv[0]);
	}
	dsn_text = argv[1];
	queue_name = argv[2];
	test_channels();
	test_descriptor();
	test_upkeep();
	test_signals();
	test_pool();
	test_deaf_broker();
#ifndef __SANITIZE_THREAD__
	test_fork();
#endif
	ecoq_amqp_settings *settings = read_settings("");
	ecoq_amqp_connection *connection = ecoq_amqp_connection_create(settings);
	ecoq_amqp_lock(connection);
	amqp_channel_t channel = open_channel(connection, NULL);
	amqp_queue_delete(connection->state, channel, amqp_cstring_bytes(queue_name), 0, 0);
	ecoq_amqp_unlock(connection);
	ecoq_amqp_connection_destroy(connection);
	ecoq_network_release(&settings->network);
	puts("1 passed, 0 failed");
	return 0;
}
