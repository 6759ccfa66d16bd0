#include "messaging/dead_letters.h"

#include "messaging/dead_letter.h"
#include "php/bytes.h"
#include "php/exceptions.h"

#include "stubs/DeadLetters_arginfo.h"

#define REPLAY_BATCH 64

zend_class_entry *ecoq_ce_DeadLetters;
static zend_object_handlers dead_letters_handlers;

typedef struct dead_letters {
	zend_object *messaging; /* one reference */
	zend_object std;
} dead_letters;

static dead_letters *dead_letters_from_obj(zend_object *object)
{
	return (dead_letters *) ((char *) object - XtOffsetOf(dead_letters, std));
}

/* ---- Walking over the channels ---- */

static ecoq_messaging *messaging_of(zval *this)
{
	zend_object *messaging = dead_letters_from_obj(Z_OBJ_P(this))->messaging;
	if (!messaging) {
		zend_throw_error(NULL, "Ecoq\\DeadLetters is made by Ecoq\\Messaging::deadLetters()");
		return NULL;
	}
	return ecoq_messaging_from_obj(messaging);
}

static bool throw_failed(const ecoq_channel *channel, ecoq_result result, const ecoq_error *error)
{
	ecoq_throw_error(result, error, "Dead letters of channel \"%s\"", ZSTR_VAL(channel->name));
	return false;
}

static bool open_channel(ecoq_channel *channel, bool browses)
{
	if (browses && !(channel->ops->capabilities & ECOQ_CAN_BROWSE)) {
		ecoq_throw_configuration("Dead letters of channel \"%s\": transport %s cannot look into a queue; consume the queue \"%s\" instead", ZSTR_VAL(channel->name),
			channel->ops->name, ZSTR_VAL(channel->dead_letter_queue));
		return false;
	}
	ecoq_error error;
	ecoq_result result = ecoq_channel_open_dead_letters(channel, &error);
	return result == ECOQ_OK || throw_failed(channel, result, &error);
}

/* Called per channel; false stops the walk (an exception may be pending). */
typedef bool (*visit)(ecoq_channel *channel, void *context);

static void walk(zval *this, zend_string *name, bool browses, visit function, void *context)
{
	ecoq_messaging *messaging = messaging_of(this);
	ecoq_channel *channel = messaging && name ? ecoq_messaging_channel(messaging, name) : NULL;
	if (!messaging || (name && !channel)) {
		return;
	}
	if (channel) {
		if (open_channel(channel, browses)) {
			function(channel, context);
		}
		return;
	}
	ZEND_HASH_FOREACH_PTR(&messaging->channels, channel) {
		if (!open_channel(channel, browses) || !function(channel, context)) {
			return;
		}
	}
	ZEND_HASH_FOREACH_END();
}

static bool count_letters(ecoq_channel *channel, zend_long *count)
{
	ecoq_queue_stats stats;
	ecoq_error error;
	ecoq_result result = channel->ops->stats(channel->dead_letter_transport, &stats, &error);
	if (result != ECOQ_OK) {
		return throw_failed(channel, result, &error);
	}
	*count += MAX(stats.ready, 0) + MAX(stats.delayed, 0) + MAX(stats.reserved, 0);
	return true;
}

static bool visit_count(ecoq_channel *channel, void *context)
{
	return count_letters(channel, context);
}

typedef struct page {
	zval *list;
	zend_long limit;
	zend_long offset;
} page;

static bool visit_page(ecoq_channel *channel, void *context)
{
	page *page = context;
	zend_long available = 0;
	if (!count_letters(channel, &available)) {
		return false;
	}
	if (page->offset >= available) {
		page->offset -= available;
		return true;
	}
	ecoq_delivery deliveries[REPLAY_BATCH];
	size_t count = 1;
	while (page->limit > 0 && count > 0) {
		ecoq_error error;
		size_t wanted = (size_t) MIN(page->limit, REPLAY_BATCH);
		ecoq_result result = channel->ops->browse(channel->dead_letter_transport, (size_t) page->offset, wanted, deliveries, &count, &error);
		if (result != ECOQ_OK) {
			return throw_failed(channel, result, &error);
		}
		for (size_t i = 0; i < count; i++) {
			zval letter;
			ecoq_dead_letter_create(channel, &deliveries[i], &letter);
			add_next_index_zval(page->list, &letter);
			channel->ops->release(channel->dead_letter_transport, &deliveries[i]);
		}
		page->limit -= (zend_long) count;
		page->offset += (zend_long) count;
	}
	page->offset = 0;
	return page->limit > 0;
}

/* ---- Settling dead letters ---- */

/* The message as it is sent back: as if it had never failed. The caller owns both strings, which `outgoing` points into. */
static void revive(const ecoq_channel *channel, const ecoq_delivery *delivery, ecoq_outgoing *outgoing, zend_string **body, zend_string **id)
{
	ecoq_envelope envelope;
	ecoq_error ignored;
	*outgoing = (ecoq_outgoing){.priority = ECOQ_PRIORITY_DEFAULT};
	if (ecoq_envelope_read(delivery->body, &channel->limits, &envelope, &ignored) == ECOQ_ENVELOPE_ACCEPTED) {
		ecoq_envelope_patch patch = {.attempts = 0, .unknown = 0, .drop_schedule = true, .drop_dead_letter = true};
		*body = ecoq_envelope_patched(&envelope, &patch);
		*id = ecoq_dead_letter_id(delivery, &envelope);
		outgoing->priority = envelope.priority >= 0 ? (uint8_t) envelope.priority : ECOQ_PRIORITY_DEFAULT;
		ecoq_envelope_free(&envelope);
	} else {
		*body = ecoq_string_of(delivery->body);
		*id = ecoq_dead_letter_id(delivery, NULL);
	}
	outgoing->body = ecoq_bytes_of(*body);
	outgoing->id = ecoq_bytes_of(*id);
}

/* Replays or deletes one reserved dead letter; 1: done, 0: another owner has it by now, -1: exception. */
static int settle_letter(ecoq_channel *channel, ecoq_delivery *delivery, bool replays)
{
	ecoq_outgoing outgoing;
	ecoq_settlement settlement = {.delivery = delivery, .successor_queue = ecoq_bytes_of(channel->queue)};
	zend_string *body = NULL, *id = NULL;
	if (replays) {
		revive(channel, delivery, &outgoing, &body, &id);
		settlement.successor = &outgoing;
	}
	ecoq_error error;
	ecoq_result result = channel->ops->settle(channel->dead_letter_transport, &settlement, 1, &error);
	if (body) {
		zend_string_release(body);
		zend_string_release(id);
	}
	if (result != ECOQ_OK) {
		throw_failed(channel, result, &error);
		return -1;
	}
	return settlement.result == ECOQ_OK;
}

typedef struct one_letter {
	zend_string *id;
	bool replays;
	bool done;
} one_letter;

static bool visit_one(ecoq_channel *channel, void *context)
{
	one_letter *one = context;
	ecoq_reservation request = {.max = 1, .message_id = ecoq_bytes_of(one->id)};
	ecoq_delivery delivery;
	size_t count;
	int64_t next_due;
	ecoq_error error;
	ecoq_result result = channel->ops->reserve(channel->dead_letter_transport, &request, &delivery, &count, &next_due, &error);
	if (result != ECOQ_OK) {
		return throw_failed(channel, result, &error);
	}
	if (count == 0) {
		return true;
	}
	int settled = settle_letter(channel, &delivery, one->replays);
	channel->ops->release(channel->dead_letter_transport, &delivery);
	one->done = settled > 0;
	return settled == 0;
}

static bool visit_replay_all(ecoq_channel *channel, void *context)
{
	zend_long *replayed = context, left = 0;
	if (!count_letters(channel, &left)) {
		return false;
	}
	/* only those that are there now: one that fails again meanwhile does not come round twice */
	while (left > 0) {
		ecoq_reservation request = {.max = (size_t) MIN(left, REPLAY_BATCH)};
		ecoq_delivery deliveries[REPLAY_BATCH];
		size_t count;
		int64_t next_due;
		ecoq_error error;
		ecoq_result result = channel->ops->reserve(channel->dead_letter_transport, &request, deliveries, &count, &next_due, &error);
		if (result != ECOQ_OK) {
			return throw_failed(channel, result, &error);
		}
		if (count == 0) {
			break;
		}
		bool ok = true;
		for (size_t i = 0; i < count; i++) {
			int settled = ok ? settle_letter(channel, &deliveries[i], true) : 0;
			ok = ok && settled >= 0;
			*replayed += settled > 0;
			channel->ops->release(channel->dead_letter_transport, &deliveries[i]);
		}
		if (!ok) {
			return false;
		}
		left -= (zend_long) count;
	}
	return true;
}

static bool visit_purge(ecoq_channel *channel, void *context)
{
	size_t removed = 0;
	ecoq_error error;
	ecoq_result result = channel->ops->purge(channel->dead_letter_transport, &removed, &error);
	if (result != ECOQ_OK) {
		return throw_failed(channel, result, &error);
	}
	*(zend_long *) context += (zend_long) removed;
	return true;
}

/* ---- DeadLetters ---- */

ZEND_METHOD(Ecoq_DeadLetters, __construct)
{
	ZEND_PARSE_PARAMETERS_NONE();
}

ZEND_METHOD(Ecoq_DeadLetters, list)
{
	zend_string *channel = NULL;
	page page = {.list = return_value, .limit = 50};
	ZEND_PARSE_PARAMETERS_START(0, 3)
		Z_PARAM_OPTIONAL
		Z_PARAM_STR_OR_NULL(channel)
		Z_PARAM_LONG(page.limit)
		Z_PARAM_LONG(page.offset)
	ZEND_PARSE_PARAMETERS_END();
	if (page.limit < 0 || page.offset < 0) {
		zend_argument_value_error(page.limit < 0 ? 2 : 3, "must not be negative");
		RETURN_THROWS();
	}
	array_init(return_value);
	walk(ZEND_THIS, channel, true, visit_page, &page);
}

typedef struct search {
	zend_string *id;
	zval *found;
} search;

static bool visit_search(ecoq_channel *channel, void *context)
{
	search *search = context;
	ecoq_delivery deliveries[REPLAY_BATCH];
	size_t offset = 0, count = 1;
	while (count > 0 && Z_TYPE_P(search->found) == IS_NULL) {
		ecoq_error error;
		ecoq_result result = channel->ops->browse(channel->dead_letter_transport, offset, REPLAY_BATCH, deliveries, &count, &error);
		if (result != ECOQ_OK) {
			return throw_failed(channel, result, &error);
		}
		for (size_t i = 0; i < count; i++) {
			zval letter;
			ecoq_dead_letter_create(channel, &deliveries[i], &letter);
			if (Z_TYPE_P(search->found) == IS_NULL && zend_string_equals(Z_STR_P(OBJ_PROP_NUM(Z_OBJ(letter), ECOQ_DEAD_LETTER_ID)), search->id)) {
				ZVAL_COPY(search->found, &letter);
			}
			zval_ptr_dtor(&letter);
			channel->ops->release(channel->dead_letter_transport, &deliveries[i]);
		}
		offset += count;
	}
	return Z_TYPE_P(search->found) == IS_NULL;
}

ZEND_METHOD(Ecoq_DeadLetters, show)
{
	search search = {.found = return_value};
	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_STR(search.id)
	ZEND_PARSE_PARAMETERS_END();
	RETVAL_NULL();
	walk(ZEND_THIS, NULL, true, visit_search, &search);
}

/* count(), replayAll() and purge(): a number over the channels. */
static void return_number(INTERNAL_FUNCTION_PARAMETERS, bool browses, visit function)
{
	zend_string *channel = NULL;
	zend_long number = 0;
	ZEND_PARSE_PARAMETERS_START(0, 1)
		Z_PARAM_OPTIONAL
		Z_PARAM_STR_OR_NULL(channel)
	ZEND_PARSE_PARAMETERS_END();
	walk(ZEND_THIS, channel, browses, function, &number);
	RETURN_LONG(number);
}

ZEND_METHOD(Ecoq_DeadLetters, count)
{
	return_number(INTERNAL_FUNCTION_PARAM_PASSTHRU, false, visit_count);
}

ZEND_METHOD(Ecoq_DeadLetters, replayAll)
{
	return_number(INTERNAL_FUNCTION_PARAM_PASSTHRU, false, visit_replay_all);
}

ZEND_METHOD(Ecoq_DeadLetters, purge)
{
	return_number(INTERNAL_FUNCTION_PARAM_PASSTHRU, false, visit_purge);
}

static void return_done(INTERNAL_FUNCTION_PARAMETERS, bool replays)
{
	one_letter one = {.replays = replays};
	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_STR(one.id)
	ZEND_PARSE_PARAMETERS_END();
	walk(ZEND_THIS, NULL, true, visit_one, &one);
	RETURN_BOOL(one.done);
}

ZEND_METHOD(Ecoq_DeadLetters, replay)
{
	return_done(INTERNAL_FUNCTION_PARAM_PASSTHRU, true);
}

ZEND_METHOD(Ecoq_DeadLetters, delete)
{
	return_done(INTERNAL_FUNCTION_PARAM_PASSTHRU, false);
}

static zend_object *dead_letters_create_object(zend_class_entry *ce)
{
	dead_letters *object = zend_object_alloc(sizeof(*object), ce);
	zend_object_std_init(&object->std, ce);
	object_properties_init(&object->std, ce);
	object->messaging = NULL;
	object->std.handlers = &dead_letters_handlers;
	return &object->std;
}

static void dead_letters_free(zend_object *object)
{
	if (dead_letters_from_obj(object)->messaging) {
		OBJ_RELEASE(dead_letters_from_obj(object)->messaging);
	}
	zend_object_std_dtor(object);
}

void ecoq_dead_letters_create(zend_object *messaging, zval *object)
{
	object_init_ex(object, ecoq_ce_DeadLetters);
	GC_ADDREF(messaging);
	dead_letters_from_obj(Z_OBJ_P(object))->messaging = messaging;
}

void ecoq_dead_letters_minit(void)
{
	ecoq_ce_DeadLetters = register_class_Ecoq_DeadLetters();
	ecoq_ce_DeadLetters->create_object = dead_letters_create_object;
	ecoq_dead_letter_minit(register_class_Ecoq_DeadLetter());
	memcpy(&dead_letters_handlers, zend_get_std_object_handlers(), sizeof(dead_letters_handlers));
	dead_letters_handlers.offset = XtOffsetOf(dead_letters, std);
	dead_letters_handlers.free_obj = dead_letters_free;
	dead_letters_handlers.clone_obj = NULL;
}
