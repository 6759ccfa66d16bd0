#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../base/check.h"
#include "base/clock.h"
#include "transport/redis/route.h"

/* The route's own scripts are not needed here. */
const char *const ecoq_redis_script_texts[ECOQ_REDIS_SCRIPT_COUNT] = {"return 1"};
const char *const ecoq_redis_script_names[ECOQ_REDIS_SCRIPT_COUNT] = {"send"};

/* ---- A server that answers what it is told: the greeting, then one answer per packet ---- */

typedef struct fake {
	int listener, port;
	pthread_mutex_t mutex; /* what follows */
	char greeting[64], answer[256];
	size_t greeting_size, answer_size;
	bool closes, is_mute, repeats;
	int held[64]; /* connections that it keeps open and says nothing on */
	size_t held_count;
	atomic_int accepted;
} fake;

static void say(int fd, const char *data, size_t size)
{
	if (send(fd, data, size, MSG_NOSIGNAL) < 0) {
		return;
	}
}

static bool hear(int fd)
{
	char packet[4096];
	return recv(fd, packet, sizeof(packet), 0) > 0;
}

static void *talk(void *argument)
{
	void **both = argument;
	fake *server = both[0];
	int fd = (int) (intptr_t) both[1];
	bool repeats = true;
	free(both);
	if (hear(fd)) {
		pthread_mutex_lock(&server->mutex);
		say(fd, server->greeting, server->greeting_size);
		pthread_mutex_unlock(&server->mutex);
	}
	while (repeats && hear(fd)) {
		pthread_mutex_lock(&server->mutex);
		if (!server->is_mute) {
			say(fd, server->answer, server->answer_size);
		}
		repeats = server->repeats;
		bool closes = server->closes;
		pthread_mutex_unlock(&server->mutex);
		if (!closes) {
			repeats = true;
		}
	}
	close(fd);
	return NULL;
}

static void *serve(void *argument)
{
	fake *server = argument;
	int fd;
	while ((fd = accept(server->listener, NULL, NULL)) >= 0) {
		pthread_t thread;
		void **both = malloc(2 * sizeof(*both));
		both[0] = server;
		both[1] = (void *) (intptr_t) fd;
		atomic_fetch_add(&server->accepted, 1);
		if (pthread_create(&thread, NULL, talk, both) == 0) {
			pthread_detach(thread);
		}
	}
	return NULL;
}

static void start(fake *server)
{
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(name);
	pthread_t thread;
	memset(server, 0, sizeof(*server));
	pthread_mutex_init(&server->mutex, NULL);
	server->listener = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(bind(server->listener, (struct sockaddr *) &name, size) == 0 && listen(server->listener, 64) == 0);
	getsockname(server->listener, (struct sockaddr *) &name, &size);
	server->port = ntohs(name.sin_port);
	pthread_create(&thread, NULL, serve, server);
	pthread_detach(thread);
}

static void tell(fake *server, const char *greeting, size_t greeting_size, const char *answer, size_t answer_size)
{
	pthread_mutex_lock(&server->mutex);
	memcpy(server->greeting, greeting, greeting_size);
	memcpy(server->answer, answer, answer_size);
	server->greeting_size = greeting_size;
	server->answer_size = answer_size;
	pthread_mutex_unlock(&server->mutex);
}

static void behave(fake *server, bool closes, bool is_mute, bool repeats)
{
	pthread_mutex_lock(&server->mutex);
	server->closes = closes;
	server->is_mute = is_mute;
	server->repeats = repeats;
	pthread_mutex_unlock(&server->mutex);
}

static void rest(int ms)
{
	struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
	while (nanosleep(&left, &left) != 0) {
	}
}

/* ---- Requests ---- */

#define ANSWER "*4\r\n$5\r\nhello\r\n:42\r\n*2\r\n+OK\r\n$-1\r\n-ERR x\r\n"

static ecoq_redis_settings *settings_for(const fake *server, const char *options)
{
	char text[160];
	ecoq_redis_settings *settings = NULL;
	ecoq_dsn dsn;
	ecoq_error error = {.text = ""};
	snprintf(text, sizeof(text), "redis://127.0.0.1:%d/q%s", server->port, options);
	ecoq_bytes bytes = {text, strlen(text)};
	CHECK(ecoq_dsn_parse(bytes, &dsn, &error) == ECOQ_OK, error.text);
	ecoq_transport_config config = {.channel = ECOQ_BYTES("orders"), .dsn = &dsn, .options = dsn.options, .option_count = dsn.option_count};
	CHECK(ecoq_redis_settings_read(&config, &settings, &error) == ECOQ_OK, error.text);
	ecoq_dsn_free(&dsn);
	return settings;
}

static ecoq_result ping(ecoq_redis_link *link, int64_t wait_ms, redisReply **reply, ecoq_error *error)
{
	ecoq_redis_words words = {0};
	ecoq_redis_words_add_text(&words, "PING");
	*reply = NULL;
	error->text[0] = '\0';
	ecoq_redis_lock(link);
	ecoq_result result = ecoq_redis_request(link, &words, 1, reply, wait_ms ? ecoq_clock_monotonic_ms() + wait_ms : 0, error);
	ecoq_redis_unlock(link);
	ecoq_redis_words_free(&words);
	return result;
}

static bool is_whole(const redisReply *reply)
{
	return reply && reply->type == REDIS_REPLY_ARRAY && reply->elements == 4 && reply->element[0]->len == 5 && reply->element[1]->integer == 42
		&& reply->element[2]->elements == 2 && reply->element[3]->type == REDIS_REPLY_ERROR;
}

static ecoq_result once(ecoq_redis_settings *settings, redisReply **reply, ecoq_error *error)
{
	ecoq_redis_link *link = ecoq_redis_link_create(settings, &settings->network.addresses[0]);
	ecoq_result result = ping(link, 0, reply, error);
	CHECK(result == ECOQ_OK || !*reply);
	CHECK(result == ECOQ_OK || link->fd == -1);
	ecoq_redis_link_destroy(link);
	return result;
}

/* What the server says is cut at each byte, and each byte is replaced. */
static void test_broken_answers(fake *server)
{
	static const char wrong[] = {0, '\r', '\n', '9', '-', '$', '*', ':', (char) 0xff};
	ecoq_redis_settings *settings = settings_for(server, "?io-timeout=2s");
	redisReply *reply;
	ecoq_error error;
	size_t size = sizeof(ANSWER) - 1;
	behave(server, true, false, false);
	for (size_t cut = 0; cut <= size; cut++) {
		tell(server, "+OK\r\n", 5, ANSWER, cut);
		ecoq_result result = once(settings, &reply, &error);
		CHECK(result == (cut == size ? ECOQ_OK : ECOQ_UNKNOWN), error.text);
		CHECK(cut < size ? strstr(error.text, "not known") != NULL : is_whole(reply), error.text);
		if (reply) {
			freeReplyObject(reply);
		}
	}
	for (size_t at = 0; at < size; at++) {
		for (size_t i = 0; i < sizeof(wrong); i++) {
			char answer[sizeof(ANSWER)] = ANSWER;
			answer[at] = wrong[i];
			tell(server, "+OK\r\n", 5, answer, size);
			ecoq_result result = once(settings, &reply, &error);
			CHECK(result == ECOQ_OK || result == ECOQ_UNKNOWN, error.text);
			if (reply) {
				freeReplyObject(reply);
			}
		}
	}
	ecoq_network_release(&settings->network);
	settings = settings_for(server, "?connect-timeout=200ms");
	for (size_t cut = 0; cut < 5; cut++) {
		tell(server, "+OK\r\n", cut, "", 0);
		pthread_mutex_lock(&server->mutex);
		server->greeting[0] = cut % 2 ? '!' : '+';
		pthread_mutex_unlock(&server->mutex);
		ecoq_result result = once(settings, &reply, &error);
		CHECK(result == (cut % 2 ? ECOQ_PROTOCOL : ECOQ_UNAVAILABLE), error.text);
	}
	ecoq_network_release(&settings->network);
}

/* Sizes that nobody means. */
static void test_absurd_sizes(fake *server)
{
	static const char *const answers[] = {"*2147483647\r\n", "*99999999999999999999\r\n", "$4294967296\r\n", "$99999999999999999999999\r\n", "*-5\r\n", "$-7\r\n",
		"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n"};
	ecoq_redis_settings *settings = settings_for(server, "?io-timeout=2s");
	redisReply *reply;
	ecoq_error error;
	behave(server, true, false, false);
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		tell(server, "+OK\r\n", 5, answers[i], strlen(answers[i]));
		ecoq_result result = once(settings, &reply, &error);
		/* newer hiredis reads deeper, and has its own opinion of negative sizes */
		CHECK(result == ECOQ_UNKNOWN || (result == ECOQ_OK && i >= 4 && i <= 6), answers[i]);
		if (reply) {
			freeReplyObject(reply);
		}
	}
	ecoq_network_release(&settings->network);
}

static void on_alarm(int number)
{
}

/* Signals neither end nor prolong the waiting. */
static void test_deadlines(fake *server)
{
	struct sigaction action = {.sa_handler = on_alarm}, before;
	struct itimerval often = {{0, 3000}, {0, 3000}}, never = {{0, 0}, {0, 0}};
	ecoq_redis_settings *settings = settings_for(server, "?io-timeout=200ms");
	redisReply *reply;
	ecoq_error error;
	tell(server, "+OK\r\n", 5, "", 0);
	behave(server, false, true, true);
	sigaction(SIGALRM, &action, &before);
	setitimer(ITIMER_REAL, &often, NULL);
	ecoq_redis_link *link = ecoq_redis_link_create(settings, &settings->network.addresses[0]);
	for (int64_t wait = 0; wait <= 100; wait += 100) {
		int64_t start = ecoq_clock_monotonic_ms();
		CHECK(ping(link, wait, &reply, &error) == ECOQ_UNKNOWN, error.text);
		int64_t took = ecoq_clock_monotonic_ms() - start;
		CHECK(took >= (wait ? wait : 200) && took < 5000);
		CHECK(strstr(error.text, "io-timeout") && link->fd == -1, error.text);
	}
	tell(server, "", 0, "", 0);
	CHECK(ping(link, 100, &reply, &error) == ECOQ_UNAVAILABLE && strstr(error.text, "connect-timeout"), error.text);
	setitimer(ITIMER_REAL, &never, NULL);
	sigaction(SIGALRM, &before, NULL);
	ecoq_redis_link_destroy(link);
	ecoq_network_release(&settings->network);
}

/* A server that closes an idle connection is found out before the next request, and nothing dies of SIGPIPE. */
static void test_reconnect(fake *server)
{
	ecoq_redis_settings *settings = settings_for(server, "");
	ecoq_redis_link *link = ecoq_redis_link_create(settings, &settings->network.addresses[0]);
	redisReply *reply;
	ecoq_error error;
	int unknown = 0;
	tell(server, "+OK\r\n", 5, "+PONG\r\n", 7);
	behave(server, true, false, false);
	for (uint64_t i = 1, last = 0; i <= 3; i++) {
		CHECK(ping(link, 0, &reply, &error) == ECOQ_OK && link->connection > last, error.text);
		last = link->connection;
		freeReplyObject(reply);
		rest(150);
	}
	for (int i = 0; i < 20; i++) {
		ecoq_result result = ping(link, 0, &reply, &error);
		CHECK(result == ECOQ_OK || result == ECOQ_UNKNOWN || result == ECOQ_UNAVAILABLE, error.text);
		unknown += result != ECOQ_OK;
		if (reply) {
			freeReplyObject(reply);
		}
	}
	CHECK(unknown > 0);
	ecoq_redis_link_destroy(link);
	ecoq_network_release(&settings->network);
}

/* ---- The pool ---- */

typedef struct worker {
	ecoq_redis_settings *settings;
	ecoq_redis_link *shared, *own;
	int good;
} worker;

static void *work(void *argument)
{
	worker *w = argument;
	redisReply *reply;
	ecoq_error error;
	w->own = ecoq_redis_link_get(w->settings, &w->settings->network.addresses[0]);
	for (int i = 0; i < 300; i++) {
		if (ping(i % 2 ? w->own : w->shared, 0, &reply, &error) == ECOQ_OK) {
			w->good += reply->type == REDIS_REPLY_STATUS;
			freeReplyObject(reply);
		}
		if (i % 50 == 49) {
			ecoq_redis_link_put(w->own);
			w->own = ecoq_redis_link_get(w->settings, &w->settings->network.addresses[0]);
		}
	}
	return NULL;
}

static void test_pool(fake *server)
{
	ecoq_redis_settings *settings = settings_for(server, ""), *others = settings_for(server, "?io-timeout=1s");
	ecoq_redis_link *a = ecoq_redis_link_get(settings, &settings->network.addresses[0]), *b = ecoq_redis_link_get(settings, &settings->network.addresses[0]);
	ecoq_redis_link *c = ecoq_redis_link_get(others, &settings->network.addresses[0]);
	pthread_t threads[2];
	worker workers[2];
	redisReply *reply;
	ecoq_error error;
	tell(server, "+OK\r\n", 5, "+PONG\r\n", 7);
	behave(server, false, false, true);
	CHECK(a && a == b && a != c && a->pooled.users == 2 && strlen(a->publisher) == 32 && strcmp(a->publisher, c->publisher) != 0);
	CHECK(ping(a, 0, &reply, &error) == ECOQ_OK, error.text);
	freeReplyObject(reply);
	const uint64_t connection = a->connection;
	for (int i = 0; i < 2; i++) {
		workers[i] = (worker){.settings = settings, .shared = a};
		pthread_create(&threads[i], NULL, work, &workers[i]);
	}
	for (int i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		CHECK(workers[i].good == 300 && workers[i].own != a);
	}
	CHECK(workers[0].own != workers[1].own);
	CHECK(a->connection == connection);
	ecoq_redis_link_put(workers[0].own);
	ecoq_redis_link_put(workers[1].own);
	ecoq_redis_link_put(a);
	ecoq_redis_link_put(b);
	ecoq_redis_link_put(c);
	/* it was kept with its connection */
	b = ecoq_redis_link_get(settings, &settings->network.addresses[0]);
	CHECK(b->connection > 0 && b->fd >= 0 && ping(b, 0, &reply, &error) == ECOQ_OK, error.text);
	freeReplyObject(reply);
	ecoq_redis_link_put(b);
	ecoq_network_release(&settings->network);
	ecoq_network_release(&others->network);
	ecoq_redis_links_close_idle();
}

/* The child leaves the parent's connection alone, and is a publisher of its own. */
static void test_fork(fake *server)
{
	ecoq_redis_settings *settings = settings_for(server, "");
	ecoq_redis_link *link = ecoq_redis_link_get(settings, &settings->network.addresses[0]);
	redisReply *reply;
	ecoq_error error;
	char publisher[33];
	int status;
	behave(server, false, false, true);
	tell(server, "+OK\r\n", 5, "+PONG\r\n", 7);
	CHECK(ping(link, 0, &reply, &error) == ECOQ_OK, error.text);
	freeReplyObject(reply);
	memcpy(publisher, link->publisher, sizeof(publisher));
	link->last_number = 7;
	const uint64_t connection = link->connection;
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		int old = link->fd;
		failed = 0;
		ecoq_redis_link *fresh = ecoq_redis_link_get(settings, &settings->network.addresses[0]);
		CHECK(fresh != link && fresh->pooled.pid == getpid() && ping(fresh, 0, &reply, &error) == ECOQ_OK, error.text);
		freeReplyObject(reply);
		/* whoever does not know of the fork */
		CHECK(ping(link, 0, &reply, &error) == ECOQ_OK && link->connection != connection && link->last_number == 0 && strcmp(publisher, link->publisher) != 0, error.text);
		freeReplyObject(reply);
		CHECK(old >= 0 && link->pooled.pid == getpid());
		ecoq_redis_link_put(link);
		ecoq_redis_link_put(fresh);
		ecoq_redis_links_close_idle();
		_exit(failed);
	}
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	CHECK(ping(link, 0, &reply, &error) == ECOQ_OK && link->connection == connection && link->last_number == 7, error.text);
	freeReplyObject(reply);
	ecoq_redis_link_put(link);
	ecoq_network_release(&settings->network);
	ecoq_redis_links_close_idle();
}

int main(void)
{
	static fake server;
	start(&server);
	test_broken_answers(&server);
	test_absurd_sizes(&server);
	test_deadlines(&server);
	test_reconnect(&server);
	test_pool(&server);
	test_fork(&server);
	printf("%d passed, %d failed\n", passed, failed);
	return failed != 0;
}
