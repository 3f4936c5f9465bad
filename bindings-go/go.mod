module github.com/tink-webhooks/tink-webhooks/bindings-go

go 1.24
