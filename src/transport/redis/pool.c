#include "transport/redis/link_memory.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/uuid.h"

#define IDLE_MAX 8
#define IDLE_MS 60000

/* The links of this process. The mutex is never held while something waits for the network. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static ecoq_redis_link *links;
static pthread_once_t forks_once = PTHREAD_ONCE_INIT;

/* ---- Forks: the child gets a list that nobody was changing ---- */

static void before_fork(void)
{
	pthread_mutex_lock(&mutex);
}

static void after_fork(void)
{
	pthread_mutex_unlock(&mutex);
}

static void watch_forks(void)
{
	pthread_atfork(before_fork, after_fork, after_fork);
}

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
	if (link->pid != pid) {
		abandon(link);
		name_publisher(link);
		link->pid = pid;
		link->thread = pthread_self();
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

ecoq_redis_link *ecoq_redis_link_create(ecoq_redis_settings *settings, const ecoq_redis_address *address)
{
	ecoq_redis_link *link = calloc(1, sizeof(*link));
	if (!link) {
		return NULL;
	}
	link->address = (ecoq_redis_address){strdup(address->host), address->port};
	if (!link->address.host || !name_publisher(link) || !init_mutex(link)) {
		free(link->address.host);
		free(link);
		return NULL;
	}
	link->fd = -1;
	link->users = 1;
	link->pid = getpid();
	link->thread = pthread_self();
	link->settings = settings;
	ecoq_redis_settings_addref(settings);
	return link;
}

void ecoq_redis_link_destroy(ecoq_redis_link *link)
{
	if (link->pid != getpid()) {
		/* the mutex may be locked for ever by a thread that is not here */
		abandon(link);
	} else {
		ecoq_redis_disconnect(link);
		pthread_mutex_destroy(&link->mutex);
	}
	ecoq_buffer_free(&link->output);
	free(link->input);
	free(link->address.host);
	ecoq_redis_settings_release(link->settings);
	free(link);
}

/* ---- The pool ---- */

/* Those that another thread uses are its own. */
static bool is_for(const ecoq_redis_link *link, const ecoq_redis_settings *settings)
{
	return link->pid == getpid() && (!link->users || pthread_equal(link->thread, pthread_self())) && strcmp(link->settings->identity, settings->identity) == 0;
}

static bool is_to(const ecoq_redis_link *link, const ecoq_redis_address *address)
{
	return link->address.port == address->port && strcmp(link->address.host, address->host) == 0;
}

/* One that this thread uses already goes before an idle one. `address` NULL: anywhere, if it is connected. */
static ecoq_redis_link *find(const ecoq_redis_settings *settings, const ecoq_redis_address *address)
{
	ecoq_redis_link *idle = NULL;
	for (ecoq_redis_link *link = links; link; link = link->next) {
		if (!is_for(link, settings) || !(address ? is_to(link, address) : link->fd >= 0)) {
			continue;
		}
		if (link->users) {
			return link;
		}
		idle = idle ? idle : link;
	}
	return idle;
}

static void use(ecoq_redis_link *link)
{
	link->users++;
	link->thread = pthread_self();
}

ecoq_redis_link *ecoq_redis_link_find(const ecoq_redis_settings *settings)
{
	pthread_mutex_lock(&mutex);
	ecoq_redis_link *link = find(settings, NULL);
	if (link) {
		use(link);
	}
	pthread_mutex_unlock(&mutex);
	return link;
}

/* Takes those out that are idle for too long, or a parent's, or too many (the list begins with the newest). They are destroyed without the mutex. */
static ecoq_redis_link *take_out_old(int64_t now_ms, unsigned kept)
{
	ecoq_redis_link *old = NULL, **at = &links;
	unsigned idle = 0;
	while (*at) {
		ecoq_redis_link *link = *at;
		bool is_old = !link->users && (link->pid != getpid() || now_ms - link->idle_since_ms > IDLE_MS || ++idle > kept);
		if (!is_old) {
			at = &link->next;
			continue;
		}
		*at = link->next;
		link->next = old;
		old = link;
	}
	return old;
}

static void destroy_all(ecoq_redis_link *old)
{
	while (old) {
		ecoq_redis_link *next = old->next;
		ecoq_redis_link_destroy(old);
		old = next;
	}
}

ecoq_redis_link *ecoq_redis_link_get(ecoq_redis_settings *settings, const ecoq_redis_address *address)
{
	pthread_once(&forks_once, watch_forks);
	pthread_mutex_lock(&mutex);
	ecoq_redis_link *link = find(settings, address);
	if (link) {
		use(link);
	}
	ecoq_redis_link *old = take_out_old(ecoq_clock_monotonic_ms(), IDLE_MAX);
	if (!link && (link = ecoq_redis_link_create(settings, address))) {
		link->next = links;
		links = link;
	}
	pthread_mutex_unlock(&mutex);
	destroy_all(old);
	return link;
}

void ecoq_redis_link_put(ecoq_redis_link *link)
{
	pthread_mutex_lock(&mutex);
	if (--link->users == 0) {
		link->idle_since_ms = ecoq_clock_monotonic_ms();
	}
	ecoq_redis_link *old = take_out_old(ecoq_clock_monotonic_ms(), IDLE_MAX);
	pthread_mutex_unlock(&mutex);
	destroy_all(old);
}

void ecoq_redis_links_close_idle(void)
{
	pthread_mutex_lock(&mutex);
	ecoq_redis_link *old = take_out_old(ecoq_clock_monotonic_ms(), 0);
	pthread_mutex_unlock(&mutex);
	destroy_all(old);
}
