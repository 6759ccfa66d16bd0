#include "transport/transport.h"

#include <assert.h>

#include "transport/amqp/amqp.h"
#include "transport/pdo/pdo.h"
#include "transport/redis/redis.h"

static const ecoq_transport_ops *const transports[] = {
	&ecoq_memory_transport,
	&ecoq_pdo_transport,
	&ecoq_userland_transport,
#ifdef ECOQ_HAVE_HIREDIS
	&ecoq_redis_transport,
#endif
#ifdef ECOQ_HAVE_LIBRABBITMQ
	&ecoq_amqp_transport,
#endif
	NULL,
};

#ifndef NDEBUG
/* Every caller relies on these without asking; a transport that forgot one would fail far away from the mistake. */
static void assert_complete(const ecoq_transport_ops *ops)
{
	assert(ops->name && ops->schemes && ops->options);
	assert(ops->open && ops->close && ops->setup);
	assert(ops->send && ops->reserve && ops->settle && ops->hand_back && ops->release && ops->still_mine);
	assert(ops->stats && ops->purge);
	assert(!(ops->capabilities & ECOQ_CAN_BROWSE) == !ops->browse);
	assert(ops->descriptor || ops->poll_interval_ms > 0);
}
#endif

const ecoq_transport_ops *const *ecoq_transports(void)
{
#ifndef NDEBUG
	for (const ecoq_transport_ops *const *ops = transports; *ops; ops++) {
		assert_complete(*ops);
	}
#endif
	return transports;
}

const ecoq_transport_ops *ecoq_transport_by_scheme(ecoq_bytes scheme)
{
	for (const ecoq_transport_ops *const *ops = transports; *ops; ops++) {
		for (const char *const *name = (*ops)->schemes; *name; name++) {
			if (ecoq_bytes_equal(scheme, (ecoq_bytes){*name, strlen(*name)})) {
				return *ops;
			}
		}
	}
	return NULL;
}

void ecoq_transports_rshutdown(bool is_fatal)
{
	ecoq_pdo_transport_rshutdown();
#ifdef ECOQ_HAVE_HIREDIS
	ecoq_redis_transport_rshutdown(is_fatal);
#endif
#ifdef ECOQ_HAVE_LIBRABBITMQ
	ecoq_amqp_transport_rshutdown(is_fatal);
#endif
}

void ecoq_transports_mshutdown(void)
{
#ifdef ECOQ_HAVE_HIREDIS
	ecoq_redis_transport_mshutdown();
#endif
#ifdef ECOQ_HAVE_LIBRABBITMQ
	ecoq_amqp_transport_mshutdown();
#endif
}
