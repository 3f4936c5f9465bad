//go:build unix && go1.25

package redisstore_test

import (
	"testing"

	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/oncetest"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/servers"
)

func TestAWrongClock(t *testing.T) {
	for _, name := range []string{"redis", "valkey"} {
		t.Run(name, func(t *testing.T) { oncetest.WrongClock(t, open(servers.Redis(t, name).Address())) })
	}
}
