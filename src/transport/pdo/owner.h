#ifndef ECOQ_TRANSPORT_PDO_OWNER_H
#define ECOQ_TRANSPORT_PDO_OWNER_H

/* Who holds reservations and claims in a database: a row of {t}_owners whose life others can see (a lock that the kernel or the server drops when the
 * process dies). All functions are called between ecoq_pdo_enter() and ecoq_pdo_leave(). */

#include "transport/pdo/connection.h"
#include "transport/pdo/presence.h"

typedef struct ecoq_pdo_owner {
	ecoq_pdo_connection *connection; /* borrowed */
	ecoq_presence *presence;         /* SQLite: NULL: not needed yet, or an in-memory database, which nobody else sees */
	int64_t id;                      /* 0: not registered yet; never used before by anyone */
	uint32_t claims;                 /* made as this owner; with the id they form the fences */
} ecoq_pdo_owner;

/* Registers, unless that has happened. `timeout_ms` is the longest handling time, 0: none; needed where only a lease can tell that an owner is gone. */
ecoq_result ecoq_pdo_owner_register(ecoq_pdo_owner *owner, int64_t timeout_ms, ecoq_error *error);

/* A fence that nobody had before. The owner is registered. */
uint64_t ecoq_pdo_owner_next_fence(ecoq_pdo_owner *owner);

/* Frees its reservations and claims, and ends its presence; never fails: what it cannot do, the next one does who finds it dead. */
void ecoq_pdo_owner_resign(ecoq_pdo_owner *owner);
void ecoq_pdo_owner_forget(ecoq_pdo_owner *owner); /* the same without a word to the database */

/* Whether another owner is known dead: its row is gone, or it was found absent twice, 500 ms apart, by whomever; then its reservations become suspects. To be
 * asked again from time to time. Where only a lease tells, nobody is known dead. Not within an open unit of work. */
ecoq_result ecoq_pdo_owner_is_dead(ecoq_pdo_owner *owner, int64_t other, bool *dead, ecoq_error *error);

/* Between owner.c and takeover.c. */
bool ecoq_pdo_owner_has_lock(const ecoq_pdo_owner *owner);                          /* whether its life can be seen: not behind a pooler, not in memory */
bool ecoq_pdo_owner_look_for(ecoq_pdo_owner *owner, int64_t other, bool *held);     /* false: connection->failure tells */
ecoq_result ecoq_pdo_owner_open_presence(ecoq_pdo_owner *owner, ecoq_error *error); /* SQLite's file */

#endif
