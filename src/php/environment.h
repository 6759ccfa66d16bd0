#ifndef ECOQ_PHP_ENVIRONMENT_H
#define ECOQ_PHP_ENVIRONMENT_H

#include "base/buffer.h"

/* The variable of that name as PHP applications see it: in $_ENV, else in $_SERVER, else in the process's environment. Libraries for .env files fill the first
 * two, by default without putenv(). What a client of a web server can set is not taken. Empty: not set, or to nothing. Borrowed until PHP code runs. */
ecoq_bytes ecoq_environment(const char *name);

#endif
