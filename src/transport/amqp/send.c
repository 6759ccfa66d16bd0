#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "transport/amqp/partition.h"
#include "transport/amqp/queue.h"

#define NOT_FOUND 404

/* Where one message goes. */
typedef struct target {
	char *queue;       /* that it ends in; owned */
	char *exchange;    /* owned */
	char *routing_key; /* owned */
	bool is_partition; /* of groups */
	bool is_main;      /* the queue itself, which is declared only when the broker does not know it */
	bool is_other;     /* the one that was asked for */
	int64_t delay_ms;  /* at least one tick, or 0 */
} target;

static void target_free(target *target)
{
	free(target->queue);
	free(target->exchange);
	free(target->routing_key);
}

static bool find_queue(const ecoq_amqp_queue *queue, const char *to, const ecoq_outgoing *message, target *out)
{
	char name[ECOQ_AMQP_NAME_SIZE];
	if (to) {
		out->is_other = true;
	} else if (message->group.size && queue->settings->partitions) {
		out->is_partition = true;
		to = ecoq_amqp_partition_name(name, queue->name, (unsigned) ecoq_amqp_partition_number(queue->settings, message->group));
	} else {
		out->is_main = message->priority == ECOQ_PRIORITY_DEFAULT;
		to = ecoq_amqp_lane_name(name, queue->name, message->priority);
	}
	out->queue = strdup(to);
	return out->queue != NULL;
}

static char *first_key(const ecoq_amqp_settings *settings, const char *otherwise)
{
	const char *keys = settings->binding_keys;
	return keys ? strndup(keys, (size_t) (strchrnul(keys, ',') - keys)) : strdup(otherwise);
}

/* What an exchange of the application routes by: a topic exchange by what the message is, a direct one by what the queue is bound with. */
static char *key_for_exchange(const ecoq_amqp_queue *queue, const ecoq_outgoing *message)
{
	if (strcmp(queue->settings->exchange_type, "topic") == 0 && message->type.size && message->type.size <= 255) {
		return strndup(message->type.data, message->type.size);
	}
	return first_key(queue->settings, queue->name);
}

static ecoq_result find_target(const ecoq_amqp_queue *queue, const ecoq_amqp_sending *how, const ecoq_outgoing *message, int64_t now, target *out, ecoq_error *error)
{
	*out = (target){.queue = NULL};
	int64_t delay = message->deliver_at > now && !how->waits_there ? message->deliver_at - now : 0;
	bool ok = find_queue(queue, how->to, message, out);
	if (ok && delay >= ECOQ_AMQP_TICK_MS) {
		out->delay_ms = delay;
		ok = ecoq_amqp_delay_route(queue->settings, out->queue, delay, &out->exchange, &out->routing_key);
	} else if (ok && out->is_main && queue->settings->exchange && !how->from) {
		/* not what is stored again: other queues of that exchange have had it */
		out->exchange = strdup(queue->settings->exchange);
		out->routing_key = key_for_exchange(queue, message);
	} else if (ok) {
		out->exchange = strdup("");
		out->routing_key = strdup(out->queue);
	}
	if (!ok || !out->exchange || !out->routing_key) {
		target_free(out);
		return ecoq_fail(error, ECOQ_NO_MEMORY, "Sending to queue \"%.64s\": out of memory", queue->name);
	}
	return ECOQ_OK;
}

static ecoq_result declare_target(const ecoq_amqp_queue *queue, const target *target, const ecoq_amqp_sending *how, ecoq_error *error)
{
	if (target->is_partition) {
		return ecoq_amqp_declare_partition(queue->publishing, target->queue, error);
	}
	if (target->is_main) {
		return ecoq_amqp_declare_queue(queue->publishing, target->queue, error);
	}
	if (target->is_other && !how->is_own) {
		return ecoq_amqp_declare_unbound(queue->publishing, target->queue, error);
	}
	ecoq_result result = ecoq_amqp_declare_own(queue->publishing, target->queue, error);
	if (result == ECOQ_OK) {
		ecoq_amqp_announce(queue->publishing, queue->name);
	}
	return result;
}

/* What has to exist before: a topic exchange drops what it cannot route only when it exists, and a delayed message is routed too late to hear of it. */
static ecoq_result prepare(const ecoq_amqp_queue *queue, const target *targets, size_t count, const ecoq_amqp_sending *how, ecoq_error *error)
{
	ecoq_result result = ECOQ_OK;
	ecoq_amqp_lock(queue->publishing);
	for (size_t i = 0; i < count && result == ECOQ_OK; i++) {
		bool needs_exchange = targets[i].is_main && queue->settings->exchange;
		if (!targets[i].delay_ms && !needs_exchange) {
			continue;
		}
		result = ecoq_amqp_connect(queue->publishing, error);
		if (result == ECOQ_OK) {
			result = declare_target(queue, &targets[i], how, error);
		}
		if (result == ECOQ_OK && targets[i].delay_ms) {
			result = ecoq_amqp_declare_delays(queue->publishing, targets[i].queue, targets[i].delay_ms, error);
		}
	}
	ecoq_amqp_unlock(queue->publishing);
	return result;
}

/* Makes the queues of messages that were returned; `*any` tells whether there were some. */
static ecoq_result declare_for_returned(const ecoq_amqp_queue *queue, ecoq_amqp_message *messages, const target *targets, size_t count, const ecoq_amqp_sending *how, bool *any, ecoq_error *error)
{
	ecoq_result result = ECOQ_OK;
	*any = false;
	ecoq_amqp_lock(queue->publishing);
	for (size_t i = 0; i < count && result == ECOQ_OK; i++) {
		if (messages[i].fate != ECOQ_AMQP_RETURNED) {
			continue;
		}
		if (!*any) {
			/* what was known of this connection's queues is not true any more */
			ecoq_amqp_known_free(queue->publishing->known);
			queue->publishing->known = NULL;
		}
		*any = true;
		messages[i].fate = ECOQ_AMQP_UNCONFIRMED;
		result = ecoq_amqp_connect(queue->publishing, error);
		if (result == ECOQ_OK) {
			result = declare_target(queue, &targets[i], how, error);
		}
		if (result == ECOQ_OK && targets[i].delay_ms) {
			result = ecoq_amqp_declare_delays(queue->publishing, targets[i].queue, targets[i].delay_ms, error);
		}
	}
	ecoq_amqp_unlock(queue->publishing);
	return result;
}

static ecoq_result refuse_returned(const ecoq_amqp_message *messages, const target *targets, size_t count, const char *doing, ecoq_error *error)
{
	for (size_t i = 0; i < count; i++) {
		if (messages[i].fate == ECOQ_AMQP_RETURNED) {
			return ecoq_fail(error, ECOQ_REFUSED, "%s: the broker could not route message %.*s (exchange \"%s\", routing key \"%s\"): no queue is bound for it", doing,
				(int) messages[i].id.size, messages[i].id.data, targets[i].exchange, targets[i].routing_key);
		}
	}
	return ECOQ_OK;
}

/* Whether the broker has just said that there is no such exchange: then one that was known was deleted, and is made again. */
static bool forget_the_missing(const ecoq_amqp_queue *queue)
{
	ecoq_amqp_lock(queue->publishing);
	bool is_missing = queue->publishing->refusal_code == NOT_FOUND;
	if (is_missing) {
		ecoq_amqp_known_free(queue->publishing->known);
		queue->publishing->known = NULL;
	}
	ecoq_amqp_unlock(queue->publishing);
	return is_missing;
}

/* Whether something was found too large that has another body, which stands for it from now on. */
static bool take_instead(ecoq_amqp_queue *queue, ecoq_amqp_message *messages, size_t count, const ecoq_amqp_sending *how, const ecoq_error *why)
{
	bool any = false;
	for (size_t i = 0; i < count && how->instead; i++) {
		if (messages[i].fate == ECOQ_AMQP_TOO_LARGE && how->instead[i].size < messages[i].body.size) {
			messages[i].fate = ECOQ_AMQP_UNCONFIRMED;
			messages[i].body = how->instead[i];
			snprintf(queue->note, sizeof(queue->note), "%.600s. So message %.*s was stored with the content that it came with: what is said in addition about its failure is lost", why->text,
				(int) messages[i].id.size, messages[i].id.data);
			any = true;
		}
	}
	return any;
}

/* The broker finds one after the other too large. */
static ecoq_result publish_fitting(ecoq_amqp_queue *queue, ecoq_amqp_message *messages, size_t count, bool again, const ecoq_amqp_sending *how, const char *doing, ecoq_error *error)
{
	ecoq_amqp_publisher *publisher = ecoq_amqp_publisher_of(queue->publishing);
	if (!publisher) {
		return ecoq_fail(error, ECOQ_NO_MEMORY, "%s: out of memory", doing);
	}
	ecoq_result result = ecoq_amqp_publish(publisher, messages, count, again, how->patience_ms, doing, error);
	while (result == ECOQ_REFUSED && take_instead(queue, messages, count, how, error)) {
		result = ecoq_amqp_publish(publisher, messages, count, false, how->patience_ms, doing, error);
	}
	return result;
}

static ecoq_result publish(ecoq_amqp_queue *queue, ecoq_amqp_message *messages, const target *targets, size_t count, const ecoq_amqp_sending *how, const char *doing, ecoq_error *error)
{
	bool any;
	ecoq_result result = prepare(queue, targets, count, how, error);
	if (result == ECOQ_OK) {
		result = publish_fitting(queue, messages, count, how->again, how, doing, error);
	}
	if (result == ECOQ_INVALID && forget_the_missing(queue)) {
		result = prepare(queue, targets, count, how, error);
		if (result == ECOQ_OK) {
			result = publish_fitting(queue, messages, count, false, how, doing, error);
		}
	}
	if (result != ECOQ_OK) {
		return result;
	}
	result = declare_for_returned(queue, messages, targets, count, how, &any, error);
	if (result == ECOQ_OK && any) {
		result = publish_fitting(queue, messages, count, false, how, doing, error);
	}
	return result == ECOQ_OK ? refuse_returned(messages, targets, count, doing, error) : result;
}

/* Messages on their way, with all that they point into. On malloc. */
typedef struct sending {
	ecoq_amqp_message *messages;
	target *targets;
	amqp_table_entry_t *entries; /* of all messages */
	ecoq_riders *riders;         /* of each message; NULL: no message has any */
	size_t made;                 /* targets and messages that are filled in */
} sending;

static void sending_free(sending *s, size_t count)
{
	for (size_t i = 0; i < s->made; i++) {
		target_free(&s->targets[i]);
	}
	for (size_t i = 0; s->riders && i < count; i++) {
		ecoq_riders_free(&s->riders[i]);
	}
	free(s->messages);
	free(s->targets);
	free(s->entries);
	free(s->riders);
}

/* Most messages have none. `*total` counts them. What is put back takes them along as they are. */
static bool read_riders(sending *s, const ecoq_amqp_sending *how, const ecoq_outgoing *outgoing, size_t count, size_t *total)
{
	*total = 0;
	for (size_t i = 0; i < count && !how->is_own; i++) {
		ecoq_bytes headers = ecoq_amqp_riders_of(&outgoing[i], how->from ? how->from[i] : NULL);
		if (!headers.size) {
			continue;
		}
		if (!s->riders) {
			s->riders = calloc(count, sizeof(*s->riders));
		}
		if (!s->riders || !ecoq_riders_read(headers, &s->riders[i])) {
			return false;
		}
		*total += s->riders[i].count;
	}
	return true;
}

static bool allocate(sending *s, const ecoq_amqp_sending *how, const ecoq_outgoing *outgoing, size_t count)
{
	size_t riders;
	if (!read_riders(s, how, outgoing, count, &riders)) {
		return false;
	}
	s->messages = calloc(count, sizeof(*s->messages));
	s->targets = calloc(count, sizeof(*s->targets));
	s->entries = calloc(count * ECOQ_AMQP_HEADERS + riders, sizeof(*s->entries));
	return s->messages && s->targets && s->entries;
}

/* Bytes of a frame; what is negotiated is known once the connection is there. */
static size_t frame_size(const ecoq_amqp_queue *queue)
{
	ecoq_amqp_lock(queue->publishing);
	int size = queue->publishing->state ? amqp_get_frame_max(queue->publishing->state) : 0;
	ecoq_amqp_unlock(queue->publishing);
	return (size_t) (size > 0 ? size : queue->settings->frame_max);
}

static ecoq_result prepare_messages(const ecoq_amqp_queue *queue, sending *s, const ecoq_amqp_sending *how, const ecoq_outgoing *outgoing, size_t count, ecoq_error *error)
{
	static const ecoq_riders none;
	int64_t now = ecoq_clock_now_ms();
	size_t room = frame_size(queue);
	amqp_table_entry_t *entries = s->entries;
	for (size_t i = 0; i < count; i++) {
		const ecoq_outgoing *message = &outgoing[i];
		const ecoq_riders *riders = s->riders ? &s->riders[i] : &none;
		target *target = &s->targets[i];
		ecoq_result result = find_target(queue, how, message, now, target, error);
		if (result != ECOQ_OK) {
			return result;
		}
		s->messages[i] = (ecoq_amqp_message){.exchange = target->exchange, .routing_key = target->routing_key, .body = message->body, .id = message->id};
		ecoq_amqp_write_properties(message, how->from ? how->from[i] : NULL, how->is_own, riders, room, entries, &s->messages[i].properties);
		entries += ECOQ_AMQP_HEADERS + riders->count;
		s->made = i + 1;
	}
	return ECOQ_OK;
}

ecoq_result ecoq_amqp_send_to(ecoq_amqp_queue *queue, const ecoq_amqp_sending *how, const ecoq_outgoing *outgoing, size_t count, ecoq_error *error)
{
	char doing[256];
	sending s = {.made = 0};
	ecoq_amqp_doing(queue, "Sending to", doing, sizeof(doing));
	if (!queue->publishing) {
		queue->publishing = ecoq_amqp_connection_get(queue->settings);
	}
	ecoq_result result = queue->publishing && allocate(&s, how, outgoing, count) ? ECOQ_OK : ecoq_fail(error, ECOQ_NO_MEMORY, "%s: out of memory", doing);
	if (result == ECOQ_OK) {
		result = prepare_messages(queue, &s, how, outgoing, count, error);
	}
	if (result == ECOQ_OK) {
		result = publish(queue, s.messages, s.targets, count, how, doing, error);
	}
	sending_free(&s, count);
	return result;
}

ecoq_result ecoq_amqp_send(ecoq_transport *transport, const ecoq_outgoing *messages, size_t count, ecoq_error *error)
{
	ecoq_amqp_queue *queue = ecoq_amqp_queue_of(transport);
	bool again = count > 0;
	for (size_t i = 0; i < count; i++) {
		again = again && !messages[i].id_is_new;
	}
	pthread_mutex_lock(&queue->mutex);
	ecoq_result result = count ? ecoq_amqp_send_to(queue, &(ecoq_amqp_sending){.again = again}, messages, count, error) : ECOQ_OK;
	pthread_mutex_unlock(&queue->mutex);
	return result;
}
