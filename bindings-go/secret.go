package tinkwebhooks

import (
	"crypto/rand"
	"sync"
	"sync/atomic"
)

// WithSecretFunc gives the secrets by a function, such as one that asks a secret manager. It is called at the first
// verification, and its secrets are kept; after an error, which the delivery fails with as [ErrSecretNotConfigured], it is
// called again by the next one. So a program starts before its secrets can be had, and Tink delivers again what came too
// early. Prefer [WithSecret] where you have the choice: it finds a missing secret when the program starts.
func WithSecretFunc(secrets func() ([]string, error)) Option {
	if secrets == nil {
		return WithSecret("") // not configured
	}
	return func(o *options) { o.secrets, o.secretFunc = nil, secrets }
}

// lateSecrets are secrets that the user's function has yet to give.
type lateSecrets struct {
	known  atomic.Bool
	mu     sync.Mutex // held while the function runs, so that it is called once
	give   func() ([]string, error)
	chosen options // without secrets
}

// begin takes the function out of the options, and puts a secret that nobody knows in its place.
func (o *options) begin() *lateSecrets {
	if o.secretFunc == nil {
		return nil
	}
	late := &lateSecrets{give: o.secretFunc, chosen: *o}
	o.secrets, o.severalGiven = []string{rand.Text()}, false
	return late
}

// settle makes sure that the secrets are known before a verification.
func (h *Handler) settle() error {
	if h == nil || h.late == nil || h.late.known.Load() {
		return nil
	}
	h.late.mu.Lock()
	defer h.late.mu.Unlock()
	if h.late.known.Load() {
		return nil
	}
	secrets, err := h.late.give()
	if err != nil {
		failure := newError(codeSecretNotConfigured)
		failure.Message, failure.cause = "the function that gives the secret failed: "+err.Error(), err
		return failure
	}
	chosen := h.late.chosen
	chosen.secrets, chosen.severalGiven = append([]string{}, secrets...), true
	built, err := build(&chosen)
	if err != nil {
		return err
	}
	warnings := built.warnings()
	if err := h.replace(built); err != nil {
		built.free()
		return err
	}
	h.late.known.Store(true)
	h.warn(warnings...)
	return nil
}
