#include "transport/redis/snippets.h"

/* HAND_BACK: to the head of the queue, in the order of the fields, nothing charged; what is not held any more is passed over, so that a repeat is safe.
 *   KEYS: HELD, OVERDUE, LIST, LANES, DELAYED, SUSPECTS, WAKE
 *   ARGV: owner, then per message, ascending: its field, how many elements at the head of LIST come before it
 *   Reply: how many were given back. */
const char ecoq_redis_hand_back_text[] =
	"local HELD, OVERDUE, LIST, LANES, DELAYED, SUSPECTS, WAKE = unpack(KEYS)\n" LUA_NOW LUA_IN_SLICES LUA_RECORD LUA_LANE LUA_WAKE LUA_PUT LUA_FORGET LUA_GIVE_BACK
	"redis.call('ZREM', OVERDUE, '')\n" /* so that memory may be had from here on */
	"local fields, skips = {}, {}\n"
	"for i = 2, #ARGV, 2 do\n"
	"  fields[#fields + 1] = ARGV[i]\n"
	"  skips[#skips + 1] = ARGV[i + 1]\n"
	"end\n"
	"local before = redis.call('HLEN', HELD)\n"
	"local tokens = give_back(fields, skips)\n"
	"forget(fields, ARGV[1])\n"
	"wake(tokens)\n"
	"return before - redis.call('HLEN', HELD)\n";

/* RECALL: gives back what is held but not known to be, after a reservation whose reply was lost, and sees to it that such a reservation is refused when it
 * arrives only now.
 *   KEYS: as HAND_BACK
 *   ARGV: owner, number of the last reservation that was asked for, the numbers that are known to be held
 *   Reply: how many were given back. */
const char ecoq_redis_recall_text[] =
	"local HELD, OVERDUE, LIST, LANES, DELAYED, SUSPECTS, WAKE = unpack(KEYS)\n" LUA_NOW LUA_IN_SLICES LUA_RECORD LUA_LANE LUA_WAKE LUA_PUT LUA_HELD_FIELDS LUA_FORGET LUA_GIVE_BACK
	"redis.call('ZREM', OVERDUE, '')\n"
	"local known, fields = {}, {}\n"
	"for i = 3, #ARGV do\n"
	"  known[ARGV[i]] = true\n"
	"end\n"
	"for _, field in ipairs(held_fields()) do\n"
	"  if not known[string.match(field, '^%d+')] then\n"
	"    fields[#fields + 1] = field\n"
	"  end\n"
	"end\n"
	"local tokens = give_back(fields)\n"
	"forget(fields, ARGV[1])\n"
	"redis.call('HSET', HELD, 'recalled', ARGV[2])\n"
	"wake(tokens)\n"
	"return #fields\n";

/* PRESENCE: a sign of life.
 *   KEYS: OWNERS, INBOX, LIST, GRACE
 *   ARGV: owner, (not used), 1 when nobody waits: what a BLMOVE of a cancelled wait still took goes back to the head
 *   Reply: 1 when the owner was known all the time, 0 when it was not: then its reservations may be with others. */
const char ecoq_redis_presence_text[] =
	"local OWNERS, INBOX, LIST, GRACE = unpack(KEYS)\n" LUA_NOW LUA_RENEW LUA_EMPTY_INBOX
	"redis.call('ZREM', OWNERS, '')\n"
	"local own = renew(ARGV[1])\n"
	"if ARGV[3] == '1' then\n"
	"  empty_inbox()\n"
	"end\n"
	"return own and 1 or 0\n";

/* LEAVE: what the owner still holds goes back, to the head with nothing charged, or as suspects; then it is no owner any more.
 *   KEYS: OWNERS, HELD, INBOX, LIST, LANES, SUSPECTS, OVERDUE, WAKE, DELAYED
 *   ARGV: owner, 1 for suspects, 1 when a BLMOVE may still be on its way: then the owner is looked at once more when its presence has ended
 *   Reply: how many messages were given back. */
const char ecoq_redis_leave_text[] =
	"local OWNERS, HELD, INBOX, LIST, LANES, SUSPECTS, OVERDUE, WAKE, DELAYED = unpack(KEYS)\n" LUA_NOW LUA_IN_SLICES LUA_RECORD LUA_LANE LUA_WAKE LUA_PUT LUA_HELD_FIELDS LUA_FORGET LUA_GIVE_BACK LUA_SUSPECT LUA_EMPTY_INBOX
	"redis.call('ZREM', OWNERS, '')\n"
	"local fields, tokens = held_fields(), 0\n"
	"empty_inbox()\n"
	"if ARGV[2] == '1' then\n"
	"  tokens = suspect(fields)\n"
	"else\n"
	"  tokens = give_back(fields)\n"
	"end\n"
	"forget(fields, ARGV[1])\n"
	"redis.call('DEL', HELD)\n"
	"if ARGV[3] ~= '1' then\n"
	"  redis.call('ZREM', OWNERS, ARGV[1])\n"
	"end\n"
	"wake(tokens)\n"
	"return #fields\n";

/* TAKE_OVER: from an owner that gave no sign of life for too long, or, of one that may well live, a message that it has had for too long. All of it comes
 * back as suspects, and what stands in the inbox goes to the head. A dead owner's name is kept for a while, as "~<owner>" with a negative score, to look once
 * more for what a BLMOVE that reached the server late has taken.
 *   KEYS: OWNERS, GRACE, LIST, SUSPECTS, OVERDUE, WAKE, HELD and INBOX of the other
 *   ARGV: the other, "" or the number of the overdue message
 *   Reply: how many messages were taken. */
const char ecoq_redis_take_over_text[] =
	"local OWNERS, GRACE, LIST, SUSPECTS, OVERDUE, WAKE, HELD, INBOX = unpack(KEYS)\n" LUA_NOW LUA_IN_SLICES LUA_RECORD LUA_WAKE LUA_IN_GRACE LUA_HELD_FIELDS LUA_FORGET LUA_SUSPECT LUA_EMPTY_INBOX
	"local owner, number = ARGV[1], ARGV[2]\n"
	"redis.call('ZREM', OWNERS, '')\n"
	"if number ~= '' then\n"
	"  local due = redis.call('ZSCORE', OVERDUE, number .. ' ' .. owner)\n"
	"  if not due or tonumber(due) > now then\n"
	"    return 0\n"
	"  end\n"
	"  local fields = {number, number .. 'r', number .. 's'}\n"
	"  local taken = suspect(fields)\n"
	"  forget(fields, owner)\n"
	"  wake(taken)\n"
	"  return taken\n"
	"end\n"
	"local alive_until = redis.call('ZSCORE', OWNERS, owner)\n"
	"local again_at = redis.call('ZSCORE', OWNERS, '~' .. owner)\n"
	"if alive_until and tonumber(alive_until) < now - " ECOQ_LUA_TEXT(ECOQ_REDIS_ABSENT_MS) " and not in_grace() then\n"
																							"  again_at = -(now + 60000)\n"
																							"elseif again_at and not alive_until and -again_at <= now then\n"
																							"  again_at = nil\n"
																							"else\n"
																							"  if alive_until and again_at and -again_at <= now then\n" /* it came back: it will be found absent, or leaves */
																							"    redis.call('ZREM', OWNERS, '~' .. owner)\n"
																							"  end\n"
																							"  return 0\n"
																							"end\n"
																							"local fields = held_fields()\n"
																							"empty_inbox()\n"
																							"local taken = suspect(fields)\n"
																							"forget(fields, owner)\n"
																							"redis.call('DEL', HELD)\n"
																							"redis.call('ZREM', OWNERS, owner)\n"
																							"if again_at then\n"
																							"  redis.call('ZADD', OWNERS, again_at, '~' .. owner)\n"
																							"else\n"
																							"  redis.call('ZREM', OWNERS, '~' .. owner)\n"
																							"end\n"
																							"wake(taken)\n"
																							"return taken\n";
