#include "messaging/after_commit.h"

#include "base/backoff.h"
#include "base/clock.h"

bool ecoq_after_commit_may_send(const ecoq_channel *channel)
{
	return channel->resume_at_ms == 0 || ecoq_clock_monotonic_ms() >= channel->resume_at_ms;
}

void ecoq_after_commit_answered(ecoq_channel *channel, bool answered)
{
	ecoq_backoff pauses = {INT64_MAX, 1000, 2.0, 30000, 0.1};
	channel->unreachable = answered ? 0 : channel->unreachable + 1;
	channel->resume_at_ms = answered ? 0 : ecoq_clock_monotonic_ms() + ecoq_backoff_delay(&pauses, channel->unreachable, 0);
}

static ecoq_sent_rows *rows_of(ecoq_messaging *messaging, ecoq_channel *leg)
{
	for (size_t i = 0; i < messaging->sent_rows_count; i++) {
		if (messaging->sent_rows[i].leg == leg) {
			return &messaging->sent_rows[i];
		}
	}
	messaging->sent_rows = safe_erealloc(messaging->sent_rows, messaging->sent_rows_count + 1, sizeof(ecoq_sent_rows), 0);
	ecoq_sent_rows *rows = &messaging->sent_rows[messaging->sent_rows_count++];
	ecoq_channel_addref(leg);
	*rows = (ecoq_sent_rows){.leg = leg};
	return rows;
}

static ecoq_delivery delivery_of(const ecoq_collected *item)
{
	return (ecoq_delivery){.number = item->row, .fence = item->row_fence};
}

void ecoq_after_commit_sent(ecoq_messaging *messaging, ecoq_channel *leg, const ecoq_collected *item)
{
	ecoq_sent_rows *rows = rows_of(messaging, leg);
	if (rows->count == rows->capacity) {
		rows->capacity = rows->capacity ? rows->capacity * 2 : 16;
		rows->rows = safe_erealloc(rows->rows, rows->capacity, sizeof(ecoq_delivery), 0);
	}
	rows->rows[rows->count++] = delivery_of(item);
}

void ecoq_after_commit_not_sent(ecoq_channel *leg, const ecoq_collected *item)
{
	ecoq_error ignored;
	ecoq_delivery row = delivery_of(item), *list = &row;
	leg->ops->hand_back(leg->transport, &list, 1, &ignored);
}

static void remove_rows(ecoq_sent_rows *rows)
{
	ecoq_error ignored;
	if (rows->count == 0) {
		return;
	}
	ecoq_settlement *settlements = safe_emalloc(rows->count, sizeof(*settlements), 0);
	for (size_t i = 0; i < rows->count; i++) {
		settlements[i] = (ecoq_settlement){.delivery = &rows->rows[i]};
	}
	/* opened again, it is another owner, and these rows are found by whoever looks for orphans */
	if (rows->leg->transport) {
		rows->leg->ops->settle(rows->leg->transport, settlements, rows->count, &ignored);
	}
	efree(settlements);
	rows->count = 0;
}

void ecoq_after_commit_remove(ecoq_messaging *messaging)
{
	for (size_t i = 0; i < messaging->sent_rows_count; i++) {
		remove_rows(&messaging->sent_rows[i]);
	}
}

void ecoq_after_commit_free(ecoq_messaging *messaging)
{
	for (size_t i = 0; i < messaging->sent_rows_count; i++) {
		ecoq_channel_release(messaging->sent_rows[i].leg);
		if (messaging->sent_rows[i].rows) {
			efree(messaging->sent_rows[i].rows);
		}
	}
	if (messaging->sent_rows) {
		efree(messaging->sent_rows);
	}
	messaging->sent_rows = NULL;
	messaging->sent_rows_count = 0;
}
