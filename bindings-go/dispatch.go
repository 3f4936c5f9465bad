package tinkwebhooks

import (
	"context"
	"fmt"
	"reflect"
	"runtime/debug"
	"strings"
)

// HandlerError reports that handlers failed. It wraps an [*Error] of kind [ErrHandlerFailed] and every handler's error,
// so that [errors.Is] and [errors.As] find them all.
type HandlerError struct {
	// Event is the event that was dispatched. A worker can put it back on its queue.
	Event *Event
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

// Unwrap returns the [*Error] of kind [ErrHandlerFailed], then every handler's error.
func (e *HandlerError) Unwrap() []error {
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
	return &HandlerError{Event: event, Errors: failed, failure: newError(codeHandlerFailed)}
}

func each(ctx context.Context, event *Event, handlers []HandlerFunc, failed *[]error) {
	next := 0
	defer func() {
		if next < len(handlers) { // a handler called runtime.Goexit: the rest run while the goroutine ends
			*failed = append(*failed, &PanicError{Value: ErrGoexit, Stack: debug.Stack()})
			each(ctx, event, handlers[next+1:], failed)
		}
	}()
	for ; next < len(handlers); next++ {
		if err := call(ctx, event, handlers[next]); err != nil {
			*failed = append(*failed, err)
		}
	}
}

func call(ctx context.Context, event *Event, handler HandlerFunc) (err error) {
	returned := false
	defer func() {
		if !returned { // recover may return nil: GODEBUG=panicnil=1 allows panic(nil)
			err = &PanicError{Value: recover(), Stack: debug.Stack()}
		}
	}()
	err = handler(ctx, event)
	returned = true
	if value := reflect.ValueOf(err); value.Kind() == reflect.Pointer && value.IsNil() {
		// errors.As would call the methods of the nil pointer.
		return fmt.Errorf("the handler returned a nil %T, which is not a nil error", err)
	}
	return err
}
