//go:build !wazero

package tinkwebhooks

// What this package has to do with C is in the files capi*.go; without cgo those named wasm*.go take their place. None of these functions calls back into
// Go or keeps a pointer to its memory, which noescape and nocallback tell the compiler.

/*
#include "shim.h"

#cgo noescape tw_finish
#cgo nocallback tw_finish
#cgo noescape tw_explain
#cgo nocallback tw_explain
#cgo noescape tw_register
#cgo nocallback tw_register
#cgo noescape tw_unregister
#cgo nocallback tw_unregister
#cgo noescape tw_listed
#cgo nocallback tw_listed
#cgo noescape tink_webhooks_builder_add_secret
#cgo nocallback tink_webhooks_builder_add_secret
#cgo noescape tink_webhooks_builder_set_environment
#cgo nocallback tink_webhooks_builder_set_environment
#cgo noescape tink_webhooks_builder_build
#cgo nocallback tink_webhooks_builder_build
#cgo noescape tink_webhooks_unregister_handlers
#cgo nocallback tink_webhooks_unregister_handlers
#cgo noescape tink_webhooks_get_handlers
#cgo nocallback tink_webhooks_get_handlers
#cgo noescape tink_webhooks_stream_begin
#cgo nocallback tink_webhooks_stream_begin
#cgo noescape tink_webhooks_stream_update
#cgo nocallback tink_webhooks_stream_update
#cgo noescape tink_webhooks_stream_free
#cgo nocallback tink_webhooks_stream_free
#cgo noescape tink_webhooks_example_body
#cgo nocallback tink_webhooks_example_body
#cgo noescape tink_webhooks_generate_signature
#cgo nocallback tink_webhooks_generate_signature
*/
import "C"

import (
	"fmt"
	"math"
	"os"
	"time"
	"unsafe"
)

// failureCode is what [newError] takes.
type failureCode = C.uint32_t

const (
	codeBodyTooLarge        C.uint32_t = C.TINK_WEBHOOKS_ERROR_BODY_TOO_LARGE
	codeHandlerFailed       C.uint32_t = C.TINK_WEBHOOKS_ERROR_HANDLER_FAILED
	codeSecretNotConfigured C.uint32_t = C.TINK_WEBHOOKS_ERROR_SECRET_NOT_CONFIGURED
	codeMethodNotAllowed    C.uint32_t = C.TINK_WEBHOOKS_ERROR_METHOD_NOT_ALLOWED
	codeUnreadableBody      C.uint32_t = C.TINK_WEBHOOKS_ERROR_UNREADABLE_BODY
	codeInvalidOption       C.uint32_t = C.TINK_WEBHOOKS_ERROR_INVALID_OPTION
	codeAlreadyFinished     C.uint32_t = C.TINK_WEBHOOKS_ERROR_ALREADY_FINISHED
	codeInProgress          C.uint32_t = C.TINK_WEBHOOKS_ERROR_IN_PROGRESS
	codeStoreUnavailable    C.uint32_t = C.TINK_WEBHOOKS_ERROR_STORE_UNAVAILABLE
)

// otherLibrary is the error for a library of another ABI version than the one this package was compiled for, or nil.
var otherLibrary = func() *Error {
	if abi := C.tink_webhooks_abi_version(); abi != C.TINK_WEBHOOKS_ABI_VERSION {
		return &Error{Kind: ErrInvalidConfig, Reason: ErrInvalidOption, Message: fmt.Sprintf(
			"libtink_webhooks has ABI version %d, and this package was compiled for %d", abi, C.TINK_WEBHOOKS_ABI_VERSION)}
	}
	return nil
}()

// hasClock: the library reads the system's clock itself.
const hasClock = true

// unusable returns why nothing of the library can be used, or nil.
func unusable() *Error { return otherLibrary }

// core is the object in C. The zero value has none.
type core struct{ hooks *C.tink_webhooks }

func (c core) open() bool { return c.hooks != nil }

func (c core) free() { C.tink_webhooks_free(c.hooks) }

func (c core) maxBodyBytes() int64 {
	return int64(min(C.tink_webhooks_max_body_bytes(c.hooks), math.MaxInt64))
}

// warnings returns what to log once about the secrets. No text contains any part of one.
func (c core) warnings() []string {
	var texts []string
	for {
		text := C.tink_webhooks_warning(c.hooks, C.size_t(len(texts)))
		if text.ptr == nil {
			return texts
		}
		texts = append(texts, C.GoStringN((*C.char)(unsafe.Pointer(text.ptr)), C.int(text.len)))
	}
}

// warning returns what to log where a handler is registered for a name that Tink does not send; most often empty.
func (t EventType) warning() string {
	name, size := bytesOf(string(t))
	text := C.tink_webhooks_event_type_warning(name, size)
	return C.GoStringN((*C.char)(unsafe.Pointer(text.ptr)), C.int(text.len))
}

func bytesOf(text string) (*C.uint8_t, C.size_t) {
	return (*C.uint8_t)(unsafe.Pointer(unsafe.StringData(text))), C.size_t(len(text))
}

// build makes the object in C. The builder remembers the failure of a setter, so the setters' results are not checked.
func build(chosen *options) (core, error) {
	if otherLibrary != nil {
		return core{}, otherLibrary
	}
	builder := C.tink_webhooks_builder_new()
	defer C.tink_webhooks_builder_free(builder)

	environment := ""
	if chosen.secrets == nil {
		environment = os.Getenv("TINK_WEBHOOK_SECRET")
	}
	value, size := bytesOf(environment)
	C.tink_webhooks_builder_set_environment(builder, value, size)
	secrets := chosen.secrets
	if chosen.severalGiven && len(secrets) == 1 && secrets[0] == "" {
		// An empty secret in a list is invalid, but C has no lists, and reports a single one as not configured. So it gets
		// two.
		secrets = []string{"", ""}
	}
	for _, secret := range secrets {
		value, size := bytesOf(secret)
		C.tink_webhooks_builder_add_secret(builder, value, size)
	}
	if chosen.windowOff {
		C.tink_webhooks_builder_disable_window(builder)
	} else if chosen.tolerance != nil {
		C.tink_webhooks_builder_set_tolerance(builder, C.double(chosen.tolerance.Seconds()))
	}
	if chosen.schemesGiven {
		C.tink_webhooks_builder_allow_schemes(builder, schemeFlags(chosen.schemes))
	}
	if chosen.maxBodyBytes != nil {
		// The core refuses 0, so a negative number is refused too.
		C.tink_webhooks_builder_set_max_body_bytes(builder, C.size_t(max(*chosen.maxBodyBytes, 0)))
	}
	if chosen.clock != nil {
		C.tw_use_clock(builder)
	}
	var hooks *C.tink_webhooks
	var failure *C.tink_webhooks_error
	if code := C.tink_webhooks_builder_build(builder, &hooks, &failure); code != C.TINK_WEBHOOKS_OK {
		return core{}, takeError(code, failure)
	}
	return core{hooks}, nil
}

// schemeFlags passes an unknown scheme on as an unknown flag, which the core refuses.
func schemeFlags(schemes []Scheme) C.uint32_t {
	var flags C.uint32_t
	for _, scheme := range schemes {
		switch scheme {
		case SchemeV1:
			flags |= C.TINK_WEBHOOKS_ALLOW_V1
		case SchemeBody:
			flags |= C.TINK_WEBHOOKS_ALLOW_BODY
		default:
			flags |= 1 << 31
		}
	}
	return flags
}

// takeError makes a Go error from a code and its object, which may be nil, and frees the object.
func takeError(code C.uint32_t, failure *C.tink_webhooks_error) *Error {
	var said C.tw_failure
	C.tw_explain(code, failure, &said)
	err := &Error{
		Kind:         ErrorCode(C.GoString(said.kind)),
		Reason:       ErrorCode(C.GoString(said.reason)),
		Message:      C.GoString(said.message),
		Hint:         C.GoString(said.hint),
		status:       int(said.http_status),
		hasAge:       bool(said.has_age),
		age:          int64(said.age),
		hasTolerance: bool(said.has_tolerance),
		tolerance:    uint64(said.tolerance),
	}
	C.tink_webhooks_error_free(failure)
	return err
}

// newError returns the error for a code, with the library's message.
func newError(code C.uint32_t) *Error { return takeError(code, nil) }

// pending is a verification in progress in C. The zero value has none.
type pending struct{ stream *C.tink_webhooks_stream }

func (p pending) open() bool { return p.stream != nil }

func (p pending) free() { C.tink_webhooks_stream_free(p.stream) }

func (c core) begin(signature string) (pending, error) {
	var stream *C.tink_webhooks_stream
	var failure *C.tink_webhooks_error
	header, size := bytesOf(signature)
	if code := C.tink_webhooks_stream_begin(c.hooks, header, size, &stream, &failure); code != C.TINK_WEBHOOKS_OK {
		return pending{}, takeError(code, failure)
	}
	return pending{stream}, nil
}

func (p pending) update(piece []byte) *Error {
	var failure *C.tink_webhooks_error
	text, size := (*C.uint8_t)(unsafe.SliceData(piece)), C.size_t(len(piece))
	if code := C.tink_webhooks_stream_update(p.stream, text, size, &failure); code != C.TINK_WEBHOOKS_OK {
		return takeError(code, failure)
	}
	return nil
}

// finish also frees the object. now is used only where the core has the clock of shim.c.
func (p pending) finish(now int64) (proof, *Error) {
	var proven C.tink_webhooks_verification
	var failure *C.tink_webhooks_error
	if code := C.tw_finish(p.stream, C.int64_t(now), &proven, &failure); code != C.TINK_WEBHOOKS_OK {
		return proof{}, takeError(code, failure)
	}
	return makeProof(&proven), nil
}

func makeProof(verification *C.tink_webhooks_verification) proof {
	proven := proof{secretIndex: int(verification.secret_index)}
	switch verification.scheme {
	case C.TINK_WEBHOOKS_SCHEME_V1:
		proven.scheme = SchemeV1
		proven.hasID = true
		proven.signedAt = int64(verification.signed_at)
		copy(proven.deliveryID[:], unsafe.Slice((*byte)(unsafe.Pointer(&verification.delivery_id)), len(proven.deliveryID)))
	case C.TINK_WEBHOOKS_SCHEME_BODY:
		proven.scheme = SchemeBody
	}
	return proven
}

func (c core) register(eventType EventType, slot uintptr, allowUnknown bool) error {
	var flags C.uint32_t
	if allowUnknown {
		flags = C.TINK_WEBHOOKS_REGISTER_ALLOW_UNKNOWN
	}
	var failure *C.tink_webhooks_error
	key, size := bytesOf(string(eventType))
	if code := C.tw_register(c.hooks, key, size, flags, C.uintptr_t(slot), &failure); code != C.TINK_WEBHOOKS_OK {
		return takeError(code, failure)
	}
	return nil
}

func (c core) unregister(eventType EventType) error {
	var failure *C.tink_webhooks_error
	key, size := bytesOf(string(eventType))
	if code := C.tink_webhooks_unregister_handlers(c.hooks, key, size, nil, &failure); code != C.TINK_WEBHOOKS_OK {
		return takeError(code, failure)
	}
	return nil
}

// unregisterOne reports whether the slot is gone from C.
func (c core) unregisterOne(key EventType, slot uintptr) bool {
	text, size := bytesOf(string(key))
	return C.tw_unregister(c.hooks, text, size, C.uintptr_t(slot)) == C.TINK_WEBHOOKS_OK
}

// list calls visit with the key and the slot of every handler, in order.
func (c core) list(visit func(key EventType, slot uintptr)) error {
	var listing *C.tink_webhooks_handlers
	var failure *C.tink_webhooks_error
	if code := C.tink_webhooks_get_handlers(c.hooks, &listing, &failure); code != C.TINK_WEBHOOKS_OK {
		return takeError(code, failure)
	}
	defer C.tink_webhooks_handlers_free(listing)
	for index := range C.tink_webhooks_handlers_count(listing) {
		var key C.tink_webhooks_slice
		var slot C.uintptr_t
		if code := C.tw_listed(listing, index, &key, &slot); code != C.TINK_WEBHOOKS_OK {
			return newError(code)
		}
		visit(EventType(C.GoStringN((*C.char)(unsafe.Pointer(key.ptr)), C.int(key.len))), uintptr(slot))
	}
	return nil
}

func generateSignature(body []byte, secret string, scheme Scheme, signedAt time.Time) (string, error) {
	if otherLibrary != nil {
		return "", otherLibrary
	}
	var number C.uint32_t // an unknown one is refused
	switch scheme {
	case SchemeV1:
		number = C.TINK_WEBHOOKS_SCHEME_V1
	case SchemeBody:
		number = C.TINK_WEBHOOKS_SCHEME_BODY
	}
	// The lowest number is C's "now", which no time may be equal to.
	at := max(C.int64_t(signedAt.Unix()), C.int64_t(C.TINK_WEBHOOKS_NOW)+1)
	var buffer [C.TINK_WEBHOOKS_SIGNATURE_SIZE]C.char
	var failure *C.tink_webhooks_error
	key, keySize := bytesOf(secret)
	code := C.tink_webhooks_generate_signature((*C.uint8_t)(unsafe.SliceData(body)), C.size_t(len(body)), key, keySize,
		number, at, &buffer[0], C.size_t(len(buffer)), &failure)
	if code != C.TINK_WEBHOOKS_OK {
		return "", takeError(code, failure)
	}
	return C.GoString(&buffer[0]), nil
}

// example returns the type with this number in the library, and the body of its example.
func example(number uint32) (eventType EventType, body string, ok bool) {
	name := C.tink_webhooks_type_name(C.uint32_t(number))
	if name == nil {
		return "", "", false
	}
	text := C.tink_webhooks_example_body(C.uint32_t(number))
	return EventType(C.GoString(name)), C.GoStringN((*C.char)(unsafe.Pointer(text.ptr)), C.int(text.len)), true
}
