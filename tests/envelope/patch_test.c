/* What no PHP method reaches by itself: every patch of ecoq_envelope_patched(), and reading from memory that ends with the last byte. Linked with the
 * reader and the patcher alone, the few engine functions they use replaced below: see run.sh. */

#include "envelope/envelope.h"

#include <stdarg.h>
#include <stdio.h>

#undef snprintf
#undef vsnprintf

/* PATCH() gives what changes nothing first */
#pragma GCC diagnostic ignored "-Woverride-init"

static int passed, failed;

void *ZEND_FASTCALL(_emalloc)(size_t size)
{
	return malloc(size);
}

void ZEND_FASTCALL(_efree)(void *p)
{
	free(p);
}

void *ZEND_FASTCALL(_safe_emalloc)(size_t count, size_t size, size_t offset)
{
	return malloc(count * size + offset);
}

void *ZEND_FASTCALL(_erealloc)(void *p, size_t size)
{
	return realloc(p, size);
}

void *ZEND_FASTCALL(_safe_erealloc)(void *p, size_t count, size_t size, size_t offset)
{
	return realloc(p, count * size + offset);
}

int ap_php_snprintf(char *out, size_t size, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	int written = vsnprintf(out, size, format, arguments);
	va_end(arguments);
	return written;
}

static void check(bool condition, const char *name, const char *got, const char *expected)
{
	if (condition) {
		passed++;
		return;
	}
	failed++;
	printf("%s\n  is  %s\n  not %s\n", name, got, expected);
}

static const ecoq_envelope_limits limits = {16 * 1024 * 1024, 512, 256};

/* Reads from a block of exactly the text's size. The caller frees envelope->bytes.data. */
static ecoq_envelope_fault read_text(const char *text, ecoq_envelope *envelope, ecoq_error *error)
{
	size_t size = strlen(text);
	char *copy = malloc(size ? size : 1);

	memcpy(copy, text, size);
	ecoq_envelope_fault fault = ecoq_envelope_read((ecoq_bytes){copy, size}, &limits, envelope, error);
	if (fault != ECOQ_ENVELOPE_ACCEPTED) {
		free(copy);
	}
	return fault;
}

static void check_patch(int line, const char *text, ecoq_envelope_patch patch, const char *expected)
{
	ecoq_envelope envelope, again;
	ecoq_error error;
	char name[32];

	snprintf(name, sizeof(name), "line %d", line);
	if (read_text(text, &envelope, &error) != ECOQ_ENVELOPE_ACCEPTED) {
		check(false, name, error.text, "accepted");
		return;
	}
	zend_string *patched = ecoq_envelope_patched(&envelope, &patch);
	check(ZSTR_LEN(patched) == strlen(expected) && strcmp(ZSTR_VAL(patched), expected) == 0, name, ZSTR_VAL(patched), expected);
	/* what was made is an envelope again, says what was asked for, and patching it once more changes nothing */
	check(read_text(ZSTR_VAL(patched), &again, &error) == ECOQ_ENVELOPE_ACCEPTED, name, error.text, "accepted");
	check(patch.attempts < 0 || again.attempts == patch.attempts, name, "attempts", "as patched");
	check(patch.unknown < 0 || (again.unknown == patch.unknown && (patch.unknown == 0 || again.unknown_since == patch.unknown_since)), name, "unknown", "as patched");
	check(!again.forbidden_keys, name, "forbidden keys", "none");
	check(!patch.drop_schedule || (again.deliver_at == 0 && again.expires_at == 0), name, "schedule", "none");
	patch.headers = ECOQ_NO_BYTES; /* members are added each time */
	zend_string *twice = ecoq_envelope_patched(&again, &patch);
	check(strcmp(ZSTR_VAL(twice), ZSTR_VAL(patched)) == 0, name, ZSTR_VAL(twice), ZSTR_VAL(patched));
	zend_string_release(twice);
	ecoq_envelope_free(&again);
	free((char *) again.bytes.data);
	zend_string_release(patched);
	ecoq_envelope_free(&envelope);
	free((char *) envelope.bytes.data);
}

#define PATCH(text, expected, ...) check_patch(__LINE__, text, (ecoq_envelope_patch){.attempts = -1, .unknown = -1, __VA_ARGS__}, expected)
#define HEAD "{\"job\":\"a\",\"trace_id\":\"t\",\"data\":{},\"meta\":{\"schema_version\":1}"
#define ENVELOPE(more) HEAD ",\"attempts\":0" more "}"
#define UNKNOWN(n, since) "\"ecoq-unknown\":" #n ",\"ecoq-unknown-since\":" #since

static void test_attempts(void)
{
	PATCH(ENVELOPE(), ENVELOPE(), .attempts = -1);
	PATCH(ENVELOPE(), HEAD ",\"attempts\":4294967295}", .attempts = 4294967295);
	PATCH(" {\"attempts\" :  12 ,\"job\":\"a\",\"trace_id\":\"t\",\"data\":[],\"meta\":{ \"schema_version\":1 } }\n", " {\"attempts\" :  3 ,\"job\":\"a\",\"trace_id\":\"t\",\"data\":[],\"meta\":{ \"schema_version\":1 } }\n", .attempts = 3);
	/* only the last of two counts, and only that one changes */
	PATCH(ENVELOPE(",\"attempts\":5,\"x\":{\"attempts\":7}"), ENVELOPE(",\"attempts\":6,\"x\":{\"attempts\":7}"), .attempts = 6);
	PATCH(ENVELOPE(",\"\\u0061ttempts\":5"), ENVELOPE(",\"\\u0061ttempts\":6"), .attempts = 6);
	PATCH(ENVELOPE(",\"x\":[1.0,1e-7,9007199254740993,{},[],\"\\u2028\\/\"],\"y\":\"attempts\""), HEAD ",\"attempts\":1,\"x\":[1.0,1e-7,9007199254740993,{},[],\"\\u2028\\/\"],\"y\":\"attempts\"}", .attempts = 1);
}

static void test_forbidden(void)
{
	PATCH("{\"timestamp\":1, "
		  "\"job\":\"a\",\"trace_id\":\"t\",\"data\":{},\"meta\":{\"schema_version\":1},\"attempts\":0}",
		"{ \"job\":\"a\",\"trace_id\":\"t\",\"data\":{},\"meta\":{\"schema_version\":1},\"attempts\":0}");
	PATCH(ENVELOPE(",\"timestamp\":[{\"a\":1}]"), ENVELOPE());
	PATCH(ENVELOPE(",\"t\\u0069mestamp\":1,\"x\":{\"timestamp\":2},\"timestamp\":3"), HEAD ",\"attempts\":9,\"x\":{\"timestamp\":2}}", .attempts = 9);
	PATCH("{\"job\":\"a\",\"trace_id\":\"t\",\"data\":{\"ts\":1},\"meta\":{\"ts\":1,\"source\":2 , \"schema_version\":1,\"attempts\":3,\"max_retries\":{\"ts\":4}},\"attempts\":0}",
		"{\"job\":\"a\",\"trace_id\":\"t\",\"data\":{\"ts\":1},\"meta\":{ \"schema_version\":1},\"attempts\":0}");
	/* also where a later meta replaces it */
	PATCH("{\"meta\":{\"ts\":1},"
		  "\"job\":\"a\",\"trace_id\":\"t\",\"data\":{},\"attempts\":0,\"meta\":{\"schema_version\":1}}",
		"{\"meta\":{},"
		"\"job\":\"a\",\"trace_id\":\"t\",\"data\":{},\"attempts\":0,\"meta\":{\"schema_version\":1}}");
	PATCH("{\n\t\"timestamp\": 1,\n\t\"job\": \"a\",\n\t\"trace_id\": \"t\",\n\t\"data\": {},\n\t\"meta\": {\n\t\t\"schema_version\": 1,\n\t\t\"ts\": 1\n\t},\n\t\"attempts\": 0\n}\n",
		"{\n\t\"job\": \"a\",\n\t\"trace_id\": \"t\",\n\t\"data\": {},\n\t\"meta\": {\n\t\t\"schema_version\": 1\n\t},\n\t\"attempts\": 2\n}\n", .attempts = 2);
}

static void test_unknown(void)
{
	PATCH(ENVELOPE(), ENVELOPE(",\"headers\":{" UNKNOWN(1, 5) "}"), .unknown = 1, .unknown_since = 5);
	PATCH(ENVELOPE(",\"headers\":{}"), ENVELOPE(",\"headers\":{" UNKNOWN(1, 5) "}"), .unknown = 1, .unknown_since = 5);
	PATCH(ENVELOPE(",\"headers\":[ ]"), ENVELOPE(",\"headers\":{" UNKNOWN(1, 5) "}"), .unknown = 1, .unknown_since = 5);
	PATCH(ENVELOPE(",\"headers\":{\"a\":1 }"), ENVELOPE(",\"headers\":{\"a\":1," UNKNOWN(1, 5) " }"), .unknown = 1, .unknown_since = 5);
	PATCH(ENVELOPE(",\"headers\":{\"a\":1," UNKNOWN(1, 5) ",\"b\":2}"), ENVELOPE(",\"headers\":{\"a\":1,\"b\":2," UNKNOWN(2, 5) "}"), .unknown = 2, .unknown_since = 5);
	PATCH(ENVELOPE(",\"headers\":{" UNKNOWN(1, 5) "},\"z\":1"), ENVELOPE(",\"headers\":{" UNKNOWN(2, 6) "},\"z\":1"), .unknown = 2, .unknown_since = 6);
	PATCH(ENVELOPE(",\"headers\":{\"ecoq\\u002dunknown\":1,\"a\":1}"), ENVELOPE(",\"headers\":{\"a\":1}"), .unknown = 0);
	PATCH(ENVELOPE(",\"headers\":{" UNKNOWN(1, 5) "}"), ENVELOPE(",\"headers\":{}"), .unknown = 0);
	PATCH(ENVELOPE(), ENVELOPE(), .unknown = 0);
	/* a foreign `headers` stays; the last one counts */
	PATCH(ENVELOPE(",\"headers\":\"mine\""), ENVELOPE(",\"headers\":\"mine\",\"headers\":{" UNKNOWN(1, 5) "}"), .unknown = 1, .unknown_since = 5);
	PATCH(ENVELOPE(",\"headers\":{\"a\":1},\"headers\":{\"b\":1}"), ENVELOPE(",\"headers\":{\"a\":1},\"headers\":{\"b\":1," UNKNOWN(1, 5) "}"), .unknown = 1, .unknown_since = 5);
	PATCH(ENVELOPE(",\"headers\":{\"a\":1},\"headers\":7"), ENVELOPE(",\"headers\":{\"a\":1},\"headers\":7,\"headers\":{" UNKNOWN(1, 5) "}"), .unknown = 1, .unknown_since = 5);
}

static void test_endpoint(void)
{
#define NAMED ECOQ_BYTES("\"a::\\u00e4\"")
#define ENDPOINT "\"ecoq-endpoint\":\"a::\\u00e4\""
	PATCH(ENVELOPE(), ENVELOPE(",\"headers\":{" ENDPOINT "}"), .endpoint = NAMED);
	PATCH(ENVELOPE(",\"headers\":{}"), ENVELOPE(",\"headers\":{" ENDPOINT "}"), .endpoint = NAMED);
	PATCH(ENVELOPE(",\"headers\":[]"), ENVELOPE(",\"headers\":{" ENDPOINT "}"), .endpoint = NAMED);
	PATCH(ENVELOPE(",\"headers\":{\"ecoq-endpoint\":7,\"a\":1}"), ENVELOPE(",\"headers\":{\"a\":1," ENDPOINT "}"), .endpoint = NAMED);
	PATCH(ENVELOPE(",\"headers\":\"mine\""), ENVELOPE(",\"headers\":\"mine\",\"headers\":{" ENDPOINT "}"), .endpoint = NAMED);
	PATCH(ENVELOPE(",\"headers\":{" UNKNOWN(3, 4) ",\"ecoq-expires-at\":5}"), ENVELOPE(",\"headers\":{" ENDPOINT "}"), .endpoint = NAMED, .unknown = 0, .drop_schedule = true);
	PATCH(ENVELOPE(",\"headers\":{\"a\":1}"), ENVELOPE(",\"headers\":{\"a\":1," ENDPOINT "," UNKNOWN(1, 5) "}"), .endpoint = NAMED, .unknown = 1, .unknown_since = 5);
}

static void test_headers(void)
{
#define MEMBERS ECOQ_BYTES("\"a\":\"\\u00e4\",\"b\":[1]")
#define ADDED "\"a\":\"\\u00e4\",\"b\":[1]"
	PATCH(ENVELOPE(), ENVELOPE(",\"headers\":{" ADDED "}"), .headers = MEMBERS);
	PATCH(ENVELOPE(",\"headers\":{ }"), ENVELOPE(",\"headers\":{" ADDED " }"), .headers = MEMBERS);
	PATCH(ENVELOPE(",\"headers\":[]"), ENVELOPE(",\"headers\":{" ADDED "}"), .headers = MEMBERS);
	PATCH(ENVELOPE(",\"headers\":{\"c\":1 },\"z\":2"), ENVELOPE(",\"headers\":{\"c\":1," ADDED " },\"z\":2"), .headers = MEMBERS);
	PATCH(ENVELOPE(",\"headers\":\"mine\""), ENVELOPE(",\"headers\":\"mine\",\"headers\":{" ADDED "}"), .headers = MEMBERS);
	PATCH(ENVELOPE(",\"headers\":{\"c\":1},\"timestamp\":1"), ENVELOPE(",\"headers\":{\"c\":1," ADDED "}"), .headers = MEMBERS);
	PATCH(ENVELOPE(",\"headers\":{\"ecoq-endpoint\":\"x\"}"), HEAD ",\"attempts\":2,\"headers\":{" ADDED "," ENDPOINT "," UNKNOWN(1, 5) "}}",
		.headers = MEMBERS, .endpoint = NAMED, .unknown = 1, .unknown_since = 5, .attempts = 2);
}

static void test_schedule_and_dead_letter(void)
{
#define DEAD ECOQ_BYTES("{\"reason\":\"failed\"}")
	PATCH(ENVELOPE(",\"headers\":{\"ecoq-deliver-at\":1,\"a\":{\"ecoq-deliver-at\":3},\"ecoq-expires-at\":2}"), ENVELOPE(",\"headers\":{\"a\":{\"ecoq-deliver-at\":3}}"), .drop_schedule = true);
	PATCH(ENVELOPE(",\"ecoq-deliver-at\":1"), ENVELOPE(",\"ecoq-deliver-at\":1"), .drop_schedule = true);
	PATCH(ENVELOPE(",\"dead_letter\":{\"a\":1},\"z\":1"), ENVELOPE(",\"z\":1"), .drop_dead_letter = true);
	PATCH(ENVELOPE(",\"dead_letter\":{\"a\":1},\"z\":1,\"dead_letter\":2"), ENVELOPE(",\"z\":1"), .drop_dead_letter = true);
	PATCH(ENVELOPE(), ENVELOPE(",\"dead_letter\":{\"reason\":\"failed\"}"), .dead_letter = DEAD);
	PATCH(ENVELOPE(",\"dead_letter\":{\"a\":1},\"z\":1 "), HEAD ",\"attempts\":3,\"z\":1,\"dead_letter\":{\"reason\":\"failed\"} }", .dead_letter = DEAD, .attempts = 3);
	PATCH(ENVELOPE(",\"timestamp\":1,\"headers\":{\"ecoq-deliver-at\":1},\"dead_letter\":1"), HEAD ",\"attempts\":0,\"headers\":{" UNKNOWN(3, 4) "},\"dead_letter\":{\"reason\":\"failed\"}}",
		.attempts = 0, .unknown = 3, .unknown_since = 4, .drop_schedule = true, .drop_dead_letter = true, .dead_letter = DEAD);
	PATCH("{\"dead_letter\":1,\"data\":{\"dead_letter\":1},\"job\":\"a\",\"trace_id\":\"t\",\"meta\":{\"schema_version\":1,\"dead_letter\":2},\"attempts\":0}",
		"{\"data\":{\"dead_letter\":1},\"job\":\"a\",\"trace_id\":\"t\",\"meta\":{\"schema_version\":1,\"dead_letter\":2},\"attempts\":0}", .drop_dead_letter = true);
}

static void test_spans(void)
{
	ecoq_envelope envelope;
	ecoq_error error;
	const char *text = ENVELOPE(",\"headers\":{\"ecoq-endpoint\":\"A\\u003a:b\",\"ecoq-event-id\":\"e\",\"ecoq-priority\":7,\"ecoq-deliver-at\":9223372036854775807,\"ecoq-expires-at\":2,\"ecoq-unknown\":3,\"ecoq-unknown-since\":4},\"dead_letter\":{ }");

	check(read_text(text, &envelope, &error) == ECOQ_ENVELOPE_ACCEPTED, "spans", error.text, "accepted");
	check(ecoq_bytes_equal(envelope.data, ECOQ_BYTES("{}")) && ecoq_bytes_equal(envelope.meta, ECOQ_BYTES("{\"schema_version\":1}")) && ecoq_bytes_equal(envelope.dead_letter, ECOQ_BYTES("{ }")), "spans", "", "");
	check(ecoq_bytes_equal(envelope.attempts_token, ECOQ_BYTES("0")) && envelope.headers.data[0] == '{' && envelope.headers.data[envelope.headers.size - 1] == '}', "token", "", "");
	check(ecoq_bytes_equal(envelope.endpoint.text, ECOQ_BYTES("A::b")) && envelope.endpoint.owned != NULL && ecoq_bytes_equal(envelope.event_id.text, ECOQ_BYTES("e")) && envelope.event_id.owned == NULL, "texts", "", "");
	check(envelope.priority == 7 && envelope.deliver_at == INT64_MAX && envelope.expires_at == 2 && envelope.unknown == 3 && envelope.unknown_since == 4 && envelope.warning[0] == '\0', "numbers", envelope.warning, "");
	check(envelope.id.text.size == 0 && envelope.queue.text.size == 0 && envelope.lang.text.size == 0 && envelope.created_at == 0 && !envelope.payload_is_value, "absent", "", "");
	ecoq_envelope_free(&envelope);
	free((char *) envelope.bytes.data);
	check(read_text(ENVELOPE(), &envelope, &error) == ECOQ_ENVELOPE_ACCEPTED && envelope.priority == -1 && envelope.headers.size == 0, "no headers", "", "");
	free((char *) envelope.bytes.data);

	/* up to 255 bytes, and no blank */
	char group[512];
	for (int size = 254; size <= 256; size++) {
		snprintf(group, sizeof(group), ENVELOPE(",\"headers\":{\"ecoq-group\":\"%0*d\"}"), size, 0);
		bool fits = size <= ECOQ_GROUP_MAX;
		check(read_text(group, &envelope, &error) == ECOQ_ENVELOPE_ACCEPTED && envelope.group.text.size == (fits ? (size_t) size : 0) && (envelope.warning[0] == '\0') == fits, "group", envelope.warning, "");
		ecoq_envelope_free(&envelope);
		free((char *) envelope.bytes.data);
	}
	check(read_text(ENVELOPE(",\"headers\":{\"ecoq-group\":\" \\t\"}"), &envelope, &error) == ECOQ_ENVELOPE_ACCEPTED && envelope.group.text.size == 0, "blank group", "", "");
	ecoq_envelope_free(&envelope);
	free((char *) envelope.bytes.data);

	/* every way to end too early is a fault, and is seen without reading on */
	for (size_t size = 0; size < strlen(text); size++) {
		char *cut = strndup(text, size);
		check(read_text(cut, &envelope, NULL) == ECOQ_ENVELOPE_MALFORMED, "cut", cut, "malformed");
		free(cut);
	}
	check(strcmp(ecoq_envelope_reason(ECOQ_ENVELOPE_TOO_LARGE), "too_large") == 0 && strcmp(ecoq_envelope_reason(ECOQ_ENVELOPE_INVALID_ATTEMPTS), "invalid_attempts") == 0, "reason", "", "");
	ecoq_envelope_limits small = {40, 3, 1};
	check(ecoq_envelope_read(ECOQ_BYTES(ENVELOPE()), &small, &envelope, &error) == ECOQ_ENVELOPE_TOO_LARGE, "limit", error.text, "too large");
	small.max_body = 1000;
	check(ecoq_envelope_read(ECOQ_BYTES(ENVELOPE(",\"headers\":{\"a\":1}")), &small, &envelope, &error) == ECOQ_ENVELOPE_ACCEPTED, "limit", error.text, "accepted");
	check(ecoq_envelope_read(ECOQ_BYTES(ENVELOPE(",\"headers\":{\"a\":1,\"a\":2}")), &small, &envelope, &error) == ECOQ_ENVELOPE_MALFORMED, "limit", error.text, "too many headers");
	check(ecoq_envelope_read(ECOQ_BYTES(ENVELOPE(",\"x\":[[1]]")), &small, &envelope, &error) == ECOQ_ENVELOPE_MALFORMED, "limit", error.text, "too deep");
}

int main(void)
{
	test_attempts();
	test_forbidden();
	test_unknown();
	test_endpoint();
	test_headers();
	test_schedule_and_dead_letter();
	test_spans();
	printf("%d passed, %d failed\n", passed, failed);
	return failed > 0;
}
