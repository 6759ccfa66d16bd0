#ifndef ECOQ_CHANNEL_DELIVERY_H
#define ECOQ_CHANNEL_DELIVERY_H

#include "channel/channel.h"

void ecoq_delivery_minit(void);

/* Makes an Ecoq\Delivery of a reserved message of the open channel and takes the delivery over. False with an exception pending, which is
 * never about the message itself; the object is made all the same. */
bool ecoq_delivery_create(ecoq_channel *channel, const ecoq_delivery *delivery, zval *object);

#endif
