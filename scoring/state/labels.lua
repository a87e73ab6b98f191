-- Adds a transaction's fraud to the risk of its entities, or takes it away again.
--
-- KEYS[1]  the institution's state
-- ARGV[1]  msgpack: {time of the transaction, whether it was fraud, half-lives, whether the
--          transaction was too late to be counted, layout of the risk}
-- ARGV[2]  the transaction's id; after it the entities, as name:hash
-- Answers whether anything changed. Told twice, it changes nothing the second time.

local question = cmsgpack.unpack(ARGV[1])
local time, fraud, half_lives, layout = question[1], question[2], question[3], question[5]
local longest = math.max(unpack(half_lives))
local state = redis.call('HMGET', KEYS[1], 'generation', 'complete_since')
local generation = state[1]
if not generation then return 0 end
-- A fraud among transactions that were not counted is known, but part of no share.
local counted = not question[4] and time >= tonumber(state[2])
local base = string.match(KEYS[1], '^fs:{%d+}:') .. generation .. ':'
local mark = base .. 'f' .. ARGV[2]
if (redis.call('EXISTS', mark) == 1) == fraud then return 0 end
if fraud then redis.call('SET', mark, '', 'EX', 10 * longest) else redis.call('DEL', mark) end
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
  redis.call('EXPIRE', key, 10 * longest)
end
return 1
