#include "console/console.h"

#include "console/command.h"
#include "php_ecoq.h"

#include "stubs/Console_arginfo.h"

zend_class_entry *ecoq_ce_Console;

typedef struct ecoq_console {
	zval messaging; /* Ecoq\Messaging; UNDEF before the constructor ran */
	zend_object std;
} ecoq_console;

static zend_object_handlers handlers;

static ecoq_console *console_from_obj(zend_object *object)
{
	return (ecoq_console *) ((char *) object - XtOffsetOf(ecoq_console, std));
}

static zend_object *console_create(zend_class_entry *ce)
{
	ecoq_console *console = zend_object_alloc(sizeof(*console), ce);

	ZVAL_UNDEF(&console->messaging);
	zend_object_std_init(&console->std, ce);
	object_properties_init(&console->std, ce);
	console->std.handlers = &handlers;
	return &console->std;
}

static void console_free(zend_object *object)
{
	zval_ptr_dtor(&console_from_obj(object)->messaging);
	zend_object_std_dtor(object);
}

static HashTable *console_get_gc(zend_object *object, zval **table, int *count)
{
	*table = &console_from_obj(object)->messaging;
	*count = 1;
	return zend_std_get_properties(object);
}

static const ecoq_command *command_by_name(const char *name)
{
	for (const ecoq_command *command = ecoq_commands; command->name; command++) {
		if (strcmp(command->name, name) == 0) {
			return command;
		}
	}
	return NULL;
}

/* "failed" is no command but the first word of some. */
static bool is_group(const char *word)
{
	size_t size = strlen(word);

	for (const ecoq_command *command = ecoq_commands; size && command->name; command++) {
		if (strncmp(command->name, word, size) == 0 && command->name[size] == ' ') {
			return true;
		}
	}
	return false;
}

static int fail_unknown_command(ecoq_call *call, zend_string *name)
{
	const char *nearest = NULL;
	size_t least = ecoq_edit_tolerance(ZSTR_VAL(name)) + 1;

	for (const ecoq_command *command = ecoq_commands; command->name; command++) {
		size_t distance = ecoq_edit_distance(ZSTR_VAL(name), command->name);
		if (distance < least) {
			least = distance;
			nearest = command->name;
		}
	}
	if (nearest) {
		return ecoq_usage_error(call, "Command \"%s\" does not exist. Did you mean \"%s\"?", ZSTR_VAL(name), nearest);
	}
	return ecoq_usage_error(call, "Command \"%s\" does not exist; \"%s list\" shows those that do.", ZSTR_VAL(name), call->script);
}

static zend_string *word_at(HashTable *argv, uint32_t index)
{
	zval *word = zend_hash_index_find(argv, index);
	return word ? Z_STR_P(word) : NULL;
}

/* Reads one or two words at `*index` as a command's name. The caller owns the string. */
static zend_string *read_name(HashTable *argv, uint32_t *index)
{
	zend_string *first = word_at(argv, *index), *second = word_at(argv, *index + 1);

	++*index;
	if (second && is_group(ZSTR_VAL(first)) && ZSTR_VAL(second)[0] != '-') {
		++*index;
		return strpprintf(0, "%s %s", ZSTR_VAL(first), ZSTR_VAL(second));
	}
	return zend_string_copy(first);
}

/* `help`, `help consume`, `help failed show`, `list` */
static int run_help(ecoq_call *call, HashTable *argv, uint32_t index)
{
	zend_string *word = word_at(argv, index);
	int code = ECOQ_EXIT_OK;

	if (!word || ZSTR_VAL(word)[0] == '-') {
		ecoq_help_overview(call, ECOQ_STDOUT, "");
		return ECOQ_EXIT_OK;
	}
	zend_string *name = read_name(argv, &index);
	const ecoq_command *command = command_by_name(ZSTR_VAL(name));
	if (command) {
		ecoq_help_command(call, command);
	} else if (is_group(ZSTR_VAL(name))) {
		ecoq_help_overview(call, ECOQ_STDOUT, ZSTR_VAL(name));
	} else {
		code = fail_unknown_command(call, name);
	}
	zend_string_release(name);
	return code;
}

static int run_command(ecoq_call *call, HashTable *argv, uint32_t index)
{
	static const ecoq_option none[] = {{.name = NULL}};
	const ecoq_option *tables[] = {call->command->options ? call->command->options : none, ecoq_common_options, NULL};
	bool parsed = ecoq_arguments_parse(&call->arguments, tables, argv, &index, false);

	ecoq_output_init(&call->output, &call->arguments);
	if (!parsed) {
		return ecoq_usage_error(call, "%s", ZSTR_VAL(call->arguments.error.s));
	}
	if (ecoq_given(&call->arguments, ECOQ_OPTION_HELP)) {
		ecoq_help_command(call, call->command);
		return ECOQ_EXIT_OK;
	}
	if (call->arguments.word_count > call->command->max_words) {
		return ecoq_usage_error(call, "Too many arguments, beginning with \"%s\".", ZSTR_VAL(call->arguments.words[call->command->max_words]));
	}
	int code = call->command->run(call);
	ecoq_output_status_line(&call->output, NULL);
	return EG(exception) ? ecoq_report_exception(call) : code;
}

/* `failed`, `failed --help`, or a typing error. */
static int run_without_command(ecoq_call *call, zend_string *name, zend_string *next)
{
	if (!is_group(ZSTR_VAL(name))) {
		return fail_unknown_command(call, name);
	}
	bool help = ecoq_given(&call->arguments, ECOQ_OPTION_HELP)
		|| (next && (zend_string_equals_literal(next, "--help") || zend_string_equals_literal(next, "-h")));
	ecoq_help_overview(call, help ? ECOQ_STDOUT : ECOQ_STDERR, ZSTR_VAL(name));
	return help ? ECOQ_EXIT_OK : ECOQ_EXIT_USAGE;
}

static int run_line(ecoq_call *call, HashTable *argv)
{
	const ecoq_option *const tables[] = {ecoq_common_options, NULL};
	uint32_t index = 1;
	bool parsed = ecoq_arguments_parse(&call->arguments, tables, argv, &index, true);
	zend_string *word = word_at(argv, index);

	ecoq_output_init(&call->output, &call->arguments);
	if (!parsed) {
		return ecoq_usage_error(call, "%s", ZSTR_VAL(call->arguments.error.s));
	}
	if (ecoq_given(&call->arguments, ECOQ_OPTION_VERSION)) {
		ecoq_output_line(&call->output, ECOQ_STDOUT, ECOQ_PLAIN, "ecoq %s", PHP_ECOQ_VERSION);
		return ECOQ_EXIT_OK;
	}
	if (!word) {
		ecoq_help_overview(call, ECOQ_STDOUT, "");
		return ECOQ_EXIT_OK;
	}
	if (zend_string_equals_literal(word, "help") || zend_string_equals_literal(word, "list")) {
		return run_help(call, argv, index + 1);
	}
	zend_string *name = read_name(argv, &index);
	call->command = command_by_name(ZSTR_VAL(name));
	int code = call->command ? run_command(call, argv, index) : run_without_command(call, name, word_at(argv, index));
	zend_string_release(name);
	return code;
}

ZEND_METHOD(Ecoq_Console, __construct)
{
	zval *messaging;
	ecoq_console *console = console_from_obj(Z_OBJ_P(ZEND_THIS));

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_OBJECT_OF_CLASS(messaging, ecoq_ce_Messaging)
	ZEND_PARSE_PARAMETERS_END();

	if (!Z_ISUNDEF(console->messaging)) {
		zend_throw_error(NULL, "Cannot call constructor twice");
		RETURN_THROWS();
	}
	ZVAL_COPY(&console->messaging, messaging);
}

ZEND_METHOD(Ecoq_Console, run)
{
	HashTable *argv;
	zval *word;
	ecoq_console *console = console_from_obj(Z_OBJ_P(ZEND_THIS));

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_ARRAY_HT(argv)
	ZEND_PARSE_PARAMETERS_END();

	if (Z_ISUNDEF(console->messaging)) {
		zend_throw_error(NULL, "Ecoq\\Console has not been constructed");
		RETURN_THROWS();
	}
	HashTable *line = zend_new_array(zend_hash_num_elements(argv));
	ZEND_HASH_FOREACH_VAL(argv, word) {
		ZVAL_DEREF(word);
		if (Z_TYPE_P(word) != IS_STRING) {
			zend_array_destroy(line);
			zend_argument_type_error(1, "must hold strings only, %s given", zend_zval_type_name(word));
			RETURN_THROWS();
		}
		Z_TRY_ADDREF_P(word);
		zend_hash_next_index_insert_new(line, word);
	}
	ZEND_HASH_FOREACH_END();

	zend_string *script = word_at(line, 0);
	ecoq_call call = {.messaging = ecoq_messaging_from_obj(Z_OBJ(console->messaging)), .script = script && ZSTR_LEN(script) ? ZSTR_VAL(script) : "worker.php"};
	int code = run_line(&call, line);
	ecoq_arguments_free(&call.arguments);
	zend_array_destroy(line);
	RETURN_LONG(code);
}

void ecoq_console_minit(void)
{
	ecoq_ce_Console = register_class_Ecoq_Console();
	ecoq_ce_Console->create_object = console_create;
	memcpy(&handlers, &std_object_handlers, sizeof(handlers));
	handlers.offset = XtOffsetOf(ecoq_console, std);
	handlers.free_obj = console_free;
	handlers.get_gc = console_get_gc;
	handlers.clone_obj = NULL;
}
