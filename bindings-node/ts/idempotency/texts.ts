// Generated from stores/ by `make generate`; do not edit.

/** The texts that run inside each store, by the name of its folder and that of its file. */
export const texts = {
  postgres: {
    answer: `-- Why claim.sql has claimed nothing. $1 scope, $2 key. No row: the record has just gone, claim again.
-- -1: done before; else for how many milliseconds another token holds it.
SELECT CAST(CASE
    WHEN state = 'done' THEN -1
    ELSE greatest(1, ceil(extract(epoch FROM until - clock_timestamp()) * 1000))
END AS bigint)
FROM tink_webhooks_claims WHERE scope = $1 AND key = $2
`,

    claim: `-- Claims a record. $1 scope, $2 key, $3 token, $4 lease in milliseconds.
-- Gives one row, 0: claimed. No row: answer.sql tells why not. This one alone decides.
-- It does not wait for the disk, for this one transaction: commit.sql does, and its log holds the claim too.
INSERT INTO tink_webhooks_claims AS held (scope, key, state, token, until)
SELECT $1, $2, 'claimed', $3, clock_timestamp() + CAST($4 AS bigint) * interval '1 millisecond'
WHERE set_config('synchronous_commit', 'off', true) = 'off'
ON CONFLICT (scope, key) DO UPDATE SET token = excluded.token, until = excluded.until
WHERE held.state = 'claimed' AND (held.token = excluded.token OR held.until <= clock_timestamp())
RETURNING CAST(0 AS bigint)
`,

    commit: `-- Says that the effect was done. $1 scope, $2 key, $3 token, $4 for how many milliseconds to keep it.
-- One row changed: done, now or before with the same token, also where the record was forgotten. None: another token
-- has it.
INSERT INTO tink_webhooks_claims AS held (scope, key, state, token, until)
VALUES ($1, $2, 'done', $3, clock_timestamp() + CAST($4 AS bigint) * interval '1 millisecond')
ON CONFLICT (scope, key) DO UPDATE SET state = 'done', until = excluded.until
WHERE held.token = excluded.token
`,

    create: `-- The store's records, and apart from them what claim_in inserts into the user's own transactions. No index but the
-- keys: so that a commit changes none, which pruning, now and then, does not need either.
CREATE TABLE IF NOT EXISTS tink_webhooks_claims (
    scope text NOT NULL,
    key text NOT NULL,
    state text NOT NULL CHECK (state IN ('claimed', 'done')),
    token text NOT NULL,
    until timestamptz NOT NULL,
    PRIMARY KEY (scope, key)
);
CREATE TABLE IF NOT EXISTS tink_webhooks_effects (
    scope text NOT NULL,
    key text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (scope, key)
)
`,

    effect: `-- Inserts a key into the user's own transaction. $1 scope, $2 key. One row changed: new. None: done before.
INSERT INTO tink_webhooks_effects (scope, key) VALUES ($1, $2) ON CONFLICT (scope, key) DO NOTHING
`,

    extend: `-- Extends a lease, from now on. $1 scope, $2 key, $3 token, $4 lease in milliseconds.
-- One row changed if the token held it.
UPDATE tink_webhooks_claims SET until = clock_timestamp() + CAST($4 AS bigint) * interval '1 millisecond'
WHERE scope = $1 AND key = $2 AND token = $3 AND state = 'claimed'
`,

    prune: `-- Removes records that were kept long enough, and claims that nobody came back for.
DELETE FROM tink_webhooks_claims
WHERE until <= clock_timestamp() - CASE state WHEN 'done' THEN interval '0' ELSE interval '1 minute' END
`,

    prune_effects: `-- Removes keys of claim_in. $1 for how many milliseconds they are kept.
DELETE FROM tink_webhooks_effects WHERE at <= clock_timestamp() - CAST($1 AS bigint) * interval '1 millisecond'
`,

    release: `-- Gives a claim back. $1 scope, $2 key, $3 token. One row changed if the token held it.
DELETE FROM tink_webhooks_claims WHERE scope = $1 AND key = $2 AND token = $3 AND state = 'claimed'
`,
  },

  redis: {
    claim: `-- Claims a record. KEYS[1]: the record. ARGV: token, lease in milliseconds.
-- Gives 0: claimed; -1: done before; else for how many milliseconds another token holds it.
local own, time = 'claimed ' .. ARGV[1], ARGV[2] + 60000
if redis.call('SET', KEYS[1], own, 'PX', time, 'NX') then return 0 end
local found = redis.call('GET', KEYS[1])
if string.sub(found, 1, 5) == 'done ' then return -1 end
local left = redis.call('PTTL', KEYS[1]) - 60000
if found ~= own and left > 0 then return left end
redis.call('SET', KEYS[1], own, 'PX', time)
return 0
`,

    commit: `-- Says that the effect was done. KEYS[1]: the record. ARGV: token, for how many milliseconds to keep it.
-- Gives 1, also where the record was forgotten, and again with the same token; 0 if another token has it.
local found, done = redis.call('GET', KEYS[1]), 'done ' .. ARGV[1]
if found and found ~= 'claimed ' .. ARGV[1] and found ~= done then return 0 end
redis.call('SET', KEYS[1], done, 'PX', ARGV[2])
return 1
`,

    extend: `-- Extends a lease, from now on. KEYS[1]: the record. ARGV: token, lease in milliseconds.
-- Gives 1; 0 if another token holds it, or none, or if it is done.
if redis.call('GET', KEYS[1]) ~= 'claimed ' .. ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2] + 60000)
return 1
`,

    release: `-- Gives a claim back. KEYS[1]: the record. ARGV: token.
-- Gives 1; 0 if another token holds it, or none, or if it is done.
if redis.call('GET', KEYS[1]) ~= 'claimed ' .. ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
return 1
`,
  },

  sqlite: {
    answer: `-- Why claim.sql has claimed nothing. :scope, :key. No row: the record has just gone, claim again.
-- -1: done before; else for how many milliseconds another token holds it.
SELECT CASE
    WHEN state = 'done' THEN -1
    ELSE max(1, until - CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER))
END
FROM tink_webhooks_claims WHERE scope = :scope AND key = :key
`,

    claim: `-- Claims a record. :scope, :key, :token, :lease in milliseconds.
-- One row changed: claimed. None: answer.sql tells why not. This one alone decides.
INSERT INTO tink_webhooks_claims (scope, key, state, token, until)
VALUES (:scope, :key, 'claimed', :token, CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER) + :lease)
ON CONFLICT (scope, key) DO UPDATE SET token = excluded.token, until = excluded.until
WHERE state = 'claimed' AND (token = excluded.token
    OR until <= CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER))
`,

    commit: `-- Says that the effect was done. :scope, :key, :token, :keep for how many milliseconds to keep it.
-- One row changed: done, now or before with the same token, also where the record was forgotten. None: another token
-- has it.
INSERT INTO tink_webhooks_claims (scope, key, state, token, until)
VALUES (:scope, :key, 'done', :token, CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER) + :keep)
ON CONFLICT (scope, key) DO UPDATE SET state = 'done', until = excluded.until
WHERE token = excluded.token
`,

    create: `-- The store's records, in a file of its own. Times are milliseconds since the epoch, by this machine's clock.
CREATE TABLE IF NOT EXISTS tink_webhooks_claims (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('claimed', 'done')),
    token TEXT NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
) WITHOUT ROWID
`,

    create_effects: `-- What claim_in inserts into the user's own transactions, in the user's own file.
CREATE TABLE IF NOT EXISTS tink_webhooks_effects (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    at INTEGER NOT NULL DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)),
    PRIMARY KEY (scope, key)
) WITHOUT ROWID
`,

    durable: `-- Before commit.sql, which is on the disk before it is answered.
PRAGMA synchronous = FULL
`,

    effect: `-- Inserts a key into the user's own transaction. :scope, :key. One row changed: new. None: done before.
INSERT INTO tink_webhooks_effects (scope, key) VALUES (:scope, :key) ON CONFLICT (scope, key) DO NOTHING
`,

    extend: `-- Extends a lease, from now on. :lease in milliseconds, :scope, :key, :token. One row changed if the token held it.
UPDATE tink_webhooks_claims
SET until = CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER) + :lease
WHERE scope = :scope AND key = :key AND token = :token AND state = 'claimed'
`,

    prune: `-- Removes records that were kept long enough, and claims that nobody came back for in a minute.
DELETE FROM tink_webhooks_claims
WHERE until <= CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)
    - CASE state WHEN 'done' THEN 0 ELSE 60000 END
`,

    prune_effects: `-- Removes keys of claim_in. :keep for how many milliseconds they are kept.
DELETE FROM tink_webhooks_effects
WHERE at <= CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER) - :keep
`,

    quick: `-- Before claim.sql: it need not be on the disk. Only where the machine itself stops is it forgotten, and with the
-- machine its holder has stopped.
PRAGMA synchronous = NORMAL
`,

    release: `-- Gives a claim back. :scope, :key, :token. One row changed if the token held it.
DELETE FROM tink_webhooks_claims WHERE scope = :scope AND key = :key AND token = :token AND state = 'claimed'
`,
  },
} as const;
