#ifndef ECOQ_TRANSPORT_PDO_FILE_WATCH_H
#define ECOQ_TRANSPORT_PDO_FILE_WATCH_H

/* Tells when anyone writes to a SQLite database: a descriptor that becomes readable when its write-ahead log is written to, or, as long as it has none (it is
 * not in WAL mode), the file itself. What was written is visible to readers a moment later only (it is synchronised in between). Where the kernel offers no such thing, there is no
 * descriptor, and the worker looks from time to time. Plain C. */

#include <stdbool.h>

typedef struct ecoq_file_watch {
	int descriptor; /* -1: none */
	bool sees_log;
} ecoq_file_watch;

#define ECOQ_NO_FILE_WATCH ((ecoq_file_watch){-1, false})

/* Starts watching, if that has not happened yet, or if there is a log by now. Writes before the call may go unnoticed. */
void ecoq_file_watch_start(ecoq_file_watch *watch, const char *database_file);

/* Forgets the writes so far, so that the descriptor is readable again only after the next one. Never blocks. */
void ecoq_file_watch_drain(ecoq_file_watch *watch);

void ecoq_file_watch_stop(ecoq_file_watch *watch);

#endif
