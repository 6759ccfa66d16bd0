#ifndef ECOQ_MESSAGING_HOOKS_H
#define ECOQ_MESSAGING_HOOKS_H

#include "messaging/incoming.h"
#include "messaging/messaging.h"

/* What an application wants to be called with between messages (Messaging::hooks()), and objects whose state is reset after each of them. */
typedef struct ecoq_hooks ecoq_hooks;

/* Before and after an execution of a handler by a worker, outside of its unit of work. What hooks throw is logged and changes nothing, an exit() likewise.
 * False: the engine unwound through a hook and the process is spent. `after` takes the exception that was kept for it. */
bool ecoq_hooks_before(ecoq_execution *execution, ecoq_incoming *incoming);
bool ecoq_hooks_after(ecoq_execution *execution, ecoq_incoming *incoming);

/* Keeps the exception that failed the execution for the hooks, if there are any for failures. */
void ecoq_hooks_keep_exception(ecoq_execution *execution, zend_object *exception);

/* Nothing to do now: the hooks for that, and every now and then the collection of cycles. False: the process is spent. */
bool ecoq_hooks_idle(ecoq_messaging *messaging);

void ecoq_hooks_get_gc(const ecoq_hooks *hooks, zend_get_gc_buffer *buffer);
void ecoq_hooks_free(ecoq_hooks *hooks); /* NULL is fine */

#endif
