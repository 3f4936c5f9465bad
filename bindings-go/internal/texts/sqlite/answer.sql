-- Why claim.sql has claimed nothing. :scope, :key. No row: the record has just gone, claim again.
-- -1: done before; else for how many milliseconds another token holds it.
SELECT CASE
    WHEN state = 'done' THEN -1
    ELSE max(1, until - CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER))
END
FROM tink_webhooks_claims WHERE scope = :scope AND key = :key
