#include "transport/network.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT_MOST 4096
#define FIELD(name) offsetof(ecoq_network_settings, name)

/* The order of a settings' reading. */
static const ecoq_network_option common[] = {
	{"user", ECOQ_NETWORK_TEXT, FIELD(user), .max = TEXT_MOST},
	{"password", ECOQ_NETWORK_TEXT, FIELD(password), .max = TEXT_MOST},
	{"keepalive", ECOQ_NETWORK_SECONDS, FIELD(keepalive_s), .min = 1000, .max = ECOQ_NETWORK_DAY_MS, .fallback = 15 * 1000},
	{"tls", ECOQ_NETWORK_FLAG, FIELD(tls), .fallback = 0},
	{"tls-ca", ECOQ_NETWORK_TEXT, FIELD(tls_ca), .max = TEXT_MOST},
	{"tls-cert", ECOQ_NETWORK_TEXT, FIELD(tls_certificate), .max = TEXT_MOST},
	{"tls-key", ECOQ_NETWORK_TEXT, FIELD(tls_key), .max = TEXT_MOST},
	{"tls-verify", ECOQ_NETWORK_FLAG, FIELD(tls_verify), .fallback = 1},
	{.name = NULL},
};

typedef ecoq_result (*row_function)(const ecoq_network_reader *reader, const ecoq_network_option *row, void *field, void *context);

/* Calls it for the common rows and then for the transport's own. */
static ecoq_result for_rows(const ecoq_network_reader *reader, row_function call, void *context)
{
	const ecoq_network_option *const tables[] = {common, reader->settings->kind->options};
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		for (const ecoq_network_option *row = tables[i]; row->name; row++) {
			ecoq_result result = call(reader, row, (char *) reader->settings + row->offset, context);
			if (result != ECOQ_OK) {
				return result;
			}
		}
	}
	return ECOQ_OK;
}

/* ---- For steps ---- */

ecoq_result ecoq_network_no_memory(const ecoq_network_reader *reader)
{
	return ecoq_fail(reader->error, ECOQ_NO_MEMORY, "Reading the DSN of channel \"%.*s\": out of memory", (int) reader->config->channel.size, reader->config->channel.data);
}

bool ecoq_network_option_of(const ecoq_network_reader *reader, const char *name, ecoq_bytes *value)
{
	const ecoq_bytes wanted = {name, strlen(name)};
	for (size_t i = 0; i < reader->config->option_count; i++) {
		if (ecoq_bytes_equal(reader->config->options[i].name, wanted)) {
			if (value) {
				*value = reader->config->options[i].value;
			}
			return true;
		}
	}
	return false;
}

ecoq_result ecoq_network_copy(const ecoq_network_reader *reader, ecoq_bytes text, char **out)
{
	char *copy = malloc(text.size + 1);
	if (!copy) {
		return ecoq_network_no_memory(reader);
	}
	if (text.size) {
		memcpy(copy, text.data, text.size);
	}
	copy[text.size] = '\0';
	free(*out);
	*out = copy;
	return ECOQ_OK;
}

ecoq_result ecoq_network_keep(const ecoq_network_reader *reader, ecoq_buffer *text, bool is_whole, char **out)
{
	if (!is_whole || !ecoq_buffer_append(text, "", 1)) {
		ecoq_buffer_free(text);
		return ecoq_network_no_memory(reader);
	}
	free(*out);
	*out = text->data;
	return ECOQ_OK;
}

ecoq_result ecoq_network_text_of(const ecoq_network_reader *reader, const char *name, ecoq_bytes value, size_t max, char **out)
{
	if (!value.size) {
		return ecoq_fail(reader->error, ECOQ_INVALID, "Option \"%s\" is empty; leave it out", name);
	}
	if (value.size > max) {
		return ecoq_fail(reader->error, ECOQ_INVALID, "Option \"%s\": expected at most %zu bytes, got %zu", name, max, value.size);
	}
	if (memchr(value.data, '\0', value.size)) {
		return ecoq_fail(reader->error, ECOQ_INVALID, "Option \"%s\" holds a byte of value 0", name);
	}
	return ecoq_network_copy(reader, value, out);
}

bool ecoq_network_is_scheme(const ecoq_dsn *dsn, const char *scheme)
{
	return ecoq_bytes_equal(dsn->scheme, (ecoq_bytes){scheme, strlen(scheme)});
}

/* ---- Options that stand for themselves ---- */

static ecoq_result read_time(const ecoq_network_reader *reader, const ecoq_network_option *row, ecoq_bytes value, long long *out)
{
	ecoq_result result = ecoq_option_duration(row->name, value, out, reader->error);
	bool may_be_none = row->kind == ECOQ_NETWORK_SECONDS;
	if (result != ECOQ_OK || (*out == 0 && may_be_none) || (*out >= row->min && *out <= row->max)) {
		return result;
	}
	return ecoq_fail(reader->error, ECOQ_INVALID, "Option \"%s\": expected %s%lld%s to %lldh, got %lld ms; write 30s for seconds", row->name, may_be_none ? "0 (none) or " : "",
		row->min >= 1000 ? row->min / 1000 : row->min, row->min >= 1000 ? "s" : "ms", row->max / 3600000, *out);
}

static ecoq_result read_choice(const ecoq_network_reader *reader, const ecoq_network_option *row, ecoq_bytes value, long long *out)
{
	for (int i = 0; i < 2; i++) {
		if (ecoq_bytes_equal(value, (ecoq_bytes){row->words[i], strlen(row->words[i])})) {
			*out = i;
			return ECOQ_OK;
		}
	}
	return ecoq_fail(reader->error, ECOQ_INVALID, "Option \"%s\": expected %s or %s", row->name, row->words[0], row->words[1]);
}

static ecoq_result read_number(const ecoq_network_reader *reader, const ecoq_network_option *row, ecoq_bytes value, long long *out)
{
	bool flag = false;
	ecoq_result result;
	switch (row->kind) {
		case ECOQ_NETWORK_FLAG:
			result = ecoq_option_bool(row->name, value, &flag, reader->error);
			*out = flag;
			return result;
		case ECOQ_NETWORK_CHOICE: return read_choice(reader, row, value, out);
		case ECOQ_NETWORK_NUMBER: return ecoq_option_int(row->name, value, row->min, row->max, out, reader->error);
		default: return read_time(reader, row, value, out);
	}
}

static ecoq_result read_row(const ecoq_network_reader *reader, const ecoq_network_option *row, void *field, void *context)
{
	ecoq_bytes value;
	long long number = row->fallback;
	bool is_given = ecoq_network_option_of(reader, row->name, &value);
	if (row->kind == ECOQ_NETWORK_TEXT) {
		return is_given ? ecoq_network_text_of(reader, row->name, value, (size_t) row->max, field) : ECOQ_OK;
	}
	ecoq_result result = is_given ? read_number(reader, row, value, &number) : ECOQ_OK;
	if (row->kind == ECOQ_NETWORK_MS) {
		*(int64_t *) field = number;
	} else if (row->kind == ECOQ_NETWORK_FLAG) {
		*(bool *) field = number;
	} else {
		*(int *) field = (int) (row->kind == ECOQ_NETWORK_SECONDS ? number / 1000 : number);
	}
	return result;
}

/* ---- Login and TLS ---- */

static ecoq_result read_login_part(const ecoq_network_reader *reader, ecoq_bytes in_dsn, const char *name, char **out)
{
	if (!in_dsn.size) {
		return ECOQ_OK;
	}
	return *out ? ecoq_fail(reader->error, ECOQ_INVALID, "Option \"%s\": the DSN has one before the @ as well; keep one of them", name) : ecoq_network_copy(reader, in_dsn, out);
}

static ecoq_result read_tls(const ecoq_network_reader *reader)
{
	static const char *const names[] = {"tls-ca", "tls-cert", "tls-key", "tls-verify"};
	ecoq_network_settings *settings = reader->settings;
	const char *plain = settings->kind->plain, *secure = settings->kind->secure;
	bool by_scheme = ecoq_network_is_scheme(reader->config->dsn, secure);
	if (by_scheme && !settings->tls && ecoq_network_option_of(reader, "tls", NULL)) {
		return ecoq_fail(reader->error, ECOQ_INVALID, "Option \"tls\": the DSN's %s:// means TLS; write %s:// for none", secure, plain);
	}
	settings->tls = settings->tls || by_scheme;
	for (size_t i = 0; !settings->tls && i < sizeof(names) / sizeof(names[0]); i++) {
		if (ecoq_network_option_of(reader, names[i], NULL)) {
			return ecoq_fail(reader->error, ECOQ_INVALID, "Option \"%s\" needs TLS: write %s://, or add tls=yes", names[i], secure);
		}
	}
	if (!settings->tls_certificate != !settings->tls_key) {
		return ecoq_fail(reader->error, ECOQ_INVALID, "Options \"tls-cert\" and \"tls-key\" go together; only one of them is given");
	}
	return ECOQ_OK;
}

static ecoq_result read_options(const ecoq_network_reader *reader)
{
	const ecoq_dsn *dsn = reader->config->dsn;
	ecoq_network_settings *settings = reader->settings;
	ecoq_result result = for_rows(reader, read_row, NULL);
	if (result == ECOQ_OK) {
		result = read_login_part(reader, dsn->user, "user", &settings->user);
	}
	if (result == ECOQ_OK) {
		result = read_login_part(reader, dsn->password, "password", &settings->password);
	}
	return result == ECOQ_OK ? read_tls(reader) : result;
}

/* ---- Hosts ---- */

static ecoq_result read_host(const ecoq_network_reader *reader, ecoq_bytes host, int port)
{
	ecoq_network_settings *settings = reader->settings;
	ecoq_network_address *address = &settings->addresses[settings->address_count];
	if (host.data[0] == '[') {
		host = (ecoq_bytes){host.data + 1, host.size - 2};
	}
	address->port = port;
	ecoq_result result = ecoq_network_copy(reader, host, &address->host);
	settings->address_count += result == ECOQ_OK;
	return result;
}

ecoq_result ecoq_network_read_hosts(const ecoq_network_reader *reader, int default_port, const char *example)
{
	const ecoq_dsn *dsn = reader->config->dsn;
	ecoq_network_settings *settings = reader->settings;
	ecoq_bytes rest = dsn->hosts, host;
	size_t count = 1;
	int port;
	if (!dsn->is_url || !dsn->hosts.size) {
		return ecoq_fail(reader->error, ECOQ_INVALID, "A DSN of %.*s: names a host: %.*s%s", (int) dsn->scheme.size, dsn->scheme.data, (int) dsn->scheme.size,
			dsn->scheme.data, example);
	}
	for (size_t i = 0; i < rest.size; i++) {
		count += rest.data[i] == ',';
	}
	settings->addresses = calloc(count, sizeof(*settings->addresses));
	ecoq_result result = settings->addresses ? ECOQ_OK : ecoq_network_no_memory(reader);
	while (result == ECOQ_OK && settings->address_count < count && ecoq_dsn_next_host(&rest, &host, &port)) {
		result = read_host(reader, host, port ? port : default_port);
	}
	return result;
}

void ecoq_network_failed(ecoq_network_failures *failures, const ecoq_error *one)
{
	if (!failures->is_any || failures->told.code == ECOQ_UNAVAILABLE) {
		failures->told = *one;
	}
	failures->is_any = true;
	failures->may_pass |= one->code == ECOQ_UNAVAILABLE;
}

ecoq_result ecoq_network_verdict(const ecoq_network_failures *failures)
{
	return failures->may_pass || !failures->is_any ? ECOQ_UNAVAILABLE : failures->told.code;
}

bool ecoq_network_same_address(const ecoq_network_address *a, const ecoq_network_address *b)
{
	return a->port == b->port && strcmp(a->host, b->host) == 0;
}

bool ecoq_network_is_ip(const char *host)
{
	unsigned char address[16];
	return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

const char *ecoq_network_address_text(const ecoq_network_address *address, char *out, size_t capacity)
{
	if (address->port) {
		snprintf(out, capacity, strchr(address->host, ':') ? "[%s]:%d" : "%s:%d", address->host, address->port);
	} else {
		snprintf(out, capacity, "%s", address->host);
	}
	return out;
}

bool ecoq_network_add_hosts(const ecoq_network_settings *settings, ecoq_buffer *text)
{
	char address[300];
	bool stored = true;
	for (size_t i = 0; stored && i < settings->address_count; i++) {
		stored = ecoq_buffer_append_text(text, i ? "," : "")
			&& ecoq_buffer_append_text(text, ecoq_network_address_text(&settings->addresses[i], address, sizeof(address)));
	}
	return stored;
}

/* ---- All of it ---- */

/* Parts of the identity tell their size, so that no two different lists of parts give one text. */
static bool add_text(ecoq_buffer *identity, const char *text)
{
	return ecoq_buffer_append_int(identity, text ? (long long) strlen(text) : -1) && ecoq_buffer_append_text(identity, ":")
		&& ecoq_buffer_append_text(identity, text ? text : "");
}

static bool add_number(ecoq_buffer *identity, long long number)
{
	return ecoq_buffer_append_int(identity, number) && ecoq_buffer_append_text(identity, ",");
}

static ecoq_result add_row(const ecoq_network_reader *reader, const ecoq_network_option *row, void *field, void *identity)
{
	bool stored = true;
	if (row->is_queues) {
		return ECOQ_OK;
	}
	switch (row->kind) {
		case ECOQ_NETWORK_TEXT: stored = add_text(identity, *(char **) field); break;
		case ECOQ_NETWORK_FLAG: stored = add_number(identity, *(bool *) field); break;
		case ECOQ_NETWORK_MS: stored = add_number(identity, *(int64_t *) field); break;
		default: stored = add_number(identity, *(int *) field); break;
	}
	return stored ? ECOQ_OK : ECOQ_NO_MEMORY;
}

static ecoq_result make_identity(const ecoq_network_reader *reader)
{
	const ecoq_network_settings *settings = reader->settings;
	ecoq_buffer identity = {0};
	bool stored = add_number(&identity, (long long) settings->address_count);
	for (size_t i = 0; stored && i < settings->address_count; i++) {
		stored = add_text(&identity, settings->addresses[i].host) && add_number(&identity, settings->addresses[i].port);
	}
	stored = stored && for_rows(reader, add_row, &identity) == ECOQ_OK;
	return ecoq_network_keep(reader, &identity, stored, &reader->settings->identity);
}

ecoq_result ecoq_network_read(const ecoq_network_kind *kind, const ecoq_transport_config *config, ecoq_network_settings **out, ecoq_error *error)
{
	ecoq_network_reader reader = {.config = config, .settings = calloc(1, kind->size), .error = error};
	if (!reader.settings) {
		return ecoq_network_no_memory(&reader);
	}
	reader.settings->kind = kind;
	reader.settings->references = 1;
	ecoq_result result = read_options(&reader);
	for (size_t i = 0; result == ECOQ_OK && kind->steps[i]; i++) {
		result = kind->steps[i](&reader);
	}
	if (result == ECOQ_OK) {
		result = make_identity(&reader);
	}
	if (result != ECOQ_OK) {
		ecoq_network_release(reader.settings);
		return result;
	}
	*out = reader.settings;
	return ECOQ_OK;
}

void ecoq_network_addref(ecoq_network_settings *settings)
{
	__atomic_add_fetch(&settings->references, 1, __ATOMIC_RELAXED);
}

/* A secret does not stay in freed memory. */
static void free_text(char *text)
{
	if (text) {
		explicit_bzero(text, strlen(text));
		free(text);
	}
}

static ecoq_result free_row(const ecoq_network_reader *reader, const ecoq_network_option *row, void *field, void *context)
{
	if (row->kind == ECOQ_NETWORK_TEXT) {
		free_text(*(char **) field);
	}
	return ECOQ_OK;
}

void ecoq_network_release(ecoq_network_settings *settings)
{
	if (__atomic_sub_fetch(&settings->references, 1, __ATOMIC_ACQ_REL) > 0) {
		return;
	}
	for (size_t i = 0; i < settings->address_count; i++) {
		free(settings->addresses[i].host);
	}
	free(settings->addresses);
	for_rows(&(ecoq_network_reader){.settings = settings}, free_row, NULL);
	free_text(settings->identity);
	free(settings->place);
	free(settings);
}
