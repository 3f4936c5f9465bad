package idempotency_test

import (
	"context"
	"fmt"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/tink-webhooks/tink-webhooks/bindings-go/idempotency"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/idempotency/storetest"
)

func TestMemoryIsAStore(t *testing.T) { storetest.Run(t, idempotency.NewMemoryStore(0)) }

func TestMemoryHasACapAndKeepsWhatRuns(t *testing.T) {
	store := idempotency.NewMemoryStore(10)
	claim := func(key, token string) idempotency.State {
		found, err := store.Claim(t.Context(), "s", key, token, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return found.State
	}
	claim("runs", "a")
	for number := range 100 {
		claim(strconv.Itoa(number), "a")
		if done, err := store.Commit(t.Context(), "s", strconv.Itoa(number), "a", time.Minute); !done || err != nil {
			t.Fatalf("%v, %v", done, err)
		}
	}
	if text := fmt.Sprint(store); text != "a MemoryStore with 10 records" {
		t.Error(text)
	}
	if state := claim("runs", "b"); state != idempotency.Busy {
		t.Errorf("what runs is %s", state)
	}
	if state := claim("99", "b"); state != idempotency.Done {
		t.Errorf("the last one is %s", state)
	}
	if state := claim("1", "b"); state != idempotency.Claimed {
		t.Errorf("one of the first is %s", state)
	}
}

func TestMemoryIsPruned(t *testing.T) {
	store := &idempotency.MemoryStore{}
	for key, keep := range map[string]time.Duration{"short": time.Millisecond, "long": time.Minute} {
		if _, err := store.Claim(t.Context(), "s", key, "a", time.Minute); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Commit(t.Context(), "s", key, "a", keep); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(20 * time.Millisecond)
	if removed := store.Prune(); removed != 1 {
		t.Errorf("%d removed", removed)
	}
	for key, want := range map[string]idempotency.State{"short": idempotency.Claimed, "long": idempotency.Done} {
		if found, _ := store.Claim(t.Context(), "s", key, "b", time.Minute); found.State != want {
			t.Errorf("%s is %s", key, found.State)
		}
	}
}

// recorder is a test that may fail.
type recorder struct {
	*testing.T
	failures []string
}

func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

// unfenced does not ask who holds a record.
type unfenced struct{ idempotency.MemoryStore }

func (s *unfenced) Release(ctx context.Context, scope, key, token string) (bool, error) {
	found, err := s.MemoryStore.Claim(ctx, scope, key, token, time.Nanosecond)
	return found.State != idempotency.Done, err
}

// forgetful takes what was done for what is free.
type forgetful struct{ idempotency.MemoryStore }

func (s *forgetful) Commit(ctx context.Context, scope, key, token string, _ time.Duration) (bool, error) {
	return s.MemoryStore.Release(ctx, scope, key, token)
}

func TestTheSuiteRefusesAStoreThatIsWrong(t *testing.T) {
	for name, store := range map[string]idempotency.Store{"unfenced": &unfenced{}, "forgetful": &forgetful{}} {
		recorded := &recorder{T: t}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			storetest.Run(recorded, store)
		}()
		<-ended
		if len(recorded.failures) == 0 {
			t.Errorf("a store that is %s passes", name)
		}
	}
}
