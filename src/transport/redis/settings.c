#include "transport/redis/settings.h"

#include <stdio.h>
#include <stdlib.h>

#define DATABASE_MAX 999999
#define DAY_MS (24 * 3600 * 1000LL)

const ecoq_option_spec ecoq_redis_options[] = {
	{"db", "number of the Redis database, default 0; also as the first part of the path: redis://localhost/3/orders"},
	{"user", "ACL user, when it is not in the DSN itself"},
	{"password", "password, when it is not in the DSN itself"},
	{"connect-timeout", "how long to try one address, default 2s"},
	{"io-timeout", "how long to wait for an answer, default 5s"},
	{"keepalive", "time between TCP keepalive probes, default 15s; 0: none"},
	{"wait", "number of replicas that must have a message before sending is over, default 0"},
	{"wait-timeout", "how long to wait for these replicas, default 1s"},
	{"tls", "yes or no: TLS, the default for rediss:// only"},
	{"tls-ca", "file with the certificates (PEM) of authorities that are trusted, default the system's"},
	{"tls-cert", "file with the client's certificate (PEM)"},
	{"tls-key", "file with the client's private key (PEM)"},
	{"tls-verify", "yes or no: whether the server's certificate must be valid for its host name, default yes"},
	{"master", "name of the master, for redis+sentinel://"},
	{"sentinel-user", "ACL user at the Sentinels"},
	{"sentinel-password", "password at the Sentinels"},
	{NULL, NULL},
};

typedef struct reader {
	const ecoq_transport_config *config;
	ecoq_redis_settings *settings;
	ecoq_error *error;
} reader;

static bool is_scheme(const ecoq_dsn *dsn, const char *scheme)
{
	return ecoq_bytes_equal(dsn->scheme, (ecoq_bytes){scheme, strlen(scheme)});
}

static bool is_socket(const ecoq_dsn *dsn)
{
	return is_scheme(dsn, "redis+unix");
}

static bool is_by_sentinel(const ecoq_dsn *dsn)
{
	return is_scheme(dsn, "redis+sentinel");
}

static ecoq_result no_memory(const reader *r)
{
	return ecoq_fail(r->error, ECOQ_NO_MEMORY, "Reading the DSN of channel \"%.*s\": out of memory", (int) r->config->channel.size, r->config->channel.data);
}

static ecoq_bytes option(const reader *r, const char *name, bool *given)
{
	ecoq_bytes wanted = {name, strlen(name)};
	for (size_t i = 0; i < r->config->option_count; i++) {
		if (ecoq_bytes_equal(r->config->options[i].name, wanted)) {
			*given = true;
			return r->config->options[i].value;
		}
	}
	*given = false;
	return ECOQ_NO_BYTES;
}

static ecoq_result copy(const reader *r, ecoq_bytes text, char **out)
{
	*out = malloc(text.size + 1);
	if (!*out) {
		return no_memory(r);
	}
	if (text.size) {
		memcpy(*out, text.data, text.size);
	}
	(*out)[text.size] = '\0';
	return ECOQ_OK;
}

/* ---- The path ---- */

/* Digits only: the number of a database. `rest` is what stands behind it. */
static bool split_database(ecoq_bytes path, ecoq_bytes *database, ecoq_bytes *rest)
{
	size_t size = 0;
	while (size < path.size && path.data[size] >= '0' && path.data[size] <= '9') {
		size++;
	}
	if (size == 0 || (size < path.size && path.data[size] != '/')) {
		*database = ECOQ_NO_BYTES;
		*rest = path;
		return false;
	}
	size_t behind = size < path.size ? size + 1 : size;
	*database = (ecoq_bytes){path.data, size};
	*rest = (ecoq_bytes){path.data + behind, path.size - behind};
	return true;
}

ecoq_bytes ecoq_redis_queue_of_dsn(const ecoq_dsn *dsn)
{
	ecoq_bytes database, rest;
	if (!dsn->is_url || is_socket(dsn)) {
		return ECOQ_NO_BYTES;
	}
	split_database(dsn->path, &database, &rest);
	return rest;
}

static ecoq_result read_database(const reader *r)
{
	const ecoq_dsn *dsn = r->config->dsn;
	ecoq_bytes in_path = ECOQ_NO_BYTES, rest;
	bool given;
	ecoq_bytes in_option = option(r, "db", &given);
	long long number = 0;
	ecoq_result result = ECOQ_OK;
	if (!is_socket(dsn) && split_database(dsn->path, &in_path, &rest)) {
		if (given) {
			return ecoq_fail(r->error, ECOQ_INVALID,
				"Option \"db\": the path of the DSN begins with the number of a database as well; keep one of them (a queue whose name is a number goes into the option \"queue\")");
		}
		result = ecoq_option_int("db", in_path, 0, DATABASE_MAX, &number, r->error);
	} else if (given) {
		result = ecoq_option_int("db", in_option, 0, DATABASE_MAX, &number, r->error);
	}
	r->settings->database = (int) number;
	return result;
}

/* ---- Addresses ---- */

static ecoq_result read_socket(const reader *r)
{
	const ecoq_dsn *dsn = r->config->dsn;
	if (!dsn->is_url || dsn->hosts.size || !dsn->path.size) {
		return ecoq_fail(
			r->error, ECOQ_INVALID, "A DSN of redis+unix: names the path of a socket behind three slashes: redis+unix:///run/redis/redis.sock?queue=orders");
	}
	char *path = malloc(dsn->path.size + 2);
	r->settings->seeds = calloc(1, sizeof(*r->settings->seeds));
	if (!path || !r->settings->seeds) {
		free(path);
		return no_memory(r);
	}
	path[0] = '/';
	memcpy(path + 1, dsn->path.data, dsn->path.size);
	path[dsn->path.size + 1] = '\0';
	r->settings->seeds[0].host = path;
	r->settings->seed_count = 1;
	return ECOQ_OK;
}

static ecoq_bytes without_brackets(ecoq_bytes host)
{
	return host.data[0] == '[' ? (ecoq_bytes){host.data + 1, host.size - 2} : host;
}

static ecoq_result read_hosts(const reader *r)
{
	const ecoq_dsn *dsn = r->config->dsn;
	ecoq_redis_settings *settings = r->settings;
	ecoq_bytes rest = dsn->hosts, host;
	size_t count = 1;
	int port, default_port = is_by_sentinel(dsn) ? ECOQ_REDIS_SENTINEL_PORT : ECOQ_REDIS_PORT;
	if (!dsn->is_url || !dsn->hosts.size) {
		return ecoq_fail(r->error, ECOQ_INVALID, "A DSN of %.*s: names a host: %.*s://localhost/%s; for a socket write redis+unix:///path/of/socket",
			(int) dsn->scheme.size, dsn->scheme.data, (int) dsn->scheme.size, dsn->scheme.data, is_by_sentinel(dsn) ? "orders?master=mymaster" : "orders");
	}
	for (size_t i = 0; i < rest.size; i++) {
		count += rest.data[i] == ',';
	}
	settings->seeds = calloc(count, sizeof(*settings->seeds));
	if (!settings->seeds) {
		return no_memory(r);
	}
	while (settings->seed_count < count && ecoq_dsn_next_host(&rest, &host, &port)) {
		ecoq_redis_address *seed = &settings->seeds[settings->seed_count];
		seed->port = port ? port : default_port;
		if (copy(r, without_brackets(host), &seed->host) != ECOQ_OK) {
			return ECOQ_NO_MEMORY;
		}
		settings->seed_count++;
	}
	return ECOQ_OK;
}

static ecoq_result read_addresses(const reader *r)
{
	return is_socket(r->config->dsn) ? read_socket(r) : read_hosts(r);
}

static ecoq_result read_place(const reader *r)
{
	const ecoq_redis_settings *settings = r->settings;
	ecoq_buffer text = {0};
	bool stored = true;
	if (settings->master) {
		stored = ecoq_buffer_append_text(&text, settings->master) && ecoq_buffer_append_text(&text, " of Sentinel ");
	}
	for (size_t i = 0; stored && i < settings->seed_count; i++) {
		const ecoq_redis_address *seed = &settings->seeds[i];
		bool is_v6 = seed->port && strchr(seed->host, ':');
		stored = ecoq_buffer_append_text(&text, i ? "," : "") && ecoq_buffer_append_text(&text, is_v6 ? "[" : "") && ecoq_buffer_append_text(&text, seed->host)
			&& ecoq_buffer_append_text(&text, is_v6 ? "]" : "");
		if (stored && seed->port) {
			stored = ecoq_buffer_append_text(&text, ":") && ecoq_buffer_append_int(&text, seed->port);
		}
	}
	if (!stored || !ecoq_buffer_append(&text, "", 1)) {
		ecoq_buffer_free(&text);
		return no_memory(r);
	}
	r->settings->place = text.data;
	return ECOQ_OK;
}

/* ---- Options ---- */

/* An option's text, if it is there; an empty one is refused. */
static ecoq_result read_text(const reader *r, const char *name, char **out)
{
	bool given;
	ecoq_bytes value = option(r, name, &given);
	if (!given) {
		return ECOQ_OK;
	}
	if (!value.size) {
		return ecoq_fail(r->error, ECOQ_INVALID, "Option \"%s\" is empty; leave it out", name);
	}
	return copy(r, value, out);
}

static ecoq_result read_login_part(const reader *r, ecoq_bytes in_dsn, const char *name, char **out)
{
	ecoq_result result = read_text(r, name, out);
	if (result != ECOQ_OK || !in_dsn.size) {
		return result;
	}
	if (*out) {
		return ecoq_fail(r->error, ECOQ_INVALID, "Option \"%s\": the DSN has one before the @ as well; keep one of them", name);
	}
	return copy(r, in_dsn, out);
}

static ecoq_result read_login(const reader *r)
{
	ecoq_redis_settings *settings = r->settings;
	ecoq_result result = read_login_part(r, r->config->dsn->user, "user", &settings->user);
	if (result == ECOQ_OK) {
		result = read_login_part(r, r->config->dsn->password, "password", &settings->password);
	}
	if (result == ECOQ_OK && settings->user && !settings->password) {
		result = ecoq_fail(
			r->error, ECOQ_INVALID, "The DSN has a user without a password; a password without a user is written with a colon before it: redis://:password@host");
	}
	if (result == ECOQ_OK) {
		result = read_text(r, "sentinel-user", &settings->sentinel_user);
	}
	if (result == ECOQ_OK) {
		result = read_text(r, "sentinel-password", &settings->sentinel_password);
	}
	if (result == ECOQ_OK && settings->sentinel_user && !settings->sentinel_password) {
		result = ecoq_fail(r->error, ECOQ_INVALID, "Option \"sentinel-user\" needs \"sentinel-password\"");
	}
	return result;
}

static ecoq_result read_time(const reader *r, const char *name, long long minimum, int64_t *out)
{
	bool given;
	ecoq_bytes value = option(r, name, &given);
	long long ms = 0;
	if (!given) {
		return ECOQ_OK;
	}
	ecoq_result result = ecoq_option_duration(name, value, &ms, r->error);
	if (result != ECOQ_OK) {
		return result;
	}
	if (ms > DAY_MS || (ms < minimum && !(minimum == 1000 && ms == 0))) {
		return ecoq_fail(r->error, ECOQ_INVALID, "Option \"%s\": expected %s to 1d, got %lld ms", name, minimum == 1000 ? "0, or 1s" : "1ms", ms);
	}
	*out = ms;
	return ECOQ_OK;
}

static ecoq_result read_times(const reader *r)
{
	ecoq_redis_settings *settings = r->settings;
	int64_t keepalive_ms = 15000;
	long long replicas = 0;
	bool waits;
	ecoq_bytes wait = option(r, "wait", &waits);
	settings->connect_timeout_ms = 2000;
	settings->timeout_ms = 5000;
	settings->replicas_ms = 1000;
	ecoq_result result = read_time(r, "connect-timeout", 1, &settings->connect_timeout_ms);
	if (result == ECOQ_OK) {
		result = read_time(r, "io-timeout", 1, &settings->timeout_ms);
	}
	if (result == ECOQ_OK) {
		result = read_time(r, "wait-timeout", 1, &settings->replicas_ms);
	}
	if (result == ECOQ_OK) {
		/* 0 is allowed beside this minimum */
		result = read_time(r, "keepalive", 1000, &keepalive_ms);
	}
	if (result == ECOQ_OK && waits) {
		result = ecoq_option_int("wait", wait, 0, 1000, &replicas, r->error);
	}
	settings->keepalive_s = (int) (keepalive_ms / 1000);
	settings->replicas = (int) replicas;
	return result;
}

static ecoq_result read_flag(const reader *r, const char *name, bool *out)
{
	bool given;
	ecoq_bytes value = option(r, name, &given);
	return given ? ecoq_option_bool(name, value, out, r->error) : ECOQ_OK;
}

static ecoq_result check_tls(const reader *r)
{
	static const char *const names[] = {"tls-ca", "tls-cert", "tls-key", "tls-verify"};
	const ecoq_redis_settings *settings = r->settings;
	for (size_t i = 0; !settings->tls && i < sizeof(names) / sizeof(names[0]); i++) {
		bool given;
		option(r, names[i], &given);
		if (given) {
			return ecoq_fail(r->error, ECOQ_INVALID, "Option \"%s\" needs TLS: write rediss://, or add tls=yes", names[i]);
		}
	}
	if (settings->tls && is_socket(r->config->dsn)) {
		return ecoq_fail(r->error, ECOQ_INVALID, "Option \"tls\": there is no TLS over a unix socket");
	}
	if (settings->tls && !ECOQ_REDIS_HAS_TLS) {
		return ecoq_fail(r->error, ECOQ_INVALID,
			"The DSN asks for TLS (%s), which this build of ecoq has not: build it where pkg-config finds openssl, or use redis:// over a trusted network",
			is_scheme(r->config->dsn, "rediss") ? "rediss://" : "tls=yes");
	}
	if (!settings->tls_certificate != !settings->tls_key) {
		return ecoq_fail(r->error, ECOQ_INVALID, "Options \"tls-cert\" and \"tls-key\" go together; only one of them is given");
	}
	return ECOQ_OK;
}

static ecoq_result read_tls(const reader *r)
{
	ecoq_redis_settings *settings = r->settings;
	settings->tls = is_scheme(r->config->dsn, "rediss");
	settings->tls_verify = true;
	ecoq_result result = read_flag(r, "tls", &settings->tls);
	if (result == ECOQ_OK && !settings->tls && is_scheme(r->config->dsn, "rediss")) {
		result = ecoq_fail(r->error, ECOQ_INVALID, "Option \"tls\": the DSN's rediss:// means TLS; write redis:// for none");
	}
	if (result == ECOQ_OK) {
		result = read_flag(r, "tls-verify", &settings->tls_verify);
	}
	if (result == ECOQ_OK) {
		result = read_text(r, "tls-ca", &settings->tls_ca);
	}
	if (result == ECOQ_OK) {
		result = read_text(r, "tls-cert", &settings->tls_certificate);
	}
	if (result == ECOQ_OK) {
		result = read_text(r, "tls-key", &settings->tls_key);
	}
	return result == ECOQ_OK ? check_tls(r) : result;
}

static ecoq_result read_master(const reader *r)
{
	static const char *const names[] = {"master", "sentinel-user", "sentinel-password"};
	bool by_sentinel = is_by_sentinel(r->config->dsn);
	for (size_t i = 0; !by_sentinel && i < sizeof(names) / sizeof(names[0]); i++) {
		bool given;
		option(r, names[i], &given);
		if (given) {
			return ecoq_fail(r->error, ECOQ_INVALID, "Option \"%s\" is for redis+sentinel:// only", names[i]);
		}
	}
	ecoq_result result = read_text(r, "master", &r->settings->master);
	if (result == ECOQ_OK && by_sentinel && !r->settings->master) {
		return ecoq_fail(
			r->error, ECOQ_INVALID, "A DSN of redis+sentinel:// names the master as its Sentinels do: redis+sentinel://sentinel1,sentinel2/orders?master=mymaster");
	}
	return result;
}

/* ---- All of it ---- */

/* Parts of the identity tell their size, so that no two different lists of parts give one text. */
static bool add_part(ecoq_buffer *identity, const char *text)
{
	return ecoq_buffer_append_int(identity, text ? (long long) strlen(text) : -1) && ecoq_buffer_append_text(identity, ":")
		&& ecoq_buffer_append_text(identity, text ? text : "");
}

static bool add_number(ecoq_buffer *identity, long long number)
{
	return ecoq_buffer_append_int(identity, number) && ecoq_buffer_append_text(identity, ",");
}

static ecoq_result make_identity(const reader *r)
{
	ecoq_redis_settings *s = r->settings;
	const char *const texts[] = {s->master, s->user, s->password, s->sentinel_user, s->sentinel_password, s->tls_ca, s->tls_certificate, s->tls_key};
	const long long numbers[] = {
		s->database, s->tls, s->tls_verify, s->connect_timeout_ms, s->timeout_ms, s->keepalive_s, s->replicas, s->replicas_ms, (long long) s->seed_count};
	ecoq_buffer identity = {0};
	bool stored = true;
	for (size_t i = 0; stored && i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		stored = add_number(&identity, numbers[i]);
	}
	for (size_t i = 0; stored && i < s->seed_count; i++) {
		stored = add_part(&identity, s->seeds[i].host) && add_number(&identity, s->seeds[i].port);
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

ecoq_result ecoq_redis_settings_read(const ecoq_transport_config *config, ecoq_redis_settings **out, ecoq_error *error)
{
	reader r = {.config = config, .settings = calloc(1, sizeof(*r.settings)), .error = error};
	if (!r.settings) {
		return no_memory(&r);
	}
	r.settings->references = 1;
	static ecoq_result (*const steps[])(const reader *) = {
		read_addresses, read_master, read_database, read_login, read_times, read_tls, read_place, make_identity};
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		ecoq_result result = steps[i](&r);
		if (result != ECOQ_OK) {
			ecoq_redis_settings_release(r.settings);
			return result;
		}
	}
	*out = r.settings;
	return ECOQ_OK;
}

void ecoq_redis_settings_addref(ecoq_redis_settings *settings)
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

void ecoq_redis_settings_release(ecoq_redis_settings *settings)
{
	if (__atomic_sub_fetch(&settings->references, 1, __ATOMIC_ACQ_REL) > 0) {
		return;
	}
	for (size_t i = 0; i < settings->seed_count; i++) {
		free(settings->seeds[i].host);
	}
	free(settings->seeds);
	free(settings->place);
	free(settings->master);
	free(settings->user);
	free(settings->sentinel_user);
	free(settings->tls_ca);
	free(settings->tls_certificate);
	free(settings->tls_key);
	free_secret(settings->identity);
	free_secret(settings->password);
	free_secret(settings->sentinel_password);
	free(settings);
}
