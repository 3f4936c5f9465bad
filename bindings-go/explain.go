package tinkwebhooks

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// Explain says why a delivery does not verify, or that it does. It undoes what is known to happen to a body, a header or
// a secret on its way, computes the MAC again, and reports as proved only what then verifies.
//
// It is a tool for whoever looks for the fault, and not for the way of an answer: a search computes up to 50,000 MACs and
// hashes up to 128 MiB for them. What it finds is never a reason to accept a delivery. An empty signature is an absent
// header. The secrets are taken as they are, also those that no [Handler] accepts; one of fewer than 16 bytes proves
// nothing. now is for a delivery that was recorded; a zero time is now.
//
// The errors are that of a C library of another version, and of one that has no memory; without cgo that of a program
// without an engine, and of a module that has no memory or a mistake inside.
func Explain(body []byte, signature string, secrets []string, now time.Time) (*Explanation, error) {
	if err := unusable(); err != nil {
		return nil, err
	}
	if now.IsZero() {
		now = time.Now()
	}
	return explain(body, signature, secrets, now)
}

// started is a moment of which the time since then only grows.
var started = time.Now()

// tellWhy logs why a delivery was refused, where [WithExplainFailures] asks for it. The answer has been sent.
func (h *Handler) tellWhy(ctx context.Context, done *dispatched, err error) {
	var refused *Error
	if h == nil || !h.explainFailures || !errors.As(err, &refused) {
		return
	}
	// The others say what is the matter themselves.
	if refused.Reason != ErrSignatureMismatch && refused.Reason != ErrMalformedSignature {
		return
	}
	if !mayExplain(time.Since(started)) {
		return
	}
	callHook(ctx, h.log(), "explain", func() {
		now := time.Now()
		if h.clock != nil {
			now = h.clock()
		}
		if found, err := h.explainRefusal(done.body, done.signature, now); err == nil {
			h.log().LogAttrs(ctx, slog.LevelWarn, "tink webhook: explained: "+found.String(),
				slog.String("cause", string(found.Cause)), slog.Bool("proved", found.Proved))
		}
	})
}
