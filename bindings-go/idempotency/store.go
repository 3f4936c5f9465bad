package idempotency

import (
	"context"
	"time"
)

// State is what a claim found.
type State string

const (
	// Claimed: the token that asked holds the record.
	Claimed State = "claimed"
	// Done: what the record stands for was done before.
	Done State = "done"
	// Busy: another token holds the record.
	Busy State = "busy"
)

// Claim is a store's answer to a claim.
type Claim struct {
	// State is what the claim found.
	State State
	// Left is how long the other one's lease still runs, if it is not extended; for [Busy] alone.
	Left time.Duration
}

// Store is where [Once] keeps its records. Package storetest tests one of yours.
//
// A record belongs to a scope (what is done once, such as "book-payment") and a key (the event's idempotency key). It has
// a state, claimed or done, the token of its holder, and a time. Each method is one atomic step inside the store: it
// decides by the record as it is, and by the store's own clock, whatever other processes do meanwhile. Methods are called
// from several goroutines at once, with a context that has a deadline. One that cannot tell returns an error, whose text
// must hold no password, since it is logged.
type Store interface {
	// Claim claims a record that is not there, or whose lease has ended. Claiming again with the same token extends the
	// lease. token names the claim, and is new for each try; lease is how long it holds if it is not extended.
	Claim(ctx context.Context, scope, key, token string, lease time.Duration) (Claim, error)

	// Commit marks a record as done, and keeps it for so long. It returns whether it is done now, and false where another
	// token has it. A token whose lease has ended still commits, unless another one has claimed the record. So does one
	// whose claim the store has forgotten: the effect was done. Committing again with the same token returns true again.
	Commit(ctx context.Context, scope, key, token string, keep time.Duration) (bool, error)

	// Release removes a claim, so that the next one need not wait for the end of its lease. It returns whether the token
	// held it, and it was not done.
	Release(ctx context.Context, scope, key, token string) (bool, error)

	// Extend extends a lease: it ends so much time from now. It returns whether the token held it, and it was not done. It
	// must not wait for what handlers use: it needs a connection of its own.
	Extend(ctx context.Context, scope, key, token string, lease time.Duration) (bool, error)
}
