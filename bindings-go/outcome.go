package tinkwebhooks

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/tally"
)

// OutcomeType is what came of a delivery, in a word. Later versions may have more of them.
type OutcomeType string

const (
	// OutcomeHandled: the handlers ran, or there were none for the event. HTTP 200.
	OutcomeHandled OutcomeType = "handled"
	// OutcomeDuplicate: package idempotency skipped every handler, since what it does was done before. HTTP 200.
	OutcomeDuplicate OutcomeType = "duplicate"
	// OutcomeInProgress: another copy of the event is being handled. HTTP 503, so that Tink delivers again.
	OutcomeInProgress OutcomeType = "in_progress"
	// OutcomeTest: Tink's test ping. HTTP 200.
	OutcomeTest OutcomeType = "test"
	// OutcomeRefused: the request was no delivery, or not an authentic or readable one. HTTP 4xx.
	OutcomeRefused OutcomeType = "refused"
	// OutcomeFailed: a handler failed, or the receiver or a store is not usable. HTTP 5xx.
	OutcomeFailed OutcomeType = "failed"
)

// Outcome is what came of one request to [Handler.ServeHTTP]. It contains neither the payload nor the signature.
type Outcome struct {
	// Type is the outcome in a word.
	Type OutcomeType
	// Status is the HTTP status of the answer.
	Status int
	// Kind and Reason are those of the error; empty for [OutcomeHandled] and [OutcomeDuplicate].
	Kind, Reason ErrorCode
	// EventType is the event's type, [TypeUnknown] for a name that this version does not know; empty where the delivery was
	// refused, and for the test ping.
	EventType EventType
	// SecretIndex is the position of the secret that matched, -1 where there is no event.
	SecretIndex int
	// Age is the time between signing and receipt in seconds. HasAge is false for [SchemeBody], and where there is no event
	// and the error does not concern the time window.
	Age    int64
	HasAge bool
	// Duration is the time from the call of ServeHTTP to the answer, handlers and the reading of the body included.
	Duration time.Duration
	// Err is the error, as [WithOnError] has it; nil for [OutcomeHandled] and [OutcomeDuplicate].
	Err error
	// CommitLost: a handler of package idempotency has run, and its store has no record of it, so another copy of the event
	// runs it again.
	CommitLost bool
}

// dispatched is what was done about a delivery. It is filled in also where a handler ends the goroutine.
type dispatched struct {
	event    *Event // nil: refused, or not yet verified
	handlers int    // how many it has
	failed   []error
	tally    *tally.Tally // nil: nobody asks
	// What came, where a refusal may have to be explained.
	body, signature string
}

// outcomeOf makes an Outcome of what was done about a delivery, and an error.
func outcomeOf(done *dispatched, err error, now time.Time) Outcome {
	made := Outcome{Type: OutcomeHandled, Status: http.StatusOK, SecretIndex: -1, Err: err}
	var known *Error
	if errors.As(err, &known) {
		made.Status, made.Kind, made.Reason = known.HTTPStatus(), known.Kind, known.Reason
		made.Age, made.HasAge = known.Age()
		switch {
		case known.Kind == ErrTestWebhook:
			made.Type = OutcomeTest
		case known.Reason == ErrInProgress:
			made.Type = OutcomeInProgress
		case made.Status >= http.StatusInternalServerError:
			made.Type = OutcomeFailed
		default:
			made.Type = OutcomeRefused
		}
	}
	if done.tally != nil {
		made.CommitLost = done.tally.CommitLost()
		if skipped := done.tally.Skipped(); err == nil && skipped > 0 && skipped >= done.handlers {
			made.Type = OutcomeDuplicate
		}
	}
	if event := done.event; event != nil {
		made.EventType, made.SecretIndex = event.eventType, event.proof.secretIndex
		if event.proof.hasID { // the scheme has a time
			made.Age, made.HasAge = now.Unix()-event.proof.signedAt, true
		}
	}
	return made
}

// log writes what was not answered with "ok".
func (o *Outcome) log(ctx context.Context, logger *slog.Logger) {
	level := slog.LevelInfo
	switch {
	case o.Status >= http.StatusInternalServerError && o.Type != OutcomeInProgress:
		level = slog.LevelError
	case o.Status >= http.StatusBadRequest:
		level = slog.LevelWarn
	}
	attrs := []slog.Attr{slog.String("kind", string(o.Kind)), slog.String("reason", string(o.Reason)),
		slog.Int("status", o.Status)}
	if o.HasAge {
		attrs = append(attrs, slog.Int64("age", o.Age))
	}
	if o.EventType != "" {
		attrs = append(attrs, slog.String("event", string(o.EventType)))
	}
	attrs = append(attrs, slog.Any("error", o.Err))
	var panicked *PanicError
	if errors.As(o.Err, &panicked) {
		// A bug in the application: its log needs the place.
		attrs = append(attrs, slog.String("stack", string(panicked.Stack)))
	}
	logger.LogAttrs(ctx, level, "tink webhook: "+string(o.Reason), attrs...)
}

// callHook calls a hook. Nothing that it does changes the answer.
func callHook(ctx context.Context, logger *slog.Logger, name string, hook func()) {
	defer func() {
		if value := recover(); value != nil {
			logger.LogAttrs(ctx, slog.LevelError, "tink webhook: the "+name+" hook failed",
				slog.Any("panic", value), slog.String("stack", string(debug.Stack())))
		}
	}()
	hook()
}
