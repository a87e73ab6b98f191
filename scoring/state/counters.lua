-- Records one transaction at all of its entities and answers what the windows hold, at one moment.
-- The plan stands above this text; it is generated from the catalogue (scoring/state/script.py).
--
-- KEYS[1]  the institution's state: generation, newest, complete_since, delay
-- ARGV[1]  msgpack: {time, seconds to remember the id, flags, amount, entities, marks, outcome,
--          seconds to keep the answer}
--          entities: {{place in PLAN, hash, member or false, ...}, ...}, hashes by number of ARGV;
--          marks: {numbers or false, ...}
-- ARGV[2]  the transaction's id; after it the hashes
-- Answers with msgpack: {fresh, {entity's answers}, ...}; or 'nothing' when there is no state, or
-- 'late' for an event that is too old to be counted. A missing answer is false.
--
-- A ring is kept in chunks of one window's length. A chunk is a string of entries, one for each
-- bucket that has events, in order: the bucket's place in the chunk (1 byte), then the count (4
-- bytes) and sum (8 bytes) from the chunk's beginning up to and with this bucket. So a window is a
-- difference of two entries of one chunk and one of the next, found by bisection: a merchant with
-- a million events costs what a customer with three does.

local floor, byte, sub, concat = math.floor, string.byte, string.sub, table.concat
local pack, unpack_struct, call = struct.pack, struct.unpack, redis.call

local function number(value)  -- as Redis reads it, to the last bit
  return string.format('%.17g', value)
end

local function find(chunk, size, place)  -- the last entry not after the place; 0: none
  local high = #chunk / size
  if high == 0 or byte(chunk, (high - 1) * size + 1) <= place then return high end
  local low = 0
  high = high - 1
  while low < high do
    local middle = floor((low + high + 1) / 2)
    if byte(chunk, (middle - 1) * size + 1) <= place then low = middle else high = middle - 1 end
  end
  return low
end

local function entry(chunk, size, index)  -- count and sum up to there
  if index == 0 then return 0, 0 end
  local position = (index - 1) * size + 2
  if size == 5 then return unpack_struct('>I4', chunk, position), 0 end
  return unpack_struct('>I4d', chunk, position)
end

local function packed(size, place, count, sum)
  if size == 5 then return pack('>BI4', place, count) end
  return pack('>BI4d', place, count, sum)
end

local function insert(chunk, size, place, amount)
  local index, last = find(chunk, size, place), #chunk / size
  local count, sum = entry(chunk, size, index)
  local kept = index
  if index > 0 and byte(chunk, (index - 1) * size + 1) == place then kept = index - 1 end
  local parts = {sub(chunk, 1, kept * size), packed(size, place, count + 1, sum + amount)}
  for later = index + 1, last do  -- only for an event that comes late
    local c, s = entry(chunk, size, later)
    parts[#parts + 1] = packed(size, byte(chunk, (later - 1) * size + 1), c + 1, s + amount)
  end
  return concat(parts)
end

local question = cmsgpack.unpack(ARGV[1])
local time, flags, amount, outcome = question[1], question[3], question[4], question[7]
local state = call('HMGET', KEYS[1], 'generation', 'newest', 'complete_since', 'delay')
if not state[1] then return 'nothing' end
local newest, complete_since = tonumber(state[2]), tonumber(state[3])
local base = string.match(KEYS[1], '^fs:{%d+}:') .. state[1] .. ':'
local kept_answer = base .. 'a' .. ARGV[2]
if newest and time < newest - LATE and not outcome then
  return call('GET', kept_answer) or 'late'  -- it may have been in time when it was first told
end
local fresh = call('SET', base .. (outcome and 'o' or 't') .. ARGV[2], '', 'NX', 'EX', question[2])
if outcome and not fresh then return 'repeated' end
if not fresh then  -- a repeat is told what the first one was
  local first = call('GET', kept_answer)
  if first then return first end
end
if fresh and not outcome and not (newest and newest >= time) then
  call('HSET', KEYS[1], 'newest', number(time))
end
newest = math.max(newest or time, time)

local function sweep(key, rings)  -- what no window reaches any more
  local oldest, stale = {}, {}
  for r = 1, #rings, 5 do
    oldest[rings[r]] = floor((newest - LATE) / rings[r + 1]) - 1
  end
  for _, field in ipairs(call('HKEYS', key)) do
    local name, chunk = string.match(field, '^(.*):(%-?%d+)$')
    if name and (not oldest[name] or tonumber(chunk) < oldest[name]) then stale[#stale + 1] = field end
  end
  for first = 1, #stale, 1000 do
    call('HDEL', key, unpack(stale, first, math.min(first + 999, #stale)))
  end
end

local function sampled(member, level)
  return unpack_struct('>I4', member) < 2 ^ (32 - level)
end

local function thin(key, level)  -- keeps the members that fall in the smaller sample
  local gone = {}
  for _, member in ipairs(call('ZRANGE', key, 0, -1)) do
    if not sampled(member, level) then gone[#gone + 1] = member end
  end
  for first = 1, #gone, 1000 do
    call('ZREM', key, unpack(gone, first, math.min(first + 999, #gone)))
  end
end

-- Adaptive sampling (Flajolet 1990): once too many members were seen, only those are kept whose
-- hash falls below 2^-level, and each counts for 2^level. When few are left, the level goes down:
-- members seen before `changed` then still count by the level `before`.
local function resample(hash_key, key, field, longest, kept)
  local level, before, changed = unpack_struct('>BBd', kept)
  local size = call('ZCARD', key)
  if size > TRIM then
    call('ZREMRANGEBYSCORE', key, '-inf', number(newest - longest - LATE))
    size = call('ZCARD', key)
  end
  local settled = before == level or changed < newest - longest - LATE
  if size > MOST then
    while size > MOST do
      level = level + 1
      thin(key, level)
      size = call('ZCARD', key)
    end
    before, changed = level, time
  elseif level > 0 and settled and size < MOST / 8 then
    local estimate = size * 2 ^ level
    before, changed = level, time
    while level > 0 and estimate / 2 ^ (level - 1) <= MOST / 2 do level = level - 1 end
  else
    return kept
  end
  kept = pack('>BBd', level, before, changed)
  call('HSET', hash_key, field, kept)
  return kept
end

local function seen_since(key, start, kept)
  local level, before, changed = unpack_struct('>BBd', kept)
  if level == before or changed <= start then
    return call('ZCOUNT', key, '(' .. number(start), '+inf') * 2 ^ level
  end
  return call('ZCOUNT', key, '(' .. number(start), '(' .. number(changed)) * 2 ^ before
    + call('ZCOUNT', key, number(changed), '+inf') * 2 ^ level
end

local function answer_sighting(asked, member, previous, distinct, answers)
  for i = 1, #asked, 2 do
    local what, start = asked[i], time - asked[i + 1]
    local answer = false
    if start >= complete_since then
      if what == 'distinct' then
        answer = distinct(start)
      elseif member and fresh then  -- of a repeat, nobody knows which sighting was its own
        if what == 'repeated' then
          answer = (previous and previous > start) and 1 or 0
        elseif previous and previous > start and previous <= time then
          answer = time - previous
        end
      end
    end
    answers[#answers + 1] = answer
  end
end

-- A few members stand in the entity's own hash, each with the time when it was seen last (8 bytes
-- and 8): most entities never see more, and need no key and no command for it.
local function look_at_few(key, of, asked, member, kept, answers, sets)
  local horizon = newest - asked.longest - LATE
  local previous, times, parts = nil, {}, {}
  for position = 1, #kept, 16 do
    local at = unpack_struct('>d', kept, position + 8)
    if sub(kept, position, position + 7) == member then
      previous = at
    else
      times[#times + 1] = at
      if at >= horizon then parts[#parts + 1] = sub(kept, position, position + 15) end
    end
  end
  if fresh and member then
    local last = math.max(previous or time, time)
    times[#times + 1] = last
    parts[#parts + 1] = member .. pack('>d', last)
    sets[#sets + 1] = '~' .. of
    if #parts <= FEW then
      sets[#sets + 1] = concat(parts)
    else
      for _, part in ipairs(parts) do
        call('ZADD', key .. '~' .. of, number(unpack_struct('>d', part, 9)), sub(part, 1, 8))
      end
      call('EXPIRE', key .. '~' .. of, asked.longest + LATE * 2)
      sets[#sets + 1] = pack('>BBd', 0, 0, 0)
    end
  elseif previous then
    times[#times + 1] = previous
  end
  answer_sighting(asked, member, previous, function(start)
    local seen = 0
    for _, at in ipairs(times) do if at > start then seen = seen + 1 end end
    return seen
  end, answers)
end

-- Many members are a sorted set by the time when they were seen last; `kept` tells the sample.
local function look_at_many(key, of, asked, member, kept, answers)
  local set = key .. '~' .. of
  local previous = nil
  if member and sampled(member, byte(kept, 1)) then
    previous = call('ZSCORE', set, member)
    previous = previous and tonumber(previous)
    if fresh then
      call('ZADD', set, 'GT', number(time), member)
      call('EXPIRE', set, asked.longest + LATE * 2)
      if not previous then kept = resample(key, set, '~' .. of, asked.longest, kept) end
    end
  end
  local told = member and sampled(member, byte(kept, 1)) and member
  answer_sighting(asked, told, previous, function(start)
    return seen_since(set, start, kept)
  end, answers)
end

-- Of the last day, week and month before the labels' usual delay: an entity's transactions, and its
-- frauds that are known.
local function settled(plan, got, told)
  if not state[4] or not plan.settled then return end
  local lag = math.max(1, floor(select(2, unpack_struct('>dd', state[4])) / SETTLED_SECONDS + 0.5))
  local bucket = floor(time / SETTLED_SECONDS)
  local chunk, recent = floor(bucket / BUCKETS), bucket - lag
  local function upto(ring, place)
    local size, there, former = plan.rings[5 * ring], got[2 * ring - 1] or '', got[2 * ring] or ''
    local from = chunk * BUCKETS
    if place < from then return (entry(former, size, find(former, size, place - from + BUCKETS))) end
    return (entry(former, size, #former / size)) + (entry(there, size, find(there, size, place - from)))
  end
  local sales, frauds = plan.settled[1], plan.settled[2]
  local oldest = bucket - BUCKETS
  if recent <= oldest then return end
  local sold, known = upto(sales, recent), upto(frauds, bucket)
  for _, length in ipairs(SETTLED) do
    local start = math.max(recent - length, oldest)
    told[#told + 1] = sold - upto(sales, start)
    told[#told + 1] = known - upto(frauds, start)
  end
end

-- An entity's known frauds, how long ago the newest took place, and for each half-life its frauds
-- and transactions, faded. Kept as: newest event, newest fraud, known frauds, then the pairs.
local function risk(stored, fields, plan, got)
  local held = stored and {unpack_struct(RISK, stored)} or {time, 0, 0}
  local at, last, known = held[1], held[2], held[3]
  local now = math.max(at, time)
  local kept, told = {now, last, known}, {known, known > 0 and time >= last and time - last}
  for n, half_life in ipairs(HALF_LIVES) do
    local faded = 2 ^ ((at - now) / half_life)
    local frauds, total = (held[2 * n + 2] or 0) * faded, (held[2 * n + 3] or 0) * faded
    told[#told + 1], told[#told + 2] = frauds, total
    kept[#kept + 1], kept[#kept + 2] = frauds, total + 2 ^ ((time - now) / half_life)
  end
  if fresh then
    fields[#fields + 1] = 'risk'
    fields[#fields + 1] = pack(RISK, unpack(kept))
  end
  settled(plan, got, told)
  return told
end

local function numbers(stored)
  local found = {}
  for position = 1, #stored, 8 do found[#found + 1] = unpack_struct('>d', stored, position) end
  return found
end

local function visit(asked)
  local plan = PLAN[asked[1]]()
  local rings, key = plan.rings, base .. plan.name .. ':' .. ARGV[asked[2]]
  local fields, places, answers, sets = {}, {}, {}, {}
  for r = 1, #rings, 5 do
    local bucket = floor(time / rings[r + 2])
    local chunk = floor(bucket / BUCKETS)
    places[#places + 1] = bucket - chunk * BUCKETS
    fields[#fields + 1] = rings[r] .. ':' .. chunk
    fields[#fields + 1] = rings[r] .. ':' .. (chunk - 1)
  end
  local samples = #fields
  for s = 1, #plan.seen, 2 do fields[#fields + 1] = '~' .. plan.seen[s] end
  local marks = #fields
  if plan.marks then
    for m = 1, #MARKS do fields[#fields + 1] = 'last:' .. MARKS[m] end
  end
  if plan.risk then fields[#fields + 1] = 'risk' end
  local got = #fields > 0 and call('HMGET', key, unpack(fields)) or {}

  local created = false
  for r = 1, #rings, 5 do
    local n = (r + 4) / 5
    local place, size = places[n], rings[r + 4]
    local chunk, former = got[2 * n - 1] or '', got[2 * n] or ''
    local wanted = rings[r + 3]
    if fresh and (wanted == 0 and not outcome or bit.band(flags, wanted) ~= 0) then
      created = created or chunk == ''
      chunk = insert(chunk, size, place, amount or 0)
      sets[#sets + 1] = fields[2 * n - 1]
      sets[#sets + 1] = chunk
    end
    if not outcome then
      local start = (floor(time / rings[r + 2]) - BUCKETS + 1) * rings[r + 2]
      local count, sum = false, false
      if start >= complete_since then
        local c1, s1 = entry(chunk, size, find(chunk, size, place))
        local c2, s2 = entry(former, size, #former / size)
        local c3, s3 = entry(former, size, find(former, size, place))
        count, sum = c1 + c2 - c3, s1 + s2 - s3
      end
      answers[#answers + 1] = count
      if size == 13 then answers[#answers + 1] = sum end
    end
  end
  if fresh and not outcome and rings[4] == 0 and (answers[1] or 0) >= HOT then
    local hot = base .. 'hot:' .. floor(newest / 3600)
    call('ZADD', hot, answers[1], plan.name .. ':' .. ARGV[asked[2]])
    call('ZREMRANGEBYRANK', hot, 0, -101)
    call('EXPIRE', hot, 7200)
  end
  local kept_for = plan.longest + LATE * 2
  if plan.risk then
    local stored = got[#fields]
    local known = stored and select(3, unpack_struct(RISK, stored)) or 0
    if known > 0 then kept_for = 10 * LONGEST_RISK end  -- a fraud has faded to a thousandth by then
  end
  if outcome then
    if #sets > 0 then
      call('HSET', key, unpack(sets))
      call('EXPIRE', key, kept_for)
    end
    return answers
  end

  for s = 1, #plan.seen, 2 do
    local n = (s + 1) / 2
    local member, kept = asked[2 + n] and ARGV[asked[2 + n]], got[samples + n] or ''
    if #kept % 16 == 0 then
      look_at_few(key, plan.seen[s], plan.seen[s + 1], member, kept, answers, sets)
    else
      look_at_many(key, plan.seen[s], plan.seen[s + 1], member, kept, answers)
    end
  end
  if plan.marks then
    for m = 1, #MARKS do
      local stored, payload = got[marks + m], question[6][m]
      local earlier = stored and unpack_struct('>d', stored)
      answers[#answers + 1] = fresh and earlier and earlier <= time and numbers(stored) or false
      if fresh and payload and not (earlier and earlier > time) then
        sets[#sets + 1] = 'last:' .. MARKS[m]
        sets[#sets + 1] = pack('>d', time)
        for _, told in ipairs(payload) do sets[#sets] = sets[#sets] .. pack('>d', told) end
      end
    end
  end
  if plan.risk then
    local rated = risk(got[#fields], sets, plan, got)
    answers[#answers + 1] = time - LONGEST_RISK >= complete_since and rated
  end
  if #sets > 0 then
    call('HSET', key, unpack(sets))
    call('EXPIRE', key, kept_for)
    if created and call('HLEN', key) > plan.roomy then sweep(key, rings) end
  end
  return answers
end

local answer = {fresh and 1 or 0}
for _, asked in ipairs(question[5]) do answer[#answer + 1] = visit(asked) end
answer = cmsgpack.pack(answer)
if question[8] > 0 then call('SET', kept_answer, answer, 'EX', question[8]) end
return answer
