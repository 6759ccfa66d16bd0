#include "transport/redis/route.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "transport/redis/discovery.h"
#include "transport/redis/link_memory.h"

#define PATIENCE_MS 1000 /* how long one call goes on trying what may pass soon */
#define FIRST_PAUSE_MS 10
#define LAST_PAUSE_MS 320
#define REDIRECTS_MAX 16
#define LOADS_MAX 3

/* ---- The SHA-1 of the scripts, which are the same at every server. Learned from the first that was given them ---- */

static char shas[ECOQ_REDIS_SCRIPT_COUNT][41];
static _Atomic bool has_sha[ECOQ_REDIS_SCRIPT_COUNT];
static pthread_mutex_t shas_mutex = PTHREAD_MUTEX_INITIALIZER;

static void learn_sha(enum ecoq_redis_script script, const char *sha)
{
	pthread_mutex_lock(&shas_mutex);
	if (!has_sha[script]) {
		memcpy(shas[script], sha, 41);
		has_sha[script] = true;
	}
	pthread_mutex_unlock(&shas_mutex);
}

/* ---- One attempt's place ---- */

void ecoq_redis_route_init(ecoq_redis_route *route, ecoq_redis_settings *settings)
{
	*route = (ecoq_redis_route){.settings = settings};
	ecoq_network_addref(&settings->network);
}

void ecoq_redis_route_free(ecoq_redis_route *route)
{
	if (route->link) {
		ecoq_redis_link_put(route->link);
	}
	for (size_t i = 0; i < route->node_count; i++) {
		free(route->nodes[i].host);
	}
	free(route->nodes);
	ecoq_network_release(&route->settings->network);
	*route = (ecoq_redis_route){0};
}

static void replace_link(ecoq_redis_route *route, ecoq_redis_link *fresh)
{
	ecoq_redis_link *old = route->link;
	route->link = fresh;
	route->is_astray = false;
	if (old) {
		ecoq_redis_link_put(old);
	}
}

/* Connects to one address; what answers there becomes the route's. `*is_of_host`: what is wrong there may be right at another one. */
static ecoq_result try_address(ecoq_redis_route *route, const ecoq_network_address *address, int64_t deadline_ms, bool *is_of_host, ecoq_error *error)
{
	ecoq_redis_link *link = ecoq_redis_link_get(route->settings, address);
	*is_of_host = false;
	if (!link) {
		return ecoq_fail(error, ECOQ_NO_MEMORY, "Connecting to Redis: out of memory");
	}
	ecoq_redis_lock(link);
	uint64_t before = link->connection;
	ecoq_result result = ecoq_redis_connect(link, deadline_ms, error);
	*is_of_host = result == ECOQ_INVALID && link->is_wrong_host;
	bool is_new = link->connection != before;
	if (result == ECOQ_OK && is_new && route->settings->master) {
		result = ecoq_redis_check_role(link, deadline_ms, error);
	} else if (result == ECOQ_OK && !route->settings->master && (is_new || (!link->is_alone && route->link != link))) {
		result = ecoq_redis_learn_nodes(route, link, deadline_ms, error);
	}
	*is_of_host |= result == ECOQ_UNAVAILABLE || result == ECOQ_PROTOCOL;
	if (result != ECOQ_OK) {
		ecoq_redis_disconnect(link);
	}
	ecoq_redis_unlock(link);
	if (result == ECOQ_OK) {
		replace_link(route, link);
	} else {
		ecoq_redis_link_put(link);
	}
	return result;
}

static ecoq_result try_master(ecoq_redis_route *route, int64_t deadline_ms, ecoq_error *error)
{
	ecoq_network_address master;
	/* another queue's connection to the master does, while it lasts: so a new request need not ask again */
	ecoq_redis_link *link = route->link ? NULL : ecoq_redis_link_find(route->settings);
	if (link) {
		ecoq_redis_lock(link);
		bool connected = ecoq_redis_is_connected(link);
		ecoq_redis_unlock(link);
		if (connected) {
			replace_link(route, link);
			return ECOQ_OK;
		}
		ecoq_redis_link_put(link);
	}
	ecoq_result result = ecoq_redis_ask_sentinels(route, deadline_ms, &master, error);
	if (result == ECOQ_OK) {
		bool ignored;
		result = try_address(route, &master, deadline_ms, &ignored, error);
		free(master.host);
	}
	return result;
}

/* False: the next one is worth a try. */
static bool is_decided(ecoq_redis_route *route, const ecoq_network_address *address, int64_t deadline_ms, ecoq_network_failures *failures, ecoq_result *result, ecoq_error *error)
{
	bool is_of_host;
	*result = try_address(route, address, deadline_ms, &is_of_host, error);
	if (*result == ECOQ_OK || !is_of_host) {
		return true;
	}
	ecoq_network_failed(failures, error);
	return false;
}

/* Where it was last, then the addresses that the DSN names, then what the Cluster told of itself. */
static ecoq_result try_servers(ecoq_redis_route *route, int64_t deadline_ms, ecoq_error *error)
{
	const ecoq_redis_settings *settings = route->settings;
	ecoq_network_failures failures = {0};
	ecoq_result result;
	if (route->link && !route->is_astray) {
		bool ignored;
		result = try_address(route, &route->link->address, deadline_ms, &ignored, error);
		if (result == ECOQ_OK || settings->network.address_count + route->node_count == 1) {
			return result;
		}
	}
	for (size_t i = 0; i < settings->network.address_count; i++) {
		size_t index = (route->next_seed + i) % settings->network.address_count;
		if (is_decided(route, &settings->network.addresses[index], deadline_ms, &failures, &result, error)) {
			route->next_seed = index;
			return result;
		}
	}
	/* an attempt may learn other nodes, and change the list */
	for (size_t i = 0; i < route->node_count; i++) {
		char *host = strdup(route->nodes[i].host);
		if (!host) {
			return ecoq_fail(error, ECOQ_NO_MEMORY, "Connecting to Redis: out of memory");
		}
		bool decided = is_decided(route, &(ecoq_network_address){host, route->nodes[i].port}, deadline_ms, &failures, &result, error);
		free(host);
		if (decided) {
			return result;
		}
	}
	*error = failures.told;
	error->code = ecoq_network_verdict(&failures);
	return error->code;
}

/* ---- Patience ---- */

static void pause_until(int64_t instant_ms)
{
	struct timespec at = {.tv_sec = instant_ms / 1000, .tv_nsec = instant_ms % 1000 * 1000000};
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR) {
	}
}

static int64_t give_up_at(int64_t now_ms, int64_t deadline_ms)
{
	return deadline_ms && deadline_ms < now_ms + PATIENCE_MS ? deadline_ms : now_ms + PATIENCE_MS;
}

static void note_failure(ecoq_redis_route *route)
{
	int64_t pause = FIRST_PAUSE_MS;
	for (unsigned i = 0; i < route->failures && pause < LAST_PAUSE_MS; i++) {
		pause *= 2;
	}
	route->failures++;
	route->retry_at_ms = ecoq_clock_monotonic_ms() + pause;
}

/* False: what is left of the call's time does not reach to the next attempt. */
static bool may_wait(const ecoq_redis_route *route, int64_t until_ms)
{
	if (route->retry_at_ms >= until_ms) {
		return false;
	}
	pause_until(route->retry_at_ms);
	return true;
}

static bool is_connected(const ecoq_redis_route *route)
{
	if (!route->link || route->is_astray) {
		return false;
	}
	ecoq_redis_lock(route->link);
	bool connected = ecoq_redis_is_connected(route->link);
	ecoq_redis_unlock(route->link);
	return connected;
}

static ecoq_result reach(ecoq_redis_route *route, int64_t until_ms, int64_t deadline_ms, ecoq_error *error)
{
	if (is_connected(route)) {
		return ECOQ_OK;
	}
	for (;;) {
		if (route->retry_at_ms > ecoq_clock_monotonic_ms() && !may_wait(route, until_ms)) {
			if (!error->text[0]) {
				ecoq_fail(error, ECOQ_UNAVAILABLE, "Redis at %s could not be reached just now, and is tried again soon", route->settings->network.place);
			}
			return ECOQ_UNAVAILABLE;
		}
		ecoq_result result = route->settings->master ? try_master(route, deadline_ms, error) : try_servers(route, deadline_ms, error);
		if (result == ECOQ_OK) {
			return ECOQ_OK;
		}
		if (result != ECOQ_UNAVAILABLE) {
			return result;
		}
		note_failure(route);
	}
}

ecoq_result ecoq_redis_reach(ecoq_redis_route *route, int64_t deadline_ms, ecoq_error *error)
{
	ecoq_error own = {.code = ECOQ_OK};
	error = error ? error : &own;
	error->text[0] = '\0';
	ecoq_result result = reach(route, give_up_at(ecoq_clock_monotonic_ms(), deadline_ms), deadline_ms, error);
	if (result == ECOQ_OK) {
		route->failures = 0;
	}
	return result;
}

/* ---- One command ---- */

typedef struct run {
	ecoq_redis_route *route;
	enum ecoq_redis_script script;
	const ecoq_redis_words *words;
	size_t key_count;
	const ecoq_redis_words *behind; /* NULL: nothing */
	const char *doing;
	int64_t until_ms;    /* of patience */
	int64_t deadline_ms; /* of the whole */
	unsigned redirects;
	unsigned loads;         /* of the script, at that server */
	ecoq_redis_link *asked; /* where ASK sent us, for once; ours */
	redisReply *reply, *reply_behind;
	ecoq_error *error;
} run;

static ecoq_result prefix_error(const run *r, ecoq_result result)
{
	ecoq_error plain = *r->error;
	if (strncmp(plain.text, r->doing, strlen(r->doing)) == 0) {
		return result;
	}
	return ecoq_fail(r->error, result, "%s: %s", r->doing, plain.text);
}

static ecoq_result load_script(const run *r, ecoq_redis_link *link)
{
	ecoq_redis_words words = {0};
	redisReply *reply = NULL;
	ecoq_redis_words_add_text(&words, "SCRIPT");
	ecoq_redis_words_add_text(&words, "LOAD");
	ecoq_redis_words_add_text(&words, ecoq_redis_script_texts[r->script]);
	ecoq_redis_lock(link);
	ecoq_result result = ecoq_redis_request(link, &words, 1, &reply, r->deadline_ms, r->error);
	ecoq_redis_unlock(link);
	ecoq_redis_words_free(&words);
	if (result != ECOQ_OK) {
		/* nothing of what the caller wants was tried */
		return prefix_error(r, result == ECOQ_UNKNOWN ? ECOQ_UNAVAILABLE : result);
	}
	if (reply->type == REDIS_REPLY_STRING && reply->len == 40) {
		learn_sha(r->script, reply->str);
	} else if (reply->type == REDIS_REPLY_ERROR) {
		result = ecoq_redis_error(reply, r->doing, r->error);
	} else {
		result = ecoq_fail(r->error, ECOQ_PROTOCOL, "%s: the answer to SCRIPT LOAD is no SHA-1", r->doing);
	}
	freeReplyObject(reply);
	return result;
}

static void add_command(const run *r, ecoq_redis_words *words)
{
	if (r->script != ECOQ_REDIS_NO_SCRIPT) {
		ecoq_redis_words_add_text(words, "EVALSHA");
		ecoq_redis_words_add(words, (ecoq_bytes){shas[r->script], 40});
		ecoq_redis_words_add_int(words, (int64_t) r->key_count);
	}
	for (size_t i = 0; i < r->words->count; i++) {
		ecoq_redis_words_add(words, (ecoq_bytes){r->words->data[i], r->words->sizes[i]});
	}
	words->is_out_of_memory |= r->words->is_out_of_memory;
}

/* Sends it to `link`, once. */
static ecoq_result attempt(run *r, ecoq_redis_link *link, bool asking)
{
	ecoq_redis_words words[3] = {0};
	redisReply *replies[3] = {NULL};
	size_t count = 0;
	if (asking) {
		ecoq_redis_words_add_text(&words[count++], "ASKING");
	}
	size_t place = count++;
	add_command(r, &words[place]);
	if (r->behind) {
		words[count++] = *r->behind;
	}
	ecoq_result result = ecoq_redis_request(link, words, count, replies, r->deadline_ms, r->error);
	ecoq_redis_words_free(&words[0]);
	if (asking) {
		ecoq_redis_words_free(&words[place]);
	}
	if (result != ECOQ_OK) {
		return prefix_error(r, result);
	}
	r->reply = replies[place];
	r->reply_behind = r->behind ? replies[count - 1] : NULL;
	if (asking) {
		freeReplyObject(replies[0]);
	}
	return ECOQ_OK;
}

static void drop_replies(run *r)
{
	if (r->reply) {
		freeReplyObject(r->reply);
	}
	if (r->reply_behind) {
		freeReplyObject(r->reply_behind);
	}
	r->reply = r->reply_behind = NULL;
}

static void drop_asked(run *r)
{
	if (r->asked) {
		ecoq_redis_link_put(r->asked);
		r->asked = NULL;
	}
}

enum next {
	NEXT_RETURN,   /* it is done, one way or the other */
	NEXT_AT_ONCE,  /* to be sent again, perhaps elsewhere */
	NEXT_LATER,    /* it was not executed, and may be if it is tried a moment later
                 */
	NEXT_ELSEWHERE /* likewise, by another server */
};

static enum next redirect(run *r, const ecoq_redis_link *from, bool is_ask)
{
	ecoq_redis_route *route = r->route;
	ecoq_network_address address;
	route->is_cluster = true;
	r->loads = 0;
	if (++r->redirects > REDIRECTS_MAX) {
		return NEXT_LATER;
	}
	if (!ecoq_redis_parse_redirect(r->reply->str, &from->address, &address)) {
		return NEXT_RETURN;
	}
	ecoq_redis_add_node(route, &address);
	ecoq_redis_link *link = ecoq_redis_link_get(route->settings, &address);
	free(address.host);
	if (!link) {
		return NEXT_RETURN;
	}
	if (is_ask) {
		r->asked = link;
	} else {
		replace_link(route, link);
	}
	return NEXT_AT_ONCE;
}

/* A script of Redis before 7 is stopped by an error of its own with what the command said at the end of the text. */
static bool says(const redisReply *reply, const char *code)
{
	size_t size = strlen(code);
	const char *in_script = strncmp(reply->str, "ERR Error running script", 24) == 0 ? strstr(reply->str, ": -") : NULL;
	return strncmp(reply->str, code, size) == 0 || (in_script && strncmp(in_script + 3, code, size) == 0);
}

/* What an error reply asks for. All of these were said instead of executing the command. */
static enum next judge(run *r, ecoq_redis_link *link)
{
	static const char *const passing[] = {"TRYAGAIN", "CLUSTERDOWN", "LOADING ", "MASTERDOWN", "BUSY ", NULL};
	const ecoq_redis_settings *settings = r->route->settings;
	if (r->reply->type != REDIS_REPLY_ERROR) {
		return NEXT_RETURN;
	}
	if (says(r->reply, "MOVED ") || says(r->reply, "ASK ")) {
		return redirect(r, link, says(r->reply, "ASK "));
	}
	if (says(r->reply, "NOSCRIPT") && r->script != ECOQ_REDIS_NO_SCRIPT && ++r->loads <= LOADS_MAX) {
		ecoq_result result = load_script(r, link);
		return result == ECOQ_OK ? NEXT_AT_ONCE : result == ECOQ_UNAVAILABLE ? NEXT_LATER
																			 : NEXT_RETURN;
	}
	if (says(r->reply, "READONLY")) {
		return settings->master || settings->network.address_count + r->route->node_count > 1 ? NEXT_ELSEWHERE : NEXT_RETURN;
	}
	for (size_t i = 0; passing[i]; i++) {
		if (says(r->reply, passing[i])) {
			return NEXT_LATER;
		}
	}
	return NEXT_RETURN;
}

/* The route's server is not the one: the next attempt begins with another. */
static void leave_server(ecoq_redis_route *route)
{
	ecoq_redis_lock(route->link);
	ecoq_redis_disconnect(route->link);
	ecoq_redis_unlock(route->link);
	route->is_astray = true;
	route->next_seed++;
}

/* One attempt at the server in question. `*next` tells what is to be done when it returns ECOQ_OK without a usable reply. */
static ecoq_result step(run *r, enum next *next)
{
	*next = NEXT_RETURN;
	ecoq_redis_link *link = r->asked;
	bool asking = link != NULL;
	if (!asking) {
		ecoq_result result = reach(r->route, r->until_ms, r->deadline_ms, r->error);
		if (result != ECOQ_OK) {
			return prefix_error(r, result);
		}
		link = r->route->link;
	}
	ecoq_redis_lock(link);
	ecoq_result result = ECOQ_OK;
	if (r->script != ECOQ_REDIS_NO_SCRIPT && !has_sha[r->script]) {
		result = load_script(r, link);
	}
	if (result == ECOQ_OK) {
		result = attempt(r, link, asking);
	}
	ecoq_redis_unlock(link);
	if (result != ECOQ_OK) {
		return result;
	}
	r->error->text[0] = '\0';
	r->asked = NULL;
	*next = judge(r, link);
	if (asking && *next == NEXT_AT_ONCE && !r->asked && says(r->reply, "NOSCRIPT")) {
		r->asked = link;
	} else if (asking) {
		ecoq_redis_link_put(link);
	}
	return ECOQ_OK;
}

static ecoq_result finish(run *r)
{
	if (r->reply->type != REDIS_REPLY_ERROR) {
		r->route->failures = 0;
		return ECOQ_OK;
	}
	/* of SCRIPT LOAD */
	ecoq_result result = r->error->text[0] ? r->error->code : ecoq_redis_error(r->reply, r->doing, r->error);
	drop_replies(r);
	return result;
}

static ecoq_result run_it(run *r)
{
	for (;;) {
		enum next next;
		ecoq_result result = step(r, &next);
		bool may_repeat = result == ECOQ_UNAVAILABLE && ecoq_clock_monotonic_ms() < r->until_ms;
		if (result != ECOQ_OK && !may_repeat) {
			drop_asked(r);
			return result;
		}
		if (result == ECOQ_OK && next == NEXT_RETURN) {
			return finish(r);
		}
		if (next == NEXT_ELSEWHERE) {
			leave_server(r->route);
		}
		/* what is to be sent again at once is, a few times, however late it is */
		if (next != NEXT_AT_ONCE) {
			drop_asked(r);
			r->redirects = r->loads = 0;
			note_failure(r->route);
			if (!may_wait(r->route, r->until_ms)) {
				return result == ECOQ_OK ? finish(r) : result;
			}
		}
		drop_replies(r);
	}
}

ecoq_result ecoq_redis_run_and(ecoq_redis_route *route, enum ecoq_redis_script script, const ecoq_redis_words *words, size_t key_count, redisReply **reply,
	const ecoq_redis_words *behind, redisReply **reply_behind, const char *doing, int64_t deadline_ms, ecoq_error *error)
{
	int64_t now = ecoq_clock_monotonic_ms();
	ecoq_error own = {.code = ECOQ_OK};
	run r = {.route = route,
		.script = script,
		.words = words,
		.key_count = key_count,
		.behind = behind,
		.doing = doing,
		.until_ms = give_up_at(now, deadline_ms),
		.deadline_ms = deadline_ms,
		.error = error ? error : &own};
	r.error->text[0] = '\0';
	ecoq_result result = run_it(&r);
	drop_asked(&r);
	*reply = r.reply;
	if (reply_behind) {
		*reply_behind = r.reply_behind;
	}
	return result;
}

ecoq_result ecoq_redis_run(ecoq_redis_route *route, enum ecoq_redis_script script, const ecoq_redis_words *words, size_t key_count, redisReply **reply,
	const char *doing, int64_t deadline_ms, ecoq_error *error)
{
	return ecoq_redis_run_and(route, script, words, key_count, reply, NULL, NULL, doing, deadline_ms, error);
}
