#ifndef ECOQ_TRANSPORT_REDIS_QUEUE_H
#define ECOQ_TRANSPORT_REDIS_QUEUE_H

/* One queue in Redis. The keys (see docs/redis.md; the scripts tell what is done with them):
 *
 *   <queue>                   list: ready messages of default priority, bare envelopes, shared with other languages
 *   {<queue>}:ecoq:…          everything else, on the same slot of a Cluster; a queue name with a hash tag of its own keeps that: <queue>:ecoq:…
 *     lanes                   zset: ready messages that are no bare envelopes (other priorities, groups, once crashed); score: lane and place, member: record
 *     delayed                 zset: score: due instant (ms), member: record
 *     suspects                list of records: back from owners that died
 *     owners                  zset: score: instant at which its presence ends, member: owner; or minus the instant at which one that died is looked
 *                           at once more, member: "~<owner>"
 *     held:<owner>            hash: what an owner has reserved; field: number, then "" for a bare envelope, "r" for a record, "s" for a suspect;
 *                             beside them "settled": number of the last SETTLE and what it found lost, and "recalled": of the last RESERVE before a RECALL
 *     inbox:<owner>           list: taken by an idle owner's BLMOVE, not yet reserved
 *     overdue                 zset, where `timeout` is set: score: instant at which a reservation is too old, member: "<number> <owner>"
 *     wake                    list: a token or more for idle workers, when something came that is not in <queue>
 *     pub:<publisher>         string: the last chunk that a publisher has stored
 *     batch:<publisher>       string: the last one of those that send_batch.h tells of
 *     number                  counter: of reservations, and of the places of records
 *     groups, group:<name>    hash: group → 1 while a message of it is anywhere but in group:<name>; list of records that wait for it
 *     grace                   string: until when nobody is declared dead, after an outage, and which one
 *
 * A record: 16 hex digits of its place, one digit of its priority, "<crashes> <deliver_at> <size of the group> <size of the id> ", group, id, body. */

#include "base/keeper.h"
#include "transport/open_list.h"
#include "transport/redis/route.h"

#define ECOQ_REDIS_PRESENCE_MS 3500 /* how long an owner lives without a sign of life */
#define ECOQ_REDIS_REFRESH_MS 1000  /* how often the keeper gives one */
#define ECOQ_REDIS_ABSENT_MS 500    /* an owner is dead when it was absent that long */
#define ECOQ_REDIS_GRACE_MS 3000    /* nobody is declared dead that long after an outage */
#define ECOQ_REDIS_LOOK_MS 250      /* how often a reservation looks for the dead */

enum ecoq_redis_key {
	ECOQ_REDIS_LIST,
	ECOQ_REDIS_LANES,
	ECOQ_REDIS_DELAYED,
	ECOQ_REDIS_SUSPECTS,
	ECOQ_REDIS_OWNERS,
	ECOQ_REDIS_HELD,  /* of this owner */
	ECOQ_REDIS_INBOX, /* of this owner */
	ECOQ_REDIS_OVERDUE,
	ECOQ_REDIS_WAKE,
	ECOQ_REDIS_NUMBER,
	ECOQ_REDIS_GROUPS,
	ECOQ_REDIS_GRACE,
	ECOQ_REDIS_KEY_COUNT
};

/* Messages that this process gave back one by one since it reserved last: they stand at the head of the list, and a further one is put between them. */
#define ECOQ_REDIS_RETURNED 256

/* A send or a settlement whose outcome is unknown: the repeat goes under the same number. */
typedef struct ecoq_redis_doubt {
	uint64_t number;      /* 0: what was asked for is known not to have happened */
	uint64_t fingerprint; /* of what it was about */
	size_t done;          /* messages of that send that were stored before */
	char publisher[33];   /* whose number it is, where it is a send; nobody else sends under that name any more */
	int64_t since_ms;     /* monotonic */
} ecoq_redis_doubt;

typedef struct ecoq_redis_wait ecoq_redis_wait; /* wait.h */

typedef struct ecoq_redis_queue {
	ecoq_transport transport; /* first: it is what others hold */
	pthread_mutex_t mutex;    /* all below; held by every operation from its begin to its end, on whichever thread. Taken before the link's */
	ecoq_redis_route route;
	char *channel;                         /* for error texts */
	ecoq_bytes keys[ECOQ_REDIS_KEY_COUNT]; /* each on malloc */
	char *side;                            /* "{<queue>}:ecoq:" */
	int64_t timeout_ms;                    /* longest handling time; 0: none */
	char owner[40];                        /* of this transport: random, never reused; a new one after a fork */
	uint64_t *held;                        /* numbers that this process knows it holds, for RECALL */
	size_t held_count, held_capacity;
	bool must_recall;                       /* a reservation's outcome is unknown */
	uint64_t last_settlement;               /* number of the last SETTLE, so that a repeat of unknown outcome is taken once */
	int64_t looked_at_ms;                   /* monotonic: for the dead */
	int64_t clock_ahead_ms;                 /* the server's clock minus ours, as of the last reservation */
	uint64_t last_reservation;              /* number of the last RESERVE, so that one that reaches the server late can be refused */
	uint64_t returned[ECOQ_REDIS_RETURNED]; /* ascending */
	size_t returned_count;
	ecoq_redis_doubt unsent, unsettled;
	uint64_t known_connection; /* of the last reservation; 0: none yet */
	int64_t patience_until_ms; /* monotonic: nobody is found dead before, since what broke our connection may have broken others' */
	/* presence.c */
	ecoq_keeper *keeper; /* NULL: nothing was reserved yet */
	ecoq_timer timer;
	void (*lost)(void *context);
	void *lost_context;
	int64_t present_until_ms;   /* monotonic: as far as this process knows */
	unsigned presence_failures; /* to give a sign of life, in a row */
	unsigned presence_missed;   /* times in a row that the main thread was in an operation; the keeper's own */
	bool has_loss_to_tell;
	pthread_mutex_t lost_mutex; /* of `lost`, which is called without the other one. Nothing else is locked under it */
	/* wait.c */
	ecoq_redis_wait *wait; /* NULL: never idle so far */
	ecoq_open_entry open;  /* in the list of redis.c */
} ecoq_redis_queue;

static inline ecoq_redis_queue *ecoq_redis_queue_of(ecoq_transport *transport)
{
	return (ecoq_redis_queue *) transport;
}

/* "Sending to queue \"orders\" at localhost:6379 (channel \"orders\")": into `out`, which is returned. */
const char *ecoq_redis_doing(const ecoq_redis_queue *queue, const char *what, char *out, size_t capacity);

/* What is hashed of a name to find its slot: the hash tag in it, else all of it. */
ecoq_bytes ecoq_redis_hashed_part(ecoq_bytes name);
/* What the names of a queue's other keys begin with, on malloc. NULL: out of memory. */
char *ecoq_redis_side_of(ecoq_bytes name);

/* Appends what the scripts make a record of: priority, crashes, deliver_at, group, id and body, borrowed from the message. */
void ecoq_redis_add_record_words(ecoq_redis_words *words, const ecoq_outgoing *message);

/* Appends keys to the words of a script, in that order. */
void ecoq_redis_add_keys(const ecoq_redis_queue *queue, ecoq_redis_words *words, const enum ecoq_redis_key *keys, size_t count);
/* "{<queue>}:ecoq:" and two more pieces, on malloc. NULL: out of memory. */
char *ecoq_redis_side_key(const ecoq_redis_queue *queue, const char *piece, ecoq_bytes rest);

/* ecoq_redis_run() of what may as well run twice, repeated at least once, and for up to a second, while its outcome is unknown; then ECOQ_UNAVAILABLE. `*in_doubt` (may be NULL) tells whether it
 * may have run although this fails. */
ecoq_result ecoq_redis_run_surely(ecoq_redis_queue *queue, enum ecoq_redis_script script, const ecoq_redis_words *words, size_t key_count, redisReply **reply,
	const char *what, bool *in_doubt, ecoq_error *error);

/* ecoq_transport_ops, in send.c, reserve.c, settle.c, look.c; each takes the queue's mutex itself. */
ecoq_result ecoq_redis_send(ecoq_transport *transport, const ecoq_outgoing *messages, size_t count, ecoq_error *error);
ecoq_result ecoq_redis_reserve(ecoq_transport *transport, const ecoq_reservation *request, ecoq_delivery *deliveries, size_t *count, int64_t *next_due, ecoq_error *error);
ecoq_result ecoq_redis_settle(ecoq_transport *transport, ecoq_settlement *settlements, size_t count, ecoq_error *error);
ecoq_result ecoq_redis_hand_back(ecoq_transport *transport, ecoq_delivery *const *deliveries, size_t count, ecoq_error *error);
void ecoq_redis_release(ecoq_transport *transport, ecoq_delivery *delivery);
ecoq_result ecoq_redis_still_mine(ecoq_transport *transport, const ecoq_delivery *delivery, ecoq_error *error);
ecoq_result ecoq_redis_stats(ecoq_transport *transport, ecoq_queue_stats *stats, ecoq_error *error);
ecoq_result ecoq_redis_purge(ecoq_transport *transport, size_t *removed, ecoq_error *error);
ecoq_result ecoq_redis_browse(ecoq_transport *transport, size_t offset, size_t max, ecoq_delivery *deliveries, size_t *count, ecoq_error *error);
void ecoq_redis_advise(ecoq_transport *transport, void (*say)(void *context, const char *text), void *context);
ecoq_result ecoq_redis_setup(ecoq_transport *transport, ecoq_error *error);

/* send.c: one chunk of messages for the queue whose keys are given, on that route, under a publisher's number. Under the queue's mutex. */
ecoq_result ecoq_redis_store(ecoq_redis_queue *queue, const ecoq_outgoing *messages, size_t count, const char *publisher, uint64_t number, ecoq_error *error);

/* take_over.c. Under the queue's mutex: `owners` and `overdue` are what RESERVE has told of; takes over from those that were absent long enough. */
ecoq_result ecoq_redis_take_over(ecoq_redis_queue *queue, const redisReply *owners, const redisReply *overdue, ecoq_error *error);

#endif
