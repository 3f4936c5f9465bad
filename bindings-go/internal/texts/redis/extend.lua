-- Extends a lease, from now on. KEYS[1]: the record. ARGV: token, lease in milliseconds.
-- Gives 1; 0 if another token holds it, or none, or if it is done.
local found = redis.call('HMGET', KEYS[1], 'state', 'token')
if found[1] ~= 'claimed' or found[2] ~= ARGV[1] then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], 'until', string.format('%.0f', now + ARGV[2]))
redis.call('PEXPIRE', KEYS[1], ARGV[2] + 60000)
return 1
