package idempotency

import (
	"fmt"
	"log/slog"
	"reflect"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/bridge"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/scope"
)

const (
	invalidOption    = string(tinkwebhooks.ErrInvalidOption)
	inProgress       = string(tinkwebhooks.ErrInProgress)
	storeUnavailable = string(tinkwebhooks.ErrStoreUnavailable)
)

// LeastKeep is for how long done events are remembered by default, and at least: 7 days.
const LeastKeep = 7 * 24 * time.Hour

// leastLease is the shortest lease: a shorter one ends by itself on a busy machine.
const leastLease = time.Second

// Option is an option of [Once], which returns an error for a wrong one.
type Option func(*options)

type options struct {
	wait           *time.Duration // nil: until the other one's lease ends, and a second more
	lease          time.Duration
	maxRun         time.Duration
	keep           time.Duration
	maxWaiting     int
	onStoreFailure StoreFailure
	logger         *slog.Logger // nil: slog's default
}

// WithWait sets how long a copy waits for one that is being handled. The default is until that one's lease ends, and a
// second more. 0 does not wait.
func WithWait(wait time.Duration) Option { return func(o *options) { o.wait = &wait } }

// WithLease sets how long a claim holds if its process dies, a second or more; 10 seconds by default. While the handler
// runs it is extended.
func WithLease(lease time.Duration) Option { return func(o *options) { o.lease = lease } }

// WithMaxRun sets after which time a claim is not extended any more; 5 minutes by default.
func WithMaxRun(maxRun time.Duration) Option { return func(o *options) { o.maxRun = maxRun } }

// WithKeep sets for how long a done event is remembered, [LeastKeep] by default and at least.
func WithKeep(keep time.Duration) Option { return func(o *options) { o.keep = keep } }

// WithMaxWaiting sets how many copies wait at once for this handler, 16 by default; one more is answered 503.
func WithMaxWaiting(maxWaiting int) Option { return func(o *options) { o.maxWaiting = maxWaiting } }

// StoreFailure is what to do where the store cannot be asked.
type StoreFailure string

const (
	// Refuse: the handler does not run, the delivery is answered 503, and Tink delivers again, three times at most. An
	// outage that is longer loses the event.
	Refuse StoreFailure = "refuse"
	// Run: the handler runs without a claim. For handlers that may run twice.
	Run StoreFailure = "run"
)

// WithOnStoreFailure sets what to do where the store cannot be asked; [Refuse] by default.
func WithOnStoreFailure(what StoreFailure) Option {
	return func(o *options) { o.onStoreFailure = what }
}

// WithLogger sets the logger for leases and commits that are lost, and stores that fail, in place of [slog.Default].
func WithLogger(logger *slog.Logger) Option { return func(o *options) { o.logger = logger } }

func newAround(store Store, name string, opts []Option) (*around, error) {
	a := &around{store: store, scope: name, options: options{lease: 10 * time.Second, maxRun: 5 * time.Minute,
		keep: LeastKeep, maxWaiting: 16, onStoreFailure: Refuse}}
	for _, option := range opts {
		if option != nil {
			option(&a.options)
		}
	}
	value := reflect.ValueOf(store)
	for _, check := range []struct {
		wrong bool
		text  string
	}{
		{store == nil || value.Kind() == reflect.Pointer && value.IsNil(), "the store is nil"},
		{!scope.Is(name), scope.Wanted},
		{a.lease < leastLease, fmt.Sprintf("the lease must be at least %s", leastLease)},
		{a.wait != nil && *a.wait < 0, "the time to wait must not be negative"},
		{a.maxRun < 0, "the longest time to run must not be negative"},
		{a.keep < LeastKeep, "done events must be kept for at least 7 days"},
		{a.maxWaiting < 0, "the number of copies that wait must not be negative"},
		{a.onStoreFailure != Refuse && a.onStoreFailure != Run, "on a store's failure there is Refuse and Run"},
	} {
		if check.wrong {
			return nil, bridge.Refuse(invalidOption, check.text, nil)
		}
	}
	return a, nil
}
