#ifndef ECOQ_MESSAGING_COPY_TIMES_H
#define ECOQ_MESSAGING_COPY_TIMES_H

#include "messaging/messaging.h"

/* When the copy for an endpoint is due and when it expires: what the sender said, else what the endpoint's attributes say. */
typedef struct ecoq_copy_times {
	int64_t delay_ms;        /* in: by the sender; -1: not given */
	int64_t time_to_live_ms; /* in: by the sender; -1: not given */
	int64_t deliver_at;      /* out: milliseconds since the epoch, 0: now */
	int64_t expires_at;      /* out: likewise, 0: never; counted from when it is due */
} ecoq_copy_times;

/* The invocation holds the message for expressions; its payload must be there. False with an exception pending. */
bool ecoq_copy_times_find(const ecoq_endpoint *endpoint, ecoq_invocation *invocation, int64_t now_ms, ecoq_copy_times *times);

#endif
