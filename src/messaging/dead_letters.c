#include "messaging/dead_letters.h"

#include "messaging/dead_letter_database.h"
#include "messaging/dead_letter_queue.h"
#include "php/bytes.h"
#include "php/exceptions.h"

#include "stubs/DeadLetters_arginfo.h"

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

/* ---- Over all places where dead letters are ---- */

static bool keeps_in_queue(const ecoq_messaging *messaging, const ecoq_channel *channel)
{
	return !messaging->database || channel->dead_letter_place == ECOQ_DEAD_LETTER_QUEUE;
}

/* A channel that is not configured any more may have left letters in the database. */
static bool channel_may_have_letters(ecoq_messaging *messaging, zend_string *name)
{
	if (name && messaging->database && !zend_hash_exists(&messaging->channels, name)) {
		ecoq_dead_letter_filter filter = {.channel = name};
		zend_long count = 0;
		if (!ecoq_database_letters_count(messaging, &filter, &count)) {
			return false;
		}
		if (count > 0) {
			return true;
		}
	}
	return !name || ecoq_messaging_channel(messaging, name);
}

/* Called per channel that keeps its letters in a queue; false stops the walk (an exception may be pending). */
typedef bool (*visit)(ecoq_channel *channel, void *context);

static void walk(ecoq_messaging *messaging, const zend_string *name, visit function, void *context)
{
	ecoq_channel *channel;
	ZEND_HASH_FOREACH_PTR(&messaging->channels, channel) {
		bool is_meant = keeps_in_queue(messaging, channel) && (!name || zend_string_equals(name, channel->name));
		if (is_meant && !function(channel, context)) {
			break;
		}
	}
	ZEND_HASH_FOREACH_END();
}

typedef struct counting {
	const ecoq_dead_letter_filter *filter;
	zend_long count;
} counting;

static bool visit_count(ecoq_channel *channel, void *context)
{
	counting *counting = context;
	zend_long count;
	bool ok = ecoq_queue_letters_count(channel, counting->filter, &count);
	counting->count += ok ? count : 0;
	return ok;
}

bool ecoq_dead_letters_count(ecoq_messaging *messaging, const ecoq_dead_letter_filter *filter, zend_long *count)
{
	counting counting = {filter, 0};
	if (!channel_may_have_letters(messaging, filter->channel)
		|| (messaging->database && !ecoq_database_letters_count(messaging, filter, &counting.count))) {
		return false;
	}
	walk(messaging, filter->channel, visit_count, &counting);
	*count = counting.count;
	return !EG(exception);
}

typedef struct page {
	const ecoq_dead_letter_filter *filter;
	zval *list;
	zend_long limit;
	zend_long offset;
} page;

static bool visit_page(ecoq_channel *channel, void *context)
{
	page *page = context;
	return ecoq_queue_letters_list(channel, page->filter, &page->offset, &page->limit, page->list) && page->limit > 0;
}

/* The database's letters first. What it has is counted only where the page may begin behind it. */
static bool list_database(ecoq_messaging *messaging, page *page)
{
	if (!ecoq_database_letters_list(messaging, page->filter, page->offset, page->limit, page->list)) {
		return false;
	}
	zend_long listed = zend_hash_num_elements(Z_ARRVAL_P(page->list)), count = page->offset;
	if (listed == 0 && page->offset > 0 && !ecoq_database_letters_count(messaging, page->filter, &count)) {
		return false;
	}
	page->offset -= MIN(count, page->offset);
	page->limit -= listed;
	return true;
}

bool ecoq_dead_letters_list(ecoq_messaging *messaging, const ecoq_dead_letter_filter *filter, zend_long limit, zend_long offset, zval *list)
{
	page page = {filter, list, limit, offset};
	array_init(list);
	if (!channel_may_have_letters(messaging, filter->channel) || (messaging->database && !list_database(messaging, &page))) {
		return false;
	}
	if (page.limit > 0) {
		walk(messaging, filter->channel, visit_page, &page);
	}
	return !EG(exception);
}

typedef struct visiting {
	const ecoq_dead_letter_filter *filter;
	ecoq_letter_visitor visit;
	void *context;
} visiting;

static bool visit_each(ecoq_channel *channel, void *context)
{
	const visiting *visiting = context;
	bool more;
	return ecoq_queue_letters_each(channel, visiting->filter, visiting->visit, visiting->context, &more) && more;
}

bool ecoq_dead_letters_each(ecoq_messaging *messaging, const ecoq_dead_letter_filter *filter, ecoq_letter_visitor visit, void *context)
{
	visiting visiting = {filter, visit, context};
	bool more = true;
	if (!channel_may_have_letters(messaging, filter->channel)
		|| (messaging->database && !ecoq_database_letters_each(messaging, filter, visit, context, &more))) {
		return false;
	}
	if (more) {
		walk(messaging, filter->channel, visit_each, &visiting);
	}
	return !EG(exception);
}

typedef struct one_letter {
	zend_string *id;
	const zend_string *endpoint;
	ecoq_replay *replay;
	zval *found;
	bool done;
} one_letter;

static bool visit_show(ecoq_channel *channel, void *context)
{
	one_letter *one = context;
	return ecoq_queue_letter_show(channel, one->id, one->endpoint, one->found) && Z_TYPE_P(one->found) == IS_NULL;
}

bool ecoq_dead_letters_show(ecoq_messaging *messaging, zend_string *id, const zend_string *endpoint, zval *letter)
{
	one_letter one = {.id = id, .endpoint = endpoint, .found = letter};
	ZVAL_NULL(letter);
	if (messaging->database && !ecoq_database_letter_show(messaging, id, endpoint, letter)) {
		return false;
	}
	if (Z_TYPE_P(letter) == IS_NULL) {
		walk(messaging, NULL, visit_show, &one);
	}
	return !EG(exception);
}

static bool visit_settle(ecoq_channel *channel, void *context)
{
	one_letter *one = context;
	return ecoq_queue_letter_settle(channel, one->id, one->endpoint, one->replay, &one->done) && !one->done;
}

bool ecoq_dead_letters_replay(ecoq_replay *replay, zend_string *id, const zend_string *endpoint)
{
	one_letter one = {.id = id, .endpoint = endpoint, .replay = replay};
	if (replay->messaging->database && !ecoq_database_letter_replay(replay, id, endpoint)) {
		return false;
	}
	if (replay->replayed + replay->skipped == 0) {
		walk(replay->messaging, NULL, visit_settle, &one);
	}
	return !EG(exception);
}

bool ecoq_dead_letters_delete(ecoq_messaging *messaging, zend_string *id, const zend_string *endpoint, bool *deleted)
{
	one_letter one = {.id = id, .endpoint = endpoint};
	if (messaging->database && !ecoq_database_letter_delete(messaging, id, endpoint, &one.done)) {
		return false;
	}
	if (!one.done) {
		walk(messaging, NULL, visit_settle, &one);
	}
	*deleted = one.done;
	return !EG(exception);
}

typedef struct replaying {
	ecoq_replay *replay;
	const ecoq_dead_letter_filter *filter;
} replaying;

static bool visit_replay(ecoq_channel *channel, void *context)
{
	replaying *replaying = context;
	return ecoq_queue_letters_replay(replaying->replay, channel, replaying->filter);
}

bool ecoq_dead_letters_replay_all(ecoq_replay *replay, const ecoq_dead_letter_filter *filter)
{
	replaying replaying = {replay, filter};
	ecoq_messaging *messaging = replay->messaging;
	if (!channel_may_have_letters(messaging, filter->channel) || (messaging->database && !ecoq_database_letters_replay(replay, filter))) {
		return false;
	}
	walk(messaging, filter->channel, visit_replay, &replaying);
	return !EG(exception);
}

static bool visit_purge(ecoq_channel *channel, void *context)
{
	counting *counting = context;
	zend_long removed;
	bool ok = ecoq_queue_letters_purge(channel, counting->filter, &removed);
	counting->count += removed;
	return ok;
}

bool ecoq_dead_letters_purge(ecoq_messaging *messaging, const ecoq_dead_letter_filter *filter, zend_long *removed)
{
	counting counting = {filter, 0};
	if (!channel_may_have_letters(messaging, filter->channel)
		|| (messaging->database && !ecoq_database_letters_purge(messaging, filter, &counting.count))) {
		return false;
	}
	walk(messaging, filter->channel, visit_purge, &counting);
	*removed = counting.count;
	return !EG(exception);
}

/* ---- DeadLetters ---- */

ZEND_METHOD(Ecoq_DeadLetters, __construct)
{
	ZEND_PARSE_PARAMETERS_NONE();
}

static ecoq_messaging *messaging_of(zval *this)
{
	zend_object *messaging = dead_letters_from_obj(Z_OBJ_P(this))->messaging;
	if (!messaging) {
		zend_throw_error(NULL, "Ecoq\\DeadLetters is made by Ecoq\\Messaging::deadLetters()");
		return NULL;
	}
	return ecoq_messaging_from_obj(messaging);
}

/* `since` is the number of its parameter; the other instant follows it. */
static bool set_instants(ecoq_dead_letter_filter *filter, zval *since, zval *until, uint32_t number)
{
	return ecoq_dead_letter_filter_instant(since, number, &filter->since) && ecoq_dead_letter_filter_instant(until, number + 1, &filter->until);
}

ZEND_METHOD(Ecoq_DeadLetters, list)
{
	ecoq_dead_letter_filter filter = {0};
	zend_long limit = 50, offset = 0;
	zval *since = NULL, *until = NULL;
	ZEND_PARSE_PARAMETERS_START(0, 8)
		Z_PARAM_OPTIONAL
		Z_PARAM_STR_OR_NULL(filter.channel)
		Z_PARAM_LONG(limit)
		Z_PARAM_LONG(offset)
		Z_PARAM_STR_OR_NULL(filter.endpoint)
		Z_PARAM_STR_OR_NULL(filter.type)
		Z_PARAM_STR_OR_NULL(filter.error_class)
		Z_PARAM_ZVAL_OR_NULL(since)
		Z_PARAM_ZVAL_OR_NULL(until)
	ZEND_PARSE_PARAMETERS_END();
	if (limit < 0 || offset < 0) {
		zend_argument_value_error(limit < 0 ? 2 : 3, "must not be negative");
		RETURN_THROWS();
	}
	ecoq_messaging *messaging = messaging_of(ZEND_THIS);
	if (messaging && set_instants(&filter, since, until, 7)) {
		ecoq_dead_letters_list(messaging, &filter, limit, offset, return_value);
	}
}

ZEND_METHOD(Ecoq_DeadLetters, show)
{
	zend_string *id, *endpoint = NULL;
	ZEND_PARSE_PARAMETERS_START(1, 2)
		Z_PARAM_STR(id)
		Z_PARAM_OPTIONAL
		Z_PARAM_STR_OR_NULL(endpoint)
	ZEND_PARSE_PARAMETERS_END();
	ecoq_messaging *messaging = messaging_of(ZEND_THIS);
	if (messaging) {
		ecoq_dead_letters_show(messaging, id, endpoint, return_value);
	}
}

/* The filters of count(), replayAll() and purge(), and with `force` that of replayAll(). NULL stays in `messaging` with an exception pending. */
static void read_filter(INTERNAL_FUNCTION_PARAMETERS, ecoq_dead_letter_filter *filter, bool *force, ecoq_messaging **messaging)
{
	zval *since = NULL, *until = NULL;
	bool ignored = false, *target = force ? force : &ignored;
	ZEND_PARSE_PARAMETERS_START(0, force ? 7 : 6)
		Z_PARAM_OPTIONAL
		Z_PARAM_STR_OR_NULL(filter->channel)
		Z_PARAM_STR_OR_NULL(filter->endpoint)
		Z_PARAM_STR_OR_NULL(filter->type)
		Z_PARAM_STR_OR_NULL(filter->error_class)
		Z_PARAM_ZVAL_OR_NULL(since)
		Z_PARAM_ZVAL_OR_NULL(until)
		Z_PARAM_BOOL(*target)
	ZEND_PARSE_PARAMETERS_END();
	if (set_instants(filter, since, until, 5)) {
		*messaging = messaging_of(ZEND_THIS);
	}
}

ZEND_METHOD(Ecoq_DeadLetters, count)
{
	ecoq_dead_letter_filter filter = {0};
	zend_long count = 0;
	ecoq_messaging *messaging = NULL;
	read_filter(INTERNAL_FUNCTION_PARAM_PASSTHRU, &filter, NULL, &messaging);
	if (messaging) {
		ecoq_dead_letters_count(messaging, &filter, &count);
	}
	RETURN_LONG(count);
}

ZEND_METHOD(Ecoq_DeadLetters, purge)
{
	ecoq_dead_letter_filter filter = {0};
	zend_long removed = 0;
	ecoq_messaging *messaging = NULL;
	read_filter(INTERNAL_FUNCTION_PARAM_PASSTHRU, &filter, NULL, &messaging);
	if (messaging) {
		ecoq_dead_letters_purge(messaging, &filter, &removed);
	}
	RETURN_LONG(removed);
}

static void log_skipped(ecoq_replay *replay, zend_string *id, zend_string *channel, zend_string *why)
{
	HashTable *context = zend_new_array(3);
	zval value;
	ZVAL_STR_COPY(&value, id);
	zend_hash_str_add_new(context, ZEND_STRL("id"), &value);
	ZVAL_STR_COPY(&value, channel);
	zend_hash_str_add_new(context, ZEND_STRL("channel"), &value);
	ZVAL_STR_COPY(&value, why);
	zend_hash_str_add_new(context, ZEND_STRL("reason"), &value);
	ecoq_messaging_log(replay->messaging, "warning", "Dead letter {id} of channel {channel} was not replayed: {reason}", context);
}

ZEND_METHOD(Ecoq_DeadLetters, replayAll)
{
	ecoq_dead_letter_filter filter = {0};
	ecoq_replay replay = {.on_skipped = log_skipped};
	read_filter(INTERNAL_FUNCTION_PARAM_PASSTHRU, &filter, &replay.force, &replay.messaging);
	if (replay.messaging) {
		ecoq_dead_letters_replay_all(&replay, &filter);
	}
	RETURN_LONG(replay.replayed);
}

static void throw_skipped(ecoq_replay *replay, zend_string *id, zend_string *channel, zend_string *why)
{
	(void) replay, (void) channel;
	ecoq_throw_configuration("Dead letter \"%s\" cannot be replayed: %s", ZSTR_VAL(id), ZSTR_VAL(why));
}

ZEND_METHOD(Ecoq_DeadLetters, replay)
{
	zend_string *id, *endpoint = NULL;
	ecoq_replay replay = {.on_skipped = throw_skipped};
	ZEND_PARSE_PARAMETERS_START(1, 3)
		Z_PARAM_STR(id)
		Z_PARAM_OPTIONAL
		Z_PARAM_BOOL(replay.force)
		Z_PARAM_STR_OR_NULL(endpoint)
	ZEND_PARSE_PARAMETERS_END();
	replay.messaging = messaging_of(ZEND_THIS);
	if (replay.messaging) {
		ecoq_dead_letters_replay(&replay, id, endpoint);
	}
	RETURN_BOOL(replay.replayed > 0);
}

ZEND_METHOD(Ecoq_DeadLetters, delete)
{
	zend_string *id, *endpoint = NULL;
	bool deleted = false;
	ZEND_PARSE_PARAMETERS_START(1, 2)
		Z_PARAM_STR(id)
		Z_PARAM_OPTIONAL
		Z_PARAM_STR_OR_NULL(endpoint)
	ZEND_PARSE_PARAMETERS_END();
	ecoq_messaging *messaging = messaging_of(ZEND_THIS);
	if (messaging) {
		ecoq_dead_letters_delete(messaging, id, endpoint, &deleted);
	}
	RETURN_BOOL(deleted);
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
