-- Says that the effect was done. $1 scope, $2 key, $3 token, $4 for how many milliseconds to keep it.
-- One row changed: done, now or before with the same token. None: another token holds it, or none.
UPDATE tink_webhooks_claims SET state = 'done', until = clock_timestamp() + CAST($4 AS bigint) * interval '1 millisecond'
WHERE scope = $1 AND key = $2 AND token = $3
