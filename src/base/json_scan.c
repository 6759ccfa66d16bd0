#include "base/json_scan.h"

#define LIKELY(condition) __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* Every function that moves through the text returns where it stopped, or NULL when it set a fault. */

static const char *fail(ecoq_json_scan *scan, const char *at, const char *fault)
{
	scan->fault = fault;
	scan->at = at;
	return NULL;
}

static inline const char *skip_space(const char *p, const char *end)
{
	while (p < end && UNLIKELY(*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) {
		p++;
	}
	return p;
}

#define EACH_BYTE(byte) (0x0101010101010101ull * (byte))

/* First byte at or behind `p` that ends a run of plain ASCII: a quote, a backslash, a control character or a byte of a longer sequence. */
static inline const char *skip_plain(const char *p, const char *end)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	/* Eight bytes at a time. Subtraction carries only out of a byte that is itself marked, so the lowest mark is right. */
	while (LIKELY(end - p >= 8)) {
		uint64_t word;
		memcpy(&word, p, 8);
		uint64_t quote = (word ^ EACH_BYTE('"')) - EACH_BYTE(1);
		uint64_t backslash = (word ^ EACH_BYTE('\\')) - EACH_BYTE(1);
		uint64_t control = word - EACH_BYTE(0x20);
		uint64_t marks = (quote | backslash | control | word) & EACH_BYTE(0x80);
		if (marks != 0) {
			return p + (__builtin_ctzll(marks) >> 3);
		}
		p += 8;
	}
#endif
	while (p < end && *p != '"' && *p != '\\' && (unsigned char) *p >= 0x20 && (unsigned char) *p < 0x80) {
		p++;
	}
	return p;
}

static inline bool is_continuation(char c)
{
	return ((unsigned char) c & 0xc0) == 0x80;
}

/* Size of the UTF-8 sequence at `p`, 0 when it is none: no overlong form, no surrogate, nothing above U+10FFFF. */
static size_t sequence_size(const char *p, const char *end)
{
	unsigned char lead = (unsigned char) p[0];
	size_t left = (size_t) (end - p);

	if (lead < 0xc2 || lead > 0xf4 || left < 2 || !is_continuation(p[1])) {
		return 0;
	}
	if (lead < 0xe0) {
		return 2;
	}
	unsigned char second = (unsigned char) p[1];
	if (left < 3 || !is_continuation(p[2])) {
		return 0;
	}
	if (lead < 0xf0) {
		return (lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ? 0 : 3;
	}
	if (left < 4 || !is_continuation(p[3]) || (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) {
		return 0;
	}
	return 4;
}

/* Value of the four hexadecimal digits at `p`, -1 when they are not. */
static int32_t four_digits(const char *p, const char *end)
{
	int32_t value = 0;

	if (end - p < 4) {
		return -1;
	}
	for (int i = 0; i < 4; i++) {
		unsigned char c = (unsigned char) p[i];
		unsigned char letter = c | 0x20;
		if (c >= '0' && c <= '9') {
			value = value << 4 | (c - '0');
		} else if (letter >= 'a' && letter <= 'f') {
			value = value << 4 | (letter - 'a' + 10);
		} else {
			return -1;
		}
	}
	return value;
}

/* `p` is behind the backslash. */
static const char *skip_escape(ecoq_json_scan *scan, const char *p)
{
	if (p == scan->end) {
		return fail(scan, p, "a string is not closed");
	}
	switch (*p) {
		case '"':
		case '\\':
		case '/':
		case 'b':
		case 'f':
		case 'n':
		case 'r':
		case 't':
			return p + 1;
		case 'u':
			break;
		default:
			return fail(scan, p, "an escape sequence is unknown");
	}
	int32_t unit = four_digits(p + 1, scan->end);
	if (unit < 0) {
		return fail(scan, p, "\\u is not followed by four hexadecimal digits");
	}
	if (unit < 0xd800 || unit > 0xdfff) {
		return p + 5;
	}
	const char *low = p + 5;
	int32_t second = scan->end - low >= 6 && low[0] == '\\' && low[1] == 'u' ? four_digits(low + 2, scan->end) : -1;
	if (unit > 0xdbff || second < 0xdc00 || second > 0xdfff) {
		return fail(scan, p, "a surrogate escape is not one of a pair");
	}
	return low + 6;
}

/* `p` is behind the opening quote; returns where the closing one is. */
static inline const char *skip_string(ecoq_json_scan *scan, const char *p, bool *escaped)
{
	const char *end = scan->end;

	*escaped = false;
	for (;;) {
		p = skip_plain(p, end);
		if (UNLIKELY(p == end)) {
			return fail(scan, p, "a string is not closed");
		}
		if (LIKELY(*p == '"')) {
			return p;
		}
		if (*p == '\\') {
			*escaped = true;
			p = skip_escape(scan, p + 1);
			if (p == NULL) {
				return NULL;
			}
		} else if ((unsigned char) *p < 0x20) {
			return fail(scan, p, "a control character stands in a string");
		} else {
			size_t size = sequence_size(p, end);
			if (size == 0) {
				return fail(scan, p, "a string is not valid UTF-8");
			}
			p += size;
		}
	}
}

static inline bool is_digit(const char *p, const char *end)
{
	return p < end && (unsigned) (*p - '0') < 10;
}

static const char *skip_number(ecoq_json_scan *scan, const char *p, ecoq_json_kind *kind)
{
	const char *end = scan->end;

	*kind = ECOQ_JSON_INTEGER;
	if (*p == '-') {
		p++;
	}
	if (!is_digit(p, end)) {
		return fail(scan, p, "a number has no digits");
	}
	if (*p++ != '0') {
		while (is_digit(p, end)) {
			p++;
		}
	}
	if (p < end && *p == '.') {
		*kind = ECOQ_JSON_DECIMAL;
		if (!is_digit(++p, end)) {
			return fail(scan, p, "a number has no digits behind its point");
		}
		while (is_digit(p, end)) {
			p++;
		}
	}
	if (p < end && (*p == 'e' || *p == 'E')) {
		*kind = ECOQ_JSON_DECIMAL;
		p++;
		p += p < end && (*p == '+' || *p == '-');
		if (!is_digit(p, end)) {
			return fail(scan, p, "a number has no digits in its exponent");
		}
		while (is_digit(p, end)) {
			p++;
		}
	}
	return p;
}

static const char *skip_word(ecoq_json_scan *scan, const char *p, const char *word, size_t size)
{
	if ((size_t) (scan->end - p) < size || memcmp(p, word, size) != 0) {
		return fail(scan, p, "expected a value");
	}
	return p + size;
}

/* Reads a value that is neither object nor array. */
static inline const char *skip_scalar(ecoq_json_scan *scan, const char *p, ecoq_json_value *value)
{
	value->escaped = false;
	value->empty = false;
	value->text.data = p;
	switch (*p) {
		case '"':
			value->kind = ECOQ_JSON_STRING;
			value->text.data = ++p;
			p = skip_string(scan, p, &value->escaped);
			if (p == NULL) {
				return NULL;
			}
			value->text.size = (size_t) (p - value->text.data);
			return p + 1;
		case 't':
			value->kind = ECOQ_JSON_TRUE;
			p = skip_word(scan, p, "true", 4);
			break;
		case 'f':
			value->kind = ECOQ_JSON_FALSE;
			p = skip_word(scan, p, "false", 5);
			break;
		case 'n':
			value->kind = ECOQ_JSON_NULL;
			p = skip_word(scan, p, "null", 4);
			break;
		default:
			if (*p != '-' && !is_digit(p, scan->end)) {
				return fail(scan, p, "expected a value");
			}
			p = skip_number(scan, p, &value->kind);
	}
	value->text.size = p ? (size_t) (p - value->text.data) : 0;
	return p;
}

/* `p` is where a key must begin; returns where its value begins. */
static inline const char *skip_key(ecoq_json_scan *scan, const char *p, ecoq_json_value *key)
{
	if (UNLIKELY(p == scan->end || *p != '"')) {
		return fail(scan, p, "expected a key in quotes");
	}
	p = skip_scalar(scan, p, key);
	if (p == NULL) {
		return NULL;
	}
	p = skip_space(p, scan->end);
	if (UNLIKELY(p == scan->end || *p != ':')) {
		return fail(scan, p, "expected a colon behind a key");
	}
	return skip_space(p + 1, scan->end);
}

/* What is open while a value is skipped: one bit per level, set for objects. A word is first written when its lowest level is opened. */
typedef struct nesting {
	uint64_t objects[ECOQ_JSON_MAX_DEPTH / 64];
	uint32_t depth;
} nesting;

static inline bool in_object(const nesting *open)
{
	uint32_t level = open->depth - 1;

	return open->objects[level / 64] >> (level % 64) & 1;
}

static inline bool open_container(ecoq_json_scan *scan, nesting *open, bool is_object)
{
	uint32_t level = open->depth;
	uint64_t bit = (uint64_t) 1 << (level % 64);

	if (UNLIKELY(scan->depth + level + 1 >= scan->max_depth)) {
		return false;
	}
	uint64_t *word = &open->objects[level / 64];
	if (level % 64 == 0) {
		*word = 0;
	}
	*word = is_object ? *word | bit : *word & ~bit;
	open->depth++;
	return true;
}

/* `p` is behind a value; moves over what closes and parts the values around it, to where the next one begins or behind the last bracket. */
static inline const char *skip_to_next(ecoq_json_scan *scan, nesting *open, const char *p)
{
	ecoq_json_value key;

	while (open->depth > 0) {
		p = skip_space(p, scan->end);
		char closing = in_object(open) ? '}' : ']';
		if (UNLIKELY(p == scan->end)) {
			return fail(scan, p, "the text ends inside an object or array");
		}
		if (*p == ',') {
			p = skip_space(p + 1, scan->end);
			return closing == '}' ? skip_key(scan, p, &key) : p;
		}
		if (*p != closing) {
			return fail(scan, p, closing == '}' ? "expected a comma or }" : "expected a comma or ]");
		}
		p++;
		open->depth--;
	}
	return p;
}

/* `p` is at a bracket; returns where its first value begins, or, having closed it, where the next one does. */
static inline const char *skip_into(ecoq_json_scan *scan, nesting *open, const char *p)
{
	ecoq_json_value key;
	bool is_object = *p == '{';

	if (!open_container(scan, open, is_object)) {
		return fail(scan, p, "it is nested too deep");
	}
	p = skip_space(p + 1, scan->end);
	if (p < scan->end && *p == (is_object ? '}' : ']')) {
		open->depth--;
		return skip_to_next(scan, open, p + 1);
	}
	return is_object ? skip_key(scan, p, &key) : p;
}

static const char *skip_container(ecoq_json_scan *scan, const char *p)
{
	nesting open;
	ecoq_json_value scalar;

	open.depth = 0;
	p = skip_into(scan, &open, p);
	while (p != NULL && open.depth > 0) {
		if (UNLIKELY(p == scan->end)) {
			return fail(scan, p, "the text ends where a value is expected");
		}
		if (*p == '{' || *p == '[') {
			p = skip_into(scan, &open, p);
		} else {
			p = skip_scalar(scan, p, &scalar);
			p = p ? skip_to_next(scan, &open, p) : NULL;
		}
	}
	return p;
}

void ecoq_json_begin(ecoq_json_scan *scan, ecoq_bytes text, uint32_t max_depth)
{
	*scan = (ecoq_json_scan){
		.start = text.data,
		.at = text.data,
		.end = text.data + text.size,
		.max_depth = max_depth < ECOQ_JSON_MAX_DEPTH ? max_depth : ECOQ_JSON_MAX_DEPTH,
	};
}

bool ecoq_json_enter_object(ecoq_json_scan *scan)
{
	if (scan->fault != NULL) {
		return false;
	}
	const char *p = skip_space(scan->at, scan->end);
	if (p == scan->end || *p != '{') {
		return false;
	}
	if (scan->depth + 1 >= scan->max_depth) {
		fail(scan, p, "it is nested too deep");
		return false;
	}
	scan->at = p + 1;
	scan->depth++;
	scan->first = true;
	return true;
}

bool ecoq_json_next_member(ecoq_json_scan *scan, ecoq_json_value *key)
{
	if (scan->fault != NULL) {
		return false;
	}
	const char *p = skip_space(scan->at, scan->end);
	bool first = scan->first;
	scan->first = false;
	if (UNLIKELY(p == scan->end)) {
		fail(scan, p, "the text ends inside an object");
		return false;
	}
	if (*p == '}') {
		scan->at = p + 1;
		scan->depth--;
		return false;
	}
	if (!first) {
		if (*p != ',') {
			fail(scan, p, "expected a comma or }");
			return false;
		}
		p = skip_space(p + 1, scan->end);
	}
	p = skip_key(scan, p, key);
	if (p == NULL) {
		return false;
	}
	scan->at = p;
	return true;
}

bool ecoq_json_read_value(ecoq_json_scan *scan, ecoq_json_value *value)
{
	if (scan->fault != NULL) {
		return false;
	}
	const char *p = skip_space(scan->at, scan->end);
	if (UNLIKELY(p == scan->end)) {
		fail(scan, p, "the text ends where a value is expected");
		return false;
	}
	if (*p != '{' && *p != '[') {
		p = skip_scalar(scan, p, value);
	} else {
		value->kind = *p == '{' ? ECOQ_JSON_OBJECT : ECOQ_JSON_ARRAY;
		value->escaped = false;
		value->text.data = p;
		p = skip_container(scan, p);
		if (p != NULL) {
			value->text.size = (size_t) (p - value->text.data);
			value->empty = skip_space(value->text.data + 1, p) == p - 1;
		}
	}
	if (p == NULL) {
		return false;
	}
	scan->at = p;
	return true;
}

bool ecoq_json_finish(ecoq_json_scan *scan)
{
	if (scan->fault != NULL) {
		return false;
	}
	scan->at = skip_space(scan->at, scan->end);
	if (scan->at < scan->end) {
		fail(scan, scan->at, "something follows the end of the object");
		return false;
	}
	return true;
}

static char *put_code_point(char *out, uint32_t code)
{
	if (code < 0x80) {
		*out++ = (char) code;
	} else if (code < 0x800) {
		*out++ = (char) (0xc0 | code >> 6);
		*out++ = (char) (0x80 | (code & 0x3f));
	} else if (code < 0x10000) {
		*out++ = (char) (0xe0 | code >> 12);
		*out++ = (char) (0x80 | (code >> 6 & 0x3f));
		*out++ = (char) (0x80 | (code & 0x3f));
	} else {
		*out++ = (char) (0xf0 | code >> 18);
		*out++ = (char) (0x80 | (code >> 12 & 0x3f));
		*out++ = (char) (0x80 | (code >> 6 & 0x3f));
		*out++ = (char) (0x80 | (code & 0x3f));
	}
	return out;
}

static char unescaped_letter(char c)
{
	switch (c) {
		case 'b':
			return '\b';
		case 'f':
			return '\f';
		case 'n':
			return '\n';
		case 'r':
			return '\r';
		case 't':
			return '\t';
		default:
			return c;
	}
}

size_t ecoq_json_unescape(ecoq_bytes text, char *out)
{
	const char *p = text.data;
	const char *end = p + text.size;
	char *start = out;

	while (p < end) {
		if (*p != '\\') {
			*out++ = *p++;
		} else if (p[1] != 'u') {
			*out++ = unescaped_letter(p[1]);
			p += 2;
		} else {
			uint32_t code = (uint32_t) four_digits(p + 2, end);
			p += 6;
			if (code >= 0xd800 && code <= 0xdfff) {
				uint32_t low = (uint32_t) four_digits(p + 2, end);
				code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
				p += 6;
			}
			out = put_code_point(out, code);
		}
	}
	return (size_t) (out - start);
}
