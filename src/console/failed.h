#ifndef ECOQ_CONSOLE_FAILED_H
#define ECOQ_CONSOLE_FAILED_H

/* What the commands over dead letters share. */

#include "console/command.h"
#include "messaging/dead_letters.h"

/* Calls a method of the application's Ecoq\DeadLetters, by its name in lower case. `result` gets a new reference. False with an exception pending. */
bool ecoq_dead_letters_call(ecoq_call *call, const char *method, zval *result, uint32_t argc, zval *argv);

/* Which letters the options mean; borrowed from them. False when one of them makes no sense (reported as a usage error), or with an exception pending. */
bool ecoq_failed_filter(ecoq_call *call, ecoq_dead_letter_filter *filter);

/* A property of an Ecoq\DeadLetter, borrowed, and its text, NULL where it is null. */
zval *ecoq_letter_property(zval *letter, enum ecoq_dead_letter_property property);
zend_string *ecoq_letter_text(zval *letter, enum ecoq_dead_letter_property property);

#endif
