#ifndef ECOQ_TRANSPORT_REDIS_ROUTE_H
#define ECOQ_TRANSPORT_REDIS_ROUTE_H

/* The way to the server that holds one queue: the DSN's own, the one that the Sentinels name, or the node of a Cluster that answers for the queue's
 * slot. It follows MOVED and ASK, and looks for the new master when the old one is gone or has become a replica. Not thread-safe: the queue's mutex is held. */

#include "transport/redis/link.h"
#include "transport/redis/scripts.h"

typedef struct ecoq_redis_route {
	ecoq_redis_settings *settings;
	ecoq_redis_link *link;       /* NULL: not known yet */
	bool is_cluster;             /* a node said MOVED, or that it is one */
	ecoq_network_address *nodes; /* of a Cluster, as far as they were heard of; beside the seeds */
	size_t node_count;
	size_t next_seed;
	bool is_astray;      /* the link's server is not the one to go on with */
	int64_t retry_at_ms; /* monotonic: not tried before; back-off of reconnects */
	unsigned failures;
} ecoq_redis_route;

void ecoq_redis_route_init(ecoq_redis_route *route, ecoq_redis_settings *settings); /* takes one reference */
void ecoq_redis_route_free(ecoq_redis_route *route);

/* Sees to it that there is a connection. ECOQ_UNAVAILABLE after all addresses were tried. */
ecoq_result ecoq_redis_reach(ecoq_redis_route *route, int64_t deadline_ms, ecoq_error *error);

/* Runs a script (loads it where the server does not have it) or, with `script` ECOQ_REDIS_NO_SCRIPT, a plain command whose words are all in `words`. For a script
 * `words` begin with the keys, `key_count` of them, then arguments. Redirections are followed, which is safe since a redirected command was not executed. On ECOQ_OK `*reply` is
 * the caller's and no error; an error reply has become `error` (ecoq_redis_error()). It takes the link's mutex itself. ECOQ_UNKNOWN as ecoq_redis_request() says; the route is then ready to try again. */
ecoq_result ecoq_redis_run(ecoq_redis_route *route, enum ecoq_redis_script script, const ecoq_redis_words *words, size_t key_count, redisReply **reply,
	const char *doing, int64_t deadline_ms, ecoq_error *error);

/* The same, with a plain command behind it on the same connection (WAIT counts the writes of its connection only). Its reply, which may be an error, is
 * the caller's, too. */
ecoq_result ecoq_redis_run_and(ecoq_redis_route *route, enum ecoq_redis_script script, const ecoq_redis_words *words, size_t key_count, redisReply **reply,
	const ecoq_redis_words *behind, redisReply **reply_behind, const char *doing, int64_t deadline_ms, ecoq_error *error);

#endif
