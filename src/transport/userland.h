#ifndef ECOQ_TRANSPORT_USERLAND_H
#define ECOQ_TRANSPORT_USERLAND_H

/* The PHP classes that a transport written in PHP meets. */

#include "php/compat.h"
#include "transport/transport.h"

extern zend_class_entry *ecoq_ce_Transport; /* interface */
extern zend_class_entry *ecoq_ce_OutgoingMessage;
extern zend_class_entry *ecoq_ce_ReservedMessage;
extern zend_class_entry *ecoq_ce_QueueStats;

void ecoq_userland_classes_minit(void);
void ecoq_queue_stats_minit(void);

/* A new OutgoingMessage. */
void ecoq_outgoing_message_create(const ecoq_outgoing *message, zval *object);

/* What a ReservedMessage holds; the strings belong to the object. False when its constructor never ran. */
typedef struct ecoq_reserved_fields {
	zend_string *body;
	zend_string *token;
	uint32_t crashes;
	uint8_t priority;
	bool suspect;
	bool redelivered;
} ecoq_reserved_fields;
bool ecoq_reserved_message_fields(const zend_object *object, ecoq_reserved_fields *fields);

/* QueueStats from and to the transports' form. False when the object's constructor never ran. */
void ecoq_queue_stats_create(const ecoq_queue_stats *stats, zval *object);
bool ecoq_queue_stats_of(const zend_object *object, ecoq_queue_stats *stats);

#endif
