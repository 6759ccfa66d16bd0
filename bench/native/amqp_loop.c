/* What RabbitMQ gives a client that does nothing else: the floor of the RabbitMQ groups; and what the bench itself does to a queue. Compiled by bench/lib/tool.php.
 *
 *   amqp_loop consume HOST PORT USER PASSWORD VHOST QUEUE PREFETCH ACKNOWLEDGE N    by push, acknowledged so many at a time
 *   amqp_loop confirmed … QUEUE BATCH N BODY    persistent, each batch is confirmed before the next; the last 12 bytes of "id" in the body are a running number
 *   amqp_loop unconfirmed … QUEUE BATCH N BODY  persistent; all are confirmed at the end, when the clock has stopped
 *   amqp_loop declare … QUEUE classic|quorum
 *   amqp_loop count … QUEUE
 *   amqp_loop delete … QUEUE …
 *
 * Prints one line of JSON. */

#if __has_include(<rabbitmq-c/amqp.h>)
#include <rabbitmq-c/amqp.h>
#include <rabbitmq-c/tcp_socket.h>
#else
#include <amqp.h>
#include <amqp_tcp_socket.h>
#endif
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"

#define ID_DIGITS 12
#define CHANNEL 1

typedef struct loop {
	amqp_connection_state_t connection;
	amqp_bytes_t queue;
	uint64_t published;
	uint64_t confirmed;
	int64_t wall;
	double cpu;
} loop;

static void die(const char *text, ...)
{
	va_list arguments;

	va_start(arguments, text);
	fputs("Error: ", stderr);
	vfprintf(stderr, text, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	exit(1);
}

static void expect_reply(amqp_rpc_reply_t reply, const char *what)
{
	if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION) {
		die("%s: %s", what, amqp_error_string2(reply.library_error));
	}
	if (reply.reply_type != AMQP_RESPONSE_NORMAL) {
		const amqp_channel_close_t *close = reply.reply.decoded;

		die("%s: the broker says %.*s", what, close ? (int) close->reply_text.len : 0, close ? (char *) close->reply_text.bytes : "");
	}
}

static void expect_status(int status, const char *what)
{
	if (status != AMQP_STATUS_OK) {
		die("%s: %s", what, amqp_error_string2(status));
	}
}

static void start_clock(loop *self)
{
	self->cpu = cpu_us();
	self->wall = now_ns();
}

static void stop_clock(loop *self)
{
	self->wall = now_ns() - self->wall;
	self->cpu = cpu_us() - self->cpu;
}

static void log_in(loop *self, char **where)
{
	amqp_socket_t *socket;

	self->connection = amqp_new_connection();
	socket = amqp_tcp_socket_new(self->connection);
	if (socket == NULL) {
		die("out of memory");
	}
	expect_status(amqp_socket_open(socket, where[0], atoi(where[1])), "connecting");
	expect_reply(amqp_login(self->connection, where[4], 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, where[2], where[3]), "login");
	amqp_channel_open(self->connection, CHANNEL);
	expect_reply(amqp_get_rpc_reply(self->connection), "channel.open");
}

static void set_prefetch(loop *self, long prefetch)
{
	amqp_basic_qos(self->connection, CHANNEL, 0, (uint16_t) prefetch, 0);
	expect_reply(amqp_get_rpc_reply(self->connection), "basic.qos");
}

/* On the clock as a worker is: from before it connects, until the broker has read the last acknowledgement. */
static long consume(loop *self, long prefetch, long acknowledge, long total)
{
	set_prefetch(self, prefetch);
	amqp_basic_consume(self->connection, CHANNEL, self->queue, amqp_empty_bytes, 0, 0, 0, amqp_empty_table);
	expect_reply(amqp_get_rpc_reply(self->connection), "basic.consume");
	for (long count = 1; count <= total; count++) {
		amqp_envelope_t envelope;

		amqp_maybe_release_buffers_on_channel(self->connection, CHANNEL);
		expect_reply(amqp_consume_message(self->connection, &envelope, NULL, 0), "consuming");
		if (count % acknowledge == 0 || count == total) {
			expect_status(amqp_basic_ack(self->connection, CHANNEL, envelope.delivery_tag, acknowledge > 1), "basic.ack");
		}
		amqp_destroy_envelope(&envelope);
	}
	set_prefetch(self, prefetch);
	stop_clock(self);
	sleep(1); // a quorum queue has yet to take them in: those of a channel that is closed meanwhile are lost
	return total;
}

static void await_confirms(loop *self)
{
	while (self->confirmed < self->published) {
		amqp_frame_t frame;

		amqp_maybe_release_buffers_on_channel(self->connection, CHANNEL);
		expect_status(amqp_simple_wait_frame(self->connection, &frame), "waiting for confirms");
		if (frame.frame_type != AMQP_FRAME_METHOD || frame.payload.method.id != AMQP_BASIC_ACK_METHOD) {
			die("not confirmed: %s", frame.frame_type == AMQP_FRAME_METHOD ? amqp_method_name(frame.payload.method.id) : "a frame");
		}
		// tags come in no order, but the last multiple one tells all before it
		amqp_basic_ack_t *ack = frame.payload.method.decoded;
		self->confirmed = ack->multiple ? (ack->delivery_tag > self->confirmed ? ack->delivery_tag : self->confirmed) : self->confirmed + 1;
	}
}

static char *find_id(char *body)
{
	char *id = strstr(body, "\"id\":\"");

	id = id ? strchr(id + 6, '"') : NULL;
	if (id == NULL || id - body < ID_DIGITS) {
		die("no id in the body");
	}
	return id - ID_DIGITS;
}

/* The properties that a producer of BabelQueue sets. */
static void describe(amqp_basic_properties_t *properties, amqp_table_entry_t headers[3], const char *id)
{
	headers[0] = (amqp_table_entry_t){amqp_cstring_bytes("x-schema-version"), {.kind = AMQP_FIELD_KIND_I32, .value.i32 = 1}};
	headers[1] = (amqp_table_entry_t){amqp_cstring_bytes("x-source-lang"), {.kind = AMQP_FIELD_KIND_UTF8, .value.bytes = amqp_cstring_bytes("php")}};
	headers[2] = (amqp_table_entry_t){amqp_cstring_bytes("x-attempts"), {.kind = AMQP_FIELD_KIND_I32, .value.i32 = 0}};
	*properties = (amqp_basic_properties_t){
		._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_CONTENT_ENCODING_FLAG | AMQP_BASIC_HEADERS_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_CORRELATION_ID_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG | AMQP_BASIC_TYPE_FLAG | AMQP_BASIC_APP_ID_FLAG,
		.content_type = amqp_cstring_bytes("application/json"),
		.content_encoding = amqp_cstring_bytes("utf-8"),
		.headers = {3, headers},
		.delivery_mode = 2,
		.correlation_id = amqp_cstring_bytes("7b3f9c2a-e41d-4f88-9b2a-000000000000"),
		.message_id = {36, (void *) (id + ID_DIGITS - 36)},
		.type = amqp_cstring_bytes("order.placed"),
		.app_id = amqp_cstring_bytes("babelqueue"),
	};
}

static long publish(loop *self, bool confirmed, long batch, long total, char *body)
{
	char *id = find_id(body), digits[24];
	amqp_bytes_t bytes = amqp_cstring_bytes(body);
	amqp_basic_properties_t properties;
	amqp_table_entry_t headers[3];

	describe(&properties, headers, id);
	amqp_confirm_select(self->connection, CHANNEL);
	expect_reply(amqp_get_rpc_reply(self->connection), "confirm.select");
	start_clock(self);
	for (long sent = 0; sent < total; sent++) {
		snprintf(digits, sizeof(digits), "%0*ld", ID_DIGITS, sent);
		memcpy(id, digits, ID_DIGITS);
		expect_status(amqp_basic_publish(self->connection, CHANNEL, amqp_empty_bytes, self->queue, 0, 0, &properties, bytes), "publishing");
		self->published++;
		if (confirmed && (self->published % (uint64_t) batch == 0 || sent + 1 == total)) {
			await_confirms(self);
		}
	}
	stop_clock(self);
	await_confirms(self);
	return total;
}

static long declare(loop *self, const char *type)
{
	amqp_table_entry_t entry = {amqp_cstring_bytes("x-queue-type"), {.kind = AMQP_FIELD_KIND_UTF8, .value.bytes = amqp_cstring_bytes(type)}};
	amqp_table_t arguments = {1, &entry};

	amqp_queue_declare(self->connection, CHANNEL, self->queue, 0, 1, 0, 0, arguments);
	expect_reply(amqp_get_rpc_reply(self->connection), "queue.declare");
	return 0;
}

static long count_ready(loop *self)
{
	amqp_queue_declare_ok_t *declared = amqp_queue_declare(self->connection, CHANNEL, self->queue, 1, 0, 0, 0, amqp_empty_table);

	expect_reply(amqp_get_rpc_reply(self->connection), "queue.declare");
	return declared->message_count;
}

static long delete_queues(loop *self, int count, char **queues)
{
	for (int i = 0; i < count; i++) {
		amqp_queue_delete(self->connection, CHANNEL, amqp_cstring_bytes(queues[i]), 0, 0);
		expect_reply(amqp_get_rpc_reply(self->connection), "queue.delete");
	}
	return count;
}

static long run(loop *self, const char *what, int more, char **arguments)
{
	if (strcmp(what, "consume") == 0 && more == 4) {
		return consume(self, atol(arguments[1]), atol(arguments[2]), atol(arguments[3]));
	}
	if (strcmp(what, "confirmed") == 0 && more == 4) {
		return publish(self, true, atol(arguments[1]), atol(arguments[2]), arguments[3]);
	}
	if (strcmp(what, "unconfirmed") == 0 && more == 4) {
		return publish(self, false, atol(arguments[1]), atol(arguments[2]), arguments[3]);
	}
	if (strcmp(what, "declare") == 0 && more == 2) {
		return declare(self, arguments[1]);
	}
	if (strcmp(what, "count") == 0 && more == 1) {
		return count_ready(self);
	}
	if (strcmp(what, "delete") == 0) {
		return delete_queues(self, more, arguments);
	}
	die("unknown loop");
	return 0;
}

int main(int count, char **arguments)
{
	loop self = {0};
	long total;

	if (count < 8) {
		die("amqp_loop consume|confirmed|unconfirmed|declare|count|delete HOST PORT USER PASSWORD VHOST QUEUE …");
	}
	start_clock(&self);
	log_in(&self, arguments + 2);
	self.queue = amqp_cstring_bytes(arguments[7]);
	total = run(&self, arguments[1], count - 7, arguments + 7);
	expect_reply(amqp_channel_close(self.connection, CHANNEL, AMQP_REPLY_SUCCESS), "channel.close");
	amqp_connection_close(self.connection, AMQP_REPLY_SUCCESS);
	amqp_destroy_connection(self.connection);
	printf("{\"n\":%ld,\"wall_ns\":%lld,\"cpu_us\":%.0f}\n", total, (long long) self.wall, self.cpu);
	return 0;
}
