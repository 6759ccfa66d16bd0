#ifndef ECOQ_ENDPOINT_REGISTRY_SOURCES_H
#define ECOQ_ENDPOINT_REGISTRY_SOURCES_H

/* What a registry was read from, so that a cached one can be told to be still right: the files of classes, and the attributes
 * whose classes were not loaded. Also decides whether it may be cached at all. */

#include "php/compat.h"
#include "zend_attributes.h"

/* The state of a file: any change of its content that matters changes one of these. */
typedef struct ecoq_source_file {
	int64_t seconds; /* of its last modification */
	int64_t nanoseconds;
	int64_t size;
} ecoq_source_file;

typedef struct ecoq_registry_sources {
	bool is_recording;            /* the cache is on; else nothing is noted */
	HashTable files;              /* path => ecoq_source_file *, owned */
	HashTable unknown_attributes; /* lower-case names of attribute classes that were not loaded; one of them may be a subclass of ecoq's */
	HashTable seen;               /* class entries whose files were noted => whether that was possible */
	uint32_t classes_before;      /* size of the class table when recording began */
	uint32_t compiler_options;    /* what they were then */

	/* about the handler class that is being read */
	bool is_cacheable;
	zend_string *blocker; /* a class that was loaded before, because of which it is not; lower-case, owned; NULL: another reason */
} ecoq_registry_sources;

/* While recording, classes are compiled without putting the values of constants into them, so that attribute arguments show what they depend on.
 * Classes that were compiled before, and not by opcache, do not show it. */
void ecoq_registry_sources_init(ecoq_registry_sources *sources, bool is_recording);
void ecoq_registry_sources_free(ecoq_registry_sources *sources);

/* Begins with the next handler class. */
void ecoq_registry_sources_begin(ecoq_registry_sources *sources);

/* Notes the files of the class, its parents, interfaces and traits. A class without a file cannot be cached. */
void ecoq_registry_sources_add_class(ecoq_registry_sources *sources, zend_class_entry *ce);

/* The same, and notes its #[MessageType]; before that is evaluated. */
void ecoq_registry_sources_add_message_class(ecoq_registry_sources *sources, zend_class_entry *ce);

/* Notes an attribute that `scope` has on itself or a method. `ce` is the attribute's class where that is ecoq's or a subclass, else NULL. Before it is
 * evaluated: its arguments can be cached if they are literals, class constants that are, enum cases, or a TimeSpan of those. */
void ecoq_registry_sources_add_attribute(ecoq_registry_sources *sources, const zend_attribute *attribute, zend_class_entry *ce, zend_class_entry *scope);

/* Whether the files are old enough to be what the classes in memory were read from. Just edited ones are not, nor are those that changed
 * since opcache took its copy. */
bool ecoq_registry_sources_are_settled(ecoq_registry_sources *sources);

/* The state of the file at that path. False when there is none. */
bool ecoq_source_file_read(const char *path, ecoq_source_file *file);

#endif
