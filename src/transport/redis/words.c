#include "transport/redis/link.h"

#include <stdio.h>
#include <stdlib.h>

#define NUMBERS_PER_BLOCK 128
#define NUMBER_TEXT 24

/* Blocks do not move: words point into them. */
struct ecoq_redis_numbers {
	struct ecoq_redis_numbers *next;
	size_t used;
	char texts[NUMBERS_PER_BLOCK][NUMBER_TEXT];
};

static bool make_room(ecoq_redis_words *words)
{
	if (words->count < words->capacity) {
		return true;
	}
	size_t capacity = words->capacity ? 2 * words->capacity : 32;
	const char **data = realloc(words->data, capacity * sizeof(*data));
	if (data) {
		words->data = data;
	}
	size_t *sizes = data ? realloc(words->sizes, capacity * sizeof(*sizes)) : NULL;
	if (!sizes) {
		words->is_out_of_memory = true;
		return false;
	}
	words->sizes = sizes;
	words->capacity = capacity;
	return true;
}

void ecoq_redis_words_add(ecoq_redis_words *words, ecoq_bytes word)
{
	if (make_room(words)) {
		words->data[words->count] = word.size ? word.data : "";
		words->sizes[words->count++] = word.size;
	}
}

void ecoq_redis_words_add_text(ecoq_redis_words *words, const char *word)
{
	ecoq_redis_words_add(words, (ecoq_bytes){word, strlen(word)});
}

static char *room_for_number(ecoq_redis_words *words)
{
	struct ecoq_redis_numbers *block = words->filling;
	if (block && block->used == NUMBERS_PER_BLOCK && block->next) {
		block = block->next;
	}
	if (!block || block->used == NUMBERS_PER_BLOCK) {
		struct ecoq_redis_numbers *fresh = malloc(sizeof(*fresh));
		if (!fresh) {
			words->is_out_of_memory = true;
			return NULL;
		}
		fresh->next = NULL;
		fresh->used = 0;
		*(block ? &block->next : &words->numbers) = fresh;
		block = fresh;
	}
	words->filling = block;
	return block->texts[block->used++];
}

void ecoq_redis_words_add_int(ecoq_redis_words *words, int64_t number)
{
	char *text = room_for_number(words);
	if (text) {
		int size = snprintf(text, NUMBER_TEXT, "%lld", (long long) number);
		ecoq_redis_words_add(words, (ecoq_bytes){text, (size_t) size});
	}
}

void ecoq_redis_words_clear(ecoq_redis_words *words)
{
	for (struct ecoq_redis_numbers *block = words->numbers; block; block = block->next) {
		block->used = 0;
	}
	words->filling = words->numbers;
	words->count = 0;
	words->is_out_of_memory = false;
}

void ecoq_redis_words_free(ecoq_redis_words *words)
{
	struct ecoq_redis_numbers *next;
	for (struct ecoq_redis_numbers *block = words->numbers; block; block = next) {
		next = block->next;
		free(block);
	}
	free(words->data);
	free(words->sizes);
	*words = (ecoq_redis_words){0};
}
