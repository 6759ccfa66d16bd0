#ifndef ECOQ_MESSAGING_DEAD_LETTER_SORTED_H
#define ECOQ_MESSAGING_DEAD_LETTER_SORTED_H

#include "channel/channel.h"

/* The letters of a queue that has no lasting order (ECOQ_BROWSES_UNSORTED): all of them are read, up to so many or 256 MiB in one go. */
#define ECOQ_SORTED_LETTERS_MOST 65535

typedef struct ecoq_sorted_letter {
	const ecoq_delivery *delivery;
	zend_string *id;
	int64_t failed_at; /* 0: not known */
} ecoq_sorted_letter;

typedef struct ecoq_sorted_letters {
	ecoq_sorted_letter *list; /* oldest failure first; the same order each time */
	size_t count;
	ecoq_delivery *deliveries;
} ecoq_sorted_letters;

/* While another process looks at them it has them: a look that finds too few is repeated some moments later, a few times. On failure there is nothing to free. */
ecoq_result ecoq_sorted_letters_read(ecoq_channel *channel, ecoq_sorted_letters *letters, ecoq_error *error);
void ecoq_sorted_letters_free(ecoq_channel *channel, ecoq_sorted_letters *letters); /* the count stays */

/* How many letters there are. */
ecoq_result ecoq_queue_letters_stored(ecoq_channel *channel, zend_long *count, ecoq_error *error);

#endif
