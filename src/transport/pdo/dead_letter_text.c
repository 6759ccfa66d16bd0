#include "transport/pdo/dead_letter_text.h"

#include <time.h>

#include "ext/hash/php_hash.h"
#include "ext/hash/php_hash_sha.h"
#include "ext/standard/html.h"
#include "zend_smart_str.h"

#include "php/bytes.h"

#define LONGEST_KEY 191 /* bytes: what an index takes of a row on every engine */
#define KEPT_OF_KEY 100
#define REPLACEMENT "\xEF\xBF\xBD"

/* The size of the valid character at the beginning of `text`, 0: there is none. No engine takes a NUL for text. */
static size_t character_size(ecoq_bytes text)
{
	size_t size = 0;
	zend_result status = SUCCESS;
	if (text.size == 0 || text.data[0] == '\0') {
		return 0;
	}
	if (!(text.data[0] & 0x80)) {
		return 1;
	}
	php_next_utf8_char((const unsigned char *) text.data, text.size, &size, &status);
	return status == SUCCESS ? size : 0;
}

static ecoq_bytes behind(ecoq_bytes text, size_t size)
{
	return size ? (ecoq_bytes){text.data + size, text.size - size} : text; /* nothing may be added to NULL */
}

/* How many of its first bytes are valid characters, of at most `longest` bytes together. */
static size_t valid_size(ecoq_bytes text, size_t longest)
{
	size_t valid = 0, size;
	while ((size = character_size(behind(text, valid))) > 0 && valid + size <= longest) {
		valid += size;
	}
	return valid;
}

zend_string *ecoq_dead_letter_clean_text(ecoq_bytes text, size_t longest)
{
	size_t valid = valid_size(text, longest);
	if (valid == text.size) {
		return ecoq_string_of(text);
	}
	smart_str out = {0};
	smart_str_alloc(&out, 0, false);
	for (;;) {
		smart_str_appendl(&out, text.data, valid);
		text = behind(text, valid);
		if (text.size == 0 || ZSTR_LEN(out.s) + strlen(REPLACEMENT) > longest || character_size(text) > 0) {
			break;
		}
		smart_str_appends(&out, REPLACEMENT);
		text = behind(text, 1);
		valid = valid_size(text, longest - ZSTR_LEN(out.s));
	}
	smart_str_0(&out);
	return out.s;
}

zend_string *ecoq_dead_letter_key(ecoq_bytes text)
{
	bool is_plain = text.size <= LONGEST_KEY && valid_size(text, LONGEST_KEY) == text.size && !(text.size && text.data[text.size - 1] == ' ');
	if (is_plain) {
		return ecoq_string_of(text);
	}
	unsigned char digest[32];
	char hex[sizeof(digest) * 2 + 1];
	PHP_SHA256_CTX context;
	PHP_SHA256Init(&context);
	PHP_SHA256Update(&context, (const unsigned char *) text.data, text.size);
	PHP_SHA256Final(digest, &context);
	php_hash_bin2hex(hex, digest, sizeof(digest));
	hex[sizeof(hex) - 1] = '\0';
	zend_string *beginning = ecoq_dead_letter_clean_text(text, KEPT_OF_KEY);
	zend_string *key = zend_strpprintf(0, "%s#sha256:%s", ZSTR_VAL(beginning), hex);
	zend_string_release(beginning);
	return key;
}

#define LATEST_MS INT64_C(253402300799999) /* the end of the year 9999 */

zend_string *ecoq_dead_letter_time(ecoq_pdo_engine engine, int64_t ms)
{
	char text[32];
	struct tm parts;
	ms = ms < 0 ? 0 : MIN(ms, LATEST_MS);
	time_t seconds = (time_t) (ms / 1000);
	gmtime_r(&seconds, &parts);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &parts);
	return zend_strpprintf(0, "%s.%03d%s", text, (int) (ms % 1000), engine == ECOQ_PDO_POSTGRESQL ? "+00" : "");
}

zend_string *ecoq_dead_letter_body_parameter(ecoq_pdo_engine engine, ecoq_bytes body)
{
	if (engine != ECOQ_PDO_POSTGRESQL) {
		return ecoq_string_of(body);
	}
	zend_string *hex = zend_string_safe_alloc(2, body.size, 2, false);
	memcpy(ZSTR_VAL(hex), "\\x", 2);
	php_hash_bin2hex(ZSTR_VAL(hex) + 2, (const unsigned char *) body.data, body.size);
	ZSTR_VAL(hex)
	[ZSTR_LEN(hex)] = '\0';
	return hex;
}

zend_string *ecoq_dead_letter_hex(const zend_string *text)
{
	zend_string *hex = zend_string_safe_alloc(2, ZSTR_LEN(text), 0, false);
	php_hash_bin2hex(ZSTR_VAL(hex), (const unsigned char *) ZSTR_VAL(text), ZSTR_LEN(text));
	ZSTR_VAL(hex)
	[ZSTR_LEN(hex)] = '\0';
	return hex;
}

static int nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10
																 : 0;
}

void ecoq_dead_letter_decode_body(zval *cell)
{
	zend_string *hex = Z_STR_P(cell);
	zend_string *body = zend_string_alloc(ZSTR_LEN(hex) / 2, false);
	for (size_t i = 0; i < ZSTR_LEN(body); i++) {
		ZSTR_VAL(body)
		[i] = (char) (nibble(ZSTR_VAL(hex)[2 * i]) << 4 | nibble(ZSTR_VAL(hex)[2 * i + 1]));
	}
	ZSTR_VAL(body)
	[ZSTR_LEN(body)] = '\0';
	zend_string_release(hex);
	ZVAL_STR(cell, body);
}
