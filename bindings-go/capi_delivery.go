//go:build !wazero

package tinkwebhooks

// What C does for a delivery. See capi.go.

/*
#include "shim.h"

#cgo noescape tw_deliver
#cgo nocallback tw_deliver
#cgo noescape tw_finish_event
#cgo nocallback tw_finish_event
*/
import "C"

import "unsafe"

const (
	doVerify    C.int = C.TW_VERIFY
	doParse     C.int = C.TW_PARSE
	doConstruct C.int = C.TW_CONSTRUCT
)

// event calls C once, or twice with a clock of the user's, and makes an event from the result.
func (h *Handler) event(what C.int, body, signature string) (*Event, error) {
	var result C.tw_delivery
	if _, err := h.deliver(&result, what, unsafe.StringData(body), len(body), signature, false); err != nil {
		return nil, err
	}
	return take(&result, body), nil
}

// eventAndHandlers is event with the handlers that are to run for it, which the caller must not change. They are those
// that were registered while the event was verified.
func (h *Handler) eventAndHandlers(body, signature string) (*Event, []HandlerFunc, error) {
	var result C.tw_delivery
	handlers, err := h.deliver(&result, doConstruct, unsafe.StringData(body), len(body), signature, true)
	if err != nil {
		C.tink_webhooks_event_free(result.event)
		return nil, nil, err
	}
	return take(&result, body), handlers, nil
}

// finishEvent also frees the stream. now is used only where the core has the clock of shim.c.
func (p pending) finishEvent(body string, now int64) (*Event, *Error) {
	var result C.tw_delivery
	text, size := bytesOf(body)
	C.tw_finish_event(p.stream, text, size, C.int64_t(now), &result)
	if result.code != C.TINK_WEBHOOKS_OK {
		return nil, takeError(result.code, result.error)
	}
	return take(&result, body), nil
}

// take makes an event from a result for this body, and frees what C allocated for it.
func take(result *C.tw_delivery, body string) *Event {
	if result.event != nil {
		defer C.tink_webhooks_event_free(result.event)
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
	return &Event{
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
}

func (h *Handler) verify(body []byte, signature string) (Verification, error) {
	var result C.tw_delivery
	if _, err := h.deliver(&result, doVerify, unsafe.SliceData(body), len(body), signature, false); err != nil {
		return Verification{}, err
	}
	proven := makeProof(&result.verification)
	return proven.verification(), nil
}

func (h *Handler) deliver(
	result *C.tw_delivery, what C.int, body *byte, size int, signature string, toHandle bool,
) ([]HandlerFunc, error) {
	if h == nil {
		return nil, closed()
	}
	if what != doParse {
		if err := h.settle(); err != nil {
			return nil, err
		}
	}
	clock := C.int(C.TW_CLOCK_SYSTEM)
	if h.clock != nil {
		clock = C.TW_CLOCK_UNREAD
	}
	handlers, err := h.cross(result, what, body, size, signature, clock, 0, toHandle)
	if err == nil && result.needs_clock != 0 {
		// Read here, where no lock is held.
		now := C.int64_t(millis(h.clock()))
		handlers, err = h.cross(result, what, body, size, signature, C.TW_CLOCK_READ, now, toHandle)
	}
	return handlers, err
}

func (h *Handler) cross(
	result *C.tw_delivery, what C.int, body *byte, size int, signature string, clock C.int, now C.int64_t, toHandle bool,
) ([]HandlerFunc, error) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if !h.core.open() {
		return nil, closed()
	}
	header, headerSize := bytesOf(signature)
	C.tw_deliver(h.core.hooks, what, (*C.uint8_t)(body), C.size_t(size), header, headerSize, clock, now, result)
	switch {
	case result.needs_clock != 0:
		return nil, nil
	case result.code != C.TINK_WEBHOOKS_OK:
		return nil, takeError(result.code, result.error)
	case !toHandle:
		return nil, nil
	}
	name := (*byte)(result.name.outside)
	if name == nil {
		name = (*byte)(unsafe.Add(unsafe.Pointer(body), result.name.at))
	}
	return h.route(unsafe.String(name, result.name.len))
}
