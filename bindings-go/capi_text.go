//go:build !wazero

package tinkwebhooks

// What C does for events as text. See capi.go.

/*
#include "shim.h"

#cgo noescape tw_key
#cgo nocallback tw_key
#cgo noescape tw_serialize
#cgo nocallback tw_serialize
#cgo noescape tw_deserialize
#cgo nocallback tw_deserialize
*/
import "C"

import "unsafe"

// buildDispatcher makes an object in C that has no secret.
func buildDispatcher() (core, error) {
	if otherLibrary != nil {
		return core{}, otherLibrary
	}
	return core{C.tink_webhooks_dispatcher_new()}, nil
}

func (e *Event) idempotencyKey() string {
	var key [C.TINK_WEBHOOKS_KEY_SIZE]C.char
	text, size := bytesOf(e.body.text())
	if !C.tw_key(text, size, &key[0]) {
		return ""
	}
	return C.GoString(&key[0])
}

func serialize(body string, millis int64, proven *proof) []byte {
	var verification C.tink_webhooks_verification
	switch proven.scheme {
	case SchemeV1:
		verification.scheme = C.TINK_WEBHOOKS_SCHEME_V1
	case SchemeBody:
		verification.scheme = C.TINK_WEBHOOKS_SCHEME_BODY
	}
	verification.secret_index = C.uint32_t(proven.secretIndex)
	verification.signed_at = C.int64_t(proven.signedAt)
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&verification.delivery_id)), len(proven.deliveryID)), proven.deliveryID[:])
	// Room for the escapes of a usual body.
	out := make([]byte, len(body)+len(body)/4+256)
	for {
		text, size := bytesOf(body)
		length := C.tw_serialize(text, size, C.int64_t(millis), &verification,
			(*C.uint8_t)(unsafe.SliceData(out)), C.size_t(len(out)))
		if int(length) <= len(out) {
			return out[:length:length]
		}
		out = make([]byte, length)
	}
}

func deserialize(text []byte) (*Event, *Error) {
	var result C.tw_delivery
	C.tw_deserialize((*C.uint8_t)(unsafe.SliceData(text)), C.size_t(len(text)), &result)
	if result.code != C.TINK_WEBHOOKS_OK {
		return nil, takeError(result.code, result.error)
	}
	body := C.tink_webhooks_event_raw_body(result.event)
	// At most 256 MiB, so the length fits.
	return take(&result, C.GoStringN((*C.char)(unsafe.Pointer(body.ptr)), C.int(body.len))), nil
}
