#ifndef ECOQ_BASE_DSN_H
#define ECOQ_BASE_DSN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/result.h"

#define ECOQ_DSN_MAX_OPTIONS 64

typedef struct ecoq_dsn_option {
	ecoq_bytes name;
	ecoq_bytes value; /* percent-decoded */
} ecoq_dsn_option;

/* A parsed data source name. Two forms are read:
 *
 *   URL   scheme://user:password@host:port,host2:port2/path?name=value&…     redis amqp sqs kafka postgresql mysql
 *   PDO   driver:settings?name=value&…                                       sqlite:/var/q.sqlite?retry.max=5, pgsql:host=…;port=…
 *         `memory:` is the PDO form with nothing behind the colon.
 *
 * In the PDO form everything between the colon and the first `?` is `settings`, untouched; in the URL form it is taken apart
 * and percent-decoded. Options are percent-decoded (`+` stays a plus). A name that stands twice is an error.
 * The spans point into `storage`, which the parser allocates and ecoq_dsn_free() frees. */
typedef struct ecoq_dsn {
	ecoq_bytes scheme; /* lower-case */
	ecoq_bytes user;   /* empty: none; decoded */
	ecoq_bytes password;
	ecoq_bytes hosts;    /* as written, "host:port,host2"; IPv6 in brackets */
	ecoq_bytes path;     /* without the leading slash, decoded; URL form */
	ecoq_bytes raw_path; /* the same as written, where `%2f` must stay distinct from a slash: "%2f/orders" */
	ecoq_bytes settings; /* PDO form; empty in the URL form */
	bool is_url;
	ecoq_dsn_option options[ECOQ_DSN_MAX_OPTIONS];
	size_t option_count;
	char *storage;
} ecoq_dsn;

/* Moves `raw_path` past its next segment and writes that one, decoded, to `segment`, which points into `storage` (of at least the
 * path's size). False at the end of the path. */
bool ecoq_dsn_next_segment(ecoq_bytes *raw_path, char *storage, ecoq_bytes *segment);

/* ECOQ_OK, ECOQ_INVALID (the text never shows user info or option values) or ECOQ_NO_MEMORY. On failure nothing is held. */
ecoq_result ecoq_dsn_parse(ecoq_bytes text, ecoq_dsn *dsn, ecoq_error *error);
void ecoq_dsn_free(ecoq_dsn *dsn);

/* The option of that name, or NULL. */
const ecoq_dsn_option *ecoq_dsn_option_find(const ecoq_dsn *dsn, const char *name);

/* Writes a form of `text` that may be shown: user info becomes `***`, so do the values of options and PDO settings whose name holds
 * password, passwd, pwd, secret, token, key or user. Works on text that does not parse, too. Always ends with NUL. */
void ecoq_dsn_scrub(ecoq_bytes text, char *out, size_t capacity);

/* Next "host[:port]" of a comma separated list; false at its end. `rest` starts as dsn->hosts and is moved on. */
bool ecoq_dsn_next_host(ecoq_bytes *rest, ecoq_bytes *host, int *port /* 0: none given */);

/* Typed reading of an option's text; ECOQ_INVALID names the option and what was expected.
 * Durations: bare number = milliseconds, or a number with ms, s, m, h, d ("10ms", "1.5s", "24h"). */
ecoq_result ecoq_option_int(const char *name, ecoq_bytes value, long long min, long long max, long long *out, ecoq_error *error);
ecoq_result ecoq_option_double(const char *name, ecoq_bytes value, double min, double max, double *out, ecoq_error *error);
ecoq_result ecoq_option_bool(const char *name, ecoq_bytes value, bool *out, ecoq_error *error); /* 1 0 true false yes no on off */
ecoq_result ecoq_option_duration(const char *name, ecoq_bytes value, long long *out_ms, ecoq_error *error);

#endif
