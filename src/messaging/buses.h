#ifndef ECOQ_MESSAGING_BUSES_H
#define ECOQ_MESSAGING_BUSES_H

#include "messaging/messaging.h"

/* Ecoq\CommandBus, EventBus, QueryBus: views of one Messaging. */
/* Given the classes as registered from stubs/Messaging.stub.php. */
void ecoq_buses_minit(zend_class_entry *command_bus, zend_class_entry *event_bus, zend_class_entry *query_bus);

/* The bus, or Messaging itself, that a parameter of this class asks for. False, without an exception, for any other class. */
bool ecoq_bus_by_class_name(ecoq_messaging *messaging, const zend_string *class_name, zval *result);

#endif
