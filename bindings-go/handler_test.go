package tinkwebhooks_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

// The shared vectors (internal/driver) test the rules. These tests are of what is particular to Go.

func TestADelivery(t *testing.T) {
	hooks := newHandler(t)
	var seen *tinkwebhooks.Event
	register(t, hooks, "account:updated", func(_ context.Context, event *tinkwebhooks.Event) error {
		seen = event
		return nil
	})
	event, err := hooks.HandleWebhook(context.Background(), []byte(account), sign(t, account))
	if err != nil {
		t.Fatal(err)
	}
	if seen != event {
		t.Fatal("the handler got another event than the caller")
	}
	if event.Type() != tinkwebhooks.TypeAccountUpdated || event.UserID() != "u1" {
		t.Fatalf("got %s for %q", event.Type(), event.UserID())
	}
}

func TestConstructRunsNoHandler(t *testing.T) {
	hooks := newHandler(t)
	register(t, hooks, "*", func(context.Context, *tinkwebhooks.Event) error {
		t.Error("a handler ran")
		return nil
	})
	if _, err := hooks.ConstructEvent([]byte(account), sign(t, account)); err != nil {
		t.Fatal(err)
	}
}

func TestVerifySignature(t *testing.T) {
	hooks := newHandler(t, tinkwebhooks.WithSecrets("the new one", secret), tinkwebhooks.WithClock(atNow))
	body := "not JSON"
	header := sign(t, body, tinkwebhooks.SignedAt(now))
	v, err := hooks.VerifySignature([]byte(body), header)
	if err != nil {
		t.Fatal(err)
	}
	_, mac, _ := strings.Cut(header, "v1=")
	want := tinkwebhooks.Verification{
		Scheme: tinkwebhooks.SchemeV1, SignedAt: now.UTC(), SecretIndex: 1, DeliveryID: mac[:32],
	}
	if v != want {
		t.Fatalf("got %+v, want %+v", v, want)
	}
	bare := sign(t, body, tinkwebhooks.SignedWith(tinkwebhooks.SchemeBody))
	v, err = hooks.VerifySignature([]byte(body), bare)
	if err != nil {
		t.Fatal(err)
	}
	if want := (tinkwebhooks.Verification{Scheme: tinkwebhooks.SchemeBody, SecretIndex: 1}); v != want {
		t.Fatalf("got %+v, want %+v", v, want)
	}
	if v, err = hooks.VerifySignature([]byte(body), ""); v != (tinkwebhooks.Verification{}) {
		t.Fatalf("a refused delivery has proven %+v", v)
	}
	wantCode(t, err, tinkwebhooks.ErrMissingSignature)
}

func TestOptions(t *testing.T) {
	long := strings.Repeat("x", 100)
	for _, test := range []struct {
		name string
		opts []tinkwebhooks.Option
		want tinkwebhooks.ErrorCode
	}{
		{"empty secret", []tinkwebhooks.Option{tinkwebhooks.WithSecret("")}, tinkwebhooks.ErrSecretNotConfigured},
		{"no secrets", []tinkwebhooks.Option{tinkwebhooks.WithSecrets()}, tinkwebhooks.ErrSecretNotConfigured},
		{"an empty one of one", []tinkwebhooks.Option{tinkwebhooks.WithSecrets("")}, tinkwebhooks.ErrInvalidSecret},
		{"an empty one of two", []tinkwebhooks.Option{tinkwebhooks.WithSecrets(long, "")}, tinkwebhooks.ErrInvalidSecret},
		{"newline", []tinkwebhooks.Option{tinkwebhooks.WithSecret(long + "\n")}, tinkwebhooks.ErrInvalidSecret},
		{"negative tolerance", []tinkwebhooks.Option{tinkwebhooks.WithTolerance(-1)}, tinkwebhooks.ErrInvalidTolerance},
		{"no scheme", []tinkwebhooks.Option{tinkwebhooks.WithSchemes()}, tinkwebhooks.ErrInvalidOption},
		{"unknown scheme", []tinkwebhooks.Option{tinkwebhooks.WithSchemes("v1", "v0")}, tinkwebhooks.ErrInvalidOption},
		{"no bytes", []tinkwebhooks.Option{tinkwebhooks.WithMaxBodyBytes(0)}, tinkwebhooks.ErrInvalidOption},
		{"negative bytes", []tinkwebhooks.Option{tinkwebhooks.WithMaxBodyBytes(-1)}, tinkwebhooks.ErrInvalidOption},
		{"the last counts", []tinkwebhooks.Option{tinkwebhooks.WithSecret(""), tinkwebhooks.WithSecret(long)}, ""},
		{"a list, then one", []tinkwebhooks.Option{tinkwebhooks.WithSecrets(""), tinkwebhooks.WithSecret(long)}, ""},
		{"window off, then on", []tinkwebhooks.Option{tinkwebhooks.WithSecret(long), tinkwebhooks.WithoutWindow(),
			tinkwebhooks.WithTolerance(-1)}, tinkwebhooks.ErrInvalidTolerance},
		{"nil option, nil clock", []tinkwebhooks.Option{nil, tinkwebhooks.WithSecret(long), tinkwebhooks.WithClock(nil)}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			hooks, err := tinkwebhooks.NewHandler(test.opts...)
			if test.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				hooks.Close()
				return
			}
			if hooks != nil {
				t.Error("a handler came with the error")
			}
			wantCode(t, err, test.want)
			if known := wantCode(t, err, tinkwebhooks.ErrInvalidConfig); known.HTTPStatus() != 500 {
				t.Errorf("status %d", known.HTTPStatus())
			}
			if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), long) {
				t.Error("the error shows the secret")
			}
		})
	}
}

func TestTheEnvironment(t *testing.T) {
	t.Setenv("TINK_WEBHOOK_SECRET", "")
	_, err := tinkwebhooks.NewHandler()
	wantCode(t, err, tinkwebhooks.ErrSecretNotConfigured)

	t.Setenv("TINK_WEBHOOK_SECRET", "the-new-one\n"+secret+" ")
	hooks, err := tinkwebhooks.NewHandler()
	if err != nil {
		t.Fatal(err)
	}
	defer hooks.Close()
	v, err := hooks.VerifySignature([]byte(account), sign(t, account))
	if err != nil || v.SecretIndex != 1 {
		t.Fatalf("secret %d, %v", v.SecretIndex, err)
	}
	// Secrets that are given are never completed from the environment.
	_, err = tinkwebhooks.NewHandler(tinkwebhooks.WithSecret(""))
	wantCode(t, err, tinkwebhooks.ErrSecretNotConfigured)
}

func TestTheWindow(t *testing.T) {
	header := sign(t, account, tinkwebhooks.SignedAt(now.Add(-301*time.Second)))
	_, err := newHandler(t, tinkwebhooks.WithClock(atNow)).ConstructEvent([]byte(account), header)
	known := wantCode(t, err, tinkwebhooks.ErrTimestampTooOld)
	if age, ok := known.Age(); !ok || age != 301 {
		t.Errorf("age %d, %t", age, ok)
	}
	if tolerance, ok := known.Tolerance(); !ok || tolerance != 5*time.Minute {
		t.Errorf("tolerance %s, %t", tolerance, ok)
	}
	if known.Hint == "" || !strings.Contains(err.Error(), known.Hint) {
		t.Errorf("no hint in %q", err)
	}
	for _, option := range []tinkwebhooks.Option{
		tinkwebhooks.WithTolerance(301 * time.Second), tinkwebhooks.WithTolerance(1 << 62), tinkwebhooks.WithoutWindow(),
	} {
		if _, err := newHandler(t, tinkwebhooks.WithClock(atNow), option).ConstructEvent([]byte(account), header); err != nil {
			t.Error(err)
		}
	}
	_, err = newHandler(t).ConstructEvent([]byte(account), "t=1")
	known = wantCode(t, err, tinkwebhooks.ErrMalformedSignature)
	if _, ok := known.Age(); ok {
		t.Error("an error of another kind has an age")
	}
	if _, ok := known.Tolerance(); ok {
		t.Error("an error of another kind has a tolerance")
	}
}

func TestTheClockIsReadOnceAndLate(t *testing.T) {
	reads := 0
	hooks := newHandler(t, tinkwebhooks.WithClock(func() time.Time {
		reads++
		return now
	}))
	stamped := `{"event":"account:updated","timestamp":1767225600123}`
	for _, test := range []struct {
		name   string
		call   func() error
		refuse tinkwebhooks.ErrorCode
		reads  int
	}{
		{"good", func() error {
			_, err := hooks.ConstructEvent([]byte(account), sign(t, account, tinkwebhooks.SignedAt(now)))
			return err
		}, "", 1},
		{"forged", func() error {
			_, err := hooks.ConstructEvent([]byte(account), "t=1,v1="+strings.Repeat("0", 64))
			return err
		}, tinkwebhooks.ErrSignatureMismatch, 0},
		{"verify", func() error {
			_, err := hooks.VerifySignature([]byte(account), sign(t, account, tinkwebhooks.SignedAt(now)))
			return err
		}, "", 1},
		{"parse", func() error { _, err := hooks.ParseEvent([]byte(account)); return err }, "", 1},
		{"parse, with a time of its own", func() error { _, err := hooks.ParseEvent([]byte(stamped)); return err }, "", 0},
		{"parse, not JSON", func() error { _, err := hooks.ParseEvent(nil); return err }, tinkwebhooks.ErrInvalidJSON, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			reads = 0
			if err := test.call(); test.refuse != "" {
				wantCode(t, err, test.refuse)
			} else if err != nil {
				t.Fatal(err)
			}
			if reads != test.reads {
				t.Errorf("read %d times, want %d", reads, test.reads)
			}
		})
	}
}

func TestAnImpossibleClock(t *testing.T) {
	for _, at := range []time.Time{
		time.Unix(1<<62, 0), time.Unix(-1<<62, 0), time.Unix(1<<55, 0), time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(0, 12, 31, 23, 59, 59, 0, time.UTC),
	} {
		hooks := newHandler(t, tinkwebhooks.WithClock(func() time.Time { return at }))
		_, err := hooks.ConstructEvent([]byte(account), sign(t, account))
		wantCode(t, err, tinkwebhooks.ErrInvalidOption)
	}
	hooks := newHandler(t, tinkwebhooks.WithClock(func() time.Time { return time.Time{} })) // the year 1
	_, err := hooks.ConstructEvent([]byte(account), sign(t, account))
	wantCode(t, err, tinkwebhooks.ErrTimestampInFuture)
}

func TestAClockThatPanics(t *testing.T) {
	hooks := newHandler(t, tinkwebhooks.WithClock(func() time.Time { panic("no time") }))
	func() {
		defer func() {
			if value := recover(); value != "no time" {
				t.Errorf("recovered %v", value)
			}
		}()
		_, _ = hooks.ConstructEvent([]byte(account), sign(t, account))
		t.Error("what the clock raised was swallowed")
	}()
	// No lock is still held.
	register(t, hooks, "*", noop)
}

func TestWhatWasVerifiedIsWhatIsRead(t *testing.T) {
	hooks := newHandler(t)
	body := []byte(account)
	event, err := hooks.ConstructEvent(body, sign(t, account))
	if err != nil {
		t.Fatal(err)
	}
	for i := range body {
		body[i] = 'x'
	}
	for _, own := range [][]byte{event.RawBody(), event.Data(), event.Context()} {
		for i := range own {
			own[i] = 'y'
		}
	}
	if string(event.RawBody()) != account || string(event.Data()) != `{"id":"a1"}` || event.Name() != "account:updated" ||
		string(event.Context()) != `{"userId":"u1"}` || event.UserID() != "u1" {
		t.Fatalf("the event changed: %s", event.RawBody())
	}
}

func TestClose(t *testing.T) {
	for name, hooks := range map[string]*tinkwebhooks.Handler{"closed": newHandler(t), "zero": {}, "nil": nil} {
		t.Run(name, func(t *testing.T) {
			event, err := newHandler(t).ParseEvent([]byte(account))
			if err != nil {
				t.Fatal(err)
			}
			remove := func() {}
			if name == "closed" {
				remove = register(t, hooks, "*", noop)
			}
			for range 2 {
				if err := hooks.Close(); err != nil {
					t.Fatal(err)
				}
			}
			remove()
			_, handleErr := hooks.HandleWebhook(context.Background(), []byte(account), sign(t, account))
			_, constructErr := hooks.ConstructEvent([]byte(account), sign(t, account))
			_, parseErr := hooks.ParseEvent([]byte(account))
			_, verifyErr := hooks.VerifySignature([]byte(account), sign(t, account))
			again, registerErr := hooks.RegisterHandler("*", noop)
			again()
			for _, err := range []error{
				handleErr, constructErr, parseErr, verifyErr, registerErr, hooks.UnregisterHandlers("*"),
				hooks.Dispatch(context.Background(), event),
			} {
				wantCode(t, err, tinkwebhooks.ErrInvalidOption)
				if !errors.Is(err, tinkwebhooks.ErrClosed) {
					t.Errorf("not ErrClosed: %v", err)
				}
			}
			if handlers := hooks.Handlers(); len(handlers) != 0 {
				t.Errorf("still has %v", handlers)
			}
			// Events that were made before stay valid.
			if event.Name() != "account:updated" || event.Type() != tinkwebhooks.TypeAccountUpdated {
				t.Error("the event died with its handler")
			}
		})
	}
}

// residentBytes is what the process occupies after a collection.
func residentBytes(t *testing.T) int {
	t.Helper()
	for range 3 { // cleanups run after a collection
		runtime.GC()
		time.Sleep(10 * time.Millisecond)
	}
	debug.FreeOSMemory()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip("no /proc on this system")
	}
	var size, resident int
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		t.Fatal(err)
	}
	return resident * os.Getpagesize()
}

// grows warms up, then runs step 20 times and checks that they leave less than limit behind.
func grows(t *testing.T, limit int, step func()) {
	t.Helper()
	for range 8 { // malloc keeps a pool of memory per thread
		step()
	}
	before := residentBytes(t)
	for range 20 {
		step()
	}
	if grown := residentBytes(t) - before; grown > limit {
		t.Errorf("grew by %d KiB", grown>>10)
	}
}

func TestForgottenHandlersAreCleanedUp(t *testing.T) {
	secrets := make([]string, 200)
	for i := range secrets {
		secrets[i] = fmt.Sprintf("%s%d", secret, i)
	}
	// Each has some 13 KiB in C, so 20 steps would leave 100 MiB.
	grows(t, 50<<20, func() {
		for range 400 {
			if _, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSecrets(secrets...)); err != nil {
				t.Fatal(err)
			}
		}
		runtime.GC()
		time.Sleep(10 * time.Millisecond)
	})
}

func TestDeliveriesLeaveNothingInC(t *testing.T) {
	hooks := newHandler(t, tinkwebhooks.WithClock(atNow))
	escaped := `{"event":"some\u003athing","context":{"userId":"` + strings.Repeat(`\u00e4`, 500) + `"}}`
	good, stale := sign(t, escaped, tinkwebhooks.SignedAt(now)), sign(t, escaped, tinkwebhooks.SignedAt(now.Add(time.Hour)))
	// A leaked event alone would leave more than 80 MiB.
	grows(t, 8<<20, func() {
		for range 4_000 {
			event, err := hooks.ConstructEvent([]byte(escaped), good)
			if err != nil || event.Name() != "some:thing" || len(event.UserID()) != 1000 {
				t.Fatal(err, event)
			}
			_, err = hooks.ConstructEvent([]byte(escaped), stale)
			wantCode(t, err, tinkwebhooks.ErrTimestampInFuture)
			remove := register(t, hooks, "*", noop)
			remove()
		}
	})
}
