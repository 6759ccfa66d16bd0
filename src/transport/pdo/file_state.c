#include "transport/pdo/file_state.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define SETTLED_AFTER_MS 250
#define PATH_SIZE 4200

static void read_one(const char *path, ecoq_file_state *state, int index)
{
	struct stat status;
	bool found = stat(path, &status) == 0;
	state->modified_ns[index] = found ? (int64_t) status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec : 0;
	state->size[index] = found ? (int64_t) status.st_size : -1;
}

void ecoq_file_state_read(const char *database_file, ecoq_file_state *state)
{
	char log[PATH_SIZE];
	snprintf(log, sizeof(log), "%s-wal", database_file);
	read_one(database_file, state, 0);
	read_one(log, state, 1);
}

bool ecoq_file_state_equal(const ecoq_file_state *a, const ecoq_file_state *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* A time stamp of the future (a clock set back) is never settled. */
bool ecoq_file_state_is_settled(const ecoq_file_state *state, int64_t now_ms)
{
	for (int i = 0; i < 2; i++) {
		if (state->modified_ns[i] / 1000000 + SETTLED_AFTER_MS > now_ms) {
			return false;
		}
	}
	return true;
}
