-- Adds a transaction's fraud to the risk of its entities, or takes it away again.
--
-- KEYS[1]  the institution's state
-- ARGV[1]  msgpack: {time of the transaction, whether it was fraud, HALF_LIFE, whether the
--          transaction was too late to be counted}
-- ARGV[2]  the transaction's id; after it the entities, as name:hash
-- Answers whether anything changed. Told twice, it changes nothing the second time.

local question = cmsgpack.unpack(ARGV[1])
local time, fraud, half_life = question[1], question[2], question[3]
local state = redis.call('HMGET', KEYS[1], 'generation', 'complete_since')
local generation = state[1]
if not generation then return 0 end
-- A fraud among transactions that were not counted is known, but part of no share.
local counted = not question[4] and time >= tonumber(state[2])
local base = string.match(KEYS[1], '^fs:{%d+}:') .. generation .. ':'
local mark = base .. 'f' .. ARGV[2]
if (redis.call('EXISTS', mark) == 1) == fraud then return 0 end
if fraud then redis.call('SET', mark, '', 'EX', 10 * half_life) else redis.call('DEL', mark) end
for place = 3, #ARGV do
  local key = base .. ARGV[place]
  local stored = redis.call('HGET', key, 'risk')
  local frauds, total, at, known = 0, 0, time, 0
  if stored then frauds, total, at, known = struct.unpack('>dddI4', stored) end
  local now = math.max(at, time)
  local faded, weight = 2 ^ ((at - now) / half_life), 2 ^ ((time - now) / half_life)
  if not counted then weight = 0 end
  frauds, known = frauds * faded + (fraud and weight or -weight), known + (fraud and 1 or -1)
  redis.call('HSET', key, 'risk',
    struct.pack('>dddI4', math.max(frauds, 0), total * faded, now, math.max(known, 0)))
  redis.call('EXPIRE', key, 10 * half_life)
end
return 1
