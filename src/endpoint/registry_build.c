#include "endpoint/handler_reader.h"
#include "endpoint/registry_cache.h"
#include "php/exceptions.h"
#include "zend_closures.h"

typedef struct registry_builder {
	ecoq_registry *registry;
	ecoq_registry_sources sources;
	ecoq_registry_cache *cache; /* NULL: off */
} registry_builder;

/* A callable is a synchronous subscriber; its key is what it subscribes to. It is asked for its parameters when it is called first. */
static bool add_callable(ecoq_registry *registry, zend_string *type, zval *callable)
{
	if (!zend_is_callable(callable, IS_CALLABLE_SUPPRESS_DEPRECATIONS, NULL)) {
		if (!EG(exception)) {
			ecoq_throw_configuration("handlers[\"%s\"]: expected a callable for this type, %s given; a handler class or object stands without a key", ZSTR_VAL(type), zend_zval_type_name(callable));
		}
		return false;
	}
	if (ZSTR_LEN(type) == 0) {
		ecoq_throw_configuration("handlers[\"\"]: a callable needs the type it handles as its key: 'order.placed' => …");
		return false;
	}
	ecoq_endpoint *endpoint = ecoq_endpoint_new(ECOQ_EVENT_HANDLER);
	endpoint->id = zend_strpprintf(0, "%s#callable", ZSTR_VAL(type));
	size_t skip = ZSTR_VAL(type)[0] == '\\';
	zend_string *name = zend_string_init(ZSTR_VAL(type) + skip, ZSTR_LEN(type) - skip, false);
	ecoq_endpoint_add_type(endpoint, name, memchr(ZSTR_VAL(name), '\\', ZSTR_LEN(name)) != NULL);
	zend_string_release(name);
	ZVAL_COPY(&endpoint->target, callable);
	return ecoq_registry_add(registry, endpoint);
}

static bool add_object(registry_builder *builder, zend_ulong index, zval *object)
{
	if (Z_OBJCE_P(object) == zend_ce_closure) {
		ecoq_throw_configuration("handlers[" ZEND_ULONG_FMT "]: a callable needs the type it handles as its key: 'order.placed' => fn …", index);
		return false;
	}
	return ecoq_handler_class_read(builder->registry, &builder->sources, Z_OBJCE_P(object), object);
}

static bool read_class_name(registry_builder *builder, zend_ulong index, zend_string *name)
{
	zval none;
	ZVAL_UNDEF(&none);
	zend_class_entry *ce = zend_lookup_class(name);
	if (!ce) {
		if (!EG(exception)) {
			ecoq_throw_configuration("handlers[" ZEND_ULONG_FMT "]: class \"%s\" was not found", index, ZSTR_VAL(name));
		}
		return false;
	}
	return ecoq_handler_class_read(builder->registry, &builder->sources, ce, &none);
}

static bool add_class_name(registry_builder *builder, zend_ulong index, zend_string *name)
{
	bool is_loaded = builder->cache && ecoq_registry_cache_is_loaded(builder->cache);
	if (is_loaded && ecoq_registry_cache_next_is_kept(builder->cache)) {
		return ecoq_registry_cache_next(builder->cache, builder->registry);
	}
	uint32_t first = builder->registry->all.count;
	if (!read_class_name(builder, index, name)) {
		return false;
	}
	if (builder->cache && !is_loaded) {
		ecoq_registry_cache_note_group(builder->cache, builder->registry, first, &builder->sources);
	}
	return true;
}

static bool add_handler(registry_builder *builder, zend_ulong index, zval *handler)
{
	if (Z_TYPE_P(handler) == IS_STRING) {
		return add_class_name(builder, index, Z_STR_P(handler));
	}
	if (Z_TYPE_P(handler) == IS_OBJECT) {
		return add_object(builder, index, handler);
	}
	ecoq_throw_configuration("handlers[" ZEND_ULONG_FMT "]: expected a class name or an object, %s given", index, zend_zval_type_name(handler));
	return false;
}

static bool add_handlers(registry_builder *builder, HashTable *handlers)
{
	zend_ulong index;
	zend_string *type;
	zval *handler;
	ZEND_HASH_FOREACH_KEY_VAL(handlers, index, type, handler) {
		ZVAL_DEREF(handler);
		if (!(type ? add_callable(builder->registry, type, handler) : add_handler(builder, index, handler))) {
			return false;
		}
	}
	ZEND_HASH_FOREACH_END();
	return true;
}

bool ecoq_registry_build(ecoq_registry *registry, HashTable *handlers)
{
	registry_builder builder = {.registry = registry};
	if (!ecoq_registry_cache_open(handlers, &builder.cache)) {
		return false;
	}
	bool is_recording = builder.cache && !ecoq_registry_cache_is_loaded(builder.cache);
	ecoq_registry_sources_init(&builder.sources, is_recording);
	bool ok = add_handlers(&builder, handlers);
	if (ok && is_recording) {
		ecoq_registry_cache_store(builder.cache, &builder.sources);
	}
	if (builder.cache) {
		ecoq_registry_cache_close(builder.cache);
	}
	ecoq_registry_sources_free(&builder.sources);
	return ok;
}
