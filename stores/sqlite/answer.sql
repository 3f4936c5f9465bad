-- What came of claim.sql. :scope, :key, :token. No row, outside a transaction: it has just gone, claim again.
-- 0: claimed; -1: done before; else for how many milliseconds another token holds it.
SELECT CASE
    WHEN state = 'done' THEN -1
    WHEN token = :token THEN 0
    ELSE max(1, until - CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER))
END
FROM tink_webhooks_claims WHERE scope = :scope AND key = :key
