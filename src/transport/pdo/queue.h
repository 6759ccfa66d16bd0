#ifndef ECOQ_TRANSPORT_PDO_QUEUE_H
#define ECOQ_TRANSPORT_PDO_QUEUE_H

/* One queue in a database. All functions are called between ecoq_pdo_enter() and ecoq_pdo_leave(). */

#include "transport/pdo/connection.h"
#include "transport/pdo/owner.h"
#include "transport/transport.h"

#include "zend_smart_str.h"

/* How its connection was opened; a forked child opens its own. */
typedef struct ecoq_pdo_settings {
	const ecoq_pdo_dialect *dialect; /* of a DSN; NULL: a \PDO of the application */
	zend_string *path;               /* SQLite: absolute, or ":memory:" */
	zend_string *dsn;                /* of a server: in PDO's form, without user and password, */
	zend_string *user, *password;    /* which are here, NULL: none. Never shown */
	smart_str extra;                 /* options of the DSN's URL form that belong to the client library, in its own words */
	zend_string *table;
	int64_t busy_timeout_ms;
	bool keep_relaxed;
	const void *scope;
} ecoq_pdo_settings;

typedef struct ecoq_pdo_queue {
	ecoq_transport base;
	struct ecoq_pdo_queue *next; /* among the open ones of this thread */
	ecoq_pdo_settings settings;
	ecoq_pdo_connection *connection;
	zval name;
	int64_t timeout_ms;

	ecoq_pdo_owner owner;
	int64_t looked_at_ms; /* for overdue messages; monotonic, -1: never */
	char wake_name[32];   /* of the notifications that tell of its messages */
	bool is_listening;    /* for them, on this connection */
} ecoq_pdo_queue;

/* opening.c: a connection around a \PDO object, checked that it can be worked with. Takes a reference of its own. */
ecoq_result ecoq_pdo_open_on(const ecoq_pdo_settings *settings, const ecoq_pdo_dialect *dialect, zend_string *key, zval *pdo, bool own, int socket,
	ecoq_pdo_connection **out, ecoq_error *error);

/* From settings that came from a DSN: opens, or finds an open one. */
ecoq_result ecoq_pdo_connect(const ecoq_pdo_settings *settings, ecoq_pdo_connection **out, ecoq_error *error);

/* Frees what the settings hold. */
void ecoq_pdo_settings_free(ecoq_pdo_settings *settings);

/* Reads the one cell of a statement that is used once, as text; for checking what a connection is to. */
ecoq_result ecoq_pdo_ask(ecoq_pdo_connection *connection, const char *sql, zend_long column, char *answer, size_t capacity, ecoq_error *error);

/* A \PDO of the application, of any driver that is known. One connection per \PDO and table prefix. */
ecoq_result ecoq_pdo_adopt(const ecoq_pdo_settings *settings, zval *pdo, ecoq_pdo_connection **out, ecoq_error *error);

/* takeover.c: takes over from the dead and the overdue; looks twice a second, for short time limits more often. */
ecoq_result ecoq_pdo_take_over(ecoq_pdo_queue *queue, ecoq_error *error);

/* reserve.c */
ecoq_result ecoq_pdo_reserve(ecoq_pdo_queue *queue, const ecoq_reservation *request, ecoq_delivery *deliveries, size_t *count,
	int64_t *next_due, ecoq_error *error);
void ecoq_pdo_delivery_from_row(zval *row, uint64_t fence, ecoq_delivery *delivery);

/* queue.c */
ecoq_result ecoq_pdo_send(ecoq_pdo_queue *queue, const ecoq_outgoing *messages, size_t count, ecoq_error *error);
ecoq_result ecoq_pdo_hand_back(ecoq_pdo_queue *queue, ecoq_delivery *const *deliveries, size_t count, ecoq_error *error);
ecoq_result ecoq_pdo_still_mine(ecoq_pdo_queue *queue, const ecoq_delivery *delivery, ecoq_error *error);
ecoq_result ecoq_pdo_stats(ecoq_pdo_queue *queue, ecoq_queue_stats *stats, ecoq_error *error);
ecoq_result ecoq_pdo_purge(ecoq_pdo_queue *queue, size_t *removed, ecoq_error *error);
ecoq_result ecoq_pdo_browse(ecoq_pdo_queue *queue, size_t offset, size_t max, ecoq_delivery *deliveries, size_t *count, ecoq_error *error);

/* rows.c: stores messages, as part of whatever transaction is open. `only_new`: not those that wait in that queue already under their id. Wakes who waits
 * for the queue, once the transaction is committed. */
bool ecoq_pdo_insert(ecoq_pdo_connection *connection, zval *queue_name, const ecoq_outgoing *message, bool only_new);
bool ecoq_pdo_insert_many(ecoq_pdo_connection *connection, zval *queue_name, const ecoq_outgoing *messages, size_t count, bool only_new);
void ecoq_pdo_wake_name(const ecoq_pdo_connection *connection, const zval *queue_name, char *name, size_t capacity);

/* settle.c */
ecoq_result ecoq_pdo_settle(ecoq_pdo_queue *queue, ecoq_settlement *settlements, size_t count, ecoq_error *error);

/* "Sending to queue \"orders\"", for error texts; in a buffer of the caller's. */
const char *ecoq_pdo_doing(const ecoq_pdo_queue *queue, const char *what, char *text, size_t capacity);

#endif
