#ifndef ECOQ_TRANSPORT_REDIS_SEND_BATCH_H
#define ECOQ_TRANSPORT_REDIS_SEND_BATCH_H

/* A chunk of bare envelopes as MULTI, RPUSH, EXEC. The script stores the same, but Redis makes strings of Lua of its arguments first, which is half of what
 * such a chunk costs the server; the script remains for all other chunks, and for repeats.
 *
 * A chunk that arrives after its repeat is refused here by WATCH: the publisher's key has been under WATCH on this connection since before the chunk was sent,
 * and the repeat, by the script and on another connection, changes that key. Where the chunk came first, the repeat finds its number in the key. */

#include "transport/redis/queue.h"

/* For a number that was not tried before, under the publisher's key. ECOQ_OK without `*is_sent`: it is certain that nothing was stored, and the script has to
 * do it, which also finds out why. */
ecoq_result ecoq_redis_send_batch(
	ecoq_redis_queue *queue, const ecoq_outgoing *messages, size_t count, const char *key, uint64_t number, bool *is_sent, ecoq_error *error);

#endif
