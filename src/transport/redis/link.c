#include "transport/redis/link.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "transport/redis/link_memory.h"
#include "transport/redis/socket.h"
#include "transport/redis/tls.h"

#define INPUT_SIZE (64 * 1024)
#define OUTPUT_KEPT (2 * 1024 * 1024) /* a larger buffer is given back after use */
#define LOOK_AFTER_MS 100             /* a connection idle for longer may have been closed by the server */
#define MAX_ELEMENTS (16 * 1024 * 1024)

static _Atomic uint64_t connections; /* of this process */

static const char *place_of(const ecoq_redis_link *link, char *out, size_t capacity)
{
	return ecoq_network_address_text(&link->address, out, capacity);
}

static int64_t earlier(int64_t a_ms, int64_t deadline_ms)
{
	return deadline_ms && deadline_ms < a_ms ? deadline_ms : a_ms;
}

/* ---- Bytes: as read() and write(), and where EAGAIN comes `*events` is what to wait for ---- */

static ssize_t take(const ecoq_redis_link *link, short *events)
{
	*events = POLLIN;
	if (link->tls) {
		return ecoq_redis_tls_read(link->tls, link->input, INPUT_SIZE, events);
	}
	return recv(link->context->fd, link->input, INPUT_SIZE, 0);
}

static ssize_t put(const ecoq_redis_link *link, const char *data, size_t size, short *events)
{
	*events = POLLOUT;
	if (link->tls) {
		return ecoq_redis_tls_write(link->tls, data, size, events);
	}
	return send(link->context->fd, data, size, MSG_NOSIGNAL);
}

static bool is_patient(int code)
{
	return code == EAGAIN || code == EWOULDBLOCK || code == EINTR;
}

/* ---- Commands as the protocol has them ---- */

static char *put_length(char *at, char kind, size_t number)
{
	char digits[24];
	size_t count = 0;
	do {
		digits[count++] = (char) ('0' + number % 10);
		number /= 10;
	} while (number);
	*at++ = kind;
	while (count) {
		*at++ = digits[--count];
	}
	*at++ = '\r';
	*at++ = '\n';
	return at;
}

static char *put_command(char *at, const ecoq_redis_words *words)
{
	at = put_length(at, '*', words->count);
	for (size_t i = 0; i < words->count; i++) {
		at = put_length(at, '$', words->sizes[i]);
		memcpy(at, words->data[i], words->sizes[i]);
		at += words->sizes[i];
		*at++ = '\r';
		*at++ = '\n';
	}
	return at;
}

/* At most what they need in link->output. */
static bool make_room(ecoq_redis_link *link, const ecoq_redis_words *commands, size_t count)
{
	size_t size = 0;
	for (size_t i = 0; i < count; i++) {
		if (commands[i].is_out_of_memory) {
			return false;
		}
		size += 24;
		for (size_t j = 0; j < commands[i].count; j++) {
			size += commands[i].sizes[j] + 28;
		}
	}
	if (size > link->output.capacity) {
		char *data = realloc(link->output.data, size);
		if (!data) {
			return false;
		}
		link->output.data = data;
		link->output.capacity = size;
	}
	return true;
}

/* `*first` is the size of the first one: with less than that at the server, nothing can have been executed. */
static ecoq_result write_down(ecoq_redis_link *link, const ecoq_redis_words *commands, size_t count, size_t *first, ecoq_error *error)
{
	if (!make_room(link, commands, count)) {
		return ecoq_fail(error, ECOQ_NO_MEMORY, "out of memory for a command to Redis");
	}
	char *at = link->output.data;
	*first = 0;
	for (size_t i = 0; i < count; i++) {
		at = put_command(at, &commands[i]);
		*first = i ? *first : (size_t) (at - link->output.data);
	}
	link->output.size = (size_t) (at - link->output.data);
	return ECOQ_OK;
}

static void trim_output(ecoq_redis_link *link)
{
	if (link->output.capacity > OUTPUT_KEPT) {
		ecoq_buffer_free(&link->output);
	}
}

/* ---- One exchange ---- */

typedef struct exchange {
	ecoq_redis_link *link;
	int64_t deadline_ms;
	size_t sent;
	size_t received; /* replies */
	int status;      /* errno of what ended it; ETIMEDOUT; 0: the server closed */
	bool is_garbage; /* what came was no protocol: the reader has the text */
} exchange;

static bool wait_for(exchange *e, short events)
{
	if (!ecoq_redis_socket_wait(e->link->context->fd, events, e->deadline_ms)) {
		e->status = ETIMEDOUT;
		return false;
	}
	return true;
}

static bool send_all(exchange *e)
{
	const ecoq_buffer *output = &e->link->output;
	while (e->sent < output->size) {
		short events;
		ssize_t sent = put(e->link, output->data + e->sent, output->size - e->sent, &events);
		if (sent >= 0) {
			e->sent += (size_t) sent;
		} else if (!is_patient(errno)) {
			e->status = errno;
			return false;
		} else if (errno != EINTR && !wait_for(e, events)) {
			return false;
		}
	}
	return true;
}

/* One more reply, or false. */
static bool receive(exchange *e, redisReply **reply)
{
	redisReader *reader = e->link->context->reader;
	for (;;) {
		void *got = NULL;
		short events;
		if (redisReaderGetReply(reader, &got) != REDIS_OK) {
			e->is_garbage = true;
			return false;
		}
		if (got) {
			*reply = got;
			return true;
		}
		ssize_t size = take(e->link, &events);
		if (size > 0) {
			if (redisReaderFeed(reader, e->link->input, (size_t) size) != REDIS_OK) {
				e->is_garbage = true;
				return false;
			}
		} else if (size == 0 || !is_patient(errno)) {
			e->status = size ? errno : 0;
			return false;
		} else if (errno != EINTR && !wait_for(e, events)) {
			return false;
		}
	}
}

/* Replies that came before it failed stay in `replies`, e->received of them. */
static bool run_exchange(exchange *e, redisReply **replies, size_t count)
{
	/* a server that refuses says so before it closes, also while we are still sending */
	bool done = send_all(e);
	if (!done && e->status == ETIMEDOUT) {
		return false;
	}
	int status = e->status;
	while (e->received < count && receive(e, &replies[e->received])) {
		e->received++;
	}
	e->status = done ? e->status : status;
	return done && e->received == count;
}

static const char *reason_of(const exchange *e)
{
	if (e->is_garbage) {
		return e->link->context->reader->errstr;
	}
	return e->status ? strerror(e->status) : "the server closed it";
}

static ecoq_result report(const exchange *e, size_t first, ecoq_error *error)
{
	char place[300];
	place_of(e->link, place, sizeof(place));
	if (e->sent < first) {
		return e->status == ETIMEDOUT
			? ecoq_fail(error, ECOQ_UNAVAILABLE, "Redis at %s took no data for too long; nothing was executed", place)
			: ecoq_fail(error, ECOQ_UNAVAILABLE, "the connection to Redis at %s broke (%s) before the command was sent; nothing was executed", place, reason_of(e));
	}
	if (e->is_garbage) {
		return ecoq_fail(
			error, ECOQ_UNKNOWN, "what came from Redis at %s is no answer of Redis (%s); whether the command was executed is not known", place, reason_of(e));
	}
	if (e->status == ETIMEDOUT) {
		return ecoq_fail(error, ECOQ_UNKNOWN, "Redis at %s did not answer in time (option io-timeout: %lld ms); whether the command was executed is not known",
			place, (long long) e->link->settings->network.timeout_ms);
	}
	return ecoq_fail(
		error, ECOQ_UNKNOWN, "the connection to Redis at %s broke (%s) before the answer came; whether the command was executed is not known", place, reason_of(e));
}

static void free_replies(redisReply **replies, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		freeReplyObject(replies[i]);
		replies[i] = NULL;
	}
}

/* ---- Connecting ---- */

#if HIREDIS_MAJOR < 1
/* hiredis 0.14 believes every size: one that was corrupted on its way would cost gigabytes. */
static void *(*make_array)(const redisReadTask *, int);

static void *make_bounded_array(const redisReadTask *task, int elements)
{
	return elements > MAX_ELEMENTS ? NULL : make_array(task, elements);
}

static redisReplyObjectFunctions functions;
static pthread_once_t functions_once = PTHREAD_ONCE_INIT;

static void fill_functions(void)
{
	redisReader *reader = redisReaderCreate();
	if (reader) {
		functions = *reader->fn;
		make_array = functions.createArray;
		functions.createArray = make_bounded_array;
		redisReaderFree(reader);
	}
}

static void bound_reader(redisReader *reader)
{
	pthread_once(&functions_once, fill_functions);
	if (make_array) {
		reader->fn = &functions;
	}
}
#else
static void bound_reader(redisReader *reader)
{
	reader->maxelements = MAX_ELEMENTS;
}
#endif

void ecoq_redis_disconnect(ecoq_redis_link *link)
{
	redisContext *context = link->context;
	int fd = link->fd;
	link->fd = -1;
	link->context = NULL;
	if (link->tls) {
		ecoq_redis_tls_end(link->tls);
		link->tls = NULL;
	}
	if (context) {
		redisFreeKeepFd(context);
		close(fd);
	}
}

static ecoq_result open_context(ecoq_redis_link *link, int64_t deadline_ms, ecoq_error *error)
{
	char place[300];
	int fd;
	if (!link->input && !(link->input = malloc(INPUT_SIZE))) {
		return ecoq_fail(error, ECOQ_NO_MEMORY, "Connecting to Redis at %s: out of memory", place_of(link, place, sizeof(place)));
	}
	ecoq_result result = ecoq_redis_socket_open(&link->settings->network, &link->address, deadline_ms, &fd, error);
	if (result != ECOQ_OK) {
		return result;
	}
	link->context = redisConnectFd(fd);
	if (!link->context || link->context->err) {
		if (link->context) {
			redisFreeKeepFd(link->context);
			link->context = NULL;
		}
		close(fd);
		return ecoq_fail(error, ECOQ_NO_MEMORY, "Connecting to Redis at %s: out of memory", place_of(link, place, sizeof(place)));
	}
	link->fd = fd;
	link->context->reader->maxbuf = INPUT_SIZE * 16;
	bound_reader(link->context->reader);
	return link->settings->network.tls ? ecoq_redis_tls_begin(&link->settings->network, &link->address, fd, deadline_ms, &link->tls, &link->is_wrong_host, error) : ECOQ_OK;
}

enum {
	GREETING_LOGIN,
	GREETING_DATABASE,
	GREETING_NAME,
	GREETING_COUNT
};

static void add_greeting(const ecoq_redis_link *link, ecoq_redis_words words[GREETING_COUNT])
{
	const ecoq_redis_settings *settings = link->settings;
	const char *user = link->is_sentinel ? settings->sentinel_user : settings->network.user;
	const char *password = link->is_sentinel ? settings->sentinel_password : settings->network.password;
	if (password) {
		ecoq_redis_words_add_text(&words[GREETING_LOGIN], "AUTH");
		if (user) {
			ecoq_redis_words_add_text(&words[GREETING_LOGIN], user);
		}
		ecoq_redis_words_add_text(&words[GREETING_LOGIN], password);
	}
	if (settings->database && !link->is_sentinel) {
		ecoq_redis_words_add_text(&words[GREETING_DATABASE], "SELECT");
		ecoq_redis_words_add_int(&words[GREETING_DATABASE], settings->database);
	}
	ecoq_redis_words_add_text(&words[GREETING_NAME], "CLIENT");
	ecoq_redis_words_add_text(&words[GREETING_NAME], "SETNAME");
	ecoq_redis_words_add_text(&words[GREETING_NAME], "ecoq");
}

static bool is_about_login(const redisReply *reply)
{
	return strncmp(reply->str, "NOAUTH", 6) == 0 || strncmp(reply->str, "DENIED", 6) == 0 || strstr(reply->str, "max number of clients");
}

/* The refusal among the replies, if there is one. */
static ecoq_result judge_greeting(const ecoq_redis_link *link, const int *kinds, redisReply *const *replies, size_t count, ecoq_error *error)
{
	static const char *const verbs[] = {[GREETING_LOGIN] = "Logging in to", [GREETING_DATABASE] = "Selecting the database of", [GREETING_NAME] = "Connecting to"};
	char place[300], doing[360];
	for (size_t i = 0; i < count; i++) {
		/* a name is a courtesy, and not everyone may give one */
		if (replies[i]->type != REDIS_REPLY_ERROR || (kinds[i] == GREETING_NAME && !is_about_login(replies[i]))) {
			continue;
		}
		snprintf(doing, sizeof(doing), "%s %s at %s", verbs[kinds[i]], link->is_sentinel ? "the Sentinel" : "Redis", place_of(link, place, sizeof(place)));
		ecoq_result result = ecoq_redis_error(replies[i], doing, error);
		return result == ECOQ_INVALID && link->is_sentinel
			? ecoq_fail(error, result, "%s: it wants a login of its own, or refuses this one: options sentinel-user and sentinel-password", doing)
			: result;
	}
	return ECOQ_OK;
}

static ecoq_result report_greeting(const exchange *e, ecoq_error *error)
{
	char place[300];
	place_of(e->link, place, sizeof(place));
	if (e->is_garbage) {
		return ecoq_fail(error, ECOQ_PROTOCOL, "Connecting to Redis at %s: what answers there does not speak the protocol of Redis (%s)%s", place, reason_of(e),
			e->link->tls ? "" : "; a port for TLS needs rediss://");
	}
	if (e->status == ETIMEDOUT) {
		return ecoq_fail(error, ECOQ_UNAVAILABLE, "Connecting to Redis at %s: the connection stands, but no answer came in time (option connect-timeout: %lld ms)",
			place, (long long) e->link->settings->network.connect_timeout_ms);
	}
	return ecoq_fail(error, ECOQ_UNAVAILABLE, "Connecting to Redis at %s: the connection broke at once (%s)%s", place, reason_of(e),
		e->link->tls ? "; the server may want a client's certificate (options tls-cert and tls-key)" : "; a port for TLS needs rediss://");
}

/* Login, database and name go out together. */
static ecoq_result greet(ecoq_redis_link *link, int64_t deadline_ms, ecoq_error *error)
{
	ecoq_redis_words all[GREETING_COUNT] = {0}, words[GREETING_COUNT];
	redisReply *replies[GREETING_COUNT] = {NULL};
	int kinds[GREETING_COUNT];
	size_t count = 0, first;
	add_greeting(link, all);
	for (int kind = 0; kind < GREETING_COUNT; kind++) {
		if (all[kind].count || all[kind].is_out_of_memory) {
			kinds[count] = kind;
			words[count++] = all[kind];
		}
	}
	exchange e = {.link = link, .deadline_ms = deadline_ms};
	ecoq_result result = write_down(link, words, count, &first, error);
	if (result == ECOQ_OK) {
		bool done = run_exchange(&e, replies, count);
		result = judge_greeting(link, kinds, replies, e.received, error);
		result = result == ECOQ_OK && !done ? report_greeting(&e, error) : result;
	}
	/* it may hold the password */
	explicit_bzero(link->output.data, link->output.size);
	free_replies(replies, e.received);
	for (int kind = 0; kind < GREETING_COUNT; kind++) {
		ecoq_redis_words_free(&all[kind]);
	}
	return result;
}

bool ecoq_redis_is_connected(ecoq_redis_link *link)
{
	short events;
	int64_t now = ecoq_clock_monotonic_ms();
	ecoq_redis_link_leave_parent(link);
	if (!link->context) {
		return false;
	}
	if (now - link->used_at_ms >= LOOK_AFTER_MS) {
		/* nothing may have come while nothing was asked; what did come means that the server has closed it, or is about to */
		if (take(link, &events) >= 0 || !is_patient(errno)) {
			ecoq_redis_disconnect(link);
			return false;
		}
		link->used_at_ms = now;
	}
	return true;
}

ecoq_result ecoq_redis_connect(ecoq_redis_link *link, int64_t deadline_ms, ecoq_error *error)
{
	if (ecoq_redis_is_connected(link)) {
		return ECOQ_OK;
	}
	int64_t limit = earlier(ecoq_clock_monotonic_ms() + link->settings->network.connect_timeout_ms, deadline_ms);
	link->is_wrong_host = false;
	ecoq_result result = open_context(link, limit, error);
	if (result == ECOQ_OK) {
		link->is_wrong_host = false;
		result = greet(link, limit, error);
	}
	if (result != ECOQ_OK) {
		ecoq_redis_disconnect(link);
		return result;
	}
	link->connection = ++connections;
	link->is_alone = false;
	link->used_at_ms = ecoq_clock_monotonic_ms();
	return ECOQ_OK;
}

/* ---- Requests ---- */

ecoq_result ecoq_redis_request(ecoq_redis_link *link, const ecoq_redis_words *commands, size_t count, redisReply **replies, int64_t deadline_ms, ecoq_error *error)
{
	ecoq_result result = ecoq_redis_connect(link, deadline_ms, error);
	return result == ECOQ_OK ? ecoq_redis_request_here(link, commands, count, replies, deadline_ms, error) : result;
}

ecoq_result ecoq_redis_request_here(ecoq_redis_link *link, const ecoq_redis_words *commands, size_t count, redisReply **replies, int64_t deadline_ms, ecoq_error *error)
{
	size_t first;
	if (!link->context) {
		return ecoq_fail(error, ECOQ_UNAVAILABLE, "there is no connection to Redis");
	}
	ecoq_result result = write_down(link, commands, count, &first, error);
	if (result != ECOQ_OK) {
		return result;
	}
	const ecoq_redis_settings *settings = link->settings;
	int64_t limit = ecoq_clock_monotonic_ms() + settings->network.timeout_ms + (settings->replicas ? settings->replicas_ms : 0);
	exchange e = {.link = link, .deadline_ms = earlier(limit, deadline_ms)};
	if (!run_exchange(&e, replies, count)) {
		free_replies(replies, e.received);
		result = report(&e, first, error);
		ecoq_redis_disconnect(link);
	}
	link->used_at_ms = ecoq_clock_monotonic_ms();
	trim_output(link);
	return result;
}

ecoq_result ecoq_redis_post(ecoq_redis_link *link, const ecoq_redis_words *command, ecoq_error *error)
{
	size_t first;
	if (!link->context) {
		return ecoq_fail(error, ECOQ_UNAVAILABLE, "there is no connection to Redis");
	}
	ecoq_result result = write_down(link, command, 1, &first, error);
	exchange e = {.link = link, .deadline_ms = ecoq_clock_monotonic_ms() + link->settings->network.timeout_ms};
	if (result == ECOQ_OK && !send_all(&e)) {
		result = report(&e, first, error);
		ecoq_redis_disconnect(link);
	}
	link->used_at_ms = ecoq_clock_monotonic_ms();
	return result;
}

ecoq_result ecoq_redis_poll(ecoq_redis_link *link, redisReply **reply, ecoq_error *error)
{
	*reply = NULL;
	if (!link->context) {
		return ecoq_fail(error, ECOQ_UNAVAILABLE, "there is no connection to Redis");
	}
	exchange e = {.link = link, .deadline_ms = 0};
	if (receive(&e, reply) || e.status == ETIMEDOUT) {
		return ECOQ_OK;
	}
	ecoq_result result = report(&e, 0, error);
	ecoq_redis_disconnect(link);
	return result;
}
