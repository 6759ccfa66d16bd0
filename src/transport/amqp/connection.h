#ifndef ECOQ_TRANSPORT_AMQP_CONNECTION_H
#define ECOQ_TRANSPORT_AMQP_CONNECTION_H

/* One AMQP connection. librabbitmq does the protocol; what arrives is read without blocking and handed to whoever uses the AMQP channel. From the first
 * connect on the keeper reads and sends heartbeats when nobody else does. */

#include <pthread.h>

#include "base/keeper.h"
#include "transport/amqp/library.h"
#include "transport/amqp/settings.h"
#include "transport/pool.h"

#define ECOQ_AMQP_CHANNELS 96 /* per connection: one for each partition, and some */

typedef struct ecoq_amqp_connection ecoq_amqp_connection;
struct ecoq_amqp_known;
struct ecoq_amqp_publisher;
typedef struct ecoq_amqp_listener ecoq_amqp_listener;

/* Whoever uses an AMQP channel. Called with the connection's mutex held, on whichever thread reads; must not call the connection. */
struct ecoq_amqp_listener {
	/* A method frame of this channel: basic.deliver, basic.return (their header and body follow), basic.ack, basic.nack, basic.cancel … */
	void (*on_method)(ecoq_amqp_listener *listener, const amqp_method_t *method);
	void (*on_header)(ecoq_amqp_listener *listener, const amqp_basic_properties_t *properties, uint64_t body_size);
	void (*on_body)(ecoq_amqp_listener *listener, const void *data, size_t size);
	/* The broker closed the channel, or the connection is gone: nothing of it stands any more. `error` says why. */
	void (*on_gone)(ecoq_amqp_listener *listener, const ecoq_error *error);
};

struct ecoq_amqp_connection {
	ecoq_pooled pooled;    /* first; a consuming connection's has one user and is in no pool */
	pthread_mutex_t mutex; /* everything below but what says otherwise; held for the time of one operation */
	ecoq_amqp_settings *settings;
	bool publishes;                                    /* a publishing one is shared and kept (pool.c), */
	bool asks;                                         /* and so is one for questions; a consuming one is its owner's */
	amqp_connection_state_t state;                     /* NULL: not connected */
	ecoq_amqp_listener *listeners[ECOQ_AMQP_CHANNELS]; /* by channel number; [0] is not used */
	uint64_t opened[ECOQ_AMQP_CHANNELS];               /* generation in which the channel was opened; 0: it is not open */
	bool closing[ECOQ_AMQP_CHANNELS];                  /* the broker was told to close it, and has not answered yet */
	amqp_channel_t spare;                              /* one that is open and nobody's; 0: none */
	uint64_t generation;                               /* of this connection's connects, from 1 */
	size_t next_address;
	char address[300];                     /* "rabbit1:5672" of the present or last connect, for error texts */
	int server_version;                    /* 31008 for 3.10.8; 0: unknown */
	char blocked[128];                     /* the broker's reason while it takes no messages; empty: it does */
	int refusal_code;                      /* of the last close (404, 406 …) that ecoq_amqp_answer() or the pump saw; 0: it was none */
	ecoq_error gone;                       /* why it was last lost */
	int64_t heartbeat_ms;                  /* as negotiated; 0: none */
	int64_t sent_at_ms;                    /* monotonic: the last sign of life from here that is known of */
	struct ecoq_amqp_known *known;         /* topology.c's; freed with ecoq_amqp_known_free() */
	struct ecoq_amqp_publisher *publisher; /* publisher.c's; freed with ecoq_amqp_publisher_free() */
	ecoq_keeper *keeper;
	ecoq_timer timer;
	bool is_timed;
	int epoll;        /* see ecoq_amqp_descriptor(); -1: nobody asked */
	int wake_up;      /* eventfd in it */
	bool is_awake;    /* the eventfd is readable */
	uint64_t handled; /* frames that listeners were called for */
	/* Nobody may wait on a dead or blocked broker for ever: the keeper cuts a connection whose mutex is held for too long. */
	_Atomic int64_t locked_at_ms; /* 0: the mutex is free */
	pthread_mutex_t line_mutex;   /* `line` */
	int line;                     /* another descriptor of the socket; -1: none */
};

/* A publishing connection of this process and thread to that broker, made or taken from the pool. It connects with the first use. NULL: out of memory. */
ecoq_amqp_connection *ecoq_amqp_connection_get(ecoq_amqp_settings *settings);
/* One for questions alone, likewise: the broker goes on reading it while it lacks memory or disk, and then reads nothing from one that has published. */
ecoq_amqp_connection *ecoq_amqp_connection_get_asking(ecoq_amqp_settings *settings);
void ecoq_amqp_connection_put(ecoq_amqp_connection *connection);
void ecoq_amqp_connections_close_idle(void); /* at the end of the process */

/* A consuming one, the caller's own. destroy() says good-bye to the broker, which then gives what is unacknowledged to others at once; forget() says nothing,
 * and neither does destroy() in a forked child. */
ecoq_amqp_connection *ecoq_amqp_connection_create(ecoq_amqp_settings *settings);
void ecoq_amqp_connection_destroy(ecoq_amqp_connection *connection);
void ecoq_amqp_connection_forget(ecoq_amqp_connection *connection);

/* In a forked child the first of them drops the parent's connection, without a word; it may be used anew then. */
void ecoq_amqp_lock(ecoq_amqp_connection *connection);
void ecoq_amqp_unlock(ecoq_amqp_connection *connection);

/* All below: with the mutex held. `deadline_ms` is monotonic. */

/* Connects unless it is: tries the hosts in turn, with a quick back-off, in all at most a few seconds. ECOQ_INVALID: refused login, vhost, certificate. */
ecoq_result ecoq_amqp_connect(ecoq_amqp_connection *connection, ecoq_error *error);
void ecoq_amqp_disconnect(ecoq_amqp_connection *connection, const ecoq_error *why); /* tells the listeners */

/* Opens an AMQP channel and takes a number for it; the listener (NULL for one that is thrown away) lives until it is closed. Connects if need be.
 * ECOQ_UNAVAILABLE also while the broker has blocked the connection: it would not answer. */
ecoq_result ecoq_amqp_channel_open(ecoq_amqp_connection *connection, ecoq_amqp_listener *listener, amqp_channel_t *number, ecoq_error *error);
/* Says so to the broker, unless the channel is gone, and does not wait for its answer. What still comes for it is dropped; the listener is not called
 * again, not even on_gone. */
void ecoq_amqp_channel_close(ecoq_amqp_connection *connection, amqp_channel_t number);

/* For a channel without a listener whose last call was answered: the next such open takes it, which saves both sides the opening. */
void ecoq_amqp_channel_spare(ecoq_amqp_connection *connection, amqp_channel_t number);

/* Reads and dispatches what is there, to the last byte; waits until `deadline_ms` for something to come when nothing is (0: does not wait), and may return
 * before that with nothing. ECOQ_UNAVAILABLE: the connection is gone (the listeners know). */
ecoq_result ecoq_amqp_pump(ecoq_amqp_connection *connection, int64_t deadline_ms, ecoq_error *error);

/* Waits until the socket takes more, so that a following basic.publish need not wait for long, and pumps meanwhile. ECOQ_UNAVAILABLE at the deadline
 * (also while connection.blocked: says the broker's reason), and when the connection is gone. */
ecoq_result ecoq_amqp_writable(ecoq_amqp_connection *connection, int64_t deadline_ms, ecoq_error *error);

/* A descriptor that is readable when a pump would dispatch something, or when something was dispatched on the keeper's thread or by this call, or
 * when the connection is lost; the next pump of any other caller makes it unreadable. It is not the socket, and lives as long as the connection, across
 * reconnects. -1: none can be had. */
int ecoq_amqp_descriptor(ecoq_amqp_connection *connection);

/* Makes that readable until the next pump: somebody dispatched something outside of the reader's own calls. */
void ecoq_amqp_wake(ecoq_amqp_connection *connection);

/* After a call of librabbitmq on this connection: ECOQ_OK for a normal answer; otherwise what it means, with the channel or connection closed as the
 * broker demands. `doing` as in "Declaring queue \"orders\"". The answer's fields stay valid until the next pump, open or close. */
ecoq_result ecoq_amqp_answer(ecoq_amqp_connection *connection, amqp_channel_t number, amqp_rpc_reply_t reply, const char *doing, ecoq_error *error);
/* The same for functions that return an AMQP_STATUS: any failure but a message that does not fit into frames closes the connection. */
ecoq_result ecoq_amqp_status(ecoq_amqp_connection *connection, int status, const char *doing, ecoq_error *error);

/* What a close code and text of the broker mean: 403, 404, 405, 406, 320, 5xx. */
ecoq_result ecoq_amqp_refusal(const ecoq_amqp_settings *settings, int code, amqp_bytes_t text, const char *doing, ecoq_error *error);
/* What an AMQP_STATUS means. */
ecoq_result ecoq_amqp_failure(const ecoq_amqp_connection *connection, int status, const char *doing, ecoq_error *error);

#endif
