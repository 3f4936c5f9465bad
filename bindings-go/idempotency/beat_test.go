package idempotency_test

import (
	"context"
	"testing"
	"time"

	"github.com/tink-webhooks/tink-webhooks/bindings-go/idempotency"
)

// overtaken answers a beat after the commit, which comes while the beat is on its way.
type overtaken struct {
	idempotency.MemoryStore
	beats, committed chan struct{}
}

func (s *overtaken) Extend(ctx context.Context, scope, key, token string, lease time.Duration) (bool, error) {
	close(s.beats)
	<-s.committed
	return s.MemoryStore.Extend(ctx, scope, key, token, lease)
}

func (s *overtaken) Commit(ctx context.Context, scope, key, token string, keep time.Duration) (bool, error) {
	kept, err := s.MemoryStore.Commit(ctx, scope, key, token, keep)
	close(s.committed)
	time.Sleep(200 * time.Millisecond) // for what the beat says
	return kept, err
}

// What is done has no lease: the store says so to a beat that was on its way.
func TestABeatThatTheCommitOvertakesIsNoLostLease(t *testing.T) {
	store := &overtaken{beats: make(chan struct{}), committed: make(chan struct{})}
	option, log := logged()
	book := &handler{then: func(int) error {
		<-store.beats
		return nil
	}}
	once := idempotency.MustOnce(store, "book", book.run, option, idempotency.WithLease(time.Second))
	if err := once(t.Context(), payment(t)); err != nil {
		t.Error(err)
	}
	if log.String() != "" {
		t.Error(log)
	}
}
