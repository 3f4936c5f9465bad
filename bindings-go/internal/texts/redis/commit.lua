-- Says that the effect was done. KEYS[1]: the record. ARGV: token, for how many milliseconds to keep it.
-- Gives 1; 0 if another token holds it, or none. Committing again with the same token gives 1.
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], 'state', 'done', 'until', string.format('%.0f', now + ARGV[2]))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
