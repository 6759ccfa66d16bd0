#include "transport/amqp/connection.h"

#include <stdio.h>

/* ---- What the broker says ---- */

typedef struct meaning {
	int code;
	const char *words; /* in the broker's text; "": whatever it says */
	ecoq_result result;
	const char *advice;
} meaning;

/* The first row that fits stands; words are those around names that users choose. Codes: specification 1.2.6 and RabbitMQ's documentation of channels. */
static const meaning meanings[] = {
	{311, "", ECOQ_REFUSED, "make the message smaller, or raise max_message_size in the broker's configuration"},
	{312, "", ECOQ_REFUSED, "no queue is bound for that routing key"},
	{313, "", ECOQ_REFUSED, "the queue has no consumer"},
	{320, "", ECOQ_UNAVAILABLE, "the broker is being shut down, or an operator closed the connection; it is made anew"},
	{402, "", ECOQ_INVALID, "check the virtual host, the first part of the DSN's path (\"/\" is written %2f)"},
	{403, "mechanism EXTERNAL", ECOQ_INVALID, "the broker takes a name from the certificate (ssl_cert_login_from), for which it has no user; or it does not verify certificates (ssl_options.verify = verify_peer)"},
	{403, "Login was refused", ECOQ_INVALID, "check user and password in the DSN; a broker lets the user guest in from its own host only"},
	{403, "reserved prefix", ECOQ_INVALID, "choose a name that does not begin with \"amq.\""},
	{403, "in exclusive use", ECOQ_UNAVAILABLE, "another consumer has the queue for itself"},
	{403, "'amq.default'", ECOQ_INVALID, "give the user the permission to write to the default exchange (amq\\.default in the second pattern of rabbitmqctl set_permissions)"},
	{403, "", ECOQ_INVALID, "give the user the permission (rabbitmqctl set_permissions; ecoq needs configure, write and read for the names of its queues and exchanges)"},
	{404, "is down or inaccessible", ECOQ_UNAVAILABLE, "start the node of the broker's cluster that has the queue"},
	{404, "due to timeout", ECOQ_UNAVAILABLE, "the broker is overloaded, or too few nodes of the queue are up"},
	{404, "stopped by supervisor", ECOQ_UNAVAILABLE, "start the queue's node, or repair the queue"},
	{404, "", ECOQ_INVALID, "create it, or let ecoq do so with its command setup"},
	{405, "", ECOQ_UNAVAILABLE, "another connection has the queue for itself (exclusive); use another name, or end that connection"},
	{406, "message size", ECOQ_REFUSED, "make it smaller, or raise max_message_size in the broker's configuration"},
	{406, "delivery acknowledgement", ECOQ_UNAVAILABLE, "the broker took back what was not acknowledged in time; raise consumer_timeout in its configuration for handlers that run for that long"},
	{406, "is reached", ECOQ_UNAVAILABLE, "a limit of the broker for connections, channels or queues is reached; close others, or raise it"},
	{406, "unknown delivery tag", ECOQ_UNAVAILABLE, "the AMQP channel is opened anew, and what was not acknowledged on it comes again"},
	{406, "invalid arg 'x-priority'", ECOQ_INVALID, "it is a stream, which cannot be a channel: it keeps what was handled, and gives it to everyone. Use a quorum or classic queue, which may be bound to the same exchange"},
	{406, "inequivalent", ECOQ_INVALID, "it exists with another value for that; an existing queue or exchange cannot be changed: delete it, or set the options queue-type, interop and exchange-type to what it is"},
	{406, "", ECOQ_INVALID, "the broker cannot do that with what exists there"},
	{501, "", ECOQ_PROTOCOL, "broker and client disagree about frames; look into the broker's log"},
	{502, "", ECOQ_PROTOCOL, "the broker cannot read what it was sent; look into its log"},
	{503, "unknown exchange type", ECOQ_INVALID, "enable the broker's plugin for that type of exchange, or set the option exchange-type to direct, topic, fanout or headers"},
	{503, "", ECOQ_PROTOCOL, "look into the broker's log"},
	{504, "", ECOQ_PROTOCOL, "the AMQP channel was not open for the broker; the connection is made anew"},
	{505, "", ECOQ_PROTOCOL, "broker and client disagree about the order of frames; the connection is made anew"},
	{506, "", ECOQ_UNAVAILABLE, "the broker lacks something it needs (memory, disk, nodes); look into its log"},
	{530, "is reached", ECOQ_UNAVAILABLE, "a limit of the broker for connections, channels or queues is reached; close others, or raise it"},
	{530, "maximum allowed limit", ECOQ_UNAVAILABLE, "a limit of the broker for connections, channels or queues is reached; close others, or raise it"},
	{530, "is down", ECOQ_UNAVAILABLE, "start the virtual host (rabbitmqctl restart_vhost)"},
	{530, "vhost", ECOQ_INVALID, "check the virtual host, the first part of the DSN's path (\"/\" is written %2f: amqp://host/%2f/orders), and the user's permissions for it"},
	{530, "", ECOQ_INVALID, "the broker's configuration does not allow that"},
	{540, "", ECOQ_INVALID, "this broker, or this type of queue, cannot do that"},
	{541, "", ECOQ_UNAVAILABLE, "something failed inside the broker; look into its log"},
};

static const meaning *find_meaning(int code, const char *text)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		if (meanings[i].code == code && strstr(text, meanings[i].words)) {
			return &meanings[i];
		}
	}
	return NULL;
}

/* The broker's text without the name of the user, and without control characters. */
static void clean_text(const ecoq_amqp_settings *settings, amqp_bytes_t text, char *out, size_t capacity)
{
	static const char before[] = "user '";
	size_t size = text.len < capacity ? text.len : capacity - 1;
	if (size) {
		memcpy(out, text.bytes, size);
	}
	out[size] = '\0';
	for (size_t i = 0; i < size; i++) {
		out[i] = (unsigned char) out[i] < 0x20 || out[i] == 0x7f ? ' ' : out[i];
	}
	char *found = strcasestr(out, before), rest[320];
	if (!found) {
		return;
	}
	const char *name = found + strlen(before);
	size_t known = settings->network.user ? strlen(settings->network.user) : 0;
	const char *end = known && strncmp(name, settings->network.user, known) == 0 ? name + known : strchr(name, '\'');
	end = end ? end : out + size;
	snprintf(rest, sizeof(rest), "%s", end + (*end == '\''));
	snprintf(found, capacity - (size_t) (found - out), "this user%s", rest);
}

ecoq_result ecoq_amqp_refusal(const ecoq_amqp_settings *settings, int code, amqp_bytes_t text, const char *doing, ecoq_error *error)
{
	char cleaned[320];
	clean_text(settings, text, cleaned, sizeof(cleaned));
	const meaning *found = find_meaning(code, cleaned);
	return ecoq_fail(error, found ? found->result : ECOQ_PROTOCOL, "%s: RabbitMQ says %d \"%s\"; %s", doing, code, cleaned,
		found ? found->advice : "look into the broker's log");
}

/* ---- What the library says ---- */

static const struct {
	int status;
	ecoq_result result;
	const char *text;
} failures[] = {
	{AMQP_STATUS_NO_MEMORY, ECOQ_NO_MEMORY, "out of memory"},
	{AMQP_STATUS_TABLE_TOO_BIG, ECOQ_REFUSED, "the message's headers do not fit into one frame (option frame-max); make them smaller"},
	{AMQP_STATUS_INVALID_PARAMETER, ECOQ_REFUSED, "a name or value is longer than AMQP allows (255 bytes for names)"},
	{AMQP_STATUS_HEARTBEAT_TIMEOUT, ECOQ_UNAVAILABLE, "no sign of life came from the broker for two heartbeats (option heartbeat); the connection is made anew"},
	{AMQP_STATUS_TIMEOUT, ECOQ_UNAVAILABLE, "no answer came in time (options connect-timeout and io-timeout)"},
	{AMQP_STATUS_CONNECTION_CLOSED, ECOQ_UNAVAILABLE, "the broker closed the connection without a reason"},
	{AMQP_STATUS_SOCKET_CLOSED, ECOQ_UNAVAILABLE, "the connection is closed"},
	{AMQP_STATUS_SOCKET_ERROR, ECOQ_UNAVAILABLE, "the connection is broken"},
	{AMQP_STATUS_TCP_ERROR, ECOQ_UNAVAILABLE, "the connection is broken"},
	{AMQP_STATUS_SSL_ERROR, ECOQ_UNAVAILABLE, "the TLS connection is broken, or the broker refuses the client's certificate (options tls-cert and tls-key)"},
	{AMQP_STATUS_SSL_CONNECTION_FAILED, ECOQ_UNAVAILABLE, "there was no TLS handshake: the port may be the one without TLS (5671 is the usual one with it), or the broker wants a certificate (options tls-cert and tls-key)"},
	{AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED, ECOQ_INVALID, "the broker's certificate is for another host name; use a name that it holds"},
	{AMQP_STATUS_SSL_PEER_VERIFY_FAILED, ECOQ_INVALID, "the broker's certificate does not hold: it is expired, or its authority is not trusted (option tls-ca)"},
	{AMQP_STATUS_HOSTNAME_RESOLUTION_FAILED, ECOQ_UNAVAILABLE, "the host name was not found"},
	{AMQP_STATUS_BROKER_UNSUPPORTED_SASL_METHOD, ECOQ_INVALID, "the broker does not offer this way to log in (option sasl); for external it needs its plugin rabbitmq_auth_mechanism_ssl"},
	{AMQP_STATUS_INCOMPATIBLE_AMQP_VERSION, ECOQ_INVALID, "what answers there does not speak AMQP 0-9-1"},
};

ecoq_result ecoq_amqp_failure(const ecoq_amqp_connection *connection, int status, const char *doing, ecoq_error *error)
{
	bool is_placed = strstr(doing, connection->address) != NULL;
	const char *before = is_placed ? "" : ": RabbitMQ at ", *place = is_placed ? "" : connection->address;
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		if (failures[i].status == status) {
			return ecoq_fail(error, failures[i].result, "%s%s%s: %s", doing, before, place, failures[i].text);
		}
	}
	return ecoq_fail(error, ECOQ_UNAVAILABLE, "%s%s%s: what came is not understood (%s); the connection is made anew", doing, before, place, amqp_error_string2(status));
}
