#include "messaging/dead_letter_note.h"

void ecoq_dead_letter_note_free(ecoq_dead_letter_note *note)
{
	zend_string *strings[] = {note->message_id, note->endpoint, note->type, note->channel, note->queue, note->reason, note->error_class, note->error,
		note->trace, note->payload, note->headers, note->body};
	for (size_t i = 0; i < sizeof(strings) / sizeof(*strings); i++) {
		if (strings[i]) {
			zend_string_release(strings[i]);
		}
	}
	efree(note);
}
