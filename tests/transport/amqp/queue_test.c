/* A queue at a real broker, used as a worker does it: one thread reserves, another settles, hands back and asks, a third sends, and the keeper keeps the
 * connections. Without the engine. Usage: queue_test DSN QUEUE; see run.sh. */

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "transport/amqp/amqp.h"
#include "transport/amqp/queue.h"
#include "must.h"

#define MESSAGES 400
#define BATCH 20
#define SECONDS 90

static const char *dsn_text, *queue_name;

static ecoq_transport *open_queue(void)
{
	char text[1024];
	ecoq_dsn dsn;
	ecoq_error error;
	ecoq_transport *transport;
	/* the keeper looks after the connections three times a second */
	snprintf(text, sizeof(text), "%s%cheartbeat=1s", dsn_text, strchr(dsn_text, '?') ? '&' : '?');
	must(ecoq_dsn_parse((ecoq_bytes){text, strlen(text)}, &dsn, &error), &error, "DSN");
	ecoq_transport_config config = {.channel = ECOQ_BYTES("test"), .queue = {queue_name, strlen(queue_name)}, .dsn = &dsn, .dsn_text = {text, strlen(text)}, .options = dsn.options, .option_count = dsn.option_count};
	must(ecoq_amqp_transport.open(&config, &transport, &error), &error, "opening");
	ecoq_dsn_free(&dsn);
	return transport;
}

static ecoq_outgoing message(int n, uint32_t attempts, char id[37], char body[16])
{
	snprintf(id, 37, "00000000-0000-4000-8000-%012d", n);
	snprintf(body, 16, "%d", n);
	return (ecoq_outgoing){.body = {body, strlen(body)}, .id = {id, 36}, .type = ECOQ_BYTES("test"), .trace_id = {id, 36}, .attempts = attempts, .priority = n % 3 == 0 ? 7 : ECOQ_PRIORITY_DEFAULT};
}

static void *send_all(void *context)
{
	ecoq_transport *transport = open_queue();
	ecoq_error error;
	(void) context;
	for (int first = 0; first < MESSAGES; first += BATCH) {
		ecoq_outgoing messages[BATCH];
		char ids[BATCH][37], bodies[BATCH][16];
		for (int i = 0; i < BATCH; i++) {
			messages[i] = message(first + i, 0, ids[i], bodies[i]);
		}
		must(ecoq_amqp_transport.send(transport, messages, BATCH, &error), &error, "sending");
		poll(NULL, 0, first % 3 * 30);
	}
	ecoq_amqp_transport.close(transport);
	return NULL;
}

/* ---- What the thread that reserves and the one that settles give each other ---- */

typedef struct item {
	ecoq_delivery delivery;
	struct item *next;
} item;

typedef struct bench {
	ecoq_transport *transport;
	pthread_mutex_t mutex;
	/* all below under the mutex */
	item *waiting; /* to be settled */
	item *settled; /* to be released */
	int done;
	bool is_over;
	int acknowledged[MESSAGES];
	bool was_handed_back[MESSAGES];
} bench;

static void push(bench *b, item **list, item *one)
{
	pthread_mutex_lock(&b->mutex);
	one->next = *list;
	*list = one;
	pthread_mutex_unlock(&b->mutex);
}

static item *shift(bench *b, item **list)
{
	pthread_mutex_lock(&b->mutex);
	item *one = *list;
	*list = one ? one->next : NULL;
	pthread_mutex_unlock(&b->mutex);
	return one;
}

static bool is_over(bench *b)
{
	pthread_mutex_lock(&b->mutex);
	bool over = b->is_over;
	pthread_mutex_unlock(&b->mutex);
	return over;
}

static void acknowledge(bench *b, item *one, int n, bool again)
{
	char id[37], body[16];
	ecoq_error error;
	ecoq_outgoing successor = message(n, 1, id, body);
	ecoq_settlement settlement = {.delivery = &one->delivery, .successor = again ? &successor : NULL};
	must(ecoq_amqp_transport.still_mine(b->transport, &one->delivery, &error), &error, "asking");
	must(ecoq_amqp_transport.settle(b->transport, &settlement, 1, &error), &error, "settling");
	must(settlement.result, &error, "the settlement");
	pthread_mutex_lock(&b->mutex);
	b->acknowledged[n] += !again;
	b->done += !again;
	pthread_mutex_unlock(&b->mutex);
}

static int number_of(const ecoq_delivery *delivery)
{
	char text[16];
	int n;
	snprintf(text, sizeof(text), "%.*s", (int) delivery->body.size, delivery->body.data);
	if (sscanf(text, "%d", &n) != 1 || n < 0 || n >= MESSAGES) {
		fail("a body of %zu bytes: %s", delivery->body.size, text);
	}
	return n;
}

static void *settle_all(void *context)
{
	bench *b = context;
	ecoq_error error;
	while (!is_over(b)) {
		item *one = shift(b, &b->waiting);
		if (!one) {
			poll(NULL, 0, 1);
			continue;
		}
		int n = number_of(&one->delivery);
		if (n % 17 == 5 && !b->was_handed_back[n]) {
			ecoq_delivery *delivery = &one->delivery;
			b->was_handed_back[n] = true;
			must(ecoq_amqp_transport.hand_back(b->transport, &delivery, 1, &error), &error, "handing back");
		} else {
			acknowledge(b, one, n, n % 10 == 3 && one->delivery.attempts == 0);
		}
		push(b, &b->settled, one);
	}
	return NULL;
}

static void release_settled(bench *b)
{
	item *one;
	while ((one = shift(b, &b->settled))) {
		ecoq_amqp_transport.release(b->transport, &one->delivery);
		free(one);
	}
}

static void reserve_some(bench *b, size_t max)
{
	ecoq_delivery deliveries[8];
	ecoq_reservation request = {.max = max};
	size_t count;
	int64_t next_due;
	ecoq_error error;
	must(ecoq_amqp_transport.reserve(b->transport, &request, deliveries, &count, &next_due, &error), &error, "reserving");
	for (size_t i = 0; i < count; i++) {
		item *one = malloc(sizeof(*one));
		one->delivery = deliveries[i];
		push(b, &b->waiting, one);
	}
	if (count == 0) {
		struct pollfd polled = {.fd = ecoq_amqp_transport.descriptor(b->transport), .events = POLLIN};
		poll(&polled, 1, 50);
	}
}

static void reserve_all(bench *b)
{
	int64_t end_ms = ecoq_clock_monotonic_ms() + SECONDS * 1000;
	ecoq_queue_stats stats;
	ecoq_error error;
	int done = 0;
	for (int i = 0; done < MESSAGES; i++) {
		reserve_some(b, 1 + (size_t) i % 8);
		release_settled(b);
		if (i % 20 == 0) {
			must(ecoq_amqp_transport.stats(b->transport, &stats, &error), &error, "counting");
		}
		pthread_mutex_lock(&b->mutex);
		done = b->done;
		pthread_mutex_unlock(&b->mutex);
		if (ecoq_clock_monotonic_ms() > end_ms) {
			fail("%d of %d messages in %d s", done, MESSAGES, SECONDS);
		}
	}
}

static void delete_queues(ecoq_transport *transport)
{
	static const char *const suffixes[] = {"", ".p7", ".returned"};
	ecoq_amqp_connection *connection = ecoq_amqp_connection_create(ecoq_amqp_queue_of(transport)->settings);
	ecoq_error error;
	amqp_channel_t channel;
	ecoq_amqp_lock(connection);
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		char name[256];
		snprintf(name, sizeof(name), "%s%s", queue_name, suffixes[i]);
		must(ecoq_amqp_channel_open(connection, NULL, &channel, &error), &error, "channel");
		amqp_queue_delete(connection->state, channel, amqp_cstring_bytes(name), 0, 0);
		must(ecoq_amqp_answer(connection, channel, amqp_get_rpc_reply(connection->state), "deleting", &error), &error, name);
	}
	ecoq_amqp_unlock(connection);
	ecoq_amqp_connection_destroy(connection);
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fail("usage: %s DSN QUEUE", argv[0]);
	}
	dsn_text = argv[1];
	queue_name = argv[2];
	bench b = {.transport = open_queue(), .mutex = PTHREAD_MUTEX_INITIALIZER};
	pthread_t sender, settler;
	pthread_create(&sender, NULL, send_all, NULL);
	pthread_create(&settler, NULL, settle_all, &b);
	reserve_all(&b);
	pthread_join(sender, NULL);
	pthread_mutex_lock(&b.mutex);
	b.is_over = true;
	pthread_mutex_unlock(&b.mutex);
	pthread_join(settler, NULL);
	release_settled(&b);
	for (int n = 0; n < MESSAGES; n++) {
		if (b.acknowledged[n] != 1) {
			fail("message %d was acknowledged %d times", n, b.acknowledged[n]);
		}
	}
	ecoq_queue_stats stats;
	ecoq_error error;
	must(ecoq_amqp_transport.stats(b.transport, &stats, &error), &error, "counting");
	if (stats.ready != 0) {
		fail("%d messages are left", (int) stats.ready);
	}
	delete_queues(b.transport);
	ecoq_amqp_transport.close(b.transport);
	ecoq_amqp_transport_mshutdown();
	puts("1 passed, 0 failed");
	return 0;
}
