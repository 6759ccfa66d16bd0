/* What Redis gives a client that does nothing else: the floor of the Redis groups. Compiled by bench/lib/tool.php.
 *
 *   redis_loop list PORT QUEUE BATCH        LMOVE in pipelines, then LREM in pipelines: two round trips per batch
 *   redis_loop joined PORT QUEUE BATCH      LREM of one batch in one pipeline with LMOVE of the next
 *   redis_loop lua PORT QUEUE BATCH         one script reserves a batch into a hash, with numbers; another one deletes them from it
 *   redis_loop publish PORT QUEUE BATCH N BODY    RPUSH in pipelines; the last 12 bytes of "id" in the body are a running number
 *
 * Prints one line of JSON. */

#include <hiredis.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

#define ID_DIGITS 12

typedef struct loop {
	redisContext *redis;
	const char *queue;
	char processing[256];
	long batch;
} loop;

static const char reserve_script[] = "local got = redis.call('LPOP', KEYS[1], ARGV[1])\n"
									 "if not got then return {0, {}} end\n"
									 "local last = redis.call('INCRBY', KEYS[3], #got)\n"
									 "local fields = {}\n"
									 "for i, body in ipairs(got) do fields[2 * i - 1] = last - #got + i; fields[2 * i] = body end\n"
									 "redis.call('HSET', KEYS[2], unpack(fields))\n"
									 "return {last - #got + 1, got}\n";
static const char settle_script[] = "return redis.call('HDEL', KEYS[1], unpack(ARGV))\n";

static void die(const char *text)
{
	fprintf(stderr, "Error: %s\n", text);
	exit(1);
}

static redisReply *read_reply(redisContext *redis)
{
	void *reply;

	if (redisGetReply(redis, &reply) != REDIS_OK) {
		die(redis->errstr);
	}
	if (((redisReply *) reply)->type == REDIS_REPLY_ERROR) {
		die(((redisReply *) reply)->str);
	}
	return reply;
}

static void append(redisContext *redis, int count, const char **words, const size_t *sizes)
{
	if (redisAppendCommandArgv(redis, count, words, sizes) != REDIS_OK) {
		die("out of memory");
	}
}

static void append_moves(loop *self)
{
	const char *words[] = {"LMOVE", self->queue, self->processing, "LEFT", "RIGHT"};

	for (long i = 0; i < self->batch; i++) {
		append(self->redis, 5, words, NULL);
	}
}

static void append_removal(loop *self, const redisReply *body)
{
	const char *words[] = {"LREM", self->processing, "1", body->str};
	const size_t sizes[] = {4, strlen(self->processing), 1, body->len};

	append(self->redis, 4, words, sizes);
}

static void read_removals(loop *self, long count)
{
	for (long i = 0; i < count; i++) {
		redisReply *reply = read_reply(self->redis);

		if (reply->integer != 1) {
			die("LREM removed nothing");
		}
		freeReplyObject(reply);
	}
}

/* Appends the removal of what came; how much that is. */
static long read_moves(loop *self)
{
	long count = 0;

	for (long i = 0; i < self->batch; i++) {
		redisReply *reply = read_reply(self->redis);

		if (reply->type == REDIS_REPLY_STRING) {
			append_removal(self, reply);
			count++;
		}
		freeReplyObject(reply);
	}
	return count;
}

static long consume_list(loop *self)
{
	long total = 0, count;

	do {
		append_moves(self);
		count = read_moves(self);
		read_removals(self, count);
		total += count;
	} while (count > 0);
	return total;
}

static long consume_joined(loop *self)
{
	long total = 0, count = 0;

	do {
		append_moves(self);
		read_removals(self, count);
		count = read_moves(self);
		total += count;
	} while (count > 0);
	return total;
}

static void load(loop *self, const char *script, char sha[41])
{
	redisReply *reply = redisCommand(self->redis, "SCRIPT LOAD %s", script);

	if (reply == NULL || reply->type != REDIS_REPLY_STRING || reply->len != 40) {
		die("SCRIPT LOAD");
	}
	memcpy(sha, reply->str, 41);
	freeReplyObject(reply);
}

static void settle(loop *self, const char *sha, long long first, long count)
{
	const char *words[4 + count];
	char numbers[count][24];
	redisReply *reply;

	words[0] = "EVALSHA";
	words[1] = sha;
	words[2] = "1";
	words[3] = self->processing;
	for (long i = 0; i < count; i++) {
		snprintf(numbers[i], sizeof(numbers[i]), "%lld", first + i);
		words[4 + i] = numbers[i];
	}
	append(self->redis, (int) (4 + count), words, NULL);
	reply = read_reply(self->redis);
	if (reply->integer != count) {
		die("HDEL did not find all");
	}
	freeReplyObject(reply);
}

static long consume_lua(loop *self)
{
	char reserve_sha[41], settle_sha[41], counter[300], batch[24];
	const char *words[] = {"EVALSHA", reserve_sha, "3", self->queue, self->processing, counter, batch};
	long total = 0, count;

	load(self, reserve_script, reserve_sha);
	load(self, settle_script, settle_sha);
	snprintf(counter, sizeof(counter), "%s:number", self->processing);
	snprintf(batch, sizeof(batch), "%ld", self->batch);
	do {
		redisReply *reply;

		append(self->redis, 7, words, NULL);
		reply = read_reply(self->redis);
		count = (long) reply->element[1]->elements;
		if (count > 0) {
			settle(self, settle_sha, reply->element[0]->integer, count);
		}
		freeReplyObject(reply);
		total += count;
	} while (count > 0);
	return total;
}

static char *find_id(char *body)
{
	char *id = strstr(body, "\"id\":\"");

	id = id ? strchr(id + 6, '"') : NULL;
	if (id == NULL || id - body < ID_DIGITS) {
		die("no id in the body");
	}
	return id - ID_DIGITS;
}

static long publish(loop *self, long total, char *body)
{
	const char *words[] = {"RPUSH", self->queue, body};
	const size_t sizes[] = {5, strlen(self->queue), strlen(body)};
	char *id = find_id(body), digits[24];

	for (long sent = 0; sent < total;) {
		long count = total - sent < self->batch ? total - sent : self->batch;

		for (long i = 0; i < count; i++) {
			snprintf(digits, sizeof(digits), "%0*ld", ID_DIGITS, sent + i);
			memcpy(id, digits, ID_DIGITS);
			append(self->redis, 3, words, sizes);
		}
		for (long i = 0; i < count; i++) {
			freeReplyObject(read_reply(self->redis));
		}
		sent += count;
	}
	return total;
}

static long run(loop *self, const char *what, int more, char **arguments)
{
	if (strcmp(what, "list") == 0) {
		return consume_list(self);
	}
	if (strcmp(what, "joined") == 0) {
		return consume_joined(self);
	}
	if (strcmp(what, "lua") == 0) {
		return consume_lua(self);
	}
	if (strcmp(what, "publish") == 0 && more == 2) {
		return publish(self, atol(arguments[0]), arguments[1]);
	}
	die("unknown loop");
	return 0;
}

int main(int count, char **arguments)
{
	loop self = {0};
	int64_t wall;
	double cpu;
	long total;

	if (count < 5) {
		die("redis_loop list|joined|lua|publish PORT QUEUE BATCH [N BODY]");
	}
	self.redis = redisConnect("127.0.0.1", atoi(arguments[2]));
	if (self.redis == NULL || self.redis->err) {
		die(self.redis ? self.redis->errstr : "out of memory");
	}
	self.queue = arguments[3];
	self.batch = atol(arguments[4]);
	snprintf(self.processing, sizeof(self.processing), "%s:processing", self.queue);
	cpu = cpu_us();
	wall = now_ns();
	total = run(&self, arguments[1], count - 5, arguments + 5);
	wall = now_ns() - wall;
	cpu = cpu_us() - cpu;
	redisFree(self.redis);
	printf("{\"n\":%ld,\"wall_ns\":%lld,\"cpu_us\":%.0f}\n", total, (long long) wall, cpu);
	return 0;
}
