#ifndef ECOQ_MESSAGING_DEAD_LETTER_SESSION_H
#define ECOQ_MESSAGING_DEAD_LETTER_SESSION_H

#include "messaging/messaging.h"
#include "transport/pdo/connection.h"

/* A few statements on the database's connection. */
typedef struct ecoq_dead_letter_session {
	ecoq_database *database;
	ecoq_pdo_connection *connection;
	ecoq_pdo_guard guard;
} ecoq_dead_letter_session;

/* Connects. close() must follow when it is ECOQ_OK, with what came of the statements: where that was the loss of the connection, the next open() asks
 * for a new one. */
ecoq_result ecoq_dead_letter_session_open(ecoq_dead_letter_session *session, ecoq_messaging *messaging, ecoq_error *error);
void ecoq_dead_letter_session_close(ecoq_dead_letter_session *session, ecoq_result result);

#endif
