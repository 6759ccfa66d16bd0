#include "transport/amqp/names.h"

#include <stdio.h>

#include "transport/transport.h"

#define LANES (ECOQ_PRIORITY_MAX + 1)

const char *ecoq_amqp_lane_name(char *name, const char *queue, unsigned priority)
{
	if (priority == ECOQ_PRIORITY_DEFAULT) {
		snprintf(name, ECOQ_AMQP_NAME_SIZE, "%s", queue);
	} else {
		snprintf(name, ECOQ_AMQP_NAME_SIZE, "%s.p%u", queue, priority);
	}
	return name;
}

const char *ecoq_amqp_returned_name(char *name, const char *queue)
{
	snprintf(name, ECOQ_AMQP_NAME_SIZE, "%.246s.returned", queue);
	return name;
}

const char *ecoq_amqp_partition_name(char *name, const char *queue, unsigned number)
{
	snprintf(name, ECOQ_AMQP_NAME_SIZE, "%s.g%u", queue, number);
	return name;
}

bool ecoq_amqp_next_name(ecoq_amqp_name_walk *walk, const char *queue, unsigned partitions)
{
	unsigned step = walk->step++;
	if (step < LANES) {
		walk->kind = ECOQ_AMQP_LANE_NAME;
		ecoq_amqp_lane_name(walk->name, queue, step);
		return true;
	}
	step -= LANES;
	if (step == 0) {
		walk->kind = ECOQ_AMQP_RETURNED_NAME;
		ecoq_amqp_returned_name(walk->name, queue);
		return true;
	}
	step--;
	if (step < 2 * partitions) {
		char partition[ECOQ_AMQP_NAME_SIZE];
		bool is_returned = step % 2 == 1;
		ecoq_amqp_partition_name(partition, queue, step / 2);
		walk->kind = is_returned ? ECOQ_AMQP_PARTITION_RETURNED_NAME : ECOQ_AMQP_PARTITION_NAME;
		if (is_returned) {
			ecoq_amqp_returned_name(walk->name, partition);
		} else {
			ecoq_amqp_partition_name(walk->name, queue, step / 2);
		}
		return true;
	}
	return false;
}
