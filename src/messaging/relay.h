#ifndef ECOQ_MESSAGING_RELAY_H
#define ECOQ_MESSAGING_RELAY_H

#include "messaging/messaging.h"

/* Moving the rows of an outbox leg on to the channel they are for. */

/* Takes or keeps the destination for this process; `*mine` false: another relay serves it, and nothing is to be reserved. The leg is open. Asks the
 * database once a second while it is mine, twice a second while it is not; in between it costs nothing. Legs of other channels than OutboxChannels
 * are everybody's. */
ecoq_result ecoq_relay_hold(ecoq_channel *leg, bool *mine, ecoq_error *error);

/* Leaves the destination to others; when a worker ends. Never fails. */
void ecoq_relay_release(ecoq_channel *leg);

/* Sends a batch of a leg's deliveries to its destination, confirmed, and decides the execution of each (not yet settled). Otherwise nothing is decided
 * from `*decided` on, where the executions hold nothing (those before it are to be settled as usual): the caller hands these deliveries back and leaves
 * the leg alone for a while. It never fails for a reason that is in the messages. ECOQ_EXCEPTION: pending; else the result is retryable. */
ecoq_result ecoq_relay_send(ecoq_messaging *messaging, ecoq_channel *leg, ecoq_delivery *deliveries, ecoq_execution *executions, size_t count,
	size_t *decided, ecoq_error *error);

#endif
