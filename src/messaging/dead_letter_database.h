#ifndef ECOQ_MESSAGING_DEAD_LETTER_DATABASE_H
#define ECOQ_MESSAGING_DEAD_LETTER_DATABASE_H

#include "messaging/dead_letter.h"
#include "messaging/dead_letter_filter.h"
#include "messaging/dead_letter_replay.h"

/* The dead letters in the application's database. All return false with an exception pending. An endpoint of NULL is any. */

bool ecoq_database_letters_count(ecoq_messaging *messaging, const ecoq_dead_letter_filter *filter, zend_long *count);

/* Appends up to `limit` Ecoq\DeadLetter objects to the list. */
bool ecoq_database_letters_list(ecoq_messaging *messaging, const ecoq_dead_letter_filter *filter, zend_long offset, zend_long limit, zval *list);

/* `*more` false: the visitor has had enough. */
bool ecoq_database_letters_each(ecoq_messaging *messaging, const ecoq_dead_letter_filter *filter, ecoq_letter_visitor visit, void *context, bool *more);

/* The oldest one of that message id; `letter` stays as it is when there is none. */
bool ecoq_database_letter_show(ecoq_messaging *messaging, zend_string *id, const zend_string *endpoint, zval *letter);

bool ecoq_database_letter_delete(ecoq_messaging *messaging, zend_string *id, const zend_string *endpoint, bool *deleted);
bool ecoq_database_letters_purge(ecoq_messaging *messaging, const ecoq_dead_letter_filter *filter, zend_long *removed);

/* Sent through their channels and removed: in one transaction where the channel is on the database, else sent first. All: those that are there when it
 * begins, a batch at a time; what fails again meanwhile is not sent twice. */
bool ecoq_database_letter_replay(ecoq_replay *replay, zend_string *id, const zend_string *endpoint);
bool ecoq_database_letters_replay(ecoq_replay *replay, const ecoq_dead_letter_filter *filter);

#endif
