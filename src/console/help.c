#include "console/command.h"

/* Columns for the names of an option. */
#define NAMES_WIDTH 28

/* "-l, --limit=N" */
static void append_names(smart_str *line, const ecoq_option *option)
{
	if (option->letter) {
		smart_str_append_printf(line, "-%c, ", option->letter);
	} else {
		smart_str_appends(line, "    ");
	}
	smart_str_append_printf(line, "--%s", option->name);
	if (option->value) {
		smart_str_append_printf(line, "=%s", option->value);
	}
}

static void append_option(smart_str *text, const ecoq_option *option)
{
	smart_str names = {0};

	append_names(&names, option);
	smart_str_0(&names);
	smart_str_append_printf(text, "  %-*s  %s", NAMES_WIDTH, ZSTR_VAL(names.s), option->help);
	for (size_t i = 0; i < sizeof(option->aliases) / sizeof(*option->aliases) && option->aliases[i]; i++) {
		smart_str_append_printf(text, "%s--%s", i == 0 ? " (also " : ", ", option->aliases[i]);
	}
	smart_str_appends(text, option->aliases[0] ? ")\n" : "\n");
	smart_str_free(&names);
}

static void append_options(smart_str *text, const char *title, const ecoq_option *options)
{
	if (!options) {
		return;
	}
	smart_str_append_printf(text, "\n%s:\n", title);
	for (const ecoq_option *option = options; option->name; option++) {
		if (option->help) {
			append_option(text, option);
		}
	}
}

static void append_usage(smart_str *text, ecoq_call *call, const ecoq_command *command)
{
	smart_str_appends(text, "usage: ");
	ecoq_escape(text, call->script, strlen(call->script));
	if (command) {
		smart_str_append_printf(text, " %s [options]%s%s\n", command->name, *command->words ? " " : "", command->words);
	} else {
		smart_str_appends(text, " <command> [options] [arguments]\n");
	}
}

static void write_text(ecoq_call *call, ecoq_stream stream, smart_str *text)
{
	smart_str_0(text);
	ecoq_output_raw(&call->output, stream, ZSTR_VAL(text->s), ZSTR_LEN(text->s));
	smart_str_free(text);
}

void ecoq_help_usage(ecoq_call *call)
{
	smart_str text = {0};

	append_usage(&text, call, call->command);
	write_text(call, ECOQ_STDERR, &text);
}

void ecoq_help_overview(ecoq_call *call, ecoq_stream stream, const char *prefix)
{
	smart_str text = {0};

	append_usage(&text, call, NULL);
	smart_str_appends(&text, "\nCommands:\n");
	for (const ecoq_command *command = ecoq_commands; command->name; command++) {
		if (strncmp(command->name, prefix, strlen(prefix)) == 0) {
			smart_str_append_printf(&text, "  %-15s %s\n", command->name, command->summary);
		}
	}
	append_options(&text, "Options of every command", ecoq_common_options);
	smart_str_appends(&text, "\nThe options of one command: ");
	ecoq_escape(&text, call->script, strlen(call->script));
	smart_str_appends(&text, " help <command>\n");
	write_text(call, stream, &text);
}

void ecoq_help_command(ecoq_call *call, const ecoq_command *command)
{
	smart_str text = {0};

	append_usage(&text, call, command);
	smart_str_append_printf(&text, "\n%s.\n", command->summary);
	if (*command->description) {
		smart_str_append_printf(&text, "\n%s", command->description);
	}
	append_options(&text, "Options", command->options);
	append_options(&text, "Options of every command", ecoq_common_options);
	write_text(call, ECOQ_STDOUT, &text);
}
