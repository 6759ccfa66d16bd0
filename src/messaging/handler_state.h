#ifndef ECOQ_MESSAGING_HANDLER_STATE_H
#define ECOQ_MESSAGING_HANDLER_STATE_H

#include "messaging/messaging.h"
#include "zend_stack.h"

/* What a handler may leave behind in its process, noted before it runs and put back afterwards, so that the next message finds what this one found: the level
 * of output buffers, the error and exception handlers, error_reporting, the time limit, the exit status. Not put back, because it costs more than handling
 * a message, or because nobody can: the working directory, the locale, other INI settings, static and global variables, shutdown functions (they pile up
 * until the process ends). */
typedef struct ecoq_handler_state {
	int output_level;
	int error_reporting;
	int exit_status;
	zend_long time_limit;
	zval error_handler, exception_handler; /* a reference each */
	int error_handler_levels;
	zend_stack error_handlers, error_handlers_levels, exception_handlers; /* of set_error_handler() … before; the handler gets empty ones of its own */
} ecoq_handler_state;

void ecoq_handler_state_save(ecoq_handler_state *state);

/* Once for each save(), whether the handler returned, threw or called exit() (the exception may be pending; it stays so), and within the same zend_try: a
 * callback of an output buffer may end the process. Buffers that were left open are flushed and closed; one line is logged about all that was left.
 * When the process is spent already, nothing is done. */
void ecoq_handler_state_restore(ecoq_messaging *messaging, ecoq_execution *execution, ecoq_handler_state *state);

#endif
