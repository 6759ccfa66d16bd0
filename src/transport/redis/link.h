#ifndef ECOQ_TRANSPORT_REDIS_LINK_H
#define ECOQ_TRANSPORT_REDIS_LINK_H

/* One connection to one Redis server. hiredis does the protocol, in its non-blocking form; waiting is done here by poll() with deadlines, so that a
 * signal neither ends nor prolongs it. */

#include <hiredis.h>
#include <pthread.h>

#include "transport/pool.h"
#include "transport/redis/settings.h"

/* The words of one command, borrowed but for numbers. Zero-initialise, free with ecoq_redis_words_free(). Running out of memory is remembered, and is the
 * result of the request. */
typedef struct ecoq_redis_words {
	const char **data;
	size_t *sizes;
	size_t count;
	size_t capacity;
	struct ecoq_redis_numbers *numbers; /* words that are owned */
	struct ecoq_redis_numbers *filling; /* the one of them that has room */
	bool is_out_of_memory;
} ecoq_redis_words;

void ecoq_redis_words_add(ecoq_redis_words *words, ecoq_bytes word);
void ecoq_redis_words_add_text(ecoq_redis_words *words, const char *word);
void ecoq_redis_words_add_int(ecoq_redis_words *words, int64_t number);
void ecoq_redis_words_clear(ecoq_redis_words *words); /* keeps the memory */
void ecoq_redis_words_free(ecoq_redis_words *words);

struct ecoq_redis_tls;

typedef struct ecoq_redis_link ecoq_redis_link;
struct ecoq_redis_link {
	ecoq_pooled pooled;    /* first */
	pthread_mutex_t mutex; /* recursive. Everything below but what says otherwise; held for the time of a request */
	ecoq_redis_settings *settings;
	ecoq_network_address address; /* owned; does not change */
	bool is_sentinel;             /* login and greeting are those of a Sentinel */
	redisContext *context;        /* NULL: not connected */
	struct ecoq_redis_tls *tls;   /* NULL: none */
	_Atomic int fd;               /* of the context; -1: not connected */
	int64_t used_at_ms;           /* monotonic */
	ecoq_buffer output;           /* scratch: the commands of one request */
	char *input;                  /* scratch: what came with one read */
	_Atomic uint64_t connection;  /* the last successful one's number, which no other of this process has; 0: none so far */
	bool is_wrong_host;           /* the last attempt failed at what is this server's alone: its certificate */
	bool is_alone;                /* as of its connection: no node of a Cluster */
	char publisher[33];           /* random; one per link, across its reconnects */
	uint64_t last_number;         /* of its batches */
	/* send_batch.c */
	uint64_t batches_to;         /* print of the key that the last batch went under */
	uint64_t watched_connection; /* on which that key is under WATCH */
	uint64_t refused_connection; /* on which the server, or the user's rights, refused to do it that way */
};

/* The link of this process to that address under those settings, made or taken from the pool: those of one thread that name the same server share it,
 * and it stays for later requests. It connects with the first request. NULL: out of memory. */
ecoq_redis_link *ecoq_redis_link_get(ecoq_redis_settings *settings, const ecoq_network_address *address);
void ecoq_redis_link_put(ecoq_redis_link *link);
void ecoq_redis_links_close_idle(void); /* at the end of the process */

/* One of the caller's own, outside of the pool, for commands that block on the server. */
ecoq_redis_link *ecoq_redis_link_create(ecoq_redis_settings *settings, const ecoq_network_address *address);
void ecoq_redis_link_destroy(ecoq_redis_link *link);

static inline void ecoq_redis_lock(ecoq_redis_link *link)
{
	pthread_mutex_lock(&link->mutex);
}

static inline void ecoq_redis_unlock(ecoq_redis_link *link)
{
	pthread_mutex_unlock(&link->mutex);
}

/* All below: under the link's mutex. */

/* Connects, logs in, selects the database, unless that is done; a connection that was idle is looked at first (without a round trip) and made anew
 * if the server has closed it. `deadline_ms` (monotonic) may cut the settings' time-outs short; 0: it does not. ECOQ_INVALID: refused login, unknown database, certificate. */
ecoq_result ecoq_redis_connect(ecoq_redis_link *link, int64_t deadline_ms, ecoq_error *error);
void ecoq_redis_disconnect(ecoq_redis_link *link);

/* Sends the commands in one go and reads as many replies, which the caller frees; error replies are replies. On failure there are none, and the
 * connection is closed: ECOQ_UNAVAILABLE when no whole command can have reached the server, ECOQ_UNKNOWN when one may have, also where what came back
 * is no protocol. A time-out is also that of the settings. */
ecoq_result ecoq_redis_request(ecoq_redis_link *link, const ecoq_redis_words *commands, size_t count, redisReply **replies, int64_t deadline_ms, ecoq_error *error);
/* The same on the connection as it stands, never on a new one; ECOQ_UNAVAILABLE where there is none. */
ecoq_result ecoq_redis_request_here(ecoq_redis_link *link, const ecoq_redis_words *commands, size_t count, redisReply **replies, int64_t deadline_ms, ecoq_error *error);

/* For commands that block on the server: sends without waiting for the reply, and takes the reply if it is there (NULL with ECOQ_OK: not yet). On failure
 * the connection is closed. */
ecoq_result ecoq_redis_post(ecoq_redis_link *link, const ecoq_redis_words *command, ecoq_error *error);
ecoq_result ecoq_redis_poll(ecoq_redis_link *link, redisReply **reply, ecoq_error *error);

/* What an error reply means: fills `error` with what was being done, what the server said and what to do about it. OOM, LOADING, READONLY, CLUSTERDOWN, MASTERDOWN,
 * BUSY, MISCONF, NOREPLICAS, TRYAGAIN …: ECOQ_UNAVAILABLE; NOAUTH, WRONGPASS, NOPERM, WRONGTYPE …: ECOQ_INVALID; else ECOQ_PROTOCOL. No secret, no payload. */
ecoq_result ecoq_redis_error(const redisReply *reply, const char *doing, ecoq_error *error);

#endif
