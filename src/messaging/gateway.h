#ifndef ECOQ_MESSAGING_GATEWAY_H
#define ECOQ_MESSAGING_GATEWAY_H

#include "messaging/messaging.h"

/* Where messages come in: finds the endpoints of a type, runs the synchronous ones and collects a message for each asynchronous one. */

typedef struct ecoq_send_options {
	HashTable *headers;      /* NULL: none; checked by the gateway */
	int64_t delay_ms;        /* -1: not given */
	int64_t time_to_live_ms; /* -1: not given */
	int priority;            /* -1: not given */
	zend_string *dedup_key;  /* borrowed; NULL: not given */
	zend_string *group;      /* borrowed; NULL: not given */
	bool immediately;        /* not with the unit of work, but now */
} ecoq_send_options;

/* `result` (never NULL) is UNDEF on failure, with an exception pending. */
bool ecoq_gateway_send(ecoq_messaging *messaging, zend_string *type, zval *payload, const ecoq_send_options *options, zval *result);
bool ecoq_gateway_publish(ecoq_messaging *messaging, zend_string *type, zval *payload, const ecoq_send_options *options);
bool ecoq_gateway_query(ecoq_messaging *messaging, zend_string *type, zval *payload, HashTable *headers, zval *result);

/* The six methods that Messaging and the buses share: they parse the arguments and call the above. */
void ecoq_method_send(INTERNAL_FUNCTION_PARAMETERS, ecoq_messaging *messaging);
void ecoq_method_send_to(INTERNAL_FUNCTION_PARAMETERS, ecoq_messaging *messaging);
void ecoq_method_publish(INTERNAL_FUNCTION_PARAMETERS, ecoq_messaging *messaging);
void ecoq_method_publish_to(INTERNAL_FUNCTION_PARAMETERS, ecoq_messaging *messaging);
void ecoq_method_query(INTERNAL_FUNCTION_PARAMETERS, ecoq_messaging *messaging);
void ecoq_method_query_to(INTERNAL_FUNCTION_PARAMETERS, ecoq_messaging *messaging);

#endif
