#ifndef ECOQ_TRANSPORT_RIDERS_H
#define ECOQ_TRANSPORT_RIDERS_H

/* A user's headers (traceparent, tenant, …) on their way beside the body, for brokers that have headers of their own: other languages look for them
 * there. They are in the envelope as well, which is what ecoq itself reads; those that do not fit a broker are left out without loss. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

typedef enum ecoq_rider_kind {
	ECOQ_RIDER_TEXT,
	ECOQ_RIDER_INTEGER,
	ECOQ_RIDER_DECIMAL,
	ECOQ_RIDER_BOOLEAN
} ecoq_rider_kind;

typedef struct ecoq_rider {
	ecoq_bytes name;
	ecoq_bytes text; /* UTF-8. Of what is no text: as JSON writes it ("7", "0.5", "true"), for brokers that know texts only */
	ecoq_rider_kind kind;
	int64_t integer; /* also of a boolean, 0 or 1 */
	double decimal;
} ecoq_rider;

/* Names and texts point into the JSON text that was read, or into `storage` where that has escapes. On malloc. */
typedef struct ecoq_riders {
	ecoq_rider *items;
	size_t count;
	size_t capacity;
	char *storage; /* as large as the JSON text */
} ecoq_riders;

/* Longer names are for no broker: an AMQP short string holds 255 bytes, the name of an SQS attribute 256. */
#define ECOQ_RIDER_NAME_MAX 255
#define ECOQ_RIDERS_MAX 4096

/* Reads the scalars of a JSON object. Left out are: arrays, objects and null; names that are empty, too long, or begin with "ecoq-"; numbers beyond what a
 * double holds; whatever is behind the first ECOQ_RIDERS_MAX, or behind a fault of the text. Of two with one name the last one counts. `riders` must be
 * zero and is freed by ecoq_riders_free() in any case; false: out of memory. */
bool ecoq_riders_read(ecoq_bytes headers, ecoq_riders *riders);
void ecoq_riders_free(ecoq_riders *riders); /* back to all zeros */

/* Whether a name begins with that. */
bool ecoq_rider_begins_with(ecoq_bytes name, const char *prefix);

#endif
