#ifndef ECOQ_TRANSPORT_PDO_QUEUE_H
#define ECOQ_TRANSPORT_PDO_QUEUE_H

/* One queue in a database. All functions are called between ecoq_pdo_enter() and ecoq_pdo_leave(). */

#include "transport/pdo/connection.h"
#include "transport/pdo/presence.h"
#include "transport/transport.h"

/* How its connection was opened; a forked child opens its own. */
typedef struct ecoq_pdo_settings {
	zend_string *path; /* absolute, or ":memory:"; NULL: a \PDO of the application */
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

	/* ownership */
	ecoq_presence *presence; /* NULL: not needed yet, or an in-memory database, which nobody else sees */
	int64_t owner;           /* 0: not registered yet */
	uint32_t claims;         /* made as this owner; with the owner id they form the fences */
	int64_t looked_at_ms;    /* for overdue messages; monotonic, -1: never */
} ecoq_pdo_queue;

/* sqlite.c: opens or adopts a connection and checks that it can be worked with. */
ecoq_result ecoq_pdo_sqlite_open(const ecoq_pdo_settings *settings, ecoq_pdo_connection **out, ecoq_error *error);
ecoq_result ecoq_pdo_sqlite_adopt(const ecoq_pdo_settings *settings, zval *pdo, ecoq_pdo_connection **out, ecoq_error *error);

/* owner.c */
ecoq_result ecoq_pdo_register(ecoq_pdo_queue *queue, ecoq_error *error);
void ecoq_pdo_resign(ecoq_pdo_queue *queue);                              /* frees its reservations; never fails: what it cannot do, the next one does who finds it dead */
void ecoq_pdo_forget(ecoq_pdo_queue *queue);                              /* the same without a word to the database */
ecoq_result ecoq_pdo_take_over(ecoq_pdo_queue *queue, ecoq_error *error); /* from the dead and the overdue; looks twice a second, for short time limits more often */

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
bool ecoq_pdo_insert(ecoq_pdo_connection *connection, zval *queue_name, const ecoq_outgoing *message, bool only_new);

/* settle.c */
ecoq_result ecoq_pdo_settle(ecoq_pdo_queue *queue, ecoq_settlement *settlements, size_t count, ecoq_error *error);

/* "Sending to queue \"orders\"", for error texts; in a buffer of the caller's. */
const char *ecoq_pdo_doing(const ecoq_pdo_queue *queue, const char *what, char *text, size_t capacity);

#endif
