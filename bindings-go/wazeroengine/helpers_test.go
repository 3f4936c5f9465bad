//go:build !cgo || wazero

package wazeroengine_test

import (
	"testing"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

const (
	secret = "67abc1e08fb64c92b450a13e0876330b"
	body   = `{"event":"account:updated","context":{"userId":"u1"},"content":{"id":"a1"}}`
)

func newHandler(t testing.TB, opts ...tinkwebhooks.Option) *tinkwebhooks.Handler {
	t.Helper()
	hooks, err := tinkwebhooks.NewHandler(append([]tinkwebhooks.Option{tinkwebhooks.WithSecret(secret)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { hooks.Close() })
	return hooks
}

func sign(t testing.TB, text, with string) string {
	t.Helper()
	header, err := tinkwebhooks.GenerateSignature([]byte(text), with, tinkwebhooks.SignedAt(time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	return header
}
