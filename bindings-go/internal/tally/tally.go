// Package tally carries what package idempotency did about a delivery to the receiver whose delivery it is. Registry and
// dispatch know nothing of it.
package tally

import (
	"context"
	"sync/atomic"
)

// Tally is what came of the handlers of one delivery.
type Tally struct {
	skipped    atomic.Int32
	commitLost atomic.Bool
}

// Skipped says how many handlers were not run, because what they do was done before.
func (t *Tally) Skipped() int { return int(t.skipped.Load()) }

// CommitLost says whether a handler has run, and its store has no record of it.
func (t *Tally) CommitLost() bool { return t.commitLost.Load() }

// carrier is a context with a Tally, in one allocation.
type carrier struct {
	context.Context
	tally Tally
}

type key struct{}

// Value gives the tally to this package.
func (c *carrier) Value(asked any) any {
	if asked == (key{}) {
		return &c.tally
	}
	return c.Context.Value(asked)
}

// With returns a context that carries a new tally.
func With(ctx context.Context) (context.Context, *Tally) {
	made := &carrier{Context: ctx}
	return made, &made.tally
}

// Skip counts a handler that was not run, where the context belongs to a delivery.
func Skip(ctx context.Context) {
	if found, ok := ctx.Value(key{}).(*Tally); ok {
		found.skipped.Add(1)
	}
}

// LoseCommit notes that a commit was lost, where the context belongs to a delivery.
func LoseCommit(ctx context.Context) {
	if found, ok := ctx.Value(key{}).(*Tally); ok {
		found.commitLost.Store(true)
	}
}
