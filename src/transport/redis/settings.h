#ifndef ECOQ_TRANSPORT_REDIS_SETTINGS_H
#define ECOQ_TRANSPORT_REDIS_SETTINGS_H

/* What a DSN says about reaching Redis:
 *
 *   redis://[user:password@]host[:port][,host2…][/database][/queue]     a server, or any nodes of a Cluster; rediss:// with TLS
 *   redis+unix:///path/of/socket                                        the queue by the option `queue` or the channel's name
 *   redis+sentinel://[user:password@]sentinel[:port][,…]/…?master=name  user and password are the server's; the Sentinels' own are options */

#include "transport/network.h"

#ifdef ECOQ_HAVE_OPENSSL
#define ECOQ_REDIS_HAS_TLS true
#else
#define ECOQ_REDIS_HAS_TLS false
#endif

#define ECOQ_REDIS_PORT 6379
#define ECOQ_REDIS_SENTINEL_PORT 26379

typedef struct ecoq_redis_settings {
	ecoq_network_settings network; /* the addresses are those of servers, or of Sentinels; a socket's is alone */
	char *master;                  /* what the Sentinels call it; NULL: the addresses are servers */
	char *sentinel_user;
	char *sentinel_password;
	int database;
	int replicas;        /* option wait: a send waits for that many; 0: for none */
	int64_t replicas_ms; /* option wait-timeout, default 1 000 */
} ecoq_redis_settings;

extern const ecoq_option_spec ecoq_redis_options[]; /* all that the transport takes */

/* ECOQ_INVALID names the option and what was expected; rediss:// where ecoq was built without OpenSSL is that, too. One reference is the caller's, for
 * ecoq_network_release(). */
ecoq_result ecoq_redis_settings_read(const ecoq_transport_config *config, ecoq_redis_settings **out, ecoq_error *error);

/* See ecoq_transport_ops.queue_of_dsn: the path without a database number before it. */
ecoq_bytes ecoq_redis_queue_of_dsn(const ecoq_dsn *dsn);

#endif
