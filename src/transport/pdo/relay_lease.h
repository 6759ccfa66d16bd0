#ifndef ECOQ_TRANSPORT_PDO_RELAY_LEASE_H
#define ECOQ_TRANSPORT_PDO_RELAY_LEASE_H

/* {t}_relays: one relay at a time per destination (a queue of the outbox), so that rows leave in their order. Called between ecoq_pdo_enter() and
 * ecoq_pdo_leave(). */

#include "transport/pdo/owner.h"

/* Takes the lease of a destination, keeps it, or takes it over from an owner that is dead or was not heard of for half a minute (it runs a long handler,
 * say; when it comes back it finds that it has lost the lease). `*mine` false: another owner has it. */
ecoq_result ecoq_pdo_relay_lease(ecoq_pdo_owner *owner, ecoq_bytes destination, bool *mine, ecoq_error *error);
ecoq_result ecoq_pdo_relay_lease_end(ecoq_pdo_owner *owner, ecoq_bytes destination, ecoq_error *error);

#endif
