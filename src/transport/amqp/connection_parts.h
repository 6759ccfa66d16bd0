#ifndef ECOQ_TRANSPORT_AMQP_CONNECTION_PARTS_H
#define ECOQ_TRANSPORT_AMQP_CONNECTION_PARTS_H

/* What the files about a connection have in common: connection.c (frames, answers, AMQP channels), connection_life.c (made, connected, forked, destroyed),
 * connection_upkeep.c (the keeper's part) and connection_wait.c (descriptors). All with the connection's mutex held, unless it says otherwise. */

#include "transport/amqp/connection.h"

/* connection.c: as ecoq_amqp_pump() without waiting, but what was dispatched makes the descriptor readable, since its reader did not ask. */
void ecoq_amqp_look(ecoq_amqp_connection *connection);
void ecoq_amqp_note_progress(ecoq_amqp_connection *connection); /* the holder of the mutex is not stuck */
bool ecoq_amqp_takes_bytes(const ecoq_amqp_connection *connection);
/* From now on answers are not waited for for long: the end is near. */
void ecoq_amqp_be_quick(ecoq_amqp_connection *connection);
/* A word to the broker before a disconnect; `answered`: waits for its own, for a short time. */
void ecoq_amqp_say_good_bye(ecoq_amqp_connection *connection, bool answered);

/* connection_life.c: in a forked child; what is the parent's is dropped without a word, and the connection may be used anew. */
void ecoq_amqp_leave_parent(ecoq_amqp_connection *connection);

/* connection_upkeep.c: from a connect on; and before the end, without the mutex. */
void ecoq_amqp_keep_up(ecoq_amqp_connection *connection);
void ecoq_amqp_let_go_of_keeper(ecoq_amqp_connection *connection);

/* connection_wait.c */
void ecoq_amqp_sleep_again(ecoq_amqp_connection *connection); /* the opposite of ecoq_amqp_wake() */
void ecoq_amqp_add_line(ecoq_amqp_connection *connection);
void ecoq_amqp_drop_line(ecoq_amqp_connection *connection);
void ecoq_amqp_cut_line(ecoq_amqp_connection *connection); /* without the mutex */
void ecoq_amqp_close_descriptors(ecoq_amqp_connection *connection);

#endif
