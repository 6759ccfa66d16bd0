#ifndef ECOQ_ENDPOINT_REGISTRY_CACHE_H
#define ECOQ_ENDPOINT_REGISTRY_CACHE_H

/* Endpoints kept in a file per handlers list, so that no handler class is loaded to read its attributes. Off unless INI ecoq.cache_dir names a
 * directory. The file is data only; one that is damaged, foreign or out of date is ignored and written anew. */

#include "endpoint/registry.h"
#include "endpoint/registry_sources.h"

typedef struct ecoq_registry_cache ecoq_registry_cache;

/* Opens the file of this list and reads it, if it is there and right. `*cache` is NULL when the cache is off, or the list has nothing to cache.
 * False with a ConfigurationException when the directory cannot be trusted or used. */
bool ecoq_registry_cache_open(HashTable *handlers, ecoq_registry_cache **cache);
void ecoq_registry_cache_close(ecoq_registry_cache *cache);

bool ecoq_registry_cache_is_loaded(const ecoq_registry_cache *cache);

/* Adds the endpoints of the next class or object of the list, in its order. False with a ConfigurationException. */
bool ecoq_registry_cache_next(ecoq_registry_cache *cache, ecoq_registry *registry, const zval *target);

/* While the registry is built from attributes: the endpoints from `first` on are those of the next class or object of the list. */
void ecoq_registry_cache_note_group(ecoq_registry_cache *cache, const ecoq_registry *registry, uint32_t first);

/* Writes the file, if what was read may be cached. Best effort: a full disk costs speed, not the application. */
void ecoq_registry_cache_store(ecoq_registry_cache *cache, ecoq_registry_sources *sources);

#endif
