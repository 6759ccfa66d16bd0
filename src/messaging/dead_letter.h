#ifndef ECOQ_MESSAGING_DEAD_LETTER_H
#define ECOQ_MESSAGING_DEAD_LETTER_H

#include "channel/channel.h"
#include "php/compat.h"

/* Ecoq\DeadLetter: a message that was given up on, as a value; its properties are those of stubs/DeadLetters.stub.php, in that order. */
extern zend_class_entry *ecoq_ce_DeadLetter;
void ecoq_dead_letter_minit(zend_class_entry *ce);

#define ECOQ_DEAD_LETTER_ID 0 /* number of the property */

/* Of a delivery from the channel's dead letter queue. */
void ecoq_dead_letter_create(const ecoq_channel *channel, const ecoq_delivery *delivery, zval *object);

/* The id it goes by; the caller owns it. `envelope` NULL: its bytes are none. */
zend_string *ecoq_dead_letter_id(const ecoq_delivery *delivery, const ecoq_envelope *envelope);

#endif
