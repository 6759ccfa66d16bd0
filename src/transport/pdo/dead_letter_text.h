#ifndef ECOQ_TRANSPORT_PDO_DEAD_LETTER_TEXT_H
#define ECOQ_TRANSPORT_PDO_DEAD_LETTER_TEXT_H

/* Values of dead letters as the database engines take them. All strings are new ones. */

#include "base/buffer.h"
#include "transport/pdo/dialect.h"

/* Valid UTF-8 without NUL, of at most `longest` bytes, whatever the text was. */
zend_string *ecoq_dead_letter_clean_text(ecoq_bytes text, size_t longest);

/* As a key: what an index cannot hold, or would take for something else (a space at its end), becomes its beginning and a hash. */
zend_string *ecoq_dead_letter_key(ecoq_bytes text);

/* "2026-11-21 15:00:00.000", UTC; with an offset where the column has one. */
zend_string *ecoq_dead_letter_time(ecoq_pdo_engine engine, int64_t ms);

/* A binary string as the engine takes it for a parameter. */
zend_string *ecoq_dead_letter_body_parameter(ecoq_pdo_engine engine, ecoq_bytes body);

zend_string *ecoq_dead_letter_hex(const zend_string *text);

/* Puts the bytes in the place of the hex text that PostgreSQL gives for them. */
void ecoq_dead_letter_decode_body(zval *cell);

#endif
