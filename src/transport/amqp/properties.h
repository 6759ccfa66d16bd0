#ifndef ECOQ_TRANSPORT_AMQP_PROPERTIES_H
#define ECOQ_TRANSPORT_AMQP_PROPERTIES_H

/* The BabelQueue binding of AMQP 0-9-1 (spec broker-bindings 2): the envelope is the body; properties and headers repeat parts of it as typed values. */

#include "transport/amqp/library.h"
#include "transport/riders.h"
#include "transport/transport.h"

/* What a delivery's properties said. On malloc. */
typedef struct ecoq_amqp_projection {
	char *id; /* message_id */
	int64_t schema_version;
	char *source_lang;
	int64_t attempts;   /* x-attempts; 0: none */
	int64_t crashes;    /* ecoq-crashes */
	int64_t deliver_at; /* ecoq-deliver-at: levels for delays end up to a tick too early, the rest is waited for here; 0: at once */
	/* of what ecoq put back itself (queue "<queue>.returned") */
	bool is_suspect;    /* ecoq-suspect: its last owner died */
	int64_t place;      /* ecoq-place: when it first arrived, nanoseconds since the epoch; 0: it did not come from there */
	uint8_t priority;   /* the basic property */
	ecoq_buffer riders; /* the other headers, as JSON text of an object; empty: none */
} ecoq_amqp_projection;

void ecoq_amqp_read_properties(const amqp_basic_properties_t *properties, ecoq_amqp_projection *out);
void ecoq_amqp_projection_free(ecoq_amqp_projection *projection);

/* Which headers ride beside the body of a message on its way out, as JSON text of an object: those of its envelope; where it has none, or is no envelope,
 * those that its predecessor came with. Borrowed. */
ecoq_bytes ecoq_amqp_riders_of(const ecoq_outgoing *message, const ecoq_amqp_projection *from);

/* Properties of a message on its way out; `from` is what its predecessor came with (its language and version stay), or NULL; `is_returned`: it is that message itself, put back, for ecoq only.
 * `riders` are what was read of ecoq_amqp_riders_of(); the contract's own headers win over them. All has to fit into a frame of `room` bytes: riders that do not are left out. The table entries are
 * written to `entries` (room for ECOQ_AMQP_HEADERS and the riders); everything is borrowed from the message, `riders` and `from`. */
#define ECOQ_AMQP_HEADERS 8
void ecoq_amqp_write_properties(const ecoq_outgoing *message, const ecoq_amqp_projection *from, bool is_returned, const ecoq_riders *riders, size_t room, amqp_table_entry_t *entries, amqp_basic_properties_t *properties);

#endif
