#ifndef PHP_ECOQ_H
#define PHP_ECOQ_H

#include "php.h"

#define PHP_ECOQ_VERSION "0.1.0"

extern zend_module_entry ecoq_module_entry;
#define phpext_ecoq_ptr &ecoq_module_entry

#if defined(ZTS) && defined(COMPILE_DL_ECOQ)
ZEND_TSRMLS_CACHE_EXTERN()
#endif

#endif
