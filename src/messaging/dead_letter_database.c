#include "messaging/dead_letter_database.h"

#include "messaging/dead_letter_session.h"
#include "php/bytes.h"
#include "php/exceptions.h"
#include "transport/pdo/records.h"
#include "transport/pdo/unit.h"

/* How often a batch is begun again when other transactions are in its way. */
#define CONFLICT_TRIES 5

static bool succeed_or_throw(ecoq_result result, const ecoq_error *error)
{
	if (result != ECOQ_OK) {
		ecoq_throw_error(result, error, "Dead letters of the database");
	}
	return result == ECOQ_OK;
}

/* ---- Looking ---------------------------------------------------------------------------------------------------------------- */

static bool count(ecoq_messaging *messaging, const ecoq_dead_letter_filter *filter, int64_t *count, int64_t *last)
{
	ecoq_dead_letter_session session;
	ecoq_error error;
	ecoq_result result = ecoq_dead_letter_session_open(&session, messaging, &error);
	if (result == ECOQ_OK) {
		result = ecoq_dead_letter_table_count(session.connection, filter, count, last, &error);
		ecoq_dead_letter_session_close(&session, result);
	}
	return succeed_or_throw(result, &error);
}

bool ecoq_database_letters_count(ecoq_messaging *messaging, const ecoq_dead_letter_filter *filter, zend_long *number)
{
	int64_t found = 0, last;
	bool ok = count(messaging, filter, &found, &last);
	*number = (zend_long) found;
	return ok;
}

static bool read_rows(ecoq_messaging *messaging, const ecoq_dead_letter_filter *filter, int64_t after, int64_t last, size_t max, ecoq_dead_letter_row *rows,
	size_t *count)
{
	ecoq_dead_letter_session session;
	ecoq_error error;
	ecoq_result result = ecoq_dead_letter_session_open(&session, messaging, &error);
	if (result == ECOQ_OK) {
		result = ecoq_dead_letter_table_read(session.connection, filter, after, last, max, rows, count, &error);
		ecoq_dead_letter_session_close(&session, result);
	}
	return succeed_or_throw(result, &error);
}

static bool find_rows(ecoq_messaging *messaging, zend_string *id, const zend_string *endpoint, ecoq_dead_letter_row *rows, size_t *count)
{
	ecoq_dead_letter_session session;
	ecoq_error error;
	ecoq_bytes named = ecoq_bytes_of(endpoint);
	ecoq_result result = ecoq_dead_letter_session_open(&session, messaging, &error);
	if (result == ECOQ_OK) {
		result = ecoq_dead_letter_table_find(session.connection, ecoq_bytes_of(id), endpoint ? &named : NULL, rows, count, &error);
		ecoq_dead_letter_session_close(&session, result);
	}
	return succeed_or_throw(result, &error);
}

static void free_rows(ecoq_dead_letter_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		ecoq_dead_letter_row_free(&rows[i]);
	}
}

/* The channel that a letter is of, NULL where it is not configured any more. A leg of the outbox stands for its destination. */
static ecoq_channel *channel_of(ecoq_messaging *messaging, const ecoq_dead_letter_row *row)
{
	static const ecoq_bytes legs[] = {{"outbox:", 7}, {"after:", 6}};
	ecoq_channel *channel = zend_hash_str_find_ptr(&messaging->channels, row->channel.data, row->channel.size);
	for (size_t i = 0; !channel && i < sizeof(legs) / sizeof(*legs); i++) {
		if (row->channel.size > legs[i].size && memcmp(row->channel.data, legs[i].data, legs[i].size) == 0) {
			channel = zend_hash_str_find_ptr(&messaging->channels, row->channel.data + legs[i].size, row->channel.size - legs[i].size);
		}
	}
	return channel;
}

static bool find_place(ecoq_messaging *messaging, const ecoq_dead_letter_filter *filter, zend_long offset, int64_t *after)
{
	ecoq_dead_letter_session session;
	ecoq_error error;
	ecoq_result result = ecoq_dead_letter_session_open(&session, messaging, &error);
	if (result == ECOQ_OK) {
		result = ecoq_dead_letter_table_place(session.connection, filter, offset, after, &error);
		ecoq_dead_letter_session_close(&session, result);
	}
	return succeed_or_throw(result, &error);
}

bool ecoq_database_letters_list(ecoq_messaging *messaging, const ecoq_dead_letter_filter *filter, zend_long offset, zend_long limit, zval *list)
{
	ecoq_dead_letter_row rows[ECOQ_DEAD_LETTER_BATCH];
	size_t found = 1;
	int64_t after = 0;
	if (!find_place(messaging, filter, offset, &after)) {
		return false;
	}
	for (; limit > 0; limit -= (zend_long) found) {
		if (!read_rows(messaging, filter, after, INT64_MAX, (size_t) MIN(limit, ECOQ_DEAD_LETTER_BATCH), rows, &found)) {
			return false;
		}
		if (found == 0) {
			break;
		}
		for (size_t i = 0; i < found; i++) {
			zval letter;
			ecoq_dead_letter_create_from_row(channel_of(messaging, &rows[i]), &rows[i], &letter);
			add_next_index_zval(list, &letter);
		}
		after = rows[found - 1].id;
		free_rows(rows, found);
	}
	return true;
}

/* Those up to the highest row id of the beginning: what fails meanwhile comes behind. */
bool ecoq_database_letters_each(ecoq_messaging *messaging, const ecoq_dead_letter_filter *filter, ecoq_letter_visitor visit, void *context, bool *more)
{
	ecoq_dead_letter_row rows[ECOQ_DEAD_LETTER_BATCH];
	int64_t after = 0, last = 0, left;
	size_t found = 1;
	*more = true;
	if (!count(messaging, filter, &left, &last)) {
		return false;
	}
	while (*more && found > 0) {
		if (!read_rows(messaging, filter, after, last, ECOQ_DEAD_LETTER_BATCH, rows, &found)) {
			return false;
		}
		for (size_t i = 0; i < found && *more; i++) {
			zval letter;
			ecoq_dead_letter_create_from_row(channel_of(messaging, &rows[i]), &rows[i], &letter);
			*more = visit(context, &letter);
			zval_ptr_dtor(&letter);
		}
		after = found > 0 ? rows[found - 1].id : last;
		free_rows(rows, found);
	}
	return true;
}

bool ecoq_database_letter_show(ecoq_messaging *messaging, zend_string *id, const zend_string *endpoint, zval *letter)
{
	ecoq_dead_letter_row rows[ECOQ_DEAD_LETTER_BATCH];
	size_t found;
	if (!find_rows(messaging, id, endpoint, rows, &found)) {
		return false;
	}
	if (found > 0) {
		ecoq_dead_letter_create_from_row(channel_of(messaging, &rows[0]), &rows[0], letter);
	}
	free_rows(rows, found);
	return true;
}

/* ---- Removing --------------------------------------------------------------------------------------------------------------- */

bool ecoq_database_letter_delete(ecoq_messaging *messaging, zend_string *id, const zend_string *endpoint, bool *deleted)
{
	ecoq_dead_letter_row rows[ECOQ_DEAD_LETTER_BATCH];
	ecoq_dead_letter_session session;
	size_t found;
	*deleted = false;
	if (!find_rows(messaging, id, endpoint, rows, &found)) {
		return false;
	}
	ecoq_error error;
	ecoq_result result = found > 0 ? ecoq_dead_letter_session_open(&session, messaging, &error) : ECOQ_OK;
	if (found > 0 && result == ECOQ_OK) {
		for (size_t i = 0; i < found && result == ECOQ_OK; i++) {
			bool removed;
			result = ecoq_dead_letter_table_remove(session.connection, rows[i].id, &removed, &error);
			*deleted |= result == ECOQ_OK && removed;
		}
		ecoq_dead_letter_session_close(&session, result);
	}
	free_rows(rows, found);
	return succeed_or_throw(result, &error);
}

bool ecoq_database_letters_purge(ecoq_messaging *messaging, const ecoq_dead_letter_filter *filter, zend_long *removed)
{
	ecoq_dead_letter_session session;
	ecoq_error error;
	int64_t number = 0;
	ecoq_result result = ecoq_dead_letter_session_open(&session, messaging, &error);
	if (result == ECOQ_OK) {
		result = ecoq_dead_letter_table_purge(session.connection, filter, &number, &error);
		ecoq_dead_letter_session_close(&session, result);
	}
	*removed = (zend_long) number;
	return succeed_or_throw(result, &error);
}

/* ---- Replaying: a batch ----------------------------------------------------------------------------------------------------- */

typedef struct letter {
	const ecoq_dead_letter_row *row;
	ecoq_channel *channel;
	ecoq_revived revived;
} letter;

static void skip(ecoq_replay *replay, const ecoq_dead_letter_row *row, const char *why)
{
	ecoq_replay_skip(replay, row->message_id, row->channel, "%s", why);
}

/* Whether there is nothing more that the letter itself could be refused for; else it is passed over. */
static bool revive(ecoq_replay *replay, letter *letter)
{
	ecoq_error error;
	const ecoq_dead_letter_row *row = letter->row;
	const ecoq_delivery bytes = {.body = row->body};
	ecoq_revive(letter->channel, &bytes, row->message_id, row->endpoint, &letter->revived);
	ecoq_replay_find_record_key(replay, &letter->revived);
	if (!ecoq_revived_has_handler(replay->messaging, letter->channel, &letter->revived)) {
		ecoq_replay_skip(replay, row->message_id, row->channel, "channel \"%s\" has no handler with the endpoint id \"%s\" any more",
			ZSTR_VAL(letter->channel->name), ZSTR_VAL(letter->revived.endpoint));
	} else if (ecoq_channel_check(letter->channel, &letter->revived.outgoing, &error) != ECOQ_OK) {
		skip(replay, row, error.text);
	} else {
		return true;
	}
	ecoq_revived_free(&letter->revived);
	return false;
}

/* `*ready` false: it is passed over. False with an exception pending: the channel cannot be reached. */
static bool prepare(ecoq_replay *replay, const ecoq_dead_letter_row *row, letter *letter, bool *ready)
{
	ecoq_error error;
	*ready = false;
	letter->row = row;
	letter->channel = channel_of(replay->messaging, row);
	if (!letter->channel) {
		ecoq_replay_skip(replay, row->message_id, row->channel, "its channel \"%.*s\" is not configured any more", (int) row->channel.size, row->channel.data);
		return true;
	}
	ecoq_result result = ecoq_channel_open(letter->channel, &error);
	if (result == ECOQ_OK) {
		*ready = revive(replay, letter);
		return true;
	}
	if (result == ECOQ_EXCEPTION || ecoq_result_is_retryable(result)) {
		ecoq_throw_error(result, &error, "Replaying dead letters of channel \"%s\"", ZSTR_VAL(letter->channel->name));
		return false;
	}
	skip(replay, row, error.text);
	return true;
}

/* Letters of one channel that are to be sent together. */
typedef struct group {
	ecoq_replay *replay;
	ecoq_channel *channel;
	letter **letters;
	size_t count;
	size_t moved;
} group;

static ecoq_result forget_records(const group *group, ecoq_pdo_connection *connection, ecoq_error *error)
{
	ecoq_result result = ECOQ_OK;
	for (size_t i = 0; group->replay->force && i < group->count && result == ECOQ_OK; i++) {
		const ecoq_revived *revived = &group->letters[i]->revived;
		if (revived->endpoint) {
			result = ecoq_pdo_record_remove(connection, ecoq_bytes_of(revived->endpoint),
				revived->record_key ? ecoq_bytes_of(revived->record_key) : revived->outgoing.id, error);
		}
	}
	return result;
}

/* Removes the rows; those that were still there are in `messages` then. */
static ecoq_result take_rows(group *group, ecoq_pdo_connection *connection, ecoq_outgoing *messages, ecoq_error *error)
{
	ecoq_result result = ECOQ_OK;
	group->moved = 0;
	for (size_t i = 0; i < group->count && result == ECOQ_OK; i++) {
		bool removed = false;
		result = ecoq_dead_letter_table_remove(connection, group->letters[i]->row->id, &removed, error);
		if (removed) {
			messages[group->moved++] = group->letters[i]->revived.outgoing;
		}
	}
	return result;
}

/* A transaction, or a part of the one that is open. */
static ecoq_result move_in_transaction(group *group, ecoq_pdo_connection *connection, ecoq_error *error)
{
	ecoq_outgoing messages[ECOQ_DEAD_LETTER_BATCH];
	ecoq_transport *transport = group->channel->transport;
	ecoq_pdo_unit *enclosing = ecoq_pdo_unit_open(connection), *unit = enclosing;
	ecoq_result result = enclosing ? ecoq_pdo_unit_savepoint(unit, error) : ecoq_pdo_unit_begin(connection, true, false, &unit, error);
	if (result != ECOQ_OK) {
		return result;
	}
	result = forget_records(group, connection, error);
	if (result == ECOQ_OK) {
		result = take_rows(group, connection, messages, error);
	}
	if (result == ECOQ_OK && group->moved > 0) {
		result = transport->ops->send(transport, messages, group->moved, error);
	}
	if (result == ECOQ_OK) {
		return enclosing ? ecoq_pdo_unit_release(unit, error) : ecoq_pdo_unit_commit(unit, error);
	}
	if (enclosing) {
		ecoq_error ignored;
		ecoq_pdo_unit_roll_back_to(unit, &ignored);
	} else {
		ecoq_pdo_unit_roll_back(unit);
	}
	return result;
}

static ecoq_result move_on_database(group *group, ecoq_error *error)
{
	ecoq_dead_letter_session session;
	ecoq_result result = ECOQ_CONFLICT;
	for (int tries = 0; result == ECOQ_CONFLICT && tries < CONFLICT_TRIES; tries++) {
		result = ecoq_dead_letter_session_open(&session, group->replay->messaging, error);
		if (result == ECOQ_OK) {
			result = move_in_transaction(group, session.connection, error);
			ecoq_dead_letter_session_close(&session, result);
		}
	}
	return result;
}

static ecoq_result forget_all_records(group *group, ecoq_error *error)
{
	ecoq_dead_letter_session session;
	ecoq_result result = group->replay->force ? ecoq_dead_letter_session_open(&session, group->replay->messaging, error) : ECOQ_OK;
	if (group->replay->force && result == ECOQ_OK) {
		result = forget_records(group, session.connection, error);
		ecoq_dead_letter_session_close(&session, result);
	}
	return result;
}

static ecoq_result remove_sent(group *group, ecoq_error *error)
{
	ecoq_dead_letter_session session;
	ecoq_result result = ecoq_dead_letter_session_open(&session, group->replay->messaging, error);
	if (result != ECOQ_OK) {
		return result;
	}
	for (size_t i = 0; i < group->count && result == ECOQ_OK; i++) {
		bool removed;
		result = ecoq_dead_letter_table_remove(session.connection, group->letters[i]->row->id, &removed, error);
	}
	ecoq_dead_letter_session_close(&session, result);
	return result;
}

/* A record goes before its message is sent: the message could be handled, as a duplicate, before that. */
static ecoq_result send_then_remove(group *group, ecoq_error *error)
{
	ecoq_outgoing messages[ECOQ_DEAD_LETTER_BATCH];
	ecoq_transport *transport = group->channel->transport;
	for (size_t i = 0; i < group->count; i++) {
		messages[i] = group->letters[i]->revived.outgoing;
	}
	ecoq_result result = forget_all_records(group, error);
	if (result == ECOQ_OK) {
		result = transport->ops->send(transport, messages, group->count, error);
	}
	if (result == ECOQ_OK) {
		group->moved = group->count;
		result = remove_sent(group, error);
	}
	return result;
}

/* Where a batch is refused, each letter gets its own answer. */
static bool move(group *of)
{
	ecoq_error error;
	ecoq_result result = of->channel->is_on_database ? move_on_database(of, &error) : send_then_remove(of, &error);
	if (result == ECOQ_OK) {
		of->replay->replayed += (zend_long) of->moved;
		return true;
	}
	if (result == ECOQ_EXCEPTION || ecoq_result_is_retryable(result)) {
		ecoq_throw_error(result, &error, "Replaying dead letters of channel \"%s\"", ZSTR_VAL(of->channel->name));
		return false;
	}
	if (of->count == 1) {
		skip(of->replay, of->letters[0]->row, error.text);
		return true;
	}
	for (size_t i = 0; i < of->count; i++) {
		group alone = {of->replay, of->channel, &of->letters[i], 1, 0};
		if (!move(&alone)) {
			return false;
		}
	}
	return true;
}

/* All of the batch that are of the first one's channel; they are taken out of the list. */
static bool move_channel(ecoq_replay *replay, letter **letters, size_t *count)
{
	letter *same[ECOQ_DEAD_LETTER_BATCH];
	group group = {replay, letters[0]->channel, same, 0, 0};
	size_t left = 0;
	for (size_t i = 0; i < *count; i++) {
		if (letters[i]->channel == group.channel) {
			same[group.count++] = letters[i];
		} else {
			letters[left++] = letters[i];
		}
	}
	*count = left;
	return move(&group);
}

static bool replay_rows(ecoq_replay *replay, const ecoq_dead_letter_row *rows, size_t count)
{
	letter letters[ECOQ_DEAD_LETTER_BATCH], *waiting[ECOQ_DEAD_LETTER_BATCH];
	size_t ready_count = 0;
	bool ok = true;
	for (size_t i = 0; ok && i < count; i++) {
		bool ready;
		ok = prepare(replay, &rows[i], &letters[ready_count], &ready);
		waiting[ready_count] = &letters[ready_count];
		ready_count += ready;
	}
	size_t left = ready_count;
	while (ok && left > 0) {
		ok = move_channel(replay, waiting, &left);
	}
	for (size_t i = 0; i < ready_count; i++) {
		ecoq_revived_free(&letters[i].revived);
	}
	return ok;
}

/* ---- Replaying -------------------------------------------------------------------------------------------------------------- */

bool ecoq_database_letter_replay(ecoq_replay *replay, zend_string *id, const zend_string *endpoint)
{
	ecoq_dead_letter_row rows[ECOQ_DEAD_LETTER_BATCH];
	size_t found;
	if (!find_rows(replay->messaging, id, endpoint, rows, &found)) {
		return false;
	}
	bool ok = replay_rows(replay, rows, found);
	free_rows(rows, found);
	return ok;
}

bool ecoq_database_letters_replay(ecoq_replay *replay, const ecoq_dead_letter_filter *filter)
{
	ecoq_dead_letter_row rows[ECOQ_DEAD_LETTER_BATCH];
	int64_t after = 0, last = 0, left;
	size_t found = 1;
	if (!count(replay->messaging, filter, &left, &last)) {
		return false;
	}
	while (after < last && found > 0) {
		if (!read_rows(replay->messaging, filter, after, last, ECOQ_DEAD_LETTER_BATCH, rows, &found)) {
			return false;
		}
		after = found > 0 ? rows[found - 1].id : last;
		bool ok = replay_rows(replay, rows, found);
		free_rows(rows, found);
		if (!ok) {
			return false;
		}
	}
	return true;
}
