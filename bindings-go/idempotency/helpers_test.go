package idempotency_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/idempotency"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/tinkwebhookstest"
)

const secret = "s3cret"

var (
	errAway   = errors.New("the store is away")
	errNoBank = errors.New("no such account")
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

func eventOf(t testing.TB, name tinkwebhooks.EventType) *tinkwebhooks.Event {
	t.Helper()
	event, err := newHandler(t).ParseEvent(tinkwebhookstest.ExampleBody(name))
	if err != nil {
		t.Fatal(err)
	}
	return event
}

func payment(t testing.TB) *tinkwebhooks.Event {
	t.Helper()
	event := eventOf(t, "payment:updated")
	if event.IdempotencyKey() == "" {
		t.Fatal("a payment has no key")
	}
	return event
}

// counted counts what is asked of it, and fails on request.
type counted struct {
	idempotency.MemoryStore
	mu     sync.Mutex
	asked  []string
	fails  map[string]int
	before func(method string) // called where it is not nil

	forgotten atomic.Bool // as after a failover
}

func (s *counted) count(method string) error {
	s.mu.Lock()
	s.asked = append(s.asked, method)
	fails := s.fails[method] > 0
	if fails {
		s.fails[method]--
	}
	s.mu.Unlock()
	if s.before != nil {
		s.before(method)
	}
	if fails {
		return errAway
	}
	return nil
}

func (s *counted) fail(method string, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = map[string]int{method: times}
}

func (s *counted) times(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	times := 0
	for _, one := range s.asked {
		if one == method {
			times++
		}
	}
	return times
}

func (s *counted) want(t testing.TB, methods ...string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Equal(s.asked, methods) {
		t.Errorf("the store was asked %v, want %v", s.asked, methods)
	}
}

func (s *counted) Claim(ctx context.Context, scope, key, token string, lease time.Duration) (idempotency.Claim, error) {
	if err := s.count("claim"); err != nil {
		return idempotency.Claim{}, err
	}
	return s.MemoryStore.Claim(ctx, scope, key, token, lease)
}

func (s *counted) Commit(ctx context.Context, scope, key, token string, keep time.Duration) (bool, error) {
	if err := s.count("commit"); err != nil {
		return false, err
	}
	if s.forgotten.Load() {
		return false, nil
	}
	return s.MemoryStore.Commit(ctx, scope, key, token, keep)
}

func (s *counted) Release(ctx context.Context, scope, key, token string) (bool, error) {
	if err := s.count("release"); err != nil {
		return false, err
	}
	return s.MemoryStore.Release(ctx, scope, key, token)
}

func (s *counted) Extend(ctx context.Context, scope, key, token string, lease time.Duration) (bool, error) {
	if err := s.count("extend"); err != nil {
		return false, err
	}
	if s.forgotten.Load() {
		return false, nil
	}
	return s.MemoryStore.Extend(ctx, scope, key, token, lease)
}

// take claims for another one.
func take(t testing.TB, store idempotency.Store, event *tinkwebhooks.Event, scope string, lease time.Duration) {
	t.Helper()
	found, err := store.Claim(context.Background(), scope, event.IdempotencyKey(), "another", lease)
	if err != nil || found.State != idempotency.Claimed {
		t.Fatalf("%+v, %v", found, err)
	}
}

// locked is a buffer that goroutines may write to at once.
type locked struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// logged is a logger, and what it wrote.
func logged() (idempotency.Option, *locked) {
	log := &locked{}
	return idempotency.WithLogger(slog.New(slog.NewTextHandler(log, nil))), log
}

func quiet() idempotency.Option { return idempotency.WithLogger(slog.New(slog.DiscardHandler)) }

// handler counts its runs, and then does something.
type handler struct {
	mu   sync.Mutex
	runs int
	then func(run int) error
}

func (h *handler) run(context.Context, *tinkwebhooks.Event) error {
	h.mu.Lock()
	h.runs++
	run := h.runs
	h.mu.Unlock()
	if h.then == nil {
		return nil
	}
	return h.then(run)
}

func (h *handler) want(t testing.TB, runs int) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.runs != runs {
		t.Errorf("ran %d times, want %d", h.runs, runs)
	}
}

func mustBe(t testing.TB, err error, code tinkwebhooks.ErrorCode) *tinkwebhooks.Error {
	t.Helper()
	var known *tinkwebhooks.Error
	if !errors.As(err, &known) || !errors.Is(err, code) {
		t.Fatalf("want %s, got %v", code, err)
	}
	return known
}
