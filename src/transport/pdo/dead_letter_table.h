#ifndef ECOQ_TRANSPORT_PDO_DEAD_LETTER_TABLE_H
#define ECOQ_TRANSPORT_PDO_DEAD_LETTER_TABLE_H

/* {t}_dead_letters: messages that were given up on, readable with plain SQL. Unique by (message id, endpoint): a second one of the same replaces the
 * first, under a new row id. Text that is not UTF-8 gets replacement characters; an id that cannot be a key as it is (above 191 bytes, not UTF-8)
 * stands there shortened, with its SHA-256, and is found under its full text all the same; the body is exact.
 * All functions are called between ecoq_pdo_enter() and ecoq_pdo_leave(), and are part of the unit of work where one is open. */

#include "transport/pdo/connection.h"

/* A row. Borrowed where it is passed in; where it comes out, the strings point into `storage`, which ecoq_dead_letter_row_free() frees. */
typedef struct ecoq_dead_letter_row {
	int64_t id; /* of the row, ascending, never used again; 0 when it is stored */
	ecoq_bytes message_id;
	ecoq_bytes endpoint; /* endpoint id; "relay" for what the relay gave up on; empty: none was found */
	ecoq_bytes type;     /* empty: the bytes were no envelope */
	ecoq_bytes channel;
	ecoq_bytes queue;
	ecoq_bytes reason; /* "failed", "unknown_urn", "poison", "crashed" */
	ecoq_bytes error_class;
	ecoq_bytes error;
	ecoq_bytes trace;   /* class, method, file and line per frame, never arguments */
	ecoq_bytes payload; /* JSON, as it was sent; empty: no envelope. Only stored, for those who read the table: it is part of the body. Left out above 1 MiB */
	ecoq_bytes headers; /* JSON object; likewise */
	ecoq_bytes body;    /* the original bytes */
	uint32_t attempts;
	int64_t failed_at; /* milliseconds since the epoch; a timestamp in the table */
	zval storage;
} ecoq_dead_letter_row;

void ecoq_dead_letter_row_free(ecoq_dead_letter_row *row);

/* Which rows. NULL, and for times 0: any. Borrowed. */
typedef struct ecoq_dead_letter_criteria {
	zend_string *channel;
	zend_string *endpoint;
	zend_string *type;
	zend_string *error_class;
	int64_t since; /* failed then or later; milliseconds since the epoch */
	int64_t until; /* failed before */
} ecoq_dead_letter_criteria;

ecoq_result ecoq_dead_letter_table_store(ecoq_pdo_connection *connection, const ecoq_dead_letter_row *rows, size_t count, ecoq_error *error);

/* Whether a message with so many failed executions behind it stands there already: its letter counts as many, or one more. */
ecoq_result ecoq_dead_letter_table_stands(ecoq_pdo_connection *connection, ecoq_bytes message_id, ecoq_bytes endpoint, uint32_t attempts, bool *stands,
	ecoq_error *error);

/* How many, and the highest row id among them (0 without any). */
ecoq_result ecoq_dead_letter_table_count(ecoq_pdo_connection *connection, const ecoq_dead_letter_criteria *criteria, int64_t *count, int64_t *last,
	ecoq_error *error);

/* The row id of the `offset`th, from 1 on, or of the last one where there are fewer; 0 without any. */
ecoq_result ecoq_dead_letter_table_place(ecoq_pdo_connection *connection, const ecoq_dead_letter_criteria *criteria, int64_t offset, int64_t *id,
	ecoq_error *error);

/* The next rows in the order of their ids, those with after < id <= last: as many as are asked for, but not more than ECOQ_DEAD_LETTER_BATCH, nor more
 * than some megabytes of bodies. `*count` 0: there is none left. */
#define ECOQ_DEAD_LETTER_BATCH 64
ecoq_result ecoq_dead_letter_table_read(ecoq_pdo_connection *connection, const ecoq_dead_letter_criteria *criteria, int64_t after, int64_t last, size_t max,
	ecoq_dead_letter_row *rows, size_t *count, ecoq_error *error);

/* Those of one message id, oldest first; `endpoint` NULL: of any endpoint. */
ecoq_result ecoq_dead_letter_table_find(ecoq_pdo_connection *connection, ecoq_bytes message_id, const ecoq_bytes *endpoint,
	ecoq_dead_letter_row *rows, size_t *count, ecoq_error *error);

/* Removes one row; `*removed` false: it is gone already. */
ecoq_result ecoq_dead_letter_table_remove(ecoq_pdo_connection *connection, int64_t id, bool *removed, ecoq_error *error);

ecoq_result ecoq_dead_letter_table_purge(ecoq_pdo_connection *connection, const ecoq_dead_letter_criteria *criteria, int64_t *removed, ecoq_error *error);

#endif
