#ifndef ECOQ_TRANSPORT_PDO_FILE_STATE_H
#define ECOQ_TRANSPORT_PDO_FILE_STATE_H

/* Whether anyone has written to a SQLite database, told by two stat() calls, which cost a tenth of the smallest query of a process that has
 * just been woken. Plain C. */

#include <stdbool.h>
#include <stdint.h>

typedef struct ecoq_file_state {
	int64_t modified_ns[2]; /* the database, its write-ahead log */
	int64_t size[2];
} ecoq_file_state;

void ecoq_file_state_read(const char *database_file, ecoq_file_state *state);
bool ecoq_file_state_equal(const ecoq_file_state *a, const ecoq_file_state *b);

/* Whether the last write is long enough ago that its transaction can be taken for finished: a log is written first and synchronised, and
 * only then do readers see the transaction. */
bool ecoq_file_state_is_settled(const ecoq_file_state *state, int64_t now_ms);

#endif
