/* Tests of DSNs and their options, linked with nothing but src/base: see run.sh. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/dsn.h"
#include "bytes.h"
#include "check.h"

/* scheme|user|password|hosts|path|settings|options, each shown as it is parsed */
static void describe(const ecoq_dsn *dsn, char *out, size_t capacity)
{
	int n = snprintf(out, capacity, "%.*s|%.*s|%.*s|%.*s|%.*s|%.*s|", (int) dsn->scheme.size, dsn->scheme.data, (int) dsn->user.size,
		dsn->user.size ? dsn->user.data : "", (int) dsn->password.size, dsn->password.size ? dsn->password.data : "", (int) dsn->hosts.size,
		dsn->hosts.size ? dsn->hosts.data : "", (int) dsn->path.size, dsn->path.size ? dsn->path.data : "", (int) dsn->settings.size,
		dsn->settings.size ? dsn->settings.data : "");
	for (size_t i = 0; i < dsn->option_count; i++) {
		n += snprintf(out + n, capacity - (size_t) n, "%s%.*s=%.*s", i ? "," : "", (int) dsn->options[i].name.size, dsn->options[i].name.data,
			(int) dsn->options[i].value.size, dsn->options[i].value.data);
	}
}

static void test_dsn_good(void)
{
	static const struct {
		const char *text, *parsed;
	} table[] = {
		{"memory:", "memory||||||"},
		{"memory:?retry.max=5", "memory||||||retry.max=5"},
		{"memory://", "memory||||||"},
		{"MeMory:", "memory||||||"},
		{"sqlite::memory:", "sqlite|||||:memory:|"},
		{"sqlite:/var/q.sqlite?retry.max=5&prefix=a%26b", "sqlite|||||/var/q.sqlite|retry.max=5,prefix=a&b"},
		{"sqlite:/path with spaces/%41.db", "sqlite|||||/path with spaces/%41.db|"},
		{"sqlite:C:\\data\\q.db", "sqlite|||||C:\\data\\q.db|"},
		{"pgsql:host=localhost;port=5432;dbname=x?prefix=a", "pgsql|||||host=localhost;port=5432;dbname=x|prefix=a"},
		{"pgsql:host=localhost;password=a@b", "pgsql|||||host=localhost;password=a@b|"},
		{"redis://localhost", "redis|||localhost|||"},
		{"redis://localhost/", "redis|||localhost|||"},
		{"redis://localhost/orders?a=+1+&b=%2B", "redis|||localhost|orders||a=+1+,b=+"},
		{"REDIS://User:Pass@Host:6379/Q", "redis|User|Pass|Host:6379|Q||"},
		{"redis://:secret@localhost", "redis||secret|localhost|||"},
		{"redis://user@localhost", "redis|user||localhost|||"},
		{"redis://user:@localhost", "redis|user||localhost|||"},
		{"redis://u%40x:p%3a%2F%3f%25@h", "redis|u@x|p:/?%|h|||"},
		{"redis://u:a:b@h", "redis|u|a:b|h|||"},
		{"redis://u:a@b@h", "redis|u|a@b|h|||"},
		{"redis://a:1,b:2,c/q", "redis|||a:1,b:2,c|q||"},
		{"redis://[::1]:6379,[fe80::1%25eth0]/q", "redis|||[::1]:6379,[fe80::1%25eth0]|q||"},
		{"redis+unix:///run/redis.sock?db=2", "redis+unix||||run/redis.sock||db=2"},
		{"amqp://guest:guest@localhost:5672/%2f/orders", "amqp|guest|guest|localhost:5672|//orders||"},
		{"amqp://h/v?heartbeat=10&", "amqp|||h|v||heartbeat=10"},
		{"sqs://K:S%2b%2F@eu-west-1/queue?a=", "sqs|K|S+/|eu-west-1|queue||a="},
		{"kafka://h/t\xc3\xa9", "kafka|||h|t\xc3\xa9||"},
		{"redis://h/q?x=a=b", "redis|||h|q||x=a=b"},
	};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		ecoq_bytes text = heap_bytes(table[i].text, strlen(table[i].text));
		ecoq_dsn dsn;
		ecoq_error error = {0};
		char parsed[512] = "";
		CHECK(ecoq_dsn_parse(text, &dsn, &error) == ECOQ_OK, table[i].text);
		free((char *) text.data);
		if (dsn.storage != NULL) {
			describe(&dsn, parsed, sizeof(parsed));
			CHECK(dsn.is_url == (strstr(table[i].text, "://") != NULL), table[i].text);
		}
		if (strcmp(parsed, table[i].parsed) != 0) {
			printf("%s\n  is %s\n  not %s %s\n", table[i].text, parsed, table[i].parsed, error.text);
			failed++;
		}
		passed++;
		ecoq_dsn_free(&dsn);
		CHECK(dsn.storage == NULL);
	}
}

static void test_dsn_parts(void)
{
	ecoq_dsn dsn;
	ecoq_error error;
	ecoq_bytes host, segment;
	int port;
	char storage[64];

	CHECK(ecoq_dsn_parse(ECOQ_BYTES("amqp://a,b:2,[::1]:3/%2f/or%64ers//x?k=v"), &dsn, &error) == ECOQ_OK);
	ecoq_bytes rest = dsn.hosts;
	CHECK(ecoq_dsn_next_host(&rest, &host, &port) && bytes_are(host, "a") && port == 0);
	CHECK(ecoq_dsn_next_host(&rest, &host, &port) && bytes_are(host, "b") && port == 2);
	CHECK(ecoq_dsn_next_host(&rest, &host, &port) && bytes_are(host, "[::1]") && port == 3);
	CHECK(!ecoq_dsn_next_host(&rest, &host, &port));
	rest = dsn.raw_path;
	CHECK(ecoq_dsn_next_segment(&rest, storage, &segment) && bytes_are(segment, "/"));
	CHECK(ecoq_dsn_next_segment(&rest, storage, &segment) && bytes_are(segment, "orders"));
	CHECK(ecoq_dsn_next_segment(&rest, storage, &segment) && bytes_are(segment, ""));
	CHECK(ecoq_dsn_next_segment(&rest, storage, &segment) && bytes_are(segment, "x"));
	CHECK(!ecoq_dsn_next_segment(&rest, storage, &segment));
	CHECK(bytes_are(ecoq_dsn_option_find(&dsn, "k")->value, "v") && ecoq_dsn_option_find(&dsn, "K") == NULL && ecoq_dsn_option_find(&dsn, "") == NULL);
	ecoq_dsn_free(&dsn);
}

static void test_dsn_bad(void)
{
	static const struct {
		const char *text;
		size_t size;
		const char *says;
	} table[] = {
#define BAD(text, says) {text, sizeof(text) - 1, says}
		BAD("", "empty"),
		BAD("orders", "scheme"),
		BAD(":memory:", "scheme"),
		BAD("//SECRET:SECRET@h", "scheme"),
		BAD("1redis://SECRET", "scheme"),
		BAD(" redis://u:SECRET@h", "scheme"),
		BAD("redis://h/q\n", "control character 0x0a"),
		BAD("sqlite:/a\0SECRET", "control character 0x00"),
		BAD("sqlite:/a\x7f", "0x7f"),
		BAD("redis://u:SECRET%@h", "percent"),
		BAD("redis://u:SECRET%2@h", "percent"),
		BAD("redis://u:SECRET%zz@h", "percent"),
		BAD("redis://u:SECRET%00@h", "percent"),
		BAD("redis://h/q%", "percent"),
		BAD("redis://h:0/q", "port"),
		BAD("redis://h:65536/q", "port"),
		BAD("redis://h:SECRET", "port"),
		BAD("redis://h:/q", "port"),
		BAD("redis://:6379", "host"),
		BAD("redis://a,,b", "host number 2"),
		BAD("redis://a,", "host"),
		BAD("redis://[::1", "host"),
		BAD("redis://[]:1", "host"),
		BAD("redis://[::1]x", "host"),
		BAD("redis://a b/q", "host"),
		BAD("redis://u:SEC/RET@h/q", "first slash"),
		BAD("redis://u:1/SECRET@h/q", "first slash"),
		BAD("redis://u:SEC?RET@h/q", "host"),
		BAD("redis://h/q?SECRET", "option number 1"),
		BAD("redis://h/q?a=1&SECRET", "option number 2"),
		BAD("redis://h/q?a=1&=SECRET", "option number 2"),
		BAD("redis://h/q?a=1&b=2&a=SECRET", "\"a\" is given twice"),
		BAD("redis://h/q?%61=1&a=SECRET", "\"a\" is given twice"),
		BAD("redis://h/q?a=SECRET%f", "percent"),
		BAD("redis://h/q?a%=SECRET", "percent"),
		BAD("redis://h/q?SECRET%20b=1", "option number 1"),
#undef BAD
	};
	ecoq_dsn dsn;
	ecoq_error error;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		ecoq_bytes text = heap_bytes(table[i].text, table[i].size);
		error.text[0] = '\0';
		CHECK(ecoq_dsn_parse(text, &dsn, &error) == ECOQ_INVALID && dsn.storage == NULL, table[i].text);
		CHECK(strstr(error.text, table[i].says) != NULL, table[i].text);
		CHECK(strstr(error.text, "SEC") == NULL && strstr(error.text, "RET@") == NULL, error.text);
		CHECK(ecoq_dsn_parse(text, &dsn, NULL) == ECOQ_INVALID, table[i].text);
		free((char *) text.data);
	}

	char many[4096] = "memory:?";
	for (int i = 0; i <= ECOQ_DSN_MAX_OPTIONS; i++) {
		sprintf(many + strlen(many), "o%d=%d&", i, i);
	}
	CHECK(ecoq_dsn_parse((ecoq_bytes){many, strlen(many)}, &dsn, &error) == ECOQ_INVALID && strstr(error.text, "more than 64"));
	*strstr(many, "o64=") = '\0';
	CHECK(ecoq_dsn_parse((ecoq_bytes){many, strlen(many)}, &dsn, &error) == ECOQ_OK && dsn.option_count == 64);
	ecoq_dsn_free(&dsn);
	char *lengthy = malloc(9000);
	memset(lengthy, 'a', 9000);
	memcpy(lengthy, "sqlite:", 7);
	CHECK(ecoq_dsn_parse((ecoq_bytes){lengthy, 8193}, &dsn, &error) == ECOQ_INVALID && strstr(error.text, "8193 bytes"));
	CHECK(ecoq_dsn_parse((ecoq_bytes){lengthy, 8192}, &dsn, &error) == ECOQ_OK);
	ecoq_dsn_free(&dsn);
	free(lengthy);
}

static void test_dsn_scrub(void)
{
	static const struct {
		const char *text, *scrubbed;
	} table[] = {
		{"redis://u:SECRET@host:6379/q?retry.max=5", "redis://***@host:6379/q?retry.max=5"},
		{"redis://:SECRET@a,b:1", "redis://***@a,b:1"},
		{"redis://host/q?timeout=5", "redis://host/q?timeout=5"},
		{"redis://u:SEC@RET@host/q", "redis://***@host/q"},
		{"redis://u:SEC/RET@host/q", "redis://***@host/q"},
		{"redis://u:SEC?RET@host/q", "redis://***"},
		{"redis://u:SEC?a=RET@host/q", "redis://***"},
		{"redis://u:SECRET", "redis://***"},
		{"redis://:SECRET", "redis://***"},
		{"redis://u:SECRET/q", "redis://***"},
		{"redis://SEC RET/q", "redis://***"},
		{"redis://u:SECRET@/q", "redis://***@/q"},
		{"redis://u:SECRET@[::1]:1/q", "redis://***@[::1]:1/q"},
		{"redis://h/q?password=SECRET&a=1", "redis://h/q?password=***&a=1"},
		{"redis://h/q?PassWd=SECRET", "redis://h/q?PassWd=***"},
		{"redis://h/q?auth.token=SECRET&tls.key=SECRET&access_key_id=SECRET&username=SECRET&aws_secret=SECRET&pwd=SECRET",
			"redis://h/q?auth.token=***&tls.key=***&access_key_id=***&username=***&aws_secret=***&pwd=***"},
		{"redis://h/q?%70assword=SECRET&b=SECRET", "redis://h/q?***"},
		{"redis://h/q?SECRET", "redis://h/q?***"},
		{"redis://h/q?=SECRET", "redis://h/q?***"},
		{"redis://h/q?password=SEC&RET", "redis://h/q?password=***&***"},
		{"redis://h/q?password=SEC@RET", "redis://***"},
		{"redis://h/q?next=redis%3A%2F%2Fu:SECRET%40h", "redis://h/q?next=***"},
		{"sqlite:/var/lib/q.sqlite", "sqlite:/var/lib/q.sqlite"},
		{"sqlite:/home/user/q.sqlite?busy=1", "sqlite:/home/user/q.sqlite?busy=1"},
		{"sqlite::memory:", "sqlite::memory:"},
		{"memory:", "memory:"},
		{"pgsql:host=h;port=1;user=SECRET;password=SECRET;dbname=x?prefix=a", "pgsql:host=h;port=1;user=***;password=***;dbname=x?prefix=a"},
		{"pgsql:host=h;password=SECRET", "pgsql:host=h;password=***"},
		{"pgsql:host=h password=SECRET dbname=x;port=1", "pgsql:host=***;port=1"},
		{"pgsql:password=SEC?RET=SECRET", "pgsql:password=***?***"},
		{"pgsql:password=SEC;;RET=1;host=h", "pgsql:password=***;host=h"},
		{"pgsql:password='SEC;RET=1';host=h", "pgsql:password=***;host=h"},
		{"pgsql:password='SEC;RET=1;host=h", "pgsql:password=***"},
		{"pgsql:password=SEC;RET;host=h", "pgsql:password=***;***;host=h"},
		{"pgsql:user:SECRET@h", "pgsql:***"},
		{"pgsql:a?x=SEC@RET", "pgsql:a?x=***"},
		{"mysql:unix_socket=/run/m.sock;Pwd=SECRET", "mysql:unix_socket=/run/m.sock;Pwd=***"},
		{"SECRET", "***"},
		{"", "***"},
		{"user:SECRET", "***"},
		{"user:SECRET@host", "***"},
		{"//u:SECRET@host", "***"},
		{" redis://u:SECRET@h", "***"},
		{"redis:/u:SECRET@h", "***"},
		{"redis//u:SECRET@h", "***"},
		{"sqlite:/a\nb", "sqlite:/a?b"},
		{"redis://h/q\x01?a=1", "redis://h/q??a=1"},
	};
	char out[256];

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		ecoq_bytes text = heap_bytes(table[i].text, strlen(table[i].text));
		ecoq_dsn_scrub(text, out, sizeof(out));
		CHECK(strcmp(out, table[i].scrubbed) == 0, table[i].text);
		CHECK(strstr(out, "SEC") == NULL && strstr(out, "RET") == NULL, out);
		for (size_t capacity = 0; capacity < 12; capacity++) {
			memset(out, 'x', sizeof(out));
			ecoq_dsn_scrub(text, out, capacity);
			CHECK(capacity == 0 ? out[0] == 'x' : strlen(out) < capacity);
			CHECK(out[capacity] == 'x');
		}
		free((char *) text.data);
	}
	ecoq_dsn_scrub(ECOQ_BYTES("sqlite:/\xc3\xa9"), out, 10);
	CHECK(strcmp(out, "sqlite:/") == 0, "no half of a character");
}

static void test_options(void)
{
	ecoq_error error;
	long long number = 77;
	double decimal = 77;
	bool truth = false;

#define INT(text, min, max) ecoq_option_int("retry.max", ECOQ_BYTES(text), min, max, &number, &error)
	CHECK(INT("0", 0, 10) == ECOQ_OK && number == 0);
	CHECK(INT("-5", -5, 10) == ECOQ_OK && number == -5);
	CHECK(INT("007", 0, 10) == ECOQ_OK && number == 7);
	CHECK(INT("9223372036854775807", 0, INT64_MAX) == ECOQ_OK && number == INT64_MAX);
	CHECK(INT("-9223372036854775808", INT64_MIN, 0) == ECOQ_OK && number == INT64_MIN);
	number = 77;
	CHECK(INT("9223372036854775808", INT64_MIN, INT64_MAX) == ECOQ_INVALID && INT("-9223372036854775809", INT64_MIN, INT64_MAX) == ECOQ_INVALID);
	CHECK(INT("99999999999999999999", INT64_MIN, INT64_MAX) == ECOQ_INVALID);
	CHECK(INT("", 0, 9) == ECOQ_INVALID && INT("-", -9, 9) == ECOQ_INVALID && INT("+1", 0, 9) == ECOQ_INVALID && INT(" 1", 0, 9) == ECOQ_INVALID);
	CHECK(INT("1.0", 0, 9) == ECOQ_INVALID && INT("1e3", 0, 9) == ECOQ_INVALID && INT("0x1", 0, 9) == ECOQ_INVALID && INT("1\0", 0, 9) == ECOQ_INVALID);
	CHECK(INT("11", 0, 10) == ECOQ_INVALID && number == 77, "a refused value changes nothing");
	CHECK(strcmp(error.text, "Option \"retry.max\": expected an integer from 0 to 10, got \"11\"") == 0);
	CHECK(INT("SECRET@host", 0, 10) == ECOQ_INVALID && strstr(error.text, "SECRET") == NULL);

#define DOUBLE(text) ecoq_option_double("jitter", ECOQ_BYTES(text), -1, 1000, &decimal, &error)
	CHECK(DOUBLE("0.1") == ECOQ_OK && decimal == 0.1);
	CHECK(DOUBLE("2") == ECOQ_OK && decimal == 2.0);
	CHECK(DOUBLE("-0.25") == ECOQ_OK && decimal == -0.25);
	CHECK(DOUBLE("123.456") == ECOQ_OK && decimal == 123.456);
	CHECK(DOUBLE("0.05") == ECOQ_OK && decimal == 0.05);
	CHECK(DOUBLE("nan") == ECOQ_INVALID && DOUBLE("inf") == ECOQ_INVALID && DOUBLE("1e2") == ECOQ_INVALID && DOUBLE("") == ECOQ_INVALID);
	CHECK(DOUBLE(".5") == ECOQ_INVALID && DOUBLE("5.") == ECOQ_INVALID && DOUBLE("1,5") == ECOQ_INVALID && DOUBLE("1001") == ECOQ_INVALID && DOUBLE("-1.5") == ECOQ_INVALID);
	CHECK(DOUBLE("0.00000000000000000000000001") == ECOQ_INVALID && strstr(error.text, "jitter"));

	static const char *const yes[] = {"1", "true", "yes", "on", "TRUE", "On"}, *const no[] = {"0", "false", "no", "off", "False"}, *const neither[] = {"", "2", "t", "yess", " yes", "null"};
	for (size_t i = 0; i < 6; i++) {
		CHECK(ecoq_option_bool("tls", (ecoq_bytes){yes[i], strlen(yes[i])}, &truth, &error) == ECOQ_OK && truth, yes[i]);
		CHECK(i > 4 || (ecoq_option_bool("tls", (ecoq_bytes){no[i], strlen(no[i])}, &truth, &error) == ECOQ_OK && !truth));
		CHECK(ecoq_option_bool("tls", (ecoq_bytes){neither[i], strlen(neither[i])}, &truth, &error) == ECOQ_INVALID, neither[i]);
	}
	CHECK(strstr(error.text, "\"tls\"") && strstr(error.text, "got \"null\""));

	static const struct {
		const char *text;
		long long ms;
	} durations[] = {{"500", 500}, {"0", 0}, {"10ms", 10}, {"1.5s", 1500}, {"2m", 120000}, {"24h", 86400000}, {"7d", 604800000}, {"1.5S", 1500}, {"0.0004s", 0},
		{"0.0005s", 1}, {"0.1d", 8640000}, {"9223372036854775807", INT64_MAX}, {"1.5", 2}};
	for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
		number = -1;
		CHECK(ecoq_option_duration("ttl", (ecoq_bytes){durations[i].text, strlen(durations[i].text)}, &number, &error) == ECOQ_OK && number == durations[i].ms, durations[i].text);
	}
	static const char *const no_durations[] = {"", "s", "-1", "1x", "1 s", "1.s", "1s2m", "9223372036854775808", "9223372036854775807s", "99999999999999999999d", "1e3"};
	for (size_t i = 0; i < sizeof(no_durations) / sizeof(no_durations[0]); i++) {
		CHECK(ecoq_option_duration("ttl", (ecoq_bytes){no_durations[i], strlen(no_durations[i])}, &number, &error) == ECOQ_INVALID, no_durations[i]);
	}
}

int main(void)
{
	test_dsn_good();
	test_dsn_parts();
	test_dsn_bad();
	test_dsn_scrub();
	test_options();
	printf("%d passed, %d failed\n", passed, failed);
	return failed > 0;
}
