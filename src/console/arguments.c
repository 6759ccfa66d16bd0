#include "console/arguments.h"

#include <ctype.h>
#include <math.h>

#define LONGEST_WORD 63

/* One token on its way through the parser. */
typedef struct ecoq_parser {
	ecoq_arguments *arguments;
	const ecoq_option *const *tables;
	HashTable *argv;
	uint32_t index; /* of the next token */
} ecoq_parser;

size_t ecoq_edit_distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), row[LONGEST_WORD + 1];

	if (n > LONGEST_WORD || m > LONGEST_WORD) {
		return LONGEST_WORD;
	}
	for (size_t j = 0; j <= m; j++) {
		row[j] = j;
	}
	for (size_t i = 1; i <= n; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t changed = diagonal + (tolower((unsigned char) a[i - 1]) != tolower((unsigned char) b[j - 1]));
			diagonal = row[j];
			row[j] = MIN(changed, MIN(row[j], row[j - 1]) + 1);
		}
	}
	return row[m];
}

static zend_string *token_at(const ecoq_parser *parser, uint32_t index)
{
	zval *token = zend_hash_index_find(parser->argv, index);
	return token ? Z_STR_P(token) : NULL;
}

static const ecoq_option *option_by_name(const ecoq_parser *parser, const char *name, size_t size)
{
	for (const ecoq_option *const *table = parser->tables; *table; table++) {
		for (const ecoq_option *option = *table; option->name; option++) {
			const char *names[] = {option->name, option->aliases[0], option->aliases[1], option->aliases[2]};
			for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
				if (names[i] && strlen(names[i]) == size && memcmp(names[i], name, size) == 0) {
					return option;
				}
			}
		}
	}
	return NULL;
}

static const ecoq_option *option_by_letter(const ecoq_parser *parser, char letter)
{
	for (const ecoq_option *const *table = parser->tables; *table; table++) {
		for (const ecoq_option *option = *table; option->name; option++) {
			if (option->letter == letter) {
				return option;
			}
		}
	}
	return NULL;
}

static bool fail_unknown(ecoq_parser *parser, const char *name)
{
	const char *nearest = NULL;
	size_t least = ecoq_edit_tolerance(name) + 1;

	for (const ecoq_option *const *table = parser->tables; *table; table++) {
		for (const ecoq_option *option = *table; option->name; option++) {
			const char *names[] = {option->name, option->aliases[0], option->aliases[1], option->aliases[2]};
			for (size_t i = 0; i < sizeof(names) / sizeof(*names) && strlen(name) > 1; i++) {
				size_t distance = names[i] ? ecoq_edit_distance(name, names[i]) : least;
				if (distance < least) {
					least = distance;
					nearest = names[i];
				}
			}
		}
	}
	smart_str_append_printf(&parser->arguments->error, "Option \"%s%s\" does not exist.", strlen(name) > 1 ? "--" : "-", name);
	if (nearest) {
		smart_str_append_printf(&parser->arguments->error, " Did you mean \"--%s\"?", nearest);
	}
	return false;
}

static bool fail_value(ecoq_parser *parser, const char *shown, const char *expected, zend_string *value)
{
	smart_str_append_printf(&parser->arguments->error, "Option \"%s\" must be %s, \"", shown, expected);
	smart_str_append(&parser->arguments->error, value);
	smart_str_appends(&parser->arguments->error, "\" given.");
	return false;
}

/* Decimal digits only: no sign, blank, exponent or hexadecimal. */
static bool read_integer(zend_string *text, zend_long least, zend_long most, zend_long *out)
{
	zend_ulong number = 0;

	for (size_t i = 0; i < ZSTR_LEN(text); i++) {
		char digit = ZSTR_VAL(text)[i];
		if (digit < '0' || digit > '9' || number > (ZEND_LONG_MAX - 9) / 10) {
			return false;
		}
		number = number * 10 + (zend_ulong) (digit - '0');
	}
	*out = (zend_long) number;
	return ZSTR_LEN(text) > 0 && *out >= least && *out <= most;
}

/* Digits with at most one point among them, to milliseconds; anything above zero is at least 1 ms. */
static bool read_seconds(zend_string *text, zend_long *out)
{
	size_t size = ZSTR_LEN(text), digits = strspn(ZSTR_VAL(text), "0123456789");
	size_t point = digits < size && ZSTR_VAL(text)[digits] == '.' ? 1 : 0;
	size_t fraction = point ? strspn(ZSTR_VAL(text) + digits + 1, "0123456789") : 0;

	if (digits + point + fraction != size || digits + fraction == 0) {
		return false;
	}
	double ms = ceil(zend_strtod(ZSTR_VAL(text), NULL) * 1000 - 1e-6);
	if (ms > 1e15) {
		return false;
	}
	*out = (zend_long) ms;
	return true;
}

static bool read_bytes(zend_string *text, int bare_shift, zend_long *out)
{
	static const char units[] = "KMGT";
	size_t size = ZSTR_LEN(text);
	const char *unit = size > 1 ? strchr(units, toupper((unsigned char) ZSTR_VAL(text)[size - 1])) : NULL;
	int shift = unit && *unit ? 10 * (int) (unit - units + 1) : bare_shift;
	zend_string *number = zend_string_init(ZSTR_VAL(text), unit && *unit ? size - 1 : size, 0);
	bool read = read_integer(number, 1, ZEND_LONG_MAX >> shift, out);

	zend_string_release(number);
	if (read) {
		*out <<= shift;
	}
	return read;
}

static void add_to_list(ecoq_option_value *value, zend_string *text)
{
	const char *at = ZSTR_VAL(text), *end = at + ZSTR_LEN(text);

	if (!value->list) {
		value->list = zend_new_array(4);
	}
	for (;;) {
		const char *comma = memchr(at, ',', (size_t) (end - at));
		const char *stop = comma ? comma : end;
		if (stop > at) {
			zval item;
			ZVAL_STRINGL(&item, at, (size_t) (stop - at));
			zend_hash_next_index_insert(value->list, &item);
		}
		if (!comma) {
			return;
		}
		at = comma + 1;
	}
}

static bool read_format(zend_string *text)
{
	return zend_string_equals_literal(text, "txt") || zend_string_equals_literal(text, "json");
}

/* Bare numbers below 1 MiB are refused: nobody means 128 bytes. */
static bool read_memory(zend_string *text, zend_long *out)
{
	return read_bytes(text, 0, out) && (*out >= 1 << 20 || !isdigit((unsigned char) ZSTR_VAL(text)[ZSTR_LEN(text) - 1]));
}

/* Reads `text` into the option's value. NULL when it fits, else what was expected. */
static const char *read_value(const ecoq_option *option, zend_string *text, ecoq_option_value *value)
{
	switch (option->kind) {
		case ECOQ_TAKES_FORMAT:
			return read_format(text) ? NULL : "txt or json";
		case ECOQ_TAKES_POSITIVE:
		case ECOQ_TAKES_MILLISECONDS:
			return read_integer(text, 1, ZEND_LONG_MAX, &value->number) ? NULL : "a positive integer";
		case ECOQ_TAKES_EXIT_CODE:
			return read_integer(text, 0, 255, &value->number) ? NULL : "an integer from 0 to 255";
		case ECOQ_TAKES_SECONDS:
			return read_seconds(text, &value->number) && value->number > 0 ? NULL : "a positive number of seconds";
		case ECOQ_TAKES_PAUSE:
			return read_seconds(text, &value->number) ? NULL : "a number of seconds, 0 or more";
		case ECOQ_TAKES_BYTES:
			return read_memory(text, &value->number) ? NULL : "a size such as 128M (K, M, G, T; a bare number is bytes, at least 1048576)";
		case ECOQ_TAKES_MEGABYTES:
			return read_bytes(text, 20, &value->number) ? NULL : "a positive number of megabytes";
		case ECOQ_TAKES_LIST:
			add_to_list(value, text);
			return value->list->nNumOfElements ? NULL : "a name, or several with commas between them";
		default:
			return ZSTR_LEN(text) ? NULL : "a text that is not empty";
	}
}

static bool set_value(ecoq_parser *parser, const ecoq_option *option, const char *shown, zend_string *text)
{
	ecoq_option_value *value = &parser->arguments->values[option->id];
	const char *expected = read_value(option, text, value);

	if (expected) {
		return fail_value(parser, shown, expected, text);
	}
	value->given = true;
	if (value->text) {
		zend_string_release(value->text);
	}
	value->text = zend_string_copy(text);
	return true;
}

static void set_flag(ecoq_parser *parser, const ecoq_option *option)
{
	ecoq_option_value *value = &parser->arguments->values[option->id];
	value->given = true;
	value->number = option->kind == ECOQ_TAKES_NOTHING_ADDS ? value->number + 1 : 1;
}

static bool takes_value(const ecoq_option *option)
{
	return option->kind != ECOQ_TAKES_NOTHING && option->kind != ECOQ_TAKES_NOTHING_ADDS;
}

/* The token behind an option is its value unless it looks like an option itself; a negative number does not. */
static bool set_from_next(ecoq_parser *parser, const ecoq_option *option, const char *shown)
{
	zend_string *next = token_at(parser, parser->index);

	if (!next || (ZSTR_VAL(next)[0] == '-' && ZSTR_LEN(next) > 1 && !isdigit((unsigned char) ZSTR_VAL(next)[1]))) {
		smart_str_append_printf(&parser->arguments->error, "Option \"%s\" requires a value (%s).", shown, option->value);
		return false;
	}
	parser->index++;
	return set_value(parser, option, shown, next);
}

static bool parse_long(ecoq_parser *parser, zend_string *token)
{
	const char *name = ZSTR_VAL(token) + 2, *equals = strchr(name, '=');
	size_t size = equals ? (size_t) (equals - name) : ZSTR_LEN(token) - 2;
	const ecoq_option *option = option_by_name(parser, name, size);
	zend_string *shown = zend_string_init(ZSTR_VAL(token), size + 2, 0);
	bool parsed;

	if (!option) {
		parsed = fail_unknown(parser, ZSTR_VAL(shown) + 2);
	} else if (!takes_value(option)) {
		parsed = !equals;
		if (equals) {
			smart_str_append_printf(&parser->arguments->error, "Option \"%s\" takes no value.", ZSTR_VAL(shown));
		} else {
			set_flag(parser, option);
		}
	} else if (equals) {
		zend_string *text = zend_string_init(equals + 1, ZSTR_LEN(token) - 2 - size - 1, 0);
		parsed = set_value(parser, option, ZSTR_VAL(shown), text);
		zend_string_release(text);
	} else {
		parsed = set_from_next(parser, option, ZSTR_VAL(shown));
	}
	zend_string_release(shown);
	return parsed;
}

static bool parse_letters(ecoq_parser *parser, zend_string *token)
{
	for (size_t i = 1; i < ZSTR_LEN(token); i++) {
		char shown[] = {'-', ZSTR_VAL(token)[i], 0};
		const ecoq_option *option = option_by_letter(parser, shown[1]);
		if (!option) {
			return fail_unknown(parser, shown + 1);
		}
		if (!takes_value(option)) {
			set_flag(parser, option);
			continue;
		}
		if (i + 1 == ZSTR_LEN(token)) {
			return set_from_next(parser, option, shown);
		}
		zend_string *rest = zend_string_init(ZSTR_VAL(token) + i + 1, ZSTR_LEN(token) - i - 1, 0);
		bool parsed = set_value(parser, option, shown, rest);
		zend_string_release(rest);
		return parsed;
	}
	return true;
}

static void add_word(ecoq_arguments *arguments, zend_string *word)
{
	arguments->words = safe_erealloc(arguments->words, arguments->word_count + 1, sizeof(*arguments->words), 0);
	arguments->words[arguments->word_count++] = zend_string_copy(word);
}

bool ecoq_arguments_parse(ecoq_arguments *arguments, const ecoq_option *const *tables, HashTable *argv, uint32_t *index, bool to_first_word)
{
	ecoq_parser parser = {arguments, tables, argv, *index};
	bool options_ended = false, parsed = true;
	zend_string *token;

	while (parsed && (token = token_at(&parser, parser.index))) {
		bool is_option = !options_ended && ZSTR_LEN(token) > 1 && ZSTR_VAL(token)[0] == '-';
		if (!is_option && to_first_word) {
			break;
		}
		parser.index++;
		if (!is_option) {
			add_word(arguments, token);
		} else if (zend_string_equals_literal(token, "--")) {
			options_ended = true;
		} else {
			parsed = ZSTR_VAL(token)[1] == '-' ? parse_long(&parser, token) : parse_letters(&parser, token);
		}
	}
	smart_str_0(&arguments->error);
	*index = parser.index;
	return parsed;
}

void ecoq_arguments_free(ecoq_arguments *arguments)
{
	for (size_t i = 0; i < ECOQ_OPTION_IDS; i++) {
		if (arguments->values[i].text) {
			zend_string_release(arguments->values[i].text);
		}
		if (arguments->values[i].list) {
			zend_array_destroy(arguments->values[i].list);
		}
	}
	for (size_t i = 0; i < arguments->word_count; i++) {
		zend_string_release(arguments->words[i]);
	}
	if (arguments->words) {
		efree(arguments->words);
	}
	smart_str_free(&arguments->error);
}
