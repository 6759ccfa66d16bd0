#ifndef ECOQ_CHANNEL_GROUP_H
#define ECOQ_CHANNEL_GROUP_H

/* Order by group (SEMANTICS 7). The sender names it ("customer-42"), and it travels in the envelope; a transport keeps the order per endpoint and group, so
 * that subscribers of one event do not wait for each other. */

#include "channel/channel.h"

/* What transports know a group by; the caller owns it. NULL: no group. */
zend_string *ecoq_group_name(ecoq_bytes endpoint, ecoq_bytes group);

/* The same for a message that is in the application already and goes on in this channel, for its endpoint (`endpoint`, of the envelope or a new one). NULL,
 * too, where the transport knows no groups: it came from elsewhere, and nothing was promised. */
zend_string *ecoq_group_to_keep(const ecoq_channel *channel, ecoq_bytes endpoint, ecoq_bytes group);

#endif
