#include "transport/amqp/settings.h"

#include <stddef.h>
#include <stdlib.h>

#define NAME_MAX_BYTES 255 /* a short string of AMQP */

const ecoq_option_spec ecoq_amqp_options[] = {
	{"user", "login, when it is not in the DSN itself; default guest"},
	{"password", "password, when it is not in the DSN itself; default guest for the user guest"},
	{"vhost", "virtual host; goes before the one in the DSN"},
	{"vhost-env", "name of an environment variable with the virtual host, which goes before all others where it is set"},
	{"sasl", "plain or external (the client's certificate is the login), default plain"},
	{"queue-type", "quorum or classic: of the queues that ecoq creates, default quorum"},
	{"interop", "yes: create the queue without any argument, as other BabelQueue libraries do"},
	{"exchange", "exchange that messages are published to, default the broker's default exchange"},
	{"exchange-type", "direct, topic, fanout, headers or a plugin's: of an exchange that ecoq creates, default direct"},
	{"binding-keys", "routing keys, separated by commas, that bind the queue to the exchange, default the queue's name"},
	{"delay-prefix", "what the names of the exchanges and queues for delays begin with, default ecoq.delay, behind the channel's prefix"},
	{"partitions", "queues that messages with a group: are spread over, each handled in order; the same for every process; default 0: no groups"},
	{"prefetch", "messages that the broker may push ahead, at most, default 512"},
	{"heartbeat", "time between signs of life, default 30s; 0: none"},
	{"keepalive", "time between TCP keepalive probes, default 15s; 0: none"},
	{"connect-timeout", "how long to try one host, default 3s"},
	{"io-timeout", "how long to wait for an answer, default 10s"},
	{"confirm-timeout", "how long to wait until the broker has taken what was sent, default 30s"},
	{"frame-max", "bytes of the largest frame, default 131072"},
	{"connection-name", "name in the broker's list of connections, before host and process id; default the service's name, or ecoq"},
	{"tls", "yes or no: TLS, the default for amqps:// only"},
	{"tls-ca", "file with the certificates (PEM) of authorities that are trusted, default the system's"},
	{"tls-cert", "file with the client's certificate (PEM)"},
	{"tls-key", "file with the client's private key (PEM)"},
	{"tls-verify", "yes or no: whether the broker's certificate must be valid for its host name, default yes"},
	{NULL, NULL},
};

#define FIELD(name) offsetof(ecoq_amqp_settings, name)

static const ecoq_network_option rows[] = {
	{"vhost", ECOQ_NETWORK_TEXT, FIELD(vhost), .max = NAME_MAX_BYTES},
	{"sasl", ECOQ_NETWORK_CHOICE, FIELD(external), .words = {"plain", "external"}},
	{"queue-type", ECOQ_NETWORK_CHOICE, FIELD(queue_type), .words = {"quorum", "classic"}},
	{"interop", ECOQ_NETWORK_FLAG, FIELD(interop), .fallback = 0},
	{"exchange", ECOQ_NETWORK_TEXT, FIELD(exchange), .max = NAME_MAX_BYTES},
	{"exchange-type", ECOQ_NETWORK_TEXT, FIELD(exchange_type), .max = NAME_MAX_BYTES},
	{"binding-keys", ECOQ_NETWORK_TEXT, FIELD(binding_keys), .max = 4096},
	{"delay-prefix", ECOQ_NETWORK_TEXT, FIELD(delay_prefix), .max = 128},
	{"connection-name", ECOQ_NETWORK_TEXT, FIELD(connection_name), .max = 128},
	{"partitions", ECOQ_NETWORK_NUMBER, FIELD(partitions), .max = ECOQ_AMQP_PARTITIONS_MOST, .is_queues = true},
	{"prefetch", ECOQ_NETWORK_NUMBER, FIELD(prefetch), .min = 1, .max = 65535, .fallback = 512, .is_queues = true},
	{"frame-max", ECOQ_NETWORK_NUMBER, FIELD(frame_max), .min = ECOQ_AMQP_FRAME_MIN, .max = 16 << 20, .fallback = 131072},
	{"heartbeat", ECOQ_NETWORK_SECONDS, FIELD(heartbeat_s), .min = 1000, .max = 3600 * 1000, .fallback = 30 * 1000},
	{"connect-timeout", ECOQ_NETWORK_MS, FIELD(network.connect_timeout_ms), .min = 1, .max = ECOQ_NETWORK_DAY_MS, .fallback = 3 * 1000},
	{"io-timeout", ECOQ_NETWORK_MS, FIELD(network.timeout_ms), .min = 1, .max = ECOQ_NETWORK_DAY_MS, .fallback = 10 * 1000},
	{"confirm-timeout", ECOQ_NETWORK_MS, FIELD(confirm_ms), .min = 1, .max = ECOQ_NETWORK_DAY_MS, .fallback = 30 * 1000},
	{.name = NULL},
};

static ecoq_amqp_settings *settings_of(const ecoq_network_reader *reader)
{
	return (ecoq_amqp_settings *) reader->settings;
}

static ecoq_result copy_default(const ecoq_network_reader *reader, const char *text, char **out)
{
	return *out ? ECOQ_OK : ecoq_network_copy(reader, (ecoq_bytes){text, strlen(text)}, out);
}

static ecoq_result read_addresses(const ecoq_network_reader *reader)
{
	return ecoq_network_read_hosts(reader, reader->settings->tls ? ECOQ_AMQPS_PORT : ECOQ_AMQP_PORT, "://user:password@localhost/%2f/orders");
}

/* ---- The path: vhost/queue ---- */

ecoq_bytes ecoq_amqp_queue_of_dsn(const ecoq_dsn *dsn)
{
	size_t size = 0; /* of the virtual host, decoded */
	if (!dsn->is_url) {
		return ECOQ_NO_BYTES;
	}
	for (size_t i = 0; i < dsn->raw_path.size && dsn->raw_path.data[i] != '/'; i++) {
		i += dsn->raw_path.data[i] == '%' ? 2 : 0;
		size++;
	}
	if (size >= dsn->path.size) {
		return ECOQ_NO_BYTES;
	}
	return (ecoq_bytes){dsn->path.data + size + 1, dsn->path.size - size - 1};
}

static ecoq_result read_vhost_of_dsn(const ecoq_network_reader *reader)
{
	const ecoq_dsn *dsn = reader->config->dsn;
	ecoq_bytes queue = ecoq_amqp_queue_of_dsn(dsn);
	size_t size = queue.data ? dsn->path.size - queue.size - 1 : dsn->path.size;
	return size ? ecoq_network_copy(reader, (ecoq_bytes){dsn->path.data, size}, &settings_of(reader)->vhost) : ECOQ_OK;
}

static ecoq_bytes environment_of(const ecoq_transport_config *config, const char *variable)
{
	if (config->environment) {
		return config->environment(variable);
	}
	const char *value = getenv(variable);
	return value ? (ecoq_bytes){value, strlen(value)} : ECOQ_NO_BYTES;
}

/* A variable that is set to nothing is not set. */
static ecoq_result read_vhost_of_environment(const ecoq_network_reader *reader, ecoq_bytes name)
{
	char *variable = NULL;
	ecoq_result result = ecoq_network_text_of(reader, "vhost-env", name, NAME_MAX_BYTES, &variable);
	ecoq_bytes found = result == ECOQ_OK ? environment_of(reader->config, variable) : ECOQ_NO_BYTES;
	if (found.size && memchr(found.data, '\0', found.size)) {
		result = ecoq_fail(reader->error, ECOQ_INVALID, "Option \"vhost-env\": the value of the environment variable \"%s\" holds a byte of value 0", variable);
	} else if (found.size) {
		result = ecoq_network_copy(reader, found, &settings_of(reader)->vhost);
	}
	free(variable);
	return result;
}

static ecoq_result read_vhost(const ecoq_network_reader *reader)
{
	ecoq_amqp_settings *settings = settings_of(reader);
	ecoq_bytes value;
	ecoq_result result = settings->vhost ? ECOQ_OK : read_vhost_of_dsn(reader);
	if (result == ECOQ_OK && ecoq_network_option_of(reader, "vhost-env", &value)) {
		result = read_vhost_of_environment(reader, value);
	}
	if (result == ECOQ_OK) {
		result = copy_default(reader, "/", &settings->vhost);
	}
	if (result == ECOQ_OK && strlen(settings->vhost) > NAME_MAX_BYTES) {
		return ecoq_fail(reader->error, ECOQ_INVALID, "The name of the virtual host has %zu bytes, at most %d are allowed", strlen(settings->vhost), NAME_MAX_BYTES);
	}
	return result;
}

/* ---- What options say together ---- */

static ecoq_result check_tls(const ecoq_network_reader *reader)
{
	const ecoq_network_settings *settings = reader->settings;
	if (settings->tls_ca && !settings->tls_verify) {
		return ecoq_fail(reader->error, ECOQ_INVALID, "Option \"tls-ca\": with tls-verify=no no certificate is looked at; leave out one of them");
	}
	return ECOQ_OK;
}

static ecoq_result read_login(const ecoq_network_reader *reader)
{
	ecoq_network_settings *settings = reader->settings;
	if (settings_of(reader)->external) {
		if (!settings->tls || !settings->tls_certificate) {
			return ecoq_fail(reader->error, ECOQ_INVALID, "Option \"sasl\": external means that a certificate is the login; it needs amqps:// and the options \"tls-cert\" and \"tls-key\"");
		}
		return settings->password ? ecoq_fail(reader->error, ECOQ_INVALID, "Option \"sasl\": with external there is no password; leave it out") : ECOQ_OK;
	}
	if (!settings->user != !settings->password) {
		return ecoq_fail(reader->error, ECOQ_INVALID, "The DSN has a %s; expected both: amqp://user:password@host", settings->user ? "user without a password" : "password without a user");
	}
	ecoq_result result = copy_default(reader, "guest", &settings->user);
	return result == ECOQ_OK ? copy_default(reader, "guest", &settings->password) : result;
}

static ecoq_result read_queue_type(const ecoq_network_reader *reader)
{
	ecoq_amqp_settings *settings = settings_of(reader);
	if (!settings->interop) {
		return ECOQ_OK;
	}
	if (settings->queue_type == ECOQ_AMQP_QUORUM && ecoq_network_option_of(reader, "queue-type", NULL)) {
		return ecoq_fail(reader->error, ECOQ_INVALID, "Option \"queue-type\": interop=1 creates the queue without any argument, so that the broker decides on its type (classic as a rule); leave one of them out");
	}
	settings->queue_type = ECOQ_AMQP_INTEROP;
	return ECOQ_OK;
}

static ecoq_result read_exchange(const ecoq_network_reader *reader)
{
	static const char *const names[] = {"exchange-type", "binding-keys"};
	ecoq_amqp_settings *settings = settings_of(reader);
	for (size_t i = 0; !settings->exchange && i < sizeof(names) / sizeof(names[0]); i++) {
		if (ecoq_network_option_of(reader, names[i], NULL)) {
			return ecoq_fail(reader->error, ECOQ_INVALID, "Option \"%s\" is about the exchange; add \"exchange\" with its name, or leave it out", names[i]);
		}
	}
	if (reader->config->is_for_dead_letters) {
		/* bound to it, a queue of dead letters would get what is published there */
		free(settings->exchange);
		settings->exchange = NULL;
	}
	return copy_default(reader, "direct", &settings->exchange_type);
}

/* Delays have one set of exchanges and queues per virtual host and prefix. */
static ecoq_result read_names(const ecoq_network_reader *reader)
{
	const ecoq_transport_config *config = reader->config;
	ecoq_amqp_settings *settings = settings_of(reader);
	ecoq_result result = ECOQ_OK;
	if (!settings->connection_name && config->service.size) {
		result = ecoq_network_copy(reader, config->service, &settings->connection_name);
	}
	if (result != ECOQ_OK || settings->delay_prefix) {
		return result;
	}
	ecoq_buffer name = {0};
	bool stored = ecoq_buffer_append(&name, config->prefix.data, config->prefix.size) && ecoq_buffer_append_text(&name, "ecoq.delay");
	return ecoq_network_keep(reader, &name, stored, &settings->delay_prefix);
}

/* "rabbit1:5672,[::1]:5672, virtual host \"/\"" */
static ecoq_result make_place(const ecoq_network_reader *reader)
{
	ecoq_buffer text = {0};
	bool stored = ecoq_network_add_hosts(reader->settings, &text) && ecoq_buffer_append_text(&text, ", virtual host \"")
		&& ecoq_buffer_append_text(&text, settings_of(reader)->vhost) && ecoq_buffer_append_text(&text, "\"");
	return ecoq_network_keep(reader, &text, stored, &reader->settings->place);
}

/* ---- All of it ---- */

/* What is declared through a connection is part of its identity, too. */
ecoq_result ecoq_amqp_settings_read(const ecoq_transport_config *config, ecoq_amqp_settings **out, ecoq_error *error)
{
	static ecoq_result (*const steps[])(const ecoq_network_reader *) = {
		check_tls, read_addresses, read_vhost, read_login, read_queue_type, read_exchange, read_names, make_place, NULL};
	static const ecoq_network_kind kind = {.size = sizeof(ecoq_amqp_settings), .plain = "amqp", .secure = "amqps", .options = rows, .steps = steps};
	ecoq_network_settings *settings = NULL;
	ecoq_result result = ecoq_network_read(&kind, config, &settings, error);
	*out = (ecoq_amqp_settings *) settings;
	return result;
}
