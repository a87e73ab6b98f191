-- Adds a transaction's fraud to the risk of its entities, or takes it away again.
--
-- KEYS[1]  the institution's state
-- ARGV[1]  msgpack: {time of the transaction, whether it was fraud, half-lives, whether the
--          transaction was too late to be counted, layout of the risk, when the label became known,
--          how many labels their usual delay is the mean of, ring of the frauds: {name, seconds of
--          a bucket, buckets, seconds that it is kept}}
-- ARGV[2]  the transaction's id; after it the entities, as name:hash
-- Answers whether anything changed. Told twice, it changes nothing the second time.

local question = cmsgpack.unpack(ARGV[1])
local time, fraud, half_lives, layout = question[1], question[2], question[3], question[5]
local longest = math.max(unpack(half_lives))
local known_at, most, ring = question[6], question[7], question[8]
local state = redis.call('HMGET', KEYS[1], 'generation', 'complete_since', 'delay', 'newest')
local generation = state[1]
if not generation then return 0 end
-- A fraud among transactions that were not counted is known, but part of no share.
local counted = not question[4] and time >= tonumber(state[2])
local base = string.match(KEYS[1], '^fs:{%d+}:') .. generation .. ':'
local mark = base .. 'f' .. ARGV[2]
if (redis.call('EXISTS', mark) == 1) == fraud then return 0 end
if fraud then redis.call('SET', mark, '', 'EX', 10 * longest) else redis.call('DEL', mark) end
if fraud and known_at >= time then
  local labels, mean = 0, 0
  if state[3] then labels, mean = struct.unpack('>dd', state[3]) end
  labels = math.min(labels + 1, most)
  mean = mean + (known_at - time - mean) / labels
  redis.call('HSET', KEYS[1], 'delay', struct.pack('>dd', labels, mean))
end

-- A ring's chunk (see counters.lua) with one more or one less from this bucket on.
local function shifted(chunk, place, change)
  local parts, before, placed = {}, 0, false
  for position = 1, #chunk, 5 do
    local at, count = struct.unpack('>BI4', chunk, position)
    if at < place then
      before = count
    else
      if at > place and not placed then
        parts[#parts + 1] = struct.pack('>BI4', place, math.max(before + change, 0))
      end
      placed, count = true, math.max(count + change, 0)
    end
    parts[#parts + 1] = struct.pack('>BI4', at, count)
  end
  if not placed then parts[#parts + 1] = struct.pack('>BI4', place, math.max(before + change, 0)) end
  return table.concat(parts)
end

local function recount(key)
  local bucket = math.floor(time / ring[2])
  local chunk = math.floor(bucket / ring[3])
  local field = ring[1] .. ':' .. chunk
  local stored = redis.call('HGET', key, field)
  if stored or fraud then
    local place = bucket - chunk * ring[3]
    redis.call('HSET', key, field, shifted(stored or '', place, fraud and 1 or -1))
  end
end

local reached = counted and time > tonumber(state[4] or time) - ring[4]
for place = 3, #ARGV do
  local key = base .. ARGV[place]
  local stored = redis.call('HGET', key, 'risk')
  local held = stored and {struct.unpack(layout, stored)} or {time, 0, 0}
  local at, last, known = held[1], held[2], math.max(held[3] + (fraud and 1 or -1), 0)
  local now = math.max(at, time)
  -- One taken back may have been the newest; which was before it, nobody knows.
  if fraud then last = math.max(last, time) elseif known == 0 then last = 0 end
  local kept = {now, last, known}
  for n, half_life in ipairs(half_lives) do
    local faded, weight = 2 ^ ((at - now) / half_life), 2 ^ ((time - now) / half_life)
    if not counted then weight = 0 end
    local frauds = (held[2 * n + 2] or 0) * faded + (fraud and weight or -weight)
    kept[#kept + 1] = math.max(frauds, 0)
    kept[#kept + 1] = (held[2 * n + 3] or 0) * faded
  end
  redis.call('HSET', key, 'risk', struct.pack(layout, unpack(kept)))
  if reached and string.sub(ARGV[place], 1, 12) ~= 'institution:' then recount(key) end
  redis.call('EXPIRE', key, 10 * longest)
end
return 1
