module github.com/tink-webhooks/tink-webhooks/bindings-go/wazeroengine

go 1.25.0

require (
	github.com/tetratelabs/wazero v1.12.0
	github.com/tink-webhooks/tink-webhooks/bindings-go v0.1.0
)

require golang.org/x/sys v0.44.0 // indirect

replace github.com/tink-webhooks/tink-webhooks/bindings-go => ../
