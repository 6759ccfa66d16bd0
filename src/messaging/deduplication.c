#include "messaging/deduplication.h"

#include <time.h>

#include "zend_interfaces.h"
#include "zend_smart_str.h"

#include "messaging/dead_letter_store.h"
#include "messaging/unit_of_work.h"
#include "php/bytes.h"
#include "php/exceptions.h"
#include "transport/pdo/records.h"
#include "transport/pdo/unit.h"

/* ---- The key --------------------------------------------------------------------------------------------------------------- */

static bool is_expression(const ecoq_endpoint_expression *expression)
{
	return expression->path || !Z_ISUNDEF(expression->callable);
}

/* "billing::charge, #[Deduplicated(header: 'webhook-id')]": where the key was to come from. The caller owns it. */
static zend_string *place_of(const ecoq_endpoint *endpoint)
{
	const char *id = ZSTR_VAL(endpoint->id);
	if (endpoint->deduplicated.header) {
		return zend_strpprintf(0, "%s, #[Deduplicated(header: '%s')]", id, ZSTR_VAL(endpoint->deduplicated.header));
	}
	const zend_string *path = endpoint->deduplicated.expression.path;
	return path ? zend_strpprintf(0, "%s, #[Deduplicated(expression: '%s')]", id, ZSTR_VAL(path))
				: zend_strpprintf(0, "%s, #[Deduplicated(expression: a callable)]", id);
}

/* As text; NULL without an exception when it can be no key. Floats in the shortest form that names them exactly, whatever `precision` says. */
static zend_string *text_of(zval *value)
{
	smart_str text = {0};
	switch (Z_TYPE_P(value)) {
		case IS_STRING: return Z_STRLEN_P(value) > 0 ? zend_string_copy(Z_STR_P(value)) : NULL;
		case IS_LONG: return zend_long_to_str(Z_LVAL_P(value));
		case IS_TRUE: return zend_string_init(ZEND_STRL("true"), false);
		case IS_FALSE: return zend_string_init(ZEND_STRL("false"), false);
		case IS_DOUBLE:
			if (!zend_finite(Z_DVAL_P(value))) {
				return NULL;
			}
			smart_str_append_double(&text, Z_DVAL_P(value), -1, false);
			return smart_str_extract(&text);
		case IS_OBJECT:
			if (zend_class_implements_interface(Z_OBJCE_P(value), zend_ce_stringable)) {
				zend_string *string = zval_try_get_string(value);
				if (string && ZSTR_LEN(string) > 0) {
					return string;
				}
				if (string) {
					zend_string_release(string);
				}
			}
			return NULL;
		default: return NULL;
	}
}

static const char *what_came(const zval *value)
{
	bool is_text = Z_TYPE_P(value) == IS_STRING || (Z_TYPE_P(value) == IS_OBJECT && zend_class_implements_interface(Z_OBJCE_P(value), zend_ce_stringable));
	return is_text ? "an empty string" : Z_TYPE_P(value) == IS_DOUBLE ? "a number that is not finite"
																	  : zend_zval_type_name(value);
}

/* NULL with an exception pending. */
static zend_string *key_of_value(const ecoq_endpoint *endpoint, zval *value)
{
	ZVAL_DEREF(value);
	zend_string *text = text_of(value);
	if (!text && !EG(exception)) {
		zend_string *place = place_of(endpoint);
		if (Z_TYPE_P(value) == IS_NULL) {
			ecoq_throw_conversion("%s: the message has no deduplication key there, or it is null; the sender has to give it, since without a key nobody can tell whether its effect stands already",
				ZSTR_VAL(place));
		} else {
			ecoq_throw_conversion("%s: the deduplication key is %s, expected a non-empty string, a number, a bool or a Stringable",
				ZSTR_VAL(place), what_came(value));
		}
		zend_string_release(place);
	}
	return text;
}

static zend_string *key_from_header(const ecoq_endpoint *endpoint, ecoq_incoming *incoming)
{
	HashTable *headers = ecoq_incoming_headers(incoming);
	if (!headers) {
		return NULL;
	}
	zval missing, *value = zend_symtable_find(headers, endpoint->deduplicated.header);
	ZVAL_NULL(&missing);
	return key_of_value(endpoint, value ? value : &missing);
}

/* What #[Deduplicated] says, owned by the caller. NULL with an exception pending. */
static zend_string *key_of(const ecoq_endpoint *endpoint, ecoq_incoming *incoming)
{
	if (endpoint->deduplicated.header) {
		return key_from_header(endpoint, incoming);
	}
	if (!is_expression(&endpoint->deduplicated.expression)) {
		return zend_string_copy(ecoq_incoming_id(incoming));
	}
	zval value;
	if (!ecoq_incoming_load(incoming) || !ecoq_expression_evaluate(&endpoint->deduplicated.expression, &incoming->invocation, &value)) {
		return NULL;
	}
	zend_string *key = key_of_value(endpoint, &value);
	zval_ptr_dtor(&value);
	return key;
}

zend_string *ecoq_deduplication_key(ecoq_messaging *messaging, ecoq_endpoint *endpoint, const ecoq_envelope *envelope, zend_string *id)
{
	ecoq_incoming incoming;
	ecoq_incoming_init_wire(&incoming, messaging, envelope, 0, id);
	incoming.endpoint = endpoint;
	zend_string *key = endpoint->deduplicated.is_set ? key_of(endpoint, &incoming) : zend_string_copy(id);
	ecoq_incoming_free(&incoming);
	return key;
}

static ecoq_bytes key_in_use(ecoq_execution *execution)
{
	return ecoq_bytes_of(execution->dedup_key ? execution->dedup_key : ecoq_execution_id(execution));
}

/* ---- Before the handler ---------------------------------------------------------------------------------------------------- */

static void forget(ecoq_execution *execution)
{
	if (execution->dedup_key) {
		zend_string_release(execution->dedup_key);
	}
	execution->dedup_key = NULL;
	execution->dedup_records = execution->dedup_is_claim = false;
}

/* Who had a suspect died, and most likely it is the same who had claimed its key: that is certain after two looks half a second apart. */
#define SUSPECT_WAIT_MS 800
#define SUSPECT_LOOK_MS 100

static ecoq_result claim_patiently(ecoq_execution *execution, ecoq_record_state *state, ecoq_error *error)
{
	int64_t until_ms = ecoq_clock_monotonic_ms() + (execution->delivery->suspect ? SUSPECT_WAIT_MS : 0);
	struct timespec pause = {0, SUSPECT_LOOK_MS * 1000000L};
	ecoq_result result;
	do {
		result = ecoq_pdo_record_claim(&execution->messaging->database->owner, ecoq_bytes_of(execution->endpoint->id), key_in_use(execution), state, error);
	} while (result == ECOQ_OK && *state == ECOQ_RECORD_CLAIMED && ecoq_clock_monotonic_ms() < until_ms && nanosleep(&pause, NULL) == 0);
	return result;
}

static ecoq_result claim(ecoq_execution *execution, ecoq_dedup_verdict *verdict, ecoq_error *error)
{
	ecoq_pdo_guard guard;
	ecoq_record_state state;
	ecoq_pdo_enter(&guard);
	ecoq_result result = claim_patiently(execution, &state, error);
	ecoq_pdo_leave(&guard);
	if (result == ECOQ_OK) {
		execution->dedup_records = execution->dedup_is_claim = state == ECOQ_RECORD_MINE;
		*verdict = state == ECOQ_RECORD_MINE ? ECOQ_DEDUP_RUN : state == ECOQ_RECORD_DONE ? ECOQ_DEDUP_DUPLICATE
																						  : ECOQ_DEDUP_WAIT;
	}
	return result;
}

/* By message id, without a claim: two workers that have the same message at once both run it, and the record decides whose effect stands. */
static ecoq_result look(ecoq_execution *execution, ecoq_dedup_verdict *verdict, ecoq_error *error)
{
	ecoq_pdo_guard guard;
	ecoq_record_state state;
	ecoq_pdo_enter(&guard);
	ecoq_result result =
		ecoq_pdo_record_find(execution->messaging->database->connection, ecoq_bytes_of(execution->endpoint->id), key_in_use(execution), &state, error);
	ecoq_pdo_leave(&guard);
	if (result == ECOQ_OK && state == ECOQ_RECORD_CLAIMED) {
		return claim(execution, verdict, error); /* left from when the endpoint was #[Deduplicated] */
	}
	if (result == ECOQ_OK) {
		execution->dedup_records = true;
		*verdict = state == ECOQ_RECORD_DONE ? ECOQ_DEDUP_DUPLICATE : ECOQ_DEDUP_RUN;
	}
	return result;
}

/* Whether the fenced acknowledgement in the handler's transaction proves that it ran once: the message lies in the database, where this application
 * put it itself. What another channel or another service handed on may lie there twice. */
static bool is_proven_by_delivery(const ecoq_execution *execution)
{
	return execution->channel->is_on_database && execution->has_envelope && execution->envelope.endpoint.text.size > 0
		&& execution->endpoint->channel_count == 1;
}

/* A worker may die after it stored the dead letter and before it acknowledged; in the database both are one. */
static ecoq_result find_dead_letter(ecoq_execution *execution, ecoq_dedup_verdict *verdict, ecoq_error *error)
{
	bool stands = false;
	ecoq_result result = ecoq_database_connect(execution->messaging->database, error);
	if (result == ECOQ_OK && execution->delivery->redelivered && !execution->channel->is_on_database) {
		result = ecoq_dead_letter_stands(execution->messaging, ecoq_bytes_of(ecoq_execution_id(execution)), ecoq_bytes_of(execution->endpoint->id),
			execution->attempts, &stands, error);
	}
	*verdict = stands ? ECOQ_DEDUP_DUPLICATE : ECOQ_DEDUP_RUN;
	return result;
}

/* What was done before the endpoint got its present name stands. */
static ecoq_result look_under_former_ids(ecoq_execution *execution, ecoq_dedup_verdict *verdict, ecoq_error *error)
{
	const ecoq_endpoint *endpoint = execution->endpoint;
	ecoq_result result = ECOQ_OK;
	ecoq_record_state state;
	ecoq_pdo_guard guard;
	ecoq_pdo_enter(&guard);
	for (uint32_t i = 0; i < endpoint->former_id_count && result == ECOQ_OK && *verdict == ECOQ_DEDUP_RUN; i++) {
		result = ecoq_pdo_record_find(execution->messaging->database->connection, ecoq_bytes_of(endpoint->former_ids[i]), key_in_use(execution), &state, error);
		if (result == ECOQ_OK && state == ECOQ_RECORD_DONE) {
			*verdict = ECOQ_DEDUP_DUPLICATE;
		}
	}
	ecoq_pdo_leave(&guard);
	return result;
}

ecoq_result ecoq_deduplication_begin(ecoq_execution *execution, ecoq_incoming *incoming, ecoq_dedup_verdict *verdict, ecoq_error *error)
{
	ecoq_database *database = execution->messaging->database;
	*verdict = ECOQ_DEDUP_RUN;
	forget(execution);
	if (!database) {
		return ECOQ_OK;
	}
	bool is_keyed = execution->endpoint->deduplicated.is_set;
	if (is_keyed && !(execution->dedup_key = key_of(execution->endpoint, incoming))) {
		return ECOQ_EXCEPTION;
	}
	if (!is_keyed && is_proven_by_delivery(execution)) {
		return ECOQ_OK;
	}
	ecoq_result result = find_dead_letter(execution, verdict, error);
	if (result == ECOQ_OK && *verdict == ECOQ_DEDUP_RUN) {
		result = look_under_former_ids(execution, verdict, error);
	}
	if (result == ECOQ_OK && *verdict == ECOQ_DEDUP_RUN) {
		result = is_keyed ? claim(execution, verdict, error) : look(execution, verdict, error);
	}
	return result;
}

/* ---- After the handler ----------------------------------------------------------------------------------------------------- */

ecoq_result ecoq_deduplication_record(ecoq_execution *execution, ecoq_dedup_verdict *verdict, ecoq_error *error)
{
	*verdict = ECOQ_DEDUP_RUN;
	if (!execution->dedup_records) {
		return ECOQ_OK;
	}
	ecoq_database *database = execution->messaging->database;
	ecoq_result result = ecoq_database_connect(database, error);
	if (result != ECOQ_OK) {
		return result;
	}
	ecoq_bytes endpoint = ecoq_bytes_of(execution->endpoint->id), key = key_in_use(execution);
	ecoq_pdo_guard guard;
	bool recorded;
	ecoq_pdo_enter(&guard);
	result = execution->dedup_is_claim ? ecoq_pdo_record_finish(&database->owner, endpoint, key, &recorded, error)
									   : ecoq_pdo_record_add(database->connection, endpoint, key, &recorded, error);
	ecoq_pdo_leave(&guard);
	if (result == ECOQ_OK && !recorded) {
		*verdict = ECOQ_DEDUP_DUPLICATE;
	}
	return result;
}

/* A claim that cannot be removed would keep the other workers waiting for as long as this one lives, so its owner ends instead. */
void ecoq_deduplication_give_up(ecoq_execution *execution)
{
	ecoq_database *database = execution->messaging->database;
	if (!execution->dedup_is_claim || !database || !database->connection || !ecoq_pdo_connection_is_usable(database->connection)) {
		return;
	}
	ecoq_pdo_guard guard;
	ecoq_error ignored;
	ecoq_pdo_enter(&guard);
	if (ecoq_pdo_record_give_up(&database->owner, ecoq_bytes_of(execution->endpoint->id), key_in_use(execution), &ignored) != ECOQ_OK) {
		ecoq_pdo_owner_resign(&database->owner);
	}
	ecoq_pdo_leave(&guard);
	execution->dedup_records = execution->dedup_is_claim = false;
}

/* ---- At the gateway -------------------------------------------------------------------------------------------------------- */

bool ecoq_deduplication_at_gateway(ecoq_messaging *messaging, zend_string *type, zend_string *key, bool *is_duplicate)
{
	if (!messaging->database) {
		ecoq_throw_configuration("dedupKey: was given for \"%s\", but there is no database to remember it in: give Ecoq\\Messaging a database: (a \\PDO, or a callable that returns one)",
			ZSTR_VAL(type));
		return false;
	}
	ecoq_error error;
	bool recorded = false;
	ecoq_result result = ecoq_database_connect(messaging->database, &error);
	if (result == ECOQ_OK) {
		zend_string *endpoint = zend_string_concat2(ZEND_STRL("send:"), ZSTR_VAL(type), ZSTR_LEN(type));
		ecoq_pdo_guard guard;
		ecoq_pdo_enter(&guard);
		result = ecoq_pdo_record_add(messaging->database->connection, ecoq_bytes_of(endpoint), ecoq_bytes_of(key), &recorded, &error);
		ecoq_pdo_leave(&guard);
		zend_string_release(endpoint);
	}
	if (result != ECOQ_OK) {
		if (result == ECOQ_CONFLICT && messaging->unit) {
			messaging->unit->met_conflict = true;
		}
		ecoq_throw_error(result, &error, "Sending \"%s\" with a dedupKey", ZSTR_VAL(type));
		return false;
	}
	*is_duplicate = !recorded;
	return true;
}

/* ---- At start-up ----------------------------------------------------------------------------------------------------------- */

bool ecoq_deduplication_check(ecoq_messaging *messaging)
{
	const ecoq_endpoint_list *endpoints = ecoq_registry_all(messaging->registry);
	for (uint32_t i = 0; i < endpoints->count; i++) {
		const ecoq_endpoint *endpoint = endpoints->items[i];
		if (endpoint->deduplicated.is_set && !messaging->database) {
			ecoq_throw_configuration("%s: #[Deduplicated] needs a database to remember its keys in: give Ecoq\\Messaging a database: (a \\PDO, or a callable that returns one), where the handler's own writes belong, too",
				ZSTR_VAL(endpoint->id));
			return false;
		}
	}
	return true;
}

/* ---- Expiry ---------------------------------------------------------------------------------------------------------------- */

#define LIVES_MS (7LL * 24 * 60 * 60 * 1000)
#define CLEAN_EVERY_MS (60 * 1000)
#define CLEAN_AGAIN_MS 5000 /* after a failure */
#define CLEAN_FOR_MS 20     /* at a time; a batch that has begun is finished */
#define PATIENCE_MS 50      /* with other writers of the database */
#define FULL_BATCH 1000

static void log_failure(ecoq_messaging *messaging, const ecoq_error *error)
{
	HashTable *context = zend_new_array(1);
	zval text;
	ZVAL_STRING(&text, error->text);
	zend_hash_str_add_new(context, ZEND_STRL("error"), &text);
	ecoq_messaging_log(messaging, "debug", "Old deduplication records were not removed: {error}", context);
}

/* How long to leave it alone then. */
static int64_t clean(ecoq_messaging *messaging)
{
	ecoq_pdo_connection *c = messaging->database->connection;
	int64_t stop_ms = ecoq_clock_monotonic_ms() + CLEAN_FOR_MS, patience_ms = c->busy_timeout_ms;
	size_t removed;
	ecoq_error error;
	ecoq_result result;
	ecoq_pdo_guard guard;
	ecoq_pdo_enter(&guard);
	c->busy_timeout_ms = MIN(patience_ms, PATIENCE_MS);
	do {
		result = ecoq_pdo_records_expire(c, ecoq_clock_now_ms() - LIVES_MS, &removed, &error);
	} while (result == ECOQ_OK && removed == FULL_BATCH && ecoq_clock_monotonic_ms() < stop_ms);
	c->busy_timeout_ms = patience_ms;
	ecoq_pdo_leave(&guard);
	if (result != ECOQ_OK) {
		log_failure(messaging, &error);
		return CLEAN_AGAIN_MS;
	}
	return removed == FULL_BATCH ? 0 : CLEAN_EVERY_MS;
}

/* Neither in ecoq's nor in the application's transaction. */
static bool is_in_transaction(ecoq_messaging *messaging)
{
	ecoq_pdo_connection *c = messaging->database->connection;
	ecoq_pdo_guard guard;
	ecoq_pdo_enter(&guard);
	bool is_open = ecoq_pdo_unit_open(c) || ecoq_pdo_in_transaction(c);
	ecoq_pdo_leave(&guard);
	return is_open;
}

void ecoq_deduplication_clean(ecoq_messaging *messaging)
{
	ecoq_database *database = messaging->database;
	int64_t now_ms = ecoq_clock_monotonic_ms();
	if (!database || !database->connection || now_ms < database->clean_at_ms || !ecoq_pdo_connection_is_usable(database->connection)
		|| is_in_transaction(messaging)) {
		return;
	}
	database->clean_at_ms = now_ms + clean(messaging);
}
