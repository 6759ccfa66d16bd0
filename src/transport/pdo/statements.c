#include "transport/pdo/calling.h"

#include "zend_smart_str.h"

/* Values of PDO's constants; its headers say that they never change. */
enum {
	FETCH_NUM = 3,
	ATTR_STATEMENT_CLASS = 13,
	ATTR_EMULATE_PREPARES = 20,
	PGSQL_ATTR_DISABLE_PREPARES = 1000,
};

#define STEP 32 /* in which room for placeholders grows */
#define MAX_ROWS 32

/* A prepared statement, and which parameter goes where: drivers other than SQLite's know placeholders by position only. */
typedef struct prepared {
	zval statement;
	uint16_t count;   /* of placeholders, */
	uint16_t highest; /* and the number of the last parameter that it uses */
	uint16_t *order;  /* count of them */
} prepared;

static void dispose(prepared *p)
{
	zval_ptr_dtor(&p->statement);
	if (p->order) {
		efree(p->order);
	}
}

void ecoq_pdo_free_prepared(zval *slot)
{
	dispose(Z_PTR_P(slot));
	efree(Z_PTR_P(slot));
}

/* Replaces {t} and {1} by what the driver expects, the numbers raised by `shift`; notes the order of the parameters. */
static void translate(const ecoq_pdo_connection *c, const char *sql, unsigned shift, prepared *p, smart_str *out)
{
	bool numbered = c->dialect->engine == ECOQ_PDO_SQLITE;
	for (const char *brace; (brace = strchr(sql, '{'));) {
		smart_str_appendl(out, sql, brace - sql);
		if (brace[1] == 't') {
			smart_str_append(out, c->table);
			sql = brace + 3;
			continue;
		}
		if (brace[1] < '1' || brace[1] > '9') { /* of the SQL's own */
			smart_str_appendc(out, '{');
			sql = brace + 1;
			continue;
		}
		char *end;
		unsigned long number = strtoul(brace + 1, &end, 10) + shift;
		ZEND_ASSERT(*end == '}' && number > shift);
		smart_str_appendc(out, '?');
		p->highest = number > p->highest ? (uint16_t) number : p->highest;
		if (numbered) {
			smart_str_append_unsigned(out, number);
		} else {
			if (p->count % STEP == 0) {
				p->order = safe_erealloc(p->order, p->count + STEP, sizeof(*p->order), 0);
			}
			p->order[p->count++] = (uint16_t) (number - 1);
		}
		sql = end + 1;
	}
	smart_str_appends(out, sql);
}

/* This driver hears of it by setAttribute() only; the application gets its own setting back. */
static bool set_emulation(ecoq_pdo_connection *c, bool emulate)
{
	zval arguments[2], result;
	ZVAL_LONG(&arguments[0], ATTR_EMULATE_PREPARES);
	bool before = ecoq_pdo_call(c, c->methods.get_attribute, &c->pdo, &result, 1, arguments) && zend_is_true(&result);
	zval_ptr_dtor(&result);
	if (before != emulate) {
		ZVAL_BOOL(&arguments[1], emulate);
		ecoq_pdo_call(c, c->methods.set_attribute, &c->pdo, &result, 2, arguments);
		zval_ptr_dtor(&result);
	}
	return before;
}

/* `once`: in one round trip to the server, where there is one. On PostgreSQL, too, where nothing prepared may be relied on: behind a pooler, and on a connection
 * of the application, which may say DISCARD, and whose plans, made while a queue was empty, would stay when it is full. */
static bool prepare(ecoq_pdo_connection *c, smart_str *sql, bool once, prepared *p)
{
	zval arguments[2], class_name, options;

	array_init_size(&class_name, 1);
	add_next_index_stringl(&class_name, ZEND_STRL("PDOStatement"));
	array_init_size(&options, 1);
	add_index_zval(&options, ATTR_STATEMENT_CLASS, &class_name);
	if (c->dialect->engine == ECOQ_PDO_POSTGRESQL && (once || c->pooled || !c->own)) {
		add_index_bool(&options, PGSQL_ATTR_DISABLE_PREPARES, true);
	}
	ZVAL_STR(&arguments[0], smart_str_extract(sql));
	ZVAL_COPY_VALUE(&arguments[1], &options);
	bool is_mysql = c->dialect->engine == ECOQ_PDO_MYSQL, before = is_mysql && set_emulation(c, once);
	bool done = ecoq_pdo_call(c, c->methods.prepare, &c->pdo, &p->statement, 2, arguments);
	if (!done) {
		ecoq_pdo_ask_for_failure(c, c->methods.dbh_error_info, &c->pdo);
		ZVAL_UNDEF(&p->statement);
	}
	if (is_mysql) {
		set_emulation(c, before); /* (this makes the driver forget the failure) */
	}
	zval_ptr_dtor(&arguments[0]);
	zval_ptr_dtor(&arguments[1]);
	return done;
}

/* What failed before it matters, not whether this did. */
static void close_cursor(ecoq_pdo_connection *c, zval *statement)
{
	ecoq_pdo_failure failure = c->failure;
	char text[sizeof(c->failure_text)];
	zval ignored;

	memcpy(text, c->failure_text, sizeof(text));
	ecoq_pdo_call(c, c->methods.close_cursor, statement, &ignored, 0, NULL);
	zval_ptr_dtor(&ignored);
	c->failure = failure;
	memcpy(c->failure_text, text, sizeof(text));
}

static bool execute(ecoq_pdo_connection *c, prepared *p, zval *parameters, uint32_t count, zval *rows, zend_long *affected)
{
	zval list, result, mode, *statement = &p->statement;

	count = p->count ? p->count : count < p->highest ? count
													 : p->highest;
	array_init_size(&list, count);
	for (uint32_t i = 0; i < count; i++) {
		zval *parameter = &parameters[p->count ? p->order[i] : i];
		Z_TRY_ADDREF_P(parameter);
		zend_hash_next_index_insert_new(Z_ARRVAL(list), parameter);
	}
	bool done = ecoq_pdo_call(c, c->methods.execute, statement, &result, count ? 1 : 0, &list);
	zval_ptr_dtor(&list);
	zval_ptr_dtor(&result);
	if (done && rows) {
		ZVAL_LONG(&mode, FETCH_NUM);
		done = ecoq_pdo_call(c, c->methods.fetch_all, statement, rows, 1, &mode) && Z_TYPE_P(rows) == IS_ARRAY;
		if (!done) {
			zval_ptr_dtor(rows);
			ZVAL_UNDEF(rows);
		}
	}
	if (done && affected) {
		done = ecoq_pdo_call(c, c->methods.row_count, statement, &result, 0, NULL);
		*affected = done ? zval_get_long(&result) : 0;
		zval_ptr_dtor(&result);
	}
	if (!done) {
		ecoq_pdo_ask_for_failure(c, c->methods.error_info, statement);
		close_cursor(c, statement);
	}
	return done;
}

static prepared *prepare_list(ecoq_pdo_connection *c, const ecoq_pdo_list_statement *statement, uint32_t count)
{
	smart_str sql = {0};
	prepared *p = ecalloc(1, sizeof(*p));
	translate(c, statement->head, 0, p, &sql);
	for (uint32_t i = 0; i < count; i++) {
		smart_str_appends(&sql, i ? ", " : "");
		translate(c, statement->row, i * statement->width, p, &sql);
	}
	smart_str_appends(&sql, statement->tail);
	if (!prepare(c, &sql, false, p)) {
		dispose(p);
		efree(p);
		return NULL;
	}
	return p;
}

/* A number of rows is named by the address of a character within the head. */
static prepared *prepared_for(ecoq_pdo_connection *c, const ecoq_pdo_list_statement *statement, uint32_t count)
{
	zend_ulong key = (zend_ulong) (uintptr_t) statement->head + count;
	prepared *p = zend_hash_index_find_ptr(&c->statements, key);
	ecoq_pdo_reset_failure(c);
	if (!p && (p = prepare_list(c, statement, count))) {
		zend_hash_index_add_new_ptr(&c->statements, key, p);
	}
	return p;
}

bool ecoq_pdo_query(ecoq_pdo_connection *connection, const char *sql, zval *parameters, uint32_t count, zval *rows, zend_long *affected)
{
	ecoq_pdo_list_statement statement = {sql, "", "", 0};
	prepared *p = prepared_for(connection, &statement, 0);
	return p && execute(connection, p, parameters, count, rows, affected);
}

bool ecoq_pdo_query_list(ecoq_pdo_connection *connection, const ecoq_pdo_list_statement *statement, uint32_t count, zval *parameters, zval *rows)
{
	ZEND_ASSERT(count > 0 && count <= MAX_ROWS && strlen(statement->head) > MAX_ROWS);
	prepared *p = prepared_for(connection, statement, count);
	return p && execute(connection, p, parameters, statement->width * count, rows, NULL);
}

bool ecoq_pdo_command(ecoq_pdo_connection *connection, const char *sql)
{
	zval argument, result;
	ecoq_pdo_reset_failure(connection);
	ZVAL_STRING(&argument, sql);
	bool done = ecoq_pdo_call(connection, connection->methods.exec, &connection->pdo, &result, 1, &argument);
	if (!done) {
		ecoq_pdo_ask_for_failure(connection, connection->methods.dbh_error_info, &connection->pdo);
	}
	zval_ptr_dtor(&argument);
	zval_ptr_dtor(&result);
	return done;
}

#define MAX_COMMANDS 192

bool ecoq_pdo_commands(ecoq_pdo_connection *connection, const char *first, const char *second)
{
	char both[MAX_COMMANDS];
	ZEND_ASSERT(!second || strlen(first) + strlen(second) + 2 < MAX_COMMANDS);
	if (second && !connection->one_at_a_time) {
		snprintf(both, sizeof(both), "%s; %s", first, second);
		if (ecoq_pdo_command(connection, both)) {
			return true;
		}
		/* with PDO::MYSQL_ATTR_MULTI_STATEMENTS off it is a syntax error, and nothing was executed */
		connection->one_at_a_time = connection->dialect->engine == ECOQ_PDO_MYSQL && connection->failure == ECOQ_PDO_UNEXPECTED;
		if (!connection->one_at_a_time) {
			return false;
		}
	}
	return ecoq_pdo_command(connection, first) && (!second || ecoq_pdo_command(connection, second));
}

bool ecoq_pdo_execute(ecoq_pdo_connection *connection, enum ecoq_pdo_statement statement, zval *parameters, uint32_t count, zval *rows,
	zend_long *affected)
{
	return ecoq_pdo_query(connection, connection->dialect->statements[statement], parameters, count, rows, affected);
}

bool ecoq_pdo_execute_quietly(ecoq_pdo_connection *connection, enum ecoq_pdo_statement statement)
{
	ecoq_pdo_failure failure = connection->failure;
	char text[sizeof(connection->failure_text)];

	memcpy(text, connection->failure_text, sizeof(text));
	bool done = ecoq_pdo_execute(connection, statement, NULL, 0, NULL, NULL);
	connection->failure = failure;
	memcpy(connection->failure_text, text, sizeof(text));
	return done;
}

bool ecoq_pdo_execute_text(ecoq_pdo_connection *connection, const char *sql, zval *rows)
{
	prepared p = {.count = 0};
	smart_str text = {0};

	ecoq_pdo_reset_failure(connection);
	translate(connection, sql, 0, &p, &text);
	bool done = prepare(connection, &text, true, &p) && execute(connection, &p, NULL, 0, rows, NULL);
	dispose(&p);
	return done;
}
