package tinkwebhooks

import (
	"context"
	"runtime"
)

// Dispatcher registers handlers and runs them for events that were verified elsewhere: for workers, which take events
// from a queue ([Deserialize]). It has no secret and verifies nothing; a [Handler] is one that also verifies. Make it
// once with [NewDispatcher], share it between goroutines, and keep it. The zero value and nil behave like closed ones.
type Dispatcher struct {
	// A Handler whose object in C has no secret. It is not exported: what verifies would always fail.
	handler *Handler
}

// NewDispatcher makes a Dispatcher without handlers.
//
// Errors: [ErrInvalidOption] where the library in C is not the one that this package was compiled for.
func NewDispatcher() (*Dispatcher, error) {
	built, err := buildDispatcher()
	if err != nil {
		return nil, err
	}
	h := &Handler{core: built, slots: map[uintptr]HandlerFunc{}}
	h.cleanup = runtime.AddCleanup(h, core.free, built)
	return &Dispatcher{h}, nil
}

// inner returns nil for nil, which is a closed Handler.
func (d *Dispatcher) inner() *Handler {
	if d == nil {
		return nil
	}
	return d.handler
}

// Dispatch runs the handlers of an event. It is [Handler.Dispatch].
func (d *Dispatcher) Dispatch(ctx context.Context, event *Event) error {
	return d.inner().Dispatch(ctx, event)
}

// RegisterHandler registers a handler for an event type. It is [Handler.RegisterHandler].
func (d *Dispatcher) RegisterHandler(
	eventType EventType, handler HandlerFunc, opts ...RegisterOption,
) (remove func(), err error) {
	return d.inner().RegisterHandler(eventType, handler, opts...)
}

// MustRegisterHandler is [Dispatcher.RegisterHandler], and panics where that returns an error: for registrations at the
// start of a program.
func (d *Dispatcher) MustRegisterHandler(
	eventType EventType, handler HandlerFunc, opts ...RegisterOption,
) (remove func()) {
	return d.inner().MustRegisterHandler(eventType, handler, opts...)
}

// UnregisterHandlers removes all handlers of a key. It is [Handler.UnregisterHandlers].
func (d *Dispatcher) UnregisterHandlers(eventType EventType) error {
	return d.inner().UnregisterHandlers(eventType)
}

// Handlers returns the registered handlers by key. It is [Handler.Handlers].
func (d *Dispatcher) Handlers() map[EventType][]HandlerFunc { return d.inner().Handlers() }

// Close frees the memory outside Go. It is [Handler.Close].
func (d *Dispatcher) Close() error { return d.inner().Close() }
