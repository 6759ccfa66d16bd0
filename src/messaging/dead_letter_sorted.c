#include "messaging/dead_letter_sorted.h"

#include <stdlib.h>
#include <unistd.h>

#include "messaging/dead_letter.h"
#include "php/bytes.h"

#define LARGE ((size_t) 64 << 20) /* bytes; with so many, fewer letters than there are need no second look */
#define LOOKS 10
#define BETWEEN_LOOKS_US 20000

ecoq_result ecoq_queue_letters_stored(ecoq_channel *channel, zend_long *count, ecoq_error *error)
{
	ecoq_queue_stats stats = {0};
	ecoq_result result = channel->ops->stats(channel->dead_letter_transport, &stats, error);
	*count = MAX(stats.ready, 0) + MAX(stats.delayed, 0) + MAX(stats.reserved, 0);
	return result;
}

static int compare_bytes(ecoq_bytes a, ecoq_bytes b)
{
	size_t common = MIN(a.size, b.size);
	int order = common ? memcmp(a.data, b.data, common) : 0;
	return order ? order : (a.size > b.size) - (a.size < b.size);
}

/* By the time of failure; the rest is for always the same order. */
static int compare(const void *first, const void *second)
{
	const ecoq_sorted_letter *a = first, *b = second;
	if (a->failed_at != b->failed_at) {
		return a->failed_at < b->failed_at ? -1 : 1;
	}
	int order = compare_bytes(ecoq_bytes_of(a->id), ecoq_bytes_of(b->id));
	return order ? order : compare_bytes(a->delivery->body, b->delivery->body);
}

static void sort(const ecoq_channel *channel, ecoq_sorted_letters *letters)
{
	letters->list = safe_emalloc(MAX(letters->count, 1), sizeof(*letters->list), 0);
	for (size_t i = 0; i < letters->count; i++) {
		ecoq_sorted_letter *letter = &letters->list[i];
		letter->delivery = &letters->deliveries[i];
		letter->failed_at = ecoq_dead_letter_read_failed_at(channel, letter->delivery, &letter->id);
	}
	qsort(letters->list, letters->count, sizeof(*letters->list), compare);
}

static bool is_large(const ecoq_sorted_letters *letters)
{
	size_t bytes = 0;
	for (size_t i = 0; i < letters->count; i++) {
		bytes += letters->deliveries[i].body.size;
	}
	return bytes > LARGE;
}

static void free_deliveries(ecoq_channel *channel, ecoq_sorted_letters *letters)
{
	for (size_t i = 0; i < letters->count; i++) {
		channel->ops->release(channel->dead_letter_transport, &letters->deliveries[i]);
	}
	efree(letters->deliveries);
}

/* `*enough`: as many as there are said to be, or as can be. */
static ecoq_result look(ecoq_channel *channel, ecoq_sorted_letters *letters, bool *enough, ecoq_error *error)
{
	zend_long all;
	ecoq_result result = ecoq_queue_letters_stored(channel, &all, error);
	if (result != ECOQ_OK) {
		return result;
	}
	size_t most = (size_t) MIN(all, ECOQ_SORTED_LETTERS_MOST);
	letters->deliveries = safe_emalloc(MAX(most, 1), sizeof(*letters->deliveries), 0);
	result = channel->ops->browse(channel->dead_letter_transport, 0, most, letters->deliveries, &letters->count, error);
	if (result != ECOQ_OK) {
		efree(letters->deliveries);
		return result;
	}
	*enough = letters->count >= most || is_large(letters);
	return ECOQ_OK;
}

ecoq_result ecoq_sorted_letters_read(ecoq_channel *channel, ecoq_sorted_letters *letters, ecoq_error *error)
{
	bool enough = false;
	for (int looks = 1;; looks++) {
		ecoq_result result = look(channel, letters, &enough, error);
		if (result != ECOQ_OK) {
			return result;
		}
		if (enough || looks == LOOKS) {
			break;
		}
		free_deliveries(channel, letters);
		usleep((useconds_t) (BETWEEN_LOOKS_US + getpid() % 16 * 1000)); /* of two that look at once, one comes first */
	}
	sort(channel, letters);
	return ECOQ_OK;
}

void ecoq_sorted_letters_free(ecoq_channel *channel, ecoq_sorted_letters *letters)
{
	for (size_t i = 0; i < letters->count; i++) {
		zend_string_release(letters->list[i].id);
	}
	efree(letters->list);
	free_deliveries(channel, letters);
}
