-- Says that the effect was done. :keep for how many milliseconds to keep it, :scope, :key, :token.
-- One row changed: done, now or before with the same token. None: another token holds it, or none.
UPDATE tink_webhooks_claims
SET state = 'done', until = CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER) + :keep
WHERE scope = :scope AND key = :key AND token = :token
