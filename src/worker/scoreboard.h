#ifndef ECOQ_WORKER_SCOREBOARD_H
#define ECOQ_WORKER_SCOREBOARD_H

/* The scoreboard: a file shared by the workers of one user on one machine, in which each says what it is doing. Plain C. It is for whoever looks
 * on: nothing that a worker decides depends on it, and a worker runs on without it. A slot belongs to who holds the lock on its byte, so the
 * slots of dead workers are free at once. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/result.h"

#define ECOQ_SCOREBOARD_SLOTS 256

typedef enum ecoq_worker_state {
	ECOQ_WORKER_STATE_FREE, /* nobody's slot */
	ECOQ_WORKER_STATE_STARTING,
	ECOQ_WORKER_STATE_IDLE,
	ECOQ_WORKER_STATE_BUSY,     /* between two messages: reserving, settling */
	ECOQ_WORKER_STATE_HANDLING, /* within a handler */
	ECOQ_WORKER_STATE_STOPPING,
	ECOQ_WORKER_STATE_KILLED, /* by its own watchdog: the handler hung */
	ECOQ_WORKER_STATE_DEAD    /* only from read(): the process is gone and never said goodbye */
} ecoq_worker_state;
const char *ecoq_worker_state_name(ecoq_worker_state state); /* "handling" … */

typedef struct ecoq_scoreboard ecoq_scoreboard;

/* Texts are cut to what a slot holds and ended by NUL. All times are milliseconds since the epoch; 0: none. */
typedef struct ecoq_scoreboard_entry {
	int64_t pid;
	int64_t process_start; /* what the kernel says (clock ticks since it booted): tells a reused pid from the same process */
	ecoq_worker_state state;
	int64_t started_ms;
	int64_t since_ms;    /* in this state, or with this message */
	int64_t progress_ms; /* when a message was done last */
	int64_t handled;
	int64_t failed;
	char channel[64];
	char message[64];
	char endpoint[128];
	char note[128]; /* why the watchdog ended it */
} ecoq_scoreboard_entry;

/* Takes a free slot of the file, which is made when it is not there: only for its user, never through a symbolic link, never someone else's. A
 * process that runs several workers has a slot for each. An error is worth one line to the user, no more. */
ecoq_result ecoq_scoreboard_join(const char *path, ecoq_scoreboard **out, ecoq_error *error);

/* Frees the slot and closes. In a forked child nothing is written and no lock is given up. NULL: nothing. */
void ecoq_scoreboard_leave(ecoq_scoreboard *scoreboard);

/* The following are for the one thread that runs the worker, but kill(). NULL: nothing. */
void ecoq_scoreboard_set_state(ecoq_scoreboard *scoreboard, ecoq_worker_state state);

/* A message is about to be handled. `where` (channel and endpoint) is only copied when it differs from the last call's by its two pointers, which
 * must not be reused for other texts meanwhile. */
typedef struct ecoq_scoreboard_text {
	const char *text;
	size_t size;
} ecoq_scoreboard_text;
void ecoq_scoreboard_begin(ecoq_scoreboard *scoreboard, ecoq_scoreboard_text channel, ecoq_scoreboard_text endpoint, ecoq_scoreboard_text message);
void ecoq_scoreboard_end(ecoq_scoreboard *scoreboard, bool failed);

/* The last word: the process is about to be ended. May be called from another thread, while the worker's own is not within one of the above. */
void ecoq_scoreboard_killed(ecoq_scoreboard *scoreboard, const char *note);

/* Calls `each` for every worker: the living, and for 10 minutes the dead that left a message unfinished and whose slot nobody has taken. ECOQ_OK without any
 * call when the file does not exist. */
ecoq_result ecoq_scoreboard_read(const char *path, void (*each)(void *context, const ecoq_scoreboard_entry *entry), void *context, ecoq_error *error);

#endif
