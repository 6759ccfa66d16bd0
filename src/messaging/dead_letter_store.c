#include "messaging/dead_letter_store.h"

#include "messaging/dead_letter_note.h"
#include "messaging/dead_letter_session.h"
#include "php/bytes.h"
#include "transport/pdo/dead_letter_table.h"

static ecoq_dead_letter_row row_of(const ecoq_dead_letter_note *note)
{
	return (ecoq_dead_letter_row){
		.message_id = ecoq_bytes_of(note->message_id),
		.endpoint = ecoq_bytes_of(note->endpoint),
		.type = ecoq_bytes_of(note->type),
		.channel = ecoq_bytes_of(note->channel),
		.queue = ecoq_bytes_of(note->queue),
		.reason = ecoq_bytes_of(note->reason),
		.error_class = ecoq_bytes_of(note->error_class),
		.error = ecoq_bytes_of(note->error),
		.trace = ecoq_bytes_of(note->trace),
		.payload = ecoq_bytes_of(note->payload),
		.headers = ecoq_bytes_of(note->headers),
		.body = ecoq_bytes_of(note->body),
		.attempts = note->attempts,
		.failed_at = note->failed_at,
	};
}

ecoq_result ecoq_dead_letters_store(ecoq_messaging *messaging, ecoq_execution *const *executions, size_t count, ecoq_error *error)
{
	ecoq_dead_letter_row *rows = safe_emalloc(count, sizeof(*rows), 1);
	size_t row_count = 0;
	for (size_t i = 0; i < count; i++) {
		if (executions[i]->dead_letter) {
			rows[row_count++] = row_of(executions[i]->dead_letter);
		}
	}
	ecoq_dead_letter_session session;
	ecoq_result result = ECOQ_OK;
	if (row_count > 0 && messaging->database && (result = ecoq_dead_letter_session_open(&session, messaging, error)) == ECOQ_OK) {
		result = ecoq_dead_letter_table_store(session.connection, rows, row_count, error);
		ecoq_dead_letter_session_close(&session, result);
	}
	efree(rows);
	return result;
}

ecoq_result ecoq_dead_letter_stands(ecoq_messaging *messaging, ecoq_bytes message_id, ecoq_bytes endpoint, uint32_t attempts, bool *stands, ecoq_error *error)
{
	ecoq_dead_letter_session session;
	ecoq_result result = ECOQ_OK;
	*stands = false;
	if (messaging->database && (result = ecoq_dead_letter_session_open(&session, messaging, error)) == ECOQ_OK) {
		result = ecoq_dead_letter_table_stands(session.connection, message_id, endpoint, attempts, stands, error);
		ecoq_dead_letter_session_close(&session, result);
	}
	return result;
}
