//go:build !cgo || wazero

package tinkwebhooks

// What this package does without cgo is in the files wasm*.go, over package internal/wasm. With it those named capi*.go
// take their place.

import (
	"math"
	"os"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/wasm"
)

// failureCode is what [newError] takes.
type failureCode = ErrorCode

const (
	codeBodyTooLarge        = ErrBodyTooLarge
	codeHandlerFailed       = ErrHandlerFailed
	codeSecretNotConfigured = ErrSecretNotConfigured
	codeMethodNotAllowed    = ErrMethodNotAllowed
	codeUnreadableBody      = ErrUnreadableBody
	codeInvalidOption       = ErrInvalidOption
	codeAlreadyFinished     = ErrAlreadyFinished
	codeInProgress          = ErrInProgress
	codeStoreUnavailable    = ErrStoreUnavailable
)

// hasClock: the module has no clock, and is told the time.
const hasClock = false

// unusable returns why nothing of the library can be used, or nil.
func unusable() *Error {
	if wasm.Registered() != nil {
		return nil
	}
	return &Error{Kind: ErrInvalidConfig, Reason: ErrInvalidOption, Message: "this program was built without cgo, " +
		"where package tinkwebhooks needs an engine for WebAssembly: add " +
		"import _ \"github.com/tink-webhooks/tink-webhooks/bindings-go/wazeroengine\", or build with CGO_ENABLED=1 and a C compiler"}
}

// takeError makes a Go error from what the module says.
func takeError(failure *wasm.Failure) *Error {
	return &Error{
		Kind:         ErrorCode(failure.Kind),
		Reason:       ErrorCode(failure.Reason),
		Message:      failure.Message,
		Hint:         failure.Hint,
		status:       failure.Status,
		hasAge:       failure.HasAge,
		age:          failure.Age,
		hasTolerance: failure.HasTolerance,
		tolerance:    failure.Tolerance,
		cause:        failure.Cause,
	}
}

// asError keeps a nil failure a nil error.
func asError(failure *wasm.Failure) error {
	if failure == nil {
		return nil
	}
	return takeError(failure)
}

// newError returns the error for a reason, with the library's message.
func newError(reason failureCode) *Error {
	if reason == codeAlreadyFinished { // which the core does not know: see bindings-c/src/codes.rs
		return &Error{Kind: ErrInvalidCall, Reason: ErrAlreadyFinished, status: 500,
			Message: "the verification was finished before, and is used up"}
	}
	if err := unusable(); err != nil {
		return err
	}
	return takeError(wasm.Registered().Fail(string(reason)))
}

// core is the object in the module. The zero value has none.
type core struct{ handler *wasm.Handler }

func (c core) open() bool { return c.handler != nil }

func (c core) free() { c.handler.Free() }

func (c core) maxBodyBytes() int64 { return c.handler.MaxBodyBytes() }

// warnings returns what to log once about the secrets. No text contains any part of one.
func (c core) warnings() []string { return c.handler.Warnings() }

// warning returns what to log where a handler is registered for a name that Tink does not send; most often empty.
func (t EventType) warning() string {
	if wasm.Registered() == nil {
		return ""
	}
	text, _ := wasm.Registered().KeyWarning(string(t)) // what fails here fails in the registration
	return text
}

// build makes the object in the module.
func build(chosen *options) (core, error) {
	if err := unusable(); err != nil {
		return core{}, err
	}
	config := wasm.Config{Secrets: chosen.secrets, Several: chosen.severalGiven, WindowOff: chosen.windowOff,
		SchemesSet: chosen.schemesGiven}
	if chosen.secrets == nil {
		config.Environment = true
		if value := os.Getenv("TINK_WEBHOOK_SECRET"); value != "" {
			config.Secrets = []string{value}
		}
	}
	if chosen.tolerance != nil {
		seconds := chosen.tolerance.Seconds()
		config.Tolerance = &seconds
	}
	for _, scheme := range chosen.schemes {
		config.Schemes = append(config.Schemes, scheme.asText())
	}
	if chosen.maxBodyBytes != nil {
		// The core refuses 0, so a negative number is refused too. The module takes a number that a double can hold.
		bytes := float64(min(max(*chosen.maxBodyBytes, 0), math.MaxInt32))
		config.Cap = &bytes
	}
	made, failure := wasm.Registered().Verifier(&config)
	if failure != nil {
		return core{}, takeError(failure)
	}
	return core{made}, nil
}

// buildDispatcher makes an object in the module that has no secret.
func buildDispatcher() (core, error) {
	if err := unusable(); err != nil {
		return core{}, err
	}
	return core{wasm.Registered().Handler()}, nil
}

// pending is a verification in progress in the module. The zero value has none.
type pending struct{ stream *wasm.Stream }

func (p pending) open() bool { return p.stream != nil }

func (p pending) free() { p.stream.Free() }

func (c core) begin(signature string) (pending, error) {
	stream, failure := c.handler.Begin(signature)
	if failure != nil {
		return pending{}, takeError(failure)
	}
	return pending{stream}, nil
}

// isText refuses what cannot be passed to the module as text.
func (t EventType) isText() error {
	if utf8.ValidString(string(t)) {
		return nil
	}
	err := newError(ErrUnknownEventType)
	err.Message = "not an event type: the text is not UTF-8"
	return err
}

// asText keeps what is not UTF-8 unknown.
func (s Scheme) asText() string { return strings.ToValidUTF8(string(s), "\uFFFD") }

func (c core) register(eventType EventType, slot uintptr, allowUnknown bool) error {
	if err := eventType.isText(); err != nil {
		return err
	}
	return asError(c.handler.Register(string(eventType), uint32(slot), allowUnknown))
}

func (c core) unregister(eventType EventType) error {
	if err := eventType.isText(); err != nil {
		return err
	}
	return asError(c.handler.Unregister(string(eventType)))
}

// unregisterOne reports whether the slot is gone from the module.
func (c core) unregisterOne(key EventType, slot uintptr) bool {
	return c.handler.UnregisterSlot(string(key), uint32(slot))
}

// list calls visit with the key and the slot of every handler, in order.
func (c core) list(visit func(key EventType, slot uintptr)) error {
	return asError(c.handler.List(func(key string, slot uint32) { visit(EventType(key), uintptr(slot)) }))
}

// matching returns the slots of the handlers for an event of this name.
func (c core) matching(name string, _ int) ([]uint32, error) {
	known, failure := typesOf()
	if failure != nil {
		return nil, takeError(failure)
	}
	slots, failure := c.handler.Matching(known.numbers[name], name)
	return slots, asError(failure)
}

// types are what the module knows of types of events.
type types struct {
	byNumber map[uint32]EventType
	numbers  map[string]uint32 // by wire name
}

var theTypes atomic.Pointer[types]

// typesOf asks the module once. After a failure it is asked again.
func typesOf() (*types, *wasm.Failure) {
	if known := theTypes.Load(); known != nil {
		return known, nil
	}
	found := &types{map[uint32]EventType{}, map[string]uint32{}}
	failure := wasm.Registered().EventTypes(func(number uint32, eventType, name string) {
		found.byNumber[number], found.numbers[name] = EventType(eventType), number
	})
	if failure == nil {
		theTypes.Store(found)
	}
	return found, failure
}

func generateSignature(body []byte, secret string, scheme Scheme, signedAt time.Time) (string, error) {
	if err := unusable(); err != nil {
		return "", err
	}
	header, failure := wasm.Registered().Sign(string(body), secret, scheme.asText(), signedAt.Unix())
	return header, asError(failure)
}

// example returns the type with this number in the module, and the body of its example.
func example(number uint32) (eventType EventType, body string, ok bool) {
	if wasm.Registered() == nil {
		return "", "", false
	}
	known, failure := typesOf()
	if failure != nil {
		return "", "", false
	}
	if eventType, ok = known.byNumber[number]; !ok {
		return "", "", false
	}
	body, failure = wasm.Registered().ExampleBody(string(eventType))
	return eventType, body, failure == nil
}
