//go:build cgo && !wazero

package tinkwebhooks_test

import (
	"context"
	"runtime"
	"testing"
)

func TestOneCrossingPerDelivery(t *testing.T) {
	hooks := newHandler(t)
	register(t, hooks, "account:updated", noop)
	register(t, hooks, "*", noop)
	body, header := []byte(account), sign(t, account)
	const deliveries = 100
	before := runtime.NumCgoCall()
	for range deliveries {
		if _, err := hooks.HandleWebhook(context.Background(), body, header); err != nil {
			t.Fatal(err)
		}
	}
	// Other tests do not run meanwhile; the runtime may call C on its own account.
	if calls := runtime.NumCgoCall() - before; calls < deliveries || calls > deliveries+deliveries/10 {
		t.Errorf("%d crossings for %d deliveries", calls, deliveries)
	}
}
