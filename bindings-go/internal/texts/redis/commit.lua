-- Says that the effect was done. KEYS[1]: the record. ARGV: token, for how many milliseconds to keep it.
-- Gives 1; 0 if another token holds it, or none. Committing again with the same token gives 1.
local found, done = redis.call('GET', KEYS[1]), 'done ' .. ARGV[1]
if found ~= 'claimed ' .. ARGV[1] and found ~= done then return 0 end
redis.call('SET', KEYS[1], done, 'PX', ARGV[2])
return 1
