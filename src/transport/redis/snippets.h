#ifndef ECOQ_TRANSPORT_REDIS_SNIPPETS_H
#define ECOQ_TRANSPORT_REDIS_SNIPPETS_H

/* Pieces of Lua that several scripts share; each is ready for use behind the locals that it names.
 *
 * Rules of all scripts: every key stands in KEYS; all times are the server's, in milliseconds; an error in mid-script is not undone, so that what can
 * fail (a key of the wrong type) is asked first, and what is destroyed is destroyed last. Redis refuses for lack of memory only the first write of a
 * script: those that take messages out of the queue or put them back begin with a write that needs none, so that a full server can be emptied.
 * Numbers are exact below 2^53; as text they are made by '%.0f'. unpack() gets at most a thousand values. */

#include "transport/redis/queue.h"

#define ECOQ_LUA_TEXT_(value) #value
#define ECOQ_LUA_TEXT(value) ECOQ_LUA_TEXT_(value)

#define LUA_NOW \
	"local time = redis.call('TIME')\n" \
	"local now = time[1] * 1000 + math.floor(time[2] / 1000)\n"

/* A command with any number of values, or of pairs of values. */
#define LUA_IN_SLICES \
	"local function in_slices(command, key, values)\n" \
	"  for first = 1, #values, 1000 do\n" \
	"    redis.call(command, key, unpack(values, first, math.min(first + 999, #values)))\n" \
	"  end\n" \
	"end\n"

/* See queue.h for what a record looks like. */
#define LUA_RECORD \
	"local function make_record(place, priority, crashes, due, group, id, body)\n" \
	"  return string.format('%016x%d%d %.0f %d %d ', place, priority, crashes, due, #group, #id) .. group .. id .. body\n" \
	"end\n" \
	"local function read_record(record)\n" \
	"  local crashes, due, group, id, at = string.match(record, '^(%d+) (%d+) (%d+) (%d+) ()', 18)\n" \
	"  local group_end = at + group - 1\n" \
	"  return {\n" \
	"    place = tonumber(string.sub(record, 1, 16), 16),\n" \
	"    priority = tonumber(string.sub(record, 17, 17)),\n" \
	"    crashes = crashes,\n" \
	"    due = tonumber(due),\n" \
	"    group = string.sub(record, at, group_end),\n" \
	"    id = string.sub(record, group_end + 1, group_end + id),\n" \
	"    body_at = group_end + id + 1\n" \
	"  }\n" \
	"end\n"

/* Uses NUMBER. The first of so many numbers. The counter begins with the time, so that after a loss of all data no number comes twice that a living process
 * still knows. */
#define LUA_NUMBERS \
	"local function take_numbers(count)\n" \
	"  local last = redis.call('INCRBY', NUMBER, count)\n" \
	"  if last == count then\n" \
	"    last = redis.call('INCRBY', NUMBER, redis.call('TIME')[1] * 100000)\n" \
	"  end\n" \
	"  return last - count + 1\n" \
	"end\n"

/* Lanes of 2^49 places: 9 - priority of them lie before. The list is in the midst of lane 4. */
#define LUA_LANE \
	"local LANE = 562949953421312\n" \
	"local function score(place, priority)\n" \
	"  return (9 - priority) * LANE + place\n" \
	"end\n"

/* Uses WAKE. Never more than a handful of tokens: each makes one idle worker look. Nothing depends on them. */
#define LUA_WAKE \
	"local function wake(tokens)\n" \
	"  local there = redis.pcall('LLEN', WAKE)\n" \
	"  if tokens > 0 and type(there) == 'number' then\n" \
	"    for i = there + 1, math.min(tokens, 8) do\n" \
	"      redis.call('RPUSH', WAKE, '1')\n" \
	"    end\n" \
	"    redis.call('PEXPIRE', WAKE, 10000)\n" \
	"  end\n" \
	"end\n"

/* Uses LANES, DELAYED, now. Collects records, and stores them with store_records(), which tells how many workers to wake. */
#define LUA_PUT \
	"local lanes, delayed, earliest = {}, {}, nil\n" \
	"local function put(record, place, priority, due)\n" \
	"  if due > now then\n" \
	"    delayed[#delayed + 1] = due\n" \
	"    delayed[#delayed + 1] = record\n" \
	"    earliest = math.min(earliest or due, due)\n" \
	"  else\n" \
	"    lanes[#lanes + 1] = score(place, priority)\n" \
	"    lanes[#lanes + 1] = record\n" \
	"  end\n" \
	"end\n" \
	"local function store_records()\n" \
	"  local tokens = #lanes / 2\n" \
	"  if earliest then\n" \
	"    local first = redis.call('ZRANGE', DELAYED, 0, 0, 'WITHSCORES')\n" \
	"    if not first[2] or earliest < tonumber(first[2]) then\n" \
	"      tokens = tokens + 1\n" \
	"    end\n" \
	"  end\n" \
	"  in_slices('ZADD', DELAYED, delayed)\n" \
	"  in_slices('ZADD', LANES, lanes)\n" \
	"  return tokens\n" \
	"end\n"

/* Uses OWNERS, GRACE, now. A sign of life; tells whether the owner was known. When it is the first one after nobody gave any for longer than presence
 * lasts, the server was away: nobody is declared dead for a while, once per outage, which the last sign of life before it stands for. */
#define LUA_RENEW \
	"local function renew(owner)\n" \
	"  local own = redis.call('ZSCORE', OWNERS, owner)\n" \
	"  if GRACE and (not own or tonumber(own) < now) then\n" \
	"    local best = redis.call('ZREVRANGE', OWNERS, 0, 1, 'WITHSCORES')\n" \
	"    local last = best[1] == owner and best[4] or best[2]\n" \
	"    if last and tonumber(last) > 0 and tonumber(last) < now then\n" \
	"      local granted = redis.call('GET', GRACE)\n" \
	"      if not granted or string.match(granted, ' (.*)') ~= last then\n" \
	"        redis.call('SET', GRACE, string.format('%.0f ', now + " ECOQ_LUA_TEXT(ECOQ_REDIS_GRACE_MS) ") .. last, 'PX', 604800000)\n" \
																										"      end\n" \
																										"    end\n" \
																										"  end\n" \
																										"  redis.call('ZADD', OWNERS, now + " ECOQ_LUA_TEXT(ECOQ_REDIS_PRESENCE_MS) ", owner)\n" \
																																													"  return own\n" \
																																													"end\n"

#define LUA_IN_GRACE \
	"local function in_grace()\n" \
	"  local granted = redis.call('GET', GRACE)\n" \
	"  return granted and tonumber(string.match(granted, '^%d+')) > now\n" \
	"end\n"

/* Uses HELD. The fields of messages, in the order they were reserved, and their numbers. */
#define LUA_HELD_FIELDS \
	"local function held_fields()\n" \
	"  local numbers, field_of = {}, {}\n" \
	"  for _, field in ipairs(redis.call('HKEYS', HELD)) do\n" \
	"    local number = tonumber(string.match(field, '^%d+'))\n" \
	"    if number then\n" \
	"      numbers[#numbers + 1] = number\n" \
	"      field_of[number] = field\n" \
	"    end\n" \
	"  end\n" \
	"  table.sort(numbers)\n" \
	"  local fields = {}\n" \
	"  for i, number in ipairs(numbers) do\n" \
	"    fields[i] = field_of[number]\n" \
	"  end\n" \
	"  return fields\n" \
	"end\n"

/* Uses HELD, OVERDUE. Ends reservations. */
#define LUA_FORGET \
	"local function forget(fields, owner)\n" \
	"  in_slices('HDEL', HELD, fields)\n" \
	"  if redis.call('EXISTS', OVERDUE) == 1 then\n" \
	"    local members = {}\n" \
	"    for i, field in ipairs(fields) do\n" \
	"      members[i] = string.match(field, '^%d+') .. ' ' .. owner\n" \
	"    end\n" \
	"    in_slices('ZREM', OVERDUE, members)\n" \
	"  end\n" \
	"end\n"

/* Uses HELD, LIST, LANES, DELAYED, SUSPECTS and what stands above. To the head, nothing charged; fields in the order of their numbers, which is that
 * of the queue. Before each bare one may come elements that stand at the head already: `skips` has how many. */
#define LUA_GIVE_BACK \
	"local function push_first(key, values)\n" \
	"  local reversed = {}\n" \
	"  for i = #values, 1, -1 do\n" \
	"    reversed[#reversed + 1] = values[i]\n" \
	"  end\n" \
	"  in_slices('LPUSH', key, reversed)\n" \
	"end\n" \
	"local function merge_with_head(bare, skip)\n" \
	"  local most = skip[#skip] or 0\n" \
	"  if most == 0 then\n" \
	"    return bare\n" \
	"  end\n" \
	"  local head = redis.call('LPOP', LIST, most) or {}\n" \
	"  local merged, taken = {}, 0\n" \
	"  for i, body in ipairs(bare) do\n" \
	"    while taken < skip[i] and taken < #head do\n" \
	"      taken = taken + 1\n" \
	"      merged[#merged + 1] = head[taken]\n" \
	"    end\n" \
	"    merged[#merged + 1] = body\n" \
	"  end\n" \
	"  for i = taken + 1, #head do\n" \
	"    merged[#merged + 1] = head[i]\n" \
	"  end\n" \
	"  return merged\n" \
	"end\n" \
	"local function give_back(fields, skips)\n" \
	"  local bare, skip, suspects = {}, {}, {}\n" \
	"  redis.call('LLEN', LIST)\n" \
	"  redis.call('LLEN', SUSPECTS)\n" \
	"  redis.call('ZCARD', LANES)\n" \
	"  redis.call('ZCARD', DELAYED)\n" \
	"  for first = 1, #fields, 1000 do\n" \
	"    for i, body in ipairs(redis.call('HMGET', HELD, unpack(fields, first, math.min(first + 999, #fields)))) do\n" \
	"      local kind = string.sub(fields[first + i - 1], -1)\n" \
	"      if not body then\n" \
	"        kind = ''\n" \
	"      elseif kind == 's' then\n" \
	"        suspects[#suspects + 1] = body\n" \
	"      elseif kind == 'r' then\n" \
	"        local record = read_record(body)\n" \
	"        put(body, record.place, record.priority, record.due)\n" \
	"      else\n" \
	"        bare[#bare + 1] = body\n" \
	"        skip[#bare] = skips and tonumber(skips[first + i - 1]) or 0\n" \
	"      end\n" \
	"    end\n" \
	"  end\n" \
	"  push_first(LIST, merge_with_head(bare, skip))\n" \
	"  push_first(SUSPECTS, suspects)\n" \
	"  return store_records() + #suspects\n" \
	"end\n"

/* Uses HELD, SUSPECTS and what stands above. Each is from now on reserved alone. Only what ran alone already is charged with the death. The place of a bare
 * one is the number under which it was reserved first, so that a message without an id has an identity all the same. */
#define LUA_SUSPECT \
	"local function suspect(fields)\n" \
	"  local records = {}\n" \
	"  redis.call('LLEN', SUSPECTS)\n" \
	"  for first = 1, #fields, 1000 do\n" \
	"    for i, body in ipairs(redis.call('HMGET', HELD, unpack(fields, first, math.min(first + 999, #fields)))) do\n" \
	"      local kind = string.sub(fields[first + i - 1], -1)\n" \
	"      if not body then\n" \
	"        kind = ''\n" \
	"      elseif kind == 's' then\n" \
	"        local crashes = string.match(body, '^%d+', 18)\n" \
	"        records[#records + 1] = string.sub(body, 1, 17) .. string.format('%.0f', crashes + 1) .. string.sub(body, 18 + #crashes)\n" \
	"      elseif kind == 'r' then\n" \
	"        records[#records + 1] = body\n" \
	"      else\n" \
	"        records[#records + 1] = make_record(tonumber(fields[first + i - 1]), 4, 0, 0, '', '', body)\n" \
	"      end\n" \
	"    end\n" \
	"  end\n" \
	"  in_slices('RPUSH', SUSPECTS, records)\n" \
	"  return #records\n" \
	"end\n"

/* Uses INBOX, LIST: what a BLMOVE took and nobody reserved. */
#define LUA_EMPTY_INBOX \
	"local function empty_inbox()\n" \
	"  while redis.call('LMOVE', INBOX, LIST, 'RIGHT', 'LEFT') do\n" \
	"  end\n" \
	"end\n"

#endif
