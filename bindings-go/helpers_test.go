package tinkwebhooks_test

import (
	"context"
	"errors"
	"testing"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

const (
	secret  = "67abc1e08fb64c92b450a13e0876330b"
	account = `{"event":"account:updated","context":{"userId":"u1"},"content":{"id":"a1"}}`
)

// now is the time in the tests that need one; signed headers carry it.
var now = time.Unix(1767225600, 0)

func atNow() time.Time { return now }

// newHandler makes a handler with secret, and closes it after the test.
func newHandler(t testing.TB, opts ...tinkwebhooks.Option) *tinkwebhooks.Handler {
	t.Helper()
	hooks, err := tinkwebhooks.NewHandler(append([]tinkwebhooks.Option{tinkwebhooks.WithSecret(secret)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { hooks.Close() })
	return hooks
}

// sign makes a header with secret.
func sign(t testing.TB, body string, opts ...tinkwebhooks.SignOption) string {
	t.Helper()
	header, err := tinkwebhooks.GenerateSignature([]byte(body), secret, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return header
}

// register registers a handler that must be accepted.
func register(
	t testing.TB, hooks *tinkwebhooks.Handler, key tinkwebhooks.EventType, handler tinkwebhooks.HandlerFunc,
) (remove func()) {
	t.Helper()
	remove, err := hooks.RegisterHandler(key, handler)
	if err != nil {
		t.Fatal(err)
	}
	return remove
}

// wantCode checks that err is an error of the library of this kind or reason, and returns it.
func wantCode(t testing.TB, err error, code tinkwebhooks.ErrorCode) *tinkwebhooks.Error {
	t.Helper()
	var known *tinkwebhooks.Error
	if !errors.As(err, &known) {
		t.Fatalf("want %s, got %v, which is no *Error", code, err)
	}
	if !errors.Is(err, code) {
		t.Fatalf("want %s, got %s: %v", code, known.Reason, err)
	}
	return known
}

// noop is a handler that does nothing.
func noop(context.Context, *tinkwebhooks.Event) error { return nil }

func parsed(t testing.TB, hooks *tinkwebhooks.Handler, body string) *tinkwebhooks.Event {
	t.Helper()
	event, err := hooks.ParseEvent([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return event
}
