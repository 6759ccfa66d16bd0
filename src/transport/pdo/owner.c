#include "transport/pdo/owner.h"

#include <unistd.h>

/* Registering an owner before its first claim, and resigning. How others see its life: SQLite by a byte lock on a file, a server by a lock of the session. */

bool ecoq_pdo_owner_has_lock(const ecoq_pdo_owner *owner)
{
	const ecoq_pdo_connection *c = owner->connection;
	return c->dialect->statements[ECOQ_PDO_HOLD] ? !c->pooled : owner->presence != NULL;
}

/* The byte that stands for an owner. Ids count per table prefix, so each prefix but the usual one has a range of its own. */
static int64_t byte_of(const ecoq_pdo_connection *c, int64_t owner)
{
	zend_ulong range = zend_string_equals_literal(c->table, "ecoq") ? 0 : zend_string_hash_func(c->table) & 0x3fffffff;
	return (int64_t) (range << 32) + owner;
}

static bool ask(ecoq_pdo_connection *c, enum ecoq_pdo_statement statement, int64_t owner, bool *yes)
{
	zval id, rows;
	ZVAL_LONG(&id, owner);
	if (!ecoq_pdo_execute(c, statement, &id, 1, &rows, NULL)) {
		return false;
	}
	*yes = ecoq_pdo_first_int(&rows) > 0;
	zval_ptr_dtor(&rows);
	return true;
}

bool ecoq_pdo_owner_look_for(ecoq_pdo_owner *owner, int64_t other, bool *held)
{
	if (owner->connection->dialect->statements[ECOQ_PDO_IS_HELD]) {
		return ask(owner->connection, ECOQ_PDO_IS_HELD, other, held);
	}
	*held = !owner->presence || ecoq_presence_is_held(owner->presence, byte_of(owner->connection, other));
	return true;
}

/* False: connection->failure tells, or *unsupported. */
static bool hold(ecoq_pdo_owner *owner, int64_t id, bool *unsupported)
{
	ecoq_pdo_connection *c = owner->connection;
	ecoq_error error;
	bool held = false;
	if (c->dialect->statements[ECOQ_PDO_HOLD]) {
		if (ask(c, ECOQ_PDO_HOLD, id, &held) && !held) {
			ecoq_pdo_set_failure(c, ECOQ_PDO_TROUBLE, "the lock of owner %lld is held by another session", (long long) id);
		}
		return held;
	}
	ecoq_result result = ecoq_presence_hold(owner->presence, byte_of(c, id), &error);
	*unsupported = result == ECOQ_UNSUPPORTED;
	if (result != ECOQ_OK) {
		ecoq_pdo_set_failure(c, *unsupported ? ECOQ_PDO_UNUSABLE : ECOQ_PDO_TROUBLE, "%s", error.text);
	}
	return result == ECOQ_OK;
}

static void drop(ecoq_pdo_owner *owner, int64_t id)
{
	ecoq_pdo_connection *c = owner->connection;
	bool ignored;
	if (owner->presence) {
		ecoq_presence_drop(owner->presence, byte_of(c, id));
	} else if (c->dialect->statements[ECOQ_PDO_DROP] && !c->pooled && ecoq_pdo_connection_is_usable(c)) {
		ask(c, ECOQ_PDO_DROP, id, &ignored);
	}
}

/* ---- registration ----------------------------------------------------------------------------------------------------------- */

struct registration {
	ecoq_pdo_owner *owner;
	int64_t id;
	bool has_lock;
	bool unsupported; /* no locks on this file system */
};

static bool insert_owner(ecoq_pdo_connection *c, struct registration *r)
{
	char host[64] = "";
	zval parameters[4], rows;
	bool told = !c->dialect->statements[ECOQ_PDO_LAST_ID];

	gethostname(host, sizeof(host) - 1);
	ZVAL_LONG(&parameters[0], getpid());
	ZVAL_STRING(&parameters[1], host);
	ZVAL_LONG(&parameters[2], ecoq_pdo_now(c));
	ZVAL_LONG(&parameters[3], r->has_lock);
	bool done = ecoq_pdo_execute(c, ECOQ_PDO_REGISTER, parameters, 4, told ? &rows : NULL, NULL)
		&& (told || ecoq_pdo_execute(c, ECOQ_PDO_LAST_ID, NULL, 0, &rows, NULL));
	zval_ptr_dtor(&parameters[1]);
	if (done) {
		r->id = ecoq_pdo_first_int(&rows);
		zval_ptr_dtor(&rows);
	}
	return done;
}

/* The lock is taken before anyone can see the owner. */
static bool register_owner(ecoq_pdo_connection *c, void *context)
{
	struct registration *r = context;
	if (r->id && r->has_lock) {
		drop(r->owner, r->id);
	}
	return insert_owner(c, r) && (!r->has_lock || hold(r->owner, r->id, &r->unsupported));
}

ecoq_result ecoq_pdo_owner_open_presence(ecoq_pdo_owner *owner, ecoq_error *error)
{
	if (owner->presence && !ecoq_presence_is_visible(owner->presence)) {
		ecoq_presence_close(owner->presence);
		owner->presence = NULL;
	}
	if (owner->presence || !owner->connection->file) {
		return ECOQ_OK;
	}
	return ecoq_presence_open(owner->connection->file, &owner->presence, error);
}

static ecoq_result try_to_register(struct registration *r, ecoq_error *error)
{
	return ecoq_pdo_run(r->owner->connection, ECOQ_PDO_ATOMIC, false, register_owner, r, "Registering as a worker", error);
}

static ecoq_result refuse_lease(const char *why, ecoq_error *error)
{
	return ecoq_fail(error, ECOQ_INVALID, "%s, so nothing tells other workers that this one is gone: give the channel the option timeout, the longest time a message is handled (timeout: '5m'); later it is free for others",
		why);
}

ecoq_result ecoq_pdo_owner_register(ecoq_pdo_owner *owner, int64_t timeout_ms, ecoq_error *error)
{
	if (owner->id) {
		return ECOQ_OK;
	}
	if (owner->connection->pooled && timeout_ms <= 0) {
		return refuse_lease("The server is reached through a pooler that gives each transaction another session", error);
	}
	ecoq_result result = ecoq_pdo_owner_open_presence(owner, error);
	if (result != ECOQ_OK) {
		return result;
	}
	struct registration r = {.owner = owner, .has_lock = ecoq_pdo_owner_has_lock(owner)};
	result = try_to_register(&r, error);
	if (result != ECOQ_OK && r.unsupported) {
		if (timeout_ms <= 0) {
			return refuse_lease(error->text, error);
		}
		r = (struct registration){.owner = owner};
		result = try_to_register(&r, error);
	}
	if (result == ECOQ_OK) {
		owner->id = r.id;
		owner->claims = 0;
	} else if (r.id && r.has_lock) {
		drop(owner, r.id);
	}
	return result;
}

/* Unique for ever: an owner id is never given out twice. */
uint64_t ecoq_pdo_owner_next_fence(ecoq_pdo_owner *owner)
{
	return ((uint64_t) owner->id << 32) + ++owner->claims;
}

/* ---- resigning -------------------------------------------------------------------------------------------------------------- */

void ecoq_pdo_owner_forget(ecoq_pdo_owner *owner)
{
	if (owner->id) {
		drop(owner, owner->id);
	}
	if (owner->presence) {
		ecoq_presence_close(owner->presence);
		owner->presence = NULL;
	}
	owner->id = 0;
}

static bool resign(ecoq_pdo_connection *c, void *context)
{
	zval parameters[2];
	ZVAL_LONG(&parameters[0], *(int64_t *) context);
	ZVAL_LONG(&parameters[1], ecoq_pdo_now(c));
	return ecoq_pdo_execute(c, ECOQ_PDO_FREE, parameters, 2, NULL, NULL)
		&& ecoq_pdo_execute(c, ECOQ_PDO_UNREGISTER, parameters, 1, NULL, NULL);
}

void ecoq_pdo_owner_resign(ecoq_pdo_owner *owner)
{
	ecoq_pdo_connection *c = owner->connection;
	if (owner->id) {
		ecoq_error ignored;
		int64_t patience = c->busy_timeout_ms;
		c->busy_timeout_ms = patience < 1000 ? patience : 1000;
		ecoq_pdo_run(c, ECOQ_PDO_ATOMIC, false, resign, &owner->id, "Resigning", &ignored);
		c->busy_timeout_ms = patience;
	}
	ecoq_pdo_owner_forget(owner);
}
