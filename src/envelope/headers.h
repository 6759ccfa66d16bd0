#ifndef ECOQ_ENVELOPE_HEADERS_H
#define ECOQ_ENVELOPE_HEADERS_H

#include "php/compat.h"

/* Every name that ecoq itself writes into the envelope's `headers` object, once. All others are the user's and propagate. */
#define ECOQ_HEADER_PREFIX "ecoq-"
#define ECOQ_HEADER_ENDPOINT "ecoq-endpoint"           /* string: the endpoint this copy is for */
#define ECOQ_HEADER_CLASS "ecoq-class"                 /* string: PHP class of the payload, where the type is not its name. Only a hint: it
                                                  * chooses among the classes that the handler declares */
#define ECOQ_HEADER_PAYLOAD "ecoq-payload"             /* "value": `data` is {"value": …} around a scalar or list */
#define ECOQ_HEADER_DELIVER_AT "ecoq-deliver-at"       /* int: milliseconds since the epoch */
#define ECOQ_HEADER_EXPIRES_AT "ecoq-expires-at"       /* int: milliseconds since the epoch */
#define ECOQ_HEADER_PRIORITY "ecoq-priority"           /* int 0…9, absent for 4: survives channels that cannot store it */
#define ECOQ_HEADER_GROUP "ecoq-group"                 /* string, 1…255 bytes: messages of one group are handled one at a time, in send order */
#define ECOQ_HEADER_EVENT_ID "ecoq-event-id"           /* string: shared by the copies of one event */
#define ECOQ_HEADER_PARENT_ID "ecoq-parent-id"         /* string: id of the message whose handler sent this one */
#define ECOQ_HEADER_UNKNOWN "ecoq-unknown"             /* int: how often no handler was found for it */
#define ECOQ_HEADER_UNKNOWN_SINCE "ecoq-unknown-since" /* int: when that was first so, milliseconds since the epoch */

/* Whether a header is ecoq's own: such ones are written by ecoq only, and do not propagate. */
static inline bool ecoq_header_is_own(const zend_string *name)
{
	return zend_string_starts_with_literal(name, ECOQ_HEADER_PREFIX);
}

#endif
