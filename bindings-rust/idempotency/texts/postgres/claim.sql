-- Claims a record. $1 scope, $2 key, $3 token, $4 lease in milliseconds.
-- Gives one row, 0: claimed. No row: answer.sql tells why not. This one alone decides.
-- It does not wait for the disk, for this one transaction: commit.sql does, and its log holds the claim too.
INSERT INTO tink_webhooks_claims AS held (scope, key, state, token, until)
SELECT $1, $2, 'claimed', $3, clock_timestamp() + CAST($4 AS bigint) * interval '1 millisecond'
WHERE set_config('synchronous_commit', 'off', true) = 'off'
ON CONFLICT (scope, key) DO UPDATE SET token = excluded.token, until = excluded.until
WHERE held.state = 'claimed' AND (held.token = excluded.token OR held.until <= clock_timestamp())
RETURNING CAST(0 AS bigint)
