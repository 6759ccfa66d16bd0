#ifndef ECOQ_PHP_COMPAT_H
#define ECOQ_PHP_COMPAT_H

/* The only file that names PHP_VERSION_ID. */

#include "php.h"
#include "zend_exceptions.h"

#if PHP_VERSION_ID < 80200 || PHP_VERSION_ID >= 80600
# error "ecoq supports PHP 8.2 to 8.5"
#endif

#endif
