#ifndef ECOQ_CHANNEL_OUTBOX_H
#define ECOQ_CHANNEL_OUTBOX_H

/* The outbox: messages written to the application's database within the unit of work, and sent on later. For each destination channel that is not on
 * the database itself there is a leg: an ordinary channel on the database, whose deliveries are not handled but relayed. Two kinds:
 *   "outbox:orders"  of an OutboxChannel: everything sent to `orders` goes there, and `consume outbox` relays it;
 *   "after:orders"   of any other channel: what handlers send, written with their transaction under this worker's id, sent right after the commit by the
 *                    worker itself; what a dead worker left there is taken by any relay or worker of the database. */

#include "channel/channel.h"
#include "channel/database.h"

#define ECOQ_OUTBOX_NAME "outbox" /* the name under which all legs are consumed and counted */

extern zend_class_entry *ecoq_ce_OutboxChannel;
void ecoq_outbox_minit(void);

/* What an OutboxChannel object wraps: an Ecoq\Channel. NULL: it is no OutboxChannel. Borrowed. */
zval *ecoq_outbox_channel_inner(zval *definition);

/* ---- Legs ---- */

/* A leg is allocated as one of these; the channel comes first. */
typedef struct ecoq_outbox_leg_state {
	ecoq_channel channel;
	int64_t asked_at_ms; /* for the lease of the destination (relay.h); monotonic, 0: not yet */
	int64_t held_as;     /* the owner that has it; 0: another process */
} ecoq_outbox_leg_state;

/* The channel's leg, made on first use. The channel owns it, and it borrows the channel. NULL without a database. Whether the channel is itself on the
 * database (then nothing should be sent to the leg) is for the caller to know: ecoq_channel_locate(). */
ecoq_channel *ecoq_outbox_leg(ecoq_channel *channel);

/* Stores messages for a relay, in the order given, durably or within the transaction that is open on the database. Delay, time to live and priority are
 * judged by what the destination can do, and travel in the envelope: they begin to count when it is relayed. */
ecoq_result ecoq_outbox_store(ecoq_channel *leg, const ecoq_outgoing *messages, size_t count, ecoq_error *error);

/* Prepares the leg for store_own(), before the unit of work: opens it, and registers this process as an owner in the database (the database's owner,
 * for all legs). Costs nothing once that has happened. No unit may be open on the database. */
ecoq_result ecoq_outbox_prepare(ecoq_channel *leg, ecoq_error *error);

/* Writes messages as rows that are reserved for this process, within the unit that is open on the database. `rows` (count of them) are what to settle
 * by the leg's transport once they are sent; they hold no memory. ECOQ_CONFLICT: the registration is gone: prepare() and run the unit again. */
ecoq_result ecoq_outbox_store_own(ecoq_channel *leg, const ecoq_outgoing *messages, size_t count, ecoq_delivery *rows, ecoq_error *error);

/* ---- All of them as one ---- */

/* False with a ConfigurationException: an OutboxChannel without `database` (may be NULL), or a channel named "outbox" beside one. */
bool ecoq_outbox_check(HashTable *channels, const ecoq_database *database);

/* The channel "outbox": it stands for the legs of all these channels (name => ecoq_channel *). It can be counted, set up and purged; sending to it and
 * receiving from it is an error that says why. One reference, the caller's. */
ecoq_channel *ecoq_outbox_create(HashTable *channels);
bool ecoq_outbox_is(const ecoq_channel *channel);
bool ecoq_outbox_has_channels(const ecoq_channel *outbox); /* whether there are OutboxChannels at all */

typedef enum ecoq_outbox_part {
	ECOQ_OUTBOX_CHANNELS = 1, /* the legs of OutboxChannels */
	ECOQ_OUTBOX_ORPHANS = 2,  /* those of the others, where dead workers may have left something */
	ECOQ_OUTBOX_ALL = 3
} ecoq_outbox_part;

/* The legs of this part, OutboxChannels first; channels on the database have none. `*legs` is the caller's to efree(), the legs are borrowed. May
 * connect to the database. Only ECOQ_EXCEPTION (pending; `*legs` is NULL) is a failure. */
ecoq_result ecoq_outbox_legs(ecoq_channel *outbox, ecoq_outbox_part part, ecoq_channel ***legs, size_t *count);

#endif
