#include "transport/open_list.h"

#include <stddef.h>
#include <unistd.h>

#include "base/process.h"

void ecoq_open_list_add(ecoq_open_entry **list, ecoq_open_entry *entry)
{
	entry->thread = pthread_self();
	entry->pid = getpid();
	ecoq_process_lock();
	entry->previous = NULL;
	entry->next = *list;
	if (*list) {
		(*list)->previous = entry;
	}
	*list = entry;
	ecoq_process_unlock();
}

void ecoq_open_list_remove(ecoq_open_entry **list, ecoq_open_entry *entry)
{
	ecoq_process_lock();
	if (entry->previous) {
		entry->previous->next = entry->next;
	} else {
		*list = entry->next;
	}
	if (entry->next) {
		entry->next->previous = entry->previous;
	}
	ecoq_process_unlock();
}

ecoq_open_entry *ecoq_open_list_find(ecoq_open_entry **list, bool is_over)
{
	ecoq_process_lock();
	ecoq_open_entry *found = *list;
	while (found && (found->is_over != is_over || !pthread_equal(found->thread, pthread_self()))) {
		found = found->next;
	}
	ecoq_process_unlock();
	return found;
}
