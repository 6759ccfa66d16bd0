#ifndef ECOQ_TRANSPORT_REDIS_DISCOVERY_H
#define ECOQ_TRANSPORT_REDIS_DISCOVERY_H

/* Who serves: asked of Sentinels, of servers, of the nodes of a Cluster. */

#include "transport/redis/route.h"

/* The master's address, from the first Sentinel that knows it; `out->host` is the caller's. ECOQ_INVALID: they answer and know no such master. */
ecoq_result ecoq_redis_ask_sentinels(ecoq_redis_route *route, int64_t deadline_ms, ecoq_network_address *out, ecoq_error *error);

/* Under the link's mutex, connected. ECOQ_UNAVAILABLE when the server says that it is no master. */
ecoq_result ecoq_redis_check_role(ecoq_redis_link *link, int64_t deadline_ms, ecoq_error *error);

/* Likewise: learns whether it is a node of a Cluster, and then the addresses of the masters. A server that does not say is none. */
ecoq_result ecoq_redis_learn_nodes(ecoq_redis_route *route, ecoq_redis_link *link, int64_t deadline_ms, ecoq_error *error);

void ecoq_redis_add_node(ecoq_redis_route *route, const ecoq_network_address *address);

/* "MOVED 1234 host:port", "ASK 1234 [::1]:port", ":port" for the host that said it (`asked`). `out->host` is the caller's. */
bool ecoq_redis_parse_redirect(const char *text, const ecoq_network_address *asked, ecoq_network_address *out);

#endif
