#ifndef ECOQ_CONSOLE_FAILED_H
#define ECOQ_CONSOLE_FAILED_H

/* What the commands over dead letters share. */

#include "console/command.h"

/* Calls a method of the application's Ecoq\DeadLetters, by its name in lower case. `result` gets a new reference. False with an exception pending. */
bool ecoq_dead_letters_call(ecoq_call *call, const char *method, zval *result, uint32_t argc, zval *argv);

/* The --channel given, as an argument for those methods: a borrowed string or null. False when it does not exist (reported as a usage error). */
bool ecoq_dead_letters_channel(ecoq_call *call, zval *channel);

/* A property of an Ecoq\DeadLetter, borrowed. */
zval *ecoq_dead_letter_property(zval *letter, const char *name, zval *scratch);

/* Its text, NULL where it is null. Borrowed. */
zend_string *ecoq_dead_letter_text(zval *letter, const char *name);

#endif
