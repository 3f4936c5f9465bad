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

func TestAStoreThatIsAway(t *testing.T) {
	store, book, event := &counted{}, &handler{}, payment(t)
	option, log := logged()
	once := idempotency.MustOnce(store, "book", book.run, option)
	store.fail("claim", 1)
	err := once(t.Context(), event)
	if mustBe(t, err, tinkwebhooks.ErrStoreUnavailable).HTTPStatus() != 503 || !errors.Is(err, errAway) {
		t.Error(err)
	}
	if !strings.Contains(log.String(), errAway.Error()) {
		t.Errorf("the log does not say why: %s", log)
	}
	book.want(t, 0)
	if err := once(t.Context(), event); err != nil {
		t.Error(err)
	}
	book.want(t, 1)
}

func TestRunningWithoutAStore(t *testing.T) {
	store, book, event := &counted{}, &handler{}, payment(t)
	option, log := logged()
	run := idempotency.WithOnStoreFailure(idempotency.Run)
	once := idempotency.MustOnce(store, "book", book.run, option, run)
	store.fail("claim", 2)
	for range 4 {
		if err := once(t.Context(), event); err != nil {
			t.Error(err)
		}
	}
	book.want(t, 3)
	if !strings.Contains(log.String(), "runs without a claim") {
		t.Error(log)
	}
	// What it says of others stays.
	take(t, store, event, "other", time.Hour)
	other := idempotency.MustOnce(store, "other", book.run, run, idempotency.WithWait(0))
	mustBe(t, other(t.Context(), event), tinkwebhooks.ErrInProgress)
	book.want(t, 3)
}

func TestTheLeaseIsExtendedWhileTheHandlerRunsAndNoLonger(t *testing.T) {
	store, event := &counted{}, payment(t)
	book := &handler{then: func(int) error {
		for until := time.Now().Add(1600 * time.Millisecond); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
			found, _ := store.MemoryStore.Claim(t.Context(), "book", event.IdempotencyKey(), "another", time.Second)
			if found.State != idempotency.Busy {
				t.Fatalf("the claim is %s while the handler runs", found.State)
			}
		}
		return nil
	}}
	if err := idempotency.MustOnce(store, "book", book.run, idempotency.WithLease(time.Second))(t.Context(), event); err != nil {
		t.Error(err)
	}
	beats := store.times("extend")
	if beats == 0 {
		t.Error("it is not extended")
	}
	time.Sleep(500 * time.Millisecond)
	if store.times("extend") != beats {
		t.Error("it is extended after it has ended")
	}
	found, _ := store.Claim(t.Context(), "book", event.IdempotencyKey(), "another", time.Second)
	if found.State != idempotency.Done {
		t.Errorf("it is %s", found.State)
	}
}

// A store that fails or panics between two beats is asked again.
func TestBeatsGoOnAfterAFailure(t *testing.T) {
	event := payment(t)
	option, log := logged()
	store := &counted{}
	store.before = func(method string) {
		if method == "extend" && store.times("extend") == 2 {
			panic("a bug of the store")
		}
	}
	store.fail("extend", 1)
	book := &handler{then: func(int) error { time.Sleep(1600 * time.Millisecond); return nil }}
	if err := idempotency.MustOnce(store, "book", book.run, option, idempotency.WithLease(time.Second))(t.Context(), event); err != nil {
		t.Error(err)
	}
	for _, part := range []string{errAway.Error(), "a bug of the store"} {
		if !strings.Contains(log.String(), part) {
			t.Errorf("%q is not in the log: %s", part, log)
		}
	}
	found, _ := store.Claim(t.Context(), "book", event.IdempotencyKey(), "another", time.Second)
	if found.State != idempotency.Done {
		t.Errorf("it is %s", found.State)
	}
}

// A handler that hangs is overtaken then, and cannot commit what the other one has.
func TestTheLeaseIsExtendedForMaxRunOnly(t *testing.T) {
	store, event := &counted{}, payment(t)
	option, log := logged()
	hang := &handler{then: func(int) error {
		time.Sleep(2200 * time.Millisecond)
		take(t, store, event, "book", time.Hour)
		return nil
	}}
	once := idempotency.MustOnce(store, "book", hang.run, option, idempotency.WithLease(time.Second),
		idempotency.WithMaxRun(500*time.Millisecond))
	if err := once(t.Context(), event); err != nil {
		t.Error(err)
	}
	for _, part := range []string{"WithMaxRun", "commit_lost", "level=ERROR", "key=" + event.IdempotencyKey()} {
		if !strings.Contains(log.String(), part) {
			t.Errorf("%q is not in the log: %s", part, log)
		}
	}
	found, _ := store.Claim(t.Context(), "book", event.IdempotencyKey(), "a third", time.Second)
	if found.State != idempotency.Busy {
		t.Errorf("it is %s", found.State)
	}
}

func TestALostLeaseIsNoticed(t *testing.T) {
	store, event := &counted{}, payment(t)
	option, log := logged()
	book := &handler{then: func(int) error {
		store.forgotten.Store(true)
		for until := time.Now().Add(time.Minute); !strings.Contains(log.String(), "lease was lost"); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(until) {
				t.Fatal("nobody notices")
			}
		}
		return nil
	}}
	if err := idempotency.MustOnce(store, "book", book.run, option, idempotency.WithLease(time.Second))(t.Context(), event); err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), "commit_lost") {
		t.Error(log)
	}
}

func TestACommitIsTriedAgain(t *testing.T) {
	store, book, event := &counted{}, &handler{}, payment(t)
	store.fail("commit", 3)
	once := idempotency.MustOnce(store, "book", book.run)
	for range 2 {
		if err := once(t.Context(), event); err != nil {
			t.Error(err)
		}
	}
	book.want(t, 1)
	if got := store.times("commit"); got != 4 {
		t.Errorf("committed %d times", got)
	}
}

// Tried again within the lease, and then the event counts as handled.
func TestACommitThatIsLost(t *testing.T) {
	store, book, event := &counted{}, &handler{}, payment(t)
	option, log := logged()
	store.fail("commit", 1_000_000)
	began := time.Now()
	if err := idempotency.MustOnce(store, "book", book.run, option, idempotency.WithLease(time.Second))(t.Context(), event); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took < 400*time.Millisecond {
		t.Errorf("given up after %s", took)
	}
	for _, part := range []string{"level=ERROR", "reason=commit_lost", "scope=book", "key=" + event.IdempotencyKey()} {
		if !strings.Contains(log.String(), part) {
			t.Errorf("%q is not in the log: %s", part, log)
		}
	}
	if store.times("release") != 0 || store.times("commit") < 2 {
		t.Errorf("%v", store.asked)
	}
}

func TestAReleaseThatFailsPanicsOrHangsHidesNothing(t *testing.T) {
	for name, before := range map[string]func(){
		"fails": nil, "panics": func() { panic("a bug of the store") }, "hangs": func() { time.Sleep(3 * time.Second) },
	} {
		store, event := &counted{}, payment(t)
		store.before = func(method string) {
			if method == "release" && before != nil {
				before()
			}
		}
		store.fail("release", 1)
		option, log := logged()
		book := &handler{then: func(int) error { return errNoBank }}
		began := time.Now()
		err := idempotency.MustOnce(store, "book", book.run, option)(t.Context(), event)
		if took := time.Since(began); !errors.Is(err, errNoBank) || name == "hangs" && took > 2900*time.Millisecond {
			t.Errorf("%s: %v after %s", name, err, took)
		}
		if name != "hangs" && !strings.Contains(log.String(), "not released") {
			t.Errorf("%s: %s", name, log)
		}
	}
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
