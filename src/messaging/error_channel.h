#ifndef ECOQ_MESSAGING_ERROR_CHANNEL_H
#define ECOQ_MESSAGING_ERROR_CHANNEL_H

#include "messaging/messaging.h"

/* The error channel: instead of becoming a dead letter, a message that is given up on is told of in a message of the type "ecoq.failed" on another
 * channel. What that holds is in stubs/Channel.stub.php. */

#define ECOQ_FAILED_TYPE "ecoq.failed"

/* At start-up: whether every error channel is another configured channel, without cycles. False with a ConfigurationException. */
bool ecoq_error_channels_check(ecoq_messaging *messaging);

/* After the execution's unit of work has ended, and before it is settled: where it is to become a dead letter and its channel has an error channel,
 * sends the failure there and leaves nothing but the removal to settle. While the error channel cannot be reached the message is postponed, uncharged;
 * if it refuses, the dead letter stands. No exception is pending afterwards. */
void ecoq_error_channel_take(ecoq_execution *execution);

#endif
