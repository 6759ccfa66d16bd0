#ifndef ECOQ_MESSAGING_DEAD_LETTERS_H
#define ECOQ_MESSAGING_DEAD_LETTERS_H

#include "messaging/dead_letter.h"
#include "messaging/dead_letter_filter.h"
#include "messaging/dead_letter_replay.h"
#include "messaging/messaging.h"

/* Ecoq\DeadLetters: what Messaging::deadLetters() gives. */
extern zend_class_entry *ecoq_ce_DeadLetters;
void ecoq_dead_letters_minit(void);
void ecoq_dead_letters_create(zend_object *messaging, zval *object);

/* Its methods, for the console: over the database and the queues of all channels. All return false with an exception pending; an endpoint of NULL is any. */
bool ecoq_dead_letters_list(ecoq_messaging *messaging, const ecoq_dead_letter_filter *filter, zend_long limit, zend_long offset, zval *list);
/* Called with each letter that is there now, in the same order, with bounded memory; it stops when `visit` returns false. */
bool ecoq_dead_letters_each(ecoq_messaging *messaging, const ecoq_dead_letter_filter *filter, ecoq_letter_visitor visit, void *context);
bool ecoq_dead_letters_show(ecoq_messaging *messaging, zend_string *id, const zend_string *endpoint, zval *letter); /* an object, or null */
bool ecoq_dead_letters_count(ecoq_messaging *messaging, const ecoq_dead_letter_filter *filter, zend_long *count);
bool ecoq_dead_letters_replay(ecoq_replay *replay, zend_string *id, const zend_string *endpoint);
bool ecoq_dead_letters_replay_all(ecoq_replay *replay, const ecoq_dead_letter_filter *filter);
bool ecoq_dead_letters_delete(ecoq_messaging *messaging, zend_string *id, const zend_string *endpoint, bool *deleted);
bool ecoq_dead_letters_purge(ecoq_messaging *messaging, const ecoq_dead_letter_filter *filter, zend_long *removed);

#endif
