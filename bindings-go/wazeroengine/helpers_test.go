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

func sign(t testing.TB, text, with string) string {
	t.Helper()
	header, err := tinkwebhooks.GenerateSignature([]byte(text), with, tinkwebhooks.SignedAt(time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	return header
}
