/* The scanner under the envelope reader: it never reads outside the bytes, and its two ways through a text agree. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"

static void require(bool condition)
{
	if (!condition) {
		abort();
	}
}

static void check_text(ecoq_bytes text, ecoq_bytes within)
{
	require(text.data >= within.data && text.data + text.size <= within.data + within.size);
}

static void check_unescape(const ecoq_json_value *value)
{
	if (value->kind != ECOQ_JSON_STRING) {
		return;
	}
	char *out = malloc(value->text.size ? value->text.size : 1);
	size_t size = ecoq_json_unescape(value->text, out);
	require(value->escaped ? size < value->text.size : size == value->text.size && memcmp(out, value->text.data, size) == 0);
	free(out);
}

/* Members are read one level deep, as the reader does it; a value found again by itself must be accepted and have the same span. */
static bool walk(ecoq_bytes text, uint32_t depth)
{
	ecoq_json_scan scan;
	ecoq_json_value key, value;

	ecoq_json_begin(&scan, text, depth);
	if (!ecoq_json_enter_object(&scan)) {
		return false;
	}
	while (ecoq_json_next_member(&scan, &key)) {
		check_text(key.text, text);
		check_unescape(&key);
		if (ecoq_json_enter_object(&scan)) {
			while (ecoq_json_next_member(&scan, &key) && ecoq_json_read_value(&scan, &value)) {
				check_text(value.text, text);
				check_unescape(&value);
			}
			continue;
		}
		if (!ecoq_json_read_value(&scan, &value)) {
			break;
		}
		check_text(value.text, text);
		check_unescape(&value);
		if (value.kind != ECOQ_JSON_STRING) {
			ecoq_json_scan again;
			ecoq_json_value same;
			ecoq_json_begin(&again, value.text, depth);
			require(ecoq_json_read_value(&again, &same) && ecoq_json_finish(&again));
			require(same.text.size == value.text.size && same.kind == value.kind && same.empty == value.empty);
		}
	}
	return ecoq_json_finish(&scan);
}

static bool read_whole(ecoq_bytes text, uint32_t depth, bool *is_object)
{
	ecoq_json_scan scan;
	ecoq_json_value value;

	ecoq_json_begin(&scan, text, depth);
	bool valid = ecoq_json_read_value(&scan, &value) && ecoq_json_finish(&scan);
	*is_object = valid && value.kind == ECOQ_JSON_OBJECT;
	require(valid == (scan.fault == NULL));
	require(scan.at >= text.data && scan.at <= text.data + text.size);
	return valid;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* a copy of exactly this size, so that reading one byte too far is found */
	char *copy = malloc(size ? size : 1);
	memcpy(copy, data, size);
	ecoq_bytes text = {copy, size};
	static const uint32_t depths[] = {1, 2, 63, 64, 65, 512, 100000};

	for (size_t i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
		bool is_object;
		read_whole(text, depths[i], &is_object);
		require(walk(text, depths[i]) == is_object);
	}
	free(copy);
	return 0;
}
