#ifndef ECOQ_TRANSPORT_REDIS_RECORD_H
#define ECOQ_TRANSPORT_REDIS_RECORD_H

/* What the scripts answer, as deliveries. */

#include "transport/redis/queue.h"

typedef struct ecoq_redis_messages ecoq_redis_messages;

/* The storage of a delivery. All of one reply are in one block, which keeps the reply: bodies are not copied. */
typedef struct ecoq_redis_held {
	ecoq_redis_messages *messages;
	ecoq_bytes group;
	uint8_t field_size;
	char field[23]; /* in `held`: the number, and what kind it is */
} ecoq_redis_held;

static inline ecoq_bytes ecoq_redis_field(const ecoq_delivery *delivery)
{
	const ecoq_redis_held *held = delivery->storage;
	return (ecoq_bytes){held->field, held->field_size};
}

/* Whether it is a bare envelope, and not a record. */
static inline bool ecoq_redis_is_bare(const ecoq_delivery *delivery)
{
	const ecoq_redis_held *held = delivery->storage;
	return held->field_size > 0 && held->field[held->field_size - 1] <= '9';
}

/* `kinds` and `items` are part of `reply`, which is taken over whatever becomes of it; `first` is the number of the first one. Room for `max`. */
ecoq_result ecoq_redis_read_messages(redisReply *reply, const redisReply *kinds, const redisReply *items, uint64_t first, ecoq_delivery *deliveries, size_t max,
	size_t *count, ecoq_error *error);

/* Of arrays: NULL when it is none or shorter. */
const redisReply *ecoq_redis_element(const redisReply *reply, size_t index);
int64_t ecoq_redis_integer(const redisReply *reply, size_t index); /* 0 where none stands */
size_t ecoq_redis_length(const redisReply *reply);                 /* 0 for what is no array */

ecoq_result ecoq_redis_not_understood(const char *doing, ecoq_error *error);

#endif
