#include <stdlib.h>

#include "base/clock.h"
#include "transport/amqp/consumer_state.h"

/* Reading what is in the queue itself: to look at it, to find one message, or to settle what nobody runs (dead letters). The broker pushes it: a basic.get from a quorum queue is a
 * write to its log, one after the other. */

#define QUIET_MS 400 /* for what is on its way from a queue that has nothing left */
#define LOOKERS_MS 300
#define LOOKERS_PAUSE_MS 5
#define FINDS 3                         /* when others change the order in between */
#define BYTES_MOST ((size_t) 256 << 20) /* of bodies that are looked at in one go */

/* Called with each message, one reference; false: enough. */
typedef bool (*reader)(void *context, ecoq_amqp_held *held);

typedef struct reading {
	ecoq_amqp_consumer *consumer;
	ecoq_amqp_intake *intake; /* where it comes, */
	ecoq_amqp_list *list;     /* and waits here */
	size_t wanted;
	size_t read;
	reader function;
	void *context;
	bool is_over;
} reading;

static void hand_over(reading *r)
{
	ecoq_amqp_held *held;
	while (!r->is_over && r->read < r->wanted && (held = ecoq_amqp_list_shift(r->list))) {
		if (r->intake == &r->consumer->intake) {
			r->consumer->pushed_count--;
			held->is_looked_at = true;
		}
		r->read++;
		r->is_over = !r->function(r->context, held) || r->read >= r->wanted;
	}
}

/* Others may have taken some of them. What a quorum queue has given away may be on its way for a while, behind any answer. */
static ecoq_result see_to_end(reading *r, ecoq_error *error)
{
	uint32_t messages = 0;
	bool exists = false;
	ecoq_result result = ecoq_amqp_count(r->consumer->connection, r->consumer->queue, &exists, &messages, error);
	if (result == ECOQ_OK && messages == 0) {
		result = ecoq_amqp_pump(r->consumer->connection, 0, error);
		hand_over(r);
		r->is_over = true;
	}
	return result;
}

static ecoq_result read_on(reading *r, ecoq_error *error)
{
	ecoq_amqp_connection *connection = r->consumer->connection;
	int64_t heard_ms = ecoq_clock_monotonic_ms();
	uint64_t handled = connection->handled;
	ecoq_result result = ECOQ_OK;
	while (result == ECOQ_OK && !r->is_over) {
		int64_t now = ecoq_clock_monotonic_ms();
		result = ecoq_amqp_pump(connection, now + ECOQ_AMQP_SETTLE_MS, error);
		hand_over(r);
		if (result == ECOQ_OK && !r->intake->generation) {
			*error = r->intake->gone;
			result = error->code;
		} else if (connection->handled != handled) {
			handled = connection->handled;
			heard_ms = now;
		} else if (result == ECOQ_OK && now - heard_ms > connection->settings->network.timeout_ms) {
			result = ecoq_fail(error, ECOQ_UNAVAILABLE, "Reading queue \"%.64s\": the broker says that there are messages, and does not push them; does somebody consume it as the only one?", r->consumer->queue);
		} else if (result == ECOQ_OK && now - heard_ms >= QUIET_MS) {
			result = see_to_end(r, error);
		}
	}
	return result;
}

/* As many as are ready now, up to `wanted`; all of them are unacknowledged on that AMQP channel then. */
static ecoq_result read_pushed(reading *r, size_t ready, ecoq_error *error)
{
	ecoq_amqp_consumer *c = r->consumer;
	char tag[96];
	r->wanted = r->wanted < ready ? r->wanted : ready;
	r->wanted = r->wanted < ECOQ_AMQP_READ_MOST ? r->wanted : ECOQ_AMQP_READ_MOST;
	ecoq_amqp_make_tag(c, tag, sizeof(tag));
	ecoq_result result = ecoq_amqp_intake_consume(r->intake, c->queue, tag, (uint16_t) r->wanted, error);
	if (result == ECOQ_OK) {
		result = read_on(r, error);
	}
	if (result == ECOQ_OK) {
		result = ecoq_amqp_intake_check(r->intake, error);
	}
	if (result == ECOQ_OK && r->intake == &c->intake) {
		/* what was pushed keeps its tag */
		amqp_basic_cancel(c->connection->state, c->intake.channel, amqp_cstring_bytes(tag));
		result = ecoq_amqp_answer(c->connection, c->intake.channel, amqp_get_rpc_reply(c->connection->state), "Cancelling a consumer", error);
		if (result == ECOQ_OK) {
			result = ecoq_amqp_pump(c->connection, 0, error);
		}
		r->is_over = false;
		hand_over(r);
	}
	return result;
}

ecoq_result ecoq_amqp_await_lookers(ecoq_amqp_connection *connection, const char *queue, uint32_t *ready, ecoq_error *error)
{
	int64_t end_ms = ecoq_clock_monotonic_ms() + LOOKERS_MS;
	uint32_t consumers;
	bool exists, any = false;
	ecoq_result result;
	while ((result = ecoq_amqp_count_consumers(connection, queue, &consumers, error)) == ECOQ_OK && consumers > 0 && ecoq_clock_monotonic_ms() < end_ms) {
		any = true;
		result = ecoq_amqp_pump(connection, ecoq_clock_monotonic_ms() + LOOKERS_PAUSE_MS, error);
		if (result != ECOQ_OK) {
			break;
		}
	}
	return result == ECOQ_OK && any ? ecoq_amqp_count(connection, queue, &exists, ready, error) : result;
}

/* `*ready`: how many there are to read. */
static ecoq_result prepare(ecoq_amqp_consumer *c, uint32_t *ready, ecoq_error *error)
{
	bool exists = false;
	ecoq_result result = ecoq_amqp_consumer_open(c, error);
	*ready = 0;
	if (result == ECOQ_OK) {
		result = ecoq_amqp_pause(c, error);
	}
	if (result == ECOQ_OK) {
		result = ecoq_amqp_count(c->connection, c->queue, &exists, ready, error);
	}
	if (result == ECOQ_OK && exists) {
		/* who holds messages counts as a consumer of a quorum queue, although it was cancelled */
		result = c->intake.outstanding_count ? ECOQ_OK : ecoq_amqp_await_lookers(c->connection, c->queue, ready, error);
	} else if (result == ECOQ_OK) {
		/* somebody deleted it: it is declared with the next use */
		ecoq_amqp_forget_known(c->connection);
	}
	return result;
}

/* ---- To settle them ---- */

typedef struct getting {
	ecoq_amqp_held **taken;
	size_t *count;
} getting;

static bool get(void *context, ecoq_amqp_held *held)
{
	getting *getting = context;
	getting->taken[(*getting->count)++] = held;
	return true;
}

/* After a failure nobody knows what else is pushed: everything goes back with the end of the AMQP channel. */
static void give_up(ecoq_amqp_consumer *c, ecoq_amqp_held **held, size_t *count)
{
	ecoq_amqp_intake_close(&c->intake);
	for (size_t i = 0; i < *count; i++) {
		ecoq_amqp_held_release(held[i]);
	}
	*count = 0;
}

static void give_back_read(ecoq_amqp_consumer *c, ecoq_amqp_held **held, size_t count)
{
	ecoq_error ignored;
	ecoq_amqp_tell_given_back(&c->intake, held, count, &ignored);
	for (size_t i = 0; i < count; i++) {
		ecoq_amqp_held_release(held[i]);
	}
}

ecoq_result ecoq_amqp_consumer_get(ecoq_amqp_consumer *c, size_t max, ecoq_amqp_held **taken, size_t *count, ecoq_error *error)
{
	getting getting = {taken, count};
	reading r = {.consumer = c, .intake = &c->intake, .list = &c->pushed[ECOQ_PRIORITY_DEFAULT], .wanted = max, .function = get, .context = &getting};
	uint32_t ready;
	*count = 0;
	ecoq_amqp_lock(c->connection);
	ecoq_result result = prepare(c, &ready, error);
	if (result == ECOQ_OK && ready && max) {
		result = read_pushed(&r, ready, error);
	}
	if (result == ECOQ_OK) {
		ecoq_amqp_note_all_taken(c, taken, count);
	} else {
		give_up(c, taken, count);
	}
	ecoq_amqp_unlock(c->connection);
	return result;
}

/* ---- To look at them: on an AMQP channel of its own. When that ends the broker gives everything back at once, a quorum queue in its order ---- */

typedef struct looking {
	ecoq_amqp_intake intake; /* first: it is what its owner is called with */
	ecoq_amqp_list pushed;
	ecoq_amqp_held **seen;
	size_t count;
	size_t bytes;
} looking;

static bool expects(ecoq_amqp_intake *intake, amqp_bytes_t tag, uint8_t *priority)
{
	(void) intake, (void) tag, (void) priority;
	return true;
}

static void pushed(ecoq_amqp_intake *intake, ecoq_amqp_held *held)
{
	ecoq_amqp_list_append(&((looking *) intake)->pushed, held);
}

/* The queue was deleted: soon there is nothing in it. */
static void cancelled(ecoq_amqp_intake *intake, amqp_bytes_t tag)
{
	(void) intake, (void) tag;
}

static void ended(ecoq_amqp_intake *intake)
{
	(void) intake;
}

static const ecoq_amqp_intake_owner looking_intake = {expects, pushed, cancelled, ended, ended};

static bool look(void *context, ecoq_amqp_held *held)
{
	looking *looking = context;
	looking->seen[looking->count++] = held;
	looking->bytes += held->body.size;
	return looking->bytes < BYTES_MOST;
}

/* Until the broker has closed it: what it still pushes is dropped. */
static ecoq_result leave(looking *looking, ecoq_amqp_connection *connection, ecoq_error *error)
{
	amqp_channel_t channel = looking->intake.channel;
	int64_t end_ms = ecoq_clock_monotonic_ms() + connection->settings->network.timeout_ms;
	ecoq_result result = ECOQ_OK;
	ecoq_amqp_held *held;
	ecoq_amqp_intake_close(&looking->intake);
	while (result == ECOQ_OK && connection->closing[channel]) {
		if (ecoq_clock_monotonic_ms() > end_ms) {
			result = ecoq_fail(error, ECOQ_UNAVAILABLE, "Closing an AMQP channel: the broker did not answer in time (option io-timeout)");
			ecoq_amqp_disconnect(connection, error);
			break;
		}
		result = ecoq_amqp_pump(connection, ecoq_clock_monotonic_ms() + ECOQ_AMQP_SETTLE_MS, error);
	}
	while ((held = ecoq_amqp_list_shift(&looking->pushed))) {
		ecoq_amqp_held_release(held);
	}
	for (size_t i = 0; i < looking->count; i++) {
		looking->seen[i]->generation = 0;
		looking->seen[i]->intake = NULL;
	}
	ecoq_amqp_intake_free(&looking->intake);
	return result;
}

static ecoq_result look_at(ecoq_amqp_consumer *c, looking *looking, reader function, size_t max, size_t ready, ecoq_error *error)
{
	reading r = {.consumer = c, .intake = &looking->intake, .list = &looking->pushed, .wanted = max, .function = function, .context = looking};
	ecoq_error ignored;
	ecoq_amqp_intake_init(&looking->intake, c->connection, &looking_intake);
	ecoq_result result = ecoq_amqp_intake_open(&looking->intake, error);
	if (result != ECOQ_OK) {
		return result;
	}
	result = read_pushed(&r, ready, error);
	ecoq_result left = leave(looking, c->connection, result == ECOQ_OK ? error : &ignored);
	result = result == ECOQ_OK ? left : result;
	return result == ECOQ_OK ? ecoq_amqp_await_back(c, ready, error) : result;
}

ecoq_result ecoq_amqp_consumer_look(ecoq_amqp_consumer *c, size_t max, ecoq_amqp_held **seen, size_t *count, ecoq_error *error)
{
	looking looking = {.seen = seen};
	uint32_t ready;
	ecoq_amqp_lock(c->connection);
	ecoq_result result = prepare(c, &ready, error);
	if (result == ECOQ_OK && ready && max) {
		result = look_at(c, &looking, look, max, ready, error);
	}
	ecoq_amqp_unlock(c->connection);
	*count = looking.count;
	return result;
}

/* ---- To find one ---- */

/* Where it is, is found out first. Then what stands before it is taken with it, and given back with one word: a classic queue needs long to take back thousands that are given back singly. */

typedef struct finding {
	ecoq_bytes id;
	ecoq_amqp_held *found;
	ecoq_amqp_list others; /* without their bodies */
} finding;

static bool find(void *context, ecoq_amqp_held *held)
{
	finding *finding = context;
	const char *own = held->projection.id;
	if (!finding->found && own && ecoq_bytes_equal(finding->id, (ecoq_bytes){own, strlen(own)})) {
		finding->found = held;
		return true;
	}
	ecoq_buffer_free(&held->body);
	ecoq_amqp_list_append(&finding->others, held);
	return true;
}

/* `ready`: how many the broker has then. */
static ecoq_result give_others_back(ecoq_amqp_consumer *c, finding *finding, size_t ready, ecoq_error *error)
{
	size_t count = finding->others.count, i = 0;
	ecoq_amqp_held **others = count ? calloc(count, sizeof(ecoq_amqp_held *)) : NULL;
	ecoq_amqp_held *held;
	while ((held = ecoq_amqp_list_shift(&finding->others))) {
		if (others) {
			others[i++] = held;
		} else {
			ecoq_amqp_held_release(held);
		}
	}
	if (!others) {
		return count ? ecoq_fail(error, ECOQ_NO_MEMORY, "Out of memory for giving back %zu messages", count) : ECOQ_OK;
	}
	give_back_read(c, others, count);
	free(others);
	return ecoq_amqp_await_back(c, ready, error);
}

typedef struct locating {
	looking looking; /* first */
	ecoq_bytes id;
	size_t place;
	bool is_there;
} locating;

static bool locate(void *context, ecoq_amqp_held *held)
{
	locating *locating = context;
	const char *own = held->projection.id;
	locating->is_there |= own && ecoq_bytes_equal(locating->id, (ecoq_bytes){own, strlen(own)});
	locating->place += !locating->is_there;
	ecoq_amqp_held_release(held);
	return true;
}

/* `*found` stays NULL when it is not there. */
static ecoq_result take_up_to(ecoq_amqp_consumer *c, ecoq_bytes id, size_t max, size_t ready, ecoq_amqp_held **found, ecoq_error *error)
{
	finding finding = {.id = id};
	reading r = {.consumer = c, .intake = &c->intake, .list = &c->pushed[ECOQ_PRIORITY_DEFAULT], .wanted = max, .function = find, .context = &finding};
	ecoq_error ignored;
	ecoq_result result = read_pushed(&r, ready, error);
	ecoq_result given = give_others_back(c, &finding, ready - (finding.found ? 1 : 0), result == ECOQ_OK ? error : &ignored);
	*found = finding.found;
	return result == ECOQ_OK ? given : result;
}

static ecoq_result find_once(ecoq_amqp_consumer *c, ecoq_bytes id, ecoq_amqp_held **found, bool *again, ecoq_error *error)
{
	locating locating = {.id = id};
	uint32_t ready;
	*again = false;
	ecoq_result result = prepare(c, &ready, error);
	if (result == ECOQ_OK && ready) {
		result = look_at(c, &locating.looking, locate, ECOQ_AMQP_READ_MOST, ready, error);
	}
	if (result == ECOQ_OK && locating.is_there) {
		result = take_up_to(c, id, locating.place + 1, ready, found, error);
		*again = !*found;
	} else if (result == ECOQ_OK && ready > ECOQ_AMQP_READ_MOST) {
		result = ecoq_fail(error, ECOQ_UNAVAILABLE, "Looking for message \"%.*s\" in queue \"%.64s\": it is not among the first %d of %u; replay or remove some of those first", (int) (id.size < 64 ? id.size : 64), id.data, c->queue,
			ECOQ_AMQP_READ_MOST, (unsigned) ready);
	}
	return result;
}

ecoq_result ecoq_amqp_consumer_find(ecoq_amqp_consumer *c, ecoq_bytes id, ecoq_amqp_held **found, size_t *count, ecoq_error *error)
{
	bool again = true;
	ecoq_result result = ECOQ_OK;
	*found = NULL;
	ecoq_amqp_lock(c->connection);
	for (int i = 0; i < FINDS && result == ECOQ_OK && again; i++) {
		result = find_once(c, id, found, &again, error);
	}
	*count = *found ? 1 : 0;
	if (result == ECOQ_OK) {
		ecoq_amqp_note_all_taken(c, found, count);
	} else {
		give_up(c, found, count);
	}
	ecoq_amqp_unlock(c->connection);
	return result;
}
