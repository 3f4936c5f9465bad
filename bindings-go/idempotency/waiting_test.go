package idempotency_test

import (
	"context"
	"errors"
	"testing"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/idempotency"
)

func TestACopyWaits(t *testing.T) {
	for _, test := range []struct {
		name  string
		fails error
		runs  int
	}{{"and is skipped", nil, 1}, {"and takes over when the first one fails", errNoBank, 2}} {
		t.Run(test.name, func(t *testing.T) {
			started, event := make(chan struct{}), payment(t)
			book := &handler{then: func(run int) error {
				if run > 1 {
					return nil
				}
				close(started)
				time.Sleep(300 * time.Millisecond)
				return test.fails
			}}
			once := idempotency.MustOnce(&counted{}, "book", book.run)
			first := make(chan error)
			go func() { first <- once(t.Context(), event) }()
			<-started
			if err := once(t.Context(), event); err != nil {
				t.Error(err)
			}
			if err := <-first; !errors.Is(err, test.fails) {
				t.Error(err)
			}
			book.want(t, test.runs)
		})
	}
}

func TestItTakesOverFromOneThatDied(t *testing.T) {
	store, book, event := &counted{}, &handler{}, payment(t)
	take(t, store, event, "book", time.Second)
	began := time.Now()
	if err := idempotency.MustOnce(store, "book", book.run)(t.Context(), event); err != nil {
		t.Error(err)
	}
	if waited := time.Since(began); waited < 900*time.Millisecond {
		t.Errorf("after %s", waited)
	}
	book.want(t, 1)
}

// After its lease and a second.
func TestInProgressWhereTheOtherOneLivesOn(t *testing.T) {
	store, book, event := &counted{}, &handler{}, payment(t)
	const lease = 500 * time.Millisecond
	take(t, store, event, "book", lease)
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		for {
			select {
			case <-ended:
				return
			case <-time.After(50 * time.Millisecond):
				_, _ = store.MemoryStore.Extend(context.Background(), "book", event.IdempotencyKey(), "another", lease)
			}
		}
	}()
	began := time.Now()
	err := idempotency.MustOnce(store, "book", book.run)(t.Context(), event)
	if mustBe(t, err, tinkwebhooks.ErrInProgress).HTTPStatus() != 503 {
		t.Error(err)
	}
	if waited := time.Since(began); waited < 1300*time.Millisecond {
		t.Errorf("after %s", waited)
	}
	book.want(t, 0)
	if store.times("release") != 0 {
		t.Error("the other one's claim was released")
	}
}

func TestWhoNeedNotWait(t *testing.T) {
	for name, option := range map[string]idempotency.Option{
		"wait": idempotency.WithWait(0), "max waiting": idempotency.WithMaxWaiting(0),
	} {
		store, book, event := &counted{}, &handler{}, payment(t)
		take(t, store, event, "book", time.Hour)
		once := idempotency.MustOnce(store, "book", book.run, option)
		for range 3 {
			mustBe(t, once(t.Context(), event), tinkwebhooks.ErrInProgress)
		}
		if got := store.times("claim"); got != 4 {
			t.Errorf("%s: claimed %d times", name, got)
		}
		book.want(t, 0)
	}
}

// The number of those that wait goes down again, whatever ends the waiting.
func TestOnlySoManyWait(t *testing.T) {
	store, book, event := &counted{}, &handler{}, payment(t)
	take(t, store, event, "book", time.Hour)
	once := idempotency.MustOnce(store, "book", book.run, idempotency.WithMaxWaiting(2))
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		waiting := make(chan error)
		before := store.times("claim")
		for range 2 {
			go func() { waiting <- once(ctx, event) }()
		}
		for store.times("claim") < before+4 { // each has asked twice
			time.Sleep(5 * time.Millisecond)
		}
		mustBe(t, once(t.Context(), event), tinkwebhooks.ErrInProgress) // at once, since its context does not end
		cancel()
		for range 2 {
			if err := <-waiting; !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
	}
	book.want(t, 0)
}
