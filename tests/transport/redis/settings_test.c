#include <stdlib.h>
#include <string.h>

#include "../../base/check.h"
#include "transport/redis/discovery.h"

/* The route's own scripts are not needed here. */
const char *const ecoq_redis_script_texts[ECOQ_REDIS_SCRIPT_COUNT] = {"return 1"};
const char *const ecoq_redis_script_names[ECOQ_REDIS_SCRIPT_COUNT] = {"send"};

/* ---- Settings ---- */

static ecoq_result read_dsn(const char *text, ecoq_redis_settings **settings, ecoq_bytes *queue, ecoq_error *error)
{
	static ecoq_dsn dsn;
	ecoq_dsn_free(&dsn);
	error->text[0] = '\0';
	if (ecoq_dsn_parse((ecoq_bytes){text, strlen(text)}, &dsn, error) != ECOQ_OK) {
		return ECOQ_PROTOCOL;
	}
	ecoq_transport_config config = {.channel = ECOQ_BYTES("orders"), .dsn = &dsn, .options = dsn.options, .option_count = dsn.option_count};
	*queue = ecoq_redis_queue_of_dsn(&dsn);
	return ecoq_redis_settings_read(&config, settings, error);
}

static void test_settings(void)
{
	static const struct {
		const char *dsn, *host, *queue, *user, *password;
		int port, database;
		size_t seeds;
	} good[] = {
		{"redis://localhost/orders", "localhost", "orders", NULL, NULL, 6379, 0, 1},
		{"redis://localhost/3/orders/new", "localhost", "orders/new", NULL, NULL, 6379, 3, 1},
		{"redis://localhost/3", "localhost", "", NULL, NULL, 6379, 3, 1},
		{"redis://localhost/3/", "localhost", "", NULL, NULL, 6379, 3, 1},
		{"redis://localhost/3x?db=4", "localhost", "3x", NULL, NULL, 6379, 4, 1},
		{"redis://localhost", "localhost", "", NULL, NULL, 6379, 0, 1},
		{"redis://:p%40%3a%2f@a:1,b:2,[::1]:3/q", "a", "q", NULL, "p@:/", 1, 0, 3},
		{"redis://u%3a:p@[fe80::1%25eth0]/q", "fe80::1%25eth0", "q", "u:", "p", 6379, 0, 1},
		{"redis://[::1]:7/q?user=u&password=%26", "::1", "q", "u", "&", 7, 0, 1},
		{"redis+unix:///run/a%20b.sock?db=2", "/run/a b.sock", "", NULL, NULL, 0, 2, 1},
		{"redis+unix://:p@/run/redis.sock", "/run/redis.sock", "", NULL, "p", 0, 0, 1},
		{"redis+sentinel://:p@s1,s2:9/1/q?master=m", "s1", "q", NULL, "p", 26379, 1, 2},
	};
	static const struct {
		const char *dsn, *text;
	} bad[] = {
		{"redis:host=localhost", "names a host"},
		{"redis:///orders", "names a host"},
		{"redis://h/3/q?db=4", "\"db\""},
		{"redis://h/9999999/q", "\"db\""},
		{"redis://h/q?db=x", "\"db\""},
		{"redis://hidden@h/q", "user without a password"},
		{"redis://:hidden@h/q?password=hidden2", "keep one of them"},
		{"redis://h/q?password=", "\"password\" is empty"},
		{"redis://h/q?connect-timeout=0", "\"connect-timeout\""},
		{"redis://h/q?io-timeout=25h", "\"io-timeout\""},
		{"redis://h/q?keepalive=15", "\"keepalive\""},
		{"redis://h/q?wait=-1", "\"wait\""},
		{"redis://h/q?wait-timeout=never", "\"wait-timeout\""},
		{"redis://h/q?tls-ca=/x", "needs TLS"},
		{"redis+unix:///x?tls=yes", "unix socket"},
		{"redis+unix://h/x", "three slashes"},
		{"redis+unix://", "three slashes"},
		{"redis+sentinel://h/q", "master=mymaster"},
		{"redis+sentinel://h/q?master=m&sentinel-user=hidden", "\"sentinel-password\""},
		{"redis://h/q?master=m", "redis+sentinel"},
#ifdef ECOQ_HAVE_OPENSSL
		{"rediss://h/q?tls=no", "\"tls\""},
		{"rediss://h/q?tls-cert=/x", "go together"},
#else
		{"rediss://h/q", "build"},
		{"redis://h/q?tls=yes", "build"},
#endif
	};
	ecoq_redis_settings *settings;
	ecoq_bytes queue;
	ecoq_error error;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ecoq_result result = read_dsn(good[i].dsn, &settings, &queue, &error);
		CHECK(result == ECOQ_OK, good[i].dsn);
		if (result != ECOQ_OK) {
			printf("%s\n", error.text);
			continue;
		}
		CHECK(strcmp(settings->network.addresses[0].host, good[i].host) == 0 && settings->network.addresses[0].port == good[i].port && settings->network.address_count == good[i].seeds, good[i].dsn);
		CHECK(settings->database == good[i].database && ecoq_bytes_equal(queue, (ecoq_bytes){good[i].queue, strlen(good[i].queue)}), good[i].dsn);
		CHECK(good[i].user ? settings->network.user && strcmp(settings->network.user, good[i].user) == 0 : !settings->network.user, good[i].dsn);
		CHECK(good[i].password ? settings->network.password && strcmp(settings->network.password, good[i].password) == 0 : !settings->network.password, good[i].dsn);
		CHECK(!good[i].password || !strstr(settings->network.place, good[i].password) || strlen(good[i].password) == 1, good[i].dsn);
		ecoq_network_release(&settings->network);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK(read_dsn(bad[i].dsn, &settings, &queue, &error) == ECOQ_INVALID && strstr(error.text, bad[i].text) && !strstr(error.text, "hidden"), bad[i].dsn);
	}
}

static void test_identity(void)
{
	static const char *const same[] = {"redis://:p@h/q", "redis://:p@h:6379/other", "redis://h/0/q?password=p", NULL};
	static const char *const others[] = {
		"redis://h/q", "redis://:P@h/q", "redis://:p@h,i/q", "redis://:p@h:6380/q", "redis://:p@h/1/q", "redis://u:p@h/q", "redis://:p@h/q?io-timeout=1s", NULL};
	ecoq_redis_settings *first, *next;
	ecoq_bytes queue;
	ecoq_error error;
	CHECK(read_dsn(same[0], &first, &queue, &error) == ECOQ_OK);
	for (int i = 0; same[i]; i++) {
		CHECK(read_dsn(same[i], &next, &queue, &error) == ECOQ_OK && strcmp(first->network.identity, next->network.identity) == 0, same[i]);
		ecoq_network_release(&next->network);
	}
	for (int i = 0; others[i]; i++) {
		CHECK(read_dsn(others[i], &next, &queue, &error) == ECOQ_OK && strcmp(first->network.identity, next->network.identity) != 0, others[i]);
		ecoq_network_release(&next->network);
	}
	ecoq_network_release(&first->network);
}

/* ---- Words, redirections, errors ---- */

static void test_words(void)
{
	ecoq_redis_words words = {0};
	char text[24];
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 1000; i++) {
			ecoq_redis_words_add_int(&words, round % 2 ? -i : i);
			ecoq_redis_words_add_text(&words, "x");
		}
		bool right = words.count == 2000 && !words.is_out_of_memory;
		for (int i = 0; right && i < 1000; i++) {
			snprintf(text, sizeof(text), "%d", round % 2 ? -i : i);
			right = words.sizes[2 * i] == strlen(text) && memcmp(words.data[2 * i], text, words.sizes[2 * i]) == 0 && words.sizes[2 * i + 1] == 1;
		}
		CHECK(right);
		ecoq_redis_words_clear(&words);
	}
	ecoq_redis_words_add_int(&words, INT64_MIN);
	CHECK(words.count == 1 && strcmp(words.data[0], "-9223372036854775808") == 0);
	ecoq_redis_words_free(&words);
}

static void test_redirects(void)
{
	static const struct {
		const char *text, *host;
		int port;
	} rows[] = {
		{"MOVED 3999 127.0.0.1:6381", "127.0.0.1", 6381},
		{"ASK 1 ::1:7000", "::1", 7000},
		{"ASK 1 [::1]:7000", "::1", 7000},
		{"MOVED 1 :6382", "asked", 6382},
		{"MOVED 1 ?:6382", "asked", 6382},
		{"MOVED 1 node.example:6382", "node.example", 6382},
		{"MOVED 1 h:0", NULL, 0},
		{"MOVED 1 h:65536", NULL, 0},
		{"MOVED 1 h:x", NULL, 0},
		{"MOVED 1 h", NULL, 0},
		{"MOVED 1", NULL, 0},
		{"MOVED ", NULL, 0},
	};
	ecoq_network_address asked = {"asked", 1}, out;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool parsed = ecoq_redis_parse_redirect(rows[i].text, &asked, &out);
		CHECK(parsed == (rows[i].host != NULL), rows[i].text);
		if (parsed) {
			CHECK(rows[i].host && strcmp(out.host, rows[i].host) == 0 && out.port == rows[i].port, rows[i].text);
			free(out.host);
		}
	}
}

/* As the servers of 6.2, 7.0 and 7.2 say it. */
static void test_errors(void)
{
	static const struct {
		const char *said;
		ecoq_result result;
		const char *text;
	} rows[] = {
		{"WRONGPASS invalid username-password pair or user is disabled.", ECOQ_INVALID, "password is wrong"},
		{"NOAUTH Authentication required.", ECOQ_INVALID, "wants a password"},
		{"NOPERM this user has no permissions to run the 'evalsha' command", ECOQ_INVALID, "+@scripting"},
		{"NOPERM User hidden has no permissions to run the 'script|load' command", ECOQ_INVALID, "+@scripting"},
		{"NOPERM User hidden has no permissions to access the 'hidden' key", ECOQ_INVALID, "keys"},
		{"NOPERM this user has no permissions to access one of the keys used as arguments", ECOQ_INVALID, "keys"},
		{"NOPERM User 'hidden", ECOQ_INVALID, "NOPERM"},
		{"WRONGTYPE Operation against a key holding the wrong kind of value script: 0123, on @user_script:1.", ECOQ_INVALID, "another kind of value"},
		{"ERR Error running script (call to f_0123): @user_script:1: WRONGTYPE Operation against a key holding the wrong kind of value ", ECOQ_INVALID, "another kind of value"},
		{"ERR Error running script (call to f_0123): @user_script:1: @user_script: 1: -READONLY You can't write against a read only replica. ", ECOQ_UNAVAILABLE, "read-only replica"},
		{"ERR Error running script (call to f_0123): @user_script:1: @user_script: 1: -OOM command not allowed when used memory > 'maxmemory'. ", ECOQ_UNAVAILABLE, "maxmemory"},
		{"ERR Error running script (call to f_0123): @user_script:1: -MISCONF Redis is configured to save RDB snapshots", ECOQ_UNAVAILABLE, "disk"},
		{"ERR Error running script (call to f_0123): @user_script:1: The user executing the script can't run this command or subcommand", ECOQ_INVALID, "the user may not run"},
		{"ERR The user executing the script can't access at least one of the keys mentioned in the command arguments script: 0123", ECOQ_INVALID, "keys"},
		{"OOM command not allowed when used memory > 'maxmemory'. script: 0123, on @user_script:1.", ECOQ_UNAVAILABLE, "maxmemory"},
		{"READONLY You can't write against a read only replica.", ECOQ_UNAVAILABLE, "read-only replica"},
		{"LOADING Redis is loading the dataset in memory", ECOQ_UNAVAILABLE, "loading"},
		{"BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.", ECOQ_UNAVAILABLE, "SCRIPT KILL"},
		{"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", ECOQ_UNAVAILABLE, "replica"},
		{"CLUSTERDOWN Hash slot not served", ECOQ_UNAVAILABLE, "Cluster is down"},
		{"TRYAGAIN Multiple keys request during rehashing of slot", ECOQ_UNAVAILABLE, "moving"},
		{"CROSSSLOT Keys in request don't hash to the same slot", ECOQ_INVALID, "slot"},
		{"NOREPLICAS Not enough good replicas to write.", ECOQ_UNAVAILABLE, "min-replicas-to-write"},
		{"ERR max number of clients reached", ECOQ_UNAVAILABLE, "maxclients"},
		{"ERR DB index is out of range", ECOQ_INVALID, "no database"},
		{"ERR unknown command 'EVALSHA', with args beginning with: 'hidden' 'hidden' ", ECOQ_INVALID, "scripting is disabled"},
		{"ERR unknown command `eval`, with args beginning with: `hidden`, ", ECOQ_INVALID, "scripting is disabled"},
		{"ERR unknown command 'LMOVE', with args beginning with: 'hidden'", ECOQ_INVALID, "LMOVE"},
		{"ERR Unknown Redis command called from script script: 0123, on @user_script:1.", ECOQ_INVALID, "6.2"},
		{"ERR AUTH <password> called without any password configured for the default user.", ECOQ_INVALID, "wants none"},
		{"SOMETHING new\r\n\xff", ECOQ_PROTOCOL, "SOMETHING new???"},
		{"WRONGTYPED", ECOQ_PROTOCOL, "WRONGTYPED"},
		{"", ECOQ_PROTOCOL, "\"\""},
	};
	ecoq_error error;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		redisReply reply = {.type = REDIS_REPLY_ERROR, .str = (char *) rows[i].said, .len = strlen(rows[i].said)};
		ecoq_result result = ecoq_redis_error(&reply, "Doing", &error);
		CHECK(result == rows[i].result && error.code == result && strncmp(error.text, "Doing: ", 7) == 0 && strstr(error.text, rows[i].text), rows[i].said);
		CHECK(!strstr(error.text, "hidden") && !strstr(error.text, "0123"), rows[i].said);
	}
}

int main(void)
{
	test_settings();
	test_identity();
	test_words();
	test_redirects();
	test_errors();
	printf("%d passed, %d failed\n", passed, failed);
	return failed != 0;
}
