#ifndef ECOQ_MESSAGING_DEAD_LETTER_H
#define ECOQ_MESSAGING_DEAD_LETTER_H

#include "channel/channel.h"
#include "php/compat.h"
#include "transport/pdo/dead_letter_table.h"

/* Ecoq\DeadLetter: a message that was given up on, as a value. */
extern zend_class_entry *ecoq_ce_DeadLetter;
void ecoq_dead_letter_minit(zend_class_entry *ce);

/* Numbers of its properties, in the order of stubs/DeadLetters.stub.php. */
enum ecoq_dead_letter_property {
	ECOQ_LETTER_ID,
	ECOQ_LETTER_ENDPOINT,
	ECOQ_LETTER_TYPE,
	ECOQ_LETTER_CHANNEL,
	ECOQ_LETTER_ATTEMPTS,
	ECOQ_LETTER_REASON,
	ECOQ_LETTER_ERROR_CLASS,
	ECOQ_LETTER_ERROR,
	ECOQ_LETTER_FAILED_AT,
	ECOQ_LETTER_PAYLOAD,
	ECOQ_LETTER_HEADERS,
	ECOQ_LETTER_BODY,
	ECOQ_LETTER_TRACE
};

/* Of a delivery from the channel's dead letter queue. */
void ecoq_dead_letter_create(const ecoq_channel *channel, const ecoq_delivery *delivery, zval *object);

/* Of a row of the database's table; `channel` NULL: it is not configured any more. */
void ecoq_dead_letter_create_from_row(const ecoq_channel *channel, const ecoq_dead_letter_row *row, zval *object);

/* Called with an Ecoq\DeadLetter; false ends it. */
typedef bool (*ecoq_letter_visitor)(void *context, zval *letter);

/* Milliseconds since the epoch; 0: not known. */
int64_t ecoq_dead_letter_failed_at(zend_object *letter);

/* The same of a delivery from a dead letter queue, without making a value of it; the caller owns the id. */
int64_t ecoq_dead_letter_read_failed_at(const ecoq_channel *channel, const ecoq_delivery *delivery, zend_string **id);

/* The id it goes by; the caller owns it. `envelope` NULL: its bytes are none. */
zend_string *ecoq_dead_letter_id(const ecoq_delivery *delivery, const ecoq_envelope *envelope);

#endif
