#ifndef ECOQ_CONSOLE_ARGUMENTS_H
#define ECOQ_CONSOLE_ARGUMENTS_H

/* Reads command lines by a table of options: --name=value, --name value, -xvalue, -x value, -abc, `--` ends the options. */

#include "php/compat.h"
#include "zend_smart_str.h"

/* One value each, whatever names it can be given by. */
typedef enum ecoq_option_id {
	ECOQ_OPTION_HELP,
	ECOQ_OPTION_VERSION,
	ECOQ_OPTION_QUIET,
	ECOQ_OPTION_VERBOSE,
	ECOQ_OPTION_ANSI,
	ECOQ_OPTION_NO_ANSI,
	ECOQ_OPTION_NO_INTERACTION,
	ECOQ_OPTION_FORMAT,
	ECOQ_OPTION_JSON,
	ECOQ_OPTION_QUEUE,
	ECOQ_OPTION_ALL,
	ECOQ_OPTION_LIMIT,
	ECOQ_OPTION_FAILURE_LIMIT,
	ECOQ_OPTION_MEMORY_LIMIT,
	ECOQ_OPTION_MEMORY_EXIT_CODE,
	ECOQ_OPTION_TIME_LIMIT,
	ECOQ_OPTION_IDLE_LIMIT,
	ECOQ_OPTION_STOP_WHEN_EMPTY,
	ECOQ_OPTION_SLEEP,
	ECOQ_OPTION_REST,
	ECOQ_OPTION_FETCH_SIZE,
	ECOQ_OPTION_EXCLUDE,
	ECOQ_OPTION_MAX,
	ECOQ_OPTION_CHANNEL,
	ECOQ_OPTION_CLASS_FILTER,
	ECOQ_OPTION_STATS,
	ECOQ_OPTION_PAYLOAD,
	ECOQ_OPTION_FORCE,
	ECOQ_OPTION_OFFSET,
	ECOQ_OPTION_ENDPOINT,
	ECOQ_OPTION_ERROR_CLASS,
	ECOQ_OPTION_SINCE,
	ECOQ_OPTION_UNTIL,
	ECOQ_OPTION_IGNORE_RECORD,
	ECOQ_OPTION_IDS
} ecoq_option_id;

typedef enum ecoq_option_kind {
	ECOQ_TAKES_NOTHING,      /* number 1 */
	ECOQ_TAKES_NOTHING_ADDS, /* number: how often it was given */
	ECOQ_TAKES_TEXT,
	ECOQ_TAKES_LIST,         /* repeatable, commas separate */
	ECOQ_TAKES_FORMAT,       /* txt or json */
	ECOQ_TAKES_POSITIVE,     /* an integer of at least 1 */
	ECOQ_TAKES_EXIT_CODE,    /* 0 to 255 */
	ECOQ_TAKES_SECONDS,      /* above 0, fractions allowed; number: milliseconds */
	ECOQ_TAKES_PAUSE,        /* seconds from 0 up; number: milliseconds */
	ECOQ_TAKES_MILLISECONDS, /* an integer of at least 1 */
	ECOQ_TAKES_BYTES,        /* 128M; number: bytes */
	ECOQ_TAKES_MEGABYTES     /* a bare number means megabytes; number: bytes */
} ecoq_option_kind;

typedef struct ecoq_option {
	const char *name; /* NULL ends a table */
	const char *aliases[3];
	char letter; /* 0: none */
	ecoq_option_kind kind;
	ecoq_option_id id;
	const char *value; /* what the help calls its value */
	const char *help;  /* NULL: not shown */
} ecoq_option;

typedef struct ecoq_option_value {
	bool given;
	zend_long number;
	zend_string *text; /* the last one given */
	HashTable *list;   /* packed, of strings; NULL: empty */
} ecoq_option_value;

/* Zero-initialise; free with ecoq_arguments_free(). Owns all of it. */
typedef struct ecoq_arguments {
	ecoq_option_value values[ECOQ_OPTION_IDS];
	zend_string **words; /* what is no option, in order */
	size_t word_count;
	smart_str error; /* why parsing failed */
} ecoq_arguments;

/* Parses argv from `*index` on; `tables` ends with NULL. With `to_first_word` it stops in front of the first word. False: `error` is set. A name
 * stands for the first table's entry where several have it. */
bool ecoq_arguments_parse(ecoq_arguments *arguments, const ecoq_option *const *tables, HashTable *argv, uint32_t *index, bool to_first_word);
void ecoq_arguments_free(ecoq_arguments *arguments);

static inline bool ecoq_given(const ecoq_arguments *arguments, ecoq_option_id id)
{
	return arguments->values[id].given;
}

/* Edits between two words, without regard to case; for "did you mean". */
size_t ecoq_edit_distance(const char *a, const char *b);

/* The most edits that still make a typing error of a word. */
static inline size_t ecoq_edit_tolerance(const char *word)
{
	return MAX(strlen(word) / 3, 1);
}

#endif
