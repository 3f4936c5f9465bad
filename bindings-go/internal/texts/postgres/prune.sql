-- Removes records that were kept long enough, and claims that nobody came back for.
DELETE FROM tink_webhooks_claims
WHERE until <= clock_timestamp() - CASE state WHEN 'done' THEN interval '0' ELSE interval '1 minute' END
