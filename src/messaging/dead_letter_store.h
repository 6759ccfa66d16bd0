#ifndef ECOQ_MESSAGING_DEAD_LETTER_STORE_H
#define ECOQ_MESSAGING_DEAD_LETTER_STORE_H

#include "messaging/messaging.h"

/* Dead letters in the application's database, for the worker. Both connect on first use; without `database` they do nothing. */

/* Stores the notes of those executions that have one (execution->dead_letter): in the unit of work that is open on the database, else in a transaction
 * of its own. What stands already for the same message and endpoint is replaced, so that the call may be repeated. */
ecoq_result ecoq_dead_letters_store(ecoq_messaging *messaging, ecoq_execution *const *executions, size_t count, ecoq_error *error);

/* Whether a redelivered message was given up on before: a worker may die after it stored the dead letter and before it acknowledged. `attempts` are the
 * failed executions that the delivery tells of. */
ecoq_result ecoq_dead_letter_stands(ecoq_messaging *messaging, ecoq_bytes message_id, ecoq_bytes endpoint, uint32_t attempts, bool *stands, ecoq_error *error);

#endif
