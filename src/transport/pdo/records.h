#ifndef ECOQ_TRANSPORT_PDO_RECORDS_H
#define ECOQ_TRANSPORT_PDO_RECORDS_H

/* {t}_records: which effect stands. A row says that (endpoint, key) was done, or, while `owner` is set, that somebody has it in hand (a claim). Keys
 * are compared as bytes, those above 200 bytes by their SHA-256. All functions are called between ecoq_pdo_enter() and ecoq_pdo_leave(), and are
 * part of the unit of work where one is open on the connection. */

#include "transport/pdo/owner.h"

typedef enum ecoq_record_state {
	ECOQ_RECORD_NONE,    /* nothing is known of the key */
	ECOQ_RECORD_DONE,    /* its effect stands */
	ECOQ_RECORD_CLAIMED, /* another owner, not known dead, has it in hand */
	ECOQ_RECORD_MINE     /* claimed by this owner */
} ecoq_record_state;

/* Reads. */
ecoq_result ecoq_pdo_record_find(ecoq_pdo_connection *connection, ecoq_bytes endpoint, ecoq_bytes key, ecoq_record_state *state, ecoq_error *error);

/* Records that it is done: `*recorded` false when a record of another execution stands already. Never fails for that reason. */
ecoq_result ecoq_pdo_record_add(ecoq_pdo_connection *connection, ecoq_bytes endpoint, ecoq_bytes key, bool *recorded, ecoq_error *error);

/* Claims it, in a transaction of its own (no unit is open): MINE, or what stands in the way. A dead owner's claim is taken over. */
ecoq_result ecoq_pdo_record_claim(ecoq_pdo_owner *owner, ecoq_bytes endpoint, ecoq_bytes key, ecoq_record_state *state, ecoq_error *error);

/* Own claims only: it is done (false in `*recorded`: the claim was taken over), or it is given up. */
ecoq_result ecoq_pdo_record_finish(ecoq_pdo_owner *owner, ecoq_bytes endpoint, ecoq_bytes key, bool *recorded, ecoq_error *error);
ecoq_result ecoq_pdo_record_give_up(ecoq_pdo_owner *owner, ecoq_bytes endpoint, ecoq_bytes key, ecoq_error *error);

/* Removes one record (a forced replay), or at most 1 000 that are older than the instant (milliseconds since the epoch) and no dead letter of their key stands. */
ecoq_result ecoq_pdo_record_remove(ecoq_pdo_connection *connection, ecoq_bytes endpoint, ecoq_bytes key, ecoq_error *error);
ecoq_result ecoq_pdo_records_expire(ecoq_pdo_connection *connection, int64_t before, size_t *removed, ecoq_error *error);

#endif
