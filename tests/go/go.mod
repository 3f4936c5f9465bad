module programs

go 1.24

require github.com/tink-webhooks/tink-webhooks/bindings-go v0.0.0

replace github.com/tink-webhooks/tink-webhooks/bindings-go => ../../bindings-go
