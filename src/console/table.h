#ifndef ECOQ_CONSOLE_TABLE_H
#define ECOQ_CONSOLE_TABLE_H

#include "console/output.h"

#define ECOQ_TABLE_MAX_COLUMNS 8

/* A table of text. Fill it cell by cell, row by row. */
typedef struct ecoq_table {
	const char *const *titles; /* ended by NULL; borrowed */
	size_t columns;
	unsigned right_aligned; /* bit per column */
	zend_string **cells;
	size_t cell_count;
} ecoq_table;

void ecoq_table_init(ecoq_table *table, const char *const *titles, unsigned right_aligned);
void ecoq_table_add(ecoq_table *table, const char *text, size_t size); /* copied, escaped */
void ecoq_table_add_string(ecoq_table *table, zend_string *text);      /* NULL: "-" */
void ecoq_table_add_int(ecoq_table *table, int64_t number);            /* negative: "?" */
void ecoq_table_addf(ecoq_table *table, const char *format, ...);
void ecoq_table_print(const ecoq_table *table, ecoq_output *output); /* to standard output; lines cut to a terminal's width */
void ecoq_table_free(ecoq_table *table);

#endif
