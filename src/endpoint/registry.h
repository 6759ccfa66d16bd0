#ifndef ECOQ_ENDPOINT_REGISTRY_H
#define ECOQ_ENDPOINT_REGISTRY_H

/* The inside of a registry, for the files that fill it. */

#include "endpoint/endpoint.h"

/* Endpoints by their position in ecoq_registry.all, in rising order. */
typedef struct ecoq_index_list {
	uint32_t *items;
	uint32_t count;
	uint32_t capacity;
} ecoq_index_list;

/* From what a message is about to who handles it. Values are ecoq_index_list *, owned. */
typedef struct ecoq_route_table {
	HashTable exact;   /* type strings and class names as they are written */
	HashTable classes; /* lower-case class names */
} ecoq_route_table;

typedef struct ecoq_route_pattern {
	zend_string *pattern; /* borrowed from the endpoint */
	uint32_t endpoint;
} ecoq_route_pattern;

struct ecoq_registry {
	ecoq_endpoint_list all;
	uint32_t capacity;
	HashTable ids;              /* endpoint id, former ones too => ecoq_endpoint * */
	ecoq_route_table tables[3]; /* by ecoq_endpoint_kind */
	ecoq_route_pattern *patterns;
	uint32_t pattern_count;
	HashTable lists;    /* every subscriber list that was ever given out, by its members; they live as long as the registry */
	HashTable by_type;  /* what was computed for a type without a class; emptied when it grows too large */
	HashTable by_class; /* the same for events with a class, by the class entry's address */
};

ecoq_registry *ecoq_registry_new(void);

/* The memos of registry_lookup.c. */
void ecoq_registry_lookup_init(ecoq_registry *registry);
void ecoq_registry_lookup_free(ecoq_registry *registry);

/* A zero-initialised endpoint with a priority of -1, to be filled and handed to ecoq_registry_add() or freed. Strings are owned by it. */
ecoq_endpoint *ecoq_endpoint_new(ecoq_endpoint_kind kind);
void ecoq_endpoint_free(ecoq_endpoint *endpoint);
void ecoq_endpoint_add_type(ecoq_endpoint *endpoint, zend_string *type, bool is_class);
void ecoq_endpoint_add_former_id(ecoq_endpoint *endpoint, zend_string *id);

/* "Orders::confirm", or "the callable for "order.placed"", in a new string. */
zend_string *ecoq_endpoint_place(const ecoq_endpoint *endpoint);

/* Takes the endpoint over. False with a ConfigurationException (and the endpoint freed) when one of its ids or, for commands and
 * queries, one of its types is taken. */
bool ecoq_registry_add(ecoq_registry *registry, ecoq_endpoint *endpoint);

/* handlers => endpoints, from attributes (registry_build.c); ecoq_registry_create() tries the cache first. False with an exception. */
bool ecoq_registry_build(ecoq_registry *registry, HashTable *handlers);

#endif
