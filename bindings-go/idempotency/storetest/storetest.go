// Package storetest tests an [idempotency.Store]:
//
//	func TestMyStore(t *testing.T) {
//		storetest.Run(t, mine.NewStore(...))
//	}
package storetest

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/tink-webhooks/tink-webhooks/bindings-go/idempotency"
)

const (
	// The lease of these tests. A shorter one ends by itself on a busy machine.
	lease = time.Second
	// How long done records are kept.
	keep = time.Minute
	// How many ask at once.
	crowd = 16
)

// Run tests that a store keeps what [idempotency.Once] relies on. The store may hold records of earlier tests. It takes
// some seconds, since leases must end.
func Run(t testing.TB, store idempotency.Store) {
	t.Helper()
	s := suite{t, store}
	for _, test := range []func(suite){
		suite.oneClaimsAndTheOtherIsToldHowLong,
		suite.whatWasCommittedIsDone,
		suite.claimingAgainWithTheSameToken,
		suite.nobodyElseCommitsReleasesOrExtends,
		suite.whatWasReleasedIsFree,
		suite.whatWasForgottenIsDoneOnceItIsCommitted,
		suite.aLeaseEndsAndTheStolenTokenCanDoNothing,
		suite.aSlowHolderThatNobodyOvertookCommits,
		suite.extendingKeepsIt,
		suite.scopesAndKeysAreApart,
		suite.ofACrowdOneClaims,
		suite.aContextThatEndedIsAnErrorOrAnAnswer,
	} {
		test(s)
	}
}

// suite asks a store, and stops the test where it returns an error.
type suite struct {
	t     testing.TB
	store idempotency.Store
}

func (s suite) claim(scope, key, token string) idempotency.Claim {
	s.t.Helper()
	found, err := s.store.Claim(s.t.Context(), scope, key, token, lease)
	if err != nil {
		s.t.Fatalf("Claim: %v", err)
	}
	return found
}

func (s suite) state(want idempotency.State, scope, key, token, why string) {
	s.t.Helper()
	if got := s.claim(scope, key, token).State; got != want {
		s.t.Errorf("%s: the claim is %q, want %q", why, got, want)
	}
}

func (s suite) commits(want bool, scope, key, token, why string) {
	s.t.Helper()
	got, err := s.store.Commit(s.t.Context(), scope, key, token, keep)
	s.answered("Commit", got, want, err, why)
}

func (s suite) releases(want bool, scope, key, token, why string) {
	s.t.Helper()
	got, err := s.store.Release(s.t.Context(), scope, key, token)
	s.answered("Release", got, want, err, why)
}

func (s suite) extends(want bool, scope, key, token, why string) {
	s.t.Helper()
	got, err := s.store.Extend(s.t.Context(), scope, key, token, lease)
	s.answered("Extend", got, want, err, why)
}

func (s suite) answered(method string, got, want bool, err error, why string) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("%s: %v", method, err)
	}
	if got != want {
		s.t.Errorf("%s: %s returns %v", why, method, got)
	}
}

// The second one waits no longer than the lease.
func (s suite) oneClaimsAndTheOtherIsToldHowLong() {
	key := rand.Text()
	if found := s.claim("s", key, "a"); found != (idempotency.Claim{State: idempotency.Claimed}) {
		s.t.Errorf("the first one claims, and gets %+v", found)
	}
	found := s.claim("s", key, "b")
	if found.State != idempotency.Busy || found.Left <= 0 || found.Left > lease+time.Millisecond {
		s.t.Errorf("the second one is told how long the lease runs, and gets %+v", found)
	}
}

// For everybody, and for good.
func (s suite) whatWasCommittedIsDone() {
	key := rand.Text()
	s.claim("s", key, "a")
	s.commits(true, "s", key, "a", "the holder commits")
	for _, token := range []string{"a", "b"} {
		s.state(idempotency.Done, "s", key, token, "what is committed is done")
		s.releases(false, "s", key, token, "what is done is not released")
		s.extends(false, "s", key, token, "what is done has no lease")
	}
	s.commits(true, "s", key, "a", "committing again, after an answer that was lost, is well")
	s.commits(false, "s", key, "b", "another one cannot commit it")
	s.state(idempotency.Done, "s", key, "c", "it stays done")
}

// A client that got no answer asks again.
func (s suite) claimingAgainWithTheSameToken() {
	key := rand.Text()
	s.claim("s", key, "a")
	s.state(idempotency.Claimed, "s", key, "a", "the same token claims again")
	s.state(idempotency.Busy, "s", key, "b", "and holds it")
}

// Only the token that holds it; where nothing is held nobody releases or extends.
func (s suite) nobodyElseCommitsReleasesOrExtends() {
	key := rand.Text()
	for _, held := range []bool{false, true} {
		if held {
			s.claim("s", key, "a")
			s.commits(false, "s", key, "b", "another token does not commit")
		}
		s.releases(false, "s", key, "b", "another token does not release")
		s.extends(false, "s", key, "b", "another token does not extend")
	}
	s.state(idempotency.Busy, "s", key, "c", "the holder still holds it")
}

// At once.
func (s suite) whatWasReleasedIsFree() {
	key := rand.Text()
	s.claim("s", key, "a")
	s.releases(true, "s", key, "a", "the holder releases")
	s.releases(false, "s", key, "a", "it is released once")
	s.state(idempotency.Claimed, "s", key, "b", "what was released is free")
	s.commits(false, "s", key, "a", "the one that released has no claim")
}

// A store that fails over loses claims, whose handlers go on.
func (s suite) whatWasForgottenIsDoneOnceItIsCommitted() {
	key := rand.Text()
	s.extends(false, "s", key, "a", "what is not there is not extended")
	s.commits(true, "s", key, "a", "nobody else has claimed it, and the effect was done")
	s.state(idempotency.Done, "s", key, "b", "what is committed is done")
	s.commits(false, "s", key, "b", "another one cannot commit it")
}

// Neither while the thief runs nor afterwards.
func (s suite) aLeaseEndsAndTheStolenTokenCanDoNothing() {
	key := rand.Text()
	s.claim("s", key, "a")
	time.Sleep(lease + lease/10)
	s.state(idempotency.Claimed, "s", key, "b", "after the lease another one claims")
	s.extends(false, "s", key, "a", "a stolen token does not extend")
	s.commits(false, "s", key, "a", "a stolen token does not commit")
	s.releases(false, "s", key, "a", "a stolen token does not release")
	s.state(idempotency.Busy, "s", key, "a", "a stolen token does not claim")
	s.commits(true, "s", key, "b", "the thief commits")
	s.commits(false, "s", key, "a", "a stolen token does not commit afterwards")
}

// Its effect was done, and once.
func (s suite) aSlowHolderThatNobodyOvertookCommits() {
	key := rand.Text()
	s.claim("s", key, "a")
	time.Sleep(lease + lease/10)
	s.commits(true, "s", key, "a", "nobody else has claimed it")
	s.state(idempotency.Done, "s", key, "b", "so it is done")
}

// From the moment of asking.
func (s suite) extendingKeepsIt() {
	key := rand.Text()
	s.claim("s", key, "a")
	for range 3 {
		time.Sleep(lease * 6 / 10)
		s.extends(true, "s", key, "a", "the holder extends")
		s.state(idempotency.Busy, "s", key, "b", "so it holds")
	}
}

// Whatever characters a scope has.
func (s suite) scopesAndKeysAreApart() {
	key := rand.Text()
	for _, scope := range []string{"s", "s:t", "s:", "buchen-müller 'x' %s $1"} {
		s.state(idempotency.Claimed, scope, key, scope, fmt.Sprintf("the scope %q is free", scope))
	}
	s.commits(true, "s:t", key, "s:t", "one of them commits")
	s.state(idempotency.Busy, "s", key, "b", "the others do not")
	s.state(idempotency.Claimed, "s", rand.Text(), "b", "another key is free")
}

// Of a record that is new, and of one whose lease has ended.
func (s suite) ofACrowdOneClaims() {
	key := rand.Text()
	for _, round := range []string{"new", "ended"} {
		var mu sync.Mutex
		var all sync.WaitGroup
		states := map[idempotency.State]int{}
		begin := make(chan struct{})
		for number := range crowd {
			all.Add(1)
			go func() {
				defer all.Done()
				<-begin
				found, err := s.store.Claim(s.t.Context(), "s", key, fmt.Sprintf("%s-%d", round, number), lease)
				if err != nil {
					s.t.Errorf("Claim: %v", err)
				}
				mu.Lock()
				defer mu.Unlock()
				states[found.State]++
			}()
		}
		close(begin)
		all.Wait()
		if states[idempotency.Claimed] != 1 || states[idempotency.Busy] != crowd-1 {
			s.t.Errorf("of a crowd one claims a record that is %s, and not %v", round, states)
		}
		time.Sleep(lease + lease/10)
	}
}

// And after it the store goes on.
func (s suite) aContextThatEndedIsAnErrorOrAnAnswer() {
	ended, cancel := context.WithCancel(s.t.Context())
	cancel()
	key := rand.Text()
	found, err := s.store.Claim(ended, "s", key, "a", lease)
	if err == nil && found.State != idempotency.Claimed {
		s.t.Errorf("a claim whose context has ended is %q without an error", found.State)
	}
	s.state(idempotency.Claimed, "s", key, "a", "the next claim, with the same token")
}
