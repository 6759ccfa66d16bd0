#include "messaging/dead_letter_session.h"

#include "transport/pdo/unit.h"

ecoq_result ecoq_dead_letter_session_open(ecoq_dead_letter_session *session, ecoq_messaging *messaging, ecoq_error *error)
{
	ecoq_result result = ecoq_database_connect(messaging->database, error);
	if (result == ECOQ_OK) {
		session->database = messaging->database;
		session->connection = messaging->database->connection;
		ecoq_pdo_enter(&session->guard);
	}
	return result;
}

void ecoq_dead_letter_session_close(ecoq_dead_letter_session *session, ecoq_result result)
{
	/* within a unit of work its owner finds out, and gives it up first */
	bool is_lost = result != ECOQ_OK && session->connection->failure == ECOQ_PDO_DISCONNECTED && !ecoq_pdo_unit_open(session->connection);
	ecoq_pdo_leave(&session->guard);
	if (is_lost) {
		ecoq_database_lost(session->database);
	}
}
