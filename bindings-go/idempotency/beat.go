package idempotency

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// beats is how many beats a lease has.
const beats = 10

// beat is one handler's claim while it runs, and extends it: in a goroutine that a timer starts, so that no handler can
// keep it busy, and a handler that returns soon costs none.
type beat struct {
	around     *around
	ctx        context.Context // without the cancellation of the handler's
	key, token string
	ends       time.Time // when it is no longer extended, whether or not the handler still runs

	mu    sync.Mutex
	timer *time.Timer
	ended bool
	done  bool      // the handler has run, and its commit is being written: what is done has no lease that could be lost
	held  time.Time // until when nobody else can have taken it
}

// begin extends a claim, which the store was asked for at that time, from now on.
func (a *around) begin(ctx context.Context, key, token string, asked time.Time) *beat {
	b := &beat{around: a, ctx: context.WithoutCancel(ctx), key: key, token: token,
		ends: time.Now().Add(a.maxRun), held: asked.Add(a.lease)}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.timer = time.AfterFunc(a.lease/beats, b.run)
	return b
}

// handlerDone says that the commit is being written, and returns until when nobody else can have taken the claim.
func (b *beat) handlerDone() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done = true
	return b.held
}

// end stops the beats: the handler has ended. One that is under way finds a record that its token no longer claims.
func (b *beat) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended = true
	b.timer.Stop()
}

// run is one beat.
func (b *beat) run() {
	a := b.around
	asked := time.Now()
	if !asked.Before(b.ends) {
		if b.stop() {
			a.log(b.ctx, slog.LevelWarn, "the handler runs longer than WithMaxRun allows: its lease is no longer extended")
		}
		return
	}
	// Not longer than a lease has time for, so that one lost packet does not hold all beats up.
	limited, cancel := context.WithTimeout(b.ctx, a.lease/2)
	held, err := a.extend(limited, b.key, b.token)
	cancel()
	if err == nil && !held {
		if b.stop() {
			a.log(b.ctx, slog.LevelError, "the lease was lost while its handler runs", slog.String("key", b.key))
		}
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		return
	}
	if err == nil {
		b.held = asked.Add(a.lease)
	} else { // the next beat may reach the store
		a.log(b.ctx, slog.LevelWarn, "the lease was not extended", slog.Any("error", err))
	}
	b.timer.Reset(max(0, a.lease/beats-time.Since(asked)))
}

// stop ends the beats, and returns whether the handler still runs.
func (b *beat) stop() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	runs := !b.ended && !b.done
	b.ended = true
	return runs
}

// extend asks the store. A panic of a store of the user's must not end the program from a goroutine that nobody sees.
func (a *around) extend(ctx context.Context, key, token string) (held bool, err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("the store panicked: %v", value)
		}
	}()
	return a.store.Extend(ctx, a.scope, key, token, a.lease)
}
