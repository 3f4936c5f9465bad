package tinkwebhooks

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"
	"unsafe"
)

// Event is one event. It never changes, so any number of goroutines may share it.
//
// Package fmt and [log/slog] show its name, time and delivery id; neither payload nor user ids.
type Event struct {
	// The private copy of the body that was verified; the texts below are cut from it.
	body           hidden
	eventType      EventType
	name           string
	data           hidden
	context        hidden
	userID         hidden
	externalUserID hidden
	millis         int64
	proof          proof
}

// hidden is text that package fmt shows as an address and a number, also where it does not ask [Event.Format]: for %p,
// and for verbs it reports as wrong.
type hidden struct {
	at  *byte
	len int
}

func hide(text string) hidden { return hidden{unsafe.StringData(text), len(text)} }

func (h hidden) text() string { return unsafe.String(h.at, h.len) }

// proof is what was proven about a delivery, in the form that costs no allocation.
type proof struct {
	scheme      Scheme // empty: nothing was proven
	hasID       bool
	deliveryID  [32]byte
	secretIndex int
	signedAt    int64
}

// Verification is what was proven about a delivery.
type Verification struct {
	// Scheme is the scheme that matched.
	Scheme Scheme
	// SignedAt is when it was signed, in UTC; the zero time for [SchemeBody].
	SignedAt time.Time
	// SecretIndex tells which secret matched, counted from 0: shows when an old one is no longer in use.
	SecretIndex int
	// DeliveryID is the idempotency key, 32 hex digits: a delivery and its copy have the same, and Tink sends no other.
	// Empty for [SchemeBody], where two true events may have equal bytes.
	DeliveryID string
}

func (p *proof) verification() Verification {
	made := Verification{Scheme: p.scheme, SecretIndex: p.secretIndex}
	if p.hasID {
		made.SignedAt = time.Unix(p.signedAt, 0).UTC()
		made.DeliveryID = string(p.deliveryID[:])
	}
	return made
}

// Type is the event's type; [TypeUnknown] for a name this version does not know.
func (e *Event) Type() EventType { return e.eventType }

// Name is the event's exact name, such as "refresh:finished".
func (e *Event) Name() string { return e.name }

// Data is `content` (Events v2) or `data` (community envelope) as JSON text: any JSON value, `{}` where the payload has
// none, or null. The bytes are a copy, the caller's own. [Event.DecodeData] does without.
func (e *Event) Data() json.RawMessage { return json.RawMessage(e.data.text()) }

// DecodeData decodes the data into v, as [json.Unmarshal] does: into one of this package's structs, such as
// [PaymentUpdated], into your own, or into a map. Where the data does not fit, the error is a [*DataError].
//
// The strings in a map[string]any or an any keep the event's copy of the payload in memory; clone what you keep for
// long.
func (e *Event) DecodeData(v any) error { return fits(e, decode(e.data.text(), v)) }

// Context is `context` as JSON text if it is an object, otherwise nil. The bytes are a copy, the caller's own.
func (e *Event) Context() json.RawMessage {
	if e.context.len == 0 {
		return nil
	}
	return json.RawMessage(e.context.text())
}

// UserID is `userId` from the context, else from the data; empty where there is none.
func (e *Event) UserID() string { return e.userID.text() }

// ExternalUserID is `externalUserId`, found the same way.
func (e *Event) ExternalUserID() string { return e.externalUserID.text() }

// Timestamp is when it happened, in UTC: the payload's `timestamp`, else the verified time of signing, else the time of
// receipt. Cut to milliseconds.
func (e *Event) Timestamp() time.Time { return time.UnixMilli(e.millis).UTC() }

// RawBody is the whole payload: the bytes that were verified, in a copy that is the caller's own.
func (e *Event) RawBody() []byte { return []byte(e.body.text()) }

// Verification is what was proven about the delivery; ok is false for an event of [Handler.ParseEvent].
func (e *Event) Verification() (v Verification, ok bool) {
	if e.proof.scheme == "" {
		return Verification{}, false
	}
	return e.proof.verification(), true
}

// Format writes a summary without payload and user ids, whatever the verb: a log must not leak them. It has a value
// receiver, as LogValue does, so that a dereferenced event leaks nothing either.
func (e Event) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprintf(state, "Event(%q at %s", e.name, e.Timestamp().Format(time.RFC3339Nano))
	if e.proof.hasID {
		_, _ = fmt.Fprintf(state, ", delivery %s", e.proof.deliveryID[:])
	}
	_, _ = fmt.Fprint(state, ")")
}

// LogValue gives the same summary to [log/slog].
func (e Event) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("name", e.name), slog.Time("timestamp", e.Timestamp())}
	if e.proof.hasID {
		attrs = append(attrs, slog.String("delivery_id", string(e.proof.deliveryID[:])))
	}
	return slog.GroupValue(attrs...)
}

// fits makes a DataError of what json.Unmarshal returned. A target that cannot be decoded into is the caller's mistake,
// and told as it is.
func fits(event *Event, err error) error {
	var target *json.InvalidUnmarshalError
	if err == nil || errors.As(err, &target) {
		return err
	}
	return &DataError{Event: event.name, Err: err}
}
