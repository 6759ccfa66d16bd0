#ifndef ECOQ_TRANSPORT_TRANSPORT_H
#define ECOQ_TRANSPORT_TRANSPORT_H

/* The one interface between ecoq and the brokers. Plain C: a network transport includes no Zend header and calls no Zend function,
 * so that the keeper's thread may use it. All calls on one ecoq_transport come from one thread at a time, except where ECOQ_IS_THREAD_SAFE allows more. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/dsn.h"
#include "base/result.h"

#define ECOQ_PRIORITY_DEFAULT 4
#define ECOQ_PRIORITY_MAX 9

typedef struct ecoq_transport_ops ecoq_transport_ops;

/* One queue at one broker. Every transport's own state begins with this struct. */
typedef struct ecoq_transport {
	const ecoq_transport_ops *ops;
} ecoq_transport;

/* A message on its way to a broker. Everything is borrowed for the duration of the call. */
typedef struct ecoq_outgoing {
	ecoq_bytes body;     /* the envelope, stored byte for byte */
	ecoq_bytes id;       /* message id: a repeated send of one id is taken once where the backend can tell */
	ecoq_bytes type;     /* for brokers that project it into their own headers */
	ecoq_bytes trace_id; /* likewise */
	ecoq_bytes lang;     /* likewise: that of whoever made the message; empty: ecoq did, or nobody knows */
	ecoq_bytes headers;  /* for transports with ECOQ_HAS_HEADERS: the envelope's `headers`, JSON text of an object, to be read with riders.h and written
	                      * beside the body as well; empty: none. Not necessarily a part of `body` */
	ecoq_bytes group;    /* messages of one group are handled one at a time, in send order; empty: no group */
	int64_t deliver_at;  /* milliseconds since the epoch; 0: now */
	int64_t expires_at;  /* 0: never. Informative: the worker judges expiry, a broker may not drop the message by itself */
	uint32_t attempts;   /* as in the body */
	uint32_t crashes;    /* deaths charged to it so far; carried over to the successor of a retried delivery */
	uint8_t priority;    /* 0 … 9, higher first */
	bool id_is_new;      /* the id was made for this very send: no copy of the message can be there already */
} ecoq_outgoing;

/* A reserved message. Filled by reserve(); passed to settle() or hand_back() at most once, and always to release(). */
typedef struct ecoq_delivery {
	ecoq_bytes body;    /* owned by the delivery, valid until release() */
	ecoq_bytes id;      /* the id it was sent under, likewise; empty where the broker does not keep it */
	uint64_t number;    /* the broker's own handle of it (row id, delivery tag) */
	uint64_t identity;  /* of the message, where that handle is another one with each delivery, but something stays; else 0 */
	uint64_t fence;     /* token of this reservation; checked by settle() and hand_back() */
	int64_t deliver_at; /* when it was due, 0: at once; milliseconds since the epoch */
	uint32_t attempts;  /* failed executions the broker knows of (0 where it does not count): the larger of this and the body's stands */
	uint32_t crashes;   /* owners that died while they ran it */
	uint8_t priority;
	bool suspect;       /* its last owner died: it was reserved alone and is durably marked as started */
	bool redelivered;   /* someone reserved it before */
	ecoq_bytes headers; /* JSON text of an object: what the broker keeps beside the body, where that is not in the body as well; empty: nothing.
	                     * Valid until release() */
	void *storage;      /* the transport's, freed by release() */
} ecoq_delivery;

typedef struct ecoq_reservation {
	size_t max;               /* at most this many; at least 1 */
	ecoq_bytes message_id;    /* only the message of this id, due or not; empty: whatever is next */
	uint32_t rate_per_second; /* over all workers of the queue; 0: unlimited */
} ecoq_reservation;

/* What becomes of a delivery: its successor (if any) is stored first, then the delivery is removed, atomically where the backend
 * can. No successor: acknowledged. A successor in this queue: a retry. One in another queue of the same broker: a dead letter. */
typedef struct ecoq_settlement {
	ecoq_delivery *delivery;
	const ecoq_outgoing *successor; /* borrowed; NULL: none */
	ecoq_bytes successor_queue;     /* empty: this queue */
	ecoq_result result;             /* out: ECOQ_OK, or ECOQ_LOST when the fence refused it (its successor is then not stored) */
} ecoq_settlement;

/* -1: unknown. `ready` can be reserved now, `reserved` is with an owner. */
typedef struct ecoq_queue_stats {
	int64_t ready;
	int64_t delayed;
	int64_t reserved;
	bool exact; /* a count; otherwise an estimate */
} ecoq_queue_stats;

enum ecoq_capability {
	ECOQ_CAN_DELAY = 1 << 0,    /* honours deliver_at */
	ECOQ_CAN_PRIORITY = 1 << 1, /* honours priority */
	ECOQ_CAN_GROUP = 1 << 2,    /* honours group */
	ECOQ_CAN_RATE = 1 << 3,     /* honours rate_per_second */
	ECOQ_CAN_BROWSE = 1 << 4,   /* has browse() and honours message_id */
	ECOQ_IS_DURABLE = 1 << 5,   /* messages outlive the process */
	/* settle(), hand_back() and still_mine() may be called on the keeper's thread, whatever the main thread does meanwhile */
	ECOQ_IS_THREAD_SAFE = 1 << 6,
	ECOQ_HAS_FRAMES = 1 << 7,  /* a body may be the SDKs' frame of headers and envelope: {"__bq_frame":1,"headers":{…},"body":"…"} */
	ECOQ_MOVES_WHOLE = 1 << 8, /* settle() stores a successor in another queue with its priority, group and delay; otherwise as bare bytes */
	ECOQ_HAS_HEADERS = 1 << 9, /* the broker keeps headers beside the body: wants ecoq_outgoing.headers */
	/* browse() gives messages in any order, another one each time: who wants them oldest first reads all and sorts them */
	ECOQ_BROWSES_UNSORTED = 1 << 10,
};

/* One option that a transport takes in its DSN or in `options:`. */
typedef struct ecoq_option_spec {
	const char *name; /* NULL ends a table */
	const char *hint; /* "seconds to wait for a lock, default 5": shown where an option is unknown or wrong */
} ecoq_option_spec;

/* Borrowed for the duration of open(). */
typedef struct ecoq_transport_config {
	ecoq_bytes channel;             /* for error texts */
	ecoq_bytes service;             /* of the application, to be named to the broker; empty: not given */
	ecoq_bytes queue;               /* prefix already applied */
	ecoq_bytes prefix;              /* the one that was, for names of the transport's own; empty: none */
	const ecoq_dsn *dsn;            /* NULL when `native` is given */
	ecoq_bytes dsn_text;            /* as written; transports of one DSN may share a connection by it. Never shown */
	const void *scope;              /* whose queues these are where nothing outside the process names them ("memory:",
	                                 * "sqlite::memory:"): transports of one scope see the same ones; NULL: nobody else's. Only compared */
	void *native;                   /* zend_object* of a \PDO or an Ecoq\Transport; NULL for a DSN */
	int64_t timeout_ms;             /* longest handling time: a reservation older than this is free again; 0: no limit */
	const ecoq_dsn_option *options; /* the transport's own ones, already checked against ops->options by name */
	size_t option_count;
	bool is_for_dead_letters;                    /* the queue keeps them for the channel: nothing is consumed there in the order of groups */
	ecoq_bytes (*environment)(const char *name); /* the value of an environment variable, for the duration of open() as well; empty: not set. NULL: the process's own */
} ecoq_transport_config;

/* "May block" means: for network or disk I/O, at most for the transport's own time-outs (bounded, some seconds), never waiting for
 * a message to arrive. Members are mandatory unless they say otherwise. On failure a member fills `error` and leaves nothing
 * half-done that a repeated call would not mend. */
struct ecoq_transport_ops {
	const char *name;                /* "memory": for php --ri, stats and error texts */
	const char *const *schemes;      /* DSN schemes, NULL-terminated */
	const ecoq_option_spec *options; /* ended by a NULL name */
	unsigned capabilities;           /* of ecoq_capability */

	/* What a queue with these options can do, where it depends on them: another table of this transport. No I/O; wrong values are for open() to refuse.
	 * Optional. */
	const ecoq_transport_ops *(*with_options)(const ecoq_dsn_option *options, size_t count);

	/* Connects lazily or at once, as suits the broker. May block. On success `*out` is the caller's until close(); on failure
	 * nothing is held. ECOQ_INVALID for settings that can never work, ECOQ_UNAVAILABLE for a broker that does not answer. */
	ecoq_result (*open)(const ecoq_transport_config *config, ecoq_transport **out, ecoq_error *error);

	/* Ends presence and frees everything. What is still reserved is free for others at once. Never fails; may block shortly. */
	void (*close)(ecoq_transport *transport);

	/* The request died in a fatal error: what is still reserved at the close comes back as a suspect, or it would be run, uncharged, for ever. No I/O.
	 * Optional: NULL where close() can tell by itself. */
	void (*abandon)(ecoq_transport *transport);

	/* Which queue the DSN names, in a span of its own (within dsn->storage); empty: none, and the channel's name stands. Optional: NULL where
	 * a DSN names no queue but by the option `queue`, which goes first in any case. */
	ecoq_bytes (*queue_of_dsn)(const ecoq_dsn *dsn);

	/* Creates what the queue needs at the broker (tables, queues). Idempotent; done by itself on first use, too. May block. */
	ecoq_result (*setup)(ecoq_transport *transport, ecoq_error *error);

	/* Stores all messages durably before it returns ECOQ_OK. Atomic where the backend can; otherwise on failure some may be
	 * stored, and a repeat under the same ids is the way on. May block. */
	ecoq_result (*send)(ecoq_transport *transport, const ecoq_outgoing *messages, size_t count, ecoq_error *error);

	/* Reserves up to request->max messages for this process, in the order they are to be handled, without waiting for any to come:
	 * `*count` 0 with ECOQ_OK means there is none ready. A suspect comes alone, marked as started. `*next_due` is the
	 * instant (milliseconds since the epoch) the next delayed message becomes ready, 0 when none is known. May block. */
	ecoq_result (*reserve)(ecoq_transport *transport, const ecoq_reservation *request, ecoq_delivery *deliveries, size_t *count,
		int64_t *next_due, ecoq_error *error);

	/* Settles reservations of this transport. ECOQ_OK although some are ECOQ_LOST: look at each result. On any other return no
	 * delivery of the call is settled as far as is known, and the call may be repeated. May block. */
	ecoq_result (*settle)(ecoq_transport *transport, ecoq_settlement *settlements, size_t count, ecoq_error *error);

	/* Gives never-started deliveries back: to the head of the queue, in their order, nothing charged. Lost ones are passed over. May block. */
	ecoq_result (*hand_back)(ecoq_transport *transport, ecoq_delivery *const *deliveries, size_t count, ecoq_error *error);

	/* Frees the memory of a delivery, whatever became of it. No I/O. */
	void (*release)(ecoq_transport *transport, ecoq_delivery *delivery);

	/* ECOQ_OK while the reservation still stands, ECOQ_LOST when another owner may have it. May block. */
	ecoq_result (*still_mine)(ecoq_transport *transport, const ecoq_delivery *delivery, ecoq_error *error);

	/* May block. */
	ecoq_result (*stats)(ecoq_transport *transport, ecoq_queue_stats *stats, ecoq_error *error);

	/* Removes every message of the queue that nobody has reserved; `*removed` counts them. May block. */
	ecoq_result (*purge)(ecoq_transport *transport, size_t *removed, ecoq_error *error);

	/* Reads messages without reserving them, oldest first, skipping `offset`. The deliveries can only be released. Optional:
	 * NULL without ECOQ_CAN_BROWSE. May block. */
	ecoq_result (*browse)(ecoq_transport *transport, size_t offset, size_t max, ecoq_delivery *deliveries, size_t *count,
		ecoq_error *error);

	/* A descriptor that becomes readable when a message may have arrived (and may be visible only a moment later), or -1. Optional: NULL
	 * means -1. reserve() makes it unreadable again. The worker polls it together with its signal pipe; without one it asks reserve()
	 * again every `poll_interval_ms`. The first message after the first call may be missed. */
	int (*descriptor)(ecoq_transport *transport);
	int poll_interval_ms;

	/* What makes the descriptor readable is a message that reserve() will find at once, and nothing is missed: no need to look again soon after
	 * a wake-up or a message. */
	bool wakes_exactly;

	/* Waiting (begun by descriptor()) is over, since the worker is about to be busy with another channel: no message may be taken on its
	 * behalf any more, and one that was taken is found by the next reserve(), or goes back by itself within seconds. May block shortly. Optional. */
	void (*stop_waiting)(ecoq_transport *transport);

	/* From now on `lost(context)` is called, on the keeper's thread, when the backend is found to have given this process up although it lives:
	 * its reservations may be with others by now. NULL ends that; when that returns, it is not being called. Optional. */
	void (*watch_presence)(ecoq_transport *transport, void (*lost)(void *context), void *context);

	/* Says, through `say`, what an operator should know about the broker's configuration ("no append-only file: …"). The text lives for the call.
	 * May block; says nothing where it may not look. Optional. */
	void (*advise)(ecoq_transport *transport, void (*say)(void *context, const char *text), void *context);

	/* Whether something went wrong since the last call that an operator should know of, and was mended by itself: what it was, and what was done. No I/O.
	 * Optional. */
	bool (*recovered)(ecoq_transport *transport, ecoq_error *from);

	/* In a forked child: forget connections and locks without a word to the broker. Never blocks. Optional. */
	void (*after_fork)(ecoq_transport *transport);
};

/* The transport that serves a DSN scheme, or NULL. */
const ecoq_transport_ops *ecoq_transport_by_scheme(ecoq_bytes scheme);

/* All compiled-in transports, NULL-terminated; registration asserts in debug builds that mandatory members are there. */
const ecoq_transport_ops *const *ecoq_transports(void);

/* At the end of a request, while PHP objects still work: what transports that are still open have reserved is freed (not after a fatal error: then
 * it comes back as suspects), and their presence ends.
 * Without this call it would end with the process, and others would have to find that out. */
void ecoq_transports_rshutdown(bool is_fatal);

/* At the end of the process: closes connections that were kept for later requests. */
void ecoq_transports_mshutdown(void);

extern const ecoq_transport_ops ecoq_memory_transport;
extern const ecoq_transport_ops ecoq_pdo_transport;
extern const ecoq_transport_ops ecoq_userland_transport;
#ifdef ECOQ_HAVE_HIREDIS
extern const ecoq_transport_ops ecoq_redis_transport;
#endif
#ifdef ECOQ_HAVE_LIBRABBITMQ
extern const ecoq_transport_ops ecoq_amqp_transport;
#endif

#endif
