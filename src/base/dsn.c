#include "base/dsn.h"

#include <stdint.h>
#include <stdlib.h>

/* Longer ones are an accident (a file's content, a query) and not worth the memory. */
#define MAX_LENGTH 8192

#define ENCODE_HINT "inside user and password the characters @ : / ? & and %% are written %%40 %%3a %%2f %%3f %%26 and %%25"

typedef struct parser {
	ecoq_dsn *dsn;
	char *free; /* where the next decoded text goes, in dsn->storage */
	ecoq_error *error;
} parser;

static int hex_value(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	c = (char) (c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-decodes `text` to `out`, which holds text.size bytes. False for a stray percent sign and for %00. */
static bool decode(ecoq_bytes text, char *out, ecoq_bytes *decoded)
{
	size_t size = 0;

	for (size_t i = 0; i < text.size; i++) {
		char c = text.data[i];
		if (c == '%') {
			int high = i + 2 < text.size ? hex_value(text.data[i + 1]) : -1;
			int low = high >= 0 ? hex_value(text.data[i + 2]) : -1;
			if (low < 0 || (high == 0 && low == 0)) {
				return false;
			}
			c = (char) (high << 4 | low);
			i += 2;
		}
		out[size++] = c;
	}
	*decoded = (ecoq_bytes){out, size};
	return true;
}

static ecoq_result decode_part(parser *p, ecoq_bytes text, const char *part, ecoq_bytes *decoded)
{
	if (!decode(text, p->free, decoded)) {
		return ecoq_fail(p->error, ECOQ_INVALID, "Reading a DSN: the %s holds a percent sign without two hexadecimal digits behind it, or %%00; a percent sign is written %%25", part);
	}
	p->free += decoded->size;
	return ECOQ_OK;
}

/* Cuts off what stands before the first `separator`, the separator with it; everything when there is none. */
static ecoq_bytes cut(ecoq_bytes *rest, char separator)
{
	const char *found = rest->size > 0 ? memchr(rest->data, separator, rest->size) : NULL;
	ecoq_bytes head = {rest->data, found ? (size_t) (found - rest->data) : rest->size};
	size_t step = found ? head.size + 1 : head.size;

	rest->data += step;
	rest->size -= step;
	return head;
}

static ecoq_result check_text(ecoq_bytes text, ecoq_error *error)
{
	if (text.size == 0) {
		return ecoq_fail(error, ECOQ_INVALID, "Reading a DSN: it is empty; expected for example \"sqlite:/var/queue.sqlite\" or \"redis://localhost/orders\"");
	}
	if (text.size > MAX_LENGTH) {
		return ecoq_fail(error, ECOQ_INVALID, "Reading a DSN: it has %zu bytes, at most %d are allowed", text.size, MAX_LENGTH);
	}
	for (size_t i = 0; i < text.size; i++) {
		unsigned char c = (unsigned char) text.data[i];
		if (c < 0x20 || c == 0x7f) {
			return ecoq_fail(error, ECOQ_INVALID, "Reading a DSN: byte %zu is the control character 0x%02x (a line end, perhaps); remove it, or write it %%%02x if it is meant", i + 1, c, c);
		}
	}
	return ECOQ_OK;
}

static bool is_scheme_character(char c, bool first)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
		return true;
	}
	return !first && ((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.' || c == '_');
}

static ecoq_result parse_scheme(parser *p, ecoq_bytes *rest)
{
	size_t size = 0;

	while (size < rest->size && is_scheme_character(rest->data[size], size == 0)) {
		size++;
	}
	if (size == 0 || size == rest->size || rest->data[size] != ':') {
		return ecoq_fail(p->error, ECOQ_INVALID, "Reading a DSN: it does not begin with a scheme and a colon; expected for example \"sqlite:/var/queue.sqlite\", \"redis://localhost/orders\" or \"memory:\"");
	}
	p->dsn->scheme = (ecoq_bytes){p->free, size};
	for (size_t i = 0; i < size; i++) {
		char c = rest->data[i];
		*p->free++ = (char) (c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
	}
	rest->data += size + 1;
	rest->size -= size + 1;
	return ECOQ_OK;
}

/* "6379" → 6379; -1 for anything that is no port */
static int port_number(ecoq_bytes digits)
{
	int port = 0;

	if (digits.size == 0 || digits.size > 5) {
		return -1;
	}
	for (size_t i = 0; i < digits.size; i++) {
		if (digits.data[i] < '0' || digits.data[i] > '9') {
			return -1;
		}
		port = port * 10 + (digits.data[i] - '0');
	}
	return port >= 1 && port <= 65535 ? port : -1;
}

/* Splits "host", "host:port", "[v6]" and "[v6]:port"; `port` is 0 when there is none. False for anything else. */
static bool split_host(ecoq_bytes text, ecoq_bytes *host, int *port)
{
	const char *end = text.data + text.size;
	const char *name_end;

	if (text.size > 0 && text.data[0] == '[') {
		name_end = memchr(text.data, ']', text.size);
		if (name_end == NULL || name_end == text.data + 1) {
			return false;
		}
		name_end++;
	} else {
		name_end = text.size > 0 ? memchr(text.data, ':', text.size) : NULL;
		name_end = name_end ? name_end : end;
	}
	*host = (ecoq_bytes){text.data, (size_t) (name_end - text.data)};
	*port = 0;
	if (host->size == 0 || memchr(host->data, ' ', host->size) != NULL) {
		return false;
	}
	if (name_end < end) {
		*port = *name_end == ':' ? port_number((ecoq_bytes){name_end + 1, (size_t) (end - name_end - 1)}) : -1;
	}
	return *port >= 0;
}

bool ecoq_dsn_next_host(ecoq_bytes *rest, ecoq_bytes *host, int *port)
{
	while (rest->size > 0) {
		if (split_host(cut(rest, ','), host, port)) {
			return true;
		}
	}
	return false;
}

static ecoq_result check_hosts(parser *p)
{
	ecoq_bytes rest = p->dsn->hosts;
	bool comma_at_end = rest.size > 0 && rest.data[rest.size - 1] == ',';

	for (int number = 1; rest.size > 0; number++) {
		ecoq_bytes host;
		int port;
		/* the host is not shown: it may be the half of a password that holds an unencoded character */
		if (!split_host(cut(&rest, ','), &host, &port) || comma_at_end) {
			return ecoq_fail(p->error, ECOQ_INVALID, "Reading a DSN: host number %d is not of the form host, host:port or [ipv6]:port with a port from 1 to 65535; " ENCODE_HINT, number);
		}
	}
	return ECOQ_OK;
}

static ecoq_result parse_user_info(parser *p, ecoq_bytes text)
{
	ecoq_bytes user = cut(&text, ':');
	ecoq_result result = decode_part(p, user, "user name", &p->dsn->user);

	return result == ECOQ_OK ? decode_part(p, text, "password", &p->dsn->password) : result;
}

/* `text` is what stands between "scheme://" and the first question mark. */
static ecoq_result parse_url(parser *p, ecoq_bytes text)
{
	ecoq_dsn *dsn = p->dsn;

	dsn->raw_path = text;
	ecoq_bytes authority = cut(&dsn->raw_path, '/');
	if (ecoq_bytes_last(dsn->raw_path, '@') != NULL) {
		return ecoq_fail(p->error, ECOQ_INVALID, "Reading a DSN: there is an @ behind the first slash; " ENCODE_HINT ", an @ in the path is written %%40");
	}
	const char *at = ecoq_bytes_last(authority, '@');
	if (at != NULL) {
		size_t size = (size_t) (at - authority.data);
		ecoq_result result = parse_user_info(p, (ecoq_bytes){authority.data, size});
		if (result != ECOQ_OK) {
			return result;
		}
		authority = (ecoq_bytes){at + 1, authority.size - size - 1};
	}
	dsn->hosts = authority;
	ecoq_result result = check_hosts(p);
	return result == ECOQ_OK ? decode_part(p, dsn->raw_path, "path", &dsn->path) : result;
}

/* Option names are shown in error texts only when they look like one: what follows a stray question mark may be a password. */
static bool is_plain_name(ecoq_bytes name)
{
	for (size_t i = 0; i < name.size; i++) {
		char c = name.data[i];
		if (!is_scheme_character(c, false) || c == '+') {
			return false;
		}
	}
	return name.size > 0 && name.size <= 40;
}

static ecoq_result parse_option(parser *p, ecoq_bytes text, int number)
{
	ecoq_dsn *dsn = p->dsn;
	ecoq_dsn_option option;

	if (memchr(text.data, '=', text.size) == NULL) {
		return ecoq_fail(p->error, ECOQ_INVALID, "Reading a DSN: option number %d behind the ? is not of the form name=value", number);
	}
	ecoq_bytes name = cut(&text, '=');
	ecoq_result result = decode_part(p, name, "name of an option", &option.name);
	if (result == ECOQ_OK) {
		result = decode_part(p, text, "value of an option", &option.value);
	}
	if (result != ECOQ_OK) {
		return result;
	}
	if (!is_plain_name(option.name)) {
		return ecoq_fail(p->error, ECOQ_INVALID, "Reading a DSN: the name of option number %d is not made of letters, digits, dots, dashes and underscores", number);
	}
	for (size_t i = 0; i < dsn->option_count; i++) {
		if (ecoq_bytes_equal(dsn->options[i].name, option.name)) {
			return ecoq_fail(p->error, ECOQ_INVALID, "Reading a DSN: option \"%.*s\" is given twice", (int) option.name.size, option.name.data);
		}
	}
	if (dsn->option_count == ECOQ_DSN_MAX_OPTIONS) {
		return ecoq_fail(p->error, ECOQ_INVALID, "Reading a DSN: more than %d options", ECOQ_DSN_MAX_OPTIONS);
	}
	dsn->options[dsn->option_count++] = option;
	return ECOQ_OK;
}

static ecoq_result parse_options(parser *p, ecoq_bytes rest)
{
	for (int number = 1; rest.size > 0; number++) {
		ecoq_bytes text = cut(&rest, '&');
		ecoq_result result = text.size > 0 ? parse_option(p, text, number) : ECOQ_OK;
		if (result != ECOQ_OK) {
			return result;
		}
	}
	return ECOQ_OK;
}

static ecoq_result parse(parser *p, ecoq_bytes rest)
{
	ecoq_result result = parse_scheme(p, &rest);

	if (result != ECOQ_OK) {
		return result;
	}
	ecoq_bytes before_options = cut(&rest, '?');
	if (before_options.size >= 2 && memcmp(before_options.data, "//", 2) == 0) {
		p->dsn->is_url = true;
		result = parse_url(p, (ecoq_bytes){before_options.data + 2, before_options.size - 2});
	} else {
		p->dsn->settings = before_options;
	}
	return result == ECOQ_OK ? parse_options(p, rest) : result;
}

ecoq_result ecoq_dsn_parse(ecoq_bytes text, ecoq_dsn *dsn, ecoq_error *error)
{
	memset(dsn, 0, sizeof(*dsn));
	ecoq_result result = check_text(text, error);
	if (result != ECOQ_OK) {
		return result;
	}
	/* first the text as written, behind it everything decoded, which is never longer */
	dsn->storage = malloc(2 * text.size);
	if (dsn->storage == NULL) {
		return ecoq_fail(error, ECOQ_NO_MEMORY, "Reading a DSN: out of memory");
	}
	memcpy(dsn->storage, text.data, text.size);
	parser p = {.dsn = dsn, .free = dsn->storage + text.size, .error = error};
	result = parse(&p, (ecoq_bytes){dsn->storage, text.size});
	if (result != ECOQ_OK) {
		ecoq_dsn_free(dsn);
	}
	return result;
}

void ecoq_dsn_free(ecoq_dsn *dsn)
{
	free(dsn->storage);
	memset(dsn, 0, sizeof(*dsn));
}

const ecoq_dsn_option *ecoq_dsn_option_find(const ecoq_dsn *dsn, const char *name)
{
	ecoq_bytes wanted = {name, strlen(name)};

	for (size_t i = 0; i < dsn->option_count; i++) {
		if (ecoq_bytes_equal(dsn->options[i].name, wanted)) {
			return &dsn->options[i];
		}
	}
	return NULL;
}

bool ecoq_dsn_next_segment(ecoq_bytes *raw_path, char *storage, ecoq_bytes *segment)
{
	return raw_path->size > 0 && decode(cut(raw_path, '/'), storage, segment);
}
