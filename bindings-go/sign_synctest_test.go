//go:build go1.25

package tinkwebhooks_test

import (
	"testing"
	"testing/synctest"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

// Signatures are made by Go's clock, so that a receiver in the same bubble finds them fresh.
func TestSignaturesInASyncTest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Hour)
		h := newHandler(t, tinkwebhooks.WithClock(time.Now))
		if _, err := h.VerifySignature(nil, sign(t, "")); err != nil {
			t.Error(err)
		}
	})
}
