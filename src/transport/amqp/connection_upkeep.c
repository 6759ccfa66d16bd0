#include "transport/amqp/connection_parts.h"

#include <stddef.h>

#include "base/clock.h"

#define UPKEEP_MOST_MS 10000 /* between two looks of the keeper */
#define UPKEEP_LEAST_MS 300  /* likewise */

/* librabbitmq sends without a time-out of its own: a broker that reads nothing would be waited for until it does. */
static void cut_if_stuck(ecoq_amqp_connection *connection)
{
	int64_t since = __atomic_load_n((int64_t *) &connection->locked_at_ms, __ATOMIC_ACQUIRE);
	int64_t most = connection->settings->confirm_ms + connection->settings->network.timeout_ms;
	if (since && ecoq_clock_monotonic_ms() - since > most) {
		ecoq_amqp_cut_line(connection);
	}
}

static int64_t upkeep_ms(const ecoq_amqp_connection *connection)
{
	int64_t interval = connection->heartbeat_ms ? connection->heartbeat_ms / 3 : UPKEEP_MOST_MS;
	interval = interval < UPKEEP_MOST_MS ? interval : UPKEEP_MOST_MS;
	return interval > UPKEEP_LEAST_MS ? interval : UPKEEP_LEAST_MS;
}

static void send_heartbeat(ecoq_amqp_connection *connection, int64_t now_ms)
{
	amqp_frame_t heartbeat = {.frame_type = AMQP_FRAME_HEARTBEAT, .channel = 0};
	ecoq_error why;
	int status = amqp_send_frame(connection->state, &heartbeat);
	connection->sent_at_ms = now_ms;
	if (status != AMQP_STATUS_OK) {
		ecoq_amqp_failure(connection, status, "Sending a heartbeat", &why);
		ecoq_amqp_disconnect(connection, &why);
	}
}

/* Never waits: a socket that takes nothing at present has bytes to send, which are a sign of life themselves; the library would wait to send one more. */
static void look_after(ecoq_amqp_connection *connection)
{
	int64_t now_ms = ecoq_clock_monotonic_ms();
	if (!ecoq_amqp_takes_bytes(connection)) {
		return;
	}
	if (connection->heartbeat_ms && now_ms - connection->sent_at_ms >= upkeep_ms(connection) / 2) {
		send_heartbeat(connection, now_ms);
	}
	if (connection->state) {
		ecoq_amqp_look(connection);
	}
}

static bool is_unused(const ecoq_amqp_connection *connection)
{
	return (connection->publishes || connection->asks) && !connection->pooled.users && ecoq_clock_monotonic_ms() - connection->pooled.idle_since_ms > ECOQ_POOL_IDLE_MS;
}

static int64_t fire(ecoq_timer *timer, int64_t now_ns)
{
	ecoq_amqp_connection *connection = (ecoq_amqp_connection *) ((char *) timer - offsetof(ecoq_amqp_connection, timer));
	if (pthread_mutex_trylock(&connection->mutex) != 0) {
		cut_if_stuck(connection);
		return now_ns + UPKEEP_LEAST_MS * INT64_C(1000000);
	}
	if (connection->state && is_unused(connection)) {
		ecoq_amqp_say_good_bye(connection, false);
		ecoq_amqp_disconnect(connection, NULL);
	} else if (connection->state) {
		look_after(connection);
	}
	int64_t next = connection->state ? now_ns + upkeep_ms(connection) * INT64_C(1000000) : ECOQ_NEVER;
	ecoq_amqp_unlock(connection);
	return next;
}

void ecoq_amqp_keep_up(ecoq_amqp_connection *connection)
{
	if (!connection->keeper) {
		connection->keeper = ecoq_keeper_acquire();
	}
	if (connection->keeper && !connection->is_timed) {
		connection->timer.fire = fire;
		connection->timer.due_ns = ECOQ_NEVER;
		connection->is_timed = ecoq_keeper_add(connection->keeper, &connection->timer);
	}
	if (connection->is_timed) {
		ecoq_timer_arm(connection->keeper, &connection->timer, ecoq_clock_monotonic_ns() + upkeep_ms(connection) * INT64_C(1000000));
	}
}

void ecoq_amqp_let_go_of_keeper(ecoq_amqp_connection *connection)
{
	if (connection->is_timed) {
		ecoq_keeper_remove(connection->keeper, &connection->timer);
	}
	if (connection->keeper) {
		ecoq_keeper_release(connection->keeper);
	}
	connection->keeper = NULL;
	connection->is_timed = false;
}
