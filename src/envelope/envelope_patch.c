#include "envelope/envelope.h"

#include <stdio.h>

#include "base/json_scan.h"
#include "envelope/headers.h"

enum level {
	TOP,
	META,
	HEADERS
};

/* Copies the envelope's bytes member by member, leaving out, exchanging and adding what the patch says. */
typedef struct rewriter {
	ecoq_json_scan scan;
	char *out; /* where the next byte goes */
	const ecoq_envelope *envelope;
	const ecoq_envelope_patch *patch;
} rewriter;

static zend_string *with_attempts(const ecoq_envelope *envelope, int64_t attempts)
{
	char digits[24];
	size_t size = (size_t) snprintf(digits, sizeof(digits), "%lld", (long long) attempts);
	size_t before = (size_t) (envelope->attempts_token.data - envelope->bytes.data);
	const char *rest = envelope->attempts_token.data + envelope->attempts_token.size;
	size_t after = envelope->bytes.size - before - envelope->attempts_token.size;
	zend_string *result = zend_string_safe_alloc(1, before + size, after, false);
	char *p = ZSTR_VAL(result);

	memcpy(p, envelope->bytes.data, before);
	memcpy(p + before, digits, size);
	memcpy(p + before + size, rest, after);
	p[ZSTR_LEN(result)] = '\0';
	return result;
}

static bool is_one_of(ecoq_bytes name, const char *const *names)
{
	for (; *names != NULL; names++) {
		if (name.size == strlen(*names) && memcmp(name.data, *names, name.size) == 0) {
			return true;
		}
	}
	return false;
}

static bool is_dropped(const rewriter *r, enum level level, ecoq_bytes name)
{
	static const char *const forbidden_top[] = {"timestamp", NULL};
	static const char *const forbidden_meta[] = {"max_retries", "attempts", "source", "ts", NULL};
	static const char *const dead_letter[] = {"dead_letter", NULL};
	static const char *const schedule[] = {ECOQ_HEADER_DELIVER_AT, ECOQ_HEADER_EXPIRES_AT, NULL};
	static const char *const unknown[] = {ECOQ_HEADER_UNKNOWN, ECOQ_HEADER_UNKNOWN_SINCE, NULL};
	static const char *const endpoint[] = {ECOQ_HEADER_ENDPOINT, NULL};
	const ecoq_envelope_patch *patch = r->patch;

	switch (level) {
		case TOP:
			return is_one_of(name, forbidden_top) || ((patch->drop_dead_letter || patch->dead_letter.size > 0) && is_one_of(name, dead_letter));
		case META:
			return is_one_of(name, forbidden_meta);
		default:
			return (patch->drop_schedule && is_one_of(name, schedule)) || (patch->unknown >= 0 && is_one_of(name, unknown))
				|| (patch->endpoint.size > 0 && is_one_of(name, endpoint));
	}
}

static void put(rewriter *r, const char *text, size_t size)
{
	if (size > 0) {
		memcpy(r->out, text, size);
		r->out += size;
	}
}

static void put_text(rewriter *r, const char *text)
{
	put(r, text, strlen(text));
}

static void put_number(rewriter *r, int64_t number)
{
	r->out += snprintf(r->out, 24, "%lld", (long long) number);
}

static void copy(rewriter *r, const char *from, const char *to)
{
	put(r, from, (size_t) (to - from));
}

/* What stands between two members, or between the bracket and the first: from behind its comma when nothing was kept before. */
static void copy_separator(rewriter *r, const char *from, const char *to, bool kept_any)
{
	const char *comma = kept_any ? NULL : memchr(from, ',', (size_t) (to - from));

	copy(r, comma ? comma + 1 : from, to);
}

static bool adds_headers(const ecoq_envelope_patch *patch)
{
	return patch->unknown > 0 || patch->endpoint.size > 0 || patch->headers.size > 0;
}

static void add_comma(rewriter *r, bool kept_any)
{
	if (kept_any) {
		put_text(r, ",");
	}
}

static void add_headers(rewriter *r)
{
	const ecoq_envelope_patch *patch = r->patch;

	put(r, patch->headers.data, patch->headers.size);
	if (patch->endpoint.size > 0) {
		add_comma(r, patch->headers.size > 0);
		put_text(r, "\"" ECOQ_HEADER_ENDPOINT "\":");
		put(r, patch->endpoint.data, patch->endpoint.size);
	}
	if (patch->unknown > 0) {
		add_comma(r, patch->headers.size > 0 || patch->endpoint.size > 0);
		put_text(r, "\"" ECOQ_HEADER_UNKNOWN "\":");
		put_number(r, patch->unknown);
		put_text(r, ",\"" ECOQ_HEADER_UNKNOWN_SINCE "\":");
		put_number(r, patch->unknown_since);
	}
}

/* New members of the object that began at `start`. */
static void add_members(rewriter *r, enum level level, const char *start, bool kept_any)
{
	bool has_headers = r->envelope->headers.size > 0;

	if (level == HEADERS && adds_headers(r->patch) && start == r->envelope->headers.data) {
		add_comma(r, kept_any);
		add_headers(r);
	}
	if (level == TOP && adds_headers(r->patch) && !has_headers) {
		add_comma(r, kept_any);
		kept_any = true;
		put_text(r, "\"headers\":{");
		add_headers(r);
		put_text(r, "}");
	}
	if (level == TOP && r->patch->dead_letter.size > 0) {
		add_comma(r, kept_any);
		put_text(r, "\"dead_letter\":");
		put(r, r->patch->dead_letter.data, r->patch->dead_letter.size);
	}
}

static bool name_is(ecoq_bytes name, const char *text)
{
	return name.size == strlen(text) && memcmp(name.data, text, name.size) == 0;
}

static void rewrite_object(rewriter *r, enum level level);

static bool is_replaced_list(const rewriter *r, enum level level, ecoq_bytes name, const ecoq_json_value *value)
{
	/* "headers":[] is what PHP producers make of no headers */
	return level == TOP && adds_headers(r->patch) && r->envelope->headers.size == 0 && name_is(name, "headers") && value->kind == ECOQ_JSON_ARRAY && value->empty;
}

static bool is_object_to_rewrite(rewriter *r, enum level level, ecoq_bytes name)
{
	return level == TOP && (name_is(name, "meta") || name_is(name, "headers")) && *r->scan.at == '{';
}

/* The scan stands at the value of a member; `last` is the end of what was handled before. True when the member is kept. */
static bool rewrite_member(rewriter *r, enum level level, const ecoq_json_value *key, const char *last, bool kept_any)
{
	char unescaped[128];
	ecoq_bytes name = key->text;
	const char *value_start = r->scan.at;
	ecoq_json_value value;

	if (key->escaped && name.size <= sizeof(unescaped)) {
		name = (ecoq_bytes){unescaped, ecoq_json_unescape(name, unescaped)};
	}
	if (is_object_to_rewrite(r, level, name)) {
		copy_separator(r, last, key->text.data - 1, kept_any);
		copy(r, key->text.data - 1, value_start);
		ecoq_json_enter_object(&r->scan);
		rewrite_object(r, name.data[0] == 'm' ? META : HEADERS);
		return true;
	}
	ecoq_json_read_value(&r->scan, &value);
	if (is_dropped(r, level, name) || is_replaced_list(r, level, name, &value)) {
		return false;
	}
	copy_separator(r, last, key->text.data - 1, kept_any);
	if (r->patch->attempts >= 0 && value_start == r->envelope->attempts_token.data) {
		copy(r, key->text.data - 1, value_start);
		put_number(r, r->patch->attempts);
	} else {
		copy(r, key->text.data - 1, r->scan.at);
	}
	return true;
}

/* The scan has just entered the object. */
static void rewrite_object(rewriter *r, enum level level)
{
	const char *start = r->scan.at - 1;
	const char *last = r->scan.at;
	bool kept_any = false;
	ecoq_json_value key;

	put_text(r, "{");
	while (ecoq_json_next_member(&r->scan, &key)) {
		kept_any |= rewrite_member(r, level, &key, last, kept_any);
		last = r->scan.at;
	}
	add_members(r, level, start, kept_any);
	copy(r, last, r->scan.at);
}

/* Upper bound of what a patch adds beside the texts that it brings: three numbers of up to 20 characters, the keys, the commas. */
#define MOST_ADDED 256

static zend_string *rewritten(const ecoq_envelope *envelope, const ecoq_envelope_patch *patch)
{
	size_t added = patch->dead_letter.size + patch->endpoint.size + patch->headers.size + MOST_ADDED;
	zend_string *result = zend_string_safe_alloc(1, envelope->bytes.size, added, false);
	rewriter r = {.envelope = envelope, .patch = patch, .out = ZSTR_VAL(result)};
	const char *end = envelope->bytes.data + envelope->bytes.size;

	/* the bytes were accepted under the limits of their channel: here only the hard one applies */
	ecoq_json_begin(&r.scan, envelope->bytes, ECOQ_JSON_MAX_DEPTH);
	ecoq_json_enter_object(&r.scan);
	copy(&r, envelope->bytes.data, r.scan.at - 1);
	rewrite_object(&r, TOP);
	copy(&r, r.scan.at, end);
	*r.out = '\0';
	return zend_string_truncate(result, (size_t) (r.out - ZSTR_VAL(result)), false);
}

zend_string *ecoq_envelope_patched(const ecoq_envelope *envelope, const ecoq_envelope_patch *patch)
{
	bool has_text = patch->endpoint.size > 0 || patch->headers.size > 0 || patch->dead_letter.size > 0;
	bool only_attempts = !envelope->forbidden_keys && patch->unknown < 0 && !has_text && !patch->drop_schedule && !patch->drop_dead_letter;

	if (only_attempts && patch->attempts < 0) {
		return zend_string_init(envelope->bytes.data, envelope->bytes.size, false);
	}
	return only_attempts ? with_attempts(envelope, patch->attempts) : rewritten(envelope, patch);
}
