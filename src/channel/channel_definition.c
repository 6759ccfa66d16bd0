#include "channel/channel_definition.h"

#include "channel/channel_options.h"
#include "channel/outbox.h"
#include "php/bytes.h"
#include "php/exceptions.h"
#include "transport/pdo/dialect.h"
#include "transport/userland.h"

/* PDO::ATTR_DRIVER_NAME; the module is not linked to PDO. */
#define PDO_ATTRIBUTE_DRIVER_NAME 16

static zend_class_entry *pdo_class(void)
{
	return zend_hash_str_find_ptr(CG(class_table), ZEND_STRL("pdo"));
}

bool ecoq_is_pdo(const zval *value)
{
	zend_class_entry *pdo = Z_TYPE_P(value) == IS_OBJECT ? pdo_class() : NULL;
	return pdo && instanceof_function(Z_OBJCE_P(value), pdo);
}

/* ---- Transports ----------------------------------------------------------------------------------------------------------------- */

/* "memory, sqlite": the schemes of all compiled-in transports. */
static zend_string *known_schemes(void)
{
	smart_str list = {0};
	for (const ecoq_transport_ops *const *ops = ecoq_transports(); *ops; ops++) {
		for (const char *const *scheme = (*ops)->schemes; *scheme; scheme++) {
			smart_str_appends(&list, list.s ? ", " : "");
			smart_str_appends(&list, *scheme);
		}
	}
	smart_str_0(&list);
	return list.s ? list.s : zend_string_init("none", 4, 0);
}

typedef struct known_broker {
	const char *scheme, *name;
	const char *advice; /* what a build with its transport needs */
} known_broker;

/* The broker that a scheme is commonly written for, or NULL. */
static const known_broker *broker_of_scheme(ecoq_bytes scheme)
{
	static const char hiredis[] = "; install hiredis (Debian: libhiredis-dev) and build ecoq again";
	static const char librabbitmq[] = "; install librabbitmq (Debian: librabbitmq-dev) and build ecoq again";
	static const known_broker brokers[] = {
		{"redis", "Redis", hiredis},
		{"rediss", "Redis", hiredis},
		{"amqp", "RabbitMQ", librabbitmq},
		{"amqps", "RabbitMQ", librabbitmq},
		{"sqs", "SQS", ""},
		{"kafka", "Kafka", ""},
		{"pgsql", "PostgreSQL", ""},
		{"postgres", "PostgreSQL", ""},
		{"postgresql", "PostgreSQL", ""},
		{"mysql", "MySQL", ""},
		{"mariadb", "MariaDB", ""},
	};
	for (size_t i = 0; i < sizeof(brokers) / sizeof(brokers[0]); i++) {
		if (ecoq_bytes_equal(scheme, (ecoq_bytes){brokers[i].scheme, strlen(brokers[i].scheme)})) {
			return &brokers[i];
		}
	}
	return NULL;
}

static void throw_no_transport(const zend_string *channel, ecoq_bytes scheme)
{
	zend_string *known = known_schemes();
	const known_broker *broker = broker_of_scheme(scheme);
	if (broker) {
		ecoq_throw_configuration("channel \"%s\": this build of ecoq has no transport for %s (scheme \"%.*s\")%s; schemes it has: %s", ZSTR_VAL(channel), broker->name,
			(int) scheme.size, scheme.data, broker->advice, ZSTR_VAL(known));
	} else {
		ecoq_throw_configuration("channel \"%s\": unknown scheme \"%.*s\"; known schemes: %s", ZSTR_VAL(channel),
			(int) scheme.size, scheme.data,
			ZSTR_VAL(known));
	}
	zend_string_release(known);
}

static bool take_dsn(ecoq_channel *channel, zend_string *text)
{
	ecoq_error error;
	ecoq_result result = ecoq_dsn_parse((ecoq_bytes){ZSTR_VAL(text), ZSTR_LEN(text)}, &channel->dsn, &error);
	if (result != ECOQ_OK) {
		ecoq_throw_error(result, &error, "channel \"%s\"", ZSTR_VAL(channel->name));
		return false;
	}
	channel->dsn_text = zend_string_copy(text);
	channel->ops = ecoq_transport_by_scheme(channel->dsn.scheme);
	if (!channel->ops) {
		throw_no_transport(channel->name, channel->dsn.scheme);
		return false;
	}
	return true;
}

/* Asks a \PDO for its driver, by the base class's method: a subclass may have its own. NULL with an exception pending. */
static zend_string *pdo_driver(const zend_string *channel, zend_object *pdo)
{
	zend_function *method = zend_hash_str_find_ptr(&pdo_class()->function_table, ZEND_STRL("getattribute"));
	zval attribute, driver;
	ZVAL_LONG(&attribute, PDO_ATTRIBUTE_DRIVER_NAME);
	ZVAL_UNDEF(&driver);
	zend_call_known_function(method, pdo, pdo->ce, &driver, 1, &attribute, NULL);
	if (!EG(exception) && Z_TYPE(driver) == IS_STRING) {
		return Z_STR(driver);
	}
	zval_ptr_dtor(&driver);
	ecoq_throw_configuration("channel \"%s\": the given %s does not tell its driver; was its constructor called?",
		ZSTR_VAL(channel), ZSTR_VAL(pdo->ce->name));
	return NULL;
}

static bool take_pdo(ecoq_channel *channel, zval *pdo)
{
	zend_string *driver = pdo_driver(channel->name, Z_OBJ_P(pdo));
	if (!driver) {
		return false;
	}
	if (ecoq_pdo_dialect_of_driver(ZSTR_VAL(driver))) {
		channel->ops = &ecoq_pdo_transport;
		ZVAL_COPY(&channel->native, pdo);
	} else {
		smart_str drivers = {0};
		for (const char *const *scheme = ecoq_pdo_transport.schemes; *scheme; scheme++) {
			if (ecoq_pdo_dialect_of_driver(*scheme)) {
				smart_str_appends(&drivers, drivers.s ? ", " : "");
				smart_str_appends(&drivers, *scheme);
			}
		}
		smart_str_0(&drivers);
		ecoq_throw_configuration("channel \"%s\": a \\PDO with the driver \"%s\" cannot be a channel in this build of ecoq; drivers it knows: %s",
			ZSTR_VAL(channel->name), ZSTR_VAL(driver), ZSTR_VAL(drivers.s));
		smart_str_free(&drivers);
	}
	zend_string_release(driver);
	return channel->ops != NULL;
}

static bool take_transport(ecoq_channel *channel, zval *transport)
{
	if (Z_TYPE_P(transport) == IS_STRING) {
		return take_dsn(channel, Z_STR_P(transport));
	}
	if (ecoq_is_pdo(transport)) {
		return take_pdo(channel, transport);
	}
	if (Z_TYPE_P(transport) == IS_OBJECT && instanceof_function(Z_OBJCE_P(transport), ecoq_ce_Transport)) {
		channel->ops = &ecoq_userland_transport;
		ZVAL_COPY(&channel->native, transport);
		return true;
	}
	ecoq_throw_configuration("channel \"%s\": expected a DSN string, a \\PDO, an Ecoq\\Transport or an Ecoq\\Channel, got %s", ZSTR_VAL(channel->name),
		Z_TYPE_P(transport) == IS_OBJECT ? ZSTR_VAL(Z_OBJCE_P(transport)->name) : zend_zval_type_name(transport));
	return false;
}

/* ---- Settings ------------------------------------------------------------------------------------------------------------------- */

static HashTable *table_of(const zval *array)
{
	return Z_TYPE_P(array) == IS_ARRAY ? Z_ARRVAL_P(array) : NULL;
}

static void apply(ecoq_channel *channel, const ecoq_channel_settings *settings)
{
	ecoq_bytes queue = settings->queue;
	if (!queue.size && channel->dsn_text && channel->ops->queue_of_dsn) {
		queue = channel->ops->queue_of_dsn(&channel->dsn);
	}
	if (!queue.size) {
		queue = (ecoq_bytes){ZSTR_VAL(channel->name), ZSTR_LEN(channel->name)};
	}
	channel->queue = zend_string_concat2(settings->prefix.size ? settings->prefix.data : "", settings->prefix.size,
		queue.data, queue.size);
	channel->prefix_size = settings->prefix.size;
	channel->dead_letter_queue = zend_string_concat2(ZSTR_VAL(channel->queue), ZSTR_LEN(channel->queue), ZEND_STRL(".dlq"));
	channel->retry = settings->retry;
	ZVAL_COPY_VALUE(&channel->retry_only, &settings->retry_only);
	ZVAL_COPY_VALUE(&channel->retry_never, &settings->retry_never);
	channel->dead_letter_place = (ecoq_dead_letter_place) settings->dead_letter;
	channel->error_channel = settings->error_channel.size ? ecoq_string_of(settings->error_channel) : NULL;
	channel->in_transaction = (ecoq_in_transaction) settings->in_transaction;
	channel->timeout_ms = settings->timeout_ms;
	channel->max_delay_ms = settings->max_delay_ms;
	channel->unknown = (ecoq_unknown_policy) settings->unknown;
	channel->acknowledge_each = settings->acknowledge_each != 0;
	channel->group_passes = settings->group_passes != 0;
	channel->limits = (ecoq_envelope_limits){(size_t) settings->max_body, (uint32_t) settings->max_depth,
		(uint32_t) settings->max_headers};
	channel->options = settings->transport_options;
	channel->option_count = settings->transport_option_count;
	if (channel->ops->with_options) {
		channel->ops = channel->ops->with_options(channel->options, channel->option_count);
	}
}

/* The transport's options point into the DSN, which the channel owns, and into `options:`, which it keeps for that. */
static bool take_settings(ecoq_channel *channel, ecoq_channel_definition *definition)
{
	ecoq_channel_settings settings;
	ecoq_channel_sources sources = {.channel = channel->name, .dsn = channel->dsn_text ? &channel->dsn : NULL, .ops = channel->ops};
	if (definition) {
		sources.retry = Z_TYPE(definition->retry) == IS_OBJECT ? Z_OBJ(definition->retry) : NULL;
		sources.arguments = table_of(&definition->arguments);
		sources.options = table_of(&definition->options);
	}
	if (!ecoq_channel_options_read(&sources, &settings)) {
		return false;
	}
	apply(channel, &settings);
	if (definition) {
		ZVAL_COPY(&channel->options_storage, &definition->options);
	}
	return true;
}

ecoq_channel *ecoq_channel_create(zend_string *name, zval *value)
{
	ZVAL_DEREF(value);
	ecoq_channel_definition *definition = NULL;
	zval *behind_outbox = ecoq_outbox_channel_inner(value);
	value = behind_outbox ? behind_outbox : value;
	if (Z_TYPE_P(value) == IS_OBJECT && Z_OBJCE_P(value) == ecoq_ce_Channel) {
		definition = ecoq_channel_definition_from_obj(Z_OBJ_P(value));
		value = &definition->transport;
	}
	ecoq_channel *channel = ecalloc(1, sizeof(*channel));
	channel->refcount = 1;
	channel->name = zend_string_copy(name);
	channel->is_outbox = behind_outbox != NULL;
	ZVAL_UNDEF(&channel->native);
	ZVAL_UNDEF(&channel->options_storage);
	ZVAL_UNDEF(&channel->retry_only);
	ZVAL_UNDEF(&channel->retry_never);
	if (!take_transport(channel, value) || !take_settings(channel, definition)) {
		ecoq_channel_release(channel);
		return NULL;
	}
	return channel;
}
