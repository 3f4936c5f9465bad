// Package idempotency does an event's effects once: when Tink delivers it again, on another machine, after a crash.
//
//	store, err := redisstore.New(client)
//	...
//	hooks.MustRegisterHandler("payment:updated", idempotency.MustOnce(store, "book-payment", book))
//
// Stores are modules of their own (redisstore, pgxstore, sqlstore), so that this one has no dependency; [MemoryStore] is
// for one process, and [Store] for one of yours. Where the handler writes into a PostgreSQL or SQLite database of yours,
// ClaimIn of pgxstore and sqlstore puts the event's key into the same transaction. In doubt a handler runs twice, never
// not at all. docs/once.md says when.
package idempotency

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"math"
	"sync/atomic"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/bridge"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/tally"
)

const (
	// How long a claim that has to wait pauses before it asks again: it grows from the one to the other.
	firstPause, longestPause = 20 * time.Millisecond, 250 * time.Millisecond
	// How long a handler that failed waits until its claim is released.
	releaseLimit = time.Second
)

// Once returns a handler that runs another one once for an event, whoever gets which copy of the event.
//
// It claims the event's IdempotencyKey in the store, runs the handler, and commits; or releases the claim when the handler
// failed, panicked or ended its goroutine, so that Tink's next try runs it. A copy of what was done before is skipped, and
// counts as handled; a copy of what is being done elsewhere waits, as long as the context lasts. Events without a key,
// which only say "go and look", always run. In doubt a handler runs twice, never not at all.
//
// It is an ordinary handler, of a receiver and of a worker's [tinkwebhooks.Dispatcher]. As every handler it runs also if
// the context is done, and what it has done is committed even so. What the handler does must be durable when it returns: a
// transaction that is committed later, or a goroutine that goes on, can still fail.
//
// scope names what is done once, such as "book-payment": another one for each handler, and for a receiver and its worker.
// Renaming it runs late copies again.
//
// The handler returns, besides the errors of the other one, [tinkwebhooks.ErrInProgress] where another copy still runs,
// and [tinkwebhooks.ErrStoreUnavailable] where the store cannot be asked. After both the answer is 503, and Tink delivers
// again.
//
// Errors: [tinkwebhooks.ErrInvalidOption] for a nil store or handler, a scope that is no name, and a wrong option.
func Once(
	store Store, scope string, handler tinkwebhooks.HandlerFunc, opts ...Option,
) (tinkwebhooks.HandlerFunc, error) {
	if handler == nil {
		return nil, bridge.Refuse(invalidOption, "the handler is a nil function", nil)
	}
	around, err := newAround(store, scope, opts)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, event *tinkwebhooks.Event) error {
		return around.run(ctx, event, func() error { return handler(ctx, event) })
	}, nil
}

// MustOnce is [Once], and panics where that returns an error: for registrations at the start of a program.
func MustOnce(
	store Store, scope string, handler tinkwebhooks.HandlerFunc, opts ...Option,
) tinkwebhooks.HandlerFunc {
	made, err := Once(store, scope, handler, opts...)
	if err != nil {
		panic(err)
	}
	return made
}

// OnceOf is [Once] for a handler that [tinkwebhooks.On] registers, which receives the event's data decoded:
//
//	tinkwebhooks.MustOn(hooks, "payment:updated", idempotency.MustOnceOf(store, "book-payment", paid))
func OnceOf[T any](
	store Store, scope string, handler func(ctx context.Context, event *tinkwebhooks.Event, data *T) error, opts ...Option,
) (func(ctx context.Context, event *tinkwebhooks.Event, data *T) error, error) {
	if handler == nil {
		return nil, bridge.Refuse(invalidOption, "the handler is a nil function", nil)
	}
	around, err := newAround(store, scope, opts)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, event *tinkwebhooks.Event, data *T) error {
		return around.run(ctx, event, func() error { return handler(ctx, event, data) })
	}, nil
}

// MustOnceOf is [OnceOf], and panics where that returns an error.
func MustOnceOf[T any](
	store Store, scope string, handler func(ctx context.Context, event *tinkwebhooks.Event, data *T) error, opts ...Option,
) func(ctx context.Context, event *tinkwebhooks.Event, data *T) error {
	made, err := OnceOf(store, scope, handler, opts...)
	if err != nil {
		panic(err)
	}
	return made
}

// around is what is done around one handler.
type around struct {
	store Store
	scope string
	options
	waiting atomic.Int64
}

func (a *around) run(ctx context.Context, event *tinkwebhooks.Event, handler func() error) error {
	key := event.IdempotencyKey()
	if key == "" {
		return handler()
	}
	token := newToken()
	held, err := a.claim(ctx, key, token)
	switch {
	case errors.Is(err, tinkwebhooks.ErrStoreUnavailable) && a.onStoreFailure == Run:
		return handler()
	case err != nil:
		return err
	case held == nil: // done before
		tally.Skip(ctx)
		return nil
	}
	done := false
	defer func() { // however the handler ends
		held.end()
		if !done {
			a.release(ctx, key, token)
		}
	}()
	if err := handler(); err != nil {
		return err
	}
	done = true
	if !a.commit(ctx, held) {
		tally.LoseCommit(ctx)
	}
	return nil
}

// claim claims, and waits for another one. It returns the claim, which is being extended; nil where what the handler does
// was done before.
func (a *around) claim(ctx context.Context, key, token string) (*beat, error) {
	var until time.Time
	pause := firstPause
	for {
		asked := time.Now()
		found, err := a.ask(ctx, key, token)
		if err != nil {
			return nil, err
		}
		switch found.State {
		case Claimed:
			return a.begin(ctx, key, token, asked), nil
		case Done:
			return nil, nil
		}
		now := time.Now()
		if until.IsZero() {
			// If that one has died its lease ends, and this one takes over. If not it lives on.
			until = now.Add(a.patience(found.Left))
			defer a.waiting.Add(-1)
			if a.waiting.Add(1) > int64(a.maxWaiting) {
				return nil, bridge.Refuse(inProgress, "other copies of the event are being handled, and too many wait for "+
					"them (WithMaxWaiting)", nil)
			}
		}
		if !now.Before(until) {
			return nil, bridge.Refuse(inProgress, "", nil)
		}
		if err := sleep(ctx, max(time.Millisecond, min(pause, until.Sub(now), found.Left+5*time.Millisecond))); err != nil {
			return nil, bridge.Refuse(inProgress, "another copy of the event is being handled, and the context ended before "+
				"that", err)
		}
		pause = min(pause*3/2, longestPause)
	}
}

// patience is how long to wait for a claim whose lease still runs so long.
func (a *around) patience(left time.Duration) time.Duration {
	if a.wait != nil {
		return *a.wait
	}
	return min(max(left, 0), math.MaxInt64-time.Second) + time.Second
}

// ask asks the store for a claim. A client that has left must not end it: handlers run also if the context is done, and
// Tink does not deliver again after a connection that broke.
func (a *around) ask(ctx context.Context, key, token string) (Claim, error) {
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.lease)
	defer cancel()
	found, err := a.store.Claim(limited, a.scope, key, token, a.lease)
	if err != nil {
		then := "refused"
		if a.onStoreFailure == Run {
			then = "runs without a claim"
		}
		a.log(ctx, slog.LevelWarn, "the store cannot be asked", slog.String("then", then), slog.Any("error", err))
		return Claim{}, bridge.Refuse(storeUnavailable, "", err)
	}
	return found, nil
}

// commit says that the effect was done. It tries again until another one may have claimed, and returns whether the store
// has it.
func (a *around) commit(ctx context.Context, held *beat) bool {
	ctx = context.WithoutCancel(ctx)
	until := held.handlerDone()
	pause := firstPause
	for {
		// One attempt is made in any case: a lease that has ended may not have been taken.
		limited, cancel := context.WithDeadline(ctx, latest(until, time.Now().Add(releaseLimit)))
		kept, err := a.store.Commit(limited, a.scope, held.key, held.token, a.keep)
		cancel()
		switch {
		case err == nil && kept:
			return true
		case err == nil:
			a.logLost(ctx, held.key, "another one has claimed it", nil)
			return false
		case !time.Now().Add(pause).Before(until):
			a.logLost(ctx, held.key, "the store cannot be asked", err)
			return false
		}
		time.Sleep(pause)
		pause = min(pause*2, time.Second)
	}
}

// release gives a claim back, at best: in a goroutine, which goes on where the store does not look at its context. If it
// cannot, the lease ends.
func (a *around) release(ctx context.Context, key, token string) {
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseLimit)
	released := make(chan struct{})
	go func() {
		defer close(released)
		defer cancel()
		defer func() {
			if value := recover(); value != nil {
				a.log(limited, slog.LevelWarn, "the store panicked, so a claim was not released", slog.Any("panic", value))
			}
		}()
		if _, err := a.store.Release(limited, a.scope, key, token); err != nil {
			a.log(limited, slog.LevelWarn, "the claim was not released, and ends with its lease", slog.Any("error", err))
		}
	}()
	select {
	case <-released:
	case <-limited.Done():
	}
}

func (a *around) logLost(ctx context.Context, key, why string, err error) {
	attrs := []slog.Attr{slog.String("reason", "commit_lost"), slog.String("key", key), slog.String("why", why)}
	if err != nil {
		attrs = append(attrs, slog.Any("error", err))
	}
	a.log(ctx, slog.LevelError, "commit_lost: the handler has run, and the store has no record of it, so another copy "+
		"runs it again", attrs...)
}

func (a *around) log(ctx context.Context, level slog.Level, text string, attrs ...slog.Attr) {
	logger := a.logger
	if logger == nil {
		logger = slog.Default()
	}
	logger.LogAttrs(ctx, level, "tink webhook: "+text, append([]slog.Attr{slog.String("scope", a.scope)}, attrs...)...)
}

// newToken names a claim: 32 random hex digits.
func newToken() string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // since Go 1.24 it never fails
	return hex.EncodeToString(random[:])
}

func latest(one, other time.Time) time.Time {
	if one.After(other) {
		return one
	}
	return other
}

// sleep returns the cause where the context ends before.
func sleep(ctx context.Context, duration time.Duration) error {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
