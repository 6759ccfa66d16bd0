#include "console/failed.h"

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

zval *ecoq_letter_property(zval *letter, enum ecoq_dead_letter_property property)
{
	return OBJ_PROP_NUM(Z_OBJ_P(letter), property);
}

zend_string *ecoq_letter_text(zval *letter, enum ecoq_dead_letter_property property)
{
	const zval *value = ecoq_letter_property(letter, property);
	return Z_TYPE_P(value) == IS_STRING ? Z_STR_P(value) : NULL;
}

typedef struct change {
	/* Both report what failed; false with an exception pending. `*done` counts. */
	bool (*one)(ecoq_call *call, zend_string *id, const zend_string *endpoint, zend_long *done, bool *failed);
	bool (*all)(ecoq_call *call, const ecoq_dead_letter_filter *filter, zend_long *done, bool *failed);
	const char *question; /* "Send %s again?" */
	const char *done;     /* "sent again" */
	const char *json;     /* key of the count */
	bool preset;          /* the answer of an empty line */
	bool asks_for_force;  /* --all is refused where nobody can be asked */
} change;

static bool confirm(ecoq_call *call, const change *change, const char *what)
{
	char question[160];

	if (ecoq_given(&call->arguments, ECOQ_OPTION_FORCE) || !call->output.interactive) {
		return true;
	}
	snprintf(question, sizeof(question), change->question, what);
	return ecoq_output_confirm(&call->output, question, change->preset);
}

static void report(ecoq_call *call, const change *change, zend_long count)
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

/* ---- Retry ---- */

static void report_skipped(ecoq_replay *replay, zend_string *id, zend_string *channel, zend_string *why)
{
	(void) channel;
	ecoq_report_failure(replay->context, "Message \"%s\" was not sent again: %s.", ZSTR_VAL(id), ZSTR_VAL(why));
}

static ecoq_replay replay_of(ecoq_call *call)
{
	return (ecoq_replay){
		.messaging = call->messaging,
		.force = ecoq_given(&call->arguments, ECOQ_OPTION_IGNORE_RECORD),
		.on_skipped = report_skipped,
		.context = call,
	};
}

static void report_missing(ecoq_call *call, zend_string *id)
{
	ecoq_report_failure(call, "There is no dead letter with id \"%s\".", ZSTR_VAL(id));
}

static bool retry_one(ecoq_call *call, zend_string *id, const zend_string *endpoint, zend_long *done, bool *failed)
{
	ecoq_replay replay = replay_of(call);
	bool ok = ecoq_dead_letters_replay(&replay, id, endpoint);
	if (ok && replay.replayed + replay.skipped == 0) {
		report_missing(call, id);
	}
	*done += replay.replayed;
	*failed |= replay.replayed == 0 || replay.skipped > 0;
	return ok;
}

static bool retry_all(ecoq_call *call, const ecoq_dead_letter_filter *filter, zend_long *done, bool *failed)
{
	ecoq_replay replay = replay_of(call);
	bool ok = ecoq_dead_letters_replay_all(&replay, filter);
	*done += replay.replayed;
	*failed |= replay.skipped > 0;
	return ok;
}

/* ---- Remove ---- */

static bool remove_one(ecoq_call *call, zend_string *id, const zend_string *endpoint, zend_long *done, bool *failed)
{
	bool removed = false, ok = ecoq_dead_letters_delete(call->messaging, id, endpoint, &removed);
	if (ok && !removed) {
		report_missing(call, id);
	}
	*done += removed;
	*failed |= !removed;
	return ok;
}

static bool remove_all(ecoq_call *call, const ecoq_dead_letter_filter *filter, zend_long *done, bool *failed)
{
	(void) failed;
	return ecoq_dead_letters_purge(call->messaging, filter, done);
}

/* ---- Either ---- */

static int change_all(ecoq_call *call, const change *change)
{
	ecoq_dead_letter_filter filter;
	zend_long total = 0, done = 0;
	bool failed = false;

	if (!ecoq_failed_filter(call, &filter)) {
		return ECOQ_EXIT_USAGE;
	}
	if (change->asks_for_force && !call->output.interactive && !ecoq_given(&call->arguments, ECOQ_OPTION_FORCE)) {
		return ecoq_usage_error(call, "\"--all\" needs \"--force\" when in non-interactive mode.");
	}
	if (!ecoq_dead_letters_count(call->messaging, &filter, &total)) {
		return ECOQ_EXIT_ERROR;
	}
	zend_string *what = strpprintf(0, total == 1 ? "the one message" : "all " ZEND_LONG_FMT " messages", total);
	bool confirmed = total == 0 || confirm(call, change, ZSTR_VAL(what));
	zend_string_release(what);
	bool ok = !confirmed || change->all(call, &filter, &done, &failed);
	if (!ok) {
		ecoq_report_exception(call);
	}
	if (EG(exception)) {
		return ECOQ_EXIT_ERROR;
	}
	report(call, change, done);
	return ok && !failed ? ECOQ_EXIT_OK : ECOQ_EXIT_ERROR;
}

static int change_named(ecoq_call *call, const change *change)
{
	zend_long done = 0;
	bool failed = false;
	const zend_string *endpoint = call->arguments.values[ECOQ_OPTION_ENDPOINT].text;
	zend_string *what = call->arguments.word_count == 1
		? zend_string_init(ZEND_STRL("this message"), 0)
		: strpprintf(0, ZEND_LONG_FMT " messages", (zend_long) call->arguments.word_count);
	bool confirmed = confirm(call, change, ZSTR_VAL(what));

	zend_string_release(what);
	for (size_t i = 0; confirmed && i < call->arguments.word_count; i++) {
		if (!change->one(call, call->arguments.words[i], endpoint, &done, &failed)) {
			ecoq_report_exception(call);
			failed = true;
		}
		if (EG(exception)) {
			return ECOQ_EXIT_ERROR;
		}
	}
	report(call, change, done);
	return failed ? ECOQ_EXIT_ERROR : ECOQ_EXIT_OK;
}

/* Options that go with --all only; NULL: none is given. */
static const char *stray_filter(const ecoq_call *call)
{
	static const struct {
		ecoq_option_id id;
		const char *name;
	} filters[] = {{ECOQ_OPTION_CHANNEL, "channel"}, {ECOQ_OPTION_CLASS_FILTER, "type"}, {ECOQ_OPTION_ERROR_CLASS, "class"}, {ECOQ_OPTION_SINCE, "since"}, {ECOQ_OPTION_UNTIL, "until"}};
	for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++) {
		if (ecoq_given(&call->arguments, filters[i].id)) {
			return filters[i].name;
		}
	}
	return NULL;
}

static int change_letters(ecoq_call *call, const change *change)
{
	bool all = ecoq_given(&call->arguments, ECOQ_OPTION_ALL);
	const char *stray = all ? NULL : stray_filter(call);

	if (all && call->arguments.word_count) {
		return ecoq_usage_error(call, "Pass message ids or \"--all\", not both.");
	}
	if (stray) {
		return ecoq_usage_error(call, "Option \"--%s\" goes with \"--all\".", stray);
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
	static const change retry = {retry_one, retry_all, "Send %s again?", "sent again", "retried", true, false};
	return change_letters(call, &retry);
}

int ecoq_command_failed_remove(ecoq_call *call)
{
	static const change removal = {remove_one, remove_all, "Remove %s for good?", "removed", "removed", false, true};
	return change_letters(call, &removal);
}
