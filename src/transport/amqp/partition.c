#include "transport/amqp/partition.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "transport/amqp/connection_parts.h"

#define EMPTY_MS 200         /* for a copy that a former owner held to be back in its queue */
#define WAITS_MOST_MS 600000 /* for the next try of its first message */
#define SHARES_EVERY_MS 1000 /* between two comparisons with what others do */

static ecoq_amqp_partition *of_intake(ecoq_amqp_intake *intake)
{
	return (ecoq_amqp_partition *) intake;
}

/* ---- What comes ---- */

static bool expects(ecoq_amqp_intake *intake, amqp_bytes_t tag, uint8_t *priority)
{
	(void) intake;
	(void) tag;
	(void) priority;
	return true;
}

static void pushed(ecoq_amqp_intake *intake, ecoq_amqp_held *held)
{
	ecoq_amqp_partition *p = of_intake(intake);
	ecoq_amqp_held_release(p->first); /* never there: the broker pushes one at a time */
	p->first = held;
	p->has_copy = p->was_empty = false;
	p->look_at = 0;
	p->came++;
}

static void let_go(ecoq_amqp_partition *p)
{
	ecoq_amqp_held_release(p->first);
	ecoq_amqp_held_release(p->copy);
	p->first = p->copy = NULL;
	p->has_copy = p->was_empty = p->is_running = false;
	p->look_at = 0;
}

/* The end of the connection is noted once, by the consumer's own intake. */
static void broken(ecoq_amqp_intake *intake)
{
	ecoq_amqp_partition *p = of_intake(intake);
	if (intake->connection->state && !intake->is_asking) {
		ecoq_amqp_note_trouble(p->consumer, true, "Consuming queue \"%.100s\" was interrupted: %s", p->queue, intake->gone.text);
	}
}

static void ended(ecoq_amqp_intake *intake)
{
	ecoq_amqp_partition *p = of_intake(intake);
	let_go(p);
	ecoq_amqp_lose_taken(p->consumer, intake);
}

/* Its queue was deleted: what is held of it is nobody's, and the queue is made anew with the next take. */
static void cancelled(ecoq_amqp_intake *intake, amqp_bytes_t tag)
{
	ecoq_amqp_partition *p = of_intake(intake);
	(void) tag;
	ecoq_amqp_note_cancelled(p->consumer, p->queue);
	p->is_cancelled = true;
	ecoq_amqp_known_free(intake->connection->known);
	intake->connection->known = NULL;
}

static const ecoq_amqp_intake_owner partition_intake = {expects, pushed, cancelled, broken, ended};

ecoq_amqp_partition *ecoq_amqp_partition_of(const ecoq_amqp_held *held)
{
	return held->intake->owner == &partition_intake ? of_intake(held->intake) : NULL;
}

/* ---- Life ---- */

/* Every process has to come to the same. */
int ecoq_amqp_partition_number(const ecoq_amqp_settings *settings, ecoq_bytes group)
{
	return (int) (ecoq_hash32(ECOQ_HASH32, group.data, group.size) % (uint32_t) settings->partitions);
}

bool ecoq_amqp_make_partitions(ecoq_amqp_consumer *c)
{
	int count = c->connection->settings->partitions;
	c->partitions = count ? calloc((size_t) count, sizeof(*c->partitions)) : NULL;
	for (int i = 0; c->partitions && i < count; i++) {
		ecoq_amqp_partition *p = &c->partitions[i];
		ecoq_amqp_intake_init(&p->intake, c->connection, &partition_intake);
		p->consumer = c;
		char queue[ECOQ_AMQP_NAME_SIZE], returned[ECOQ_AMQP_NAME_SIZE];
		p->queue = strdup(ecoq_amqp_partition_name(queue, c->queue, (unsigned) i));
		p->returned = strdup(ecoq_amqp_returned_name(returned, queue));
		c->partition_count++;
		if (!p->queue || !p->returned) {
			return false;
		}
	}
	return !count || c->partitions;
}

void ecoq_amqp_free_partitions(ecoq_amqp_consumer *c)
{
	for (size_t i = 0; i < c->partition_count; i++) {
		ecoq_amqp_partition *p = &c->partitions[i];
		let_go(p);
		ecoq_amqp_lose_taken(c, &p->intake);
		ecoq_amqp_intake_free(&p->intake);
		free(p->queue);
		free(p->returned);
	}
	free(c->partitions);
	c->partitions = NULL;
	c->partition_count = 0;
}

/* ---- Joining, and leaving some to others ---- */

static ecoq_result try_to_join(ecoq_amqp_partition *p, ecoq_error *error)
{
	char tag[96];
	ecoq_result result = ecoq_amqp_declare_partition(p->intake.connection, p->queue, error);
	if (result == ECOQ_OK) {
		result = ecoq_amqp_intake_open(&p->intake, error);
	}
	if (result != ECOQ_OK) {
		return result;
	}
	p->is_cancelled = false;
	ecoq_amqp_make_tag(p->consumer, tag, sizeof(tag));
	return ecoq_amqp_intake_consume(&p->intake, p->queue, tag, 1, error);
}

static ecoq_result join(ecoq_amqp_partition *p, ecoq_error *error)
{
	ecoq_amqp_await_gone(p->consumer);
	ecoq_result result = try_to_join(p, error);
	return result != ECOQ_OK && p->intake.is_amiss ? try_to_join(p, error) : result;
}

void ecoq_amqp_partition_leave(ecoq_amqp_partition *p)
{
	ecoq_error ignored;
	/* without a word to the broker, nobody else could get the partition */
	if (!p->intake.generation || !ecoq_amqp_takes_bytes(p->intake.connection)) {
		return;
	}
	p->is_running = false;
	if (p->copy) {
		ecoq_amqp_put_copy_back(p->consumer, p->returned, p->copy, &ignored);
	} else if (p->first && !p->has_copy && !p->first->redelivered) {
		ecoq_amqp_store_copy(p->consumer, p->returned, p->first, &ignored);
	}
	ecoq_amqp_intake_close(&p->intake);
}

/* One that waits for its next try would only wait elsewhere, but not for so long that the broker takes it for forgotten (consumer_timeout). */
static bool is_left(const ecoq_amqp_partition *p, int64_t most_ms)
{
	bool waits = p->look_at > ecoq_clock_now_ms();
	return p->first && ecoq_clock_monotonic_ms() - p->first->arrived_ms >= (waits ? WAITS_MOST_MS : most_ms);
}

void ecoq_amqp_leave_partitions(ecoq_amqp_consumer *c, bool idle, int64_t most_ms)
{
	for (size_t i = 0; i < c->partition_count; i++) {
		ecoq_amqp_partition *p = &c->partitions[i];
		if (!p->is_running && (idle || is_left(p, most_ms))) {
			ecoq_amqp_partition_leave(p);
		}
	}
}

/* The broker lets the one that consumed first have all partitions, and the others wait. Who leaves one joins again behind those. Of a partition's queue the broker counts the active consumer only
 * (3.10), but everyone consumes the queue itself. */
static ecoq_result compare_shares(ecoq_amqp_consumer *c, ecoq_error *error)
{
	int64_t now_ms = ecoq_clock_monotonic_ms();
	size_t busy = 0;
	uint32_t consumers = 0;
	if (now_ms - c->shares_seen_ms < SHARES_EVERY_MS) {
		return ECOQ_OK;
	}
	c->shares_seen_ms = now_ms;
	for (size_t i = 0; i < c->partition_count; i++) {
		busy += c->partitions[i].came > 0;
	}
	ecoq_result result = busy > 1 ? ecoq_amqp_count_consumers(c->connection, c->queue, &consumers, error) : ECOQ_OK;
	size_t share = consumers ? (c->partition_count + consumers - 1) / consumers : c->partition_count;
	for (size_t i = 0; i < c->partition_count; i++) {
		ecoq_amqp_partition *p = &c->partitions[i];
		if (result == ECOQ_OK && busy > share && p->came && !p->is_running && !p->has_copy) {
			ecoq_amqp_partition_leave(p);
			busy--;
		}
		p->came = 0;
	}
	return result;
}

ecoq_result ecoq_amqp_join_partitions(ecoq_amqp_consumer *c, ecoq_error *error)
{
	ecoq_result result = ECOQ_OK;
	for (size_t i = 0; i < c->partition_count && result == ECOQ_OK; i++) {
		if (c->partitions[i].is_cancelled) {
			ecoq_amqp_intake_close(&c->partitions[i].intake);
		}
		if (!c->partitions[i].intake.generation) {
			result = join(&c->partitions[i], error);
			c->is_settling = true;
		}
	}
	return result == ECOQ_OK && c->partition_count ? compare_shares(c, error) : result;
}

/* ---- Taking ---- */

/* Its last owner died. What that one may have left in `returned` is what counts; when there is nothing, the message may have been running itself, and its copy is a suspect. */
static ecoq_result stand_in(ecoq_amqp_partition *p, ecoq_error *error)
{
	if (!p->was_empty) {
		p->was_empty = true;
		p->look_at = ecoq_clock_now_ms() + EMPTY_MS;
		return ECOQ_OK;
	}
	p->first->projection.is_suspect = true;
	p->first->projection.deliver_at = 0;
	ecoq_result result = ecoq_amqp_store_copy(p->consumer, p->returned, p->first, error);
	p->has_copy = result == ECOQ_OK;
	return result;
}

/* Of several copies (their owner died between storing one and acknowledging the other) the one that failed more often stands. */
static ecoq_result fetch_copy(ecoq_amqp_partition *p, ecoq_error *error)
{
	ecoq_result result;
	ecoq_amqp_held *held;
	bool exists = true;
	if (!p->has_copy) {
		uint32_t messages;
		result = ecoq_amqp_count(p->intake.connection, p->returned, &exists, &messages, error);
		if (result != ECOQ_OK || !exists) {
			return result;
		}
	}
	while ((result = ecoq_amqp_get_one(&p->intake, p->returned, &held, error)) == ECOQ_OK && held) {
		bool is_better = !p->copy || held->projection.attempts >= p->copy->projection.attempts;
		ecoq_amqp_held *other = is_better ? p->copy : held;
		if (is_better) {
			p->copy = held;
		}
		if (other) {
			result = ecoq_amqp_tell_acknowledged(&p->intake, &other, 1, error);
			ecoq_amqp_held_release(other);
		}
		if (result != ECOQ_OK) {
			break;
		}
	}
	return result;
}

/* A copy that was delivered before had an owner who held it alone when it died; one that is not due yet waits where it was. */
static ecoq_result judge_copy(ecoq_amqp_partition *p, ecoq_error *error)
{
	ecoq_amqp_projection *projection = &p->copy->projection;
	bool is_early = projection->deliver_at > ecoq_clock_now_ms();
	if (!p->copy->redelivered && !is_early) {
		return ECOQ_OK;
	}
	if (p->copy->redelivered && !is_early) {
		projection->crashes += projection->is_suspect;
		projection->is_suspect = true;
	}
	p->look_at = is_early ? projection->deliver_at : 0;
	p->has_copy = true;
	ecoq_result result = ecoq_amqp_put_copy_back(p->consumer, p->returned, p->copy, error);
	ecoq_amqp_held_release(p->copy);
	p->copy = NULL;
	return result;
}

/* What may run now: NULL in `*held` when it is nothing. */
static ecoq_result find_runnable(ecoq_amqp_partition *p, ecoq_amqp_held **held, ecoq_error *error)
{
	ecoq_result result = ECOQ_OK;
	*held = NULL;
	while (result == ECOQ_OK && p->first && !p->is_running && p->look_at <= ecoq_clock_now_ms()) {
		if (p->copy || (!p->has_copy && !p->first->redelivered)) {
			*held = p->copy ? p->copy : p->first;
			break;
		}
		result = fetch_copy(p, error);
		if (result == ECOQ_OK && p->copy) {
			result = judge_copy(p, error);
		} else if (result == ECOQ_OK && p->has_copy) {
			/* somebody has removed it: the message is done with */
			result = ecoq_amqp_partition_settle(p, p->first, false, 0, error);
		} else if (result == ECOQ_OK) {
			result = stand_in(p, error);
		}
	}
	return result;
}

ecoq_result ecoq_amqp_take_partitions(ecoq_amqp_consumer *c, size_t max, ecoq_amqp_held **taken, size_t *count, int64_t *next_due, ecoq_error *error)
{
	ecoq_result result = ECOQ_OK;
	for (size_t i = 0; i < c->partition_count && result == ECOQ_OK && *count < max; i++) {
		ecoq_amqp_partition *p = &c->partitions[(c->next_partition + i) % c->partition_count];
		ecoq_amqp_held *held;
		result = find_runnable(p, &held, error);
		if (p->first && !p->is_running && p->look_at && (*next_due == 0 || p->look_at < *next_due)) {
			*next_due = p->look_at;
		}
		if (!held || (held->projection.is_suspect && *count)) {
			continue;
		}
		held->references++;
		p->is_running = true;
		taken[(*count)++] = held;
		if (held->projection.is_suspect) {
			break;
		}
	}
	c->next_partition++;
	return result;
}

ecoq_result ecoq_amqp_partitions_await(ecoq_amqp_consumer *c, bool *any, ecoq_error *error)
{
	ecoq_result result = ECOQ_OK;
	for (size_t i = 0; i < c->partition_count && result == ECOQ_OK && !*any; i++) {
		const ecoq_amqp_partition *p = &c->partitions[i];
		uint32_t messages = 0;
		bool exists;
		if (p->intake.generation && !p->first) {
			result = ecoq_amqp_count(c->connection, p->queue, &exists, &messages, error);
			*any = messages > 0;
		}
	}
	return result;
}

/* ---- What becomes of it ---- */

ecoq_result ecoq_amqp_partition_settle(ecoq_amqp_partition *p, ecoq_amqp_held *held, bool stays, int64_t due, ecoq_error *error)
{
	ecoq_result result = ECOQ_OK;
	if (held == p->copy) {
		result = ecoq_amqp_tell_acknowledged(&p->intake, &held, 1, error);
	}
	if (result == ECOQ_OK && !stays) {
		result = ecoq_amqp_tell_acknowledged(&p->intake, &p->first, 1, error);
	}
	if (result != ECOQ_OK) {
		return result;
	}
	p->is_running = false;
	if (stays) {
		ecoq_amqp_held_release(p->copy);
		p->copy = NULL;
		p->has_copy = true;
		p->look_at = due;
	} else {
		let_go(p);
	}
	return ECOQ_OK;
}

static size_t count_at_rest(const ecoq_amqp_consumer *c, bool waiting)
{
	size_t count = 0;
	int64_t now = ecoq_clock_now_ms();
	for (size_t i = 0; i < c->partition_count; i++) {
		const ecoq_amqp_partition *p = &c->partitions[i];
		bool waits = p->look_at > now;
		count += p->first && !p->is_running && (waiting ? waits && p->has_copy : !waits);
	}
	return count;
}

size_t ecoq_amqp_partitions_ahead(const ecoq_amqp_consumer *consumer)
{
	return count_at_rest(consumer, false);
}

size_t ecoq_amqp_partitions_waiting(const ecoq_amqp_consumer *consumer)
{
	return count_at_rest(consumer, true);
}

ecoq_result ecoq_amqp_purge_partitions(ecoq_amqp_consumer *c, size_t *removed, ecoq_error *error)
{
	ecoq_result result = ECOQ_OK;
	for (size_t i = 0; i < c->partition_count && result == ECOQ_OK; i++) {
		ecoq_amqp_partition *p = &c->partitions[i];
		if (p->first && !p->is_running) {
			*removed += !p->has_copy; /* a copy in its queue was counted there */
			result = ecoq_amqp_partition_settle(p, p->copy ? p->copy : p->first, false, 0, error);
		}
	}
	return result;
}
