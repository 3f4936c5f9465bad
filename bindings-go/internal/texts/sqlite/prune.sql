-- Removes records that were kept long enough, and claims that nobody came back for in a minute.
DELETE FROM tink_webhooks_claims
WHERE until <= CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)
    - CASE state WHEN 'done' THEN 0 ELSE 60000 END
