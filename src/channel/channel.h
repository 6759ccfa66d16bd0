#ifndef ECOQ_CHANNEL_CHANNEL_H
#define ECOQ_CHANNEL_CHANNEL_H

/* A channel: a named pipe with policy around a transport. Made from the `channels:` entry (a DSN string, a \PDO, an Ecoq\Channel);
 * the transport is opened on first use. */

#include <sys/types.h>

#include "base/backoff.h"
#include "envelope/envelope.h"
#include "php/compat.h"
#include "transport/transport.h"

typedef enum ecoq_unknown_policy {
	ECOQ_UNKNOWN_RETRY,
	ECOQ_UNKNOWN_DEAD_LETTER,
	ECOQ_UNKNOWN_IGNORE
} ecoq_unknown_policy;

typedef struct ecoq_channel {
	uint32_t refcount;
	zend_string *name;
	zend_string *queue;             /* `prefix` applied; default: the name */
	zend_string *dead_letter_queue; /* "<queue>.dlq" */
	ecoq_backoff retry;
	int64_t timeout_ms;   /* longest handling time; 0: none */
	int64_t max_delay_ms; /* a deliver-at further away is a fault; default 1 year */
	ecoq_unknown_policy unknown;
	bool acknowledge_each; /* `ack=each`: no batching of acknowledgements */
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
	pid_t pid;            /* who opened the transports; a forked child forgets them first */
} ecoq_channel;

/* Checks the definition and makes the channel, without connecting. NULL with a ConfigurationException that names the channel and, for an
 * unknown option, lists the known ones. */
ecoq_channel *ecoq_channel_create(zend_string *name, zval *definition);
void ecoq_channel_addref(ecoq_channel *channel);
void ecoq_channel_release(ecoq_channel *channel); /* the last one closes the transports */

/* Opens on first use. ECOQ_EXCEPTION: an exception of PHP code is pending. */
ecoq_result ecoq_channel_open(ecoq_channel *channel, ecoq_error *error);
ecoq_result ecoq_channel_open_dead_letters(ecoq_channel *channel, ecoq_error *error);

/* Whether an open channel takes the message: what it asks for (delay, priority, group; else ECOQ_UNSUPPORTED), max-delay (ECOQ_INVALID) and
 * max-body (ECOQ_REFUSED). */
ecoq_result ecoq_channel_check(const ecoq_channel *channel, const ecoq_outgoing *message, ecoq_error *error);

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
