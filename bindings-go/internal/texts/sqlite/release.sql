-- Gives a claim back. :scope, :key, :token. One row changed if the token held it.
DELETE FROM tink_webhooks_claims WHERE scope = :scope AND key = :key AND token = :token AND state = 'claimed'
