#include "console/failed.h"

#include "messaging/dead_letters.h"

bool ecoq_dead_letters_call(ecoq_call *call, const char *method, zval *result, uint32_t argc, zval *argv)
{
	zval letters;

	ZVAL_UNDEF(result);
	ecoq_dead_letters_create(&call->messaging->std, &letters);
	zend_function *function = zend_hash_str_find_ptr(&Z_OBJCE(letters)->function_table, method, strlen(method));
	ZEND_ASSERT(function);
	zend_call_known_function(function, Z_OBJ(letters), Z_OBJCE(letters), result, argc, argv, NULL);
	zval_ptr_dtor(&letters);
	return !EG(exception);
}

bool ecoq_dead_letters_channel(ecoq_call *call, zval *channel)
{
	zend_string *name = call->arguments.values[ECOQ_OPTION_CHANNEL].text;

	ZVAL_NULL(channel);
	if (!name) {
		return true;
	}
	if (!zend_hash_exists(&call->messaging->channels, name)) {
		zend_string *names = ecoq_channel_names(call->messaging);
		ecoq_usage_error(call, "Channel \"%s\" does not exist. Configured channels: %s.", ZSTR_VAL(name), ZSTR_VAL(names));
		zend_string_release(names);
		return false;
	}
	ZVAL_STR(channel, name);
	return true;
}

zval *ecoq_dead_letter_property(zval *letter, const char *name, zval *scratch)
{
	return zend_read_property(Z_OBJCE_P(letter), Z_OBJ_P(letter), name, strlen(name), true, scratch);
}

zend_string *ecoq_dead_letter_text(zval *letter, const char *name)
{
	zval scratch, *value = ecoq_dead_letter_property(letter, name, &scratch);
	return Z_TYPE_P(value) == IS_STRING ? Z_STR_P(value) : NULL;
}

typedef struct ecoq_change {
	const char *one, *all; /* methods, lower case */
	const char *question;  /* "Retry %s?" */
	const char *done;      /* "sent again" */
	const char *json;      /* key of the count */
	bool preset;           /* the answer of an empty line */
	bool asks_for_force;   /* --all is refused where nobody can be asked */
} ecoq_change;

static bool confirm(ecoq_call *call, const ecoq_change *change, const char *what)
{
	char question[160];

	if (ecoq_given(&call->arguments, ECOQ_OPTION_FORCE) || !call->output.interactive) {
		return true;
	}
	snprintf(question, sizeof(question), change->question, what);
	return ecoq_output_confirm(&call->output, question, change->preset);
}

static void report(ecoq_call *call, const ecoq_change *change, zend_long count)
{
	if (call->output.json) {
		zval result;
		array_init(&result);
		add_assoc_long(&result, change->json, count);
		ecoq_output_json(&call->output, ECOQ_STDOUT, &result);
		zval_ptr_dtor(&result);
	} else {
		ecoq_output_line(&call->output, ECOQ_STDOUT, ECOQ_GREEN, ZEND_LONG_FMT " message%s %s.", count, count == 1 ? " was" : "s were", change->done);
	}
}

static int change_all(ecoq_call *call, const ecoq_change *change)
{
	zval channel, count;

	if (!ecoq_dead_letters_channel(call, &channel)) {
		return ECOQ_EXIT_USAGE;
	}
	if (change->asks_for_force && !call->output.interactive && !ecoq_given(&call->arguments, ECOQ_OPTION_FORCE)) {
		return ecoq_usage_error(call, "\"--all\" needs \"--force\" when in non-interactive mode.");
	}
	if (!ecoq_dead_letters_call(call, "count", &count, 1, &channel)) {
		return ECOQ_EXIT_ERROR;
	}
	zend_long total = zval_get_long(&count);
	zend_string *what = strpprintf(0, total == 1 ? "the one message" : "all " ZEND_LONG_FMT " messages", total);
	bool confirmed = total == 0 || confirm(call, change, ZSTR_VAL(what));
	zend_string_release(what);
	zval_ptr_dtor(&count);
	if (!confirmed) {
		report(call, change, 0);
		return ECOQ_EXIT_OK;
	}
	if (!ecoq_dead_letters_call(call, change->all, &count, 1, &channel)) {
		return ECOQ_EXIT_ERROR;
	}
	report(call, change, zval_get_long(&count));
	zval_ptr_dtor(&count);
	return ECOQ_EXIT_OK;
}

static int change_named(ecoq_call *call, const ecoq_change *change)
{
	zend_long changed = 0;
	int code = ECOQ_EXIT_OK;
	zend_string *what = call->arguments.word_count == 1
		? zend_string_init(ZEND_STRL("this message"), 0)
		: strpprintf(0, ZEND_LONG_FMT " messages", (zend_long) call->arguments.word_count);
	bool confirmed = confirm(call, change, ZSTR_VAL(what));

	zend_string_release(what);
	for (size_t i = 0; confirmed && i < call->arguments.word_count; i++) {
		zval id, result;
		ZVAL_STR(&id, call->arguments.words[i]);
		if (!ecoq_dead_letters_call(call, change->one, &result, 1, &id)) {
			ecoq_report_exception(call);
			code = ECOQ_EXIT_ERROR;
		} else if (!zend_is_true(&result)) {
			ecoq_report_failure(call, "There is no dead letter with id \"%s\".", Z_STRVAL(id));
			code = ECOQ_EXIT_ERROR;
		} else {
			changed++;
		}
		zval_ptr_dtor(&result);
		if (EG(exception)) {
			return ECOQ_EXIT_ERROR;
		}
	}
	report(call, change, changed);
	return code;
}

static int change_letters(ecoq_call *call, const ecoq_change *change)
{
	bool all = ecoq_given(&call->arguments, ECOQ_OPTION_ALL);

	if (all && call->arguments.word_count) {
		return ecoq_usage_error(call, "Pass message ids or \"--all\", not both.");
	}
	if (!all && ecoq_given(&call->arguments, ECOQ_OPTION_CHANNEL)) {
		return ecoq_usage_error(call, "Option \"--channel\" goes with \"--all\".");
	}
	if (!all && !call->arguments.word_count) {
		return call->output.interactive
			? ecoq_usage_error(call, "Pass message ids (\"%s failed show\" lists them), or \"--all\".", call->script)
			: ecoq_usage_error(call, "Message id must be passed when in non-interactive mode.");
	}
	return all ? change_all(call, change) : change_named(call, change);
}

int ecoq_command_failed_retry(ecoq_call *call)
{
	static const ecoq_change retry = {"replay", "replayall", "Send %s again?", "sent again", "retried", true, false};
	return change_letters(call, &retry);
}

int ecoq_command_failed_remove(ecoq_call *call)
{
	static const ecoq_change removal = {"delete", "purge", "Remove %s for good?", "removed", "removed", false, true};
	return change_letters(call, &removal);
}
