#include "base/dsn.h"

#include <strings.h>

/* Scrubbing does not parse: it must be safe for exactly the texts that do not parse. Whatever might be a secret is left out,
 * at the price of hiding too much of a malformed text. */

#define HIDDEN "***"

typedef struct output {
	char *data;
	size_t size;
	size_t capacity; /* without the NUL */
} output;

static void put(output *out, ecoq_bytes text)
{
	for (size_t i = 0; i < text.size && out->size < out->capacity; i++) {
		unsigned char c = (unsigned char) text.data[i];
		out->data[out->size++] = c < 0x20 || c == 0x7f ? '?' : (char) c;
	}
}

static void put_text(output *out, const char *text)
{
	put(out, (ecoq_bytes){text, strlen(text)});
}

/* Ends the text without half a UTF-8 sequence. */
static void finish(output *out)
{
	size_t start = out->size;

	if (out->size == out->capacity) {
		while (start > 0 && ((unsigned char) out->data[start - 1] & 0xc0) == 0x80) {
			start--;
		}
		bool cut_sequence = start > 0 && (unsigned char) out->data[start - 1] >= 0xc0;
		out->size = cut_sequence ? start - 1 : out->size;
	}
	out->data[out->size] = '\0';
}

static ecoq_bytes before(ecoq_bytes text, char separator)
{
	const char *found = text.size > 0 ? memchr(text.data, separator, text.size) : NULL;

	return (ecoq_bytes){text.data, found ? (size_t) (found - text.data) : text.size};
}

static ecoq_bytes after(ecoq_bytes text, size_t size)
{
	return (ecoq_bytes){text.data + size, text.size - size};
}

static bool starts_with(ecoq_bytes text, const char *prefix)
{
	size_t size = strlen(prefix);

	return text.size >= size && strncasecmp(text.data, prefix, size) == 0;
}

static bool contains(ecoq_bytes text, const char *word)
{
	for (; text.size > 0; text = after(text, 1)) {
		if (starts_with(text, word)) {
			return true;
		}
	}
	return false;
}

static bool has_sensitive_word(ecoq_bytes text)
{
	static const char *const words[] = {"password", "passwd", "pwd", "secret", "token", "key", "user", "uid", "credential"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (contains(text, words[i])) {
			return true;
		}
	}
	return false;
}

static bool is_plain(ecoq_bytes name)
{
	for (size_t i = 0; i < name.size; i++) {
		char c = name.data[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
		if (!plain) {
			return false;
		}
	}
	return name.size > 0;
}

/* `value` begins with its equals sign, if there is one. It may be a nested DSN, percent-encoded perhaps, or the front of an option
 * that follows a second question mark. A name that is encoded could spell "password": is_plain() refuses it. */
static bool is_suspicious_value(ecoq_bytes value)
{
	if (value.size == 0) {
		return true;
	}
	value = after(value, 1);
	return contains(value, "@") || contains(value, "%40") || contains(value, ":") || contains(value, "%3a") || contains(value, "=")
		|| contains(value, "?");
}

static void put_options(output *out, ecoq_bytes rest)
{
	while (rest.size > 0 && out->size < out->capacity) {
		ecoq_bytes option = before(rest, '&');
		ecoq_bytes name = before(option, '=');
		ecoq_bytes value = after(option, name.size);
		bool hidden = !is_plain(name) || has_sensitive_word(name) || is_suspicious_value(value);
		if (!hidden) {
			put(out, option);
		} else if (is_plain(name) && value.size > 0) {
			put(out, name);
			put_text(out, "=" HIDDEN);
		} else {
			put_text(out, HIDDEN);
			/* a question mark or ampersand inside a password: what follows may be its rest */
			return;
		}
		rest = after(rest, option.size);
		if (rest.size > 0) {
			put_text(out, "&");
			rest = after(rest, 1);
		}
	}
}

/* host[:port],… with nothing that could be something else */
static bool looks_like_hosts(ecoq_bytes hosts)
{
	while (hosts.size > 0) {
		ecoq_bytes one = before(hosts, ',');
		ecoq_bytes rest = one, host;
		int port;
		if (!ecoq_dsn_next_host(&rest, &host, &port) || !(host.data[0] == '[' || is_plain(host))) {
			return false;
		}
		hosts = after(hosts, one.size);
		hosts = hosts.size > 0 ? after(hosts, 1) : hosts;
	}
	return true;
}

/* `text` begins behind "scheme://". */
static void put_url(output *out, ecoq_bytes text)
{
	const char *at = ecoq_bytes_last(text, '@');
	size_t hidden = at ? (size_t) (at - text.data) : 0;

	if (at != NULL) {
		put_text(out, HIDDEN);
		/* behind the question mark it may be the @ of a password option, and what follows its rest */
		if (hidden > before(text, '?').size) {
			return;
		}
		put_text(out, "@");
		text = after(text, hidden + 1);
	}
	ecoq_bytes location = before(text, '?');
	if (!looks_like_hosts(before(location, '/'))) {
		put_text(out, HIDDEN);
		return;
	}
	put(out, location);
	if (location.size < text.size) {
		put_text(out, "?");
		put_options(out, after(text, location.size + 1));
	}
}

/* Size of a setting: up to a semicolon that is neither doubled (PDO's escape) nor inside single quotes. */
static size_t setting_size(ecoq_bytes text)
{
	bool quoted = false;
	size_t i = 0;

	for (; i < text.size; i++) {
		if (text.data[i] == '\'') {
			quoted = !quoted;
		} else if (text.data[i] == ';' && !quoted) {
			if (i + 1 < text.size && text.data[i + 1] == ';') {
				i++;
				continue;
			}
			break;
		}
	}
	return i;
}

/* Writes "name=value;…" without the sensitive ones. Returns whether the last one was hidden. */
static bool put_settings(output *out, ecoq_bytes rest)
{
	bool hidden = false;

	while (rest.size > 0) {
		ecoq_bytes setting = {rest.data, setting_size(rest)};
		ecoq_bytes name = before(setting, '=');
		bool has_value = name.size < setting.size;
		/* libpq takes several settings parted by blanks, so that "password" may stand behind the first equals sign, too */
		bool sensitive = has_value && has_sensitive_word(setting);
		/* without a name of its own it may be the rest of the hidden one */
		hidden = sensitive || (hidden && !(has_value && is_plain(name)));
		if (hidden && is_plain(name) && has_value) {
			put(out, name);
			put_text(out, "=" HIDDEN);
		} else if (hidden) {
			put_text(out, HIDDEN);
		} else {
			put(out, setting);
		}
		rest = after(rest, setting.size);
		if (rest.size > 0) {
			put_text(out, ";");
			rest = after(rest, 1);
		}
	}
	return hidden;
}

/* Only of these is it sure that the text before the colon is no user name, and the one behind it no password. */
static bool is_settings_scheme(ecoq_bytes scheme)
{
	static const char *const schemes[] = {"memory", "sqlite", "pgsql", "mysql"};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (scheme.size == strlen(schemes[i]) && starts_with(scheme, schemes[i])) {
			return true;
		}
	}
	return false;
}

static void put_pdo(output *out, ecoq_bytes text)
{
	ecoq_bytes settings = before(text, '?');

	bool hidden = ecoq_bytes_last(settings, '@') != NULL;

	if (hidden) {
		put_text(out, HIDDEN);
	} else {
		hidden = put_settings(out, settings);
	}
	if (settings.size < text.size) {
		put_text(out, "?");
		ecoq_bytes options = after(text, settings.size + 1);
		if (hidden) {
			put_text(out, HIDDEN);
		} else {
			put_options(out, options);
		}
	}
}

static bool is_scheme(ecoq_bytes scheme)
{
	for (size_t i = 0; i < scheme.size; i++) {
		char c = (char) (scheme.data[i] | 0x20);
		bool letter = c >= 'a' && c <= 'z';
		bool other = (scheme.data[i] >= '0' && scheme.data[i] <= '9') || scheme.data[i] == '+' || scheme.data[i] == '-'
			|| scheme.data[i] == '.' || scheme.data[i] == '_';
		if (!letter && (i == 0 || !other)) {
			return false;
		}
	}
	return scheme.size > 0;
}

void ecoq_dsn_scrub(ecoq_bytes text, char *buffer, size_t capacity)
{
	if (capacity == 0) {
		return;
	}
	output out = {.data = buffer, .capacity = capacity - 1};
	ecoq_bytes scheme = before(text, ':');
	bool has_scheme = scheme.size < text.size && is_scheme(scheme);
	ecoq_bytes rest = has_scheme ? after(text, scheme.size + 1) : text;
	bool is_url = has_scheme && starts_with(rest, "//");

	if (!is_url && !(has_scheme && is_settings_scheme(scheme))) {
		put_text(&out, HIDDEN);
	} else {
		put(&out, scheme);
		put_text(&out, is_url ? "://" : ":");
		if (is_url) {
			put_url(&out, after(rest, 2));
		} else if (rest.size > 0) {
			put_pdo(&out, rest);
		}
	}
	finish(&out);
}
