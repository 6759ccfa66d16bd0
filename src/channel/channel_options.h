#ifndef ECOQ_CHANNEL_CHANNEL_OPTIONS_H
#define ECOQ_CHANNEL_CHANNEL_OPTIONS_H

/* The options of a channel: one table for what stands in a DSN, in `options:` and in the named arguments of Ecoq\Channel. */

#include "channel/channel.h"

/* Where options come from; everything borrowed, NULL: nothing of that kind. */
typedef struct ecoq_channel_sources {
	const zend_string *channel;
	const ecoq_dsn *dsn;
	const zend_object *retry; /* a RetryPolicy */
	HashTable *arguments;     /* option name => its text, from the other named arguments */
	HashTable *options;       /* option name => its text, from `options:` */
	const ecoq_transport_ops *ops;
} ecoq_channel_sources;

/* What they say, defaults filled in. The spans point into the sources; the lists are the caller's to release. */
typedef struct ecoq_channel_settings {
	ecoq_backoff retry;
	zval retry_only;        /* class names (php/class_list.h); UNDEF: none are given */
	zval retry_never;       /* likewise */
	int64_t dead_letter;    /* ecoq_dead_letter_place */
	int64_t in_transaction; /* ecoq_in_transaction */
	ecoq_bytes error_channel;
	int64_t timeout_ms;
	int64_t max_delay_ms;
	int64_t unknown;
	int64_t acknowledge_each;
	int64_t group_passes;
	int64_t max_body;
	int64_t max_depth;
	int64_t max_headers;
	ecoq_bytes queue;
	ecoq_bytes prefix;
	ecoq_dsn_option *transport_options; /* the transport's own ones; the caller's to efree() */
	size_t transport_option_count;
} ecoq_channel_settings;

/* False with a ConfigurationException; nothing is then held. */
bool ecoq_channel_options_read(const ecoq_channel_sources *sources, ecoq_channel_settings *settings);

/* Whether what the channel is to do with the application's database can be done. False with a ConfigurationException. */
bool ecoq_channel_check_database(const ecoq_channel *channel, bool has_database);

#endif
