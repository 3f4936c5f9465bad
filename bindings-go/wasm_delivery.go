//go:build !cgo || wazero

package tinkwebhooks

// What the module does for a delivery. See wasm.go.

import (
	"encoding/hex"
	"time"
	"unsafe"

	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/wasm"
)

const (
	doVerify    = wasm.Verify
	doParse     = wasm.Parse
	doConstruct = wasm.Construct
)

// event calls the module once, or twice with a clock of the user's, and makes an event from the answer.
func (h *Handler) event(what int, body, signature string) (*Event, error) {
	var answer wasm.Answer
	if _, err := h.deliver(&answer, what, body, signature, false); err != nil {
		return nil, err
	}
	return take(&answer, body)
}

// eventAndHandlers is event with the handlers that are to run for it, which the caller must not change. They are those
// that were registered while the event was verified.
func (h *Handler) eventAndHandlers(body, signature string) (*Event, []HandlerFunc, error) {
	var answer wasm.Answer
	handlers, err := h.deliver(&answer, doConstruct, body, signature, true)
	if err != nil {
		return nil, nil, err
	}
	event, err := take(&answer, body)
	return event, handlers, err
}

func (p pending) update(piece []byte) *Error {
	if failure := p.stream.Update(unsafe.String(unsafe.SliceData(piece), len(piece))); failure != nil {
		return takeError(failure)
	}
	return nil
}

// finish also frees the object.
func (p pending) finish(now int64) (proof, *Error) {
	var answer wasm.Answer
	if failure := p.stream.Finish(now, &answer); failure != nil {
		return proof{}, takeError(failure)
	}
	return makeProof(&answer), nil
}

// finishEvent also frees the stream.
func (p pending) finishEvent(body string, now int64) (*Event, *Error) {
	var answer wasm.Answer
	if failure := p.stream.FinishEvent(body, now, &answer); failure != nil {
		return nil, takeError(failure)
	}
	return makeEvent(&answer, body)
}

func take(answer *wasm.Answer, body string) (*Event, error) {
	event, err := makeEvent(answer, body)
	if err != nil {
		return nil, err
	}
	return event, nil
}

// makeEvent makes an event from the answer for this body.
func makeEvent(answer *wasm.Answer, body string) (*Event, *Error) {
	known, failure := typesOf()
	if failure != nil {
		return nil, takeError(failure)
	}
	eventType, ok := known.byNumber[uint32(answer.Numbers[3])]
	if !ok {
		eventType = TypeUnknown
	}
	cut := func(at int) string {
		if answer.Numbers[at] < 0 {
			return ""
		}
		return body[int(answer.Numbers[at]):int(answer.Numbers[at+1])]
	}
	data := cut(8)
	if data == "" {
		data = "{}"
	}
	return &Event{
		body:           hide(body),
		eventType:      eventType,
		name:           decoded(answer, body, 5),
		data:           hide(data),
		context:        hide(cut(10)),
		userID:         hide(decoded(answer, body, 12)),
		externalUserID: hide(decoded(answer, body, 15)),
		millis:         int64(answer.Numbers[4]),
		proof:          makeProof(answer),
	}, nil
}

// decoded returns a string of the body: three numbers, of which the last says that it has escapes.
func decoded(answer *wasm.Answer, body string, at int) string {
	if answer.Numbers[at] < 0 {
		return ""
	}
	start, end := int(answer.Numbers[at]), int(answer.Numbers[at+1])
	if answer.Numbers[at+2] == 0 {
		return body[start:end]
	}
	d := decoder{text: body[:end], backslash: -1}
	return d.escaped(start, end)
}

// hexDigits has the digits of every byte: of package hex each would take two steps, in every delivery.
var hexDigits = func() (pairs [256][2]byte) {
	for value := range pairs {
		hex.Encode(pairs[value][:], []byte{byte(value)})
	}
	return pairs
}()

func makeProof(answer *wasm.Answer) proof {
	proven := proof{secretIndex: int(answer.Numbers[2])}
	switch answer.Numbers[0] {
	case 1:
		proven.scheme = SchemeV1
		proven.hasID = true
		proven.signedAt = int64(answer.Numbers[1])
		for at, value := range answer.DeliveryID {
			copy(proven.deliveryID[2*at:], hexDigits[value][:])
		}
	case 2:
		proven.scheme = SchemeBody
	}
	return proven
}

func (h *Handler) verify(body []byte, signature string) (Verification, error) {
	var answer wasm.Answer
	text := unsafe.String(unsafe.SliceData(body), len(body)) // for the call only
	if _, err := h.deliver(&answer, doVerify, text, signature, false); err != nil {
		return Verification{}, err
	}
	proven := makeProof(&answer)
	return proven.verification(), nil
}

func (h *Handler) deliver(
	answer *wasm.Answer, what int, body, signature string, toHandle bool,
) ([]HandlerFunc, error) {
	if h == nil {
		return nil, closed()
	}
	if what != doParse {
		if err := h.settle(); err != nil {
			return nil, err
		}
	}
	ask, now := h.clock != nil, int64(0)
	if !ask {
		now = time.Now().UnixMilli()
	}
	asked, handlers, err := h.cross(answer, what, body, signature, ask, now, toHandle)
	if err == nil && asked {
		// Read here, where no lock is held.
		now = millis(h.clock())
		_, handlers, err = h.cross(answer, what, body, signature, false, now, toHandle)
	}
	return handlers, err
}

func (h *Handler) cross(
	answer *wasm.Answer, what int, body, signature string, ask bool, now int64, toHandle bool,
) (asked bool, handlers []HandlerFunc, err error) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if !h.core.open() {
		return false, nil, closed()
	}
	asked, failure := h.core.handler.Deliver(what, body, signature, ask, now, answer)
	switch {
	case failure != nil:
		return false, nil, takeError(failure)
	case asked || !toHandle:
		return asked, nil, nil
	}
	handlers, err = h.route(decoded(answer, body, 5))
	return false, handlers, err
}
