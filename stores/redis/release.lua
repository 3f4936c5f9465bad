-- Gives a claim back. KEYS[1]: the record. ARGV: token.
-- Gives 1; 0 if another token holds it, or none, or if it is done.
if redis.call('GET', KEYS[1]) ~= 'claimed ' .. ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
return 1
