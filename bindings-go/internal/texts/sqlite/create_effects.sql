-- What claim_in inserts into the user's own transactions, in the user's own file.
CREATE TABLE IF NOT EXISTS tink_webhooks_effects (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    at INTEGER NOT NULL DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)),
    PRIMARY KEY (scope, key)
) WITHOUT ROWID
