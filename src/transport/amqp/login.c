#include "transport/amqp/login.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define ROUNDS_MS 1000      /* hosts that refuse at once are tried again for so long */
#define FIRST_PAUSE_MS 50   /* between the rounds; doubles */
#define DIAGNOSIS_MS 300    /* to find out why a host cannot be reached */
#define KEEPALIVE_PROBES 4  /* unanswered ones until the connection is dead */
#define LOGIN_LEAST_MS 5000 /* a busy broker takes a while */

static struct timeval timeval_of(int64_t ms)
{
	return (struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
}

/* ---- Why there is no connection: the library does not tell ---- */

static int socket_error_of(const struct addrinfo *address)
{
	int fd = socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->ai_protocol);
	int reason = 0;
	socklen_t size = sizeof(reason);
	if (fd < 0) {
		return errno;
	}
	if (connect(fd, address->ai_addr, address->ai_addrlen) != 0) {
		struct pollfd descriptor = {.fd = fd, .events = POLLOUT};
		reason = errno;
		if (reason == EINPROGRESS && poll(&descriptor, 1, DIAGNOSIS_MS) > 0) {
			getsockopt(fd, SOL_SOCKET, SO_ERROR, &reason, &size);
		}
	}
	close(fd);
	return reason;
}

static void explain(const ecoq_network_address *address, char *out, size_t capacity)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP};
	struct addrinfo *found = NULL;
	char port[16];
	snprintf(port, sizeof(port), "%d", address->port);
	int failure = getaddrinfo(address->host, port, &hints, &found);
	int reason = 0;
	for (const struct addrinfo *at = found; at; at = at->ai_next) {
		reason = socket_error_of(at);
	}
	if (failure == 0) {
		freeaddrinfo(found);
	}
	if (failure != 0) {
		snprintf(out, capacity, "the host name was not found (%s)", gai_strerror(failure));
	} else if (reason == ECONNREFUSED) {
		snprintf(out, capacity, "Connection refused: no broker listens there; start it, or check host and port");
	} else {
		char text[128] = "the connection was not made";
		snprintf(out, capacity, "%s", reason ? strerror_r(reason, text, sizeof(text)) : text);
	}
}

/* ---- One host ---- */

static void set_keepalive(const ecoq_network_settings *settings, int fd)
{
	int on = settings->keepalive_s > 0, seconds = settings->keepalive_s, probes = KEEPALIVE_PROBES;
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	if (on) {
		setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof(seconds));
		setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &seconds, sizeof(seconds));
		setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
	}
}

/* `*is_of_host`: what is wrong is so at this host, and perhaps not at another one. */
static ecoq_result open_socket(ecoq_amqp_connection *connection, const ecoq_network_address *address, amqp_connection_state_t state, bool *is_of_host, ecoq_error *error)
{
	const ecoq_network_settings *settings = &connection->settings->network;
	struct timeval timeout = timeval_of(settings->connect_timeout_ms);
	amqp_socket_t *socket = NULL;
	ecoq_result result = ECOQ_OK;
	char reason[200], doing[350];
	if (settings->tls) {
		result = ecoq_amqp_tls_socket(settings, state, address->host, &socket, error);
	} else if (!(socket = amqp_tcp_socket_new(state))) {
		result = ecoq_fail(error, ECOQ_NO_MEMORY, "Connecting to RabbitMQ at %s: out of memory", connection->address);
	}
	if (result != ECOQ_OK) {
		return result;
	}
	*is_of_host = true;
	int status = amqp_socket_open_noblock(socket, address->host, address->port, &timeout);
	if (status == AMQP_STATUS_OK) {
		set_keepalive(settings, amqp_get_sockfd(state));
		return ECOQ_OK;
	}
	if (status == AMQP_STATUS_SOCKET_ERROR || status == AMQP_STATUS_HOSTNAME_RESOLUTION_FAILED) {
		explain(address, reason, sizeof(reason));
		return ecoq_fail(error, ECOQ_UNAVAILABLE, "Connecting to RabbitMQ at %s: %s", connection->address, reason);
	}
	snprintf(doing, sizeof(doing), "Connecting to RabbitMQ at %s", connection->address);
	return settings->tls ? ecoq_amqp_tls_failure(connection, status, doing, error) : ecoq_amqp_failure(connection, status, doing, error);
}

static amqp_table_entry_t text_entry(const char *key, const char *value)
{
	amqp_table_entry_t entry = {.key = amqp_cstring_bytes(key), .value = {.kind = AMQP_FIELD_KIND_UTF8}};
	entry.value.value.bytes = amqp_cstring_bytes(value);
	return entry;
}

static amqp_table_entry_t yes_entry(const char *key)
{
	amqp_table_entry_t entry = {.key = amqp_cstring_bytes(key), .value = {.kind = AMQP_FIELD_KIND_BOOLEAN}};
	entry.value.value.boolean = 1;
	return entry;
}

/* "shop web1 4711 publishing": for those who look at the broker's list of connections. */
static void make_name(const ecoq_amqp_connection *connection, char *out, size_t capacity)
{
	char host[256] = "";
	gethostname(host, sizeof(host) - 1);
	snprintf(out, capacity, "%s %s %ld %s", connection->settings->connection_name ? connection->settings->connection_name : "ecoq", host, (long) getpid(),
		connection->publishes ? "publishing" : connection->asks ? "asking"
																: "consuming");
}

static amqp_rpc_reply_t log_in(ecoq_amqp_connection *connection, amqp_connection_state_t state)
{
	const ecoq_amqp_settings *settings = connection->settings;
	char name[512];
	make_name(connection, name, sizeof(name));
	amqp_table_entry_t abilities[] = {yes_entry("publisher_confirms"), yes_entry("basic.nack"), yes_entry("consumer_cancel_notify"), yes_entry("connection.blocked"),
		yes_entry("exchange_exchange_bindings"), yes_entry("authentication_failure_close")};
	amqp_table_entry_t entries[] = {text_entry("product", "ecoq, with librabbitmq"), text_entry("platform", "PHP"), text_entry("connection_name", name),
		{.key = amqp_cstring_bytes("capabilities"), .value = {.kind = AMQP_FIELD_KIND_TABLE}}};
	entries[3].value.value.table = (amqp_table_t){.num_entries = sizeof(abilities) / sizeof(abilities[0]), .entries = abilities};
	const amqp_table_t properties = {.num_entries = sizeof(entries) / sizeof(entries[0]), .entries = entries};
	const int most = ECOQ_AMQP_CHANNELS - 1;
	if (settings->external) {
		/* the broker takes the certificate's name; the library takes no empty one for a name */
		return amqp_login_with_properties(state, settings->vhost, most, settings->frame_max, settings->heartbeat_s, &properties, AMQP_SASL_METHOD_EXTERNAL,
			settings->network.user ? settings->network.user : "ecoq");
	}
	return amqp_login_with_properties(state, settings->vhost, most, settings->frame_max, settings->heartbeat_s, &properties, AMQP_SASL_METHOD_PLAIN, settings->network.user, settings->network.password);
}

static ecoq_result judge_login(ecoq_amqp_connection *connection, amqp_rpc_reply_t reply, ecoq_error *error)
{
	char doing[ECOQ_ERROR_TEXT / 2];
	if (reply.reply_type == AMQP_RESPONSE_NORMAL) {
		return ECOQ_OK;
	}
	snprintf(doing, sizeof(doing), "Logging in to RabbitMQ at %s, virtual host \"%s\"", connection->address, connection->settings->vhost);
	if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION) {
		/* the close of a channel begins with the same fields */
		const amqp_connection_close_t *word = reply.reply.decoded;
		connection->refusal_code = word->reply_code;
		return ecoq_amqp_refusal(connection->settings, word->reply_code, word->reply_text, doing, error);
	}
	switch (reply.library_error) {
		case AMQP_STATUS_BAD_AMQP_DATA:
		case AMQP_STATUS_WRONG_METHOD:
		case AMQP_STATUS_UNKNOWN_CLASS:
		case AMQP_STATUS_UNKNOWN_METHOD:
			return ecoq_fail(error, ECOQ_INVALID, "%s: what answers there does not speak AMQP 0-9-1; check the port (5672 is the usual one, 15672 is that of the management pages)", doing);
		case AMQP_STATUS_CONNECTION_CLOSED:
		case AMQP_STATUS_SOCKET_ERROR:
			return ecoq_fail(error, ECOQ_UNAVAILABLE, "%s: the connection was closed without a word: the broker is starting or stopping, or the port is another one (5672 is usual; 5671 with TLS, written amqps://; 15672 is that of the management pages)", doing);
		case AMQP_STATUS_SSL_ERROR:
			return ecoq_amqp_tls_failure(connection, reply.library_error, doing, error);
		default:
			return ecoq_amqp_failure(connection, reply.library_error ? reply.library_error : AMQP_STATUS_CONNECTION_CLOSED, doing, error);
	}
}

/* "3.10.8" is 31008. */
static int version_of(amqp_connection_state_t state)
{
	const amqp_table_t *properties = amqp_get_server_properties(state);
	int major = 0, minor = 0, patch = 0;
	char text[32];
	for (int i = 0; i < properties->num_entries; i++) {
		const amqp_table_entry_t *entry = &properties->entries[i];
		bool is_text = entry->value.kind == AMQP_FIELD_KIND_UTF8 || entry->value.kind == AMQP_FIELD_KIND_BYTES;
		if (is_text && entry->key.len == strlen("version") && memcmp(entry->key.bytes, "version", entry->key.len) == 0) {
			snprintf(text, sizeof(text), "%.*s", (int) entry->value.value.bytes.len, (const char *) entry->value.value.bytes.bytes);
			return sscanf(text, "%4d.%2d.%2d", &major, &minor, &patch) >= 2 ? major * 10000 + minor * 100 + patch : 0;
		}
	}
	return 0;
}

static ecoq_result try_host(ecoq_amqp_connection *connection, const ecoq_network_address *address, bool *is_of_host, ecoq_error *error)
{
	const ecoq_network_settings *settings = &connection->settings->network;
	ecoq_network_address_text(address, connection->address, sizeof(connection->address));
	amqp_connection_state_t state = amqp_new_connection();
	if (!state) {
		return ecoq_fail(error, ECOQ_NO_MEMORY, "Connecting to RabbitMQ at %s: out of memory", connection->address);
	}
	struct timeval login = timeval_of(settings->timeout_ms < LOGIN_LEAST_MS ? settings->timeout_ms : LOGIN_LEAST_MS), answer = timeval_of(settings->timeout_ms);
	amqp_set_handshake_timeout(state, &login);
	amqp_set_rpc_timeout(state, &answer);
	ecoq_result result = open_socket(connection, address, state, is_of_host, error);
	if (result == ECOQ_OK) {
		amqp_rpc_reply_t reply = log_in(connection, state);
		*is_of_host = reply.reply_type != AMQP_RESPONSE_SERVER_EXCEPTION;
		result = judge_login(connection, reply, error);
	}
	if (result != ECOQ_OK) {
		amqp_destroy_connection(state);
		return result;
	}
	connection->state = state;
	connection->server_version = version_of(state);
	connection->heartbeat_ms = amqp_get_heartbeat(state) * INT64_C(1000);
	return ECOQ_OK;
}

/* ---- All hosts ---- */

/* A certificate that does not hold, or a port where something else listens, is one host's. What the broker itself refuses (a login, a virtual host) it would refuse at
 * the others, too. */
static ecoq_result try_round(ecoq_amqp_connection *connection, ecoq_network_failures *failures)
{
	const ecoq_network_settings *settings = &connection->settings->network;
	*failures = (ecoq_network_failures){0};
	for (size_t i = 0; i < settings->address_count; i++) {
		size_t index = (connection->next_address + i) % settings->address_count;
		bool is_of_host = false;
		ecoq_error error;
		ecoq_result result = try_host(connection, &settings->addresses[index], &is_of_host, &error);
		if (result == ECOQ_OK) {
			connection->next_address = index;
			return ECOQ_OK;
		}
		if (result != ECOQ_UNAVAILABLE && !(result == ECOQ_INVALID && is_of_host)) {
			connection->next_address = index;
			*failures = (ecoq_network_failures){.told = error};
			return result;
		}
		ecoq_network_failed(failures, &error);
	}
	return ecoq_network_verdict(failures);
}

ecoq_result ecoq_amqp_login(ecoq_amqp_connection *connection, ecoq_error *error)
{
	int64_t begun_ms = ecoq_clock_monotonic_ms();
	ecoq_network_failures failures;
	const ecoq_network_settings *settings = &connection->settings->network;
	ecoq_result result = try_round(connection, &failures);
	for (int64_t pause = FIRST_PAUSE_MS; result == ECOQ_UNAVAILABLE && ecoq_clock_monotonic_ms() + pause - begun_ms < ROUNDS_MS; pause *= 2) {
		struct timespec time = {.tv_nsec = pause * 1000000};
		nanosleep(&time, NULL);
		result = try_round(connection, &failures);
	}
	if (result == ECOQ_OK) {
		return ECOQ_OK;
	}
	connection->gone = failures.told;
	connection->gone.code = result;
	if (settings->address_count == 1 || !failures.is_any) {
		return ecoq_fail(error, result, "%s", failures.told.text);
	}
	bool is_last = failures.told.code == ECOQ_UNAVAILABLE;
	return ecoq_fail(error, result, "%.600s (none of the hosts %s could be used; %s)", failures.told.text, settings->place,
		is_last ? "this is the last one's answer" : failures.may_pass ? "others cannot be reached now"
																	  : "this is the first one's answer");
}
