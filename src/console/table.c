#include "console/table.h"

static const char blanks[] = "                                                                                ";

void ecoq_table_init(ecoq_table *table, const char *const *titles, unsigned right_aligned)
{
	*table = (ecoq_table){.titles = titles, .right_aligned = right_aligned};
	while (titles[table->columns]) {
		table->columns++;
	}
	ZEND_ASSERT(table->columns <= ECOQ_TABLE_MAX_COLUMNS);
}

void ecoq_table_add(ecoq_table *table, const char *text, size_t size)
{
	smart_str cell = {0};

	ecoq_escape(&cell, text, size);
	smart_str_0(&cell);
	if (table->cell_count % 64 == 0) {
		table->cells = safe_erealloc(table->cells, table->cell_count + 64, sizeof(*table->cells), 0);
	}
	table->cells[table->cell_count++] = cell.s ? cell.s : ZSTR_EMPTY_ALLOC();
}

void ecoq_table_add_string(ecoq_table *table, zend_string *text)
{
	ecoq_table_add(table, text ? ZSTR_VAL(text) : "-", text ? ZSTR_LEN(text) : 1);
}

void ecoq_table_add_int(ecoq_table *table, int64_t number)
{
	if (number < 0) {
		ecoq_table_add(table, "?", 1);
	} else {
		ecoq_table_addf(table, ZEND_LONG_FMT, (zend_long) number);
	}
}

void ecoq_table_addf(ecoq_table *table, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	zend_string *text = zend_vstrpprintf(0, format, arguments);
	va_end(arguments);
	ecoq_table_add(table, ZSTR_VAL(text), ZSTR_LEN(text));
	zend_string_release(text);
}

/* Cells are escaped, hence well-formed UTF-8: one column per code point (wide characters come out ragged). */
static size_t columns_of(const char *text, size_t size)
{
	size_t columns = 0;

	for (size_t i = 0; i < size; i++) {
		columns += (text[i] & 0xC0) != 0x80;
	}
	return columns;
}

static void append_blanks(smart_str *line, size_t count)
{
	for (; count > sizeof(blanks) - 1; count -= sizeof(blanks) - 1) {
		smart_str_appendl(line, blanks, sizeof(blanks) - 1);
	}
	smart_str_appendl(line, blanks, count);
}

static void append_row(smart_str *out, const ecoq_table *table, const size_t *widths, zend_string *const *cells, size_t limit)
{
	smart_str line = {0};

	for (size_t i = 0; i < table->columns; i++) {
		const char *text = cells ? ZSTR_VAL(cells[i]) : table->titles[i];
		size_t size = cells ? ZSTR_LEN(cells[i]) : strlen(text), padding = widths[i] - columns_of(text, size);
		bool right = table->right_aligned >> i & 1;
		append_blanks(&line, i == 0 ? 1 : 2);
		append_blanks(&line, right ? padding : 0);
		smart_str_appendl(&line, text, size);
		append_blanks(&line, right || i + 1 == table->columns ? 0 : padding);
	}
	smart_str_0(&line);
	size_t end = 0;
	for (size_t columns = 0; end < ZSTR_LEN(line.s); end++) {
		columns += (ZSTR_VAL(line.s)[end] & 0xC0) != 0x80;
		if (limit && columns > limit) {
			break;
		}
	}
	while (end > 0 && ZSTR_VAL(line.s)[end - 1] == ' ') {
		end--;
	}
	smart_str_appendl(out, ZSTR_VAL(line.s), end);
	smart_str_free(&line);
}

void ecoq_table_print(const ecoq_table *table, ecoq_output *output)
{
	size_t widths[ECOQ_TABLE_MAX_COLUMNS], limit = ecoq_output_width(ECOQ_STDOUT);
	smart_str out = {0};

	for (size_t i = 0; i < table->columns; i++) {
		widths[i] = strlen(table->titles[i]);
	}
	for (size_t i = 0; i < table->cell_count; i++) {
		size_t width = columns_of(ZSTR_VAL(table->cells[i]), ZSTR_LEN(table->cells[i]));
		widths[i % table->columns] = MAX(widths[i % table->columns], width);
	}
	smart_str_appends(&out, output->colours[ECOQ_STDOUT] ? "\033[1m" : "");
	append_row(&out, table, widths, NULL, limit);
	smart_str_appends(&out, output->colours[ECOQ_STDOUT] ? "\033[0m\n" : "\n");
	for (size_t i = 0; i + table->columns <= table->cell_count; i += table->columns) {
		append_row(&out, table, widths, table->cells + i, limit);
		smart_str_appendc(&out, '\n');
	}
	ecoq_output_raw(output, ECOQ_STDOUT, ZSTR_VAL(out.s), ZSTR_LEN(out.s));
	smart_str_free(&out);
}

void ecoq_table_free(ecoq_table *table)
{
	for (size_t i = 0; i < table->cell_count; i++) {
		zend_string_release(table->cells[i]);
	}
	if (table->cells) {
		efree(table->cells);
	}
}
