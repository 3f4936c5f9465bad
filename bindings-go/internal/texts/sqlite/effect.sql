-- Inserts a key into the user's own transaction. :scope, :key. One row changed: new. None: done before.
INSERT INTO tink_webhooks_effects (scope, key) VALUES (:scope, :key) ON CONFLICT (scope, key) DO NOTHING
