#include "channel/channel.h"

#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "channel/channel_definition.h"
#include "channel/database.h"
#include "channel/delivery.h"
#include "channel/message_channel.h"
#include "channel/outbox.h"
#include "channel/retry_policy.h"
#include "php/bytes.h"
#include "php/environment.h"
#include "transport/pdo/queue.h"
#include "transport/userland.h"

void ecoq_channel_addref(ecoq_channel *channel)
{
	channel->refcount++;
}

static void close_transport(ecoq_transport *transport, bool is_forked)
{
	if (!transport) {
		return;
	}
	if (is_forked && transport->ops->after_fork) {
		transport->ops->after_fork(transport);
	}
	if (CG(unclean_shutdown) && transport->ops->abandon) {
		transport->ops->abandon(transport);
	}
	transport->ops->close(transport);
}

void ecoq_channel_release(ecoq_channel *channel)
{
	if (--channel->refcount) {
		return;
	}
	bool is_forked = channel->pid && channel->pid != getpid();
	close_transport(channel->transport, is_forked);
	close_transport(channel->dead_letter_transport, is_forked);
	if (channel->leg) {
		ecoq_channel_release(channel->leg);
	}
	if (channel->database) {
		ecoq_database_release(channel->database);
	}
	if (channel->service) {
		zend_string_release(channel->service);
	}
	zval_ptr_dtor(&channel->retry_only);
	zval_ptr_dtor(&channel->retry_never);
	if (channel->error_channel) {
		zend_string_release(channel->error_channel);
	}
	zval_ptr_dtor(&channel->native);
	zval_ptr_dtor(&channel->options_storage);
	if (channel->options) {
		efree(channel->options);
	}
	if (channel->dsn_text) {
		ecoq_dsn_free(&channel->dsn);
		zend_string_release(channel->dsn_text);
	}
	if (channel->queue) {
		zend_string_release(channel->queue);
		zend_string_release(channel->dead_letter_queue);
	}
	zend_string_release(channel->name);
	efree(channel);
}

/* A connection that was made before a fork belongs to the parent. */
static void forget_after_fork(ecoq_channel *channel)
{
	pid_t pid = getpid();
	if (channel->pid == pid) {
		return;
	}
	ecoq_transport *const transports[] = {channel->transport, channel->dead_letter_transport};
	for (int i = 0; i < 2; i++) {
		if (channel->pid && transports[i] && transports[i]->ops->after_fork) {
			transports[i]->ops->after_fork(transports[i]);
		}
	}
	channel->pid = pid;
}

/* ---- The application's database ---- */

void ecoq_channel_set_database(ecoq_channel *channel, ecoq_database *database)
{
	ecoq_database_addref(database);
	channel->database = database;
}

void ecoq_channel_set_service(ecoq_channel *channel, zend_string *service)
{
	channel->service = zend_string_copy(service);
}

/* What was opened over a connection that the database has lost since. */
static void close_outdated(ecoq_channel *channel)
{
	if (channel->is_on_database && channel->database_generation != channel->database->generation) {
		close_transport(channel->transport, false);
		close_transport(channel->dead_letter_transport, false);
		channel->transport = channel->dead_letter_transport = NULL;
	}
}

/* A SQLite DSN that names the database's own file uses its connection: two of one thread would wait for each other. A leg is on it anyway. */
static bool names_the_database(const ecoq_channel *channel)
{
	if (channel->relay_to) {
		return true;
	}
	if (!channel->dsn_text || !ecoq_bytes_equal(channel->dsn.scheme, ECOQ_BYTES("sqlite"))) {
		return false;
	}
	zend_string *path = channel->dsn.is_url ? zend_strpprintf(0, "/%.*s", (int) channel->dsn.path.size, channel->dsn.path.data) : ecoq_string_of(channel->dsn.settings);
	bool same = ecoq_database_is_file(channel->database, ZSTR_VAL(path));
	zend_string_release(path);
	return same;
}

/* Which \PDO the queue is opened over; NULL: by its DSN. */
static ecoq_result find_native(ecoq_channel *channel, zend_object **native, ecoq_error *error)
{
	*native = Z_ISUNDEF(channel->native) ? NULL : Z_OBJ(channel->native);
	if (!channel->database) {
		return ECOQ_OK;
	}
	bool on_database = names_the_database(channel);
	bool may_be = on_database || (*native && channel->ops == &ecoq_pdo_transport);
	ecoq_result result = may_be ? ecoq_database_connect(channel->database, error) : ECOQ_OK;
	if (result != ECOQ_OK) {
		return result;
	}
	if (on_database) {
		*native = Z_OBJ(channel->database->pdo);
	}
	channel->is_on_database = *native && ecoq_database_is(channel->database, *native);
	channel->database_generation = channel->database->generation;
	return ECOQ_OK;
}

ecoq_result ecoq_channel_locate(ecoq_channel *channel, ecoq_error *error)
{
	zend_object *native;
	return channel->database && !channel->transport && channel->ops == &ecoq_pdo_transport ? find_native(channel, &native, error) : ECOQ_OK;
}

/* ---- Opening ---- */

static ecoq_result open_queue(ecoq_channel *channel, const zend_string *queue, ecoq_transport **transport, ecoq_error *error)
{
	zend_object *native;
	forget_after_fork(channel);
	if (channel->is_on_database) {
		close_outdated(channel);
	}
	if (*transport) {
		return ECOQ_OK;
	}
	ecoq_result result = find_native(channel, &native, error);
	if (result != ECOQ_OK) {
		return result;
	}
	const ecoq_transport_config config = {
		.channel = ecoq_bytes_of(channel->name),
		.service = channel->service ? ecoq_bytes_of(channel->service) : ECOQ_NO_BYTES,
		.queue = ecoq_bytes_of(queue),
		.prefix = {ZSTR_VAL(channel->queue), channel->prefix_size},
		.dsn = channel->dsn_text ? &channel->dsn : NULL,
		.dsn_text = channel->dsn_text ? ecoq_bytes_of(channel->dsn_text) : ECOQ_NO_BYTES,
		.native = native,
		.scope = channel,
		.timeout_ms = channel->timeout_ms,
		.options = channel->options,
		.option_count = channel->option_count,
		.is_for_dead_letters = queue == channel->dead_letter_queue,
		.environment = ecoq_environment,
	};
	ecoq_transport *opened = NULL;
	result = channel->ops->open(&config, &opened, error);
	if (result == ECOQ_OK) {
		*transport = opened;
		channel->ops = opened->ops;
	}
	return result;
}

ecoq_result ecoq_channel_open(ecoq_channel *channel, ecoq_error *error)
{
	return open_queue(channel, channel->queue, &channel->transport, error);
}

ecoq_result ecoq_channel_open_dead_letters(ecoq_channel *channel, ecoq_error *error)
{
	return open_queue(channel, channel->dead_letter_queue, &channel->dead_letter_transport, error);
}

static ecoq_result refuse(const ecoq_channel *channel, const char *feature, const char *remedy, ecoq_error *error)
{
	return ecoq_fail(error, ECOQ_UNSUPPORTED, "the transport \"%s\" of channel \"%s\" cannot honour %s; %s",
		channel->ops->name, ZSTR_VAL(channel->name),
		feature, remedy);
}

ecoq_result ecoq_channel_check(const ecoq_channel *channel, const ecoq_outgoing *message, ecoq_error *error)
{
	unsigned can = channel->ops->capabilities;
	if (message->body.size > channel->limits.max_body) {
		return ecoq_fail(error, ECOQ_REFUSED,
			"a message of %zu bytes is above what channel \"%s\" accepts, max-body is %zu bytes", message->body.size,
			ZSTR_VAL(channel->name), channel->limits.max_body);
	}
	int64_t delay = message->deliver_at ? message->deliver_at - ecoq_clock_now_ms() : 0;
	if (delay > 0 && !(can & ECOQ_CAN_DELAY)) {
		return refuse(channel, "a delay", "send it without one, or to a channel that can delay", error);
	}
	if (delay > channel->max_delay_ms) {
		return ecoq_fail(error, ECOQ_INVALID,
			"a delay of %lld ms is above what channel \"%s\" accepts, max-delay is %lld ms", (long long) delay,
			ZSTR_VAL(channel->name), (long long) channel->max_delay_ms);
	}
	if (message->priority != ECOQ_PRIORITY_DEFAULT && !(can & ECOQ_CAN_PRIORITY)) {
		return refuse(channel, "a priority", "send it without one, or to a channel that knows priorities", error);
	}
	if (message->group.size && !(can & ECOQ_CAN_GROUP)) {
		return refuse(channel, "a group", "send it without one, or to a channel that keeps the order of groups", error);
	}
	if (message->group.size && delay > 0) {
		return ecoq_fail(error, ECOQ_INVALID,
			"a message of a group cannot be delayed: it would hold back every later message of the group on channel \"%s\"; send it without the delay, or without the group",
			ZSTR_VAL(channel->name));
	}
	return ECOQ_OK;
}

ecoq_envelope_fault ecoq_channel_read(const ecoq_channel *channel, const ecoq_delivery *delivery, ecoq_envelope *envelope, ecoq_error *error)
{
	const ecoq_envelope_source source = {delivery->body, delivery->headers, channel->ops->capabilities & ECOQ_HAS_FRAMES};
	return ecoq_envelope_unpack(&source, &channel->limits, envelope, error);
}

zend_string *ecoq_channel_headers(const ecoq_channel *channel, ecoq_bytes headers)
{
	return headers.size > 0 && channel->ops->capabilities & ECOQ_HAS_HEADERS ? ecoq_string_of(headers) : NULL;
}

#define REPEATS 3
#define REPEAT_PAUSE_MS 100

/* Nobody knows whether the backend has them: they are sent again under the same ids, which it takes once where it can tell (SEMANTICS 1). A backend that
 * is not there to be asked does not make the answer known. */
static ecoq_result send_again(ecoq_channel *channel, const ecoq_outgoing *messages, size_t count, ecoq_error *error)
{
	ecoq_result result = ECOQ_UNKNOWN;
	ecoq_outgoing *same = safe_emalloc(count, sizeof(*same), 0);
	for (size_t i = 0; i < count; i++) {
		same[i] = messages[i];
		same[i].id_is_new = false;
	}
	for (int i = 0; i < REPEATS && (result == ECOQ_UNKNOWN || result == ECOQ_UNAVAILABLE); i++) {
		struct timespec pause = {0, REPEAT_PAUSE_MS * 1000000L << i};
		nanosleep(&pause, NULL);
		result = ecoq_channel_open(channel, error);
		if (result == ECOQ_OK) {
			result = channel->ops->send(channel->transport, same, count, error);
		}
	}
	efree(same);
	if (result == ECOQ_UNAVAILABLE || result == ECOQ_UNKNOWN) {
		ecoq_error last = *error;
		return ecoq_fail(error, ECOQ_UNKNOWN, "the connection was lost before the answer, so it is not known whether the message%s stored: %.500s", count == 1 ? " was" : "s were",
			last.text);
	}
	return result;
}

ecoq_result ecoq_channel_send(ecoq_channel *channel, const ecoq_outgoing *messages, size_t count, ecoq_error *error)
{
	ecoq_result result = ecoq_channel_open(channel, error);
	for (size_t i = 0; i < count && result == ECOQ_OK; i++) {
		result = ecoq_channel_check(channel, &messages[i], error);
	}
	if (result == ECOQ_OK && count) {
		result = channel->ops->send(channel->transport, messages, count, error);
	}
	/* on the database itself, the connection that was lost is the application's, and so was the transaction */
	return result == ECOQ_UNKNOWN && !channel->is_on_database && Z_ISUNDEF(channel->native) ? send_again(channel, messages, count, error) : result;
}

void ecoq_channel_minit(void)
{
	ecoq_userland_classes_minit();
	ecoq_queue_stats_minit();
	ecoq_retry_policy_minit();
	ecoq_channel_class_minit();
	ecoq_outbox_minit();
	ecoq_message_channel_minit();
	ecoq_delivery_minit();
}
