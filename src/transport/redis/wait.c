#include "transport/redis/wait.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "transport/redis/presence.h"

#define CONNECT_MS 1000 /* for both connections, at most */
#define CANCEL_MS 500   /* for CLIENT UNBLOCK and what it brings about */
#define LATE_MS 20      /* an unblocked reply that is not there by then: the command had not reached the server when it was unblocked */
#define UNBLOCK_TRIES 3
#define SLACK_MS 500           /* between what this process and the server take for two seconds */
#define OLD_MAIL_MS 1000       /* no reservation may have had use for it */
#define FIRST_PAUSE_MS 200     /* after a failure, doubled with each in a row */
#define LONGEST_PAUSE_MS 10000 /* meanwhile the worker polls */
#define REFUSED_PAUSE_MS 60000 /* the server does not have, or does not allow, the commands */

enum {
	MESSAGES, /* BLMOVE */
	TOKENS,   /* BLPOP */
	CONNECTIONS
};

/* Nobody else uses these links, so their own mutexes are left alone. */
struct connection {
	ecoq_redis_link *link; /* NULL: none yet */
	uint64_t connection;   /* of the link, when `client_id` was asked */
	int64_t client_id;     /* 0: may not be asked */
	bool is_watched;       /* has an entry in the epoll instance */
	bool is_posted;        /* a reply is to come */
};

struct ecoq_redis_wait {
	int epoll;
	struct connection connections[CONNECTIONS];
	bool has_mail;          /* the inbox may hold a message, which came at mail_at_ms */
	bool told_mail;         /* and a reservation has been told so */
	int64_t mail_at_ms;     /* monotonic */
	bool may_not_unblock;   /* CLIENT UNBLOCK is not allowed to this user */
	int64_t stray_until_ms; /* monotonic: a BLMOVE whose end is not known may fill the inbox until then */
	int64_t retry_at_ms;    /* monotonic: no wait before */
	unsigned failures;
};

/* ---- State ---- */

static ecoq_redis_wait *wait_of(ecoq_redis_queue *queue)
{
	if (!queue->wait) {
		ecoq_redis_wait *wait = calloc(1, sizeof(*wait));
		if (!wait) {
			return NULL;
		}
		wait->epoll = -1;
		queue->wait = wait;
	}
	return queue->wait;
}

static bool is_posted(const ecoq_redis_wait *wait)
{
	return wait->connections[MESSAGES].is_posted || wait->connections[TOKENS].is_posted;
}

bool ecoq_redis_wait_is_stray(const ecoq_redis_queue *queue)
{
	return queue->wait && ecoq_clock_monotonic_ms() < queue->wait->stray_until_ms;
}

bool ecoq_redis_wait_is_pending(const ecoq_redis_queue *queue)
{
	return queue->wait && (is_posted(queue->wait) || queue->wait->has_mail || ecoq_redis_wait_is_stray(queue));
}

bool ecoq_redis_wait_has_old_mail(const ecoq_redis_queue *queue)
{
	return queue->wait && queue->wait->has_mail && ecoq_clock_monotonic_ms() - queue->wait->mail_at_ms >= OLD_MAIL_MS;
}

void ecoq_redis_wait_emptied(ecoq_redis_queue *queue)
{
	if (queue->wait) {
		queue->wait->has_mail = false;
	}
}

/* ---- Connections ---- */

/* A new epoll instance rather than a removed entry: where a forked child still has a copy of the connection, the entry would live on. */
static void forget_descriptors(ecoq_redis_wait *wait)
{
	if (wait->epoll >= 0) {
		close(wait->epoll);
	}
	wait->epoll = -1;
	for (int i = 0; i < CONNECTIONS; i++) {
		wait->connections[i].is_watched = false;
	}
}

static void drop(ecoq_redis_wait *wait, struct connection *c)
{
	if (c->is_posted && c == &wait->connections[MESSAGES]) {
		wait->stray_until_ms = ecoq_clock_monotonic_ms() + ECOQ_REDIS_WAIT_MS + SLACK_MS;
	}
	c->is_posted = false;
	if (c->link) {
		ecoq_redis_disconnect(c->link);
	}
	forget_descriptors(wait);
}

static void give_up_for_now(ecoq_redis_wait *wait, struct connection *c, int64_t at_least_ms)
{
	int64_t pause = (int64_t) FIRST_PAUSE_MS << (wait->failures < 6 ? wait->failures : 6);
	pause = pause < LONGEST_PAUSE_MS ? pause : LONGEST_PAUSE_MS;
	wait->failures++;
	wait->retry_at_ms = ecoq_clock_monotonic_ms() + (pause > at_least_ms ? pause : at_least_ms);
	drop(wait, c);
}

/* Where the queue is now: the master may have moved. */
static bool follow(ecoq_redis_queue *queue, struct connection *c)
{
	const ecoq_network_address *address = &queue->route.link->address;
	if (c->link && !ecoq_network_same_address(&c->link->address, address)) {
		drop(queue->wait, c);
		ecoq_redis_link_destroy(c->link);
		*c = (struct connection){0};
	}
	if (!c->link) {
		c->link = ecoq_redis_link_create(queue->route.settings, address);
	}
	return c->link != NULL;
}

/* What CLIENT UNBLOCK wants to know. Where it may not be asked, ending a wait means closing the connection. */
static ecoq_result ask_client_id(struct connection *c, int64_t deadline_ms, ecoq_error *error)
{
	ecoq_redis_words words = {0};
	redisReply *reply;
	ecoq_redis_words_add_text(&words, "CLIENT");
	ecoq_redis_words_add_text(&words, "ID");
	ecoq_result result = ecoq_redis_request(c->link, &words, 1, &reply, deadline_ms, error);
	ecoq_redis_words_free(&words);
	if (result == ECOQ_OK) {
		c->client_id = reply->type == REDIS_REPLY_INTEGER ? reply->integer : 0;
		freeReplyObject(reply);
	}
	return result;
}

static bool watch(ecoq_redis_wait *wait, struct connection *c)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = c};
	if (wait->epoll < 0) {
		wait->epoll = epoll_create1(EPOLL_CLOEXEC);
	}
	c->is_watched = c->is_watched || (wait->epoll >= 0 && epoll_ctl(wait->epoll, EPOLL_CTL_ADD, c->link->fd, &event) == 0);
	return c->is_watched;
}

static bool be_connected(ecoq_redis_queue *queue, struct connection *c, int64_t deadline_ms)
{
	ecoq_error error;
	if (!follow(queue, c) || ecoq_redis_connect(c->link, deadline_ms, &error) != ECOQ_OK) {
		return false;
	}
	if (c->connection == c->link->connection) {
		return true;
	}
	forget_descriptors(queue->wait);
	if (ask_client_id(c, deadline_ms, &error) != ECOQ_OK) {
		return false;
	}
	c->connection = c->link->connection;
	return true;
}

/* ---- Waiting ---- */

static ecoq_result post(ecoq_redis_queue *queue, struct connection *c)
{
	ecoq_error error;
	ecoq_redis_words words = {0};
	char seconds[24];
	snprintf(seconds, sizeof(seconds), "%d.%03d", ECOQ_REDIS_WAIT_MS / 1000, ECOQ_REDIS_WAIT_MS % 1000);
	if (c == &queue->wait->connections[MESSAGES]) {
		ecoq_redis_words_add_text(&words, "BLMOVE");
		ecoq_redis_words_add(&words, queue->keys[ECOQ_REDIS_LIST]);
		ecoq_redis_words_add(&words, queue->keys[ECOQ_REDIS_INBOX]);
		ecoq_redis_words_add_text(&words, "LEFT");
		ecoq_redis_words_add_text(&words, "RIGHT");
	} else {
		ecoq_redis_words_add_text(&words, "BLPOP");
		ecoq_redis_words_add(&words, queue->keys[ECOQ_REDIS_WAKE]);
	}
	ecoq_redis_words_add_text(&words, seconds);
	ecoq_result result = ecoq_redis_post(c->link, &words, &error);
	ecoq_redis_words_free(&words);
	c->is_posted = true; /* also where that failed: it may have reached the server */
	return result;
}

static bool post_where_due(ecoq_redis_queue *queue, struct connection *c, int64_t deadline_ms)
{
	if (c->is_posted) {
		return true;
	}
	return be_connected(queue, c, deadline_ms) && post(queue, c) == ECOQ_OK;
}

static bool has_server(const ecoq_redis_queue *queue)
{
	return queue->route.link && !queue->route.is_astray;
}

/* What arrives after this owner was given up may find nobody. */
static bool may_post(const ecoq_redis_queue *queue)
{
	const struct connection *c = queue->wait->connections;
	return (c[MESSAGES].is_posted && c[TOKENS].is_posted) || queue->present_until_ms - ecoq_clock_monotonic_ms() >= ECOQ_REDIS_WAIT_MS + SLACK_MS;
}

static bool begin(ecoq_redis_queue *queue)
{
	int64_t now = ecoq_clock_monotonic_ms();
	ecoq_redis_wait *wait = wait_of(queue);
	if (!wait || now < wait->retry_at_ms || !has_server(queue) || !may_post(queue) || !ecoq_redis_presence_begin(queue)) {
		return false;
	}
	for (int i = 0; i < CONNECTIONS; i++) {
		if (!post_where_due(queue, &wait->connections[i], now + CONNECT_MS)) {
			give_up_for_now(wait, &wait->connections[i], 0);
			return false;
		}
	}
	return watch(wait, &wait->connections[MESSAGES]) && watch(wait, &wait->connections[TOKENS]);
}

int ecoq_redis_descriptor(ecoq_transport *transport)
{
	ecoq_redis_queue *queue = ecoq_redis_queue_of(transport);
	if (queue->open.pid != getpid()) {
		return -1;
	}
	pthread_mutex_lock(&queue->mutex);
	int descriptor = begin(queue) ? queue->wait->epoll : -1;
	pthread_mutex_unlock(&queue->mutex);
	return descriptor;
}

/* ---- Replies ---- */

static bool is_refusal(const redisReply *reply)
{
	return strncmp(reply->str, "NOPERM", 6) == 0 || strncmp(reply->str, "ERR unknown command", 19) == 0;
}

/* Anything else that the server says (MOVED, READONLY, UNBLOCKED when it becomes a replica, OOM …) the next reservation meets, too. */
static void take(ecoq_redis_wait *wait, struct connection *c, const redisReply *reply)
{
	c->is_posted = false;
	if (reply->type == REDIS_REPLY_ERROR) {
		give_up_for_now(wait, c, is_refusal(reply) ? REFUSED_PAUSE_MS : 0);
		return;
	}
	wait->failures = 0;
	if (reply->type == REDIS_REPLY_STRING) {
		wait->has_mail = true;
		wait->told_mail = false;
		wait->mail_at_ms = ecoq_clock_monotonic_ms();
	}
}

/* Takes the reply if it is there, or drops a connection that is lost. */
static void look(ecoq_redis_wait *wait, struct connection *c)
{
	ecoq_error error;
	redisReply *reply = NULL;
	if (!c->is_posted) {
		return;
	}
	if (ecoq_redis_poll(c->link, &reply, &error) != ECOQ_OK) {
		give_up_for_now(wait, c, 0);
	} else if (reply) {
		take(wait, c, reply);
		freeReplyObject(reply);
	}
}

/* One system call where nothing has come. A connection that is not in the epoll instance is looked at in any case. */
static void look_at_all(ecoq_redis_wait *wait)
{
	struct epoll_event ready[CONNECTIONS];
	bool all_watched = wait->connections[MESSAGES].is_watched && wait->connections[TOKENS].is_watched;
	int count = all_watched ? epoll_wait(wait->epoll, ready, CONNECTIONS, 0) : -1;
	for (int i = 0; i < count; i++) {
		look(wait, ready[i].data.ptr);
	}
	for (int i = 0; count < 0 && i < CONNECTIONS; i++) {
		look(wait, &wait->connections[i]);
	}
}

void ecoq_redis_wait_collect(ecoq_redis_queue *queue, bool *may_have_mail)
{
	ecoq_redis_wait *wait = queue->wait;
	*may_have_mail = false;
	if (wait && is_posted(wait)) {
		look_at_all(wait);
	}
	if (wait) {
		wait->told_mail = true;
		*may_have_mail = wait->has_mail || ecoq_redis_wait_is_stray(queue);
	}
}

/* ---- Ending ---- */

static void add_unblock(ecoq_redis_words *words, const struct connection *c)
{
	ecoq_redis_words_add_text(words, "CLIENT");
	ecoq_redis_words_add_text(words, "UNBLOCK");
	ecoq_redis_words_add_int(words, c->client_id);
}

/* False: it has not been done, or nobody knows. Done does not mean that they were waiting. */
static bool request_unblock(ecoq_redis_queue *queue, struct connection *const *waiting, size_t count, int64_t deadline_ms)
{
	ecoq_error error;
	ecoq_redis_link *link = queue->route.link;
	ecoq_redis_words words[CONNECTIONS] = {{0}};
	redisReply *replies[CONNECTIONS];
	for (size_t i = 0; i < count; i++) {
		add_unblock(&words[i], waiting[i]);
	}
	ecoq_redis_lock(link);
	ecoq_result result = ecoq_redis_connect(link, deadline_ms, &error);
	if (result == ECOQ_OK) {
		result = ecoq_redis_request(link, words, count, replies, deadline_ms, &error);
	}
	ecoq_redis_unlock(link);
	for (size_t i = 0; i < count; i++) {
		ecoq_redis_words_free(&words[i]);
		if (result == ECOQ_OK) {
			queue->wait->may_not_unblock |= replies[i]->type == REDIS_REPLY_ERROR;
			freeReplyObject(replies[i]);
		}
	}
	return result == ECOQ_OK && !queue->wait->may_not_unblock;
}

/* Those that still wait on the server where the queue's link is. False: one cannot be unblocked. */
static bool find_waiting(ecoq_redis_queue *queue, struct connection **waiting, size_t *count)
{
	*count = 0;
	look_at_all(queue->wait);
	for (int i = 0; i < CONNECTIONS; i++) {
		struct connection *c = &queue->wait->connections[i];
		if (!c->is_posted) {
			continue;
		}
		if (!c->client_id || !queue->route.link || !ecoq_network_same_address(&c->link->address, &queue->route.link->address)) {
			return false;
		}
		waiting[(*count)++] = c;
	}
	return !queue->wait->may_not_unblock;
}

static void await_replies(ecoq_redis_wait *wait, struct connection *const *waiting, size_t count, int64_t until_ms)
{
	for (size_t i = 0; i < count; i++) {
		for (int64_t left; waiting[i]->is_posted && (left = until_ms - ecoq_clock_monotonic_ms()) > 0; look(wait, waiting[i])) {
			struct pollfd descriptor = {.fd = waiting[i]->link->fd, .events = POLLIN};
			poll(&descriptor, 1, (int) left);
		}
	}
}

/* CLIENT UNBLOCK may overtake the command that it is to unblock: then it is said again. Where that does not help it is heard by another server than the
 * command was (something between us spreads connections), now and for ever. */
static void cancel(ecoq_redis_queue *queue)
{
	struct connection *waiting[CONNECTIONS];
	size_t count;
	int tries = 0;
	int64_t deadline_ms = ecoq_clock_monotonic_ms() + CANCEL_MS;
	while (find_waiting(queue, waiting, &count) && count && tries < UNBLOCK_TRIES && request_unblock(queue, waiting, count, deadline_ms)) {
		await_replies(queue->wait, waiting, count, ecoq_clock_monotonic_ms() + LATE_MS);
		tries++;
	}
	queue->wait->may_not_unblock |= tries == UNBLOCK_TRIES && is_posted(queue->wait);
}

void ecoq_redis_wait_end(ecoq_redis_queue *queue)
{
	ecoq_redis_wait *wait = queue->wait;
	if (!wait || !is_posted(wait)) {
		return;
	}
	cancel(queue);
	for (int i = 0; i < CONNECTIONS; i++) {
		if (wait->connections[i].is_posted) {
			drop(wait, &wait->connections[i]);
		}
	}
}

/* A message that was on its way to this worker when it became busy is for the others. */
void ecoq_redis_stop_waiting(ecoq_transport *transport)
{
	ecoq_redis_queue *queue = ecoq_redis_queue_of(transport);
	ecoq_error ignored;
	if (queue->open.pid != getpid()) {
		return;
	}
	pthread_mutex_lock(&queue->mutex);
	ecoq_redis_wait_end(queue);
	if (queue->wait && queue->wait->has_mail && !queue->wait->told_mail) {
		ecoq_redis_presence_renew(queue, ecoq_clock_monotonic_ms() + CONNECT_MS, &ignored);
	}
	pthread_mutex_unlock(&queue->mutex);
}

void ecoq_redis_wait_free(ecoq_redis_queue *queue)
{
	if (!queue->wait) {
		return;
	}
	for (int i = 0; i < CONNECTIONS; i++) {
		if (queue->wait->connections[i].link) {
			ecoq_redis_link_destroy(queue->wait->connections[i].link);
		}
	}
	if (queue->wait->epoll >= 0) {
		close(queue->wait->epoll);
	}
	free(queue->wait);
	queue->wait = NULL;
}
