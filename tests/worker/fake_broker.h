#ifndef ECOQ_TESTS_FAKE_BROKER_H
#define ECOQ_TESTS_FAKE_BROKER_H

/* A transport that is slow, fails, or has given the messages to others, as a test wants it; for one C file. */

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "transport/transport.h"

#define SIZE 64 /* messages */

#define MS 1000000LL

static void rest(int ms)
{
	struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * MS};
	while (nanosleep(&left, &left) != 0) {
	}
}

enum fate {
	HELD,
	SETTLED,
	BACK
};

typedef struct broker {
	ecoq_transport transport;
	enum fate fates[SIZE];
	bool lost[SIZE];              /* the fence refuses */
	size_t order[SIZE], returned; /* in which they were handed back */
	size_t settle_sizes[8];
	int released[SIZE];
	int settles, hand_backs, looks; /* calls */
	int failing;                    /* that many calls more */
	ecoq_result failure;
	bool executes_before_failing; /* the outcome is unknown, and it was done */
	int slow_ms;
	ecoq_result mine;
	bool at_work, overlapped; /* two calls at a time, or a delivery that was released during one */
	void (*presence_lost)(void *context);
	void *context;
} broker;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* of the one there is */

static broker *begin_call(ecoq_transport *transport)
{
	broker *b = (broker *) transport;
	pthread_mutex_lock(&mutex);
	b->overlapped |= b->at_work;
	b->at_work = true;
	int slow = b->slow_ms;
	pthread_mutex_unlock(&mutex);
	rest(slow);
	pthread_mutex_lock(&mutex);
	b->at_work = false;
	return b;
}

static ecoq_result end_call(broker *b)
{
	ecoq_result result = b->failing > 0 ? b->failure : ECOQ_OK;
	b->failing -= b->failing > 0;
	pthread_mutex_unlock(&mutex);
	return result;
}

static ecoq_result settle(ecoq_transport *transport, ecoq_settlement *settlements, size_t count, ecoq_error *error)
{
	(void) error;
	broker *b = begin_call(transport);
	if (b->settles < 8) {
		b->settle_sizes[b->settles] = count;
	}
	b->settles++;
	for (size_t i = 0; i < count && (b->failing == 0 || b->executes_before_failing); i++) {
		size_t number = settlements[i].delivery->number;
		settlements[i].result = b->lost[number] || b->fates[number] == BACK ? ECOQ_LOST : ECOQ_OK;
		b->fates[number] = settlements[i].result == ECOQ_OK ? SETTLED : b->fates[number];
	}
	return end_call(b);
}

static ecoq_result hand_back(ecoq_transport *transport, ecoq_delivery *const *deliveries, size_t count, ecoq_error *error)
{
	(void) error;
	broker *b = begin_call(transport);
	b->hand_backs++;
	for (size_t i = 0; i < count && b->failing == 0; i++) {
		size_t number = deliveries[i]->number;
		if (b->fates[number] == HELD && !b->lost[number]) {
			b->fates[number] = BACK;
			b->order[b->returned++] = number;
		}
	}
	return end_call(b);
}

static ecoq_result still_mine(ecoq_transport *transport, const ecoq_delivery *delivery, ecoq_error *error)
{
	(void) delivery;
	(void) error;
	broker *b = begin_call(transport);
	b->looks++;
	ecoq_result mine = b->mine;
	ecoq_result result = end_call(b);
	return result == ECOQ_OK ? mine : result;
}

static void watch_presence(ecoq_transport *transport, void (*lost)(void *context), void *context)
{
	broker *b = (broker *) transport;
	pthread_mutex_lock(&mutex);
	b->presence_lost = lost;
	b->context = context;
	pthread_mutex_unlock(&mutex);
}

static void release(ecoq_transport *transport, ecoq_delivery *delivery)
{
	broker *b = (broker *) transport;
	pthread_mutex_lock(&mutex);
	b->overlapped |= b->at_work;
	b->released[delivery->number]++;
	pthread_mutex_unlock(&mutex);
}

static const ecoq_transport_ops ops = {
	.name = "fake",
	.capabilities = ECOQ_IS_THREAD_SAFE,
	.settle = settle,
	.hand_back = hand_back,
	.release = release,
	.still_mine = still_mine,
	.watch_presence = watch_presence,
};

static const ecoq_transport_ops main_thread_ops = {.name = "main thread", .settle = settle, .hand_back = hand_back, .still_mine = still_mine};

#endif
