#ifndef ECOQ_ENDPOINT_CALL_PLAN_H
#define ECOQ_ENDPOINT_CALL_PLAN_H

/* What each parameter of a handler is filled with: worked out when the endpoint is called first, then only followed. */

#include "endpoint/endpoint.h"
#include "envelope/payload.h"

typedef enum ecoq_parameter_source {
	ECOQ_PARAMETER_PAYLOAD,
	ECOQ_PARAMETER_MESSAGE,
	ECOQ_PARAMETER_HEADER,
	ECOQ_PARAMETER_ALL_HEADERS,
	ECOQ_PARAMETER_SERVICE,
	ECOQ_PARAMETER_DEFAULT
} ecoq_parameter_source;

typedef struct ecoq_parameter {
	ecoq_parameter_source source;
	bool is_optional; /* has a default */
	bool is_nullable;
	uint32_t scalar_mask;         /* header: the declared type where it is made of scalars only, else 0 */
	ecoq_payload_type *type;      /* payload and header; owned */
	const zend_type *declared;    /* payload: where it holds a class, else NULL; the function's */
	zend_string *sent_class;      /* payload: the class that the last message named, NULL: none so far; owned */
	ecoq_payload_type *sent_type; /* its type, NULL: none of the declared ones; owned */
	zend_string *name;            /* header: its name; service: its class; owned */
	zend_string *path;            /* header: "headers.name" for error texts; owned */
	zend_string *place;           /* "Orders::confirm(), parameter $event"; owned */
} ecoq_parameter;

struct ecoq_call_plan {
	zend_function *function;
	zend_object *object; /* borrowed from the endpoint's target; NULL: static */
	zend_class_entry *called_scope;
	bool is_trampoline; /* the callable goes through __call: it is looked up for each call */
	uint32_t count;
	ecoq_parameter parameters[];
};

/* The plan of a function's parameters. `callee` ("Orders::confirm()") begins the error texts. NULL with a ConfigurationException. */
ecoq_call_plan *ecoq_call_plan_create(zend_function *function, zend_class_entry *scope, const char *callee);
void ecoq_call_plan_free(ecoq_call_plan *plan);

/* Whether the payload of a handler could be in a parameter of that class: not so for Ecoq\Message, the buses and Messaging. */
bool ecoq_class_is_payload(const zend_string *class_name);

/* The number of the payload's parameter, -1 for none: the first one that is no Message, bus or Messaging and has no #[Header]. */
int ecoq_payload_parameter(const zend_function *function);

/* The type that the payload is converted to: the class that the message names, if it is one that the declaration takes (a subclass, an implementation, one of
 * several), else the declared type. NULL with an exception pending. */
ecoq_payload_type *ecoq_payload_type_for(ecoq_parameter *parameter, const ecoq_invocation *invocation);

#endif
