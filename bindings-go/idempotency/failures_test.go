package idempotency_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/idempotency"
)

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
