#include "endpoint/registry_cache.h"
bool ecoq_registry_cache_open(HashTable *handlers, ecoq_registry_cache **cache) { *cache = NULL; return true; }
void ecoq_registry_cache_close(ecoq_registry_cache *cache) {}
bool ecoq_registry_cache_is_loaded(const ecoq_registry_cache *cache) { return false; }
bool ecoq_registry_cache_next(ecoq_registry_cache *cache, ecoq_registry *registry, const zval *target) { return false; }
void ecoq_registry_cache_note_group(ecoq_registry_cache *cache, const ecoq_registry *registry, uint32_t first) {}
void ecoq_registry_cache_store(ecoq_registry_cache *cache, const ecoq_registry *registry, const ecoq_registry_sources *sources) {}
