#ifndef ECOQ_CHANNEL_CHANNEL_H
#define ECOQ_CHANNEL_CHANNEL_H

/* A channel: a named pipe with policy around a transport. Made from the `channels:` entry (a DSN string, a \PDO, an Ecoq\Channel);
 * the transport is opened on first use. */

#include <sys/types.h>

#include "base/backoff.h"
#include "envelope/envelope.h"
#include "php/compat.h"
#include "transport/transport.h"

typedef struct ecoq_database ecoq_database; /* channel/database.h */

/* Where a message goes that was given up on. */
typedef enum ecoq_dead_letter_place {
	ECOQ_DEAD_LETTER_DEFAULT, /* the database where there is one, else the queue */
	ECOQ_DEAD_LETTER_DATABASE,
	ECOQ_DEAD_LETTER_QUEUE,
	ECOQ_DEAD_LETTER_BOTH
} ecoq_dead_letter_place;

/* What is sent to this channel within a transaction that the application itself began on the database. */
typedef enum ecoq_in_transaction {
	ECOQ_IN_TRANSACTION_OUTBOX,   /* becomes a row of the outbox: it leaves if the application commits */
	ECOQ_IN_TRANSACTION_IMMEDIATE /* leaves at once, whatever becomes of the transaction */
} ecoq_in_transaction;

typedef enum ecoq_unknown_policy {
	ECOQ_UNKNOWN_RETRY,
	ECOQ_UNKNOWN_DEAD_LETTER,
	ECOQ_UNKNOWN_IGNORE
} ecoq_unknown_policy;

typedef struct ecoq_channel {
	uint32_t refcount;
	zend_string *name;
	zend_string *queue;             /* `prefix` applied; default: the name */
	size_t prefix_size;             /* how much of that is the prefix */
	zend_string *dead_letter_queue; /* "<queue>.dlq" */
	ecoq_backoff retry;
	zval retry_only;  /* list of class names: exceptions of other classes are not retried; UNDEF: all are */
	zval retry_never; /* list of class names that are not retried; UNDEF: none */
	ecoq_dead_letter_place dead_letter_place;
	zend_string *error_channel; /* gets a message about each one that was given up on, instead of the dead letters; NULL: none */
	ecoq_in_transaction in_transaction;
	int64_t timeout_ms;   /* longest handling time; 0: none */
	int64_t max_delay_ms; /* a deliver-at further away is a fault; default 1 year */
	ecoq_unknown_policy unknown;
	bool acknowledge_each; /* `ack=each`: no batching of acknowledgements */
	bool group_passes;     /* `group-on-failure=pass`: a failed message is stored again without its group, which goes on */
	ecoq_envelope_limits limits;
	const ecoq_transport_ops *ops;         /* once open: the table of the transport itself, which tells what it can */
	ecoq_transport *transport;             /* NULL until opened */
	ecoq_transport *dead_letter_transport; /* the same broker, dead_letter_queue; NULL until opened */
	/* what open() needs; owned */
	zend_string *dsn_text; /* NULL for a \PDO or userland transport */
	ecoq_dsn dsn;
	zval native; /* UNDEF for a DSN */
	ecoq_dsn_option *options;
	size_t option_count;
	zval options_storage; /* array that `options` points into; UNDEF: none */
	zend_string *service; /* of the application, named to brokers; NULL: not given */
	pid_t pid;            /* who opened the transports; a forked child forgets them first */
	/* the application's database, and this channel's place towards it */
	ecoq_database *database;       /* one reference; NULL: the application has none */
	uint32_t database_generation;  /* of the connect that the transport was opened over, when it is on the database */
	bool is_on_database;           /* known once open: its rows are written on the database's connection */
	bool is_outbox;                /* an OutboxChannel: everything is sent to `leg` */
	struct ecoq_channel *leg;      /* owned (outbox.h); NULL: no database, or the channel is on it */
	int64_t resume_at_ms;          /* monotonic; until then nothing that has a row in the leg is sent directly; 0: reachable */
	uint32_t unreachable;          /* times in a row */
	struct ecoq_channel *relay_to; /* of a leg: whose it is; borrowed. NULL: an ordinary channel */
} ecoq_channel;

/* Checks the definition and makes the channel, without connecting. NULL with a ConfigurationException that names the channel and, for an
 * unknown option, lists the known ones. */
ecoq_channel *ecoq_channel_create(zend_string *name, zval *definition);
void ecoq_channel_addref(ecoq_channel *channel);
void ecoq_channel_release(ecoq_channel *channel); /* the last one closes the transports */

/* Before the first use, once: tells the channel of the application's database. */
void ecoq_channel_set_database(ecoq_channel *channel, ecoq_database *database);

void ecoq_channel_set_service(ecoq_channel *channel, zend_string *service);

/* Finds out `is_on_database`, without connecting to any broker (but to the database where that is needed to tell). */
ecoq_result ecoq_channel_locate(ecoq_channel *channel, ecoq_error *error);

/* Opens on first use. ECOQ_EXCEPTION: an exception of PHP code is pending. */
ecoq_result ecoq_channel_open(ecoq_channel *channel, ecoq_error *error);
ecoq_result ecoq_channel_open_dead_letters(ecoq_channel *channel, ecoq_error *error);

/* Whether an open channel takes the message: what it asks for (delay, priority, group; else ECOQ_UNSUPPORTED), max-delay and no delay within a group (ECOQ_INVALID) and
 * max-body (ECOQ_REFUSED). */
ecoq_result ecoq_channel_check(const ecoq_channel *channel, const ecoq_outgoing *message, ecoq_error *error);

/* Reads what a delivery of this channel, or a message that was one, holds: the one way from what a broker gives to an envelope. See ecoq_envelope_unpack(). */
ecoq_envelope_fault ecoq_channel_read(const ecoq_channel *channel, const ecoq_delivery *delivery, ecoq_envelope *envelope, ecoq_error *error);

/* What goes beside the body of a message for this channel, out of these headers of its envelope: in a new string; NULL: nothing, or the broker has no place
 * for it. */
zend_string *ecoq_channel_headers(const ecoq_channel *channel, ecoq_bytes headers);

/* Opens, checks every message, then sends them all. */
ecoq_result ecoq_channel_send(ecoq_channel *channel, const ecoq_outgoing *messages, size_t count, ecoq_error *error);

/* PHP classes of this folder: Ecoq\Channel (definition), Ecoq\RetryPolicy, Ecoq\MessageChannel (what Messaging::channel() gives),
 * Ecoq\Delivery, Ecoq\QueueStats, Ecoq\Transport (interface), Ecoq\OutgoingMessage, Ecoq\ReservedMessage. */
extern zend_class_entry *ecoq_ce_Channel;
extern zend_class_entry *ecoq_ce_RetryPolicy;
extern zend_class_entry *ecoq_ce_MessageChannel;
extern zend_class_entry *ecoq_ce_Delivery;
extern zend_class_entry *ecoq_ce_QueueStats;
void ecoq_channel_minit(void);

/* A MessageChannel object around the channel (one more reference). */
void ecoq_message_channel_create(ecoq_channel *channel, zval *object);

#endif
