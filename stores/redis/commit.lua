-- Says that the effect was done. KEYS[1]: the record. ARGV: token, for how many milliseconds to keep it.
-- Gives 1, also where the record was forgotten, and again with the same token; 0 if another token has it.
local found, done = redis.call('GET', KEYS[1]), 'done ' .. ARGV[1]
if found and found ~= 'claimed ' .. ARGV[1] and found ~= done then return 0 end
redis.call('SET', KEYS[1], done, 'PX', ARGV[2])
return 1
