#ifndef ECOQ_CONSOLE_CONSOLE_H
#define ECOQ_CONSOLE_CONSOLE_H

#include "php/compat.h"

/* Ecoq\Console: the command line over a Messaging. */
extern zend_class_entry *ecoq_ce_Console;
void ecoq_console_minit(void);

#endif
