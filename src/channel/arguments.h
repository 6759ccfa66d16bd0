#ifndef ECOQ_CHANNEL_ARGUMENTS_H
#define ECOQ_CHANNEL_ARGUMENTS_H

#include <stdint.h>

#include "php/compat.h"

/* Reads argument `number` of the running method as a length of time: int (milliseconds), TimeSpan, DateInterval and, with `now_ms` >= 0,
 * DateTimeInterface as the distance from then. False with a TypeError, a ValueError (negative) or what an object threw. */
bool ecoq_argument_milliseconds(uint32_t number, const zval *value, int64_t now_ms, int64_t *out);

/* Checks argument `number`, the name of a group (NULL: none). False with a ValueError. */
bool ecoq_argument_group(uint32_t number, const zend_string *group);

#endif
