#include "transport/riders.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/json_scan.h"

#define OWN_PREFIX "ecoq-"
#define LONGEST_NUMBER 320

bool ecoq_rider_begins_with(ecoq_bytes name, const char *prefix)
{
	size_t size = strlen(prefix);
	return name.size >= size && memcmp(name.data, prefix, size) == 0;
}

/* A scan in progress. */
typedef struct reading {
	ecoq_riders *riders;
	size_t stored; /* bytes of riders->storage */
	size_t capacity;
} reading;

/* What a scanned string stands for: itself, or a copy without its escapes. */
static bool text_of(reading *r, const ecoq_json_value *value, ecoq_bytes *out)
{
	*out = value->text;
	if (!value->escaped) {
		return true;
	}
	if (!r->riders->storage) {
		r->riders->storage = malloc(r->capacity);
		if (!r->riders->storage) {
			return false;
		}
	}
	char *copy = r->riders->storage + r->stored;
	*out = (ecoq_bytes){copy, ecoq_json_unescape(value->text, copy)};
	r->stored += out->size;
	return true;
}

/* strtod() wants the decimal point of the process's locale. */
static bool decimal_of(ecoq_bytes text, double *out)
{
	char copy[LONGEST_NUMBER], *end;
	if (text.size >= sizeof(copy)) {
		return false;
	}
	memcpy(copy, text.data, text.size);
	copy[text.size] = '\0';
	*out = strtod(copy, &end);
	if (*end == '.') {
		*end = ',';
		*out = strtod(copy, &end);
	}
	return *end == '\0' && isfinite(*out);
}

static bool integer_of(ecoq_bytes text, int64_t *out)
{
	char copy[24], *end;
	if (text.size >= sizeof(copy)) {
		return false;
	}
	memcpy(copy, text.data, text.size);
	copy[text.size] = '\0';
	errno = 0;
	*out = strtoll(copy, &end, 10);
	return errno == 0 && *end == '\0';
}

/* Whether it is a scalar that brokers can hold. An integer beyond 64 bits is a decimal, as it is for PHP. */
static bool find_kind(const ecoq_json_value *value, ecoq_rider *rider)
{
	switch (value->kind) {
		case ECOQ_JSON_STRING:
			rider->kind = ECOQ_RIDER_TEXT;
			return true;
		case ECOQ_JSON_TRUE:
		case ECOQ_JSON_FALSE:
			rider->kind = ECOQ_RIDER_BOOLEAN;
			rider->integer = value->kind == ECOQ_JSON_TRUE;
			return true;
		case ECOQ_JSON_INTEGER:
			if (integer_of(value->text, &rider->integer)) {
				rider->kind = ECOQ_RIDER_INTEGER;
				return true;
			}
			rider->kind = ECOQ_RIDER_DECIMAL;
			return decimal_of(value->text, &rider->decimal);
		case ECOQ_JSON_DECIMAL:
			rider->kind = ECOQ_RIDER_DECIMAL;
			return decimal_of(value->text, &rider->decimal);
		default:
			return false;
	}
}

static ecoq_rider *place_for(ecoq_riders *riders, ecoq_bytes name)
{
	for (size_t i = 0; i < riders->count; i++) {
		if (ecoq_bytes_equal(riders->items[i].name, name)) {
			return &riders->items[i];
		}
	}
	if (riders->count == riders->capacity) {
		size_t capacity = riders->capacity ? riders->capacity * 2 : 4;
		ecoq_rider *items = realloc(riders->items, capacity * sizeof(*items));
		if (!items) {
			return NULL;
		}
		riders->items = items;
		riders->capacity = capacity;
	}
	return &riders->items[riders->count++];
}

static void remove_named(ecoq_riders *riders, ecoq_bytes name)
{
	for (size_t i = 0; i < riders->count; i++) {
		if (ecoq_bytes_equal(riders->items[i].name, name)) {
			memmove(&riders->items[i], &riders->items[i + 1], (riders->count - i - 1) * sizeof(riders->items[0]));
			riders->count--;
			return;
		}
	}
}

static bool add(reading *r, const ecoq_json_value *key, const ecoq_json_value *value)
{
	ecoq_rider rider = {.text = value->text};
	if (!text_of(r, key, &rider.name)) {
		return false;
	}
	if (rider.name.size == 0 || rider.name.size > ECOQ_RIDER_NAME_MAX || ecoq_rider_begins_with(rider.name, OWN_PREFIX)) {
		return true;
	}
	if (!find_kind(value, &rider)) {
		remove_named(r->riders, rider.name);
		return true;
	}
	if (rider.kind == ECOQ_RIDER_TEXT && !text_of(r, value, &rider.text)) {
		return false;
	}
	ecoq_rider *place = place_for(r->riders, rider.name);
	if (place) {
		*place = rider;
	}
	return place != NULL;
}

bool ecoq_riders_read(ecoq_bytes headers, ecoq_riders *riders)
{
	reading r = {.riders = riders, .capacity = headers.size};
	ecoq_json_scan scan;
	ecoq_json_value key, value;

	if (headers.size == 0) {
		return true;
	}
	ecoq_json_begin(&scan, headers, ECOQ_JSON_MAX_DEPTH);
	bool ok = true, is_object = ecoq_json_enter_object(&scan);
	while (is_object && ok && riders->count < ECOQ_RIDERS_MAX && ecoq_json_next_member(&scan, &key) && ecoq_json_read_value(&scan, &value)) {
		ok = add(&r, &key, &value);
	}
	return ok;
}

void ecoq_riders_free(ecoq_riders *riders)
{
	free(riders->items);
	free(riders->storage);
	*riders = (ecoq_riders){.items = NULL};
}
