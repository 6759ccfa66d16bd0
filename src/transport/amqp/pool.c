#include "transport/amqp/connection.h"

/* The publishing connections, and those for questions. */

typedef struct want {
	ecoq_amqp_settings *settings;
	bool asks;
} want;

static bool fits(const ecoq_pooled *pooled, const void *wanted)
{
	const ecoq_amqp_connection *connection = (const ecoq_amqp_connection *) pooled;
	const want *want = wanted;
	return connection->asks == want->asks && strcmp(connection->settings->network.identity, want->settings->network.identity) == 0;
}

static ecoq_pooled *create(const void *wanted)
{
	const want *want = wanted;
	ecoq_amqp_connection *connection = ecoq_amqp_connection_create(want->settings);
	if (!connection) {
		return NULL;
	}
	connection->publishes = !want->asks;
	connection->asks = want->asks;
	return &connection->pooled;
}

static void destroy(ecoq_pooled *pooled)
{
	ecoq_amqp_connection_destroy((ecoq_amqp_connection *) pooled);
}

static ecoq_pool pool = {.fits = fits, .create = create, .destroy = destroy};

ecoq_amqp_connection *ecoq_amqp_connection_get(ecoq_amqp_settings *settings)
{
	return (ecoq_amqp_connection *) ecoq_pool_get(&pool, &(want){settings, false});
}

ecoq_amqp_connection *ecoq_amqp_connection_get_asking(ecoq_amqp_settings *settings)
{
	return (ecoq_amqp_connection *) ecoq_pool_get(&pool, &(want){settings, true});
}

void ecoq_amqp_connection_put(ecoq_amqp_connection *connection)
{
	ecoq_pool_put(&pool, &connection->pooled);
}

void ecoq_amqp_connections_close_idle(void)
{
	ecoq_pool_close_idle(&pool);
}
