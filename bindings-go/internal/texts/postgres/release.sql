-- Gives a claim back. $1 scope, $2 key, $3 token. One row changed if the token held it.
DELETE FROM tink_webhooks_claims WHERE scope = $1 AND key = $2 AND token = $3 AND state = 'claimed'
