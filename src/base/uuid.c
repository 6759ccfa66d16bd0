#include "base/uuid.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"

#define POOL_SIZE 1024
#define COUNTER_HIGH_MASK 0x0fffu              /* rand_a, 12 bits */
#define COUNTER_LOW_MASK 0x3fffffffffffffffull /* rand_b, 62 bits */

/* Counts forks of this process: a thread whose `generation` is behind holds randomness and a counter that its parent
 * process holds, too. */
static atomic_uint forks;
static pthread_once_t fork_handler_once = PTHREAD_ONCE_INIT;

static _Thread_local struct {
	unsigned char pool[POOL_SIZE];
	size_t left; /* unused bytes, at the end of the pool */
	unsigned generation;
	bool counting; /* the number below may be counted up */
	uint64_t last_ms;
	uint64_t low;
	uint32_t high;
} state;

static void count_fork(void)
{
	atomic_fetch_add(&forks, 1);
}

static void install_fork_handler(void)
{
	pthread_atfork(NULL, NULL, count_fork);
}

static bool draw_from_kernel(unsigned char *bytes, size_t count)
{
	while (count > 0) {
		ssize_t drawn = getrandom(bytes, count, 0);
		if (drawn < 0) {
			if (errno == EINTR) {
				continue;
			}
			return false;
		}
		bytes += drawn;
		count -= (size_t) drawn;
	}
	return true;
}

/* Parent and child would draw the same bytes and count up from the same number. */
static void forget_after_fork(void)
{
	pthread_once(&fork_handler_once, install_fork_handler);
	unsigned now = atomic_load_explicit(&forks, memory_order_relaxed);

	if (state.generation != now) {
		state.generation = now;
		state.left = 0;
		state.counting = false;
	}
}

static bool draw(void *bytes, size_t count)
{
	if (count > POOL_SIZE) {
		return draw_from_kernel(bytes, count);
	}
	if (count > state.left) {
		if (!draw_from_kernel(state.pool, POOL_SIZE)) {
			state.left = 0;
			return false;
		}
		state.left = POOL_SIZE;
	}
	unsigned char *taken = state.pool + POOL_SIZE - state.left;
	memcpy(bytes, taken, count);
	memset(taken, 0, count);
	state.left -= count;
	return true;
}

bool ecoq_random_bytes(void *bytes, size_t count)
{
	forget_after_fork();
	return draw(bytes, count);
}

static bool start_millisecond(uint64_t ms)
{
	unsigned char random[10];

	if (!draw(random, sizeof(random))) {
		return false;
	}
	memcpy(&state.low, random, 8);
	state.low &= COUNTER_LOW_MASK;
	/* the top bit stays free, so that counting up within the millisecond practically never overflows */
	state.high = ((uint32_t) random[8] << 8 | random[9]) & (COUNTER_HIGH_MASK >> 1);
	state.last_ms = ms;
	state.counting = true;
	return true;
}

/* RFC 9562 6.2, method 2: within a millisecond, and while the clock stands behind, count up by a random step. */
static bool count_up(void)
{
	uint32_t step;

	if (!draw(&step, sizeof(step))) {
		return false;
	}
	state.low += (uint64_t) step + 1;
	if (state.low > COUNTER_LOW_MASK) {
		state.low &= COUNTER_LOW_MASK;
		if (++state.high > COUNTER_HIGH_MASK) {
			return start_millisecond(state.last_ms + 1);
		}
	}
	return true;
}

static bool advance(void)
{
	forget_after_fork();
	uint64_t now = (uint64_t) ecoq_clock_now_ms();

	if (now > state.last_ms) {
		return start_millisecond(now);
	}
	/* a forked child goes on one millisecond later, so that its ids still follow those it inherited */
	return state.counting ? count_up() : start_millisecond(state.last_ms + 1);
}

static void format(const unsigned char *raw, char *text)
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 0; i < ECOQ_UUID_SIZE; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10) {
			*text++ = '-';
		}
		*text++ = digits[raw[i] >> 4];
		*text++ = digits[raw[i] & 15];
	}
	*text = '\0';
}

bool ecoq_uuid_v7(char text[ECOQ_UUID_TEXT + 1])
{
	unsigned char raw[ECOQ_UUID_SIZE];

	if (!advance()) {
		return false;
	}
	for (int i = 0; i < 6; i++) {
		raw[i] = (unsigned char) (state.last_ms >> (40 - 8 * i));
	}
	raw[6] = (unsigned char) (0x70 | state.high >> 8);
	raw[7] = (unsigned char) state.high;
	for (int i = 0; i < 8; i++) {
		raw[8 + i] = (unsigned char) (state.low >> (56 - 8 * i));
	}
	raw[8] = (unsigned char) (0x80 | (raw[8] & 0x3f));
	format(raw, text);
	return true;
}

void ecoq_uuid_from_digest(const unsigned char *digest, int version, char text[ECOQ_UUID_TEXT + 1])
{
	unsigned char raw[ECOQ_UUID_SIZE];

	memcpy(raw, digest, sizeof(raw));
	raw[6] = (unsigned char) (version << 4 | (raw[6] & 0x0f));
	raw[8] = (unsigned char) (0x80 | (raw[8] & 0x3f));
	format(raw, text);
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	if (c >= 'a' && c <= 'f') {
		return c - 'a' + 10;
	}
	if (c >= 'A' && c <= 'F') {
		return c - 'A' + 10;
	}
	return -1;
}

bool ecoq_uuid_parse(const char *text, size_t size, unsigned char raw[ECOQ_UUID_SIZE])
{
	unsigned char parsed[ECOQ_UUID_SIZE];
	size_t at = 0;

	if (size != ECOQ_UUID_TEXT) {
		return false;
	}
	for (int i = 0; i < ECOQ_UUID_SIZE; i++) {
		if (at == 8 || at == 13 || at == 18 || at == 23) {
			if (text[at++] != '-') {
				return false;
			}
		}
		int high = hex_value(text[at++]);
		int low = hex_value(text[at++]);
		if (high < 0 || low < 0) {
			return false;
		}
		parsed[i] = (unsigned char) (high << 4 | low);
	}
	if (raw != NULL) {
		memcpy(raw, parsed, sizeof(parsed));
	}
	return true;
}
