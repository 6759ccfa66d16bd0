#ifndef ECOQ_CONSOLE_OUTPUT_H
#define ECOQ_CONSOLE_OUTPUT_H

/* What the console writes. Results go to PHP's standard output, everything else to the process's standard error. Whatever text is
 * given here may come from outside: control characters, broken UTF-8 and text direction marks are written as escapes (\n, \x1b). */

#include "console/arguments.h"
#include "php/compat.h"
#include "zend_smart_str.h"

typedef enum ecoq_stream {
	ECOQ_STDOUT,
	ECOQ_STDERR
} ecoq_stream;
typedef enum ecoq_style {
	ECOQ_PLAIN,
	ECOQ_BOLD,
	ECOQ_GREEN,
	ECOQ_YELLOW,
	ECOQ_RED,
	ECOQ_GREY
} ecoq_style;
typedef enum ecoq_log_level {
	ECOQ_LOG_ERROR,
	ECOQ_LOG_WARNING,
	ECOQ_LOG_NOTICE,
	ECOQ_LOG_INFO,
	ECOQ_LOG_DEBUG
} ecoq_log_level;

typedef struct ecoq_output {
	int verbosity; /* -1 quiet … 3 */
	bool json;
	bool interactive;     /* someone can be asked */
	bool colours[2];      /* by stream */
	bool has_status_line; /* standard error is a terminal that can rewrite a line */
	bool status_line_shown;
	time_t clock_second; /* of clock_text */
	char clock_text[16];
} ecoq_output;

void ecoq_output_init(ecoq_output *output, const ecoq_arguments *arguments);

/* One line, ended here. Zend printf formats: no NUL inside of a %s. */
void ecoq_output_line(ecoq_output *output, ecoq_stream stream, ecoq_style style, const char *format, ...);

/* The same for text that may hold NULs. */
void ecoq_output_text(ecoq_output *output, ecoq_stream stream, ecoq_style style, const char *text, size_t size);

/* As it is: help texts and tables made of escaped parts. */
void ecoq_output_raw(ecoq_output *output, ecoq_stream stream, const char *text, size_t size);

/* The value as one line of JSON. */
void ecoq_output_json(ecoq_output *output, ecoq_stream stream, zval *value);

/* Whether lines of that level are written at all: ask before making one. */
static inline bool ecoq_output_logs(const ecoq_output *output, ecoq_log_level level)
{
	return (int) level <= output->verbosity + 1;
}

/* A log line on standard error, "12:00:00 WARNING   [channel] text", or with `json` one object of time, level, channel, message and `fields`.
 * `channel` and `fields` may be NULL; `fields` is changed. */
void ecoq_output_log(ecoq_output *output, ecoq_log_level level, zend_string *channel, const smart_str *text, HashTable *fields);

/* A line at the bottom of the terminal that is rewritten in place; NULL removes it. Nothing happens without has_status_line. */
void ecoq_output_status_line(ecoq_output *output, const char *text);

/* Appends the text with everything that could steer a terminal escaped. */
void ecoq_escape(smart_str *out, const char *text, size_t size);

/* Columns of the terminal behind a stream; 0: it is none. */
size_t ecoq_output_width(ecoq_stream stream);

/* Asks on the terminal; `preset` is the answer of an empty line. */
bool ecoq_output_confirm(ecoq_output *output, const char *question, bool preset);

#endif
