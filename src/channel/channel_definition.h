#ifndef ECOQ_CHANNEL_CHANNEL_DEFINITION_H
#define ECOQ_CHANNEL_CHANNEL_DEFINITION_H

#include "channel/channel.h"

/* What an Ecoq\Channel object holds; owned by it. The zvals stand together for the garbage collector. */
typedef struct ecoq_channel_definition {
	zval transport; /* string, \PDO or Ecoq\Transport */
	zval retry;     /* RetryPolicy; UNDEF: not given */
	zval arguments; /* array, option name => text, of the other arguments that were given; UNDEF: none */
	zval options;   /* array, option name => text, of `options:`; UNDEF: none */
	zend_object std;
} ecoq_channel_definition;

#define ECOQ_CHANNEL_DEFINITION_ZVALS 4

static inline ecoq_channel_definition *ecoq_channel_definition_from_obj(zend_object *object)
{
	return (ecoq_channel_definition *) ((char *) object - XtOffsetOf(ecoq_channel_definition, std));
}

/* Whether it is a \PDO. PDO need not be loaded. */
bool ecoq_is_pdo(const zval *value);

void ecoq_channel_class_minit(void);

#endif
