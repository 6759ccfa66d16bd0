#include "transport/redis/snippets.h"

/* BROWSE: what nobody has reserved; roughly in the order it will be.
 *   KEYS: SUSPECTS, LANES, LIST, DELAYED, then inboxes, then lists of groups
 *   ARGV: how many to skip, how many at most, count of inboxes
 *   Reply: {a letter per message as in RESERVE, {messages}} */
const char ecoq_redis_browse_text[] =
	LUA_LANE
	"local SUSPECTS, LANES, LIST, DELAYED = unpack(KEYS, 1, 4)\n"
	"local skip, left, inboxes = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])\n"
	"local kinds, items = '', {}\n"
	"local function take(size, kind, read)\n"
	"  local from = math.min(skip, size)\n"
	"  local to = math.min(from + left, size)\n"
	"  skip = skip - from\n"
	"  while from < to do\n"
	"    local found = read(from, math.min(to - from, 1000))\n"
	"    if #found == 0 then\n"
	"      return\n"
	"    end\n"
	"    for _, item in ipairs(found) do\n"
	"      items[#items + 1] = item\n"
	"    end\n"
	"    kinds = kinds .. string.rep(kind, #found)\n"
	"    from = from + #found\n"
	"    left = left - #found\n"
	"  end\n"
	"end\n"
	"local function take_list(key, kind)\n"
	"  take(redis.call('LLEN', key), kind, function(from, count)\n"
	"    return redis.call('LRANGE', key, from, from + count - 1)\n"
	"  end)\n"
	"end\n"
	"local function take_set(key, low, high)\n"
	"  take(redis.call('ZCOUNT', key, low, high), 'r', function(from, count)\n"
	"    return redis.call('ZRANGEBYSCORE', key, low, high, 'LIMIT', from, count)\n"
	"  end)\n"
	"end\n"
	"local behind_list = string.format('%.0f', 6 * LANE)\n"
	"take_list(SUSPECTS, 's')\n"
	"for i = 5, 4 + inboxes do\n"
	"  take_list(KEYS[i], 'b')\n"
	"end\n"
	"take_set(LANES, '-inf', '(' .. behind_list)\n"
	"take_list(LIST, 'b')\n"
	"take_set(LANES, behind_list, '+inf')\n"
	"take_set(DELAYED, '-inf', '+inf')\n"
	"for i = 5 + inboxes, #KEYS do\n"
	"  take_list(KEYS[i], 'r')\n"
	"end\n"
	"return {kinds, items}\n";

/* STATS
 *   KEYS: LIST, LANES, DELAYED, SUSPECTS, then HELD of owners, then inboxes and lists of groups
 *   ARGV: count of owners
 *   Reply: {ready, delayed, reserved} */
const char ecoq_redis_stats_text[] =
	LUA_NOW
	"local owners = tonumber(ARGV[1])\n"
	"local delayed = redis.call('ZCOUNT', KEYS[3], string.format('(%.0f', now), '+inf')\n"
	"local ready = redis.call('LLEN', KEYS[1]) + redis.call('ZCARD', KEYS[2]) + redis.call('ZCARD', KEYS[3]) - delayed + redis.call('LLEN', KEYS[4])\n"
	"local reserved = 0\n"
	"for i = 5, 4 + owners do\n"
	"  reserved = reserved + redis.call('HLEN', KEYS[i]) - redis.call('HEXISTS', KEYS[i], 'settled') - redis.call('HEXISTS', KEYS[i], 'recalled')\n"
	"end\n"
	"for i = 5 + owners, #KEYS do\n"
	"  ready = ready + redis.call('LLEN', KEYS[i])\n"
	"end\n"
	"return {ready, delayed, reserved}\n";

/* PURGE: one step of it. A group whose first message goes is free again, unless that one is reserved.
 *   KEYS: LIST, LANES, DELAYED, SUSPECTS, GROUPS, then inboxes, then lists of groups
 *   ARGV: how many records at most, count of inboxes, the names of the groups, as their keys
 *   Reply: {removed, 1 when there is more, {names of groups without which the step could not go on}} */
const char ecoq_redis_purge_text[] =
	"local LIST, LANES, DELAYED, SUSPECTS, GROUPS = unpack(KEYS, 1, 5)\n" LUA_RECORD
	"local most, inboxes = tonumber(ARGV[1]), tonumber(ARGV[2])\n"
	"local removed, missing, asked, has_key = 0, {}, {}, {}\n"
	"local function read_some(length, read, key)\n"
	"  local found = redis.call(read, key, 0, most - 1)\n"
	"  local going = {}\n"
	"  for _, text in ipairs(found) do\n"
	"    local group = read_record(text).group\n"
	"    if group == '' or has_key[group] then\n"
	"      going[#going + 1] = {text, group}\n"
	"    elseif not asked[group] then\n"
	"      asked[group] = true\n"
	"      missing[#missing + 1] = group\n"
	"    end\n"
	"  end\n"
	"  return going, redis.call(length, key) > #going\n"
	"end\n"
	"for i = 3, #ARGV do\n"
	"  has_key[ARGV[i]] = true\n"
	"end\n"
	"local suspects, more_suspects = read_some('LLEN', 'LRANGE', SUSPECTS)\n"
	"local lanes, more_lanes = read_some('ZCARD', 'ZRANGE', LANES)\n"
	"local delayed, more_delayed = read_some('ZCARD', 'ZRANGE', DELAYED)\n"
	"local function empty_list(key)\n"
	"  removed = removed + redis.call('LLEN', key)\n"
	"  redis.call('DEL', key)\n"
	"end\n"
	"empty_list(LIST)\n"
	"for i = 6, #KEYS do\n"
	"  empty_list(KEYS[i])\n"
	"end\n"
	"local function remove(going, command, key)\n"
	"  for _, one in ipairs(going) do\n"
	"    if command == 'LREM' then\n"
	"      removed = removed + redis.call('LREM', key, 1, one[1])\n"
	"    else\n"
	"      removed = removed + redis.call('ZREM', key, one[1])\n"
	"    end\n"
	"    if one[2] ~= '' then\n"
	"      redis.call('HDEL', GROUPS, one[2])\n"
	"    end\n"
	"  end\n"
	"end\n"
	"remove(suspects, 'LREM', SUSPECTS)\n"
	"remove(lanes, 'ZREM', LANES)\n"
	"remove(delayed, 'ZREM', DELAYED)\n"
	"return {removed, (more_suspects or more_lanes or more_delayed) and 1 or 0, missing}\n";
