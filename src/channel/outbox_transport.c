#include "channel/outbox.h"
#include "php/exceptions.h"

/* The channel "outbox": all legs as one, behind the table of a transport. It counts, sets up and purges; nothing is sent to it or received from it. */

typedef struct outbox_transport {
	ecoq_transport base;
	ecoq_channel **channels; /* a reference of each; OutboxChannels first */
	size_t count;
	size_t outbox_count;
} outbox_transport;

static const ecoq_transport_ops outbox_ops;

static outbox_transport *self_of(ecoq_transport *transport)
{
	return (outbox_transport *) transport;
}

/* ---- Legs ---- */

/* Does not fail for a database that cannot be reached: the leg will say so itself. */
static ecoq_result has_leg(ecoq_channel *channel, bool *has)
{
	ecoq_error ignored;
	ecoq_result result = ecoq_channel_locate(channel, &ignored);
	*has = !channel->is_on_database && ecoq_outbox_leg(channel);
	return result == ECOQ_EXCEPTION ? result : ECOQ_OK;
}

ecoq_result ecoq_outbox_legs(ecoq_channel *outbox, ecoq_outbox_part part, ecoq_channel ***legs, size_t *count)
{
	outbox_transport *self = self_of(outbox->transport);
	size_t from = part & ECOQ_OUTBOX_CHANNELS ? 0 : self->outbox_count, to = part & ECOQ_OUTBOX_ORPHANS ? self->count : self->outbox_count;
	ecoq_result result = ECOQ_OK;
	*legs = safe_emalloc(self->count + 1, sizeof(**legs), 0);
	*count = 0;
	for (size_t i = from; i < to && result == ECOQ_OK; i++) {
		bool has;
		result = has_leg(self->channels[i], &has);
		if (has) {
			(*legs)[(*count)++] = self->channels[i]->leg;
		}
	}
	if (result != ECOQ_OK) {
		efree(*legs);
		*legs = NULL;
	}
	return result;
}

/* Calls the function for each leg until one fails. */
static ecoq_result each_leg(ecoq_transport *transport, ecoq_result (*function)(ecoq_channel *leg, void *context, ecoq_error *error), void *context, ecoq_error *error)
{
	outbox_transport *self = self_of(transport);
	ecoq_result result = ECOQ_OK;
	for (size_t i = 0; i < self->count && result == ECOQ_OK; i++) {
		bool has;
		result = has_leg(self->channels[i], &has);
		if (result == ECOQ_OK && has) {
			ecoq_channel *leg = self->channels[i]->leg;
			result = ecoq_channel_open(leg, error);
			result = result == ECOQ_OK ? function(leg, context, error) : result;
		}
	}
	return result;
}

/* ---- What it does ---- */

static ecoq_result set_up_leg(ecoq_channel *leg, void *context, ecoq_error *error)
{
	(void) context;
	return leg->ops->setup(leg->transport, error);
}

static ecoq_result outbox_setup(ecoq_transport *transport, ecoq_error *error)
{
	return each_leg(transport, set_up_leg, NULL, error);
}

/* What a worker has in hand of its own, to be sent right after its commit, is not the outbox's business. */
static ecoq_result count_leg(ecoq_channel *leg, void *context, ecoq_error *error)
{
	ecoq_queue_stats *sum = context, stats = {0};
	ecoq_result result = leg->ops->stats(leg->transport, &stats, error);
	if (result == ECOQ_OK) {
		sum->ready += stats.ready;
		sum->delayed += stats.delayed;
		sum->reserved += leg->relay_to->is_outbox ? stats.reserved : 0;
	}
	return result;
}

static ecoq_result outbox_stats(ecoq_transport *transport, ecoq_queue_stats *stats, ecoq_error *error)
{
	*stats = (ecoq_queue_stats){.exact = true};
	return each_leg(transport, count_leg, stats, error);
}

static ecoq_result purge_leg(ecoq_channel *leg, void *context, ecoq_error *error)
{
	size_t removed = 0;
	ecoq_result result = leg->ops->purge(leg->transport, &removed, error);
	*(size_t *) context += removed;
	return result;
}

static ecoq_result outbox_purge(ecoq_transport *transport, size_t *removed, ecoq_error *error)
{
	*removed = 0;
	return each_leg(transport, purge_leg, removed, error);
}

/* ---- What it does not ---- */

static ecoq_result refuse_to_send(ecoq_transport *transport, const ecoq_outgoing *messages, size_t count, ecoq_error *error)
{
	(void) transport, (void) messages, (void) count;
	return ecoq_fail(error, ECOQ_INVALID, "messages come into the outbox by being sent to an OutboxChannel; send to that channel");
}

static ecoq_result refuse_to_reserve(ecoq_transport *transport, const ecoq_reservation *request, ecoq_delivery *deliveries, size_t *count,
	int64_t *next_due, ecoq_error *error)
{
	(void) transport, (void) request, (void) deliveries, (void) count, (void) next_due;
	return ecoq_fail(error, ECOQ_INVALID, "messages of the outbox are relayed, not received: run worker('outbox'), or on the command line \"consume outbox\"");
}

static ecoq_result settle_nothing(ecoq_transport *transport, ecoq_settlement *settlements, size_t count, ecoq_error *error)
{
	(void) transport, (void) settlements;
	return count ? ecoq_fail(error, ECOQ_INVALID, "the outbox has no deliveries") : ECOQ_OK;
}

static ecoq_result hand_nothing_back(ecoq_transport *transport, ecoq_delivery *const *deliveries, size_t count, ecoq_error *error)
{
	(void) transport, (void) deliveries;
	return count ? ecoq_fail(error, ECOQ_INVALID, "the outbox has no deliveries") : ECOQ_OK;
}

static void release_nothing(ecoq_transport *transport, ecoq_delivery *delivery)
{
	(void) transport, (void) delivery;
}

static ecoq_result not_mine(ecoq_transport *transport, const ecoq_delivery *delivery, ecoq_error *error)
{
	(void) transport, (void) delivery;
	return ecoq_fail(error, ECOQ_LOST, "the outbox has no deliveries");
}

/* ---- Making it ---- */

/* Opened by its own channel it is there already; the dead letter queue beside it is nothing at all. */
static ecoq_result outbox_open(const ecoq_transport_config *config, ecoq_transport **out, ecoq_error *error)
{
	(void) config, (void) error;
	outbox_transport *self = ecalloc(1, sizeof(*self));
	self->base.ops = &outbox_ops;
	*out = &self->base;
	return ECOQ_OK;
}

static void outbox_close(ecoq_transport *transport)
{
	outbox_transport *self = self_of(transport);
	for (size_t i = 0; i < self->count; i++) {
		ecoq_channel_release(self->channels[i]);
	}
	if (self->channels) {
		efree(self->channels);
	}
	efree(self);
}

static const ecoq_option_spec no_options[] = {{NULL, NULL}};

static const ecoq_transport_ops outbox_ops = {
	.name = "outbox",
	.schemes = (const char *const[]){NULL},
	.options = no_options,
	.capabilities = ECOQ_CAN_DELAY | ECOQ_CAN_PRIORITY | ECOQ_CAN_GROUP | ECOQ_IS_DURABLE,
	.open = outbox_open,
	.close = outbox_close,
	.setup = outbox_setup,
	.send = refuse_to_send,
	.reserve = refuse_to_reserve,
	.settle = settle_nothing,
	.hand_back = hand_nothing_back,
	.release = release_nothing,
	.still_mine = not_mine,
	.stats = outbox_stats,
	.purge = outbox_purge,
};

static void add_channels(outbox_transport *self, HashTable *channels, bool outbox_channels)
{
	ecoq_channel *channel;
	ZEND_HASH_FOREACH_PTR(channels, channel) {
		if (channel->is_outbox == outbox_channels) {
			ecoq_channel_addref(channel);
			self->channels[self->count++] = channel;
		}
	}
	ZEND_HASH_FOREACH_END();
}

ecoq_channel *ecoq_outbox_create(HashTable *channels)
{
	ecoq_channel *channel = ecalloc(1, sizeof(*channel));
	outbox_transport *self = ecalloc(1, sizeof(*self));
	self->base.ops = channel->ops = &outbox_ops;
	self->channels = safe_emalloc(zend_hash_num_elements(channels) + 1, sizeof(*self->channels), 0);
	add_channels(self, channels, true);
	self->outbox_count = self->count;
	add_channels(self, channels, false);
	channel->refcount = 1;
	channel->name = zend_string_init(ZEND_STRL(ECOQ_OUTBOX_NAME), false);
	channel->queue = zend_string_copy(channel->name);
	channel->dead_letter_queue = zend_string_init(ZEND_STRL(ECOQ_OUTBOX_NAME ".dlq"), false);
	channel->retry = ECOQ_BACKOFF_DEFAULT;
	channel->limits = ECOQ_ENVELOPE_LIMITS;
	channel->max_delay_ms = INT64_MAX;
	channel->transport = &self->base;
	ZVAL_UNDEF(&channel->retry_only);
	ZVAL_UNDEF(&channel->retry_never);
	ZVAL_UNDEF(&channel->native);
	ZVAL_UNDEF(&channel->options_storage);
	return channel;
}

bool ecoq_outbox_is(const ecoq_channel *channel)
{
	return channel->ops == &outbox_ops;
}

bool ecoq_outbox_has_channels(const ecoq_channel *outbox)
{
	return outbox && self_of(outbox->transport)->outbox_count > 0;
}

bool ecoq_outbox_check(HashTable *channels, const ecoq_database *database)
{
	ecoq_channel *channel, *own = zend_hash_str_find_ptr(channels, ZEND_STRL(ECOQ_OUTBOX_NAME));
	ZEND_HASH_FOREACH_PTR(channels, channel) {
		if (channel->is_outbox && !database) {
			ecoq_throw_configuration("channel \"%s\" is an OutboxChannel: its messages are kept in the application's database until they are relayed; add database: (a \\PDO, or a callable that returns one) to the constructor of Ecoq\\Messaging",
				ZSTR_VAL(channel->name));
			return false;
		}
		if (channel->is_outbox && own) {
			ecoq_throw_configuration("channel \"" ECOQ_OUTBOX_NAME "\": the name stands for what OutboxChannels keep (channel \"%s\" is one): give this channel another name", ZSTR_VAL(channel->name));
			return false;
		}
	}
	ZEND_HASH_FOREACH_END();
	return true;
}
