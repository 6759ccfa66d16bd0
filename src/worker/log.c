#include "worker/loop.h"

/* What the application's logger is told of a running worker: what an operator has to know of. What becomes of single messages is said where that is decided. */

typedef struct line {
	const char *text;
	bool has_delay;
} line;

static const line lines[] = {
	[ECOQ_WORKER_UNAVAILABLE] = {"Channel {channel} cannot be reached, next try in {delay} ms: {error}", true},
	[ECOQ_WORKER_RECOVERED] = {"Channel {channel} recovered: {error}", false},
	[ECOQ_WORKER_LOST] = {"Message {id} on channel {channel} was acknowledged too late, another worker has it or will get it: {error}", false},
	[ECOQ_WORKER_UNSETTLED] = {"What became of message {id} on channel {channel} could not be stored; it stays with this worker, unacknowledged, until that ends: {error}", false},
};

static void add_text(HashTable *context, const char *name, const char *text)
{
	zval value;
	ZVAL_STRING(&value, text);
	zend_hash_str_update(context, name, strlen(name), &value);
}

static HashTable *context_of(const ecoq_worker_event *event)
{
	zval delay;
	/* the id is made on demand */
	HashTable *context = event->execution ? ecoq_execution_log_context((ecoq_execution *) event->execution) : zend_new_array(3);
	add_text(context, "channel", ZSTR_VAL(event->channel->name));
	if (lines[event->kind].has_delay) {
		ZVAL_LONG(&delay, event->delay_ms);
		zend_hash_str_update(context, ZEND_STRL("delay"), &delay);
	}
	add_text(context, "error", event->error ? event->error->text : "no reason given");
	return context;
}

void ecoq_loop_log(ecoq_loop *loop, const ecoq_worker_event *event)
{
	bool is_told = (size_t) event->kind < sizeof(lines) / sizeof(lines[0]) && lines[event->kind].text;
	if (!is_told || Z_ISUNDEF(loop->messaging->logger) || EG(exception)) {
		return;
	}
	ecoq_messaging_log(loop->messaging, "warning", lines[event->kind].text, context_of(event));
	/* exit() in a logger does not end the worker */
	if (EG(exception)) {
		zend_clear_exception();
	}
}
