#ifndef ECOQ_TRANSPORT_NETWORK_H
#define ECOQ_TRANSPORT_NETWORK_H

/* What the settings of all network transports have in common (hosts, login, TLS, time-outs), and how a DSN and its options become settings: each option that stands for
 * itself is a row of a table; what several say together, a step of the transport's. */

#include "transport/transport.h"

#define ECOQ_NETWORK_DAY_MS (24 * 3600 * 1000LL)

typedef struct ecoq_network_address {
	char *host; /* of a unix socket: its path */
	int port;   /* 0: a unix socket */
} ecoq_network_address;

/* What a transport's settings begin with. On malloc, shared by reference count; not changed after it was made. */
typedef struct ecoq_network_settings {
	const struct ecoq_network_kind *kind;
	unsigned references; /* atomic */
	char *identity;      /* equal for two DSNs that name the same servers and login in the same way (whatever their queues). Holds secrets: never shown */
	char *place;         /* the hosts, to be shown in error texts */
	ecoq_network_address *addresses;
	size_t address_count;
	char *user; /* NULL: none */
	char *password;
	bool tls;
	bool tls_verify; /* default yes */
	char *tls_ca;    /* file; NULL: the system's */
	char *tls_certificate;
	char *tls_key;
	int keepalive_s;            /* between TCP probes, default 15; 0: none */
	int64_t connect_timeout_ms; /* of one address */
	int64_t timeout_ms;         /* of one answer */
} ecoq_network_settings;

enum ecoq_network_option_kind {
	ECOQ_NETWORK_TEXT,    /* char *, not empty, at most `max` bytes; NULL: not given */
	ECOQ_NETWORK_FLAG,    /* bool */
	ECOQ_NETWORK_NUMBER,  /* int */
	ECOQ_NETWORK_CHOICE,  /* int: 0 or 1, the first word of `words` or the second */
	ECOQ_NETWORK_SECONDS, /* a length of time, int; 0 is always allowed */
	ECOQ_NETWORK_MS       /* a length of time, int64_t */
};

typedef struct ecoq_network_option {
	const char *name;
	enum ecoq_network_option_kind kind;
	size_t offset;                /* of its field in the transport's settings */
	long long min, max, fallback; /* times in milliseconds */
	const char *words[2];
	bool is_queues; /* connections are shared by those that differ in it only */
} ecoq_network_option;

typedef struct ecoq_network_reader {
	const ecoq_transport_config *config;
	ecoq_network_settings *settings;
	ecoq_error *error;
} ecoq_network_reader;

/* One transport's. */
typedef struct ecoq_network_kind {
	size_t size;                                                    /* of its settings */
	const char *plain, *secure;                                     /* DSN schemes without and with TLS */
	const ecoq_network_option *options;                             /* beside those for the login, TLS and keepalive; ended by a NULL name */
	ecoq_result (*const *steps)(const ecoq_network_reader *reader); /* for the rest, in that order; ended by NULL */
} ecoq_network_kind;

/* ECOQ_INVALID names the option and what was expected. `*out` begins a struct of kind->size. */
ecoq_result ecoq_network_read(const ecoq_network_kind *kind, const ecoq_transport_config *config, ecoq_network_settings **out, ecoq_error *error);
void ecoq_network_addref(ecoq_network_settings *settings);
void ecoq_network_release(ecoq_network_settings *settings);

/* For steps. Copies are on malloc and replace what `*out` held. */
ecoq_result ecoq_network_no_memory(const ecoq_network_reader *reader);
bool ecoq_network_option_of(const ecoq_network_reader *reader, const char *name, ecoq_bytes *value /* NULL: is not of interest */);
ecoq_result ecoq_network_text_of(const ecoq_network_reader *reader, const char *name, ecoq_bytes value, size_t max, char **out);
ecoq_result ecoq_network_copy(const ecoq_network_reader *reader, ecoq_bytes text, char **out);
/* The hosts of the DSN; `example` is what may stand behind its scheme. */
ecoq_result ecoq_network_read_hosts(const ecoq_network_reader *reader, int default_port, const char *example);
/* "rabbit1:5672,[::1]:5672"; false: out of memory. */
bool ecoq_network_add_hosts(const ecoq_network_settings *settings, ecoq_buffer *text);
/* Makes a whole text `*out`, with a NUL behind it; what ran out of memory is freed, and an error. */
ecoq_result ecoq_network_keep(const ecoq_network_reader *reader, ecoq_buffer *text, bool is_whole, char **out);

/* What several hosts have answered that were tried in turn, none of which could be used. Zero-initialise. */
typedef struct ecoq_network_failures {
	ecoq_error told; /* the most telling one: the first that is about more than a host that cannot be reached, else the last */
	bool is_any;
	bool may_pass; /* one of them cannot be reached now, and may be the right one */
} ecoq_network_failures;
void ecoq_network_failed(ecoq_network_failures *failures, const ecoq_error *one);
/* ECOQ_UNAVAILABLE, as long as waiting may help: whoever consumes goes on trying. */
ecoq_result ecoq_network_verdict(const ecoq_network_failures *failures);

bool ecoq_network_same_address(const ecoq_network_address *a, const ecoq_network_address *b);
bool ecoq_network_is_ip(const char *host); /* not a name */
bool ecoq_network_is_scheme(const ecoq_dsn *dsn, const char *scheme);

/* "redis.example:6379", "[::1]:6379", "/run/redis.sock"; into `out`, which is returned. */
const char *ecoq_network_address_text(const ecoq_network_address *address, char *out, size_t capacity);

#endif
