#include "transport/redis/link_memory.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/uuid.h"

/* ---- One link ---- */

static bool name_publisher(ecoq_redis_link *link)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[16];
	if (!ecoq_random_bytes(bytes, sizeof(bytes))) {
		return false;
	}
	for (size_t i = 0; i < sizeof(bytes); i++) {
		link->publisher[2 * i] = digits[bytes[i] >> 4];
		link->publisher[2 * i + 1] = digits[bytes[i] & 15];
	}
	link->last_number = 0;
	return true;
}

/* Closing says nothing to the server. What a thread of the parent was changing at the instant of the fork is neither read nor freed. */
static void abandon(ecoq_redis_link *link)
{
	if (pthread_mutex_trylock(&link->mutex) == 0) {
		ecoq_redis_disconnect(link);
		pthread_mutex_unlock(&link->mutex);
		return;
	}
	int fd = link->fd;
	link->fd = -1;
	link->context = NULL;
	link->tls = NULL;
	link->input = NULL;
	link->output = (ecoq_buffer){0};
	if (fd >= 0) {
		close(fd);
	}
}

void ecoq_redis_link_leave_parent(ecoq_redis_link *link)
{
	pid_t pid = getpid();
	if (link->pooled.pid != pid) {
		abandon(link);
		name_publisher(link);
		link->pooled.pid = pid;
		link->pooled.thread = pthread_self();
	}
}

static bool init_mutex(ecoq_redis_link *link)
{
	pthread_mutexattr_t kind;
	if (pthread_mutexattr_init(&kind) != 0) {
		return false;
	}
	pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_RECURSIVE);
	bool made = pthread_mutex_init(&link->mutex, &kind) == 0;
	pthread_mutexattr_destroy(&kind);
	return made;
}

ecoq_redis_link *ecoq_redis_link_create(ecoq_redis_settings *settings, const ecoq_network_address *address)
{
	ecoq_redis_link *link = calloc(1, sizeof(*link));
	if (!link) {
		return NULL;
	}
	link->address = (ecoq_network_address){strdup(address->host), address->port};
	if (!link->address.host || !name_publisher(link) || !init_mutex(link)) {
		free(link->address.host);
		free(link);
		return NULL;
	}
	link->fd = -1;
	ecoq_pooled_init(&link->pooled);
	link->settings = settings;
	ecoq_network_addref(&settings->network);
	return link;
}

void ecoq_redis_link_destroy(ecoq_redis_link *link)
{
	if (link->pooled.pid != getpid()) {
		/* the mutex may be locked for ever by a thread that is not here */
		abandon(link);
	} else {
		ecoq_redis_disconnect(link);
		pthread_mutex_destroy(&link->mutex);
	}
	ecoq_buffer_free(&link->output);
	free(link->input);
	free(link->address.host);
	ecoq_network_release(&link->settings->network);
	free(link);
}

/* ---- The pool ---- */

struct wanted {
	ecoq_redis_settings *settings;
	const ecoq_network_address *address; /* NULL: anywhere, if it is connected */
};

static bool fits(const ecoq_pooled *pooled, const void *context)
{
	const ecoq_redis_link *link = (const ecoq_redis_link *) pooled;
	const struct wanted *wanted = context;
	return (wanted->address ? ecoq_network_same_address(&link->address, wanted->address) : link->fd >= 0)
		&& strcmp(link->settings->network.identity, wanted->settings->network.identity) == 0;
}

static ecoq_pooled *create(const void *context)
{
	const struct wanted *wanted = context;
	return (ecoq_pooled *) ecoq_redis_link_create(wanted->settings, wanted->address);
}

static void destroy(ecoq_pooled *pooled)
{
	ecoq_redis_link_destroy((ecoq_redis_link *) pooled);
}

static ecoq_pool pool = {.fits = fits, .create = create, .destroy = destroy};

ecoq_redis_link *ecoq_redis_link_find(ecoq_redis_settings *settings)
{
	return (ecoq_redis_link *) ecoq_pool_find(&pool, &(struct wanted){.settings = settings});
}

ecoq_redis_link *ecoq_redis_link_get(ecoq_redis_settings *settings, const ecoq_network_address *address)
{
	return (ecoq_redis_link *) ecoq_pool_get(&pool, &(struct wanted){settings, address});
}

void ecoq_redis_link_put(ecoq_redis_link *link)
{
	ecoq_pool_put(&pool, &link->pooled);
}

void ecoq_redis_links_close_idle(void)
{
	ecoq_pool_close_idle(&pool);
}
