#ifndef ECOQ_TRANSPORT_REDIS_SCRIPTS_H
#define ECOQ_TRANSPORT_REDIS_SCRIPTS_H

/* The Lua that changes state, one script per kind of change. What each one takes and answers stands above its text. */

enum ecoq_redis_script {
	ECOQ_REDIS_NO_SCRIPT = -1,
	ECOQ_REDIS_SEND,
	ECOQ_REDIS_RESERVE,     /* also adopts the inbox, lets due messages become ready, and tells of dead and overdue owners */
	ECOQ_REDIS_RESERVE_ONE, /* the message of one id */
	ECOQ_REDIS_SETTLE,      /* acknowledge, retry, reject */
	ECOQ_REDIS_HAND_BACK,
	ECOQ_REDIS_RECALL, /* after a reservation of unknown outcome: back to the head with what this process knows nothing of */
	ECOQ_REDIS_PRESENCE,
	ECOQ_REDIS_LEAVE,
	ECOQ_REDIS_TAKE_OVER, /* from an owner that is dead, or from one that holds a message for too long */
	ECOQ_REDIS_BROWSE,
	ECOQ_REDIS_STATS,
	ECOQ_REDIS_PURGE,
	ECOQ_REDIS_SCRIPT_COUNT
};

/* The text, and its name in Redis: its SHA-1 in hex, computed by the server that was given it, so known only after SCRIPT LOAD, or from a table that a test checks. */
extern const char *const ecoq_redis_script_texts[ECOQ_REDIS_SCRIPT_COUNT];
extern const char *const ecoq_redis_script_names[ECOQ_REDIS_SCRIPT_COUNT]; /* "send": for error texts */

/* Those of message_scripts.c, owner_scripts.c and look_scripts.c. */
extern const char ecoq_redis_send_text[], ecoq_redis_reserve_text[], ecoq_redis_reserve_one_text[], ecoq_redis_settle_text[];
extern const char ecoq_redis_hand_back_text[], ecoq_redis_recall_text[], ecoq_redis_presence_text[], ecoq_redis_leave_text[], ecoq_redis_take_over_text[];
extern const char ecoq_redis_browse_text[], ecoq_redis_stats_text[], ecoq_redis_purge_text[];

#endif
