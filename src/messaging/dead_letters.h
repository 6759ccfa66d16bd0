#ifndef ECOQ_MESSAGING_DEAD_LETTERS_H
#define ECOQ_MESSAGING_DEAD_LETTERS_H

#include "messaging/messaging.h"

/* Ecoq\DeadLetters: what Messaging::deadLetters() gives. */
extern zend_class_entry *ecoq_ce_DeadLetters;
void ecoq_dead_letters_minit(void);
void ecoq_dead_letters_create(zend_object *messaging, zval *object);

#endif
