-- Claims a record. :scope, :key, :token, :lease in milliseconds.
-- One row changed: claimed. None: answer.sql tells why not. This one alone decides.
INSERT INTO tink_webhooks_claims (scope, key, state, token, until)
VALUES (:scope, :key, 'claimed', :token, CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER) + :lease)
ON CONFLICT (scope, key) DO UPDATE SET token = excluded.token, until = excluded.until
WHERE state = 'claimed' AND (token = excluded.token
    OR until <= CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER))
