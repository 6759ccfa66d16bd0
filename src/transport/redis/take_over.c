#include "transport/redis/queue.h"

#include <stdlib.h>

#include "base/clock.h"
#include "transport/redis/record.h"

/* Taking over what the dead left, and what the living have for too long. Whether an owner is dead the script judges, by the server's clock. */

static ecoq_result take_over(ecoq_redis_queue *queue, ecoq_bytes owner, ecoq_bytes number, ecoq_error *error)
{
	static const enum ecoq_redis_key keys[] = {ECOQ_REDIS_OWNERS, ECOQ_REDIS_GRACE, ECOQ_REDIS_LIST, ECOQ_REDIS_SUSPECTS, ECOQ_REDIS_OVERDUE, ECOQ_REDIS_WAKE};
	char *held = ecoq_redis_side_key(queue, "held:", owner), *inbox = ecoq_redis_side_key(queue, "inbox:", owner);
	ecoq_redis_words words = {0};
	redisReply *reply;
	char doing[256];
	ecoq_result result = ECOQ_NO_MEMORY;

	if (held && inbox) {
		ecoq_redis_add_keys(queue, &words, keys, sizeof(keys) / sizeof(*keys));
		ecoq_redis_words_add_text(&words, held);
		ecoq_redis_words_add_text(&words, inbox);
		ecoq_redis_words_add(&words, owner);
		ecoq_redis_words_add(&words, number);
		ecoq_redis_doing(queue, number.size ? "Taking over an overdue message of" : "Taking over from a dead worker of", doing, sizeof(doing));
		result = ecoq_redis_run(&queue->route, ECOQ_REDIS_TAKE_OVER, &words, sizeof(keys) / sizeof(*keys) + 2, &reply, doing, 0, error);
	} else {
		ecoq_fail(error, result, "Out of memory for taking over messages");
	}
	if (result == ECOQ_OK) {
		freeReplyObject(reply);
	}
	ecoq_redis_words_free(&words);
	free(held);
	free(inbox);
	return result;
}

ecoq_result ecoq_redis_take_over(ecoq_redis_queue *queue, const redisReply *owners, const redisReply *overdue, ecoq_error *error)
{
	ecoq_result result = ECOQ_OK;
	bool judges = ecoq_clock_monotonic_ms() >= queue->patience_until_ms;
	for (size_t i = 0; judges && result == ECOQ_OK && i < ecoq_redis_length(owners); i++) {
		const redisReply *owner = ecoq_redis_element(owners, i);
		if (owner->type == REDIS_REPLY_STRING) {
			size_t mark = owner->len > 0 && owner->str[0] == '~';
			result = take_over(queue, (ecoq_bytes){owner->str + mark, (size_t) owner->len - mark}, ECOQ_NO_BYTES, error);
		}
	}
	for (size_t i = 0; result == ECOQ_OK && i < ecoq_redis_length(overdue); i++) {
		const redisReply *member = ecoq_redis_element(overdue, i);
		const char *space = member->type == REDIS_REPLY_STRING ? memchr(member->str, ' ', (size_t) member->len) : NULL;
		if (space) {
			ecoq_bytes number = {member->str, (size_t) (space - member->str)};
			result = take_over(queue, (ecoq_bytes){space + 1, (size_t) member->len - number.size - 1}, number, error);
		}
	}
	return result;
}
