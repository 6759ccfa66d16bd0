#include "transport/open_list.h"

#include <stddef.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* of all lists */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void lock(void)
{
	pthread_mutex_lock(&mutex);
}

static void unlock(void)
{
	pthread_mutex_unlock(&mutex);
}

static void watch_forks(void)
{
	pthread_atfork(lock, unlock, unlock);
}

void ecoq_open_list_add(ecoq_open_entry **list, ecoq_open_entry *entry)
{
	pthread_once(&once, watch_forks);
	entry->thread = pthread_self();
	entry->pid = getpid();
	lock();
	entry->previous = NULL;
	entry->next = *list;
	if (*list) {
		(*list)->previous = entry;
	}
	*list = entry;
	unlock();
}

void ecoq_open_list_remove(ecoq_open_entry **list, ecoq_open_entry *entry)
{
	lock();
	if (entry->previous) {
		entry->previous->next = entry->next;
	} else {
		*list = entry->next;
	}
	if (entry->next) {
		entry->next->previous = entry->previous;
	}
	unlock();
}

ecoq_open_entry *ecoq_open_list_find(ecoq_open_entry **list, bool is_over)
{
	lock();
	ecoq_open_entry *found = *list;
	while (found && (found->is_over != is_over || !pthread_equal(found->thread, pthread_self()))) {
		found = found->next;
	}
	unlock();
	return found;
}
