package tinkwebhooks

import (
	"context"
	"fmt"
	"reflect"
	"strings"
)

// Registrar is what handlers are registered with: a [*Handler] or a [*Dispatcher].
type Registrar interface {
	// RegisterHandler is [Handler.RegisterHandler].
	RegisterHandler(eventType EventType, handler HandlerFunc, opts ...RegisterOption) (remove func(), err error)
}

// On registers a handler that receives the event's data decoded, into one of this package's structs or into a type of
// your own.
//
//	remove, err := tinkwebhooks.On(hooks, "payment:updated",
//		func(ctx context.Context, event *tinkwebhooks.Event, payment *tinkwebhooks.PaymentUpdated) error {
//			return store(ctx, payment.ID, payment.Status)
//		})
//
// h is a [*Handler] or a [*Dispatcher]. Otherwise it is like [Handler.RegisterHandler]. If the data does not fit T, the handler is not called, and counts as
// one that failed with a [*DataError].
//
// Errors: those of [Handler.RegisterHandler], and [ErrInvalidOption] where T is this package's struct for other events.
func On[T any](
	h Registrar, eventType EventType, handler func(ctx context.Context, event *Event, data *T) error,
	opts ...RegisterOption,
) (remove func(), err error) {
	if handler == nil {
		return func() {}, refuseOption("the handler is a nil function", nil)
	}
	if h == nil {
		return func() {}, closed()
	}
	if err := suits(eventType, reflect.TypeFor[T]()); err != nil {
		return func() {}, err
	}
	return h.RegisterHandler(eventType, func(ctx context.Context, event *Event) error {
		data := new(T)
		if err := event.DecodeData(data); err != nil {
			return err
		}
		return handler(ctx, event, data)
	}, opts...)
}

// MustOn is [On], and panics where it returns an error: for registrations at the start of a program.
func MustOn[T any](
	h Registrar, eventType EventType, handler func(ctx context.Context, event *Event, data *T) error,
	opts ...RegisterOption,
) (remove func()) {
	remove, err := On(h, eventType, handler, opts...)
	if err != nil {
		panic(err)
	}
	return remove
}

// suits refuses the struct of one event for another event, and for all events. Names that this version does not know may
// have any type.
func suits(eventType EventType, asked reflect.Type) error {
	for asked.Kind() == reflect.Pointer {
		asked = asked.Elem()
	}
	documented := dataTypes[eventType.canonical()]
	if documented == asked || documented == nil && eventType != AllEvents {
		return nil
	}
	for _, other := range dataTypes {
		if other == asked {
			return refuseOption(fmt.Sprintf("%s is not the data of %q", asked, string(eventType)), nil)
		}
	}
	return nil // a type of the user's
}

// canonical is the spelling of the constants; for names that are known.
func (t EventType) canonical() EventType {
	return EventType(strings.NewReplacer(":", "_", ".", "_", "-", "_").Replace(string(t)))
}
