#include "transport/amqp/settings.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define DAY_MS (24 * 3600 * 1000LL)
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

enum option_kind {
	OPTION_TEXT,
	OPTION_FLAG,
	OPTION_NUMBER,  /* int */
	OPTION_SECONDS, /* a length of time, int; 0 is always allowed */
	OPTION_MS       /* a length of time, int64_t */
};

typedef struct option_row {
	const char *name;
	enum option_kind kind;
	size_t offset;
	long long min, max, fallback; /* times in milliseconds */
} option_row;

#define FIELD(name) offsetof(ecoq_amqp_settings, name)

/* What needs no other option to be understood. */
static const option_row rows[] = {
	{"exchange", OPTION_TEXT, FIELD(exchange), .max = NAME_MAX_BYTES},
	{"exchange-type", OPTION_TEXT, FIELD(exchange_type), .max = NAME_MAX_BYTES},
	{"binding-keys", OPTION_TEXT, FIELD(binding_keys), .max = 4096},
	{"delay-prefix", OPTION_TEXT, FIELD(delay_prefix), .max = 128},
	{"connection-name", OPTION_TEXT, FIELD(connection_name), .max = 128},
	{"prefetch", OPTION_NUMBER, FIELD(prefetch), .min = 1, .max = 65535, .fallback = 512},
	{"frame-max", OPTION_NUMBER, FIELD(frame_max), .min = ECOQ_AMQP_FRAME_MIN, .max = 16 << 20, .fallback = 131072},
	{"heartbeat", OPTION_SECONDS, FIELD(heartbeat_s), .min = 1000, .max = 3600 * 1000, .fallback = 30 * 1000},
	{"keepalive", OPTION_SECONDS, FIELD(keepalive_s), .min = 1000, .max = DAY_MS, .fallback = 15 * 1000},
	{"connect-timeout", OPTION_MS, FIELD(connect_timeout_ms), .min = 1, .max = DAY_MS, .fallback = 3 * 1000},
	{"io-timeout", OPTION_MS, FIELD(timeout_ms), .min = 1, .max = DAY_MS, .fallback = 10 * 1000},
	{"confirm-timeout", OPTION_MS, FIELD(confirm_ms), .min = 1, .max = DAY_MS, .fallback = 30 * 1000},
	{"tls", OPTION_FLAG, FIELD(tls), .fallback = 0},
	{"tls-ca", OPTION_TEXT, FIELD(tls_ca), .max = 4096},
	{"tls-cert", OPTION_TEXT, FIELD(tls_certificate), .max = 4096},
	{"tls-key", OPTION_TEXT, FIELD(tls_key), .max = 4096},
	{"tls-verify", OPTION_FLAG, FIELD(tls_verify), .fallback = 1},
};
#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

typedef struct reader {
	const ecoq_transport_config *config;
	ecoq_amqp_settings *settings;
	ecoq_error *error;
} reader;

static ecoq_result no_memory(const reader *r)
{
	return ecoq_fail(r->error, ECOQ_NO_MEMORY, "Reading the DSN of channel \"%.*s\": out of memory", (int) r->config->channel.size, r->config->channel.data);
}

static bool find_option(const reader *r, const char *name, ecoq_bytes *value)
{
	const ecoq_bytes wanted = {name, strlen(name)};
	for (size_t i = 0; i < r->config->option_count; i++) {
		if (ecoq_bytes_equal(r->config->options[i].name, wanted)) {
			*value = r->config->options[i].value;
			return true;
		}
	}
	*value = ECOQ_NO_BYTES;
	return false;
}

static bool is_given(const reader *r, const char *name)
{
	ecoq_bytes value;
	return find_option(r, name, &value);
}

static ecoq_result copy_text(const reader *r, ecoq_bytes text, char **out)
{
	char *copy = malloc(text.size + 1);
	if (!copy) {
		return no_memory(r);
	}
	if (text.size) {
		memcpy(copy, text.data, text.size);
	}
	copy[text.size] = '\0';
	free(*out);
	*out = copy;
	return ECOQ_OK;
}

static ecoq_result copy_default(const reader *r, const char *text, char **out)
{
	return *out ? ECOQ_OK : copy_text(r, (ecoq_bytes){text, strlen(text)}, out);
}

/* ---- Options that stand for themselves ---- */

static ecoq_result read_text(const reader *r, const char *name, ecoq_bytes value, size_t max, char **out)
{
	if (!value.size) {
		return ecoq_fail(r->error, ECOQ_INVALID, "Option \"%s\" is empty; leave it out", name);
	}
	if (value.size > max) {
		return ecoq_fail(r->error, ECOQ_INVALID, "Option \"%s\": expected at most %zu bytes, got %zu", name, max, value.size);
	}
	if (memchr(value.data, '\0', value.size)) {
		return ecoq_fail(r->error, ECOQ_INVALID, "Option \"%s\" holds a byte of value 0", name);
	}
	return copy_text(r, value, out);
}

static ecoq_result read_time(const reader *r, const option_row *row, ecoq_bytes value, long long *out)
{
	ecoq_result result = ecoq_option_duration(row->name, value, out, r->error);
	bool may_be_none = row->kind == OPTION_SECONDS;
	if (result != ECOQ_OK || (*out == 0 && may_be_none) || (*out >= row->min && *out <= row->max)) {
		return result;
	}
	return ecoq_fail(r->error, ECOQ_INVALID, "Option \"%s\": expected %s%lld%s to %lldh, got %lld ms; write 30s for seconds", row->name, may_be_none ? "0 (none) or " : "",
		row->min >= 1000 ? row->min / 1000 : row->min, row->min >= 1000 ? "s" : "ms", row->max / 3600000, *out);
}

static ecoq_result read_row(const reader *r, const option_row *row)
{
	void *field = (char *) r->settings + row->offset;
	ecoq_bytes value;
	long long number = row->fallback;
	bool given = find_option(r, row->name, &value);
	ecoq_result result = ECOQ_OK;
	switch (row->kind) {
		case OPTION_TEXT:
			return given ? read_text(r, row->name, value, (size_t) row->max, field) : ECOQ_OK;
		case OPTION_FLAG:
			*(bool *) field = row->fallback;
			return given ? ecoq_option_bool(row->name, value, field, r->error) : ECOQ_OK;
		case OPTION_NUMBER:
			result = given ? ecoq_option_int(row->name, value, row->min, row->max, &number, r->error) : ECOQ_OK;
			*(int *) field = (int) number;
			return result;
		case OPTION_SECONDS:
			result = given ? read_time(r, row, value, &number) : ECOQ_OK;
			*(int *) field = (int) (number / 1000);
			return result;
		case OPTION_MS:
			result = given ? read_time(r, row, value, &number) : ECOQ_OK;
			*(int64_t *) field = number;
			return result;
	}
	return result;
}

static ecoq_result read_rows(const reader *r)
{
	for (size_t i = 0; i < ROW_COUNT; i++) {
		ecoq_result result = read_row(r, &rows[i]);
		if (result != ECOQ_OK) {
			return result;
		}
	}
	return ECOQ_OK;
}

/* ---- Hosts ---- */

static ecoq_result read_host(const reader *r, ecoq_bytes host, int port)
{
	ecoq_amqp_settings *settings = r->settings;
	ecoq_amqp_address *address = &settings->addresses[settings->address_count];
	if (host.data[0] == '[') {
		host = (ecoq_bytes){host.data + 1, host.size - 2};
	}
	address->port = port ? port : settings->tls ? ECOQ_AMQPS_PORT
												: ECOQ_AMQP_PORT;
	ecoq_result result = copy_text(r, host, &address->host);
	settings->address_count += result == ECOQ_OK;
	return result;
}

static ecoq_result read_hosts(const reader *r)
{
	const ecoq_dsn *dsn = r->config->dsn;
	ecoq_bytes rest = dsn->hosts, host;
	size_t count = 1;
	int port;
	if (!dsn->is_url || !dsn->hosts.size) {
		return ecoq_fail(r->error, ECOQ_INVALID, "A DSN of %.*s: names a host: %.*s://user:password@localhost/%%2f/orders", (int) dsn->scheme.size, dsn->scheme.data,
			(int) dsn->scheme.size, dsn->scheme.data);
	}
	for (size_t i = 0; i < rest.size; i++) {
		count += rest.data[i] == ',';
	}
	r->settings->addresses = calloc(count, sizeof(*r->settings->addresses));
	if (!r->settings->addresses) {
		return no_memory(r);
	}
	ecoq_result result = ECOQ_OK;
	while (result == ECOQ_OK && r->settings->address_count < count && ecoq_dsn_next_host(&rest, &host, &port)) {
		result = read_host(r, host, port);
	}
	return result;
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

static ecoq_result read_vhost_of_dsn(const reader *r)
{
	const ecoq_dsn *dsn = r->config->dsn;
	ecoq_bytes queue = ecoq_amqp_queue_of_dsn(dsn);
	size_t size = queue.data ? dsn->path.size - queue.size - 1 : dsn->path.size;
	return size ? copy_text(r, (ecoq_bytes){dsn->path.data, size}, &r->settings->vhost) : ECOQ_OK;
}

static ecoq_result read_vhost(const reader *r)
{
	ecoq_amqp_settings *settings = r->settings;
	char *variable = NULL;
	ecoq_bytes value;
	ecoq_result result = read_vhost_of_dsn(r);
	if (result == ECOQ_OK && find_option(r, "vhost", &value)) {
		result = read_text(r, "vhost", value, NAME_MAX_BYTES, &settings->vhost);
	}
	if (result == ECOQ_OK && find_option(r, "vhost-env", &value)) {
		result = read_text(r, "vhost-env", value, NAME_MAX_BYTES, &variable);
		const char *found = variable ? getenv(variable) : NULL;
		if (found && *found) {
			result = copy_text(r, (ecoq_bytes){found, strlen(found)}, &settings->vhost);
		}
		free(variable);
	}
	if (result == ECOQ_OK) {
		result = copy_default(r, "/", &settings->vhost);
	}
	if (result == ECOQ_OK && strlen(settings->vhost) > NAME_MAX_BYTES) {
		return ecoq_fail(r->error, ECOQ_INVALID, "The name of the virtual host has %zu bytes, at most %d are allowed", strlen(settings->vhost), NAME_MAX_BYTES);
	}
	return result;
}

/* ---- Login ---- */

static ecoq_result read_login_part(const reader *r, ecoq_bytes in_dsn, const char *name, char **out)
{
	ecoq_bytes value;
	if (!find_option(r, name, &value)) {
		return in_dsn.size ? copy_text(r, in_dsn, out) : ECOQ_OK;
	}
	if (in_dsn.size) {
		return ecoq_fail(r->error, ECOQ_INVALID, "Option \"%s\": the DSN has one before the @ as well; keep one of them", name);
	}
	return read_text(r, name, value, 4096, out);
}

static ecoq_result check_login(const reader *r)
{
	const ecoq_amqp_settings *settings = r->settings;
	if (settings->external) {
		if (!settings->tls || !settings->tls_certificate) {
			return ecoq_fail(r->error, ECOQ_INVALID, "Option \"sasl\": external means that a certificate is the login; it needs amqps:// and the options \"tls-cert\" and \"tls-key\"");
		}
		return settings->password ? ecoq_fail(r->error, ECOQ_INVALID, "Option \"sasl\": with external there is no password; leave it out") : ECOQ_OK;
	}
	if (!settings->user != !settings->password) {
		return ecoq_fail(r->error, ECOQ_INVALID, "The DSN has a %s; expected both: amqp://user:password@host", settings->user ? "user without a password" : "password without a user");
	}
	return ECOQ_OK;
}

static ecoq_result read_login(const reader *r)
{
	ecoq_amqp_settings *settings = r->settings;
	ecoq_bytes value;
	ecoq_result result = read_login_part(r, r->config->dsn->user, "user", &settings->user);
	if (result == ECOQ_OK) {
		result = read_login_part(r, r->config->dsn->password, "password", &settings->password);
	}
	if (result == ECOQ_OK && find_option(r, "sasl", &value)) {
		settings->external = ecoq_bytes_equal(value, ECOQ_BYTES("external"));
		if (!settings->external && !ecoq_bytes_equal(value, ECOQ_BYTES("plain"))) {
			return ecoq_fail(r->error, ECOQ_INVALID, "Option \"sasl\": expected plain or external");
		}
	}
	if (result == ECOQ_OK) {
		result = check_login(r);
	}
	if (result == ECOQ_OK && !settings->external) {
		result = copy_default(r, "guest", &settings->user);
	}
	if (result == ECOQ_OK && !settings->external) {
		result = copy_default(r, "guest", &settings->password);
	}
	return result;
}

/* ---- What options say together ---- */

static ecoq_result read_queue_type(const reader *r)
{
	ecoq_bytes type, value;
	bool interop = false;
	bool has_type = find_option(r, "queue-type", &type);
	if (find_option(r, "interop", &value)) {
		ecoq_result result = ecoq_option_bool("interop", value, &interop, r->error);
		if (result != ECOQ_OK) {
			return result;
		}
	}
	if (has_type && !ecoq_bytes_equal(type, ECOQ_BYTES("quorum")) && !ecoq_bytes_equal(type, ECOQ_BYTES("classic"))) {
		return ecoq_fail(r->error, ECOQ_INVALID, "Option \"queue-type\": expected quorum or classic");
	}
	if (has_type && interop && !ecoq_bytes_equal(type, ECOQ_BYTES("classic"))) {
		return ecoq_fail(r->error, ECOQ_INVALID, "Option \"queue-type\": interop=1 creates the queue without any argument, so that the broker decides on its type (classic as a rule); leave one of them out");
	}
	r->settings->queue_type = interop ? ECOQ_AMQP_INTEROP : has_type && ecoq_bytes_equal(type, ECOQ_BYTES("classic")) ? ECOQ_AMQP_CLASSIC
																													  : ECOQ_AMQP_QUORUM;
	return ECOQ_OK;
}

static ecoq_result read_exchange(const reader *r)
{
	static const char *const names[] = {"exchange-type", "binding-keys"};
	for (size_t i = 0; !r->settings->exchange && i < sizeof(names) / sizeof(names[0]); i++) {
		if (is_given(r, names[i])) {
			return ecoq_fail(r->error, ECOQ_INVALID, "Option \"%s\" is about the exchange; add \"exchange\" with its name, or leave it out", names[i]);
		}
	}
	ecoq_result result = copy_default(r, "direct", &r->settings->exchange_type);
	return result;
}

/* Delays have one set of exchanges and queues per virtual host and prefix. */
static ecoq_result read_names(const reader *r)
{
	static const char usual[] = "ecoq.delay";
	ecoq_amqp_settings *settings = r->settings;
	if (!settings->connection_name && r->config->service.size) {
		ecoq_result result = copy_text(r, r->config->service, &settings->connection_name);
		if (result != ECOQ_OK) {
			return result;
		}
	}
	if (settings->delay_prefix) {
		return ECOQ_OK;
	}
	ecoq_buffer name = {0};
	if (!ecoq_buffer_append(&name, r->config->prefix.data, r->config->prefix.size) || !ecoq_buffer_append(&name, usual, sizeof(usual))) {
		ecoq_buffer_free(&name);
		return no_memory(r);
	}
	settings->delay_prefix = name.data;
	return ECOQ_OK;
}

static ecoq_result read_tls(const reader *r)
{
	static const char *const names[] = {"tls-ca", "tls-cert", "tls-key", "tls-verify"};
	ecoq_amqp_settings *settings = r->settings;
	bool by_scheme = ecoq_bytes_equal(r->config->dsn->scheme, ECOQ_BYTES("amqps"));
	if (by_scheme && is_given(r, "tls") && !settings->tls) {
		return ecoq_fail(r->error, ECOQ_INVALID, "Option \"tls\": the DSN's amqps:// means TLS; write amqp:// for none");
	}
	settings->tls = settings->tls || by_scheme;
	for (size_t i = 0; !settings->tls && i < sizeof(names) / sizeof(names[0]); i++) {
		if (is_given(r, names[i])) {
			return ecoq_fail(r->error, ECOQ_INVALID, "Option \"%s\" needs TLS: write amqps://, or add tls=yes", names[i]);
		}
	}
	if (!settings->tls_certificate != !settings->tls_key) {
		return ecoq_fail(r->error, ECOQ_INVALID, "Options \"tls-cert\" and \"tls-key\" go together; only one of them is given");
	}
	if (settings->tls_ca && !settings->tls_verify) {
		return ecoq_fail(r->error, ECOQ_INVALID, "Option \"tls-ca\": with tls-verify=no no certificate is looked at; leave out one of them");
	}
	return ECOQ_OK;
}

/* ---- What is made of them ---- */

/* "rabbit1:5672,[::1]:5672, virtual host \"/\"" */
static ecoq_result make_place(const reader *r)
{
	const ecoq_amqp_settings *settings = r->settings;
	ecoq_buffer text = {0};
	bool stored = true;
	for (size_t i = 0; stored && i < settings->address_count; i++) {
		const ecoq_amqp_address *address = &settings->addresses[i];
		bool is_v6 = strchr(address->host, ':') != NULL;
		stored = ecoq_buffer_append_text(&text, i ? "," : "") && ecoq_buffer_append_text(&text, is_v6 ? "[" : "")
			&& ecoq_buffer_append_text(&text, address->host) && ecoq_buffer_append_text(&text, is_v6 ? "]:" : ":")
			&& ecoq_buffer_append_int(&text, address->port);
	}
	stored = stored && ecoq_buffer_append_text(&text, ", virtual host \"") && ecoq_buffer_append_text(&text, settings->vhost)
		&& ecoq_buffer_append(&text, "\"", 2);
	if (!stored) {
		ecoq_buffer_free(&text);
		return no_memory(r);
	}
	r->settings->place = text.data;
	return ECOQ_OK;
}

/* Parts tell their size, so that no two lists of parts give one text. */
static bool add_part(ecoq_buffer *identity, const char *text)
{
	return ecoq_buffer_append_int(identity, text ? (long long) strlen(text) : -1) && ecoq_buffer_append_text(identity, ":")
		&& ecoq_buffer_append_text(identity, text ? text : "");
}

static bool add_number(ecoq_buffer *identity, long long number)
{
	return ecoq_buffer_append_int(identity, number) && ecoq_buffer_append_text(identity, ",");
}

/* Also what is declared through a connection is part of it. */
static ecoq_result make_identity(const reader *r)
{
	ecoq_amqp_settings *s = r->settings;
	const char *const texts[] = {s->user, s->password, s->vhost, s->tls_ca, s->tls_certificate, s->tls_key, s->exchange, s->exchange_type,
		s->binding_keys, s->delay_prefix, s->connection_name};
	const long long numbers[] = {s->external, s->tls, s->tls_verify, s->heartbeat_s, s->keepalive_s, s->connect_timeout_ms, s->timeout_ms,
		s->confirm_ms, s->queue_type, s->frame_max, (long long) s->address_count};
	ecoq_buffer identity = {0};
	bool stored = true;
	for (size_t i = 0; stored && i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		stored = add_number(&identity, numbers[i]);
	}
	for (size_t i = 0; stored && i < s->address_count; i++) {
		stored = add_part(&identity, s->addresses[i].host) && add_number(&identity, s->addresses[i].port);
	}
	for (size_t i = 0; stored && i < sizeof(texts) / sizeof(texts[0]); i++) {
		stored = add_part(&identity, texts[i]);
	}
	if (!stored || !ecoq_buffer_append(&identity, "", 1)) {
		ecoq_buffer_free(&identity);
		return no_memory(r);
	}
	s->identity = identity.data;
	return ECOQ_OK;
}

ecoq_result ecoq_amqp_settings_read(const ecoq_transport_config *config, ecoq_amqp_settings **out, ecoq_error *error)
{
	static ecoq_result (*const steps[])(const reader *) = {read_rows, read_tls, read_hosts, read_vhost, read_login, read_queue_type, read_exchange,
		read_names, make_place, make_identity};
	reader r = {.config = config, .settings = calloc(1, sizeof(*r.settings)), .error = error};
	if (!r.settings) {
		return no_memory(&r);
	}
	r.settings->references = 1;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		ecoq_result result = steps[i](&r);
		if (result != ECOQ_OK) {
			ecoq_amqp_settings_release(r.settings);
			return result;
		}
	}
	*out = r.settings;
	return ECOQ_OK;
}

void ecoq_amqp_settings_addref(ecoq_amqp_settings *settings)
{
	__atomic_add_fetch(&settings->references, 1, __ATOMIC_RELAXED);
}

/* A secret does not stay in freed memory. */
static void free_secret(char *text)
{
	if (text) {
		explicit_bzero(text, strlen(text));
		free(text);
	}
}

void ecoq_amqp_settings_release(ecoq_amqp_settings *settings)
{
	if (__atomic_sub_fetch(&settings->references, 1, __ATOMIC_ACQ_REL) > 0) {
		return;
	}
	for (size_t i = 0; i < settings->address_count; i++) {
		free(settings->addresses[i].host);
	}
	free(settings->addresses);
	char *const texts[] = {settings->place, settings->user, settings->vhost, settings->tls_ca, settings->tls_certificate, settings->tls_key,
		settings->exchange, settings->exchange_type, settings->binding_keys, settings->delay_prefix, settings->connection_name};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		free(texts[i]);
	}
	free_secret(settings->identity);
	free_secret(settings->password);
	free(settings);
}
