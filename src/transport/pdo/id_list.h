#ifndef ECOQ_TRANSPORT_PDO_ID_LIST_H
#define ECOQ_TRANSPORT_PDO_ID_LIST_H

/* Row ids as one statement parameter: a JSON array, so that a statement is prepared once for any number of them. SQLite reads it with json_each(),
 * PostgreSQL as CAST(translate({1}, '[]', '{}') AS BIGINT[]), MariaDB with JSON_TABLE(). */

#include "php/compat.h"
#include "zend_smart_str.h"

typedef struct ecoq_id_list {
	smart_str json;
} ecoq_id_list;

static inline void ecoq_id_list_add(ecoq_id_list *list, uint64_t id)
{
	smart_str_appendc(&list->json, list->json.s ? ',' : '[');
	smart_str_append_unsigned(&list->json, id);
}

/* Moves the finished text to `parameter`. */
static inline void ecoq_id_list_finish(ecoq_id_list *list, zval *parameter)
{
	smart_str_appends(&list->json, list->json.s ? "]" : "[]");
	ZVAL_STR(parameter, smart_str_extract(&list->json));
}

#endif
