#include "messaging/handler_state.h"

#include "main/php_output.h"
#include "messaging/exception_text.h"
#include "zend_ini.h"
#include "zend_smart_str.h"

/* An empty stack as zend_stack_init() makes it; it allocates nothing before something is pushed. */
static void set_aside(zend_stack *current, zend_stack *aside)
{
	*aside = *current;
	zend_stack_init(current, aside->size);
}

void ecoq_handler_state_save(ecoq_handler_state *state)
{
	state->output_level = php_output_get_level();
	state->error_reporting = EG(error_reporting);
	state->exit_status = EG(exit_status);
	state->time_limit = EG(timeout_seconds);
	ZVAL_COPY(&state->error_handler, &EG(user_error_handler));
	ZVAL_COPY(&state->exception_handler, &EG(user_exception_handler));
	state->error_handler_levels = EG(user_error_handler_error_reporting);
	set_aside(&EG(user_error_handlers), &state->error_handlers);
	set_aside(&EG(user_error_handlers_error_reporting), &state->error_handlers_levels);
	set_aside(&EG(user_exception_handlers), &state->exception_handlers);
}

static bool is_same(const zval *a, const zval *b)
{
	return Z_TYPE_P(a) == Z_TYPE_P(b) && (Z_TYPE_P(a) == IS_UNDEF || Z_PTR_P(a) == Z_PTR_P(b));
}

static bool is_as_it_was(const ecoq_handler_state *state)
{
	return php_output_get_level() <= state->output_level
		&& EG(error_reporting) == state->error_reporting
		&& EG(timeout_seconds) == state->time_limit
		&& is_same(&EG(user_error_handler), &state->error_handler)
		&& is_same(&EG(user_exception_handler), &state->exception_handler)
		&& EG(user_error_handler_error_reporting) == state->error_handler_levels
		&& zend_stack_is_empty(&EG(user_error_handlers))
		&& zend_stack_is_empty(&EG(user_exception_handlers));
}

/* ---- Putting back ---- */

static void note(smart_str *left, const char *what)
{
	if (left->s) {
		smart_str_appends(left, ", ");
	}
	smart_str_appends(left, what);
}

static void note_exception(smart_str *left)
{
	if (!EG(exception)) {
		return;
	}
	if (zend_is_unwind_exit(EG(exception))) {
		note(left, "its callback called exit()");
	} else {
		zend_object *exception = EG(exception);
		GC_ADDREF(exception);
		zend_clear_exception();
		zend_string *summary = ecoq_exception_summary(exception);
		note(left, "its callback threw ");
		smart_str_append(left, summary);
		zend_string_release(summary);
		OBJ_RELEASE(exception);
	}
	zend_clear_exception();
}

/* Callbacks of buffers are code of the handler's: they may throw, exit, or end the process. */
static void close_buffers(const ecoq_handler_state *state, smart_str *left)
{
	int count = php_output_get_level() - state->output_level;
	if (count <= 0) {
		return;
	}
	note(left, count == 1 ? "an open output buffer" : "open output buffers");
	for (; count > 0; count--) {
		php_output_get_active_handler()->flags |= PHP_OUTPUT_HANDLER_REMOVABLE;
		php_output_end();
		note_exception(left);
	}
}

/* Closures and objects die here, and their destructors may set handlers again. */
#define ROUNDS 3

static void put_back_handler(zval *current, zval *former, zend_stack *current_stack, zend_stack *former_stack)
{
	for (int round = 0; round <= ROUNDS; round++) {
		bool is_last = round == ROUNDS || (is_same(current, former) && zend_stack_is_empty(current_stack));
		zval old = *current;
		zend_stack pushed = *current_stack;
		ZVAL_COPY(current, former);
		if (is_last) {
			*current_stack = *former_stack;
		} else {
			zend_stack_init(current_stack, pushed.size);
		}
		zval_ptr_dtor(&old);
		zend_stack_clean(&pushed, (void (*)(void *)) ZVAL_PTR_DTOR, true);
		if (is_last) {
			break;
		}
	}
	zval_ptr_dtor(former);
}

/* A stack whose elements were all taken off again keeps its memory. */
static void put_back_empty(zend_stack *current, zend_stack *former)
{
	if (UNEXPECTED(current->elements)) {
		zend_stack_destroy(current);
	}
	*current = *former;
}

static void put_back_handlers(ecoq_handler_state *state)
{
	put_back_handler(&EG(user_exception_handler), &state->exception_handler, &EG(user_exception_handlers), &state->exception_handlers);
	put_back_handler(&EG(user_error_handler), &state->error_handler, &EG(user_error_handlers), &state->error_handlers);
	put_back_empty(&EG(user_error_handlers_error_reporting), &state->error_handlers_levels);
	EG(user_error_handler_error_reporting) = state->error_handler_levels;
}

static void put_back_setting(const char *name, zend_long value)
{
	zend_string *key = zend_string_init(name, strlen(name), 0);
	zend_string *text = zend_long_to_str(value);
	zend_alter_ini_entry(key, text, PHP_INI_SYSTEM, PHP_INI_STAGE_RUNTIME);
	zend_string_release(key);
	zend_string_release(text);
}

static void put_back(ecoq_handler_state *state, smart_str *left)
{
	close_buffers(state, left);
	if (!is_same(&EG(user_error_handler), &state->error_handler) || !zend_stack_is_empty(&EG(user_error_handlers))) {
		note(left, "an error handler");
	}
	if (!is_same(&EG(user_exception_handler), &state->exception_handler) || !zend_stack_is_empty(&EG(user_exception_handlers))) {
		note(left, "an exception handler");
	}
	put_back_handlers(state);
	if (EG(error_reporting) != state->error_reporting) {
		note(left, "another error_reporting");
		put_back_setting("error_reporting", state->error_reporting);
	}
	if (EG(timeout_seconds) != state->time_limit) {
		note(left, "another time limit");
		put_back_setting("max_execution_time", state->time_limit);
	}
	if (EG(exception)) {
		zend_clear_exception(); /* of a destructor */
	}
}

static void log_what_was_left(ecoq_messaging *messaging, ecoq_execution *execution, smart_str *left)
{
	zval value;
	if (!left->s) {
		return;
	}
	smart_str_0(left);
	HashTable *context = ecoq_execution_log_context(execution);
	ZVAL_STR(&value, left->s);
	zend_hash_str_add_new(context, ZEND_STRL("left"), &value);
	ecoq_messaging_log(messaging, "warning", "The handler of message {id} on channel {channel} left behind: {left}. It was cleared away", context);
}

void ecoq_handler_state_restore(ecoq_messaging *messaging, ecoq_execution *execution, ecoq_handler_state *state)
{
	if (CG(unclean_shutdown)) {
		return;
	}
	EG(exit_status) = state->exit_status;
	if (EXPECTED(is_as_it_was(state))) {
		put_back_empty(&EG(user_error_handlers), &state->error_handlers);
		put_back_empty(&EG(user_error_handlers_error_reporting), &state->error_handlers_levels);
		put_back_empty(&EG(user_exception_handlers), &state->exception_handlers);
		zval_ptr_dtor(&state->error_handler);
		zval_ptr_dtor(&state->exception_handler);
		return;
	}
	zend_object *pending = EG(exception);
	const zend_op *opline_before_exception = EG(opline_before_exception);
	EG(exception) = NULL;
	smart_str left = {0};
	put_back(state, &left);
	log_what_was_left(messaging, execution, &left);
	EG(exit_status) = state->exit_status;
	EG(opline_before_exception) = opline_before_exception;
	EG(exception) = pending;
}
