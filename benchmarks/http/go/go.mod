module github.com/tink-webhooks/tink-webhooks/benchmarks/http/go

go 1.24

require (
	github.com/tink-webhooks/tink-webhooks/benchmarks/go v0.0.0
	github.com/tink-webhooks/tink-webhooks/bindings-go v0.0.0
)

replace (
	github.com/tink-webhooks/tink-webhooks/benchmarks/go => ../../go
	github.com/tink-webhooks/tink-webhooks/bindings-go => ../../../bindings-go
)
