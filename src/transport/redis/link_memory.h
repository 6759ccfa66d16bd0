#ifndef ECOQ_TRANSPORT_REDIS_LINK_MEMORY_H
#define ECOQ_TRANSPORT_REDIS_LINK_MEMORY_H

#include "transport/redis/link.h"

/* In a forked child: the parent's connection is let go of without a word, and the link becomes one of this process, with a publisher of its own. */
void ecoq_redis_link_leave_parent(ecoq_redis_link *link);

/* A link of this thread's that is connected under these settings, wherever to, with one user more; NULL: there is none. */
ecoq_redis_link *ecoq_redis_link_find(ecoq_redis_settings *settings);

/* Under the link's mutex: whether the server still holds the connection, as far as can be known without asking it. */
bool ecoq_redis_is_connected(ecoq_redis_link *link);

#endif
