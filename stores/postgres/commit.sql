-- Says that the effect was done. $1 scope, $2 key, $3 token, $4 for how many milliseconds to keep it.
-- One row changed: done, now or before with the same token, also where the record was forgotten. None: another token
-- has it.
INSERT INTO tink_webhooks_claims AS held (scope, key, state, token, until)
VALUES ($1, $2, 'done', $3, clock_timestamp() + CAST($4 AS bigint) * interval '1 millisecond')
ON CONFLICT (scope, key) DO UPDATE SET state = 'done', until = excluded.until
WHERE held.token = excluded.token
