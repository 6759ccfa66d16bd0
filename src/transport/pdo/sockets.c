#include "transport/pdo/sockets.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static ecoq_socket_list kept;

static bool contains(const ecoq_socket_list *list, int descriptor)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->descriptors[i] == descriptor) {
			return true;
		}
	}
	return false;
}

static void add(ecoq_socket_list *list, int descriptor)
{
	int *grown = realloc(list->descriptors, (list->count + 1) * sizeof(*grown));
	if (grown) {
		list->descriptors = grown;
		list->descriptors[list->count++] = descriptor;
	}
}

static bool is_socket(int descriptor)
{
	struct stat status;
	return fstat(descriptor, &status) == 0 && S_ISSOCK(status.st_mode);
}

ecoq_socket_list ecoq_sockets_list(void)
{
	ecoq_socket_list list = {NULL, 0};
	DIR *directory = opendir("/proc/self/fd");
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		int descriptor = atoi(entry->d_name);
		if (entry->d_name[0] != '.' && is_socket(descriptor)) {
			add(&list, descriptor);
		}
	}
	if (directory) {
		closedir(directory);
	}
	return list;
}

int ecoq_sockets_new(ecoq_socket_list *before)
{
	ecoq_socket_list now = ecoq_sockets_list();
	int found = -1, count = 0;

	for (size_t i = 0; i < now.count; i++) {
		int descriptor = now.descriptors[i];
		if (!contains(before, descriptor)) {
			fcntl(descriptor, F_SETFD, FD_CLOEXEC);
			found = descriptor;
			count++;
		}
	}
	free(now.descriptors);
	free(before->descriptors);
	*before = (ecoq_socket_list){NULL, 0};
	return count == 1 ? found : -1;
}

static void before_fork(void)
{
	pthread_mutex_lock(&mutex);
}

static void after_fork_in_parent(void)
{
	pthread_mutex_unlock(&mutex);
}

/* Only calls that are allowed between fork and exec. */
static void after_fork_in_child(void)
{
	int nowhere = kept.count ? open("/dev/null", O_RDWR | O_CLOEXEC) : -1;
	for (size_t i = 0; nowhere >= 0 && i < kept.count; i++) {
		dup3(nowhere, kept.descriptors[i], O_CLOEXEC);
	}
	if (nowhere >= 0) {
		close(nowhere);
	}
	kept.count = 0;
	pthread_mutex_unlock(&mutex);
}

static void watch_forks(void)
{
	pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

void ecoq_socket_keep(int descriptor)
{
	pthread_once(&once, watch_forks);
	pthread_mutex_lock(&mutex);
	add(&kept, descriptor);
	pthread_mutex_unlock(&mutex);
}

void ecoq_socket_forget(int descriptor)
{
	pthread_mutex_lock(&mutex);
	for (size_t i = 0; i < kept.count; i++) {
		if (kept.descriptors[i] == descriptor) {
			kept.descriptors[i] = kept.descriptors[--kept.count];
			break;
		}
	}
	pthread_mutex_unlock(&mutex);
}
