-- Why claim.sql has claimed nothing. $1 scope, $2 key. No row: the record has just gone, claim again.
-- -1: done before; else for how many milliseconds another token holds it.
SELECT CAST(CASE
    WHEN state = 'done' THEN -1
    ELSE greatest(1, ceil(extract(epoch FROM until - clock_timestamp()) * 1000))
END AS bigint)
FROM tink_webhooks_claims WHERE scope = $1 AND key = $2
