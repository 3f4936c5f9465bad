package idempotency_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tink-webhooks/tink-webhooks/bindings-go/idempotency"
)

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
	time.Sleep(1500 * time.Millisecond)
	if store.times("extend") > beats+1 { // one may have been on its way
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
