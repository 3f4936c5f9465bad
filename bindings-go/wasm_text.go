//go:build !cgo || wazero

package tinkwebhooks

// What the module does for events as text. See wasm.go.

import (
	"unsafe"

	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/wasm"
)

func (e *Event) idempotencyKey() string {
	known, failure := typesOf()
	if failure != nil {
		panic(takeError(failure))
	}
	body, data := e.body.text(), e.data.text()
	// Where the data is in the body; a body without any has another text for it.
	start := uintptr(unsafe.Pointer(unsafe.StringData(data))) - uintptr(unsafe.Pointer(unsafe.StringData(body)))
	if start >= uintptr(len(body)) || known.numbers[e.name] == 0 {
		return ""
	}
	key, failure := wasm.Registered().IdempotencyKey(known.numbers[e.name], body, int(start), int(start)+len(data))
	if failure != nil {
		panic(takeError(failure))
	}
	return key
}

func serialize(body string, millis int64, proven *proof) []byte {
	stored := wasm.Stored{SignedAt: proven.signedAt, SecretIndex: proven.secretIndex}
	switch proven.scheme {
	case SchemeV1:
		stored.Scheme = 1
	case SchemeBody:
		stored.Scheme = 2
	}
	if proven.hasID {
		stored.DeliveryID = string(proven.deliveryID[:])
	}
	text, failure := wasm.Registered().Serialize(body, millis, &stored)
	if failure != nil {
		panic(takeError(failure))
	}
	return text
}

func deserialize(text []byte) (*Event, *Error) {
	var answer wasm.Answer
	body, failure := wasm.Registered().Deserialize(string(text), &answer)
	if failure != nil {
		return nil, takeError(failure)
	}
	return makeEvent(&answer, body)
}
