-- Claims a record. KEYS[1]: the record. ARGV: token, lease in milliseconds.
-- Gives 0: claimed; -1: done before; else for how many milliseconds another token holds it.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = redis.call('HMGET', KEYS[1], 'state', 'token', 'until')
if found[1] == 'done' then return -1 end
if found[1] and found[2] ~= ARGV[1] and tonumber(found[3]) > now then return tonumber(found[3]) - now end
redis.call('HSET', KEYS[1], 'state', 'claimed', 'token', ARGV[1], 'until', string.format('%.0f', now + ARGV[2]))
redis.call('PEXPIRE', KEYS[1], ARGV[2] + 60000)
return 0
