-- Says that the effect was done. :scope, :key, :token, :keep for how many milliseconds to keep it.
-- One row changed: done, now or before with the same token, also where the record was forgotten. None: another token
-- has it.
INSERT INTO tink_webhooks_claims (scope, key, state, token, until)
VALUES (:scope, :key, 'done', :token, CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER) + :keep)
ON CONFLICT (scope, key) DO UPDATE SET state = 'done', until = excluded.until
WHERE token = excluded.token
