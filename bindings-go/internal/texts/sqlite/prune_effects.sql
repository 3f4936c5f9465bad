-- Removes keys of claim_in. :keep for how many milliseconds they are kept.
DELETE FROM tink_webhooks_effects
WHERE at <= CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER) - :keep
