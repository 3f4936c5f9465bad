-- Extends a lease, from now on. KEYS[1]: the record. ARGV: token, lease in milliseconds.
-- Gives 1; 0 if another token holds it, or none, or if it is done.
if redis.call('GET', KEYS[1]) ~= 'claimed ' .. ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2] + 60000)
return 1
