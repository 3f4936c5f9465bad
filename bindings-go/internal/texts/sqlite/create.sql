-- The store's records, in a file of its own. Times are milliseconds since the epoch, by this machine's clock.
CREATE TABLE IF NOT EXISTS tink_webhooks_claims (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('claimed', 'done')),
    token TEXT NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
) WITHOUT ROWID
