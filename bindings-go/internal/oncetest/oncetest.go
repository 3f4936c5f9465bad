//go:build unix

// Package oncetest holds stores to what package idempotency promises of them, over several clients of one place as
// several machines have them.
package oncetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/idempotency"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/idempotency/storetest"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/servers"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/tinkwebhookstest"
)

// Open makes a store over the place that a test uses, with a client of its own, and closes it after the test.
type Open func(t testing.TB) idempotency.Store

// Lease is that of these tests: the shortest.
const Lease = time.Second

// Event is a new payment: each call gives one with another key.
func Event(t testing.TB) *tinkwebhooks.Event {
	t.Helper()
	hooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSecret("s3cret"))
	if err != nil {
		t.Fatal(err)
	}
	defer hooks.Close()
	event, err := hooks.ParseEvent(Body(rand.Text()))
	if err != nil {
		t.Fatal(err)
	}
	return event
}

// Body is the payload of a payment.
func Body(id string) []byte {
	body, _ := tinkwebhookstest.NewDelivery("payment:updated", tinkwebhookstest.WithSecret("s3cret"),
		tinkwebhookstest.WithData(map[string]any{"id": id}))
	return body
}

// Run runs the tests that every store has to pass.
func Run(t *testing.T, open Open) {
	t.Run("conformance", func(t *testing.T) { storetest.Run(t, open(t)) })
	t.Run("copies at once", func(t *testing.T) { copiesAtOnce(t, open) })
	t.Run("many events at once", func(t *testing.T) { manyAtOnce(t, open) })
	t.Run("a handler that fails", func(t *testing.T) { handlersThatFail(t, open) })
	t.Run("a context that ends", func(t *testing.T) { aContextThatEnds(t, open) })
	t.Run("a token that was stolen", func(t *testing.T) { aStolenToken(t, open) })
	t.Run("it takes over", func(t *testing.T) { itTakesOver(t, open) })
}

func quiet() idempotency.Option { return idempotency.WithLogger(slog.New(slog.DiscardHandler)) }

func once(
	t testing.TB, store idempotency.Store, handler func(context.Context) error, opts ...idempotency.Option,
) tinkwebhooks.HandlerFunc {
	t.Helper()
	made, err := idempotency.Once(store, "book", func(ctx context.Context, _ *tinkwebhooks.Event) error { return handler(ctx) },
		append([]idempotency.Option{idempotency.WithLease(Lease), quiet()}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// Three machines get the event at once, and the handler runs longer than two leases.
func copiesAtOnce(t *testing.T, open Open) {
	event := Event(t)
	var runs, running, most atomic.Int64
	book := func(context.Context) error {
		runs.Add(1)
		most.Store(max(most.Load(), running.Add(1)))
		time.Sleep(Lease * 5 / 2)
		running.Add(-1)
		return nil
	}
	var all sync.WaitGroup
	for range 3 {
		handler := once(t, open(t), book)
		all.Add(1)
		go func() {
			defer all.Done()
			// A delivery that waited too long is answered 503, and comes again.
			for errors.Is(handler(t.Context(), event), tinkwebhooks.ErrInProgress) {
			}
		}()
	}
	all.Wait()
	if runs.Load() != 1 || most.Load() != 1 {
		t.Errorf("ran %d times, %d at once", runs.Load(), most.Load())
	}
}

// None is refused because of the others.
func manyAtOnce(t *testing.T, open Open) {
	var runs atomic.Int64
	stores := []idempotency.Store{open(t), open(t)}
	var all sync.WaitGroup
	const many = 24
	for range many {
		event := Event(t)
		for _, store := range stores { // each of them gets a copy
			handler := once(t, store, func(context.Context) error { runs.Add(1); return nil }, idempotency.WithLease(time.Minute),
				idempotency.WithMaxWaiting(many))
			all.Add(1)
			go func() {
				defer all.Done()
				if err := handler(t.Context(), event); err != nil {
					t.Error(err, errors.Unwrap(err))
				}
			}()
		}
	}
	all.Wait()
	if runs.Load() != many {
		t.Errorf("ran %d times for %d events", runs.Load(), many)
	}
}

// However it fails, the next try runs it at once, on another machine.
func handlersThatFail(t *testing.T, open Open) {
	away := errors.New("the bank is away")
	for name, fail := range map[string]func() error{
		"an error": func() error { return away },
		"a panic":  func() error { panic("a bug") },
		"the goroutine ends": func() error {
			runtime.Goexit()
			return nil
		},
	} {
		event, store, other := Event(t), open(t), open(t)
		handler := once(t, store, func(context.Context) error { return fail() })
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			defer func() { _ = recover() }()
			if err := handler(t.Context(), event); !errors.Is(err, away) {
				t.Errorf("%s: %v", name, err)
			}
		}()
		<-ended
		runs := 0
		again := once(t, other, func(context.Context) error { runs++; return nil }, idempotency.WithWait(0))
		for range 2 {
			if err := again(t.Context(), event); err != nil {
				t.Errorf("%s: the next try: %v", name, err)
			}
		}
		if runs != 1 {
			t.Errorf("%s: the next tries ran %d times", name, runs)
		}
	}
}

// The client has left: what the handler does about it counts, and a claim is released although the context has ended.
func aContextThatEnds(t *testing.T, open Open) {
	event, store := Event(t), open(t)
	ctx, cancel := context.WithCancel(t.Context())
	failing := once(t, store, func(ctx context.Context) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	})
	if err := failing(ctx, event); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	// It is done already when the next one comes, which even so does all of its work.
	runs := 0
	good := once(t, store, func(context.Context) error { runs++; return nil }, idempotency.WithWait(0))
	for range 2 {
		if err := good(ctx, event); err != nil || runs != 1 {
			t.Errorf("ran %d times, %v", runs, err)
		}
	}
	// One that waits gives up, and leaves the other one's claim alone.
	event = Event(t)
	if _, err := store.Claim(t.Context(), "book", event.IdempotencyKey(), "another", time.Minute); err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	time.AfterFunc(Lease/5, cancel)
	if err := good(ctx, event); !errors.Is(err, tinkwebhooks.ErrInProgress) {
		t.Errorf("%v", err)
	}
	waits := once(t, store, func(context.Context) error { runs++; return nil })
	began := time.Now()
	err := waits(ctx, event)
	if !errors.Is(err, tinkwebhooks.ErrInProgress) || !errors.Is(err, context.Canceled) || time.Since(began) > 30*time.Second {
		t.Errorf("after %s: %v", time.Since(began), err)
	}
	if held, err := store.Extend(t.Context(), "book", event.IdempotencyKey(), "another", time.Minute); !held || err != nil {
		t.Errorf("the other one's claim is gone: %v", err)
	}
}

// A handler that is not extended any more is overtaken, and cannot commit what another one has.
func aStolenToken(t *testing.T, open Open) {
	event, store, other := Event(t), open(t), open(t)
	var log bytes.Buffer
	key := event.IdempotencyKey()
	handler := once(t, store, func(ctx context.Context) error {
		time.Sleep(Lease * 3 / 2)
		if found, err := other.Claim(ctx, "book", key, "the thief", time.Minute); err != nil || found.State != idempotency.Claimed {
			t.Errorf("the thief gets %+v, %v", found, err)
		}
		return nil
	}, idempotency.WithMaxRun(0), idempotency.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	if err := handler(t.Context(), event); err != nil {
		t.Errorf("it counts as handled, and returns %v", err)
	}
	for _, part := range []string{"commit_lost", "scope=book", "key=" + key, "WithMaxRun"} {
		if !strings.Contains(log.String(), part) {
			t.Errorf("%q is not in the log: %s", part, &log)
		}
	}
	if done, err := other.Commit(t.Context(), "book", key, "the thief", time.Minute); !done || err != nil {
		t.Errorf("the thief's own commit: %v, %v", done, err)
	}
}

// The one that claimed has died: the next copy waits for the end of the lease, and runs.
func itTakesOver(t *testing.T, open Open) {
	event := Event(t)
	if _, err := open(t).Claim(t.Context(), "book", event.IdempotencyKey(), "killed", Lease); err != nil {
		t.Fatal(err)
	}
	runs := 0
	if err := once(t, open(t), func(context.Context) error { runs++; return nil })(t.Context(), event); err != nil || runs != 1 {
		t.Errorf("ran %d times, %v", runs, err)
	}
}

// Stopped runs handlers over a server that is stopped and started in the middle.
func Stopped(t *testing.T, server *servers.Server, open Open) {
	store := open(t)
	first := Event(t)
	if err := once(t, store, func(context.Context) error { return nil })(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	runs := 0
	count := func(context.Context) error { runs++; return nil }
	server.Kill()
	began := time.Now()
	if err := once(t, store, count)(t.Context(), first); !errors.Is(err, tinkwebhooks.ErrStoreUnavailable) || runs != 0 {
		t.Errorf("ran %d times without a store, %v", runs, err)
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("the answer came after %s", took)
	}
	if err := once(t, store, count, idempotency.WithOnStoreFailure(idempotency.Run))(t.Context(), first); err != nil || runs != 1 {
		t.Errorf("Run: ran %d times, %v", runs, err)
	}
	server.Start()
	// What was committed is there, over connections that are made anew.
	if err := once(t, store, count)(t.Context(), first); err != nil || runs != 1 {
		t.Errorf("ran %d times after the server came back, %v", runs, err)
	}
	// It goes away under a handler, and comes back before the lease ends: beats and commit reach it again.
	second := Event(t)
	long := idempotency.WithLease(time.Minute)
	runs = 0
	started := make(chan struct{})
	midway := once(t, store, func(context.Context) error {
		runs++
		server.Kill()
		time.AfterFunc(time.Second, func() {
			defer close(started)
			server.Start()
		})
		return nil
	}, long)
	if err := midway(t.Context(), second); err != nil {
		t.Error(err)
	}
	<-started
	if err := once(t, open(t), count)(t.Context(), second); err != nil || runs != 1 {
		t.Errorf("ran %d times, %v: the commit was lost", runs, err)
	}
}
