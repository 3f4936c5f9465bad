package tinkwebhooks

import (
	"context"
	"fmt"
	"reflect"
	"runtime/debug"
	"strings"
)

// HandlerError says that handlers failed. It wraps an [*Error] of kind [ErrHandlerFailed] and
// every handler's error, so that [errors.Is] and [errors.As] find them all.
type HandlerError struct {
	// Event is the event that was dispatched: a worker puts it back on its queue.
	Event *Event
	// Errors holds the error of every handler that failed, in the order they ran; a [*PanicError] for a panic. At least
	// one.
	Errors []error

	failure *Error
}

// Error gives the table's sentence, and each handler's error on a line of its own.
func (e *HandlerError) Error() string {
	var text strings.Builder
	text.WriteString(e.base().Error())
	for _, err := range e.Errors {
		fmt.Fprintf(&text, "\n%v", err) // not err.Error(): err may be a nil pointer that is no nil error
	}
	return text.String()
}

// Unwrap gives the [*Error] of kind [ErrHandlerFailed], and then every handler's error.
func (e *HandlerError) Unwrap() []error {
	return append([]error{e.base()}, e.Errors...)
}

func (e *HandlerError) base() *Error {
	if e.failure == nil { // not made by this package
		return newError(codeHandlerFailed)
	}
	return e.failure
}

// PanicError is the error of a handler that panicked.
type PanicError struct {
	// Value is what the handler called panic with.
	Value any
	// Stack is the goroutine's stack at that moment, as [debug.Stack] formats it.
	Stack []byte
}

// Error gives the value, not the stack.
func (e *PanicError) Error() string { return fmt.Sprintf("the handler panicked: %v", e.Value) }

// Unwrap gives the value if it is an error, otherwise nil.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// Dispatch runs the handlers of an event made earlier, by this Handler or another, one after the other, on the caller's
// goroutine: those of its type or, if that is unknown, of its exact name and then of "unknown"; then those of "*". All
// of them run, whatever each returns, and also if ctx is done: they get it as it is. What is registered or removed
// meanwhile counts from the next dispatch on.
//
// If handlers failed the error is a [*HandlerError]. No handler at all is success.
func (h *Handler) Dispatch(ctx context.Context, event *Event) error {
	if event == nil || event.name == "" {
		return refuseOption("the event is nil, or was not made by this package", nil)
	}
	handlers, err := h.matching(event.name)
	if err != nil {
		return err
	}
	return run(ctx, event, handlers)
}

// run holds no lock, so handlers may register, remove and dispatch.
func run(ctx context.Context, event *Event, handlers []HandlerFunc) error {
	var failed []error
	for _, handler := range handlers {
		if err := call(ctx, event, handler); err != nil {
			failed = append(failed, err)
		}
	}
	if failed == nil {
		return nil
	}
	return &HandlerError{Event: event, Errors: failed, failure: newError(codeHandlerFailed)}
}

func call(ctx context.Context, event *Event, handler HandlerFunc) (err error) {
	returned := false
	defer func() {
		if !returned { // and not only where the value is not nil: GODEBUG=panicnil=1 lets panic(nil) through
			err = &PanicError{Value: recover(), Stack: debug.Stack()}
		}
	}()
	err = handler(ctx, event)
	returned = true
	if value := reflect.ValueOf(err); value.Kind() == reflect.Pointer && value.IsNil() {
		// Whoever asked errors.As about it would call its methods.
		return fmt.Errorf("the handler returned a nil %T, which is not a nil error", err)
	}
	return err
}
