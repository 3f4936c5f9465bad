-- The store's records, and apart from them what claim_in inserts into the user's own transactions. No index but the
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
