//go:build unix && go1.25

package oncetest

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/tink-webhooks/tink-webhooks/bindings-go/idempotency"
)

// WrongClock tests that a client whose clock is wrong by an hour, either way, finds what others have claimed: the server
// decides by its own clock.
func WrongClock(t *testing.T, open Open) {
	const lease = 30 * time.Minute
	claim := func(t *testing.T, token string) idempotency.Claim {
		t.Helper()
		found, err := open(t).Claim(t.Context(), "clock", "k", token, lease)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if found := claim(t, "right"); found.State != idempotency.Claimed {
		t.Fatalf("%+v", found)
	}
	for _, wrong := range []time.Duration{time.Hour, -time.Hour} {
		now := time.Now()
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(time.Until(now.Add(wrong))) // of the bubble's own clock, which begins in the year 2000
			if off := time.Since(now); off < wrong || off > wrong+time.Minute {
				t.Fatalf("the clock is wrong by %s", off)
			}
			// With an hour more or less it would be over, or longer.
			found := claim(t, wrong.String())
			if found.State != idempotency.Busy || found.Left <= 0 || found.Left > lease {
				t.Errorf("%+v", found)
			}
		})
	}
}
