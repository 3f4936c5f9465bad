-- Extends a lease, from now on. :lease in milliseconds, :scope, :key, :token. One row changed if the token held it.
UPDATE tink_webhooks_claims
SET until = CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER) + :lease
WHERE scope = :scope AND key = :key AND token = :token AND state = 'claimed'
