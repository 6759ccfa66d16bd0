#ifndef ECOQ_ENVELOPE_MESSAGE_H
#define ECOQ_ENVELOPE_MESSAGE_H

#include "envelope/envelope.h"
#include "php/compat.h"

/* Ecoq\Message, an immutable value with public readonly properties:
 *   string id, string type, mixed payload, array headers, string traceId, int attempts, int createdAt (ms), ?string queue, string lang
 * and methods create() (static), header(name, default), idempotencyKey(), withHeader(). */
extern zend_class_entry *ecoq_ce_Message;
void ecoq_message_minit(void);

/* The value behind a Message object, for code that makes or reads one. Borrowed in both directions. */
typedef struct ecoq_message_fields {
	zend_string *id;
	zend_string *type;
	zval *payload; /* any value */
	HashTable *headers;
	zend_string *trace_id;
	zend_string *queue; /* NULL: none */
	zend_string *lang;
	zend_string *endpoint; /* endpoint it is handled by, for idempotencyKey(); NULL: none */
	int64_t created_at;
	uint32_t attempts;
} ecoq_message_fields;

/* Makes a Message of the fields (copied or referenced). */
void ecoq_message_create(const ecoq_message_fields *fields, zval *object);

/* Reads a Message object's fields; the pointers live as long as the object. */
void ecoq_message_fields_of(zend_object *object, ecoq_message_fields *fields);

#endif
