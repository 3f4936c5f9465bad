package tinkwebhooks

import "github.com/tink-webhooks/tink-webhooks/bindings-go/internal/bridge"

func init() {
	bridge.Example = func(number uint32) (string, string, bool) {
		eventType, body, ok := example(number)
		return string(eventType), body, ok
	}
}
