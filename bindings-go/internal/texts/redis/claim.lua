-- Claims a record. KEYS[1]: the record. ARGV: token, lease in milliseconds.
-- Gives 0: claimed; -1: done before; else for how many milliseconds another token holds it.
local own, time = 'claimed ' .. ARGV[1], ARGV[2] + 60000
if redis.call('SET', KEYS[1], own, 'PX', time, 'NX') then return 0 end
local found = redis.call('GET', KEYS[1])
if string.sub(found, 1, 5) == 'done ' then return -1 end
local left = redis.call('PTTL', KEYS[1]) - 60000
if found ~= own and left > 0 then return left end
redis.call('SET', KEYS[1], own, 'PX', time)
return 0
