#include "messaging/incoming.h"

#include "envelope/headers.h"
#include "envelope/message.h"
#include "envelope/message_id.h"
#include "messaging/buses.h"
#include "messaging/handler_factory.h"
#include "php/bytes.h"
#include "php/exceptions.h"

static ecoq_incoming *incoming_of(ecoq_invocation *invocation)
{
	return (ecoq_incoming *) invocation;
}

static bool need_headers(ecoq_invocation *invocation)
{
	invocation->headers = ecoq_incoming_headers(incoming_of(invocation));
	return invocation->headers != NULL;
}

static bool need_message(ecoq_invocation *invocation)
{
	ecoq_incoming *incoming = incoming_of(invocation);
	if (!Z_ISUNDEF(invocation->message)) {
		return true;
	}
	ecoq_message_fields fields = {
		.id = ecoq_incoming_id(incoming),
		.type = incoming->type,
		.payload = &incoming->payload,
		.headers = ecoq_incoming_headers(incoming),
		.trace_id = ecoq_incoming_trace_id(incoming),
		.endpoint = incoming->endpoint ? incoming->endpoint->id : NULL,
		.attempts = incoming->attempts,
	};
	if (EG(exception)) {
		return false;
	}
	zend_string *queue = NULL, *lang;
	if (incoming->envelope) {
		const ecoq_envelope *envelope = incoming->envelope;
		queue = envelope->queue.text.size ? ecoq_string_of(envelope->queue.text) : NULL;
		lang = ecoq_string_of(envelope->lang.text);
		fields.created_at = envelope->created_at;
	} else {
		lang = zend_string_init("php", 3, 0);
		fields.created_at = ecoq_clock_now_ms();
	}
	fields.queue = queue;
	fields.lang = lang;
	ecoq_message_create(&fields, &invocation->message);
	if (queue) {
		zend_string_release(queue);
	}
	zend_string_release(lang);
	return !EG(exception);
}

static bool resolve(ecoq_invocation *invocation, zend_string *class_name, bool is_handler, const char *where, zval *result)
{
	return ecoq_resolve_service(incoming_of(invocation)->messaging, class_name, is_handler, where, result);
}

static void init(ecoq_incoming *incoming, ecoq_messaging *messaging)
{
	*incoming = (ecoq_incoming){
		.invocation = {.need_headers = need_headers, .need_message = need_message, .resolve = resolve},
		.messaging = messaging,
		.outer = messaging->current,
	};
	incoming->invocation.payload = &incoming->payload;
	ZVAL_UNDEF(&incoming->invocation.message);
	ZVAL_UNDEF(&incoming->payload);
	ZVAL_UNDEF(&incoming->headers);
}

void ecoq_incoming_init_local(ecoq_incoming *incoming, ecoq_messaging *messaging, zend_string *type, zval *payload, HashTable *headers)
{
	init(incoming, messaging);
	incoming->type = zend_string_copy(type);
	ZVAL_COPY(&incoming->payload, payload);
	if (headers && zend_hash_num_elements(headers) > 0) {
		ZVAL_ARR(&incoming->headers, headers);
		Z_TRY_ADDREF(incoming->headers);
	}
}

/* The class that the sender names, or the type where it looks like a class name: with a namespace, or one capitalised word. */
static ecoq_bytes class_of(const ecoq_envelope *envelope)
{
	ecoq_bytes type = envelope->type.text;
	if (envelope->payload_class.text.size > 0) {
		return envelope->payload_class.text;
	}
	bool is_class = memchr(type.data, '\\', type.size) || (type.data[0] >= 'A' && type.data[0] <= 'Z' && !memchr(type.data, '.', type.size));
	return is_class ? type : ECOQ_NO_BYTES;
}

void ecoq_incoming_init_wire(ecoq_incoming *incoming, ecoq_messaging *messaging, const ecoq_envelope *envelope, uint32_t attempts, zend_string *id)
{
	init(incoming, messaging);
	incoming->envelope = envelope;
	incoming->attempts = attempts;
	incoming->type = ecoq_string_of(envelope->type.text);
	incoming->id = zend_string_copy(id);
	incoming->invocation.payload_class = class_of(envelope);
}

bool ecoq_incoming_load(ecoq_incoming *incoming)
{
	return !Z_ISUNDEF(incoming->payload) || ecoq_envelope_payload(incoming->envelope, &incoming->payload);
}

void ecoq_incoming_free(ecoq_incoming *incoming)
{
	zval_ptr_dtor(&incoming->invocation.message);
	zval_ptr_dtor(&incoming->payload);
	zval_ptr_dtor(&incoming->headers);
	zend_string_release(incoming->type);
	if (incoming->id) {
		zend_string_release(incoming->id);
	}
	if (incoming->trace_id) {
		zend_string_release(incoming->trace_id);
	}
}

void ecoq_incoming_enter(ecoq_incoming *incoming)
{
	incoming->outer = incoming->messaging->current;
	incoming->messaging->current = incoming;
}

void ecoq_incoming_leave(ecoq_incoming *incoming)
{
	incoming->messaging->current = incoming->outer;
}

zend_string *ecoq_incoming_id(ecoq_incoming *incoming)
{
	if (!incoming->id) {
		incoming->id = ecoq_message_id_new();
	}
	return incoming->id;
}

zend_string *ecoq_incoming_trace_id(ecoq_incoming *incoming)
{
	if (incoming->trace_id) {
		return incoming->trace_id;
	}
	if (incoming->envelope) {
		ecoq_bytes text = incoming->envelope->trace_id.text;
		incoming->trace_id = ecoq_string_of(text);
	} else if (incoming->outer) {
		zend_string *inherited = ecoq_incoming_trace_id(incoming->outer);
		incoming->trace_id = inherited ? zend_string_copy(inherited) : NULL;
	} else {
		incoming->trace_id = ecoq_message_id_new();
	}
	return incoming->trace_id;
}

/* The user's headers of the outer message below the own ones, in a new array. */
static bool inherit_headers(ecoq_incoming *incoming)
{
	HashTable *outer = ecoq_incoming_headers(incoming->outer);
	if (!outer) {
		return false;
	}
	HashTable *merged = zend_new_array(zend_hash_num_elements(outer));
	zend_string *name;
	zval *value;
	ZEND_HASH_FOREACH_STR_KEY_VAL(outer, name, value) {
		if (name && !ecoq_header_is_own(name)) {
			Z_TRY_ADDREF_P(value);
			zend_hash_update(merged, name, value);
		}
	}
	ZEND_HASH_FOREACH_END();
	if (!Z_ISUNDEF(incoming->headers)) {
		zend_hash_merge(merged, Z_ARRVAL(incoming->headers), zval_add_ref, true);
		zval_ptr_dtor(&incoming->headers);
	}
	ZVAL_ARR(&incoming->headers, merged);
	return true;
}

HashTable *ecoq_incoming_headers(ecoq_incoming *incoming)
{
	if (incoming->invocation.headers) {
		return incoming->invocation.headers;
	}
	if (incoming->envelope) {
		if (!ecoq_envelope_headers(incoming->envelope, &incoming->headers)) {
			return NULL;
		}
	} else if (incoming->outer) {
		if (!inherit_headers(incoming)) {
			return NULL;
		}
	} else if (Z_ISUNDEF(incoming->headers)) {
		ZVAL_EMPTY_ARRAY(&incoming->headers);
	}
	return incoming->invocation.headers = Z_ARRVAL(incoming->headers);
}
