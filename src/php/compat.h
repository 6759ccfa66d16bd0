#ifndef ECOQ_PHP_COMPAT_H
#define ECOQ_PHP_COMPAT_H

/* The only file that names PHP_VERSION_ID. */

#include "php.h"
#include "zend_exceptions.h"

#if PHP_VERSION_ID < 80200 || PHP_VERSION_ID >= 80600
#error "ecoq supports PHP 8.2 to 8.5"
#endif

/* Property hooks and lazy objects came with 8.4. */
#if PHP_VERSION_ID >= 80400
#include "zend_lazy_objects.h"
#include "zend_property_hooks.h"
#define ECOQ_CLASS_HAS_HOOKS(ce) ((ce)->num_hooked_props > 0)
#define ECOQ_PROPERTY_HAS_HOOKS(property) ((property)->hooks != NULL)
#define ECOQ_PROPERTY_IS_VIRTUAL(property) (((property)->flags & ZEND_ACC_VIRTUAL) != 0)
#define ECOQ_PROPERTY_LACKS_HOOK(property, kind) (ECOQ_PROPERTY_IS_VIRTUAL(property) && !((property)->hooks && (property)->hooks[kind]))
#define ECOQ_PROPERTY_IS_GET_ONLY(property) ECOQ_PROPERTY_LACKS_HOOK(property, ZEND_PROPERTY_HOOK_SET)
#define ECOQ_PROPERTY_IS_SET_ONLY(property) ECOQ_PROPERTY_LACKS_HOOK(property, ZEND_PROPERTY_HOOK_GET)
#define ECOQ_OBJECT_IS_LAZY(object) zend_object_is_lazy((zend_object *) (object))
#define ECOQ_OBJECT_INITIALIZED(object) zend_lazy_object_init(object)
#else
#define ECOQ_CLASS_HAS_HOOKS(ce) false
#define ECOQ_PROPERTY_HAS_HOOKS(property) false
#define ECOQ_PROPERTY_IS_VIRTUAL(property) false
#define ECOQ_PROPERTY_IS_GET_ONLY(property) false
#define ECOQ_PROPERTY_IS_SET_ONLY(property) false
#define ECOQ_OBJECT_IS_LAZY(object) false
#define ECOQ_OBJECT_INITIALIZED(object) (object)
#endif

#endif
