#ifndef ECOQ_TRANSPORT_REDIS_SETTINGS_H
#define ECOQ_TRANSPORT_REDIS_SETTINGS_H

/* What a DSN says about reaching Redis:
 *
 *   redis://[user:password@]host[:port][,host2…][/database][/queue]     a server, or any nodes of a Cluster; rediss:// with TLS
 *   redis+unix:///path/of/socket                                        the queue by the option `queue` or the channel's name
 *   redis+sentinel://[user:password@]sentinel[:port][,…]/…?master=name  user and password are the server's; the Sentinels' own are options */

#include "transport/transport.h"

#ifdef ECOQ_HAVE_OPENSSL
#define ECOQ_REDIS_HAS_TLS true
#else
#define ECOQ_REDIS_HAS_TLS false
#endif

#define ECOQ_REDIS_PORT 6379
#define ECOQ_REDIS_SENTINEL_PORT 26379

typedef struct ecoq_redis_address {
	char *host; /* of a unix socket: its path */
	int port;   /* 0: a unix socket */
} ecoq_redis_address;

/* On malloc, shared by reference count; not changed after it was made. */
typedef struct ecoq_redis_settings {
	unsigned references; /* atomic */
	char *identity;      /* equal for two DSNs that name the same servers and login in the same way (whatever their queues). Holds secrets: never shown */
	char *place;         /* the hosts, to be shown in error texts */
	ecoq_redis_address *seeds;
	size_t seed_count;
	char *master; /* what the Sentinels call it; NULL: the seeds are servers */
	char *user;   /* NULL: Redis's "default", or none */
	char *password;
	char *sentinel_user;
	char *sentinel_password;
	int database;
	bool tls;
	bool tls_verify; /* option tls-verify, default yes */
	char *tls_ca;    /* file; NULL: the system's */
	char *tls_certificate;
	char *tls_key;
	int64_t connect_timeout_ms; /* per address, default 2 000 */
	int64_t timeout_ms;         /* of one round trip, default 5 000 */
	int keepalive_s;            /* option keepalive, seconds between TCP probes, default 15 */
	int replicas;               /* option wait: a send waits for that many; 0: for none */
	int64_t replicas_ms;        /* option wait-timeout, default 1 000 */
} ecoq_redis_settings;

extern const ecoq_option_spec ecoq_redis_options[]; /* all that the transport takes */

/* ECOQ_INVALID names the option and what was expected; rediss:// where ecoq was built without OpenSSL is that, too. */
ecoq_result ecoq_redis_settings_read(const ecoq_transport_config *config, ecoq_redis_settings **out, ecoq_error *error);
void ecoq_redis_settings_addref(ecoq_redis_settings *settings);
void ecoq_redis_settings_release(ecoq_redis_settings *settings);

/* See ecoq_transport_ops.queue_of_dsn: the path without a database number before it. */
ecoq_bytes ecoq_redis_queue_of_dsn(const ecoq_dsn *dsn);

#endif
