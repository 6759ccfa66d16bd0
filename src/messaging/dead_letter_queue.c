#include "messaging/dead_letter_queue.h"

#include "messaging/dead_letter_sorted.h"
#include "php/bytes.h"
#include "php/exceptions.h"

#define BATCH 64
#define PAGE 1024

static bool throw_failed(const ecoq_channel *channel, ecoq_result result, const ecoq_error *error)
{
	ecoq_throw_error(result, error, "Dead letters of channel \"%s\"", ZSTR_VAL(channel->name));
	return false;
}

static bool open_queue(ecoq_channel *channel, bool browses)
{
	ecoq_error error;
	ecoq_result result = ecoq_channel_open_dead_letters(channel, &error);
	if (result != ECOQ_OK) {
		return throw_failed(channel, result, &error);
	}
	if (browses && !(channel->ops->capabilities & ECOQ_CAN_BROWSE)) {
		ecoq_throw_configuration("Dead letters of channel \"%s\": transport %s cannot look into a queue; consume the queue \"%s\" instead", ZSTR_VAL(channel->name),
			channel->ops->name, ZSTR_VAL(channel->dead_letter_queue));
		return false;
	}
	return true;
}

static void release(ecoq_channel *channel, ecoq_delivery *deliveries, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		channel->ops->release(channel->dead_letter_transport, &deliveries[i]);
	}
}

/* Where this fails they stay reserved until the process ends, and come back then. */
static void hand_back(ecoq_channel *channel, ecoq_delivery *deliveries, size_t count)
{
	if (count == 0) {
		return;
	}
	zend_object *pending = EG(exception);
	ecoq_delivery **list = safe_emalloc(count, sizeof(*list), 0);
	for (size_t i = 0; i < count; i++) {
		list[i] = &deliveries[i];
	}
	ecoq_error ignored;
	EG(exception) = NULL;
	channel->ops->hand_back(channel->dead_letter_transport, list, count, &ignored);
	if (EG(exception)) {
		zend_clear_exception();
	}
	EG(exception) = pending;
	efree(list);
	release(channel, deliveries, count);
}

static bool count_all(ecoq_channel *channel, zend_long *count)
{
	ecoq_error error;
	ecoq_result result = ecoq_queue_letters_stored(channel, count, &error);
	return result == ECOQ_OK || throw_failed(channel, result, &error);
}

/* ---- Walking over the queue ------------------------------------------------------------------------------------------------- */

typedef enum step {
	KEPT,    /* the letter is still there: the next one stands behind it */
	REMOVED, /* the next one has its place */
	ENOUGH,
	FAILED /* an exception is pending */
} step;

/* Called with each letter that the filter takes. */
typedef step (*visitor)(ecoq_channel *channel, zend_object *letter, void *context);

static step visit(ecoq_channel *channel, const ecoq_dead_letter_filter *filter, const ecoq_delivery *delivery, visitor function, void *context)
{
	zval letter;
	ecoq_dead_letter_create(channel, delivery, &letter);
	step taken = ecoq_dead_letter_filter_takes(filter, Z_OBJ(letter)) ? function(channel, Z_OBJ(letter), context) : KEPT;
	zval_ptr_dtor(&letter);
	return taken;
}

/* Looks at `left` letters, from `offset` on: what fails again meanwhile comes behind them. */
static bool walk_in_order(ecoq_channel *channel, const ecoq_dead_letter_filter *filter, size_t offset, zend_long left, visitor function, void *context)
{
	ecoq_delivery *deliveries = safe_emalloc((size_t) MIN(MAX(left, 1), PAGE), sizeof(*deliveries), 0);
	step taken = KEPT;
	while (left > 0 && taken < ENOUGH) {
		ecoq_error error;
		size_t count;
		ecoq_result result = channel->ops->browse(channel->dead_letter_transport, offset, (size_t) MIN(left, PAGE), deliveries, &count, &error);
		if (result != ECOQ_OK) {
			efree(deliveries);
			return throw_failed(channel, result, &error);
		}
		if (count == 0) {
			break;
		}
		for (size_t i = 0; i < count; i++) {
			taken = taken < ENOUGH ? visit(channel, filter, &deliveries[i], function, context) : taken;
			offset += taken == KEPT;
		}
		release(channel, deliveries, count);
		left -= (zend_long) count;
	}
	efree(deliveries);
	return taken != FAILED;
}

/* ---- Walking over a queue that has no lasting order -------------------------------------------------------------------------- */

/* What was asked for is not among them, or it is not all: that must not look as if there were no more. */
static bool is_all(ecoq_channel *channel, size_t looked_at)
{
	zend_long all;
	if (!count_all(channel, &all)) {
		return false;
	}
	if ((size_t) all > looked_at) {
		ecoq_error error;
		ecoq_fail(&error, ECOQ_UNAVAILABLE, "only %zu of %lld could be looked at, at most %d or 256 MiB in one go; replay or remove some without a filter first, or try again where other processes take letters just now",
			looked_at, (long long) all, ECOQ_SORTED_LETTERS_MOST);
		return throw_failed(channel, ECOQ_UNAVAILABLE, &error);
	}
	return true;
}

static bool walk_sorted(ecoq_channel *channel, const ecoq_dead_letter_filter *filter, size_t offset, zend_long left, visitor function, void *context)
{
	ecoq_sorted_letters letters;
	ecoq_error error;
	step taken = KEPT;
	ecoq_result result = left > 0 ? ecoq_sorted_letters_read(channel, &letters, &error) : ECOQ_OK;
	if (left <= 0 || result != ECOQ_OK) {
		return result == ECOQ_OK || throw_failed(channel, result, &error);
	}
	for (size_t i = offset; i < letters.count && left > 0 && taken < ENOUGH; i++, left--) {
		taken = visit(channel, filter, letters.list[i].delivery, function, context);
	}
	ecoq_sorted_letters_free(channel, &letters);
	return taken == ENOUGH || (taken != FAILED && (left <= 0 || is_all(channel, letters.count)));
}

static bool is_unsorted(const ecoq_channel *channel)
{
	return channel->ops->capabilities & ECOQ_BROWSES_UNSORTED;
}

static bool walk(ecoq_channel *channel, const ecoq_dead_letter_filter *filter, size_t offset, zend_long left, visitor function, void *context)
{
	return (is_unsorted(channel) ? walk_sorted : walk_in_order)(channel, filter, offset, left, function, context);
}

/* ---- Looking ---------------------------------------------------------------------------------------------------------------- */

static step count_one(ecoq_channel *channel, zend_object *letter, void *context)
{
	(void) channel, (void) letter;
	(*(zend_long *) context)++;
	return KEPT;
}

bool ecoq_queue_letters_count(ecoq_channel *channel, const ecoq_dead_letter_filter *filter, zend_long *count)
{
	bool is_open = ecoq_dead_letter_filter_is_open(filter);
	zend_long all = 0;
	*count = 0;
	if (!open_queue(channel, !is_open) || !count_all(channel, &all)) {
		return false;
	}
	*count = is_open ? all : 0;
	return is_open || walk(channel, filter, 0, all, count_one, count);
}

typedef struct page {
	zval *list;
	zend_long offset;
	zend_long limit;
} page;

static step list_one(ecoq_channel *channel, zend_object *letter, void *context)
{
	(void) channel;
	page *page = context;
	if (page->offset > 0) {
		page->offset--;
		return KEPT;
	}
	zval value;
	ZVAL_OBJ_COPY(&value, letter);
	add_next_index_zval(page->list, &value);
	return --page->limit > 0 ? KEPT : ENOUGH;
}

bool ecoq_queue_letters_list(ecoq_channel *channel, const ecoq_dead_letter_filter *filter, zend_long *offset, zend_long *limit, zval *list)
{
	page page = {list, *offset, *limit};
	zend_long all = 0;
	zend_long left;
	size_t begin = 0;
	if (!open_queue(channel, true) || !count_all(channel, &all)) {
		return false;
	}
	left = all;
	/* nothing needs to be read only to be passed over */
	if (ecoq_dead_letter_filter_is_open(filter)) {
		begin = (size_t) MIN(page.offset, all);
		page.offset -= (zend_long) begin;
		left = MIN(all - (zend_long) begin, page.limit);
	}
	bool ok = page.limit <= 0 || walk(channel, filter, begin, left, list_one, &page);
	*offset = page.offset;
	*limit = page.limit;
	return ok;
}

typedef struct visiting {
	ecoq_letter_visitor visit;
	void *context;
	bool more;
} visiting;

static step visit_one(ecoq_channel *channel, zend_object *letter, void *context)
{
	(void) channel;
	visiting *visiting = context;
	zval value;
	ZVAL_OBJ(&value, letter);
	visiting->more = visiting->visit(visiting->context, &value);
	return visiting->more ? KEPT : ENOUGH;
}

bool ecoq_queue_letters_each(ecoq_channel *channel, const ecoq_dead_letter_filter *filter, ecoq_letter_visitor visit, void *context, bool *more)
{
	visiting visiting = {visit, context, true};
	zend_long all = 0;
	bool ok = open_queue(channel, true) && count_all(channel, &all) && walk(channel, filter, 0, all, visit_one, &visiting);
	*more = visiting.more;
	return ok;
}

typedef struct search {
	zend_string *id;
	zval *found;
} search;

static bool has_id(zend_object *letter, const zend_string *id)
{
	return zend_string_equals(Z_STR_P(OBJ_PROP_NUM(letter, ECOQ_LETTER_ID)), id);
}

static step search_one(ecoq_channel *channel, zend_object *letter, void *context)
{
	(void) channel;
	search *search = context;
	if (!has_id(letter, search->id)) {
		return KEPT;
	}
	ZVAL_OBJ_COPY(search->found, letter);
	return ENOUGH;
}

bool ecoq_queue_letter_show(ecoq_channel *channel, zend_string *id, const zend_string *endpoint, zval *letter)
{
	search search = {id, letter};
	ecoq_dead_letter_filter filter = {.endpoint = (zend_string *) endpoint};
	zend_long all = 0;
	return open_queue(channel, true) && count_all(channel, &all) && walk(channel, &filter, 0, all, search_one, &search);
}

/* ---- Settling --------------------------------------------------------------------------------------------------------------- */

typedef enum answer {
	DONE,
	GONE, /* another owner has it by now */
	PASSED_OVER,
	EXCEPTION
} answer;

static answer answer_of(ecoq_channel *channel, ecoq_replay *replay, const ecoq_revived *revived, ecoq_result result, const ecoq_settlement *settlement,
	const ecoq_error *error)
{
	if (result == ECOQ_OK) {
		return settlement->result == ECOQ_OK ? DONE : GONE;
	}
	if (replay && result != ECOQ_EXCEPTION && !ecoq_result_is_retryable(result)) {
		ecoq_replay_skip(replay, revived->outgoing.id, ecoq_bytes_of(channel->name), "%s", error->text);
		return PASSED_OVER;
	}
	throw_failed(channel, result, error);
	return EXCEPTION;
}

static answer remove_reserved(ecoq_channel *channel, ecoq_delivery *delivery)
{
	ecoq_settlement settlement = {.delivery = delivery};
	ecoq_error error;
	ecoq_result result = channel->ops->settle(channel->dead_letter_transport, &settlement, 1, &error);
	return answer_of(channel, NULL, NULL, result, &settlement, &error);
}

/* The endpoint that the letter names, in a new string. */
static zend_string *endpoint_of(zend_object *letter)
{
	zval *value = OBJ_PROP_NUM(letter, ECOQ_LETTER_ENDPOINT);
	return Z_TYPE_P(value) == IS_STRING ? zend_string_copy(Z_STR_P(value)) : ZSTR_EMPTY_ALLOC();
}

/* Whether settling puts the message back as what it was, not only its bytes. */
static bool is_moved_whole(const ecoq_channel *channel, const ecoq_outgoing *message)
{
	return (message->priority == ECOQ_PRIORITY_DEFAULT && message->group.size == 0) || channel->ops->capabilities & ECOQ_MOVES_WHOLE;
}

/* Ended in between, it is there twice, under one id. */
static ecoq_result send_first(ecoq_channel *channel, const ecoq_delivery *letter, const ecoq_outgoing *message, ecoq_error *error)
{
	ecoq_result result = channel->ops->still_mine(channel->dead_letter_transport, letter, error);
	return result == ECOQ_OK ? ecoq_channel_send(channel, message, 1, error) : result;
}

static answer send_back(ecoq_replay *replay, ecoq_channel *channel, ecoq_delivery *delivery, ecoq_revived *revived)
{
	if (!ecoq_revived_has_handler(replay->messaging, channel, revived)) {
		ecoq_replay_skip(replay, revived->outgoing.id, ecoq_bytes_of(channel->name), "channel \"%s\" has no handler with the endpoint id \"%s\" any more",
			ZSTR_VAL(channel->name), ZSTR_VAL(revived->endpoint));
		return PASSED_OVER;
	}
	if (!ecoq_replay_forget(replay, revived)) {
		return EXCEPTION;
	}
	ecoq_settlement settlement = {.delivery = delivery, .successor = &revived->outgoing, .successor_queue = ecoq_bytes_of(channel->queue)};
	ecoq_error error;
	ecoq_result result = ECOQ_OK;
	if (!is_moved_whole(channel, &revived->outgoing)) {
		settlement.successor = NULL;
		result = send_first(channel, delivery, &revived->outgoing, &error);
	}
	if (result == ECOQ_LOST) {
		return GONE;
	}
	if (result == ECOQ_OK) {
		result = channel->ops->settle(channel->dead_letter_transport, &settlement, 1, &error);
	}
	return answer_of(channel, replay, revived, result, &settlement, &error);
}

/* A letter that was reserved; with `replay` NULL it is removed. */
static answer settle(ecoq_replay *replay, ecoq_channel *channel, ecoq_delivery *delivery)
{
	if (!replay) {
		return remove_reserved(channel, delivery);
	}
	zval letter;
	ecoq_revived revived;
	ecoq_dead_letter_create(channel, delivery, &letter);
	zend_string *endpoint = endpoint_of(Z_OBJ(letter));
	ecoq_revive(channel, delivery, ecoq_bytes_of(Z_STR_P(OBJ_PROP_NUM(Z_OBJ(letter), ECOQ_LETTER_ID))), ecoq_bytes_of(endpoint), &revived);
	ecoq_replay_find_record_key(replay, &revived);
	answer answer = send_back(replay, channel, delivery, &revived);
	replay->replayed += answer == DONE;
	ecoq_revived_free(&revived);
	zend_string_release(endpoint);
	zval_ptr_dtor(&letter);
	return answer;
}

static answer settle_by_id(ecoq_replay *replay, ecoq_channel *channel, ecoq_bytes id)
{
	ecoq_reservation request = {.max = 1, .message_id = id};
	ecoq_delivery delivery;
	size_t count;
	int64_t next_due;
	ecoq_error error;
	ecoq_result result = channel->ops->reserve(channel->dead_letter_transport, &request, &delivery, &count, &next_due, &error);
	if (result != ECOQ_OK) {
		throw_failed(channel, result, &error);
		return EXCEPTION;
	}
	if (count == 0) {
		return GONE;
	}
	answer answer = settle(replay, channel, &delivery);
	if (answer == DONE || answer == GONE) {
		release(channel, &delivery, 1);
	} else {
		hand_back(channel, &delivery, 1);
	}
	return answer;
}

bool ecoq_queue_letter_settle(ecoq_channel *channel, zend_string *id, const zend_string *endpoint, ecoq_replay *replay, bool *settled)
{
	zval letter;
	*settled = false;
	ZVAL_NULL(&letter);
	if (!open_queue(channel, true) || (endpoint && !ecoq_queue_letter_show(channel, id, endpoint, &letter))) {
		return false;
	}
	bool is_there = !endpoint || Z_TYPE(letter) == IS_OBJECT;
	answer answer = is_there ? settle_by_id(replay, channel, ecoq_bytes_of(id)) : GONE;
	zval_ptr_dtor(&letter);
	*settled = answer == DONE;
	return answer != EXCEPTION;
}

/* ---- All of them ------------------------------------------------------------------------------------------------------------ */

typedef struct settling {
	ecoq_replay *replay; /* NULL: removes */
	zend_long done;
} settling;

static step settle_one(ecoq_channel *channel, zend_object *letter, void *context)
{
	settling *settling = context;
	switch (settle_by_id(settling->replay, channel, ecoq_bytes_of(Z_STR_P(OBJ_PROP_NUM(letter, ECOQ_LETTER_ID))))) {
		case DONE:
			settling->done++;
			return REMOVED;
		case GONE:
			return REMOVED;
		case PASSED_OVER:
			return KEPT;
		default:
			return FAILED;
	}
}

/* Letters that were passed over, or are not meant, stay reserved meanwhile, or they would come again at once. */
typedef struct kept {
	ecoq_delivery *deliveries;
	size_t count;
} kept;

static void keep(kept *kept, const ecoq_delivery *delivery)
{
	kept->deliveries = safe_erealloc(kept->deliveries, kept->count + 1, sizeof(*kept->deliveries), 0);
	kept->deliveries[kept->count++] = *delivery;
}

static answer settle_if_meant(settling *settling, ecoq_channel *channel, const ecoq_dead_letter_filter *filter, ecoq_delivery *delivery)
{
	bool is_meant = true;
	if (!ecoq_dead_letter_filter_is_open(filter)) {
		zval letter;
		ecoq_dead_letter_create(channel, delivery, &letter);
		is_meant = ecoq_dead_letter_filter_takes(filter, Z_OBJ(letter));
		zval_ptr_dtor(&letter);
	}
	return is_meant ? settle(settling->replay, channel, delivery) : PASSED_OVER;
}

static bool settle_reserved(settling *settling, ecoq_channel *channel, const ecoq_dead_letter_filter *filter, ecoq_delivery *deliveries, size_t count, kept *kept)
{
	for (size_t i = 0; i < count; i++) {
		answer answer = settle_if_meant(settling, channel, filter, &deliveries[i]);
		settling->done += answer == DONE;
		switch (answer) {
			case PASSED_OVER:
				keep(kept, &deliveries[i]);
				break;
			case EXCEPTION:
				hand_back(channel, deliveries + i, count - i);
				return false;
			default:
				release(channel, &deliveries[i], 1);
				break;
		}
	}
	return true;
}

/* Only those that are there now: one that fails again meanwhile does not come round twice. */
static bool settle_batches(settling *settling, ecoq_channel *channel, const ecoq_dead_letter_filter *filter, zend_long left, kept *kept)
{
	while (left > 0) {
		ecoq_reservation request = {.max = (size_t) MIN(left, BATCH)};
		ecoq_delivery deliveries[BATCH];
		size_t count;
		int64_t next_due;
		ecoq_error error;
		ecoq_result result = channel->ops->reserve(channel->dead_letter_transport, &request, deliveries, &count, &next_due, &error);
		if (result != ECOQ_OK) {
			return throw_failed(channel, result, &error);
		}
		if (count == 0) {
			return true;
		}
		if (!settle_reserved(settling, channel, filter, deliveries, count, kept)) {
			return false;
		}
		left -= (zend_long) count;
	}
	return true;
}

static bool settle_all(settling *settling, ecoq_channel *channel, const ecoq_dead_letter_filter *filter, zend_long all)
{
	kept kept = {NULL, 0};
	bool ok = settle_batches(settling, channel, filter, all, &kept);
	hand_back(channel, kept.deliveries, kept.count);
	if (kept.deliveries) {
		efree(kept.deliveries);
	}
	return ok;
}

/* One by one where they can be looked at without taking them; where looking takes them all, it is done once. */
static bool settle_filtered(settling *settling, ecoq_channel *channel, const ecoq_dead_letter_filter *filter, zend_long all)
{
	return is_unsorted(channel) ? settle_all(settling, channel, filter, all) : walk(channel, filter, 0, all, settle_one, settling);
}

bool ecoq_queue_letters_replay(ecoq_replay *replay, ecoq_channel *channel, const ecoq_dead_letter_filter *filter)
{
	bool is_open = ecoq_dead_letter_filter_is_open(filter);
	zend_long all = 0;
	if (!open_queue(channel, !is_open) || !count_all(channel, &all)) {
		return false;
	}
	settling settling = {replay, 0};
	return (is_open ? settle_all : settle_filtered)(&settling, channel, filter, all);
}

bool ecoq_queue_letters_purge(ecoq_channel *channel, const ecoq_dead_letter_filter *filter, zend_long *removed)
{
	bool is_open = ecoq_dead_letter_filter_is_open(filter);
	zend_long all = 0;
	*removed = 0;
	if (!open_queue(channel, !is_open) || (!is_open && !count_all(channel, &all))) {
		return false;
	}
	if (!is_open) {
		settling settling = {NULL, 0};
		bool ok = settle_filtered(&settling, channel, filter, all);
		*removed = settling.done;
		return ok;
	}
	size_t number = 0;
	ecoq_error error;
	ecoq_result result = channel->ops->purge(channel->dead_letter_transport, &number, &error);
	*removed = (zend_long) number;
	return result == ECOQ_OK || throw_failed(channel, result, &error);
}
