package tinkwebhooks

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
	"unsafe"
)

// Scheme is how a delivery is signed.
type Scheme string

const (
	// SchemeV1 is the scheme of Events v2: `t=<unix seconds>,v1=<64 hex digits>`, HMAC-SHA256 over `<t>.<body>`.
	SchemeV1 Scheme = "v1"
	// SchemeBody is 64 hex digits alone: HMAC-SHA256 over the body. It carries no time, so such a delivery can be
	// replayed at any later time.
	SchemeBody Scheme = "body"
)

// Event is one event. It never changes, so goroutines may share it.
//
// Package fmt and [log/slog] print its name, timestamp and delivery id, but neither its payload nor user ids. Its JSON
// ([Event.MarshalJSON]) has the payload, so log the event itself, and no struct, map or slice that has it inside.
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

// hidden is text that package fmt prints as an address and a number, even where it does not call [Event.Format]: for
// %p, and for verbs that it reports as wrong.
type hidden struct {
	at  *byte
	len int
}

func hide(text string) hidden { return hidden{unsafe.StringData(text), len(text)} }

func (h hidden) text() string { return unsafe.String(h.at, h.len) }

// proof is a Verification in a form that needs no allocation.
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
	// SignedAt is the verified time of signing, in UTC; the zero time for [SchemeBody].
	SignedAt time.Time
	// SecretIndex is the index of the secret that matched, from 0. It shows when an old secret is no longer in use.
	SecretIndex int
	// DeliveryID names one signed delivery, for logs: the first 32 hex digits of its signature, too few to be replayed
	// as one. Empty for [SchemeBody]. A delivery that Tink sends again may be signed anew, so it does not tell whether
	// an event was seen before.
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

// Type returns the event's type; [TypeUnknown] for a name this version does not know.
func (e *Event) Type() EventType { return e.eventType }

// Name returns the event's exact name, such as "refresh:finished".
func (e *Event) Name() string { return e.name }

// Data returns `content` (Events v2) or `data` (community envelope) as JSON text: any JSON value, or `{}` where the
// payload has none, or null. The caller owns the bytes, which are a copy. [Event.DecodeData] needs no copy.
func (e *Event) Data() json.RawMessage { return json.RawMessage(e.data.text()) }

// DecodeData decodes the data into v, as [json.Unmarshal] does: into one of this package's structs, such as
// [PaymentUpdated], into your own, or into a map. Where the data does not fit, the error is a [*DataError].
//
// The result is exactly that of json.Unmarshal. Into a zero value, such as new(T), it comes several times as fast: the
// text was checked when it was verified, and how T is decoded is found out once per type. What holds something already
// is decoded by package json itself, and so is data in which a key of a struct comes twice or a value does not fit. In
// these cases an UnmarshalJSON of yours, if T contains one, may be called a second time for the same value.
//
// Strings refer to the event's copy of the payload, and keep it in memory. [strings.Clone] those that you keep for long.
func (e *Event) DecodeData(v any) error { return fits(e, decode(e.data.text(), v)) }

// Context returns `context` as JSON text if it is an object, otherwise nil. The caller owns the bytes, which are a
// copy.
func (e *Event) Context() json.RawMessage {
	if e.context.len == 0 {
		return nil
	}
	return json.RawMessage(e.context.text())
}

// UserID returns `userId` from the context, else from the data; empty where there is none.
func (e *Event) UserID() string { return e.userID.text() }

// ExternalUserID returns `externalUserId` from the context, else from the data; empty where there is none.
func (e *Event) ExternalUserID() string { return e.externalUserID.text() }

// Timestamp returns when the event happened, in UTC and whole milliseconds: the payload's `timestamp`, else the
// verified time of signing, else the time of receipt.
func (e *Event) Timestamp() time.Time { return time.UnixMilli(e.millis).UTC() }

// RawBody returns the whole payload, the bytes that were verified. The caller owns them; they are a copy.
func (e *Event) RawBody() []byte { return []byte(e.body.text()) }

// Verification returns what was proven about the delivery; ok is false for an event of [Handler.ParseEvent].
func (e *Event) Verification() (v Verification, ok bool) {
	if e.proof.scheme == "" {
		return Verification{}, false
	}
	return e.proof.verification(), true
}

// Format writes a summary without payload and user ids, whatever the verb, so that a log cannot leak them. It has a
// value receiver, like LogValue, so that a dereferenced event leaks nothing either.
func (e Event) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprintf(state, "Event(%q at %s", e.name, e.Timestamp().Format(time.RFC3339Nano))
	if e.proof.hasID {
		_, _ = fmt.Fprintf(state, ", delivery %s", e.proof.deliveryID[:])
	}
	_, _ = fmt.Fprint(state, ")")
}

// LogValue returns the same summary for [log/slog].
func (e Event) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("name", e.name), slog.Time("timestamp", e.Timestamp())}
	if e.proof.hasID {
		attrs = append(attrs, slog.String("delivery_id", string(e.proof.deliveryID[:])))
	}
	return slog.GroupValue(attrs...)
}

// fits makes a DataError of what json.Unmarshal returned. A target that cannot be decoded into is the caller's mistake,
// and is returned as it is.
func fits(event *Event, err error) error {
	if err == nil { // the usual case, and what is below allocates
		return nil
	}
	return unfit(event, err)
}

func unfit(event *Event, err error) error {
	var target *json.InvalidUnmarshalError
	if errors.As(err, &target) {
		return err
	}
	return &DataError{Event: event.name, Err: withoutValue(err)}
}

// withoutValue removes the value that did not fit from a copy of an error of the standard library: what logs a chain of
// errors must not log data.
func withoutValue(err error) error {
	var mistyped *json.UnmarshalTypeError
	var moment *time.ParseError
	switch {
	case errors.As(err, &mistyped):
		copied := *mistyped
		copied.Value, _, _ = strings.Cut(mistyped.Value, " ")
		return &copied
	case errors.As(err, &moment):
		return &time.ParseError{Layout: moment.Layout, Message: ": not a time in this layout"}
	}
	return err
}
