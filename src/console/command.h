#ifndef ECOQ_CONSOLE_COMMAND_H
#define ECOQ_CONSOLE_COMMAND_H

/* One run of the command line, and the table of what it can run. */

#include "console/arguments.h"
#include "console/output.h"
#include "messaging/messaging.h"

enum ecoq_exit {
	ECOQ_EXIT_OK = 0,
	ECOQ_EXIT_ERROR = 1,
	ECOQ_EXIT_USAGE = 2
};

typedef struct ecoq_command ecoq_command;

typedef struct ecoq_call {
	ecoq_messaging *messaging;
	const ecoq_command *command;
	const char *script; /* argv[0] */
	ecoq_arguments arguments;
	ecoq_output output;
} ecoq_call;

struct ecoq_command {
	const char *name; /* NULL ends the table; "failed show" is two words on the command line */
	const char *summary;
	const char *words;          /* how the help writes what is no option; "": it takes none */
	const char *description;    /* the help's text, lines ended by \n */
	const ecoq_option *options; /* besides the common ones */
	size_t max_words;           /* SIZE_MAX: any number */
	/* Returns the exit code. May leave an exception pending: the caller reports it and ends with 1. */
	int (*run)(ecoq_call *call);
};

extern const ecoq_command ecoq_commands[];
extern const ecoq_option ecoq_common_options[];
extern const ecoq_option ecoq_consume_options[], ecoq_stats_options[], ecoq_setup_options[], ecoq_failed_show_options[], ecoq_failed_retry_options[],
	ecoq_failed_remove_options[];

int ecoq_command_consume(ecoq_call *call);
int ecoq_command_relay(ecoq_call *call);
int ecoq_command_stats(ecoq_call *call);
int ecoq_command_status(ecoq_call *call);
int ecoq_command_setup(ecoq_call *call);
int ecoq_command_debug(ecoq_call *call);
int ecoq_command_failed_show(ecoq_call *call);
int ecoq_command_failed_retry(ecoq_call *call);
int ecoq_command_failed_remove(ecoq_call *call);

/* help.c, errors.c */
void ecoq_help_usage(ecoq_call *call);                                            /* the usage line, to standard error */
void ecoq_help_overview(ecoq_call *call, ecoq_stream stream, const char *prefix); /* the commands whose name begins so; "": all */
void ecoq_help_command(ecoq_call *call, const ecoq_command *command);

/* Writes the error and the command's usage line; returns ECOQ_EXIT_USAGE. */
int ecoq_usage_error(ecoq_call *call, const char *format, ...);

/* Writes "error: Class: message" of the pending exception and clears it; with -v its trace, without arguments. An exit() that is under way stays
 * pending. Returns ECOQ_EXIT_ERROR. */
int ecoq_report_exception(ecoq_call *call);

/* One error line of a failure at run time; nothing else follows from it. */
void ecoq_report_failure(ecoq_call *call, const char *format, ...);

/* One line for a channel that failed while others may go on. */
void ecoq_report_channel_error(ecoq_call *call, const ecoq_channel *channel, zend_string *error);

/* As text, for places where a failure is one line among others; clears it. The caller owns the string. */
zend_string *ecoq_exception_text(void);

/* The channel of that name, or NULL. "outbox" is one wherever there is a database. */
ecoq_channel *ecoq_find_channel(const ecoq_messaging *messaging, zend_string *name);

/* The channels that the words and --queue name, each once, in that order; with neither, all of them, and the outbox where there are OutboxChannels. False when one does not exist (reported as a
 * usage error). The caller frees the array, not the channels. */
bool ecoq_selected_channels(ecoq_call *call, ecoq_channel ***channels, size_t *count);

void ecoq_append_quoted(smart_str *names, zend_string *name); /* one more name of such a list */

/* ", "-separated, quoted names of the configured channels. The caller owns the string. */
zend_string *ecoq_channel_names(const ecoq_messaging *messaging);

#endif
