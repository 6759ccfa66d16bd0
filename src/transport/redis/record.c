#include "transport/redis/record.h"

#include <stdatomic.h>
#include <stdlib.h>

struct ecoq_redis_messages {
	atomic_size_t references; /* one per delivery */
	redisReply *reply;
	ecoq_redis_held held[];
};

const redisReply *ecoq_redis_element(const redisReply *reply, size_t index)
{
	return reply && reply->type == REDIS_REPLY_ARRAY && index < reply->elements ? reply->element[index] : NULL;
}

int64_t ecoq_redis_integer(const redisReply *reply, size_t index)
{
	const redisReply *element = ecoq_redis_element(reply, index);
	return element && element->type == REDIS_REPLY_INTEGER ? element->integer : 0;
}

size_t ecoq_redis_length(const redisReply *reply)
{
	return reply && reply->type == REDIS_REPLY_ARRAY ? reply->elements : 0;
}

ecoq_result ecoq_redis_not_understood(const char *doing, ecoq_error *error)
{
	return ecoq_fail(error, ECOQ_PROTOCOL, "%s: Redis answered something that cannot be understood", doing);
}

/* ---- Records ---- */

#define PLACE_DIGITS 16

static bool read_number(ecoq_bytes *rest, uint64_t *number)
{
	size_t i = 0;
	for (*number = 0; i < rest->size && i < 18 && rest->data[i] >= '0' && rest->data[i] <= '9'; i++) {
		*number = *number * 10 + (uint64_t) (rest->data[i] - '0');
	}
	bool fine = i > 0 && i < rest->size && rest->data[i] == ' ';
	if (fine) {
		rest->data += i + 1;
		rest->size -= i + 1;
	}
	return fine;
}

static bool read_record(ecoq_bytes text, ecoq_delivery *delivery, ecoq_bytes *group)
{
	uint64_t crashes, due, group_size, id_size;
	ecoq_bytes rest = {text.data + PLACE_DIGITS + 1, text.size - PLACE_DIGITS - 1};
	if (text.size <= PLACE_DIGITS || text.data[PLACE_DIGITS] < '0' || text.data[PLACE_DIGITS] > '9') {
		return false;
	}
	if (!read_number(&rest, &crashes) || !read_number(&rest, &due) || !read_number(&rest, &group_size) || !read_number(&rest, &id_size)
		|| group_size > rest.size || id_size > rest.size - group_size) {
		return false;
	}
	for (size_t i = 0; i < PLACE_DIGITS; i++) {
		char digit = text.data[i];
		delivery->identity = delivery->identity * 16 + (uint64_t) (digit <= '9' ? digit - '0' : digit - 'a' + 10);
	}
	*group = (ecoq_bytes){rest.data, group_size};
	delivery->id = (ecoq_bytes){rest.data + group_size, id_size};
	delivery->body = (ecoq_bytes){rest.data + group_size + id_size, rest.size - group_size - id_size};
	delivery->priority = (uint8_t) (text.data[PLACE_DIGITS] - '0');
	delivery->crashes = (uint32_t) crashes;
	delivery->deliver_at = (int64_t) due;
	return true;
}

/* ---- Deliveries ---- */

static uint8_t write_field(uint64_t number, char kind, char *out)
{
	char digits[20];
	uint8_t size = 0, count = 0;
	do {
		digits[count++] = (char) ('0' + number % 10);
	} while (number /= 10);
	while (count) {
		out[size++] = digits[--count];
	}
	if (kind != 'b') {
		out[size++] = kind;
	}
	return size;
}

static bool read_message(const redisReply *item, char kind, uint64_t number, ecoq_redis_held *held, ecoq_delivery *delivery)
{
	if (item->type != REDIS_REPLY_STRING) {
		return false;
	}
	ecoq_bytes text = {item->str, (size_t) item->len};
	*delivery = (ecoq_delivery){.body = text, .number = number, .fence = number, .priority = ECOQ_PRIORITY_DEFAULT, .storage = held};
	held->group = ECOQ_NO_BYTES;
	held->field_size = write_field(number, kind, held->field);
	if (kind == 'b') {
		return true;
	}
	bool fine = read_record(text, delivery, &held->group);
	delivery->suspect = kind == 's';
	delivery->redelivered = delivery->suspect || delivery->crashes > 0;
	return fine;
}

ecoq_result ecoq_redis_read_messages(redisReply *reply, const redisReply *kinds, const redisReply *items, uint64_t first, ecoq_delivery *deliveries, size_t max,
	size_t *count, ecoq_error *error)
{
	size_t total = ecoq_redis_length(items);
	*count = 0;
	if (!kinds || kinds->type != REDIS_REPLY_STRING || (size_t) kinds->len != total || total > max) {
		freeReplyObject(reply);
		return ecoq_fail(error, ECOQ_PROTOCOL, "Redis answered something that cannot be understood where messages were expected");
	}
	if (total == 0) {
		freeReplyObject(reply);
		return ECOQ_OK;
	}
	ecoq_redis_messages *messages = malloc(sizeof(*messages) + total * sizeof(*messages->held));
	bool fine = messages != NULL;
	for (size_t i = 0; fine && i < total; i++) {
		messages->held[i].messages = messages;
		fine = read_message(items->element[i], kinds->str[i], first + i, &messages->held[i], &deliveries[i]);
	}
	if (!fine) {
		freeReplyObject(reply);
		ecoq_result result = messages ? ECOQ_PROTOCOL : ECOQ_NO_MEMORY;
		free(messages);
		return ecoq_fail(error, result, result == ECOQ_PROTOCOL ? "A key of a queue holds something that ecoq has not written: expected a record in lanes, delayed, suspects or group:…" : "Out of memory for messages");
	}
	atomic_init(&messages->references, total);
	messages->reply = reply;
	*count = total;
	return ECOQ_OK;
}

void ecoq_redis_release(ecoq_transport *transport, ecoq_delivery *delivery)
{
	ecoq_redis_held *held = delivery->storage;
	(void) transport;
	if (held && atomic_fetch_sub(&held->messages->references, 1) == 1) {
		freeReplyObject(held->messages->reply);
		free(held->messages);
	}
	delivery->storage = NULL;
	delivery->body = delivery->id = ECOQ_NO_BYTES;
}
