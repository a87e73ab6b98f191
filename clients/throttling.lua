-- Takes one request out of a window that slides with the clock: at most `limit` within `window`.
--
-- KEYS[1]  the list of times (microseconds, newest first) at which the caller was let in
-- ARGV     the limit, the window's length in seconds
-- Answers with 'admitted left wait': 1 when let in, else 0; requests left; microseconds until one
-- more is free. The server's own clock counts, so that workers need not agree on the time.

local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2]) * 1000000
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local kept = redis.call('LLEN', KEYS[1])

local function at(place)
  return tonumber(redis.call('LINDEX', KEYS[1], place))
end

if kept > 0 and at(-1) <= now - window then  -- some have left the window: find the last that has not
  local low, high = 0, kept - 1
  while low < high do
    local middle = math.floor((low + high) / 2)
    if at(middle) > now - window then low = middle + 1 else high = middle end
  end
  kept = low
  if kept == 0 then
    redis.call('DEL', KEYS[1])
  else
    redis.call('LTRIM', KEYS[1], 0, kept - 1)
  end
end

local admitted = kept < limit
if admitted then
  -- Never before the one that came last: the list stays in order when the clock is set back.
  local time = kept > 0 and math.max(now, at(0)) or now
  redis.call('LPUSH', KEYS[1], string.format('%.0f', time))
  redis.call('EXPIRE', KEYS[1], ARGV[2])
  kept = kept + 1
end
-- A limit that was lowered may leave more in the window than it allows now.
local wait = math.max(0, at(-math.max(1, kept - limit + 1)) + window - now)
return string.format('%d %d %.0f', admitted and 1 or 0, math.max(0, limit - kept), wait)
