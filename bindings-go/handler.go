package tinkwebhooks

import (
	"cmp"
	"context"
	"crypto/rand"
	"log/slog"
	"math"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Handler holds secrets, options and your handlers: a [Dispatcher] that also verifies. Make it once with [NewHandler], share it between goroutines, and
// keep it. It is an [http.Handler]. The zero value behaves like a closed one.
type Handler struct {
	// Held for reading while a delivery is in C, and for writing to register, remove and close. So the handlers that C
	// knows and those in the map are the same. No function of the user's runs while it is held.
	mu     sync.RWMutex
	core   core
	slots  map[uintptr]HandlerFunc
	last   uintptr // the slot that was assigned last
	routes routes[HandlerFunc]

	clock     func() time.Time // nil: the system's, read by C
	onError   func(*http.Request, error)
	onOutcome func(*http.Request, Outcome)
	logger    *slog.Logger // nil: slog's default

	explainFailures bool

	bodyTimeout *time.Duration // nil: the default
	late        *lateSecrets   // nil: the secrets were given
	cleanup     runtime.Cleanup
}

// NewHandler checks the options and makes a Handler. Without [WithSecret], [WithSecrets] and [WithSecretFunc] it takes the secrets of the
// environment variable TINK_WEBHOOK_SECRET, separated by white space.
//
// Errors: any reason of [ErrInvalidConfig] except [ErrUnknownEventType].
func NewHandler(opts ...Option) (*Handler, error) {
	var chosen options
	for _, option := range opts {
		if option != nil {
			option(&chosen)
		}
	}
	if chosen.bodyTimeout != nil && *chosen.bodyTimeout < 0 {
		return nil, refuseOption("the time limit for a body is negative", nil)
	}
	late := chosen.begin()
	built, err := build(&chosen)
	if err != nil {
		return nil, err
	}
	h := &Handler{core: built, slots: map[uintptr]HandlerFunc{}, clock: chosen.clock, onError: chosen.onError,
		logger: chosen.logger, bodyTimeout: chosen.bodyTimeout, onOutcome: chosen.onOutcome, late: late,
		explainFailures: chosen.explainFailures}
	h.cleanup = runtime.AddCleanup(h, core.free, built)
	h.warn(built.warnings()...)
	return h, nil
}

// log returns the logger in force.
func (h *Handler) log() *slog.Logger {
	if h == nil || h.logger == nil {
		return slog.Default()
	}
	return h.logger
}

func (h *Handler) warn(texts ...string) {
	for _, text := range texts {
		h.log().Warn("tink webhook: " + text)
	}
}

// Close wipes the secrets and frees the memory outside Go. It waits for verifications in progress, but not for
// handlers. A [VerificationStream] that has begun goes on. Later calls return an error that wraps [ErrClosed]. Closing
// again does nothing. A Handler that is never closed is cleaned up when it is garbage-collected. The error is always
// nil.
func (h *Handler) Close() error {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.core.open() {
		h.cleanup.Stop()
		h.core.free()
		h.core, h.slots = core{}, nil
		h.routes.forget()
	}
	return nil
}

// replace puts another object in C in the place of this one, with the same handlers.
func (h *Handler) replace(built core) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.core.open() {
		return closed()
	}
	var failed error
	err := h.core.list(func(key EventType, slot uintptr) {
		if err := built.register(key, slot, true); err != nil {
			failed = err
		}
	})
	if err != nil || failed != nil {
		return cmp.Or(err, failed)
	}
	h.cleanup.Stop()
	h.core.free()
	h.core = built
	h.cleanup = runtime.AddCleanup(h, core.free, built)
	return nil
}

// HandlerFunc is your function for an event. It may run on several goroutines at once. An error or a panic makes the
// delivery fail with a [*HandlerError], after the other handlers ran. One that could not run now, with which nothing is
// wrong, returns an error of kind [ErrUnavailable], such as [ErrStoreUnavailable] itself: where each that failed did, the
// answer is 503.
//
// A panic makes it fail also with [net/http.ErrAbortHandler]: it would close the connection without an answer, and
// then Tink does not deliver again. [runtime.Goexit], which FailNow of package testing calls, ends the caller's goroutine
// after the other handlers ran; [Handler.ServeHTTP] then answers, logs and reports it as it does a panic.
type HandlerFunc func(ctx context.Context, event *Event) error

// RegisterOption is an option of [Handler.RegisterHandler].
type RegisterOption func(*registering)

type registering struct{ allowUnknown bool }

// AllowUnknown accepts also a name that looks like a typo of a known one.
func AllowUnknown() RegisterOption {
	return func(r *registering) { r.allowUnknown = true }
}

// AllEvents is the key of handlers that run for every event, after those of its type.
const AllEvents EventType = "*"

// RegisterHandler registers a handler for an event type: the type in snake_case ("refresh_finished", which is
// [TypeRefreshFinished]), the exact name ("refresh:finished"), [TypeUnknown] for every event this version does not
// know, or [AllEvents]. Any other name with a ':', '.' or '-' is accepted too, unless it differs from a known one by at
// most two edits. Handlers run in the order of their registration. Go cannot compare functions, so a handler that is
// registered twice runs twice.
//
// remove removes this registration. It may be called at any time, and more than once. It is never nil.
//
// Errors: [ErrUnknownEventType] for what is most likely a typo, with a hint; [ErrInvalidOption] for a nil handler.
func (h *Handler) RegisterHandler(
	eventType EventType, handler HandlerFunc, opts ...RegisterOption,
) (remove func(), err error) {
	var how registering
	for _, option := range opts {
		if option != nil {
			option(&how)
		}
	}
	nothing := func() {}
	if handler == nil {
		return nothing, refuseOption("the handler is a nil function", nil)
	}
	if h == nil {
		return nothing, closed()
	}
	if text := eventType.warning(); text != "" {
		h.warn(text)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.core.open() {
		return nothing, closed()
	}
	slot := h.last + 1
	if err := h.core.register(eventType, slot, how.allowUnknown); err != nil {
		return nothing, err
	}
	h.last = slot
	h.slots[slot] = handler
	h.routes.forget()
	return func() { h.removeSlot(eventType, slot) }, nil
}

// MustRegisterHandler is [Handler.RegisterHandler], and panics where that returns an error: for registrations at the
// start of a program.
func (h *Handler) MustRegisterHandler(eventType EventType, handler HandlerFunc, opts ...RegisterOption) (remove func()) {
	remove, err := h.RegisterHandler(eventType, handler, opts...)
	if err != nil {
		panic(err)
	}
	return remove
}

func (h *Handler) removeSlot(key EventType, slot uintptr) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, registered := h.slots[slot]; registered && h.core.open() && h.core.unregisterOne(key, slot) {
		delete(h.slots, slot)
		h.routes.forget()
	}
}

// UnregisterHandlers removes all handlers of a key, in either of its spellings.
//
// Errors: [ErrUnknownEventType] for what is most likely a typo, and has no handlers.
func (h *Handler) UnregisterHandlers(eventType EventType) error {
	if h == nil {
		return closed()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.core.open() {
		return closed()
	}
	if err := h.core.unregister(eventType); err != nil {
		return err
	}
	h.routes.forget()
	kept := make(map[uintptr]HandlerFunc, len(h.slots))
	err := h.core.list(func(_ EventType, slot uintptr) { kept[slot] = h.slots[slot] })
	if err == nil {
		h.slots = kept
	}
	return err
}

// Handlers returns the registered handlers by key (the snake_case type, a name, [TypeUnknown] or [AllEvents]), in the
// order they run. The caller owns the map. It is empty after Close.
func (h *Handler) Handlers() map[EventType][]HandlerFunc {
	groups := map[EventType][]HandlerFunc{}
	if h == nil {
		return groups
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	if h.core.open() {
		// Cannot fail on an open Handler.
		_ = h.core.list(func(key EventType, slot uintptr) { groups[key] = append(groups[key], h.slots[slot]) })
	}
	return groups
}

func (h *Handler) maxBodyBytes() (int64, error) {
	if h == nil {
		return 0, closed()
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	if !h.core.open() {
		return 0, closed()
	}
	return h.core.maxBodyBytes(), nil
}

// millis is a time in milliseconds since the epoch. A time that no int64 can hold is outside the years 1 to 9999
// anyway.
func millis(at time.Time) int64 {
	switch seconds := at.Unix(); {
	case seconds > math.MaxInt64/1000-1:
		return math.MaxInt64
	case seconds < math.MinInt64/1000+1:
		return math.MinInt64
	}
	return at.UnixMilli()
}

func closed() *Error { return refuseOption(ErrClosed.Error(), ErrClosed) }

// refuseOption returns the error for a mistake that only Go can see.
func refuseOption(message string, cause error) *Error {
	err := newError(codeInvalidOption)
	err.Message, err.cause = message, cause
	return err
}

// WithSecretFunc gives the secrets by a function, such as one that asks a secret manager. It is called at the first
// verification, and its secrets are kept; after an error, which the delivery fails with as [ErrSecretNotConfigured], it is
// called again by the next one. So a program starts before its secrets can be had, and Tink delivers again what came too
// early. Prefer [WithSecret] where you have the choice: it finds a missing secret when the program starts.
func WithSecretFunc(secrets func() ([]string, error)) Option {
	if secrets == nil {
		return WithSecret("") // not configured
	}
	return func(o *options) { o.secrets, o.secretFunc = nil, secrets }
}

// lateSecrets are secrets that the user's function has yet to give.
type lateSecrets struct {
	known  atomic.Bool
	mu     sync.Mutex // held while the function runs, so that it is called once
	give   func() ([]string, error)
	chosen options // without secrets
}

// begin takes the function out of the options, and puts a secret that nobody knows in its place.
func (o *options) begin() *lateSecrets {
	if o.secretFunc == nil {
		return nil
	}
	late := &lateSecrets{give: o.secretFunc, chosen: *o}
	o.secrets, o.severalGiven = []string{rand.Text()}, false
	return late
}

// settle makes sure that the secrets are known before a verification.
func (h *Handler) settle() error {
	if h == nil || h.late == nil || h.late.known.Load() {
		return nil
	}
	h.late.mu.Lock()
	defer h.late.mu.Unlock()
	if h.late.known.Load() {
		return nil
	}
	secrets, err := h.late.give()
	if err != nil {
		failure := newError(codeSecretNotConfigured)
		failure.Message, failure.cause = "the function that gives the secret failed: "+err.Error(), err
		return failure
	}
	chosen := h.late.chosen
	chosen.secrets, chosen.severalGiven = append([]string{}, secrets...), true
	built, err := build(&chosen)
	if err != nil {
		return err
	}
	warnings := built.warnings()
	if err := h.replace(built); err != nil {
		built.free()
		return err
	}
	h.late.known.Store(true)
	h.warn(warnings...)
	return nil
}
