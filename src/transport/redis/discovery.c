#include "transport/redis/discovery.h"

#include <stdio.h>
#include <stdlib.h>

#include "transport/redis/socket.h"

#define NODES_MAX 256

/* One plain command without arguments that need encoding. */
static ecoq_result ask(ecoq_redis_link *link, const char *const *texts, int64_t deadline_ms, redisReply **reply, ecoq_error *error)
{
	ecoq_redis_words words = {0};
	for (; *texts; texts++) {
		ecoq_redis_words_add_text(&words, *texts);
	}
	ecoq_result result = ecoq_redis_request(link, &words, 1, reply, deadline_ms, error);
	ecoq_redis_words_free(&words);
	return result;
}

static bool is_text(const redisReply *reply)
{
	return reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS;
}

/* 0: not a port */
static int port_of(const char *text)
{
	char *end;
	long port = strtol(text, &end, 10);
	return end > text && (*end == '\0' || *end == '@' || *end == ' ') && port > 0 && port < 65536 ? (int) port : 0;
}

/* ---- Sentinel ---- */

static ecoq_result read_master(
	const ecoq_redis_route *route, const ecoq_network_address *sentinel, const redisReply *reply, ecoq_network_address *out, ecoq_error *error)
{
	char place[300], doing[400];
	snprintf(doing, sizeof(doing), "Asking the Sentinel at %s for the master \"%.64s\"", ecoq_network_address_text(sentinel, place, sizeof(place)),
		route->settings->master);
	if (reply->type == REDIS_REPLY_ERROR) {
		return ecoq_redis_error(reply, doing, error);
	}
	if (reply->type == REDIS_REPLY_NIL || (reply->type == REDIS_REPLY_ARRAY && reply->elements == 0)) {
		return ecoq_fail(error, ECOQ_INVALID, "%s: it knows no master of that name; look at the DSN's option master and at SENTINEL MASTERS", doing);
	}
	bool is_address = reply->type == REDIS_REPLY_ARRAY && reply->elements >= 2 && is_text(reply->element[0]) && is_text(reply->element[1]);
	out->port = is_address ? port_of(reply->element[1]->str) : 0;
	if (!out->port || !*reply->element[0]->str) {
		return ecoq_fail(error, ECOQ_PROTOCOL, "%s: its answer is no address", doing);
	}
	out->host = strdup(reply->element[0]->str);
	return out->host ? ECOQ_OK : ecoq_fail(error, ECOQ_NO_MEMORY, "%s: out of memory", doing);
}

static ecoq_result ask_sentinel(ecoq_redis_route *route, const ecoq_network_address *sentinel, int64_t deadline_ms, ecoq_network_address *out, ecoq_error *error)
{
	const char *const command[] = {"SENTINEL", "get-master-addr-by-name", route->settings->master, NULL};
	redisReply *reply;
	ecoq_redis_link *link = ecoq_redis_link_create(route->settings, sentinel);
	if (!link) {
		return ecoq_fail(error, ECOQ_NO_MEMORY, "Asking the Sentinels: out of memory");
	}
	link->is_sentinel = true;
	ecoq_redis_lock(link);
	ecoq_result result = ask(link, command, deadline_ms, &reply, error);
	ecoq_redis_unlock(link);
	if (result == ECOQ_OK) {
		result = read_master(route, sentinel, reply, out, error);
		freeReplyObject(reply);
	} else if (result == ECOQ_UNKNOWN) {
		/* a question may be repeated */
		result = ECOQ_UNAVAILABLE;
	}
	ecoq_redis_link_destroy(link);
	return result;
}

ecoq_result ecoq_redis_ask_sentinels(ecoq_redis_route *route, int64_t deadline_ms, ecoq_network_address *out, ecoq_error *error)
{
	ecoq_redis_settings *settings = route->settings;
	ecoq_result result = ECOQ_UNAVAILABLE;
	for (size_t i = 0; i < settings->network.address_count; i++) {
		size_t index = (route->next_seed + i) % settings->network.address_count;
		ecoq_error one;
		ecoq_result answer = ask_sentinel(route, &settings->network.addresses[index], deadline_ms, out, &one);
		if (answer == ECOQ_OK) {
			route->next_seed = index;
			return ECOQ_OK;
		}
		/* one that answers and refuses tells more than one that cannot be reached; one of several may not have heard of the master yet */
		if (i == 0 || result == ECOQ_UNAVAILABLE) {
			result = answer;
			*error = one;
		}
	}
	return result;
}

/* ---- Role ---- */

ecoq_result ecoq_redis_check_role(ecoq_redis_link *link, int64_t deadline_ms, ecoq_error *error)
{
	static const char *const command[] = {"ROLE", NULL};
	char place[300];
	redisReply *reply;
	ecoq_result result = ask(link, command, deadline_ms, &reply, error);
	if (result != ECOQ_OK) {
		return result == ECOQ_UNKNOWN ? ECOQ_UNAVAILABLE : result;
	}
	/* who may not ask finds out by READONLY */
	bool is_replica = reply->type == REDIS_REPLY_ARRAY && reply->elements > 0 && is_text(reply->element[0]) && strcmp(reply->element[0]->str, "master") != 0;
	freeReplyObject(reply);
	if (is_replica) {
		return ecoq_fail(error, ECOQ_UNAVAILABLE,
			"Connecting to Redis at %s: the Sentinels name it as the master, but it says that it is a replica; a fail-over may be going on",
			ecoq_network_address_text(&link->address, place, sizeof(place)));
	}
	return ECOQ_OK;
}

/* ---- Cluster ---- */

void ecoq_redis_add_node(ecoq_redis_route *route, const ecoq_network_address *address)
{
	for (size_t i = 0; i < route->node_count; i++) {
		if (ecoq_network_same_address(&route->nodes[i], address)) {
			return;
		}
	}
	if (route->node_count >= NODES_MAX) {
		return;
	}
	/* without memory for it there is one seed less, no more than that */
	ecoq_network_address *nodes = realloc(route->nodes, (route->node_count + 1) * sizeof(*nodes));
	if (!nodes) {
		return;
	}
	route->nodes = nodes;
	char *host = strdup(address->host);
	if (host) {
		nodes[route->node_count++] = (ecoq_network_address){host, address->port};
	}
}

static void forget_nodes(ecoq_redis_route *route)
{
	for (size_t i = 0; i < route->node_count; i++) {
		free(route->nodes[i].host);
	}
	route->node_count = 0;
}

/* One row of CLUSTER SLOTS: first slot, last slot, then [host, port, …] of the master and of its replicas, which may be masters when we need them. */
static void learn_row(ecoq_redis_route *route, const ecoq_network_address *asked, const redisReply *row)
{
	for (size_t i = 2; row->type == REDIS_REPLY_ARRAY && i < row->elements; i++) {
		const redisReply *node = row->element[i];
		if (node->type != REDIS_REPLY_ARRAY || node->elements < 2 || node->element[1]->type != REDIS_REPLY_INTEGER) {
			continue;
		}
		long long port = node->element[1]->integer;
		bool has_host = is_text(node->element[0]) && *node->element[0]->str && strcmp(node->element[0]->str, "?") != 0;
		if (port > 0 && port < 65536) {
			ecoq_redis_add_node(route, &(ecoq_network_address){has_host ? node->element[0]->str : asked->host, (int) port});
		}
	}
}

ecoq_result ecoq_redis_learn_nodes(ecoq_redis_route *route, ecoq_redis_link *link, int64_t deadline_ms, ecoq_error *error)
{
	static const char *const command[] = {"CLUSTER", "SLOTS", NULL};
	redisReply *reply;
	ecoq_result result = ask(link, command, deadline_ms, &reply, error);
	if (result != ECOQ_OK) {
		return result == ECOQ_UNKNOWN ? ECOQ_UNAVAILABLE : result;
	}
	if (reply->type == REDIS_REPLY_ARRAY) {
		route->is_cluster = true;
		if (reply->elements) {
			forget_nodes(route);
		}
		for (size_t i = 0; i < reply->elements; i++) {
			learn_row(route, &link->address, reply->element[i]);
		}
	}
	link->is_alone = reply->type != REDIS_REPLY_ARRAY;
	freeReplyObject(reply);
	return ECOQ_OK;
}

bool ecoq_redis_parse_redirect(const char *text, const ecoq_network_address *asked, ecoq_network_address *out)
{
	const char *slot = strchr(text, ' '), *host = slot ? strchr(slot + 1, ' ') : NULL;
	const char *colon = host ? strrchr(host, ':') : NULL;
	if (!colon) {
		return false;
	}
	host++;
	size_t size = (size_t) (colon - host);
	if (size >= 2 && host[0] == '[' && host[size - 1] == ']') {
		host++;
		size -= 2;
	}
	bool is_same = size == 0 || (size == 1 && *host == '?');
	out->port = port_of(colon + 1);
	if (!out->port) {
		return false;
	}
	out->host = is_same ? strdup(asked->host) : strndup(host, size);
	return out->host != NULL;
}
