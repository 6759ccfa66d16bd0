#include "console/output.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "SAPI.h"
#include "base/clock.h"
#include "ext/date/php_date.h"
#include "ext/json/php_json.h"

static const char *const style_codes[] = {
	[ECOQ_PLAIN] = "",
	[ECOQ_BOLD] = "\033[1m",
	[ECOQ_GREEN] = "\033[32m",
	[ECOQ_YELLOW] = "\033[33m",
	[ECOQ_RED] = "\033[31m",
	[ECOQ_GREY] = "\033[90m",
};

static const struct {
	const char *name;
	const char *padded;
	ecoq_style style;
} levels[] = {
	[ECOQ_LOG_ERROR] = {"ERROR", "ERROR     ", ECOQ_RED},
	[ECOQ_LOG_WARNING] = {"WARNING", "WARNING   ", ECOQ_YELLOW},
	[ECOQ_LOG_NOTICE] = {"NOTICE", "NOTICE    ", ECOQ_GREEN},
	[ECOQ_LOG_INFO] = {"INFO", "INFO      ", ECOQ_GREEN},
	[ECOQ_LOG_DEBUG] = {"DEBUG", "DEBUG     ", ECOQ_GREY},
};

static int descriptor_of(ecoq_stream stream)
{
	return stream == ECOQ_STDOUT ? STDOUT_FILENO : STDERR_FILENO;
}

/* Output buffers of PHP and other SAPIs take standard output away from the terminal. */
static bool is_terminal(ecoq_stream stream)
{
	if (stream == ECOQ_STDOUT && (php_output_get_level() > 0 || strcmp(sapi_module.name, "cli") != 0)) {
		return false;
	}
	return isatty(descriptor_of(stream)) == 1;
}

static bool is_set(const char *variable)
{
	const char *value = getenv(variable);
	return value && *value;
}

void ecoq_output_init(ecoq_output *output, const ecoq_arguments *arguments)
{
	const ecoq_option_value *format = &arguments->values[ECOQ_OPTION_FORMAT];
	const char *term = getenv("TERM");
	bool dumb = !term || !*term || strcmp(term, "dumb") == 0;

	memset(output, 0, sizeof(*output));
	output->verbosity = ecoq_given(arguments, ECOQ_OPTION_QUIET) ? -1 : (int) MIN(arguments->values[ECOQ_OPTION_VERBOSE].number, 3);
	output->json = ecoq_given(arguments, ECOQ_OPTION_JSON) || (format->given && zend_string_equals_literal(format->text, "json"));
	output->interactive = !ecoq_given(arguments, ECOQ_OPTION_NO_INTERACTION) && isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
	for (int stream = ECOQ_STDOUT; stream <= ECOQ_STDERR; stream++) {
		bool wanted = is_terminal((ecoq_stream) stream) && !dumb && !is_set("NO_COLOR");
		output->colours[stream] = (wanted || ecoq_given(arguments, ECOQ_OPTION_ANSI)) && !ecoq_given(arguments, ECOQ_OPTION_NO_ANSI);
	}
	output->has_status_line = is_terminal(ECOQ_STDERR) && !dumb && !ecoq_given(arguments, ECOQ_OPTION_NO_ANSI) && !output->json && output->verbosity >= 0;
}

/* Straight to the descriptor: php://stderr may be closed or filtered. What cannot be written (a closed pipe) is given up. */
static void write_error_stream(const char *text, size_t size)
{
	while (size > 0) {
		ssize_t written = write(STDERR_FILENO, text, size);
		if (written < 0 && errno != EINTR) {
			return;
		}
		if (written > 0) {
			text += written;
			size -= (size_t) written;
		}
	}
}

void ecoq_output_raw(ecoq_output *output, ecoq_stream stream, const char *text, size_t size)
{
	ecoq_output_status_line(output, NULL);
	if (stream == ECOQ_STDOUT) {
		PHPWRITE(text, size);
	} else {
		write_error_stream(text, size);
	}
}

static void write_buffer(ecoq_output *output, ecoq_stream stream, smart_str *buffer)
{
	if (buffer->s) {
		ecoq_output_raw(output, stream, ZSTR_VAL(buffer->s), ZSTR_LEN(buffer->s));
		smart_str_free(buffer);
	}
}

/* Bytes of the sequence that begins so; 0: none does. */
static size_t utf8_length(unsigned char first)
{
	if (first < 0x80) {
		return 1;
	}
	if (first < 0xC2 || first > 0xF4) {
		return 0;
	}
	return first < 0xE0 ? 2 : 3 + (size_t) (first >= 0xF0);
}

/* Size of the well-formed UTF-8 sequence at `text`, its code point in `*code`; 0 when there is none. */
static size_t utf8_sequence(const unsigned char *text, size_t size, uint32_t *code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length = utf8_length(*text);

	if (length == 0 || length > size) {
		return 0;
	}
	*code = length == 1 ? *text : *text & (0x7FU >> length);
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xC0) != 0x80) {
			return 0;
		}
		*code = *code << 6 | (text[i] & 0x3F);
	}
	return *code < least[length] || *code > 0x10FFFF || (*code >= 0xD800 && *code <= 0xDFFF) ? 0 : length;
}

/* C0, DEL, C1, line and paragraph separators, marks that turn the direction of text around. */
static bool steers_terminal(uint32_t code)
{
	return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x061C || (code >= 0x200E && code <= 0x200F)
		|| (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

void ecoq_escape(smart_str *out, const char *text, size_t size)
{
	const unsigned char *at = (const unsigned char *) text;

	while (size > 0) {
		uint32_t code = 0;
		size_t length = utf8_sequence(at, size, &code);
		if (length == 0) {
			smart_str_append_printf(out, "\\x%02x", *at);
			length = 1;
		} else if (!steers_terminal(code)) {
			smart_str_appendl(out, (const char *) at, length);
		} else if (code == '\n') {
			smart_str_appends(out, "\\n");
		} else if (code == '\t') {
			smart_str_appends(out, "\\t");
		} else if (code < 0x80) {
			smart_str_append_printf(out, "\\x%02x", code);
		} else {
			smart_str_append_printf(out, "\\u{%x}", code);
		}
		at += length;
		size -= length;
	}
}

static void append_styled(smart_str *out, const ecoq_output *output, ecoq_stream stream, ecoq_style style, const char *text, size_t size)
{
	bool coloured = output->colours[stream] && style != ECOQ_PLAIN;

	if (coloured) {
		smart_str_appends(out, style_codes[style]);
	}
	smart_str_appendl(out, text, size);
	if (coloured) {
		smart_str_appends(out, "\033[0m");
	}
}

void ecoq_output_text(ecoq_output *output, ecoq_stream stream, ecoq_style style, const char *text, size_t size)
{
	smart_str escaped = {0}, line = {0};

	ecoq_escape(&escaped, text, size);
	if (escaped.s) {
		append_styled(&line, output, stream, style, ZSTR_VAL(escaped.s), ZSTR_LEN(escaped.s));
	}
	smart_str_appendc(&line, '\n');
	write_buffer(output, stream, &line);
	smart_str_free(&escaped);
}

void ecoq_output_line(ecoq_output *output, ecoq_stream stream, ecoq_style style, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	zend_string *text = zend_vstrpprintf(0, format, arguments);
	va_end(arguments);
	ecoq_output_text(output, stream, style, ZSTR_VAL(text), ZSTR_LEN(text));
	zend_string_release(text);
}

void ecoq_output_json(ecoq_output *output, ecoq_stream stream, zval *value)
{
	smart_str line = {0};

	php_json_encode(&line, value, PHP_JSON_UNESCAPED_SLASHES | PHP_JSON_UNESCAPED_UNICODE | PHP_JSON_INVALID_UTF8_SUBSTITUTE | PHP_JSON_PRESERVE_ZERO_FRACTION);
	smart_str_appendc(&line, '\n');
	write_buffer(output, stream, &line);
}

static void log_json(ecoq_output *output, ecoq_log_level level, zend_string *channel, zend_string *text, HashTable *fields)
{
	zval line;
	int64_t now = ecoq_clock_now_ms();
	zend_string *time = php_format_date(ZEND_STRL("Y-m-d\\TH:i:s"), (time_t) (now / 1000), 0);

	array_init(&line);
	add_assoc_str(&line, "time", strpprintf(0, "%s.%03dZ", ZSTR_VAL(time), (int) (now % 1000)));
	add_assoc_string(&line, "level", levels[level].name);
	if (channel) {
		add_assoc_str(&line, "channel", zend_string_copy(channel));
	}
	add_assoc_str(&line, "message", zend_string_copy(text));
	if (fields) {
		zend_hash_merge(Z_ARRVAL(line), fields, zval_add_ref, 0);
	}
	ecoq_output_json(output, ECOQ_STDERR, &line);
	zend_string_release(time);
	zval_ptr_dtor(&line);
}

/* Local time; formatted once a second. */
static const char *clock_text(ecoq_output *output)
{
	time_t now = (time_t) (ecoq_clock_now_ms() / 1000);

	if (now != output->clock_second) {
		zend_string *text = php_format_date(ZEND_STRL("H:i:s"), now, 1);
		snprintf(output->clock_text, sizeof(output->clock_text), "%s", ZSTR_VAL(text));
		output->clock_second = now;
		zend_string_release(text);
	}
	return output->clock_text;
}

void ecoq_output_log(ecoq_output *output, ecoq_log_level level, zend_string *channel, const smart_str *text, HashTable *fields)
{
	smart_str line = {0};

	if (!ecoq_output_logs(output, level) || !text->s) {
		return;
	}
	if (output->json) {
		log_json(output, level, channel, text->s, fields);
		return;
	}
	smart_str_appends(&line, clock_text(output));
	smart_str_appendc(&line, ' ');
	append_styled(&line, output, ECOQ_STDERR, levels[level].style, levels[level].padded, strlen(levels[level].padded));
	smart_str_appendc(&line, '[');
	if (channel) {
		ecoq_escape(&line, ZSTR_VAL(channel), ZSTR_LEN(channel));
	} else {
		smart_str_appends(&line, "worker");
	}
	smart_str_appends(&line, "] ");
	ecoq_escape(&line, ZSTR_VAL(text->s), ZSTR_LEN(text->s));
	smart_str_appendc(&line, '\n');
	write_buffer(output, ECOQ_STDERR, &line);
}

size_t ecoq_output_width(ecoq_stream stream)
{
	struct winsize size;

	if (!is_terminal(stream) || ioctl(descriptor_of(stream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
		return is_terminal(stream) ? 80 : 0;
	}
	return size.ws_col;
}

/* The line is cut one short of the width, since a full line would wrap and could not be erased. It is plain ASCII. */
void ecoq_output_status_line(ecoq_output *output, const char *text)
{
	static const char erase[] = "\r\033[2K";

	if (!text && output->status_line_shown) {
		write_error_stream(erase, sizeof(erase) - 1);
		output->status_line_shown = false;
	} else if (text && output->has_status_line) {
		smart_str line = {0};
		smart_str_appends(&line, erase);
		smart_str_appendl(&line, text, MIN(strlen(text), ecoq_output_width(ECOQ_STDERR) - 1));
		write_error_stream(ZSTR_VAL(line.s), ZSTR_LEN(line.s));
		smart_str_free(&line);
		output->status_line_shown = true;
	}
}

bool ecoq_output_confirm(ecoq_output *output, const char *question, bool preset)
{
	char answer[16] = "";
	ssize_t size;
	smart_str text = {0};

	smart_str_append_printf(&text, "%s (yes/no) [%s]: ", question, preset ? "yes" : "no");
	write_buffer(output, ECOQ_STDERR, &text);
	do {
		size = read(STDIN_FILENO, answer, sizeof(answer) - 1);
	} while (size < 0 && errno == EINTR);
	if (size <= 0) {
		return false;
	}
	return answer[0] == 'y' || answer[0] == 'Y' || (answer[0] == '\n' && preset);
}
