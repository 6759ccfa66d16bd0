#ifndef ECOQ_TRANSPORT_AMQP_SETTINGS_H
#define ECOQ_TRANSPORT_AMQP_SETTINGS_H

/* What a DSN says about a RabbitMQ broker:
 *
 *   amqp[s]://[user:password@]host[:port][,host2…][/vhost[/queue]]?options        vhost "/" is written %2f, and is the default */

#include "transport/network.h"

#define ECOQ_AMQP_PORT 5672
#define ECOQ_AMQPS_PORT 5671
#define ECOQ_AMQP_PARTITIONS_MOST 64
#define ECOQ_AMQP_FRAME_MIN 4096 /* section 1.2 of the specification: every peer takes frames of that size */

enum ecoq_amqp_queue_type {
	ECOQ_AMQP_QUORUM,  /* the default */
	ECOQ_AMQP_CLASSIC, /* queue-type=classic */
	ECOQ_AMQP_INTEROP  /* interop=1: declared with no argument at all, as peers in other languages do */
};

typedef struct ecoq_amqp_settings {
	ecoq_network_settings network;
	char *vhost;
	int external;          /* sasl=external: the certificate is the login */
	int heartbeat_s;       /* asked for; default 30; 0: none */
	int64_t confirm_ms;    /* of the confirms of one batch, default 30 000 */
	int prefetch;          /* at most, default 512 */
	int partitions;        /* for groups; default 0: none */
	int queue_type;        /* of ecoq_amqp_queue_type */
	bool interop;          /* likewise */
	char *exchange;        /* NULL: the default one */
	char *exchange_type;   /* "direct" */
	char *binding_keys;    /* comma separated; NULL: the queue's name */
	char *delay_prefix;    /* of the exchanges and queues for delays, default the channel's prefix and "ecoq.delay" */
	int frame_max;         /* asked for, default 131072; the broker may lower it */
	char *connection_name; /* shown in the broker's lists, default the service; NULL: "ecoq" */
} ecoq_amqp_settings;

extern const ecoq_option_spec ecoq_amqp_options[];

/* ECOQ_INVALID names the option and what was expected. One reference is the caller's, for ecoq_network_release(). */
ecoq_result ecoq_amqp_settings_read(const ecoq_transport_config *config, ecoq_amqp_settings **out, ecoq_error *error);

/* See ecoq_transport_ops.queue_of_dsn. */
ecoq_bytes ecoq_amqp_queue_of_dsn(const ecoq_dsn *dsn);

#endif
