package tinkwebhooks

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime/debug"
	"strings"
	"time"
)

// HandlerError reports that handlers failed. It wraps an [*Error] of kind [ErrHandlerFailed] and every handler's error,
// so that [errors.Is] and [errors.As] find them all. Where each of the handlers' errors is of kind [ErrUnavailable], that
// [*Error] is so too, with the first one's reason: nothing is broken, and the answer is 503.
type HandlerError struct {
	// Event is the event that was dispatched. A worker can put it back on its queue. It is left out of the error's JSON,
	// which loggers write: the event's own has the payload.
	Event *Event `json:"-"`
	// Errors has the error of every handler that failed, in the order they ran, a [*PanicError] for a panic. It is never
	// empty.
	Errors []error

	failure *Error
}

// Error returns the message of the [*Error], then each handler's error on a line of its own.
func (e *HandlerError) Error() string {
	var text strings.Builder
	text.WriteString(e.base().Error())
	for _, err := range e.Errors {
		fmt.Fprintf(&text, "\n%v", err) // not err.Error(): err may be a nil pointer that is no nil error
	}
	return text.String()
}

// Unwrap returns the [*Error] of kind [ErrHandlerFailed] or [ErrUnavailable], then every handler's error.
func (e *HandlerError) Unwrap() []error {
	if e == nil { // as of an Error
		return nil
	}
	return append([]error{e.base()}, e.Errors...)
}

func (e *HandlerError) base() *Error {
	if e.failure == nil { // not made by this package
		return newError(codeHandlerFailed)
	}
	return e.failure
}

// Dispatch runs the handlers of an event that was made earlier, by this Handler or another, one after the other, on the
// caller's goroutine: those of its type or, if that is unknown, of its exact name and then of "unknown"; then those of
// "*". All of them run, whatever each returns. They also run if ctx is done, and receive it as it is. Handlers that are
// registered or removed meanwhile take effect with the next dispatch.
//
// If handlers failed the error is a [*HandlerError]. No handler at all is success. A handler that calls [runtime.Goexit]
// ends the caller's goroutine, after the others ran.
func (h *Handler) Dispatch(ctx context.Context, event *Event) error {
	if event == nil || event.name == "" {
		return refuseOption("the event is nil, or was not made by this package", nil)
	}
	handlers, err := h.matching(event.name)
	if err != nil {
		return err
	}
	var failed []error
	return run(ctx, event, handlers, &failed)
}

// run holds no lock, so handlers may register, remove and dispatch themselves. What they fail with is in failed also
// where run does not return because one of them ended the goroutine.
func run(ctx context.Context, event *Event, handlers []HandlerFunc, failed *[]error) error {
	each(ctx, event, handlers, failed)
	return asFailure(event, *failed)
}

func asFailure(event *Event, failed []error) error {
	if failed == nil {
		return nil
	}
	return &HandlerError{Event: event, Errors: failed, failure: dispatchFailed(failed)}
}

// dispatchFailed returns the error for what handlers failed with: [ErrUnavailable] where each of them did with that.
func dispatchFailed(failed []error) *Error {
	reason := unavailableReason(failed[0])
	for _, err := range failed {
		if unavailableReason(err) == "" {
			return newError(codeHandlerFailed)
		}
	}
	return newError(unavailableCodes[reason])
}

// unavailableReason returns the reason of a handler's error of kind [ErrUnavailable], wrapped or not; empty for any other,
// for a panic, and where several errors were joined.
func unavailableReason(err error) ErrorCode {
	for err != nil {
		reason := ErrorCode("")
		switch known := err.(type) {
		case ErrorCode:
			reason = known
		case *Error:
			if known != nil { // as a wrapped one may be
				reason = known.Reason
			}
		case *HandlerError: // the handler has dispatched itself
			if known != nil {
				reason = known.base().Reason
			}
		case *PanicError:
		default:
			err = errors.Unwrap(err)
			continue
		}
		if _, ok := unavailableCodes[reason]; ok {
			return reason
		}
		return ""
	}
	return ""
}

func each(ctx context.Context, event *Event, handlers []HandlerFunc, failed *[]error) {
	next := 0
	defer func() {
		if next < len(handlers) { // a handler called runtime.Goexit: the rest run while the goroutine ends
			*failed = append(*failed, &PanicError{Value: ErrGoexit, Stack: debug.Stack()})
			each(ctx, event, handlers[next+1:], failed)
		}
	}()
	for next < len(handlers) {
		if panicked := untilPanic(ctx, event, handlers, &next, failed); panicked != nil {
			*failed = append(*failed, panicked)
			next++
		}
	}
}

// untilPanic runs the handlers from next on, and leaves next at one that panics. So it takes one deferred call for all of
// them.
func untilPanic(
	ctx context.Context, event *Event, handlers []HandlerFunc, next *int, failed *[]error,
) (panicked *PanicError) {
	returned := false
	defer func() {
		if !returned { // recover may return nil: GODEBUG=panicnil=1 allows panic(nil)
			panicked = &PanicError{Value: recover(), Stack: debug.Stack()}
		}
	}()
	for ; *next < len(handlers); *next++ {
		if err := handlers[*next](ctx, event); err != nil {
			err = withoutNilPointer(err)
			*failed = append(*failed, err)
		}
	}
	returned = true
	return nil
}

// withoutNilPointer replaces an error that is a nil pointer: errors.As would call its methods.
func withoutNilPointer(err error) error {
	if value := reflect.ValueOf(err); value.Kind() == reflect.Pointer && value.IsNil() {
		return fmt.Errorf("the handler returned a nil %T, which is not a nil error", err)
	}
	return err
}

// HandleWebhook verifies a delivery, reads it, runs the handlers registered for it ([Handler.Dispatch]), and returns the
// event.
//
// body is the raw body of the request, byte for byte. It is copied once, before it is verified, so a later change to it
// has no effect. signature is the value of the X-Tink-Signature header, empty where there is none, as r.Header.Get
// returns it.
//
// Errors: any of kind [ErrInvalidSignature], [ErrInvalidPayload] and [ErrTestWebhook], as an [*Error]; a
// [*HandlerError] after all handlers ran.
func (h *Handler) HandleWebhook(ctx context.Context, body []byte, signature string) (*Event, error) {
	var done dispatched
	if err := h.handle(ctx, string(body), signature, &done); err != nil {
		return nil, err
	}
	return done.event, nil
}

func (h *Handler) handle(ctx context.Context, body, signature string, done *dispatched) error {
	event, handlers, err := h.eventAndHandlers(body, signature)
	if err != nil {
		return err
	}
	done.event, done.handlers = event, len(handlers)
	return run(ctx, event, handlers, &done.failed)
}

// ConstructEvent is [Handler.HandleWebhook] without running handlers, for programs that dispatch later.
func (h *Handler) ConstructEvent(body []byte, signature string) (*Event, error) {
	return h.event(doConstruct, string(body), signature)
}

// ConstructEventScattered is [Handler.ConstructEvent] for a body that lies in several pieces, such as the buffers of a
// proxy. The event has a copy of them, joined, which is what is verified. A body over the cap is not copied.
func (h *Handler) ConstructEventScattered(pieces [][]byte, signature string) (*Event, error) {
	limit, err := h.maxBodyBytes()
	if err != nil {
		return nil, err
	}
	size := 0
	for _, piece := range pieces {
		if size += len(piece); int64(size) > limit {
			return nil, newError(codeBodyTooLarge)
		}
	}
	var body strings.Builder
	body.Grow(size)
	for _, piece := range pieces {
		body.Write(piece)
	}
	return h.event(doConstruct, body.String(), signature)
}

// ParseEvent reads a body WITHOUT CHECKING ANY SIGNATURE: for bodies that were verified before, such as those from a
// queue. Never use it for what comes from the network.
//
// Errors: any of kind [ErrInvalidPayload] and [ErrTestWebhook].
func (h *Handler) ParseEvent(body []byte) (*Event, error) {
	return h.event(doParse, string(body), "")
}

// VerifySignature checks the signature only; the body need not be JSON. The body is not copied, and must not change
// during the call.
//
// Errors: any of kind [ErrInvalidSignature], and [ErrBodyTooLarge].
func (h *Handler) VerifySignature(body []byte, signature string) (Verification, error) {
	return h.verify(body, signature)
}

// SignOption is an option of [GenerateSignature].
type SignOption func(*signing)

type signing struct {
	scheme Scheme
	at     time.Time
}

// SignedAt signs with this time, in whole seconds, in place of now. A signature of [SchemeBody] carries no time.
func SignedAt(at time.Time) SignOption {
	return func(s *signing) { s.at = at }
}

// SignedWith signs with this scheme in place of [SchemeV1].
func SignedWith(scheme Scheme) SignOption {
	return func(s *signing) { s.scheme = scheme }
}

// GenerateSignature makes the value of a signature header for a body, for tests and for senders. It is of [SchemeV1] and
// signed now, unless an option says otherwise.
//
// Errors: [ErrSecretNotConfigured] for an empty secret and [ErrInvalidSecret] for an unusable one; [ErrInvalidOption]
// for an unknown scheme, for a time outside the years 1970 to 9999, and for [SchemeBody] over a body that begins with a
// digit, which a receiver could take for a message of [SchemeV1].
func GenerateSignature(body []byte, secret string, options ...SignOption) (string, error) {
	// The language's own clock, which testing/synctest moves.
	how := signing{scheme: SchemeV1, at: time.Now()}
	for _, option := range options {
		if option != nil {
			option(&how)
		}
	}
	return generateSignature(body, secret, how.scheme, how.at)
}
