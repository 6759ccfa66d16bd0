/* Tests of src/base but for DSNs, linked with nothing else: see run.sh. */

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/backoff.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/process.h"
#include "base/result.h"
#include "base/uuid.h"
#include "bytes.h"
#include "check.h"

static void test_result(void)
{
	static const struct {
		ecoq_result result;
		const char *name;
		bool retryable;
	} table[] = {
		{ECOQ_OK, "ok", false},
		{ECOQ_INVALID, "invalid", false},
		{ECOQ_REFUSED, "refused", false},
		{ECOQ_UNAVAILABLE, "unavailable", true},
		{ECOQ_UNKNOWN, "unknown", true},
		{ECOQ_LOST, "lost", false},
		{ECOQ_UNSUPPORTED, "unsupported", false},
		{ECOQ_PROTOCOL, "protocol", false},
		{ECOQ_NO_MEMORY, "no memory", false},
		{ECOQ_EXCEPTION, "exception", false},
	};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		CHECK(strcmp(ecoq_result_name(table[i].result), table[i].name) == 0, table[i].name);
		CHECK(ecoq_result_is_retryable(table[i].result) == table[i].retryable, table[i].name);
	}
	CHECK(strcmp(ecoq_result_name((ecoq_result) 99), "?") == 0);
	CHECK(strcmp(ecoq_result_name((ecoq_result) -1), "?") == 0);

	ecoq_error error;
	CHECK(ecoq_fail(NULL, ECOQ_LOST, "no %s", "room") == ECOQ_LOST);
	CHECK(ecoq_fail(&error, ECOQ_REFUSED, "queue %s: %d", "a", 7) == ECOQ_REFUSED && error.code == ECOQ_REFUSED);
	CHECK(strcmp(error.text, "queue a: 7") == 0);

	char text[2 * ECOQ_ERROR_TEXT];
	for (int shift = 0; shift < 2; shift++) {
		/* two-byte characters, cut at either half */
		memset(text, 'x', 1);
		for (size_t i = (size_t) shift; i + 2 < sizeof(text); i += 2) {
			memcpy(text + i, "\xc3\xa9", 3);
		}
		ecoq_fail(&error, ECOQ_INVALID, "%s", text);
		size_t size = strlen(error.text);
		CHECK(size < ECOQ_ERROR_TEXT && size > ECOQ_ERROR_TEXT - 8);
		CHECK(memcmp(error.text + size - 5, "\xc3\xa9\xe2\x80\xa6", 5) == 0, "cut within a character");
	}
}

static void test_buffer(void)
{
	ecoq_buffer buffer = {0};

	CHECK(ecoq_buffer_append(&buffer, NULL, 0) && buffer.data == NULL);
	for (int i = 0; i < 1000; i++) {
		CHECK(ecoq_buffer_append_int(&buffer, i) && ecoq_buffer_append_text(&buffer, ","));
	}
	CHECK(buffer.size == 10 * 2 + 90 * 3 + 900 * 4 && buffer.capacity >= buffer.size);
	CHECK(memcmp(buffer.data, "0,1,2,", 6) == 0 && memcmp(buffer.data + buffer.size - 4, "999,", 4) == 0);
	size_t size = buffer.size;
	CHECK(!ecoq_buffer_append(&buffer, "x", SIZE_MAX - 3) && buffer.size == size, "an impossible size is refused and nothing lost");
	ecoq_buffer_clear(&buffer);
	CHECK(buffer.size == 0 && buffer.capacity >= size);
	CHECK(ecoq_buffer_append_int(&buffer, INT64_MIN) && bytes_are(ecoq_buffer_bytes(&buffer), "-9223372036854775808"));
	ecoq_buffer_free(&buffer);
	CHECK(buffer.data == NULL && buffer.size == 0 && buffer.capacity == 0);

	CHECK(ecoq_bytes_equal(ECOQ_NO_BYTES, (ecoq_bytes){"x", 0}) && !ecoq_bytes_equal(ECOQ_BYTES("a"), ECOQ_BYTES("b")));
	CHECK(ecoq_bytes_last(ECOQ_NO_BYTES, 'x') == NULL && *ecoq_bytes_last(ECOQ_BYTES("axbxc"), 'x') == 'x');
	ecoq_bytes text = ECOQ_BYTES("axbxc");
	CHECK(ecoq_bytes_last(text, 'x') == text.data + 3);
}

static void test_clock(void)
{
	int64_t wall = ecoq_clock_now_ms(), start = ecoq_clock_monotonic_ns();

	CHECK(wall > 1700000000000 && wall < 9999999999999, "milliseconds, not seconds or microseconds");
	usleep(20000);
	int64_t slept = ecoq_clock_monotonic_ns() - start;
	CHECK(slept >= 20000000 && slept < 10000000000);
	CHECK(ecoq_clock_now_ms() - wall >= 19);
}

static int64_t delay(int64_t first, double multiplier, int64_t max, double jitter, uint32_t retry, uint32_t random)
{
	ecoq_backoff policy = {3, first, multiplier, max, jitter};
	return ecoq_backoff_delay(&policy, retry, random);
}

static void test_backoff(void)
{
	const uint32_t middle = 0x7fffffff;

	for (uint32_t retry = 1; retry <= 12; retry++) {
		int64_t expected = retry > 6 ? 60000 : 1000 << (retry - 1);
		CHECK(delay(1000, 2.0, 60000, 0.0, retry, 12345) == expected);
		int64_t low = delay(1000, 2.0, 60000, 0.1, retry, 0), high = delay(1000, 2.0, 60000, 0.1, retry, UINT32_MAX);
		CHECK(low >= expected * 9 / 10 - 1 && low <= expected * 9 / 10 + 1);
		CHECK(high >= (retry > 6 ? 60000 : expected * 11 / 10 - 1) && high <= expected * 11 / 10 && high <= 60000);
		int64_t between = delay(1000, 2.0, 60000, 0.1, retry, middle);
		CHECK(between >= expected - 1 && between <= expected);
	}
	ecoq_backoff standard = ECOQ_BACKOFF_DEFAULT;
	CHECK(standard.max_retries == 3 && ecoq_backoff_delay(&standard, 1, middle) / 10 == 99);
	CHECK(delay(1000, 2.0, 60000, 0.0, 0, 0) == 1000, "retry 0 is taken as the first");
	CHECK(delay(1000, 2.0, INT64_MAX, 0.5, UINT32_MAX, UINT32_MAX) == INT64_MAX, "overflow becomes the cap");
	CHECK(delay(INT64_MAX, 1e300, 5000, 0.0, 3, 0) == 5000);
	CHECK(delay(1000, NAN, 5000, 0.0, 3, 0) == 5000);
	CHECK(delay(1000, INFINITY, 5000, 0.0, 2, 0) == 5000);
	CHECK(delay(1000, -2.0, 5000, 0.0, 2, 0) == 5000, "a negative delay is no hot loop");
	CHECK(delay(-1000, 2.0, 5000, 0.0, 1, 0) == 5000);
	CHECK(delay(1000, 2.0, 5000, NAN, 1, 0) == 1000);
	CHECK(delay(1000, 2.0, 5000, -3.0, 1, 0) == 1000);
	CHECK(delay(1000, 1.0, 5000, 7.0, 1, 0) == 0, "jitter beyond 100 % is 100 %");
	CHECK(delay(1000, 1.0, 5000, 7.0, 1, UINT32_MAX) == 2000);
	CHECK(delay(0, 2.0, 5000, 0.1, 9, 5) == 0);
	CHECK(delay(1000, 0.0, 5000, 0.0, 1, 5) == 1000 && delay(1000, 0.0, 5000, 0.0, 2, 5) == 0);
	CHECK(delay(1000, 2.0, 0, 0.1, 2, 5) == 0 && delay(1000, 2.0, -5, 0.1, 2, 5) == 0);
	for (uint32_t i = 0; i < 20000; i++) {
		int64_t ms = delay((int64_t) i * 977, (double) (i % 50) / 10, i % 7000, (double) (i % 30) / 10, i % 100, i * 2654435761u);
		if (ms < 0 || ms > i % 7000) {
			CHECK(false, "out of 0 … cap");
			break;
		}
	}
}

static bool is_v7(const char *id)
{
	return strlen(id) == ECOQ_UUID_TEXT && ecoq_uuid_parse(id, ECOQ_UUID_TEXT, NULL) && id[14] == '7' && strchr("89ab", id[19]) && !strpbrk(id, "ABCDEF");
}

static void *thread_ids(void *out)
{
	char(*ids)[ECOQ_UUID_TEXT + 1] = out;
	for (int i = 0; i < 2000; i++) {
		ecoq_uuid_v7(ids[i]);
	}
	return NULL;
}

static int compare_ids(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void test_uuid_threads(void)
{
	static char ids[4][2000][ECOQ_UUID_TEXT + 1];
	pthread_t threads[4];

	for (int i = 0; i < 4; i++) {
		pthread_create(&threads[i], NULL, thread_ids, ids[i]);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		for (int n = 1; n < 2000; n++) {
			if (strcmp(ids[i][n - 1], ids[i][n]) >= 0) {
				CHECK(false, "ids of one thread do not ascend");
			}
		}
	}
	qsort(ids, 8000, sizeof(ids[0][0]), compare_ids);
	int twice = 0;
	for (int i = 1; i < 8000; i++) {
		twice += strcmp(ids[0][0] + (size_t) (i - 1) * 37, ids[0][0] + (size_t) i * 37) == 0;
	}
	CHECK(twice == 0);
}

static void test_uuid_fork(void)
{
	char before[ECOQ_UUID_TEXT + 1], parent[64][ECOQ_UUID_TEXT + 1], child[64][ECOQ_UUID_TEXT + 1];
	unsigned char parent_bytes[64], child_bytes[64];
	int ends[2];

	ecoq_uuid_v7(before);
	ecoq_random_bytes(parent_bytes, 1); /* the pool is filled */
	if (pipe(ends) != 0) {
		CHECK(false, "pipe");
		return;
	}
	pid_t pid = fork();
	if (pid == 0) {
		ecoq_random_bytes(child_bytes, sizeof(child_bytes));
		for (int i = 0; i < 64; i++) {
			ecoq_uuid_v7(child[i]);
		}
		_exit(write(ends[1], child_bytes, sizeof(child_bytes)) + write(ends[1], child, sizeof(child)) != sizeof(child_bytes) + sizeof(child));
	}
	ecoq_random_bytes(parent_bytes, sizeof(parent_bytes));
	for (int i = 0; i < 64; i++) {
		ecoq_uuid_v7(parent[i]);
	}
	int status;
	CHECK(read(ends[0], child_bytes, sizeof(child_bytes)) == sizeof(child_bytes) && read(ends[0], child, sizeof(child)) == sizeof(child));
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	CHECK(memcmp(parent_bytes, child_bytes, sizeof(child_bytes)) != 0, "parent and child draw the same bytes");
	CHECK(strcmp(before, child[0]) < 0 && is_v7(child[0]));
	int same = 0;
	for (int i = 0; i < 64; i++) {
		for (int n = 0; n < 64; n++) {
			/* not only different: unrelated in their random part */
			same += memcmp(parent[i] + 19, child[n] + 19, 8) == 0;
		}
	}
	CHECK(same == 0, "parent and child go on from the same number");
	close(ends[0]);
	close(ends[1]);
}

static void test_uuid(void)
{
	char last[ECOQ_UUID_TEXT + 1] = "", id[ECOQ_UUID_TEXT + 1];
	unsigned char raw[ECOQ_UUID_SIZE], large[5000];
	bool ascending = true, valid = true;

	int64_t start = ecoq_clock_now_ms();
	for (int i = 0; i < 200000; i++) {
		CHECK(ecoq_uuid_v7(id));
		ascending &= strcmp(last, id) < 0;
		valid &= is_v7(id);
		memcpy(last, id, sizeof(id));
	}
	passed -= 200000 - 1;
	CHECK(ascending && valid);
	ecoq_uuid_parse(id, ECOQ_UUID_TEXT, raw);
	int64_t ms = (int64_t) raw[0] << 40 | (int64_t) raw[1] << 32 | (int64_t) raw[2] << 24 | raw[3] << 16 | raw[4] << 8 | raw[5];
	CHECK(ms >= start && ms <= ecoq_clock_now_ms() + 5, "it holds the time");

	static const unsigned char digest[20] = {0x74, 0x73, 0x8f, 0xf5, 0x53, 0x67, 0xe9, 0x58, 0x9a, 0xee, 0x98, 0xff, 0xfd, 0xcd, 0x18, 0x76, 1, 2, 3, 4};
	ecoq_uuid_from_digest(digest, 5, id);
	CHECK(strcmp(id, "74738ff5-5367-5958-9aee-98fffdcd1876") == 0, "python.org in the DNS namespace");
	ecoq_uuid_from_digest(digest, 8, id);
	CHECK(id[14] == '8');

	CHECK(ecoq_uuid_parse("74738FF5-5367-5958-9aee-98fffdcd1876", 36, raw) && raw[0] == 0x74 && raw[2] == 0x8f && raw[15] == 0x76);
	static const char *const bad[] = {"", "74738ff5-5367-5958-9aee-98fffdcd187", "74738ff5-5367-5958-9aee-98fffdcd18766", "74738ff5x5367-5958-9aee-98fffdcd1876",
		"74738ff5-5367-5958-9aee-98fffdcd187g", "{4738ff5-5367-5958-9aee-98fffdcd187}", "74738ff553675958-9aee--98fffdcd1876", "-4738ff5-5367-5958-9aee-98fffdcd1876"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ecoq_bytes text = heap_bytes(bad[i], strlen(bad[i]));
		CHECK(!ecoq_uuid_parse(text.data, text.size, raw), bad[i]);
		free((char *) text.data);
	}

	memset(large, 0, sizeof(large));
	CHECK(ecoq_random_bytes(large, sizeof(large)));
	int zeros = 0;
	for (size_t i = 0; i < sizeof(large); i++) {
		zeros += large[i] == 0;
	}
	CHECK(zeros < 100, "all of a large request is filled");
}

/* Published values: draft-eastlake-fnv, appendix C. */
static void test_hash(void)
{
	CHECK(ecoq_hash32(ECOQ_HASH32, "", 0) == 0x811c9dc5);
	CHECK(ecoq_hash32(ECOQ_HASH32, "a", 1) == 0xe40c292c);
	CHECK(ecoq_hash32(ECOQ_HASH32, "foobar", 6) == 0xbf9cf968);
	CHECK(ecoq_hash32(ecoq_hash32(ECOQ_HASH32, "foo", 3), "bar", 3) == 0xbf9cf968);
	CHECK(ecoq_hash64(ECOQ_HASH64, "", 0) == UINT64_C(0xcbf29ce484222325));
	CHECK(ecoq_hash64(ECOQ_HASH64, "a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
	CHECK(ecoq_hash64(ECOQ_HASH64, "foobar", 6) == UINT64_C(0x85944171f73967e8));
	ecoq_bytes a = {"a", 1}, bc = {"bc", 2}, ab = {"ab", 2}, c = {"c", 1};
	CHECK(ecoq_hash64_part(ecoq_hash64_part(ECOQ_HASH64, a), bc) != ecoq_hash64_part(ecoq_hash64_part(ECOQ_HASH64, ab), c));
}

static atomic_bool must_stop;

static void *lock_and_unlock(void *unused)
{
	(void) unused;
	while (!atomic_load(&must_stop)) {
		ecoq_process_lock();
		ecoq_process_unlock();
	}
	return NULL;
}

/* Another thread holds the lock most of the time: a child that was forked then would wait for ever. */
static void test_process_lock(void)
{
	pthread_t thread;
	int lost = 0;
	unsigned mark = ecoq_process_mark();
	pthread_create(&thread, NULL, lock_and_unlock, NULL);
	for (int i = 0; i < 100; i++) {
		pid_t child = fork();
		if (child == 0) {
			alarm(10);
			ecoq_process_lock();
			ecoq_process_unlock();
			_exit(ecoq_process_mark() == mark);
		}
		int status = 0;
		lost += waitpid(child, &status, 0) != child || status != 0;
	}
	atomic_store(&must_stop, true);
	pthread_join(thread, NULL);
	CHECK(lost == 0);
	CHECK(ecoq_process_mark() == mark);
}

int main(void)
{
	test_result();
	test_buffer();
	test_clock();
	test_backoff();
	test_uuid();
	test_uuid_threads();
	test_uuid_fork();
	test_hash();
	test_process_lock();
	printf("%d passed, %d failed\n", passed, failed);
	return failed > 0;
}
