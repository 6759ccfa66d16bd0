/* Tests of what rides beside a message's body: see run.sh. */

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"
#include "tests/base/check.h"
#include "transport/riders.h"

/* Each as `name=kind:text`, with what it is as a number. */
static char *listed(const char *json)
{
	static char out[4096];
	static const char kinds[] = {[ECOQ_RIDER_TEXT] = 't', [ECOQ_RIDER_INTEGER] = 'i', [ECOQ_RIDER_DECIMAL] = 'd', [ECOQ_RIDER_BOOLEAN] = 'b'};
	/* of exactly that size, so that the sanitizers see a step beyond it */
	size_t size = strlen(json);
	char *copy = malloc(size + !size);
	memcpy(copy, json, size);
	ecoq_riders riders = {.count = 0};
	size_t at = 0;
	out[0] = '\0';
	CHECK(ecoq_riders_read((ecoq_bytes){copy, size}, &riders), json);
	for (size_t i = 0; i < riders.count; i++) {
		const ecoq_rider *r = &riders.items[i];
		at += (size_t) snprintf(out + at, sizeof(out) - at, "%s%.*s=%c:%.*s", i ? " " : "", (int) r->name.size, r->name.data, kinds[r->kind], (int) r->text.size, r->text.data);
		if (r->kind == ECOQ_RIDER_INTEGER || r->kind == ECOQ_RIDER_BOOLEAN) {
			at += (size_t) snprintf(out + at, sizeof(out) - at, ":%lld", (long long) r->integer);
		} else if (r->kind == ECOQ_RIDER_DECIMAL) {
			at += (size_t) snprintf(out + at, sizeof(out) - at, ":%d", (int) (r->decimal * 1000));
		}
	}
	ecoq_riders_free(&riders);
	CHECK(!riders.items && !riders.storage && !riders.count);
	free(copy);
	return out;
}

static void test_lists(void)
{
	static const struct {
		const char *json;
		const char *expected;
	} table[] = {
		{"", ""},
		{"{}", ""},
		{"[]", ""},
		{"7", ""},
		{" { \"a\" : \"b\" , \"n\":-7,\"t\":true,\"f\":false,\"d\":0.25,\"e\":-1e0}", "a=t:b n=i:-7:-7 t=b:true:1 f=b:false:0 d=d:0.25:250 e=d:-1e0:-1000"},
		{"{\"list\":[1,{\"x\":2}],\"o\":{\"a\":{}},\"null\":null,\"last\":\"\"}", "last=t:"},
		{"{\"ecoq-endpoint\":\"x\",\"\\u0065coq-x\":1,\"\":1,\"ecoq\":1}", "ecoq=i:1:1"},
		{"{\"a\\\"b\":\"\\u00e9\\/\\n\",\"c\":\"\\ud83d\\ude00\"}", "a\"b=t:\xc3\xa9/\n c=t:\xf0\x9f\x98\x80"},
		{"{\"a\":1,\"b\":2,\"\\u0061\":\"x\"}", "a=t:x b=i:2:2"},
		{"{\"a\":1,\"b\":2,\"a\":null}", "b=i:2:2"},
		{"{\"i\":9223372036854775807,\"j\":-9223372036854775808,\"z\":-0}", "i=i:9223372036854775807:9223372036854775807 j=i:-9223372036854775808:-9223372036854775808 z=i:-0:0"},
		{"{\"inf\":1e999,\"x\":1}", "x=i:1:1"},
		/* what is behind a fault is not read */
		{"{\"a\":1,\"b\":", "a=i:1:1"},
		{"{\"a\":1,\"b\":2", "a=i:1:1 b=i:2:2"},
		{"{\"a\":1,\"b", "a=i:1:1"},
		{"{\"a\":\"\\", ""},
		{"{\"a\":\"\\ud800\",\"b\":1}", ""},
	};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const char *found = listed(table[i].json);
		CHECK(strcmp(found, table[i].expected) == 0, found);
	}
}

/* Integers beyond 64 bits are decimals; digits without end are nothing. */
static void test_sizes(void)
{
	char json[1024], *end = json;
	CHECK(strncmp(listed("{\"u\":18446744073709551615}"), "u=d:18446744073709551615:", 25) == 0);
	end += sprintf(end, "{\"n\":1");
	memset(end, '0', 400);
	strcpy(end + 400, ",\"x\":1}");
	CHECK(strcmp(listed(json), "x=i:1:1") == 0);
	end = json + sprintf(json, "{\"");
	memset(end, 'n', ECOQ_RIDER_NAME_MAX);
	strcpy(end + ECOQ_RIDER_NAME_MAX, "\":1}");
	CHECK(strlen(listed(json)) == ECOQ_RIDER_NAME_MAX + strlen("=i:1:1"));
	strcpy(end + ECOQ_RIDER_NAME_MAX, "n\":1}");
	CHECK(strcmp(listed(json), "") == 0);
}

static void test_number(void)
{
	size_t most = ECOQ_RIDERS_MAX + 10, size = 1;
	char *json = malloc(most * 16);
	json[0] = '{';
	for (size_t i = 0; i < most; i++) {
		size += (size_t) sprintf(json + size, "%s\"%zu\":%zu", i ? "," : "", i, i);
	}
	json[size++] = '}';
	ecoq_riders riders = {.count = 0};
	CHECK(ecoq_riders_read((ecoq_bytes){json, size}, &riders));
	CHECK(riders.count == ECOQ_RIDERS_MAX && riders.items[ECOQ_RIDERS_MAX - 1].integer == ECOQ_RIDERS_MAX - 1);
	ecoq_riders_free(&riders);
	free(json);
}

int main(void)
{
	test_lists();
	test_sizes();
	test_number();
	if (setlocale(LC_NUMERIC, "de_DE.UTF-8")) {
		test_lists();
	}
	printf("%d passed, %d failed\n", passed, failed);
	return failed != 0;
}
