#include "channel/group.h"

#include "php/bytes.h"

/* Stands in no endpoint id that is a class and method, and can be written in any broker's key. */
#define SEPARATOR "\x1f"

zend_string *ecoq_group_name(ecoq_bytes endpoint, ecoq_bytes group)
{
	if (group.size == 0) {
		return NULL;
	}
	return zend_string_concat3(endpoint.size ? endpoint.data : "", endpoint.size, SEPARATOR, 1, group.data, group.size);
}

zend_string *ecoq_group_to_keep(const ecoq_channel *channel, ecoq_bytes endpoint, ecoq_bytes group)
{
	return channel->ops->capabilities & ECOQ_CAN_GROUP ? ecoq_group_name(endpoint, group) : NULL;
}
