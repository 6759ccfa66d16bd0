#include "transport/pdo/file_watch.h"

#include <stdio.h>
#include <unistd.h>

#ifdef __linux__

#include <sys/inotify.h>

#define PATH_SIZE 4200

static bool add(const ecoq_file_watch *watch, const char *file)
{
	return inotify_add_watch(watch->descriptor, file, IN_MODIFY | IN_DELETE_SELF | IN_MOVE_SELF) >= 0;
}

void ecoq_file_watch_start(ecoq_file_watch *watch, const char *database_file)
{
	char log[PATH_SIZE];
	if (watch->sees_log || snprintf(log, sizeof(log), "%s-wal", database_file) >= (int) sizeof(log)) {
		return;
	}
	bool is_new = watch->descriptor < 0;
	if (is_new) {
		watch->descriptor = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	}
	watch->sees_log = watch->descriptor >= 0 && add(watch, log);
	if (is_new && watch->descriptor >= 0 && !watch->sees_log && !add(watch, database_file)) {
		ecoq_file_watch_stop(watch);
	}
}

void ecoq_file_watch_drain(ecoq_file_watch *watch)
{
	union {
		struct inotify_event first;
		char bytes[4096];
	} events;
	ssize_t size;
	bool gone = false;

	while (watch->descriptor >= 0 && (size = read(watch->descriptor, &events, sizeof(events))) > 0) {
		/* a watched file has no name: all events are of one size */
		for (ssize_t at = 0; at < size; at += (ssize_t) sizeof(struct inotify_event)) {
			const struct inotify_event *event = (const struct inotify_event *) (events.bytes + at);
			gone = gone || (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED));
		}
	}
	if (gone) {
		ecoq_file_watch_stop(watch); /* and started anew on the log that takes its place */
	}
}

#else

void ecoq_file_watch_start(ecoq_file_watch *watch, const char *database_file)
{
	(void) watch;
	(void) database_file;
}

void ecoq_file_watch_drain(ecoq_file_watch *watch)
{
	(void) watch;
}

#endif

void ecoq_file_watch_stop(ecoq_file_watch *watch)
{
	if (watch->descriptor >= 0) {
		close(watch->descriptor);
		watch->descriptor = -1;
		watch->sees_log = false;
	}
}
