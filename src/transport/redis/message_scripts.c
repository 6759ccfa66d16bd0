#include "transport/redis/snippets.h"

/* SEND: stores one chunk of a publisher's messages, once, whichever way its repeats go.
 *   KEYS: LIST, LANES, DELAYED, WAKE, NUMBER, GROUPS, pub:<publisher>, then the group:<name> of the groups below
 *   ARGV: number of the chunk, ascending per publisher; count of the bare envelopes, and these; then per record: priority, crashes, due, group, id, body,
 *         index in KEYS of its group (0: none)
 *   Reply: 1, or 0 when that chunk, or a later one, was stored before. */
const char ecoq_redis_send_text[] =
	"local LIST, LANES, DELAYED, WAKE, NUMBER, GROUPS, PUBLISHER = unpack(KEYS, 1, 7)\n"
	"local stored = redis.call('GET', PUBLISHER)\n"
	"if stored and tonumber(stored) >= tonumber(ARGV[1]) then\n"
	"  redis.call('SET', PUBLISHER, stored, 'PX', 600000)\n" /* WAIT waits for what its connection has written */
	"  return 0\n"
	"end\n"
	"local plain = tonumber(ARGV[2])\n"
	"local records = (#ARGV - plain - 2) / 7\n"
	"if records == 0 then\n"
	"  for first = 3, plain + 2, 1000 do\n"
	"    redis.call('RPUSH', LIST, unpack(ARGV, first, math.min(first + 999, plain + 2)))\n"
	"  end\n"
	"  redis.call('SET', PUBLISHER, ARGV[1], 'PX', 600000)\n"
	"  return 1\n"
	"end\n" LUA_NOW LUA_IN_SLICES LUA_NUMBERS LUA_RECORD LUA_LANE LUA_WAKE LUA_PUT
	"redis.call('LLEN', LIST)\n"
	"redis.call('ZCARD', LANES)\n"
	"redis.call('ZCARD', DELAYED)\n"
	"redis.call('HLEN', GROUPS)\n"
	"for i = 8, #KEYS do\n"
	"  redis.call('LLEN', KEYS[i])\n"
	"end\n"
	"local place = take_numbers(records) - 1\n"
	"local bare = {}\n"
	"for i = 3, plain + 2 do\n"
	"  bare[#bare + 1] = ARGV[i]\n"
	"end\n"
	"for i = plain + 3, #ARGV, 7 do\n"
	"  local priority, crashes, due, group, id, body, key = unpack(ARGV, i, i + 6)\n"
	"  priority, crashes, due = tonumber(priority), tonumber(crashes), tonumber(due)\n"
	"  place = place + 1\n"
	"  if group == '' and priority == 4 and crashes == 0 and due <= now then\n"
	"    bare[#bare + 1] = body\n"
	"  else\n"
	"    local record = make_record(place, priority, crashes, due, group, id, body)\n"
	"    if group ~= '' and redis.call('HSETNX', GROUPS, group, 1) == 0 then\n"
	"      redis.call('RPUSH', KEYS[tonumber(key)], record)\n"
	"    else\n"
	"      put(record, place, priority, due)\n"
	"    end\n"
	"  end\n"
	"end\n"
	"in_slices('RPUSH', LIST, bare)\n"
	"wake(store_records())\n"
	"redis.call('SET', PUBLISHER, ARGV[1], 'PX', 600000)\n"
	"return 1\n";

/* RESERVE and RESERVE_ONE
 *   KEYS: LIST, LANES, DELAYED, SUSPECTS, OWNERS, HELD, INBOX, OVERDUE, NUMBER, GRACE
 *   ARGV: owner, number of this call (ascending per owner), timeout in ms (0: none), the highest number that the owner knows it holds (0: none), then
 *         RESERVE:     how many at most, 1 to look for the dead and the overdue, 1 when the inbox may hold something
 *         RESERVE_ONE: the id
 *   Reply: {now, instant of the next delayed one (0: none), number of the first message (those behind it: one more each), a letter per message: b for a bare
 *          envelope, r for a record, s for the record of a suspect, {messages}, {owners that seem dead; "~" before it: to be looked at once more},
 *          {"<number> <owner>" of the overdue}, 1 when the owner was known. Where there are overdue ones nothing is reserved: they come first, as suspects. */
#define KEYS_OF_RESERVE "local LIST, LANES, DELAYED, SUSPECTS, OWNERS, HELD, INBOX, OVERDUE, NUMBER, GRACE = unpack(KEYS)\n"

/* A call that reaches the server after the next RECALL is refused. */
#define REFUSE_LATE \
	"local recalled = redis.call('HGET', HELD, 'recalled')\n" \
	"if recalled and tonumber(recalled) >= tonumber(ARGV[2]) then\n" \
	"  return {now, 0, 0, '', {}, {}, {}, 1}\n" \
	"end\n"

/* After a fail-over the counter may be an older one: a number that the owner still holds for another message is not given to it again, since the end of that
 * message would be the end of this one. */
#define FRESH_NUMBERS \
	"local function fresh_numbers(count)\n" \
	"  local number, held = take_numbers(count), tonumber(ARGV[4])\n" \
	"  if number <= held then\n" \
	"    redis.call('INCRBY', NUMBER, string.format('%.0f', held - number + 1))\n" \
	"    number = held + 1\n" \
	"  end\n" \
	"  return number\n" \
	"end\n"

/* `kinds`: a string with one letter per item. string.format() for each number would take longer than all the rest: it is called for each hundredth. */
#define HOLD \
	"local DIGITS = {[0] = '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'}\n" \
	"local function hold(first, items, kinds)\n" \
	"  local timeout = tonumber(ARGV[3])\n" \
	"  local due = string.format('%.0f', now + timeout)\n" \
	"  local all_bare = not string.find(kinds, '[^b]')\n" \
	"  local pairs, members, prefix = {}, {}, nil\n" \
	"  for i = 1, #items do\n" \
	"    local number = first + i - 1\n" \
	"    local rest = number % 100\n" \
	"    if rest == 0 or not prefix then\n" \
	"      prefix = number > 99 and string.format('%.0f', (number - rest) / 100) or ''\n" \
	"    end\n" \
	"    local last = rest % 10\n" \
	"    local field = number > 9 and prefix .. DIGITS[(rest - last) / 10] .. DIGITS[last] or DIGITS[last]\n" \
	"    if timeout > 0 then\n" \
	"      members[2 * i - 1] = due\n" \
	"      members[2 * i] = field .. ' ' .. ARGV[1]\n" \
	"    end\n" \
	"    if not all_bare then\n" \
	"      local kind = string.sub(kinds, i, i)\n" \
	"      field = kind == 'b' and field or field .. kind\n" \
	"    end\n" \
	"    pairs[2 * i - 1] = field\n" \
	"    pairs[2 * i] = items[i]\n" \
	"  end\n" \
	"  in_slices('HSET', HELD, pairs)\n" \
	"  in_slices('ZADD', OVERDUE, members)\n" \
	"end\n"

const char ecoq_redis_reserve_text[] =
	KEYS_OF_RESERVE LUA_NOW REFUSE_LATE LUA_IN_SLICES LUA_NUMBERS FRESH_NUMBERS LUA_RECORD LUA_LANE LUA_RENEW LUA_IN_GRACE HOLD
	"redis.call('ZREM', OWNERS, '')\n" /* so that memory may be had from here on */
	"local known = renew(ARGV[1]) and 1 or 0\n"
	"local timeout, left = tonumber(ARGV[3]), tonumber(ARGV[5])\n"
	"local dead, overdue = {}, {}\n"
	"if ARGV[6] == '1' then\n"
	"  if not in_grace() then\n"
	"    dead = redis.call('ZRANGEBYSCORE', OWNERS, 0, string.format('(%.0f', now - " ECOQ_LUA_TEXT(ECOQ_REDIS_ABSENT_MS) "), 'LIMIT', 0, 16)\n"
																														  "    for _, late in ipairs(redis.call('ZRANGEBYSCORE', OWNERS, string.format('%.0f', -now), '(0', 'LIMIT', 0, 16)) do\n"
																														  "      dead[#dead + 1] = late\n"
																														  "    end\n"
																														  "  end\n"
																														  "  if timeout > 0 then\n"
																														  "    overdue = redis.call('ZRANGEBYSCORE', OVERDUE, '-inf', now, 'LIMIT', 0, 64)\n"
																														  "    if #overdue > 0 then\n"
																														  "      return {now, 0, 0, '', {}, dead, overdue, known}\n"
																														  "    end\n"
																														  "  end\n"
																														  "end\n"
																														  /* What could fail, before anything is taken. */
																														  "local listed = redis.call('LLEN', LIST)\n"
																														  "local in_lanes = redis.call('ZCARD', LANES)\n"
																														  "if timeout > 0 then\n"
																														  "  redis.call('ZCARD', OVERDUE)\n"
																														  "end\n"
																														  "local number = fresh_numbers(left)\n"
																														  "local next_due = redis.call('ZRANGE', DELAYED, 0, 0, 'WITHSCORES')[2]\n"
																														  "if next_due and tonumber(next_due) <= now then\n"
																														  "  local due = redis.call('ZRANGEBYSCORE', DELAYED, '-inf', now, 'LIMIT', 0, math.min(math.max(left, 100), 1000))\n"
																														  "  local bare, lanes = {}, {}\n"
																														  "  local place = take_numbers(#due) - 1\n"
																														  "  for i, text in ipairs(due) do\n"
																														  "    local record = read_record(text)\n"
																														  "    if record.priority == 4 and record.group == '' and record.crashes == '0' then\n"
																														  "      bare[#bare + 1] = string.sub(text, record.body_at)\n"
																														  "    else\n" /* behind what was sent meanwhile */
																														  "      lanes[#lanes + 1] = score(place + i, record.priority)\n"
																														  "      lanes[#lanes + 1] = string.format('%016x', place + i) .. string.sub(text, 17)\n"
																														  "    end\n"
																														  "  end\n"
																														  "  in_slices('RPUSH', LIST, bare)\n"
																														  "  in_slices('ZADD', LANES, lanes)\n"
																														  "  in_slices('ZREM', DELAYED, due)\n"
																														  "  listed = listed + #bare\n"
																														  "  in_lanes = in_lanes + #lanes / 2\n"
																														  "  next_due = redis.call('ZRANGE', DELAYED, 0, 0, 'WITHSCORES')[2]\n"
																														  "end\n"
																														  "next_due = tonumber(next_due or 0)\n"
																														  "local suspect = redis.call('LPOP', SUSPECTS)\n"
																														  "if suspect then\n"
																														  "  hold(number, {suspect}, 's')\n"
																														  "  return {now, next_due, number, 's', {suspect}, dead, overdue, known}\n"
																														  "end\n"
																														  "local items, kinds\n"
																														  "if ARGV[7] == '1' or in_lanes > 0 then\n"
																														  "  items, kinds = {}, ''\n"
																														  "  local function take(found, kind)\n"
																														  "    for _, item in ipairs(found) do\n"
																														  "      items[#items + 1] = item\n"
																														  "    end\n"
																														  "    kinds = kinds .. string.rep(kind, #found)\n"
																														  "    left = left - #found\n"
																														  "  end\n"
																														  "  local function take_lanes(from, to, most)\n"
																														  "    if most > 0 then\n"
																														  "      local found = redis.call('ZRANGEBYSCORE', LANES, from, to, 'LIMIT', 0, most)\n"
																														  "      in_slices('ZREM', LANES, found)\n"
																														  "      take(found, 'r')\n"
																														  "    end\n"
																														  "  end\n"
																														  "  if ARGV[7] == '1' then\n"
																														  "    take(redis.call('LPOP', INBOX, left) or {}, 'b')\n"
																														  "  end\n"
																														  "  take_lanes('-inf', string.format('(%.0f', 5 * LANE), left)\n"
																														  /* Half and half where both wait, by turns where one is wanted, so that neither holds up the other. */
																														  "  take_lanes(5 * LANE, string.format('(%.0f', 6 * LANE), listed == 0 and left or math.floor((left + number % 2) / 2))\n"
																														  "  if left > 0 and listed > 0 then\n"
																														  "    take(redis.call('LPOP', LIST, left) or {}, 'b')\n"
																														  "  end\n"
																														  "  take_lanes(5 * LANE, '+inf', left)\n"
																														  "elseif listed > 0 then\n"
																														  "  items = redis.call('LPOP', LIST, left)\n"
																														  "  kinds = string.rep('b', #items)\n"
																														  "else\n"
																														  "  return {now, next_due, 0, '', {}, dead, overdue, known}\n"
																														  "end\n"
																														  "hold(number, items, kinds)\n"
																														  "return {now, next_due, number, kinds, items, dead, overdue, known}\n";

const char ecoq_redis_reserve_one_text[] =
	KEYS_OF_RESERVE LUA_NOW REFUSE_LATE LUA_IN_SLICES LUA_NUMBERS FRESH_NUMBERS LUA_RECORD LUA_RENEW HOLD
	"local id = ARGV[5]\n"
	/* The envelope has it in "meta"; an envelope may stand in a frame of headers. */
	"local function has_id(body)\n"
	"  if not string.find(body, id, 1, true) then\n"
	"    return false\n"
	"  end\n"
	"  local fine, envelope = pcall(cjson.decode, body)\n"
	"  if fine and type(envelope) == 'table' and envelope.__bq_frame and type(envelope.body) == 'string' then\n"
	"    fine, envelope = pcall(cjson.decode, envelope.body)\n"
	"  end\n"
	"  return fine and type(envelope) == 'table' and type(envelope.meta) == 'table' and envelope.meta.id == id\n"
	"end\n"
	"local function record_has_id(text)\n"
	"  local record = read_record(text)\n"
	"  return record.id == id or record.id == '' and has_id(string.sub(text, record.body_at))\n"
	"end\n"
	"local function search(command, key, matches)\n"
	"  local first = 0\n"
	"  repeat\n"
	"    local found = redis.call(command, key, first, first + 255)\n"
	"    for _, item in ipairs(found) do\n"
	"      if matches(item) then\n"
	"        return item\n"
	"      end\n"
	"    end\n"
	"    first = first + #found\n"
	"  until #found == 0\n"
	"end\n"
	"redis.call('ZREM', OWNERS, '')\n"
	"local known = renew(ARGV[1]) and 1 or 0\n"
	"redis.call('ZCARD', OVERDUE)\n"
	"local number = fresh_numbers(1)\n"
	"local kind = 's'\n"
	"local item = search('LRANGE', SUSPECTS, record_has_id)\n"
	"if item then\n"
	"  redis.call('LREM', SUSPECTS, 1, item)\n"
	"else\n"
	"  kind = 'b'\n"
	"  item = search('LRANGE', LIST, has_id)\n"
	"  if item then\n"
	"    redis.call('LREM', LIST, 1, item)\n"
	"  end\n"
	"end\n"
	"for _, key in ipairs({LANES, DELAYED}) do\n"
	"  if not item then\n"
	"    kind = 'r'\n"
	"    item = search('ZRANGE', key, record_has_id)\n"
	"    if item then\n"
	"      redis.call('ZREM', key, item)\n"
	"    end\n"
	"  end\n"
	"end\n"
	"if not item then\n"
	"  return {now, 0, 0, '', {}, {}, {}, known}\n"
	"end\n"
	"hold(number, {item}, kind)\n"
	"return {now, 0, number, kind, {item}, {}, {}, known}\n";

/* SETTLE: successors are stored and reservations end, in one.
 *   KEYS: HELD, OVERDUE, LIST, LANES, DELAYED, WAKE, NUMBER, GROUPS, then the group:<name> and the lists of other queues that are named below
 *   ARGV: number of the settlement (ascending per owner; a repeat has that of the first try), owner where there is a timeout (else ""), how many messages the
 *         owner is known to hold (-1: not known), count of fields, the fields, each once; then per message that has more to it: index of its field,
 *         its group and its index in KEYS ("", 0: none), then the successor: what it is (- none, s in this queue, o the bare body in another's list),
 *         priority, crashes, due, group, id, body, index in KEYS of its group or list
 *   Reply: indexes of the fields that were not held any more, with a space behind each; nothing of theirs was stored. */
const char ecoq_redis_settle_text[] =
	"local HELD, OVERDUE, LIST, LANES, DELAYED, WAKE, NUMBER, GROUPS = unpack(KEYS, 1, 8)\n"
	"local known = redis.call('HMGET', HELD, 'settled', 'recalled')\n"
	"if known[1] then\n"
	"  local number, lost = string.match(known[1], '^(%d+) (.*)$')\n"
	"  if number == ARGV[1] then\n"
	"    return lost\n"
	"  end\n"
	"end\n"
	"local expected, count = tonumber(ARGV[3]), tonumber(ARGV[4])\n"
	"local lost, losses = {}, ''\n"
	"if expected < 0 or redis.call('HLEN', HELD) ~= expected + (known[1] and 1 or 0) + (known[2] and 1 or 0) then\n"
	"  for i = 1, count do\n"
	"    if redis.call('HEXISTS', HELD, ARGV[4 + i]) == 0 then\n"
	"      lost[i] = true\n"
	"      losses = losses .. i .. ' '\n"
	"    end\n"
	"  end\n"
	"end\n"
	"local tokens = 0\n"
	"if #ARGV > 4 + count then\n" LUA_NOW LUA_IN_SLICES LUA_NUMBERS LUA_RECORD LUA_LANE LUA_PUT
	"  redis.call('ZREM', OVERDUE, '')\n" /* so that memory may be had from here on */
	"  redis.call('ZCARD', LANES)\n"
	"  redis.call('ZCARD', DELAYED)\n"
	"  redis.call('HLEN', GROUPS)\n"
	"  redis.call('LLEN', LIST)\n"
	"  for i = 9, #KEYS do\n"
	"    redis.call('LLEN', KEYS[i])\n"
	"  end\n"
	"  redis.call('INCRBY', NUMBER, 0)\n"
	"  local function release(key, group)\n"
	"    local waiting = redis.call('LPOP', KEYS[key])\n"
	"    if waiting then\n"
	"      local record = read_record(waiting)\n"
	"      put(waiting, record.place, record.priority, record.due)\n"
	"    else\n"
	"      redis.call('HDEL', GROUPS, group)\n"
	"    end\n"
	"  end\n"
	"  for i = 5 + count, #ARGV, 11 do\n" /* as many may be held, and others, where this is an older copy of the data */
	"    local index = tonumber(ARGV[i])\n"
	"    if not lost[index] and redis.call('HEXISTS', HELD, ARGV[4 + index]) == 0 then\n"
	"      lost[index] = true\n"
	"      losses = losses .. index .. ' '\n"
	"    end\n"
	"  end\n"
	"  for i = 5 + count, #ARGV, 11 do\n"
	"    local index, group, key, what, priority, crashes, due, new_group, id, body, new_key = unpack(ARGV, i, i + 10)\n"
	"    if not lost[tonumber(index)] then\n"
	"      priority, crashes, due, key, new_key = tonumber(priority), tonumber(crashes), tonumber(due), tonumber(key), tonumber(new_key)\n"
	"      local keeps_group = what == 's' and group ~= '' and group == new_group\n" /* a retry stays the first of its group */
	"      if group ~= '' and not keeps_group then\n"
	"        release(key, group)\n"
	"      end\n"
	"      if what == 'o' then\n"
	"        redis.call('RPUSH', KEYS[new_key], body)\n"
	"      elseif what == 's' and new_group == '' and priority == 4 and crashes == 0 and due <= now then\n"
	"        redis.call('RPUSH', LIST, body)\n"
	"      elseif what == 's' then\n"
	"        local place = take_numbers(1)\n"
	"        local record = make_record(place, priority, crashes, due, new_group, id, body)\n"
	"        if not keeps_group and new_group ~= '' and redis.call('HSETNX', GROUPS, new_group, 1) == 0 then\n"
	"          redis.call('RPUSH', KEYS[new_key], record)\n"
	"        else\n"
	"          put(record, place, priority, due)\n"
	"        end\n"
	"      end\n"
	"    end\n"
	"  end\n"
	"  tokens = store_records()\n"
	"end\n"
	"local ended = 0\n"
	"for first = 5, 4 + count, 1000 do\n"
	"  ended = ended + redis.call('HDEL', HELD, unpack(ARGV, first, math.min(first + 999, 4 + count)))\n"
	"end\n"
	"if ended == 0 then\n"
	"  return losses\n"
	"end\n"
	"redis.call('HSET', HELD, 'settled', ARGV[1] .. ' ' .. losses)\n"
	"if ARGV[2] ~= '' then\n" LUA_IN_SLICES
	"  local members = {}\n"
	"  for i = 1, count do\n"
	"    members[i] = string.match(ARGV[4 + i], '^%d+') .. ' ' .. ARGV[2]\n"
	"  end\n"
	"  in_slices('ZREM', OVERDUE, members)\n"
	"end\n" LUA_WAKE
	"wake(tokens)\n"
	"return losses\n";
