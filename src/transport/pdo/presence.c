#include "transport/pdo/presence.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct ecoq_presence {
	ecoq_presence *next;
	size_t references;
	int descriptor; /* -1 in a forked child */
	dev_t device;
	ino_t inode;
	int64_t *held; /* owner ids of this process */
	size_t held_count, held_capacity;
	char path[];
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static ecoq_presence *open_files;

static void before_fork(void)
{
	pthread_mutex_lock(&mutex);
}

static void after_fork_in_parent(void)
{
	pthread_mutex_unlock(&mutex);
}

/* The child shares the open file descriptions: while it keeps them, its dead parent would look alive. */
static void after_fork_in_child(void)
{
	for (ecoq_presence *p = open_files; p; p = p->next) {
		close(p->descriptor);
		p->descriptor = -1;
	}
	open_files = NULL;
	pthread_mutex_unlock(&mutex);
}

static void watch_forks(void)
{
	pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

static ecoq_presence *already_open(const struct stat *status)
{
	for (ecoq_presence *p = open_files; p; p = p->next) {
		if (p->device == status->st_dev && p->inode == status->st_ino) {
			return p;
		}
	}
	return NULL;
}

/* Called with the mutex held. Looks by path first: closing a second descriptor of a file is harmless for OFD locks, but needless. */
static ecoq_presence *open_locked(const char *path)
{
	struct stat status;
	ecoq_presence *p = stat(path, &status) == 0 ? already_open(&status) : NULL;
	if (p) {
		p->references++;
		return p;
	}
	int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (descriptor < 0) {
		return NULL;
	}
	p = fstat(descriptor, &status) == 0 ? calloc(1, sizeof(*p) + strlen(path) + 1) : NULL;
	if (!p) {
		close(descriptor);
		return NULL;
	}
	p->references = 1;
	p->descriptor = descriptor;
	p->device = status.st_dev;
	p->inode = status.st_ino;
	strcpy(p->path, path);
	p->next = open_files;
	open_files = p;
	return p;
}

ecoq_result ecoq_presence_open(const char *database_file, ecoq_presence **out, ecoq_error *error)
{
	char *path;
	if (asprintf(&path, "%s-ecoq", database_file) < 0) {
		return ecoq_fail(error, ECOQ_NO_MEMORY, "Out of memory");
	}
	pthread_once(&once, watch_forks);
	pthread_mutex_lock(&mutex);
	*out = open_locked(path);
	int reason = errno;
	pthread_mutex_unlock(&mutex);
	ecoq_result result = *out ? ECOQ_OK
							  : ecoq_fail(error, ECOQ_UNAVAILABLE, "%s cannot be opened: %s; workers hold locks in this file, which must stand beside the database and be writable",
								  path, strerror(reason));
	free(path);
	return result;
}

void ecoq_presence_close(ecoq_presence *presence)
{
	pthread_mutex_lock(&mutex);
	if (--presence->references == 0) {
		for (ecoq_presence **link = &open_files; *link; link = &(*link)->next) {
			if (*link == presence) {
				*link = presence->next;
				break;
			}
		}
		if (presence->descriptor >= 0) {
			close(presence->descriptor);
		}
		free(presence->held);
		free(presence);
	}
	pthread_mutex_unlock(&mutex);
}

static struct flock byte_of(int64_t owner, short type)
{
	/* l_pid must be 0 for OFD locks. */
	return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = (off_t) owner, .l_len = 1};
}

static bool remember(ecoq_presence *p, int64_t owner)
{
	if (p->held_count == p->held_capacity) {
		size_t capacity = p->held_capacity * 2 + 4;
		int64_t *grown = realloc(p->held, capacity * sizeof(*grown));
		if (!grown) {
			return false;
		}
		p->held = grown;
		p->held_capacity = capacity;
	}
	p->held[p->held_count++] = owner;
	return true;
}

static void forget(ecoq_presence *p, int64_t owner)
{
	for (size_t i = 0; i < p->held_count; i++) {
		if (p->held[i] == owner) {
			p->held[i] = p->held[--p->held_count];
			return;
		}
	}
}

static bool holds(const ecoq_presence *p, int64_t owner)
{
	for (size_t i = 0; i < p->held_count; i++) {
		if (p->held[i] == owner) {
			return true;
		}
	}
	return false;
}

ecoq_result ecoq_presence_hold(ecoq_presence *presence, int64_t owner, ecoq_error *error)
{
	struct flock lock = byte_of(owner, F_WRLCK);
	int reason = 0;

	pthread_mutex_lock(&mutex);
	if (fcntl(presence->descriptor, F_OFD_SETLK, &lock) != 0) {
		reason = errno;
	} else if (!remember(presence, owner)) {
		reason = ENOMEM;
	}
	pthread_mutex_unlock(&mutex);
	switch (reason) {
		case 0:
			return ECOQ_OK;
		case EINVAL:
		case ENOLCK:
		case EOPNOTSUPP:
			return ecoq_fail(error, ECOQ_UNSUPPORTED, "The file system of %s has no byte-range locks (%s)", presence->path, strerror(reason));
		default:
			return ecoq_fail(error, ECOQ_UNAVAILABLE, "Byte %lld of %s cannot be locked: %s", (long long) owner, presence->path, strerror(reason));
	}
}

void ecoq_presence_drop(ecoq_presence *presence, int64_t owner)
{
	struct flock lock = byte_of(owner, F_UNLCK);

	pthread_mutex_lock(&mutex);
	forget(presence, owner);
	if (presence->descriptor >= 0) {
		fcntl(presence->descriptor, F_OFD_SETLK, &lock);
	}
	pthread_mutex_unlock(&mutex);
}

bool ecoq_presence_is_held(ecoq_presence *presence, int64_t owner)
{
	struct flock lock = byte_of(owner, F_WRLCK);

	pthread_mutex_lock(&mutex);
	bool held = holds(presence, owner) || fcntl(presence->descriptor, F_OFD_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
	pthread_mutex_unlock(&mutex);
	return held;
}

bool ecoq_presence_is_visible(const ecoq_presence *presence)
{
	struct stat status;
	return presence->descriptor >= 0 && stat(presence->path, &status) == 0 && status.st_dev == presence->device
		&& status.st_ino == presence->inode;
}
