#include "transport/redis/settle.h"

#include <stdio.h>
#include <stdlib.h>

bool ecoq_redis_is_same_slot(ecoq_bytes name, ecoq_bytes other)
{
	return ecoq_bytes_equal(ecoq_redis_hashed_part(name), ecoq_redis_hashed_part(other));
}

/* As much of a queue as a bare envelope needs on its way to the list. */
static bool name_keys(ecoq_redis_queue *other, ecoq_bytes name)
{
	static const enum ecoq_redis_key side_keys[] = {ECOQ_REDIS_LANES, ECOQ_REDIS_DELAYED, ECOQ_REDIS_WAKE, ECOQ_REDIS_NUMBER, ECOQ_REDIS_GROUPS};
	other->side = ecoq_redis_side_of(name);
	if (!other->side) {
		return false;
	}
	other->keys[ECOQ_REDIS_LIST] = name;
	for (size_t i = 0; i < sizeof(side_keys) / sizeof(*side_keys); i++) {
		other->keys[side_keys[i]] = (ecoq_bytes){other->side, strlen(other->side)}; /* never written: on the same slot, that is all */
	}
	return true;
}

ecoq_result ecoq_redis_store_elsewhere(ecoq_redis_queue *queue, const ecoq_settlement *settlement, ecoq_error *error)
{
	const ecoq_outgoing *successor = settlement->successor;
	const ecoq_outgoing bare = {.body = successor->body, .id = successor->id, .priority = ECOQ_PRIORITY_DEFAULT};
	char publisher[64];
	bool is_held;
	ecoq_result result = ecoq_redis_is_held(queue, settlement->delivery, &is_held, error);
	if (result != ECOQ_OK || !is_held) {
		return result == ECOQ_OK ? ECOQ_LOST : result;
	}
	ecoq_redis_queue *other = calloc(1, sizeof(*other));
	if (!other || !name_keys(other, settlement->successor_queue)) {
		free(other);
		return ecoq_fail(error, ECOQ_NO_MEMORY, "Out of memory for settling messages");
	}
	other->channel = queue->channel;
	ecoq_redis_route_init(&other->route, queue->route.settings);
	snprintf(publisher, sizeof(publisher), "%s-%llu", queue->owner, (unsigned long long) settlement->delivery->number);
	result = ecoq_redis_store(other, &bare, 1, publisher, 1, error);
	ecoq_redis_route_free(&other->route);
	free(other->side);
	free(other);
	return result == ECOQ_UNKNOWN ? (error->code = ECOQ_UNAVAILABLE) : result;
}
