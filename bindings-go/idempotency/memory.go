package idempotency

import (
	"cmp"
	"container/list"
	"context"
	"fmt"
	"sync"
	"time"
)

// mostRecords is the cap of a MemoryStore that was given none.
const mostRecords = 100_000

// MemoryStore is a [Store] in this process's memory: for tests, and for programs of one process whose handlers may run
// twice after a restart. The zero value keeps 100,000 records.
type MemoryStore struct {
	most int // 0: mostRecords

	mu      sync.Mutex
	records map[recordName]*list.Element
	order   list.List // of *record, the oldest first
}

type recordName struct{ scope, key string }

type record struct {
	name  recordName
	done  bool
	token string
	until time.Time // it has the monotonic clock, which nobody sets
}

// NewMemoryStore makes a store that keeps at most so many records, 100,000 where the number is not positive. Beyond them
// the oldest done ones make room; a claim that runs stays.
func NewMemoryStore(maxRecords int) *MemoryStore { return &MemoryStore{most: max(maxRecords, 0)} }

// String says how many records there are.
func (s *MemoryStore) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("a MemoryStore with %d records", len(s.records))
}

// Claim is [Store].Claim. The error is always nil.
func (s *MemoryStore) Claim(_ context.Context, scope, key, token string, lease time.Duration) (Claim, error) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	name := recordName{scope, key}
	if found := s.find(name); found != nil && found.until.After(now) {
		if found.done {
			return Claim{State: Done}, nil
		}
		if found.token != token {
			return Claim{State: Busy, Left: found.until.Sub(now)}, nil
		}
	}
	s.put(&record{name: name, token: token, until: now.Add(lease)})
	s.makeRoom(now)
	return Claim{State: Claimed}, nil
}

// Commit is [Store].Commit. The error is always nil.
func (s *MemoryStore) Commit(_ context.Context, scope, key, token string, keep time.Duration) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := recordName{scope, key}
	found := s.find(name)
	if found != nil && found.token != token {
		return false, nil
	}
	s.put(&record{name: name, done: true, token: token, until: time.Now().Add(keep)})
	return true, nil
}

// Release is [Store].Release. The error is always nil.
func (s *MemoryStore) Release(_ context.Context, scope, key, token string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := recordName{scope, key}
	if !s.holds(name, token) {
		return false, nil
	}
	s.remove(name)
	return true, nil
}

// Extend is [Store].Extend. The error is always nil.
func (s *MemoryStore) Extend(_ context.Context, scope, key, token string, lease time.Duration) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := recordName{scope, key}
	if !s.holds(name, token) {
		return false, nil
	}
	s.find(name).until = time.Now().Add(lease)
	return true, nil
}

// Prune removes records that were kept long enough, and returns how many.
func (s *MemoryStore) Prune() int {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.records)
	for at := s.order.Front(); at != nil; {
		old := at.Value.(*record)
		at = at.Next()
		if !old.until.After(now) {
			s.remove(old.name)
		}
	}
	return before - len(s.records)
}

func (s *MemoryStore) find(name recordName) *record {
	if at, ok := s.records[name]; ok {
		return at.Value.(*record)
	}
	return nil
}

func (s *MemoryStore) holds(name recordName, token string) bool {
	found := s.find(name)
	return found != nil && !found.done && found.token == token
}

func (s *MemoryStore) put(one *record) {
	if s.records == nil {
		s.records = map[recordName]*list.Element{}
	}
	s.remove(one.name)
	s.records[one.name] = s.order.PushBack(one)
}

func (s *MemoryStore) remove(name recordName) {
	if at, ok := s.records[name]; ok {
		s.order.Remove(at)
		delete(s.records, name)
	}
}

func (s *MemoryStore) makeRoom(now time.Time) {
	if len(s.records) <= cmp.Or(s.most, mostRecords) {
		return
	}
	for at := s.order.Front(); at != nil; at = at.Next() {
		if old := at.Value.(*record); old.done || !old.until.After(now) {
			s.remove(old.name)
			return
		}
	}
}
