#ifndef ECOQ_CHANNEL_DELIVERY_H
#define ECOQ_CHANNEL_DELIVERY_H

#include "channel/channel.h"

void ecoq_delivery_minit(void);

/* Makes an Ecoq\Delivery of a reserved message of the open channel and takes the delivery over. Never fails: what is wrong with the bytes
 * becomes the object's `fault`. */
void ecoq_delivery_create(ecoq_channel *channel, const ecoq_delivery *delivery, zval *object);

#endif
