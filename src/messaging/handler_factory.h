#ifndef ECOQ_MESSAGING_HANDLER_FACTORY_H
#define ECOQ_MESSAGING_HANDLER_FACTORY_H

#include "messaging/messaging.h"

/* A service for a class-typed parameter (the buses, Messaging, what the container has), or an object of a handler class (the container's,
 * else a new one when its constructor needs no argument; made once). `result` gets a new reference. False with an exception pending that
 * names the class and, with `where`, the place. */
bool ecoq_resolve_service(ecoq_messaging *messaging, zend_string *class_name, bool is_handler, const char *where, zval *result);

#endif
