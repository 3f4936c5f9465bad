-- Removes keys of claim_in. $1 for how many milliseconds they are kept.
DELETE FROM tink_webhooks_effects WHERE at <= clock_timestamp() - CAST($1 AS bigint) * interval '1 millisecond'
