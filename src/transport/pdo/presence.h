#ifndef ECOQ_TRANSPORT_PDO_PRESENCE_H
#define ECOQ_TRANSPORT_PDO_PRESENCE_H

/* Who is alive, on a database that is a file: each owner of reservations holds an OFD lock on one byte of a sidecar file, "<database>-ecoq"; its
 * owner id is the byte's offset. The kernel drops the lock when the process dies, however it dies. Plain C, no Zend header. */

#include <stdbool.h>
#include <stdint.h>

#include "base/result.h"

/* One per file and process, shared by all connections of the process: the locks of one open file description do not
 * conflict with each other, so the owners of this process are known from memory and never tested. */
typedef struct ecoq_presence ecoq_presence;

/* Opens (and creates) the sidecar of a database file. Blocks for disk I/O only. ECOQ_UNAVAILABLE names the sidecar's path. */
ecoq_result ecoq_presence_open(const char *database_file, ecoq_presence **out, ecoq_error *error);
void ecoq_presence_close(ecoq_presence *presence); /* the last close of a process closes the descriptor */

/* Takes the owner's lock; never waits. ECOQ_UNSUPPORTED where the file system has no such locks. */
ecoq_result ecoq_presence_hold(ecoq_presence *presence, int64_t owner, ecoq_error *error);
void ecoq_presence_drop(ecoq_presence *presence, int64_t owner);

/* Whether anyone, in this process or another, holds the owner's lock. When that cannot be told: true. */
bool ecoq_presence_is_held(ecoq_presence *presence, int64_t owner);

/* Whether others still see this file under its path. If not (someone removed it), what is held here protects nothing. */
bool ecoq_presence_is_visible(const ecoq_presence *presence);

#endif
