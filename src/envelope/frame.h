#ifndef ECOQ_ENVELOPE_FRAME_H
#define ECOQ_ENVELOPE_FRAME_H

/* Between the reader and frame.c. */

#include "base/json_scan.h"
#include "envelope/envelope.h"

typedef struct ecoq_frame {
	bool is_frame;
	ecoq_json_value headers; /* of any kind */
	ecoq_json_value body;    /* a string */
} ecoq_frame;

/* ecoq_envelope_read(), which also knows a frame: then `*envelope` is undefined and nothing is held. It costs nothing on a text that is none, since the
 * members are looked at in any case. `frame` must be zero; NULL: frames are not looked for. */
ecoq_envelope_fault ecoq_envelope_read_or_frame(ecoq_bytes bytes, const ecoq_envelope_limits *limits, ecoq_envelope *envelope, ecoq_frame *frame, ecoq_error *error);

#endif
