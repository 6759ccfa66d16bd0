#include "transport/pdo/connection.h"

ZEND_TLS unsigned depth;

bool ecoq_pdo_is_inside(void)
{
	return depth > 0;
}

void ecoq_pdo_guard_reset(void)
{
	depth = 0;
}

void ecoq_pdo_enter(ecoq_pdo_guard *guard)
{
	depth++;
	guard->exception = EG(exception);
	guard->opline_before_exception = EG(opline_before_exception);
	EG(exception) = NULL;
	zend_replace_error_handling(EH_THROW, NULL, &guard->error_handling);

	/* A frame of our own: without any (in a shutdown) the engine would end the process for an exception, and with a user
	 * function's it would send that function to its exception handler although we catch it. */
	memset(&guard->frame, 0, sizeof(guard->frame));
	guard->frame.func = (zend_function *) &zend_pass_function;
	guard->frame.prev_execute_data = EG(current_execute_data);
	EG(current_execute_data) = &guard->frame;
}

void ecoq_pdo_leave(ecoq_pdo_guard *guard)
{
	depth--;
	EG(current_execute_data) = guard->frame.prev_execute_data;
	zend_restore_error_handling(&guard->error_handling);
	EG(opline_before_exception) = guard->opline_before_exception;
	EG(exception) = guard->exception;
}
