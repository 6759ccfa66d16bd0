#ifndef ECOQ_ENDPOINT_REGISTRY_CACHE_H
#define ECOQ_ENDPOINT_REGISTRY_CACHE_H

/* Endpoints kept in a file per handlers list, so that no handler class is loaded to read its attributes. Only class names are in
 * it: the classes of objects are loaded anyway, and reading them costs less than a microsecond per handler. Off unless INI ecoq.cache_dir names a
 * directory. The file is data only; one that is damaged, foreign or out of date is ignored and written anew. */

#include "endpoint/registry.h"
#include "endpoint/registry_sources.h"

typedef struct ecoq_registry_cache ecoq_registry_cache;

/* Opens the file of this list and reads it, if it is there and right. `*cache` is NULL when the cache is off, or the list has nothing to cache.
 * False with a ConfigurationException when the directory cannot be trusted or used. */
bool ecoq_registry_cache_open(HashTable *handlers, ecoq_registry_cache **cache);
void ecoq_registry_cache_close(ecoq_registry_cache *cache);

bool ecoq_registry_cache_is_loaded(const ecoq_registry_cache *cache);

/* Of a loaded cache, for the next class name of the list in its order: whether its endpoints are kept, and then adds them (false with a
 * ConfigurationException). One that is not kept is passed over, to be read from its attributes. */
bool ecoq_registry_cache_next_is_kept(ecoq_registry_cache *cache);
bool ecoq_registry_cache_next(ecoq_registry_cache *cache, ecoq_registry *registry);

/* While the registry is built from attributes: the endpoints from `first` on are those of the next class name of the list. */
void ecoq_registry_cache_note_group(ecoq_registry_cache *cache, const ecoq_registry *registry, uint32_t first, const ecoq_registry_sources *sources);

/* Writes the file, if something of it may be kept. Best effort: a full disk costs speed, not the application. */
void ecoq_registry_cache_store(ecoq_registry_cache *cache, ecoq_registry_sources *sources);

#endif
