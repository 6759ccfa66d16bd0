#ifndef ECOQ_MESSAGING_EXCEPTION_TEXT_H
#define ECOQ_MESSAGING_EXCEPTION_TEXT_H

#include "php/compat.h"

/* Texts of a Throwable, as new strings that the caller owns. They never hold call arguments. */
zend_string *ecoq_exception_message(zend_object *exception); /* "never" */
zend_string *ecoq_exception_summary(zend_object *exception); /* "DomainException: never" */
zend_string *ecoq_exception_trace(zend_object *exception);   /* "#0 /app/Orders.php:12 Orders->confirm\n…", previous exceptions behind it */

#endif
