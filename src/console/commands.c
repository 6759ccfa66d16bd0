#include "console/command.h"

/* clang-format off */
const ecoq_option ecoq_common_options[] = {
	{.name = "help", .letter = 'h', .id = ECOQ_OPTION_HELP, .help = "Show this help"},
	{.name = "version", .letter = 'V', .id = ECOQ_OPTION_VERSION, .help = "Show the version"},
	{.name = "quiet", .letter = 'q', .id = ECOQ_OPTION_QUIET, .help = "Only errors"},
	{.name = "verbose", .letter = 'v', .kind = ECOQ_TAKES_NOTHING_ADDS, .id = ECOQ_OPTION_VERBOSE, .help = "-v more, -vv every message, -vvv everything"},
	{.name = "format", .kind = ECOQ_TAKES_FORMAT, .id = ECOQ_OPTION_FORMAT, .value = "txt|json", .help = "How results are written"},
	{.name = "json", .id = ECOQ_OPTION_JSON, .help = "The same as --format=json"},
	{.name = "ansi", .id = ECOQ_OPTION_ANSI, .help = "Colours although the output is no terminal"},
	{.name = "no-ansi", .id = ECOQ_OPTION_NO_ANSI, .help = "No colours, no progress line"},
	{.name = "no-interaction", .letter = 'n', .id = ECOQ_OPTION_NO_INTERACTION, .help = "Ask nothing"},
	{.name = NULL},
};

const ecoq_option ecoq_consume_options[] = {
	{.name = "limit", .aliases = {"max-jobs", "handledMessageLimit"}, .letter = 'l', .kind = ECOQ_TAKES_POSITIVE, .id = ECOQ_OPTION_LIMIT, .value = "N",
		.help = "Stop after N messages, failed ones included"},
	{.name = "failure-limit", .letter = 'f', .kind = ECOQ_TAKES_POSITIVE, .id = ECOQ_OPTION_FAILURE_LIMIT, .value = "N", .help = "Stop after N failures"},
	{.name = "stopOnFailure", .id = ECOQ_OPTION_FAILURE_LIMIT, .help = "The same as --failure-limit=1"},
	{.name = "memory-limit", .aliases = {"memory"}, .letter = 'm', .kind = ECOQ_TAKES_BYTES, .id = ECOQ_OPTION_MEMORY_LIMIT, .value = "128M",
		.help = "Stop above so much memory"},
	{.name = "memoryLimit", .kind = ECOQ_TAKES_MEGABYTES, .id = ECOQ_OPTION_MEMORY_LIMIT, .value = "MB", .help = "The same in megabytes"},
	{.name = "memory-exit-code", .kind = ECOQ_TAKES_EXIT_CODE, .id = ECOQ_OPTION_MEMORY_EXIT_CODE, .value = "N",
		.help = "Exit code when the memory limit stops the worker, default 0"},
	{.name = "time-limit", .aliases = {"max-time"}, .letter = 't', .kind = ECOQ_TAKES_SECONDS, .id = ECOQ_OPTION_TIME_LIMIT, .value = "S",
		.help = "Stop after S seconds"},
	{.name = "executionTimeLimit", .kind = ECOQ_TAKES_MILLISECONDS, .id = ECOQ_OPTION_TIME_LIMIT, .value = "MS", .help = "The same in milliseconds"},
	{.name = "stop-when-empty", .aliases = {"finishWhenNoMessages"}, .id = ECOQ_OPTION_STOP_WHEN_EMPTY, .help = "Stop when no message is ready"},
	{.name = "idle-limit", .kind = ECOQ_TAKES_SECONDS, .id = ECOQ_OPTION_IDLE_LIMIT, .value = "S", .help = "Stop after S seconds without a message"},
	{.name = "sleep", .kind = ECOQ_TAKES_PAUSE, .id = ECOQ_OPTION_SLEEP, .value = "S", .help = "Look again after S seconds where a channel cannot wake the worker"},
	{.name = "rest", .kind = ECOQ_TAKES_PAUSE, .id = ECOQ_OPTION_REST, .value = "S", .help = "Pause S seconds after each message"},
	{.name = "fetch-size", .kind = ECOQ_TAKES_POSITIVE, .id = ECOQ_OPTION_FETCH_SIZE, .value = "N", .help = "Reserve at most N messages at once"},
	{.name = "queue", .kind = ECOQ_TAKES_LIST, .id = ECOQ_OPTION_QUEUE, .value = "a,b", .help = "Channels, as if given as arguments"},
	{.name = "all", .id = ECOQ_OPTION_ALL, .help = "Every configured channel"},
	{.name = NULL},
};

const ecoq_option ecoq_stats_options[] = {
	{.name = "queue", .kind = ECOQ_TAKES_LIST, .id = ECOQ_OPTION_QUEUE, .value = "a,b", .help = "Channels, as if given as arguments"},
	{.name = NULL},
};

const ecoq_option ecoq_setup_options[] = {
	{.name = "exclude", .kind = ECOQ_TAKES_LIST, .id = ECOQ_OPTION_EXCLUDE, .value = "NAME", .help = "Leave that channel out; may be repeated"},
	{.name = "queue", .kind = ECOQ_TAKES_LIST, .id = ECOQ_OPTION_QUEUE, .value = "a,b", .help = "Channels, as if given as arguments"},
	{.name = NULL},
};

/* Which dead letters are meant: the same for all commands over them. */
#define WHICH(only) \
	{.name = "channel", .aliases = {"transport"}, .kind = ECOQ_TAKES_TEXT, .id = ECOQ_OPTION_CHANNEL, .value = "NAME", .help = only " those of that channel"}, \
	{.name = "endpoint", .kind = ECOQ_TAKES_TEXT, .id = ECOQ_OPTION_ENDPOINT, .value = "ID", .help = "Only those of that endpoint"}, \
	{.name = "type", .aliases = {"class-filter"}, .kind = ECOQ_TAKES_TEXT, .id = ECOQ_OPTION_CLASS_FILTER, .value = "TYPE", .help = only " messages of that type"}, \
	{.name = "class", .kind = ECOQ_TAKES_TEXT, .id = ECOQ_OPTION_ERROR_CLASS, .value = "CLASS", .help = only " failures of exactly that class"}, \
	{.name = "since", .kind = ECOQ_TAKES_TEXT, .id = ECOQ_OPTION_SINCE, .value = "TIME", .help = only " given up on then or later, as in \"-1 hour\""}, \
	{.name = "until", .kind = ECOQ_TAKES_TEXT, .id = ECOQ_OPTION_UNTIL, .value = "TIME", .help = only " given up on before"}

const ecoq_option ecoq_failed_show_options[] = {
	{.name = "max", .aliases = {"limit"}, .kind = ECOQ_TAKES_POSITIVE, .id = ECOQ_OPTION_MAX, .value = "N", .help = "Show at most N, default 50"},
	{.name = "offset", .kind = ECOQ_TAKES_POSITIVE, .id = ECOQ_OPTION_OFFSET, .value = "N", .help = "Pass N over first"},
	WHICH("Only"),
	{.name = "stats", .id = ECOQ_OPTION_STATS, .help = "Count them by type"},
	{.name = "payload", .id = ECOQ_OPTION_PAYLOAD, .help = "Show the bytes of the message, too"},
	{.name = NULL},
};

const ecoq_option ecoq_failed_retry_options[] = {
	{.name = "all", .id = ECOQ_OPTION_ALL, .help = "All of them"},
	WHICH("With --all: only"),
	{.name = "ignore-record", .id = ECOQ_OPTION_IGNORE_RECORD, .help = "Also where a record says that the handler was done with it"},
	{.name = "force", .id = ECOQ_OPTION_FORCE, .help = "Do not ask"},
	{.name = NULL},
};

const ecoq_option ecoq_failed_remove_options[] = {
	{.name = "all", .id = ECOQ_OPTION_ALL, .help = "All of them"},
	WHICH("With --all: only"),
	{.name = "force", .id = ECOQ_OPTION_FORCE, .help = "Do not ask; needed for --all where nobody can be asked"},
	{.name = NULL},
};
/* clang-format on */

static const char consume_description[] =
	"Earlier channels go first. Without a name: the only configured channel. SIGTERM and CONTROL-C stop after\n"
	"the current message. Log lines go to standard error; --format=json makes them one JSON object per line and\n"
	"writes the final report to standard output.\n";

const ecoq_command ecoq_commands[] = {
	{
		.name = "consume",
		.summary = "Handle the messages of channels",
		.words = "[--] [<channel>...]",
		.description = consume_description,
		.options = ecoq_consume_options,
		.max_words = SIZE_MAX,
		.run = ecoq_command_consume,
	},
	{
		.name = "relay",
		.summary = "Send what the outbox holds on to its channels",
		.words = "",
		.description = "The same as: consume outbox. One relay at a time serves a channel; others stand by.\n",
		.options = ecoq_consume_options,
		.run = ecoq_command_relay,
	},
	{
		.name = "stats",
		.summary = "Count the messages of channels",
		.words = "[--] [<channel>...]",
		.description = "Ready: can be handled now. Delayed: due later. Reserved: with a worker. ~ marks an estimate, ? what cannot be known.\n",
		.options = ecoq_stats_options,
		.max_words = SIZE_MAX,
		.run = ecoq_command_stats,
	},
	{
		.name = "status",
		.summary = "Show the workers of this machine and what they are doing",
		.words = "",
		.description = "All workers of this user. dead: the process is gone in the middle of that message. killed: its handler hung beyond\nits time-out.\n",
		.run = ecoq_command_status,
	},
	{
		.name = "setup",
		.summary = "Create what channels need at their brokers",
		.words = "[--] [<channel>...]",
		.description = "Tables and queues, those of dead letters included. May be repeated.\n",
		.options = ecoq_setup_options,
		.max_words = SIZE_MAX,
		.run = ecoq_command_setup,
	},
	{
		.name = "debug",
		.summary = "Show handlers, channels and what is wrong with them",
		.words = "[<text>]",
		.description = "With a text: only the handlers whose type, endpoint id or class contains it.\n",
		.max_words = 1,
		.run = ecoq_command_debug,
	},
	{
		.name = "failed show",
		.summary = "Show the dead letters",
		.words = "[<id>]",
		.description = "Oldest first. Payloads are shown with --payload only, traces with -v.\n",
		.options = ecoq_failed_show_options,
		.max_words = 1,
		.run = ecoq_command_failed_show,
	},
	{
		.name = "failed retry",
		.summary = "Send dead letters to their channel again",
		.words = "[<id>...]",
		.description = "To the handler that failed only, under the same message id, with no failed attempts. Those that cannot be\n"
					   "sent any more (their channel or handler does not exist) stay, and the exit code is 1.\n",
		.options = ecoq_failed_retry_options,
		.max_words = SIZE_MAX,
		.run = ecoq_command_failed_retry,
	},
	{
		.name = "failed remove",
		.summary = "Remove dead letters for good",
		.words = "[<id>...]",
		.description = "",
		.options = ecoq_failed_remove_options,
		.max_words = SIZE_MAX,
		.run = ecoq_command_failed_remove,
	},
	{.name = NULL},
};
