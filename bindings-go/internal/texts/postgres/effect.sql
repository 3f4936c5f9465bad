-- Inserts a key into the user's own transaction. $1 scope, $2 key. One row changed: new. None: done before.
INSERT INTO tink_webhooks_effects (scope, key) VALUES ($1, $2) ON CONFLICT (scope, key) DO NOTHING
