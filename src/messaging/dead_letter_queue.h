#ifndef ECOQ_MESSAGING_DEAD_LETTER_QUEUE_H
#define ECOQ_MESSAGING_DEAD_LETTER_QUEUE_H

#include "channel/channel.h"
#include "messaging/dead_letter.h"
#include "messaging/dead_letter_filter.h"
#include "messaging/dead_letter_replay.h"

/* The dead letters in a channel's queue `<queue>.dlq`. All return false with an exception pending. */

bool ecoq_queue_letters_count(ecoq_channel *channel, const ecoq_dead_letter_filter *filter, zend_long *count);

/* Appends up to `*limit` Ecoq\DeadLetter objects to the list; `*offset` are passed over first. Both are counted down. */
bool ecoq_queue_letters_list(ecoq_channel *channel, const ecoq_dead_letter_filter *filter, zend_long *offset, zend_long *limit, zval *list);

/* `*more` false: the visitor has had enough. */
bool ecoq_queue_letters_each(ecoq_channel *channel, const ecoq_dead_letter_filter *filter, ecoq_letter_visitor visit, void *context, bool *more);

/* The oldest one of that message id, `endpoint` NULL: of any endpoint; `letter` stays as it is when there is none. */
bool ecoq_queue_letter_show(ecoq_channel *channel, zend_string *id, const zend_string *endpoint, zval *letter);

/* Sends it back to the channel's queue, or with `replay` NULL removes it. */
bool ecoq_queue_letter_settle(ecoq_channel *channel, zend_string *id, const zend_string *endpoint, ecoq_replay *replay, bool *settled);

bool ecoq_queue_letters_replay(ecoq_replay *replay, ecoq_channel *channel, const ecoq_dead_letter_filter *filter);
bool ecoq_queue_letters_purge(ecoq_channel *channel, const ecoq_dead_letter_filter *filter, zend_long *removed);

#endif
