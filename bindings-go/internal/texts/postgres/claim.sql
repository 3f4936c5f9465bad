-- Claims a record. $1 scope, $2 key, $3 token, $4 lease in milliseconds.
-- Gives one row, 0: claimed; -1: done before; else for how many milliseconds another token holds it. No row: ask again,
-- another transaction made the record meanwhile. The INSERT decides; the SELECT only tells why not.
WITH claimed AS (
    INSERT INTO tink_webhooks_claims AS held (scope, key, state, token, until)
    VALUES ($1, $2, 'claimed', $3, clock_timestamp() + CAST($4 AS bigint) * interval '1 millisecond')
    ON CONFLICT (scope, key) DO UPDATE SET token = excluded.token, until = excluded.until
    WHERE held.state = 'claimed' AND (held.token = excluded.token OR held.until <= clock_timestamp())
    RETURNING 0 AS answer
)
SELECT CAST(answer AS bigint) FROM claimed
UNION ALL
SELECT CAST(CASE
    WHEN state = 'done' THEN -1
    ELSE greatest(1, ceil(extract(epoch FROM until - clock_timestamp()) * 1000))
END AS bigint)
FROM tink_webhooks_claims
WHERE scope = $1 AND key = $2 AND NOT EXISTS (SELECT FROM claimed)
