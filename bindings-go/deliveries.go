package tinkwebhooks

import (
	"context"
	"strings"
)

// HandleWebhook verifies a delivery, reads it, runs the handlers registered for it ([Handler.Dispatch]), and returns the
// event.
//
// body is the raw body of the request, byte for byte. It is copied once, before it is verified, so a later change to it
// has no effect. signature is the value of the X-Tink-Signature header, empty where there is none, as r.Header.Get
// returns it.
//
// Errors: any of kind [ErrInvalidSignature], [ErrInvalidPayload] and [ErrTestWebhook], as an [*Error]; a
// [*HandlerError] after all handlers ran.
func (h *Handler) HandleWebhook(ctx context.Context, body []byte, signature string) (*Event, error) {
	var done dispatched
	if err := h.handle(ctx, string(body), signature, &done); err != nil {
		return nil, err
	}
	return done.event, nil
}

// dispatched is what was done about a delivery. It is filled in also where a handler ends the goroutine.
type dispatched struct {
	event  *Event // nil: refused, or not yet verified
	failed []error
}

func (h *Handler) handle(ctx context.Context, body, signature string, done *dispatched) error {
	var room [8]HandlerFunc
	event, handlers, err := h.event(doHandle, body, signature, room[:0])
	if err != nil {
		return err
	}
	done.event = event
	return run(ctx, event, handlers, &done.failed)
}

// ConstructEvent is [Handler.HandleWebhook] without running handlers, for programs that dispatch later.
func (h *Handler) ConstructEvent(body []byte, signature string) (*Event, error) {
	event, _, err := h.event(doConstruct, string(body), signature, nil)
	return event, err
}

// ConstructEventScattered is [Handler.ConstructEvent] for a body that lies in several pieces, such as the buffers of a
// proxy. The event has a copy of them, joined, which is what is verified. A body over the cap is not copied.
func (h *Handler) ConstructEventScattered(pieces [][]byte, signature string) (*Event, error) {
	limit, err := h.maxBodyBytes()
	if err != nil {
		return nil, err
	}
	size := 0
	for _, piece := range pieces {
		if size += len(piece); int64(size) > limit {
			return nil, newError(codeBodyTooLarge)
		}
	}
	var body strings.Builder
	body.Grow(size)
	for _, piece := range pieces {
		body.Write(piece)
	}
	event, _, err := h.event(doConstruct, body.String(), signature, nil)
	return event, err
}

// ParseEvent reads a body WITHOUT CHECKING ANY SIGNATURE: for bodies that were verified before, such as those from a
// queue. Never use it for what comes from the network.
//
// Errors: any of kind [ErrInvalidPayload] and [ErrTestWebhook].
func (h *Handler) ParseEvent(body []byte) (*Event, error) {
	event, _, err := h.event(doParse, string(body), "", nil)
	return event, err
}

// VerifySignature checks the signature only; the body need not be JSON. The body is not copied, and must not change
// during the call.
//
// Errors: any of kind [ErrInvalidSignature], and [ErrBodyTooLarge].
func (h *Handler) VerifySignature(body []byte, signature string) (Verification, error) {
	return h.verify(body, signature)
}
