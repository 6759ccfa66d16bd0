#include "transport/amqp/properties.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define SCHEMA_VERSION 1
#define SOURCE_LANG "php"
#define ROOM_OF_THE_REST 2048 /* bytes of a frame for everything but riders: each text has at most 255 */

#define HEADER_SCHEMA_VERSION "x-schema-version"
#define HEADER_SOURCE_LANG "x-source-lang"
#define HEADER_ATTEMPTS "x-attempts"
#define HEADER_CRASHES "ecoq-crashes"
#define HEADER_DELIVER_AT "ecoq-deliver-at"
#define HEADER_SUSPECT "ecoq-suspect"
#define HEADER_PLACE "ecoq-place"
#define HEADER_RIDERS "ecoq-riders" /* of what ecoq itself moved: the other headers it came with */

/* Short strings of the protocol hold 255 bytes: what is longer stays in the envelope only. */
static bool fits(ecoq_bytes bytes)
{
	return bytes.size > 0 && bytes.size <= 255;
}

/* ---- Reading ---- */

static ecoq_bytes bytes_of(amqp_bytes_t bytes)
{
	return (ecoq_bytes){bytes.bytes, bytes.len};
}

static char *copy_of(amqp_bytes_t bytes)
{
	char *copy = malloc(bytes.len + 1);
	if (copy) {
		memcpy(copy, bytes.bytes, bytes.len);
		copy[bytes.len] = '\0';
	}
	return copy;
}

static bool digits_of(ecoq_bytes text, int64_t *out)
{
	char copy[24], *end;
	if (text.size == 0 || text.size >= sizeof(copy)) {
		return false;
	}
	memcpy(copy, text.data, text.size);
	copy[text.size] = '\0';
	*out = strtoll(copy, &end, 10);
	return end == copy + text.size;
}

/* Clients write the same number in whatever width they like (babelqueue.md 2.2). */
static bool integer_of(const amqp_field_value_t *value, int64_t *out)
{
	switch (value->kind) {
		case AMQP_FIELD_KIND_I8: *out = value->value.i8; return true;
		case AMQP_FIELD_KIND_U8: *out = value->value.u8; return true;
		case AMQP_FIELD_KIND_I16: *out = value->value.i16; return true;
		case AMQP_FIELD_KIND_U16: *out = value->value.u16; return true;
		case AMQP_FIELD_KIND_I32: *out = value->value.i32; return true;
		case AMQP_FIELD_KIND_U32: *out = value->value.u32; return true;
		case AMQP_FIELD_KIND_I64: *out = value->value.i64; return true;
		case AMQP_FIELD_KIND_U64: *out = value->value.u64 > INT64_MAX ? INT64_MAX : (int64_t) value->value.u64; return true;
		case AMQP_FIELD_KIND_TIMESTAMP: *out = (int64_t) value->value.u64; return true;
		case AMQP_FIELD_KIND_UTF8: return digits_of(bytes_of(value->value.bytes), out);
		default: return false;
	}
}

/* Bytes of the sequence that begins here; 0: it is no UTF-8 (RFC 3629: no overlong forms, no surrogates). */
static size_t sequence_size(const unsigned char *at, size_t left)
{
	size_t size = *at < 0x80 ? 1 : *at >= 0xc2 && *at < 0xe0 ? 2
		: (*at & 0xf0) == 0xe0                               ? 3
		: *at >= 0xf0 && *at < 0xf5                          ? 4
															 : 0;
	if (size > left) {
		return 0;
	}
	for (size_t i = 1; i < size; i++) {
		if ((at[i] & 0xc0) != 0x80) {
			return 0;
		}
	}
	if ((*at == 0xe0 && at[1] < 0xa0) || (*at == 0xed && at[1] > 0x9f) || (*at == 0xf0 && at[1] < 0x90) || (*at == 0xf4 && at[1] > 0x8f)) {
		return 0;
	}
	return size;
}

static bool is_utf8(ecoq_bytes text)
{
	for (size_t i = 0; i < text.size;) {
		size_t size = sequence_size((const unsigned char *) text.data + i, text.size - i);
		if (size == 0) {
			return false;
		}
		i += size;
	}
	return true;
}

static bool stands_for_itself(char c)
{
	return (unsigned char) c >= 0x20 && c != '"' && c != '\\';
}

static bool append_string(ecoq_buffer *json, ecoq_bytes text)
{
	bool ok = ecoq_buffer_append(json, "\"", 1);
	for (size_t i = 0; i < text.size && ok;) {
		size_t plain = i;
		char escaped[8];
		while (i < text.size && stands_for_itself(text.data[i])) {
			i++;
		}
		ok = ecoq_buffer_append(json, text.data + plain, i - plain);
		if (i < text.size && ok) {
			unsigned char c = (unsigned char) text.data[i++];
			snprintf(escaped, sizeof(escaped), c < 0x20 ? "\\u%04x" : "\\%c", c);
			ok = ecoq_buffer_append_text(json, escaped);
		}
	}
	return ok && ecoq_buffer_append(json, "\"", 1);
}

static bool append_double(ecoq_buffer *json, double number)
{
	char text[32];
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, number);
		if (strtod(text, NULL) == number) {
			break;
		}
	}
	for (char *at = text; *at; at++) {
		*at = *at == ',' ? '.' : *at; /* setlocale() */
	}
	/* it stays a number with a fraction, for those who tell the two apart */
	return ecoq_buffer_append_text(json, text) && (strpbrk(text, ".e") || ecoq_buffer_append_text(json, ".0"));
}

/* Whether there is a JSON form of it: tables, arrays and bytes that are no text have none here. */
static bool has_form(const amqp_field_value_t *value)
{
	int64_t number;
	switch (value->kind) {
		case AMQP_FIELD_KIND_UTF8:
		case AMQP_FIELD_KIND_BYTES: return is_utf8(bytes_of(value->value.bytes));
		case AMQP_FIELD_KIND_F32: return isfinite(value->value.f32);
		case AMQP_FIELD_KIND_F64: return isfinite(value->value.f64);
		case AMQP_FIELD_KIND_BOOLEAN:
		case AMQP_FIELD_KIND_VOID: return true;
		default: return integer_of(value, &number);
	}
}

static bool append_value(ecoq_buffer *json, const amqp_field_value_t *value)
{
	int64_t number = 0;
	switch (value->kind) {
		case AMQP_FIELD_KIND_UTF8:
		case AMQP_FIELD_KIND_BYTES: return append_string(json, bytes_of(value->value.bytes));
		case AMQP_FIELD_KIND_F32: return append_double(json, (double) value->value.f32);
		case AMQP_FIELD_KIND_F64: return append_double(json, value->value.f64);
		case AMQP_FIELD_KIND_BOOLEAN: return ecoq_buffer_append_text(json, value->value.boolean ? "true" : "false");
		case AMQP_FIELD_KIND_VOID: return ecoq_buffer_append_text(json, "null");
		default: integer_of(value, &number); return ecoq_buffer_append_int(json, number);
	}
}

static bool is_named(ecoq_bytes name, const char *what)
{
	return ecoq_bytes_equal(name, (ecoq_bytes){what, strlen(what)});
}

/* All others are riders: most headers need no closer look. */
static bool begins_as_known(ecoq_bytes name)
{
	return name.size > 0 && (name.data[0] == 'x' || name.data[0] == 'e');
}

/* What brokers write into messages that they moved or delivered again; and what is ecoq's, which the envelope has. */
static bool is_reserved(ecoq_bytes name)
{
	static const char *const others[] = {"x-death", "x-first-death-", "x-last-death-", "x-delivery-count", "x-acquired-count", "x-delay", "x-opt-", "ecoq-"};
	for (size_t i = 0; begins_as_known(name) && i < sizeof(others) / sizeof(*others); i++) {
		if (ecoq_rider_begins_with(name, others[i])) {
			return true;
		}
	}
	return false;
}

static bool is_rider(ecoq_bytes name)
{
	return name.size > 0 && !is_reserved(name) && is_utf8(name);
}

/* A header that finds no memory is left out as a whole. */
static void add_rider(ecoq_buffer *riders, ecoq_bytes name, const amqp_field_value_t *value)
{
	size_t before = riders->size;
	bool ok = ecoq_buffer_append(riders, before ? "," : "{", 1) && append_string(riders, name) && ecoq_buffer_append(riders, ":", 1) && append_value(riders, value);
	if (!ok) {
		riders->size = before;
	}
}

static void read_rider(ecoq_bytes name, const amqp_table_entry_t *entry, ecoq_amqp_projection *out)
{
	if (is_rider(name) && has_form(&entry->value)) {
		add_rider(&out->riders, name, &entry->value);
	}
}

static void read_header(const amqp_table_entry_t *entry, ecoq_amqp_projection *out)
{
	ecoq_bytes name = bytes_of(entry->key);
	if (!begins_as_known(name)) {
		read_rider(name, entry, out);
	} else if (is_named(name, HEADER_SCHEMA_VERSION)) {
		integer_of(&entry->value, &out->schema_version);
	} else if (is_named(name, HEADER_ATTEMPTS)) {
		integer_of(&entry->value, &out->attempts);
	} else if (is_named(name, HEADER_CRASHES)) {
		integer_of(&entry->value, &out->crashes);
	} else if (is_named(name, HEADER_DELIVER_AT)) {
		integer_of(&entry->value, &out->deliver_at);
	} else if (is_named(name, HEADER_PLACE)) {
		integer_of(&entry->value, &out->place);
	} else if (is_named(name, HEADER_SUSPECT)) {
		out->is_suspect = entry->value.kind == AMQP_FIELD_KIND_BOOLEAN && entry->value.value.boolean;
	} else if (is_named(name, HEADER_RIDERS)) {
		ecoq_bytes riders = entry->value.kind == AMQP_FIELD_KIND_UTF8 ? bytes_of(entry->value.value.bytes) : ECOQ_NO_BYTES;
		if (riders.size > 2 && is_utf8(riders)) {
			ecoq_buffer_clear(&out->riders);
			ecoq_buffer_append(&out->riders, riders.data, riders.size - 1); /* the brace is added at the end */
		}
	} else if (is_named(name, HEADER_SOURCE_LANG)) {
		if (entry->value.kind == AMQP_FIELD_KIND_UTF8 && fits(bytes_of(entry->value.value.bytes)) && is_utf8(bytes_of(entry->value.value.bytes))) {
			free(out->source_lang);
			out->source_lang = copy_of(entry->value.value.bytes);
		}
	} else {
		read_rider(name, entry, out);
	}
}

void ecoq_amqp_read_properties(const amqp_basic_properties_t *properties, ecoq_amqp_projection *out)
{
	*out = (ecoq_amqp_projection){.id = NULL};
	if (properties->_flags & AMQP_BASIC_MESSAGE_ID_FLAG) {
		out->id = copy_of(properties->message_id);
	}
	out->priority = properties->_flags & AMQP_BASIC_PRIORITY_FLAG && properties->priority <= ECOQ_PRIORITY_MAX ? properties->priority : ECOQ_PRIORITY_DEFAULT;
	if (properties->_flags & AMQP_BASIC_HEADERS_FLAG) {
		for (int i = 0; i < properties->headers.num_entries; i++) {
			read_header(&properties->headers.entries[i], out);
		}
	}
	if (out->riders.size && !ecoq_buffer_append(&out->riders, "}", 1)) {
		ecoq_buffer_free(&out->riders);
	}
	/* from outside: a count of failures is not negative, and none is that large */
	out->attempts = out->attempts < 0 ? 0 : out->attempts > UINT32_MAX ? UINT32_MAX
																	   : out->attempts;
	out->crashes = out->crashes < 0 ? 0 : out->crashes > UINT32_MAX ? UINT32_MAX
																	: out->crashes;
}

void ecoq_amqp_projection_free(ecoq_amqp_projection *projection)
{
	free(projection->id);
	free(projection->source_lang);
	ecoq_buffer_free(&projection->riders);
	*projection = (ecoq_amqp_projection){.id = NULL};
}

/* ---- Writing ---- */

static amqp_bytes_t borrowed(ecoq_bytes bytes)
{
	return (amqp_bytes_t){.len = bytes.size, .bytes = (void *) bytes.data};
}

static amqp_table_entry_t integer(const char *name, int64_t value)
{
	amqp_table_entry_t entry = {.key = amqp_cstring_bytes(name)};
	if (value >= INT32_MIN && value <= INT32_MAX) {
		entry.value.kind = AMQP_FIELD_KIND_I32;
		entry.value.value.i32 = (int32_t) value;
	} else {
		entry.value.kind = AMQP_FIELD_KIND_I64;
		entry.value.value.i64 = value;
	}
	return entry;
}

static amqp_table_entry_t text(const char *name, ecoq_bytes value)
{
	amqp_table_entry_t entry = {.key = amqp_cstring_bytes(name), .value = {.kind = AMQP_FIELD_KIND_UTF8}};
	entry.value.value.bytes = borrowed(value);
	return entry;
}

/* Whose message it is: as it came with it, else as its envelope says. One that is only put back stays without, where it was. */
static ecoq_bytes language_of(const ecoq_outgoing *message, const ecoq_amqp_projection *from, bool is_returned)
{
	if (from && from->source_lang) {
		return (ecoq_bytes){from->source_lang, strlen(from->source_lang)};
	}
	if (fits(message->lang)) {
		return message->lang;
	}
	return is_returned ? ECOQ_NO_BYTES : ECOQ_BYTES(SOURCE_LANG);
}

/* CC and BCC make the broker route the message to more queues, and refuse it where they are no lists. */
static bool may_ride(ecoq_bytes name)
{
	static const char *const others[] = {HEADER_SCHEMA_VERSION, HEADER_SOURCE_LANG, HEADER_ATTEMPTS, "CC", "BCC"};
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		if (is_named(name, others[i])) {
			return false;
		}
	}
	return !is_reserved(name);
}

static amqp_table_entry_t entry_of(const ecoq_rider *rider)
{
	amqp_table_entry_t entry = integer("", rider->integer);
	entry.key = borrowed(rider->name);
	switch (rider->kind) {
		case ECOQ_RIDER_TEXT:
			entry.value.kind = AMQP_FIELD_KIND_UTF8;
			entry.value.value.bytes = borrowed(rider->text);
			break;
		case ECOQ_RIDER_DECIMAL:
			entry.value.kind = AMQP_FIELD_KIND_F64;
			entry.value.value.f64 = rider->decimal;
			break;
		case ECOQ_RIDER_BOOLEAN:
			entry.value.kind = AMQP_FIELD_KIND_BOOLEAN;
			entry.value.value.boolean = rider->integer != 0;
			break;
		case ECOQ_RIDER_INTEGER:
			break;
	}
	return entry;
}

/* A table entry is the name and one byte for its size, one for the kind, and the value: 8 bytes, or the size in 4 and the text. What has no room stays in
 * the envelope only. */
static int add_riders(const ecoq_riders *riders, size_t room, amqp_table_entry_t *entries)
{
	int count = 0;
	for (size_t i = 0; i < riders->count; i++) {
		const ecoq_rider *rider = &riders->items[i];
		size_t size = rider->name.size + 10 + (rider->kind == ECOQ_RIDER_TEXT ? rider->text.size : 0);
		if (size <= room && may_ride(rider->name)) {
			entries[count++] = entry_of(rider);
			room -= size;
		}
	}
	return count;
}

ecoq_bytes ecoq_amqp_riders_of(const ecoq_outgoing *message, const ecoq_amqp_projection *from)
{
	return message->headers.size || !from ? message->headers : ecoq_buffer_bytes(&from->riders);
}

/* What goes back to a queue of ecoq's own; three entries at most. */
static int add_returned(const ecoq_amqp_projection *from, size_t room, amqp_table_entry_t *entries)
{
	int count = 0;
	entries[count++] = integer(HEADER_PLACE, from->place);
	entries[count] = (amqp_table_entry_t){.key = amqp_cstring_bytes(HEADER_SUSPECT), .value = {.kind = AMQP_FIELD_KIND_BOOLEAN}};
	entries[count++].value.value.boolean = from->is_suspect;
	if (from->riders.size && from->riders.size <= room) {
		entries[count++] = text(HEADER_RIDERS, ecoq_buffer_bytes(&from->riders));
	}
	return count;
}

void ecoq_amqp_write_properties(const ecoq_outgoing *message, const ecoq_amqp_projection *from, bool is_returned, const ecoq_riders *riders, size_t room, amqp_table_entry_t *entries, amqp_basic_properties_t *properties)
{
	int count = 0;
	ecoq_bytes language = language_of(message, from, is_returned);
	room = room > ROOM_OF_THE_REST ? room - ROOM_OF_THE_REST : 0;
	entries[count++] = integer(HEADER_SCHEMA_VERSION, from && from->schema_version ? from->schema_version : SCHEMA_VERSION);
	if (language.size) {
		entries[count++] = text(HEADER_SOURCE_LANG, language);
	}
	entries[count++] = integer(HEADER_ATTEMPTS, message->attempts);
	if (message->crashes) {
		entries[count++] = integer(HEADER_CRASHES, message->crashes);
	}
	if (is_returned) {
		count += add_returned(from, room, entries + count);
	} else {
		count += add_riders(riders, room, entries + count);
	}
	if (message->deliver_at) {
		entries[count++] = integer(HEADER_DELIVER_AT, message->deliver_at);
	}
	*properties = (amqp_basic_properties_t){
		._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_CONTENT_ENCODING_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_APP_ID_FLAG | AMQP_BASIC_HEADERS_FLAG,
		.content_type = amqp_cstring_bytes("application/json"),
		.content_encoding = amqp_cstring_bytes("utf-8"),
		.delivery_mode = AMQP_DELIVERY_PERSISTENT,
		.app_id = amqp_cstring_bytes("babelqueue"),
		.headers = {.num_entries = count, .entries = entries},
	};
	if (is_returned) {
		properties->_flags |= AMQP_BASIC_PRIORITY_FLAG;
		properties->priority = message->priority;
	}
	if (fits(message->type)) {
		properties->_flags |= AMQP_BASIC_TYPE_FLAG;
		properties->type = borrowed(message->type);
	}
	if (fits(message->trace_id)) {
		properties->_flags |= AMQP_BASIC_CORRELATION_ID_FLAG;
		properties->correlation_id = borrowed(message->trace_id);
	}
	if (fits(message->id)) {
		properties->_flags |= AMQP_BASIC_MESSAGE_ID_FLAG;
		properties->message_id = borrowed(message->id);
	}
}
