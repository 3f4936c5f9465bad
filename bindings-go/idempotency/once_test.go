package idempotency_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/idempotency"
)

func TestItRunsOnce(t *testing.T) {
	store, book := &counted{}, &handler{}
	once := idempotency.MustOnce(store, "book", book.run)
	event := payment(t)
	for range 4 {
		if err := once(t.Context(), event); err != nil {
			t.Error(err)
		}
	}
	book.want(t, 1)
	store.want(t, "claim", "commit", "claim", "claim", "claim")
}

func TestSignalsAlwaysRun(t *testing.T) {
	store, look := &counted{}, &handler{}
	once := idempotency.MustOnce(store, "look", look.run)
	for range 3 {
		if err := once(t.Context(), eventOf(t, "account:updated")); err != nil {
			t.Error(err)
		}
	}
	look.want(t, 3)
	store.want(t)
}

func TestAHandlerThatFailedRunsAgain(t *testing.T) {
	for name, fail := range map[string]func() error{
		"error": func() error { return errNoBank },
		"panic": func() error { panic(errNoBank) },
		"nil":   func() error { panic(nil) },
		"goroutine": func() error {
			runtime.Goexit()
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			store, event := &counted{}, payment(t)
			book := &handler{then: func(run int) error {
				if run == 1 {
					return fail()
				}
				return nil
			}}
			once := idempotency.MustOnce(store, "book", book.run, idempotency.WithLease(time.Second))
			var err error
			var panicked any
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				defer func() { panicked = recover() }()
				err = once(t.Context(), event)
			}()
			<-ended
			if name == "error" && !errors.Is(err, errNoBank) || name == "panic" && panicked != errNoBank {
				t.Errorf("%v, %v", err, panicked)
			}
			for range 2 {
				if err := once(t.Context(), event); err != nil {
					t.Error(err)
				}
			}
			book.want(t, 2)
			store.want(t, "claim", "release", "claim", "commit", "claim")
			time.Sleep(350 * time.Millisecond)
			if store.times("extend") != 0 {
				t.Error("it is extended after it has ended")
			}
		})
	}
}

// A receiver and its worker, and two handlers, of which one fails three times: the other has booked once.
func TestScopesAreApart(t *testing.T) {
	store, event := &counted{}, payment(t)
	book := &handler{}
	mail := &handler{then: func(run int) error {
		if run < 4 {
			return errNoBank
		}
		return nil
	}}
	dispatcher, err := tinkwebhooks.NewDispatcher()
	if err != nil {
		t.Fatal(err)
	}
	defer dispatcher.Close()
	dispatcher.MustRegisterHandler("payment:updated", idempotency.MustOnce(store, "book", book.run))
	dispatcher.MustRegisterHandler("payment:updated", idempotency.MustOnce(store, "mail", mail.run))
	for range 3 {
		mustBe(t, dispatcher.Dispatch(t.Context(), event), tinkwebhooks.ErrHandlerFailed)
	}
	if err := dispatcher.Dispatch(t.Context(), event); err != nil {
		t.Error(err)
	}
	book.want(t, 1)
	mail.want(t, 4)
}

// Over one store and without scopes the receiver's commit, after it enqueued, would make the worker skip.
func TestTheReceiversClaimIsNotTheWorkers(t *testing.T) {
	store, book := &idempotency.MemoryStore{}, &handler{}
	var queue [][]byte
	enqueue := idempotency.MustOnce(store, "enqueue", func(_ context.Context, event *tinkwebhooks.Event) error {
		queue = append(queue, event.Serialize())
		return nil
	})
	if err := enqueue(t.Context(), payment(t)); err != nil {
		t.Fatal(err)
	}
	event, err := tinkwebhooks.Deserialize(queue[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := idempotency.MustOnce(store, "book", book.run)(t.Context(), event); err != nil {
		t.Error(err)
	}
	book.want(t, 1)
}

// What the handler has done is committed although the client has left meanwhile.
func TestAContextThatEnds(t *testing.T) {
	store, event := &counted{}, payment(t)
	ctx, cancel := context.WithCancel(t.Context())
	book := &handler{then: func(int) error { cancel(); return nil }}
	if err := idempotency.MustOnce(store, "book", book.run)(ctx, event); err != nil {
		t.Error(err)
	}
	store.want(t, "claim", "commit")
	// As every handler it runs also where the context has ended before.
	other := &handler{}
	if err := idempotency.MustOnce(store, "mail", other.run)(ctx, event); err != nil {
		t.Error(err)
	}
	other.want(t, 1)
}

func TestTypedHandlers(t *testing.T) {
	store, ids := &idempotency.MemoryStore{}, []string{}
	hooks := newHandler(t)
	paid := func(_ context.Context, _ *tinkwebhooks.Event, payment *tinkwebhooks.PaymentUpdated) error {
		ids = append(ids, payment.ID)
		return nil
	}
	tinkwebhooks.MustOn(hooks, "payment:updated", idempotency.MustOnceOf(store, "book", paid))
	for range 2 {
		if err := hooks.Dispatch(t.Context(), payment(t)); err != nil {
			t.Error(err)
		}
	}
	if len(ids) != 1 || ids[0] == "" {
		t.Errorf("%q", ids)
	}
}

func TestOptionsThatAreNotUsable(t *testing.T) {
	good, run := &idempotency.MemoryStore{}, (&handler{}).run
	for text, option := range map[string]idempotency.Option{
		"lease":        idempotency.WithLease(999 * time.Millisecond),
		"wait":         idempotency.WithWait(-1),
		"longest time": idempotency.WithMaxRun(-1),
		"kept":         idempotency.WithKeep(6 * 24 * time.Hour),
		"copies":       idempotency.WithMaxWaiting(-1),
		"Refuse":       idempotency.WithOnStoreFailure("ignore"),
	} {
		made, err := idempotency.Once(good, "book", run, nil, option)
		if known := mustBe(t, err, tinkwebhooks.ErrInvalidOption); made != nil || !strings.Contains(known.Message, text) {
			t.Errorf("%s: %v", text, known)
		}
	}
	for _, scope := range []string{"", " book", "book ", "a\nb", "a\x00", "\xff", strings.Repeat("x", 201)} {
		_, err := idempotency.Once(good, scope, run)
		if known := mustBe(t, err, tinkwebhooks.ErrInvalidOption); !strings.Contains(known.Message, "scope") {
			t.Errorf("%q: %v", scope, known)
		}
	}
	for _, scope := range []string{"b", "buchen müller", strings.Repeat("ü", 200)} {
		if _, err := idempotency.Once(good, scope, run); err != nil {
			t.Errorf("%q: %v", scope, err)
		}
	}
	for _, none := range []idempotency.Store{nil, (*idempotency.MemoryStore)(nil)} {
		_, err := idempotency.Once(none, "book", run)
		mustBe(t, err, tinkwebhooks.ErrInvalidOption)
	}
	_, err := idempotency.Once(good, "book", nil)
	mustBe(t, err, tinkwebhooks.ErrInvalidOption)
	_, err = idempotency.OnceOf[tinkwebhooks.PaymentUpdated](good, "book", nil)
	mustBe(t, err, tinkwebhooks.ErrInvalidOption)
	defer func() {
		if err, ok := recover().(error); !ok || !errors.Is(err, tinkwebhooks.ErrInvalidOption) {
			t.Errorf("%v", err)
		}
	}()
	idempotency.MustOnce(good, "", run)
}
