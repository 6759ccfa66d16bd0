#include "transport/amqp/connection.h"

/* The publishing connections. */

static bool fits(const ecoq_pooled *pooled, const void *wanted)
{
	const ecoq_amqp_connection *connection = (const ecoq_amqp_connection *) pooled;
	const ecoq_amqp_settings *settings = wanted;
	return strcmp(connection->settings->network.identity, settings->network.identity) == 0;
}

static ecoq_pooled *create(const void *wanted)
{
	ecoq_amqp_connection *connection = ecoq_amqp_connection_create((ecoq_amqp_settings *) wanted);
	if (!connection) {
		return NULL;
	}
	connection->publishes = true;
	return &connection->pooled;
}

static void destroy(ecoq_pooled *pooled)
{
	ecoq_amqp_connection_destroy((ecoq_amqp_connection *) pooled);
}

static ecoq_pool pool = {.fits = fits, .create = create, .destroy = destroy};

ecoq_amqp_connection *ecoq_amqp_connection_get(ecoq_amqp_settings *settings)
{
	return (ecoq_amqp_connection *) ecoq_pool_get(&pool, settings);
}

void ecoq_amqp_connection_put(ecoq_amqp_connection *connection)
{
	ecoq_pool_put(&pool, &connection->pooled);
}

void ecoq_amqp_connections_close_idle(void)
{
	ecoq_pool_close_idle(&pool);
}
