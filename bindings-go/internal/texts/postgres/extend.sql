-- Extends a lease, from now on. $1 scope, $2 key, $3 token, $4 lease in milliseconds.
-- One row changed if the token held it.
UPDATE tink_webhooks_claims SET until = clock_timestamp() + CAST($4 AS bigint) * interval '1 millisecond'
WHERE scope = $1 AND key = $2 AND token = $3 AND state = 'claimed'
