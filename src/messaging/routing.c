#include "messaging/routing.h"

#include "channel/group.h"
#include "envelope/headers.h"
#include "envelope/message_id.h"
#include "messaging/copy_times.h"
#include "messaging/failure.h"
#include "messaging/incoming.h"
#include "messaging/unit_of_work.h"
#include "php/bytes.h"
#include "php/exceptions.h"

/* When a copy could not be stored, the original comes back after this time, uncharged. */
#define FORWARD_RETRY_MS 5000

static bool list_holds(const ecoq_endpoint_list *list, const ecoq_endpoint *endpoint)
{
	for (uint32_t i = 0; i < list->count; i++) {
		if (list->items[i] == endpoint) {
			return true;
		}
	}
	return false;
}

static int channel_position(const ecoq_endpoint *endpoint, const ecoq_channel *channel)
{
	for (uint32_t i = 0; i < endpoint->channel_count; i++) {
		if (zend_string_equals(endpoint->channels[i], channel->name)) {
			return (int) i;
		}
	}
	return -1;
}

static const ecoq_endpoint_list *endpoints_of_type(ecoq_execution *execution)
{
	ecoq_bytes text = execution->envelope.type.text;
	zend_string *type = ecoq_string_of(text);
	const ecoq_endpoint_list *list = ecoq_registry_for_type(execution->messaging->registry, type);
	zend_string_release(type);
	return list;
}

bool ecoq_routing_find(ecoq_execution *execution)
{
	ecoq_bytes named = execution->envelope.endpoint.text;
	if (named.size > 0) {
		ecoq_endpoint *endpoint = ecoq_registry_by_id(execution->messaging->registry, named);
		if (endpoint && (channel_position(endpoint, execution->channel) >= 0 || list_holds(endpoints_of_type(execution), endpoint))) {
			execution->endpoint = endpoint;
		}
		return execution->endpoint != NULL;
	}
	const ecoq_endpoint_list *list = endpoints_of_type(execution);
	if (list->count == 1) {
		execution->endpoint = list->items[0];
	} else if (list->count > 1) {
		execution->targets = list;
	}
	return list->count > 0;
}

zend_string *ecoq_routing_next_channel(const ecoq_execution *execution)
{
	const ecoq_endpoint *endpoint = execution->endpoint;
	int position = endpoint ? channel_position(endpoint, execution->channel) : -1;
	return position >= 0 && position + 1 < (int) endpoint->channel_count ? endpoint->channels[position + 1] : NULL;
}

/* The bytes go on as they are, under the same id; the last channel is the one that delays. */
static bool collect_hop(ecoq_execution *execution, zend_string *name)
{
	ecoq_channel *channel = ecoq_messaging_channel(execution->messaging, name);
	if (!channel) {
		return false;
	}
	const ecoq_envelope *envelope = &execution->envelope;
	bool is_last = zend_string_equals(name, execution->endpoint->channels[execution->endpoint->channel_count - 1]);
	ecoq_envelope_patch patch = ECOQ_ENVELOPE_NO_PATCH;
	patch.attempts = 0;
	ecoq_channel_addref(channel);
	ecoq_unit_collect(execution->messaging, &(ecoq_collected){
												.channel = channel,
												.body = ecoq_envelope_patched(envelope, &patch),
												.id = zend_string_copy(ecoq_execution_id(execution)),
												.type = ecoq_string_of(envelope->type.text),
												.trace_id = ecoq_string_of(envelope->trace_id.text),
												.lang = envelope->lang.text.size > 0 ? ecoq_string_of(envelope->lang.text) : NULL,
												.headers = ecoq_channel_headers(channel, envelope->headers),
												.group = ecoq_group_to_keep(channel, envelope->endpoint.text, envelope->group.text),
												.deliver_at = is_last ? envelope->deliver_at : 0,
												.expires_at = envelope->expires_at,
												.priority = execution->delivery->priority,
											});
	return true;
}

/* A copy of a message from elsewhere for one endpoint: its data as it came, an id derived from the original's, the endpoint's own channel
 * (this one, for a synchronous handler). Routing the same bytes twice makes the same copies. */
static bool collect_copy(ecoq_execution *execution, const ecoq_endpoint *endpoint, ecoq_incoming *incoming)
{
	const ecoq_envelope *envelope = &execution->envelope;
	ecoq_channel *channel = endpoint->channel_count > 0 ? ecoq_messaging_channel(execution->messaging, endpoint->channels[0]) : execution->channel;
	if (!channel) {
		return false;
	}
	ecoq_bytes original = ecoq_bytes_of(ecoq_execution_id(execution));
	zend_string *id = ecoq_message_id_for_endpoint(original, ecoq_bytes_of(endpoint->id));
	int8_t priority = envelope->priority >= 0 ? envelope->priority : endpoint->priority;
	ecoq_copy_times times = {.delay_ms = -1, .time_to_live_ms = -1};
	if (!ecoq_copy_times_find(endpoint, &incoming->invocation, ecoq_clock_now_ms(), &times)) {
		zend_string_release(id);
		return false;
	}
	size_t headers_size;
	ecoq_envelope_parts parts = {
		.type = envelope->type.text,
		.trace_id = envelope->trace_id.text,
		.id = ecoq_bytes_of(id),
		.queue = ecoq_bytes_of(channel->queue),
		.data = envelope->data,
		.data_is_value = envelope->payload_is_value,
		.headers = incoming->invocation.headers,
		.endpoint = ecoq_bytes_of(endpoint->id),
		.group = envelope->group.text,
		.event_id = original,
		.payload_class = envelope->payload_class.text,
		.deliver_at = times.deliver_at,
		.expires_at = envelope->expires_at > 0 ? envelope->expires_at : times.expires_at,
		.priority = priority == ECOQ_PRIORITY_DEFAULT ? -1 : priority,
		.created_at = envelope->created_at,
		.headers_size = &headers_size,
	};
	zend_string *body = ecoq_envelope_write(&parts);
	if (!body) {
		zend_string_release(id);
		return false;
	}
	ecoq_channel_addref(channel);
	ecoq_unit_collect(execution->messaging, &(ecoq_collected){
												.channel = channel,
												.body = body,
												.id = id,
												.type = ecoq_string_of(parts.type),
												.trace_id = ecoq_string_of(parts.trace_id),
												.headers = ecoq_channel_headers(channel, ecoq_envelope_written_headers(body, headers_size)),
												.group = ecoq_group_to_keep(channel, parts.endpoint, parts.group),
												.deliver_at = endpoint->channel_count <= 1 ? parts.deliver_at : 0,
												.expires_at = parts.expires_at,
												.priority = priority >= 0 ? (uint8_t) priority : ECOQ_PRIORITY_DEFAULT,
											});
	return true;
}

static bool collect_all(ecoq_execution *execution)
{
	zend_string *next = ecoq_routing_next_channel(execution);
	if (!execution->targets) {
		return collect_hop(execution, next);
	}
	ecoq_incoming incoming;
	ecoq_incoming_init_wire(&incoming, execution->messaging, &execution->envelope, execution->attempts, ecoq_execution_id(execution));
	bool ok = ecoq_incoming_load(&incoming) && incoming.invocation.need_headers(&incoming.invocation);
	for (uint32_t i = 0; ok && i < execution->targets->count; i++) {
		ok = collect_copy(execution, execution->targets->items[i], &incoming);
	}
	ecoq_incoming_free(&incoming);
	return ok;
}

void ecoq_routing_forward(ecoq_execution *execution)
{
	ecoq_unit_of_work unit;
	ecoq_error error;
	ecoq_unit_open(execution->messaging, &unit);
	ecoq_result result = collect_all(execution) ? ecoq_unit_flush(execution->messaging, &error) : ECOQ_EXCEPTION;
	if (result == ECOQ_OK) {
		execution->is_decided = true;
		execution->outcome = ECOQ_OUTCOME_FORWARDED;
	} else if (ecoq_result_is_retryable(result)) {
		ecoq_postpone(execution, FORWARD_RETRY_MS);
		execution->error = zend_string_init(error.text, strlen(error.text), 0);
	} else {
		ecoq_throw_error(result, &error, NULL);
		ecoq_failure_of_exception(execution, true);
	}
	ecoq_unit_close(execution->messaging);
}
