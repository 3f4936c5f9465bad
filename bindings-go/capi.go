package tinkwebhooks

// All that this package has to do with C is in this file. The functions that a delivery needs never call back into Go
// and keep no pointer to its memory, so Go is told that it need not prepare for either.

/*
#include "shim.h"

#cgo noescape tw_deliver
#cgo nocallback tw_deliver
#cgo noescape tw_matching
#cgo nocallback tw_matching
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
	"unsafe"
)

const (
	codeBodyTooLarge    C.uint32_t = C.TINK_WEBHOOKS_ERROR_BODY_TOO_LARGE
	codeHandlerFailed   C.uint32_t = C.TINK_WEBHOOKS_ERROR_HANDLER_FAILED
	codeInvalidOption   C.uint32_t = C.TINK_WEBHOOKS_ERROR_INVALID_OPTION
	codeAlreadyFinished C.uint32_t = C.TINK_WEBHOOKS_ERROR_ALREADY_FINISHED

	doVerify    C.int = C.TW_VERIFY
	doParse     C.int = C.TW_PARSE
	doConstruct C.int = C.TW_CONSTRUCT
	doHandle    C.int = C.TW_HANDLE
)

// otherLibrary is not nil where a library was linked that this package was not compiled for.
var otherLibrary = func() *Error {
	if abi := C.tink_webhooks_abi_version(); abi != C.TINK_WEBHOOKS_ABI_VERSION {
		return &Error{Kind: ErrInvalidConfig, Reason: ErrInvalidOption, Message: fmt.Sprintf(
			"libtink_webhooks has ABI version %d, and this package was compiled for %d", abi, C.TINK_WEBHOOKS_ABI_VERSION)}
	}
	return nil
}()

// core is the object in C. The zero value is none.
type core struct{ hooks *C.tink_webhooks }

func (c core) open() bool { return c.hooks != nil }

func (c core) free() { C.tink_webhooks_free(c.hooks) }

func (c core) maxBodyBytes() int64 {
	return int64(min(C.tink_webhooks_max_body_bytes(c.hooks), math.MaxInt64))
}

func bytesOf(text string) (*C.uint8_t, C.size_t) {
	return (*C.uint8_t)(unsafe.Pointer(unsafe.StringData(text))), C.size_t(len(text))
}

// build makes the object in C. What a setter fails with, the builder remembers.
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
		// An empty secret in a list. C has no lists, and takes one alone for "not configured"; two are a list.
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
		// The core refuses 0, and so what is below.
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

// takeError makes a Go error of a code and its object, which may be nil, and frees the object.
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

// newError is an error of the table with the table's own sentence.
func newError(code C.uint32_t) *Error { return takeError(code, nil) }

// event crosses into C once, twice with a clock of the user's, and makes an event of what came back. For doHandle the
// handlers to run are appended to room.
func (h *Handler) event(what C.int, body, signature string, room []HandlerFunc) (*Event, []HandlerFunc, error) {
	var result C.tw_delivery
	handlers, err := h.deliver(&result, what, unsafe.StringData(body), len(body), signature, room)
	if result.event != nil {
		defer C.tink_webhooks_event_free(result.event)
	}
	if err != nil {
		return nil, nil, err
	}
	cut := func(text *C.tw_text) string {
		switch {
		case text.outside == nil:
			return body[text.at : text.at+text.len]
		case result.event == nil: // static text
			return unsafe.String((*byte)(text.outside), text.len)
		default:
			return C.GoStringN((*C.char)(unsafe.Pointer(text.outside)), C.int(text.len))
		}
	}
	event := &Event{
		body:           hide(body),
		eventType:      EventType(cut(&result._type)),
		name:           cut(&result.name),
		data:           hide(cut(&result.data)),
		context:        hide(cut(&result.context)),
		userID:         hide(cut(&result.user_id)),
		externalUserID: hide(cut(&result.external_user_id)),
		millis:         int64(result.timestamp),
		proof:          makeProof(&result.verification),
	}
	return event, handlers, nil
}

func (h *Handler) verify(body []byte, signature string) (Verification, error) {
	var result C.tw_delivery
	if _, err := h.deliver(&result, doVerify, unsafe.SliceData(body), len(body), signature, nil); err != nil {
		return Verification{}, err
	}
	proven := makeProof(&result.verification)
	return proven.verification(), nil
}

// pending is a verification under way in C. The zero value is none.
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

// finish frees the object too. now counts where the core was given a clock.
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

func (h *Handler) deliver(
	result *C.tw_delivery, what C.int, body *byte, size int, signature string, room []HandlerFunc,
) ([]HandlerFunc, error) {
	if h == nil {
		return nil, closed()
	}
	clock := C.int(C.TW_CLOCK_SYSTEM)
	if h.clock != nil {
		clock = C.TW_CLOCK_UNREAD
	}
	handlers, err := h.cross(result, what, body, size, signature, clock, 0, room)
	if err == nil && result.needs_clock != 0 {
		// Read here, where no lock is held.
		now := C.int64_t(millis(h.clock()))
		handlers, err = h.cross(result, what, body, size, signature, C.TW_CLOCK_READ, now, room)
	}
	return handlers, err
}

func (h *Handler) cross(
	result *C.tw_delivery, what C.int, body *byte, size int, signature string, clock C.int, now C.int64_t,
	room []HandlerFunc,
) ([]HandlerFunc, error) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if !h.core.open() {
		return nil, closed()
	}
	header, headerSize := bytesOf(signature)
	C.tw_deliver(h.core.hooks, what, (*C.uint8_t)(body), C.size_t(size), header, headerSize, clock, now, result)
	switch {
	case result.code != C.TINK_WEBHOOKS_OK && result.needs_clock == 0:
		return nil, takeError(result.code, result.error)
	case result.matching <= C.TW_SLOTS:
		return h.lookUp(result.slots[:result.matching], room), nil
	}
	slots := make([]C.uintptr_t, result.matching)
	name, nameSize := (*C.uint8_t)(unsafe.Add(unsafe.Pointer(body), result.name.at)), result.name.len
	if result.name.outside != nil {
		name = result.name.outside
	}
	return h.match(name, nameSize, slots, room)
}

// matching gives the handlers for an event of this name.
func (h *Handler) matching(name string) ([]HandlerFunc, error) {
	if h == nil {
		return nil, closed()
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	if !h.core.open() {
		return nil, closed()
	}
	text, size := bytesOf(name)
	// No more handlers can match than there are.
	return h.match(text, size, make([]C.uintptr_t, len(h.slots)), nil)
}

// match is called with h.mu held.
func (h *Handler) match(
	name *C.uint8_t, size C.size_t, slots []C.uintptr_t, room []HandlerFunc,
) ([]HandlerFunc, error) {
	var count C.size_t
	code := C.tw_matching(h.core.hooks, name, size, unsafe.SliceData(slots), C.size_t(len(slots)), &count)
	if code != C.TINK_WEBHOOKS_OK {
		return nil, newError(code)
	}
	return h.lookUp(slots[:count], room), nil
}

// lookUp is called with h.mu held.
func (h *Handler) lookUp(slots []C.uintptr_t, room []HandlerFunc) []HandlerFunc {
	for _, slot := range slots {
		room = append(room, h.slots[uintptr(slot)])
	}
	return room
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

func generateSignature(body []byte, secret string, how signing) (string, error) {
	if otherLibrary != nil {
		return "", otherLibrary
	}
	var scheme C.uint32_t // an unknown one is refused
	switch how.scheme {
	case SchemeV1:
		scheme = C.TINK_WEBHOOKS_SCHEME_V1
	case SchemeBody:
		scheme = C.TINK_WEBHOOKS_SCHEME_BODY
	}
	at := C.int64_t(C.TINK_WEBHOOKS_NOW)
	if how.at != nil {
		// No time is mistaken for "now", which is the lowest number.
		at = max(C.int64_t(how.at.Unix()), at+1)
	}
	var buffer [C.TINK_WEBHOOKS_SIGNATURE_SIZE]C.char
	var failure *C.tink_webhooks_error
	key, keySize := bytesOf(secret)
	code := C.tink_webhooks_generate_signature((*C.uint8_t)(unsafe.SliceData(body)), C.size_t(len(body)), key, keySize,
		scheme, at, &buffer[0], C.size_t(len(buffer)), &failure)
	if code != C.TINK_WEBHOOKS_OK {
		return "", takeError(code, failure)
	}
	return C.GoString(&buffer[0]), nil
}

// example gives the name of a type and its example, of one of the library's numbers.
func example(number uint32) (eventType EventType, body string, ok bool) {
	name := C.tink_webhooks_type_name(C.uint32_t(number))
	if name == nil {
		return "", "", false
	}
	text := C.tink_webhooks_example_body(C.uint32_t(number))
	return EventType(C.GoString(name)), C.GoStringN((*C.char)(unsafe.Pointer(text.ptr)), C.int(text.len)), true
}
