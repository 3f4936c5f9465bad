//go:build unix && go1.25

package pgxstore_test

import (
	"testing"

	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/oncetest"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/servers"
)

func TestAWrongClock(t *testing.T) { oncetest.WrongClock(t, open(servers.Postgres(t))) }
