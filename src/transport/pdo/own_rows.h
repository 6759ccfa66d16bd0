#ifndef ECOQ_TRANSPORT_PDO_OWN_ROWS_H
#define ECOQ_TRANSPORT_PDO_OWN_ROWS_H

#include "transport/pdo/queue.h"

/* Stores messages that are reserved for `owner` from the start, within the unit that is open: nobody else sees them while the owner lives. `rows`
 * (count of them) are what to settle or to hand back. ECOQ_CONFLICT: the owner is not registered any more (forgotten here), and has to be registered
 * before the unit is run again. Called between ecoq_pdo_enter() and ecoq_pdo_leave(). */
ecoq_result ecoq_pdo_store_own(ecoq_pdo_queue *queue, ecoq_pdo_owner *owner, const ecoq_outgoing *messages, size_t count, ecoq_delivery *rows,
	ecoq_error *error);

#endif
