#ifndef ECOQ_MESSAGING_DEAD_LETTER_FILTER_H
#define ECOQ_MESSAGING_DEAD_LETTER_FILTER_H

#include "transport/pdo/dead_letter_table.h"

/* Which dead letters are meant; the same for those in the database and those in queues. Everything is borrowed. */
typedef ecoq_dead_letter_criteria ecoq_dead_letter_filter;

/* An instant as DateTimeInterface or int (milliseconds since the epoch), for the parameter of that number; null or NULL: 0. False with a TypeError or
 * ValueError pending. */
bool ecoq_dead_letter_filter_instant(zval *value, uint32_t argument, int64_t *ms);

/* Whether nothing but the channel is asked for. */
bool ecoq_dead_letter_filter_is_open(const ecoq_dead_letter_filter *filter);

/* Whether an Ecoq\DeadLetter is meant; its channel is not looked at. */
bool ecoq_dead_letter_filter_takes(const ecoq_dead_letter_filter *filter, zend_object *letter);

#endif
