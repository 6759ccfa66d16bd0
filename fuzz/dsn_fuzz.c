/* DSN parser, option readers and scrubbing: never outside the bytes, and no user info in what may be shown. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/dsn.h"

static void require(bool condition)
{
	if (!condition) {
		abort();
	}
}

static bool holds(const char *text, ecoq_bytes secret)
{
	size_t size = strlen(text);

	for (size_t i = 0; i + secret.size <= size; i++) {
		if (memcmp(text + i, secret.data, secret.size) == 0) {
			return true;
		}
	}
	return false;
}

static void read_options(const ecoq_dsn *dsn)
{
	ecoq_error error;
	long long number;
	double decimal;
	bool truth;

	for (size_t i = 0; i < dsn->option_count; i++) {
		ecoq_bytes value = dsn->options[i].value;
		if (ecoq_option_int("x", value, -100, 100, &number, &error) == ECOQ_OK) {
			require(number >= -100 && number <= 100);
		}
		if (ecoq_option_double("x", value, 0, 1, &decimal, &error) == ECOQ_OK) {
			require(decimal >= 0 && decimal <= 1);
		}
		if (ecoq_option_duration("x", value, &number, &error) == ECOQ_OK) {
			require(number >= 0);
		}
		ecoq_option_bool("x", value, &truth, &error);
	}
}

static void check_parsed(const ecoq_dsn *dsn)
{
	ecoq_bytes rest = dsn->hosts, host, segment;
	char storage[8192];
	int port;

	while (ecoq_dsn_next_host(&rest, &host, &port)) {
		require(host.size > 0 && port >= 0 && port <= 65535);
	}
	for (rest = dsn->raw_path; ecoq_dsn_next_segment(&rest, storage, &segment);) {
		require(memchr(segment.data, 0, segment.size) == NULL || segment.size == 0);
	}
	require(rest.size == 0);
	read_options(dsn);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char secret_url[] = "redis://q7Zx:Wv9K%j@", secret_option[] = "?pAssword=Wv9K%j";
	char *copy = malloc(2 * size + sizeof(secret_url) + sizeof(secret_option));
	char shown[600];
	ecoq_dsn dsn;
	ecoq_error error;

	memcpy(copy, data, size);
	ecoq_bytes text = {copy, size};
	error.text[0] = '\0';
	if (ecoq_dsn_parse(text, &dsn, &error) == ECOQ_OK) {
		check_parsed(&dsn);
		ecoq_dsn_free(&dsn);
	}
	ecoq_dsn_scrub(text, shown, size < sizeof(shown) ? size : sizeof(shown));

	/* the input as what follows a password, and as what stands before one */
	memcpy(copy, secret_url, sizeof(secret_url) - 1);
	memcpy(copy + sizeof(secret_url) - 1, data, size);
	text.size = size + sizeof(secret_url) - 1;
	for (int turn = 0; turn < 2; turn++) {
		error.text[0] = '\0';
		if (ecoq_dsn_parse(text, &dsn, &error) == ECOQ_OK) {
			ecoq_dsn_free(&dsn);
		}
		ecoq_dsn_scrub(text, shown, sizeof(shown));
		if (!memmem(data, size, "Wv9K", 4) && !memmem(data, size, "q7Zx", 4)) {
			require(!holds(shown, ECOQ_BYTES("Wv9K")) && !holds(error.text, ECOQ_BYTES("Wv9K")));
			require(!holds(shown, ECOQ_BYTES("q7Zx")) && !holds(error.text, ECOQ_BYTES("q7Zx")));
		}
		memcpy(copy, data, size);
		memcpy(copy + size, secret_option, sizeof(secret_option) - 1);
		text.size = size + sizeof(secret_option) - 1;
	}
	free(copy);
	return 0;
}
