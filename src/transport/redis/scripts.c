#include "transport/redis/scripts.h"

const char *const ecoq_redis_script_texts[ECOQ_REDIS_SCRIPT_COUNT] = {
	[ECOQ_REDIS_SEND] = ecoq_redis_send_text,
	[ECOQ_REDIS_RESERVE] = ecoq_redis_reserve_text,
	[ECOQ_REDIS_RESERVE_ONE] = ecoq_redis_reserve_one_text,
	[ECOQ_REDIS_SETTLE] = ecoq_redis_settle_text,
	[ECOQ_REDIS_HAND_BACK] = ecoq_redis_hand_back_text,
	[ECOQ_REDIS_RECALL] = ecoq_redis_recall_text,
	[ECOQ_REDIS_PRESENCE] = ecoq_redis_presence_text,
	[ECOQ_REDIS_LEAVE] = ecoq_redis_leave_text,
	[ECOQ_REDIS_TAKE_OVER] = ecoq_redis_take_over_text,
	[ECOQ_REDIS_BROWSE] = ecoq_redis_browse_text,
	[ECOQ_REDIS_STATS] = ecoq_redis_stats_text,
	[ECOQ_REDIS_PURGE] = ecoq_redis_purge_text,
};

const char *const ecoq_redis_script_names[ECOQ_REDIS_SCRIPT_COUNT] = {
	[ECOQ_REDIS_SEND] = "send",
	[ECOQ_REDIS_RESERVE] = "reserve",
	[ECOQ_REDIS_RESERVE_ONE] = "reserve one",
	[ECOQ_REDIS_SETTLE] = "settle",
	[ECOQ_REDIS_HAND_BACK] = "hand back",
	[ECOQ_REDIS_RECALL] = "recall",
	[ECOQ_REDIS_PRESENCE] = "presence",
	[ECOQ_REDIS_LEAVE] = "leave",
	[ECOQ_REDIS_TAKE_OVER] = "take over",
	[ECOQ_REDIS_BROWSE] = "browse",
	[ECOQ_REDIS_STATS] = "stats",
	[ECOQ_REDIS_PURGE] = "purge",
};
