#ifndef ECOQ_TRANSPORT_AMQP_SETTINGS_H
#define ECOQ_TRANSPORT_AMQP_SETTINGS_H

/* What a DSN says about a RabbitMQ broker:
 *
 *   amqp[s]://[user:password@]host[:port][,host2…][/vhost[/queue]]?options        vhost "/" is written %2f, and is the default */

#include "transport/transport.h"

#define ECOQ_AMQP_PORT 5672
#define ECOQ_AMQPS_PORT 5671
#define ECOQ_AMQP_FRAME_MIN 4096 /* section 1.2 of the specification: every peer takes frames of that size */

enum ecoq_amqp_queue_type {
	ECOQ_AMQP_QUORUM,  /* the default */
	ECOQ_AMQP_CLASSIC, /* queue-type=classic */
	ECOQ_AMQP_INTEROP  /* interop=1: declared with no argument at all, as peers in other languages do */
};

typedef struct ecoq_amqp_address {
	char *host;
	int port;
} ecoq_amqp_address;

/* On malloc, shared by reference count; not changed after it was made. */
typedef struct ecoq_amqp_settings {
	unsigned references; /* atomic */
	char *identity;      /* equal for DSNs that mean the same broker, vhost and login in the same way. Holds secrets: never shown */
	char *place;         /* hosts and vhost, for error texts */
	ecoq_amqp_address *addresses;
	size_t address_count;
	char *user;
	char *password;
	char *vhost;
	bool external; /* sasl=external: the certificate is the login */
	bool tls;
	bool tls_verify;
	char *tls_ca;
	char *tls_certificate;
	char *tls_key;
	int heartbeat_s;            /* asked for; default 30; 0: none */
	int keepalive_s;            /* between TCP probes, default 15; 0: none */
	int64_t connect_timeout_ms; /* per host, default 3 000 */
	int64_t timeout_ms;         /* of one answer, default 10 000 */
	int64_t confirm_ms;         /* of the confirms of one batch, default 30 000 */
	int prefetch;               /* at most, default 512 */
	enum ecoq_amqp_queue_type queue_type;
	char *exchange;        /* NULL: the default one */
	char *exchange_type;   /* "direct" */
	char *binding_keys;    /* comma separated; NULL: the queue's name */
	char *delay_prefix;    /* of the exchanges and queues for delays, default the channel's prefix and "ecoq.delay" */
	int frame_max;         /* asked for, default 131072; the broker may lower it */
	char *connection_name; /* shown in the broker's lists, default the service; NULL: "ecoq" */
} ecoq_amqp_settings;

extern const ecoq_option_spec ecoq_amqp_options[];

/* ECOQ_INVALID names the option and what was expected. */
ecoq_result ecoq_amqp_settings_read(const ecoq_transport_config *config, ecoq_amqp_settings **out, ecoq_error *error);
void ecoq_amqp_settings_addref(ecoq_amqp_settings *settings);
void ecoq_amqp_settings_release(ecoq_amqp_settings *settings);

/* See ecoq_transport_ops.queue_of_dsn. */
ecoq_bytes ecoq_amqp_queue_of_dsn(const ecoq_dsn *dsn);

#endif
