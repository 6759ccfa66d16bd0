#ifndef ECOQ_MESSAGING_ROUTING_H
#define ECOQ_MESSAGING_ROUTING_H

#include "messaging/messaging.h"

/* Where a delivery goes: the endpoint it names, or, for a message from elsewhere, the endpoints of its type. */

/* Sets `endpoint` or `targets`. False: nothing answers it. A message may name only an endpoint whose own channel it arrived on, or one that its
 * type leads to anyway (SEMANTICS 9). */
bool ecoq_routing_find(ecoq_execution *execution);

/* The next channel of #[Asynchronous(['a', 'b'])] for a delivery of a; NULL on the last one. */
zend_string *ecoq_routing_next_channel(const ecoq_execution *execution);

/* Sends the message on: a copy to each of `targets`, or the same message to the next channel. Decides the execution. */
void ecoq_routing_forward(ecoq_execution *execution);

#endif
