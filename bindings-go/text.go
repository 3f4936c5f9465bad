package tinkwebhooks

import (
	"bytes"
	"errors"
)

// IdempotencyKey names the occurrence that the event is about: 32 lower-case hex digits, the same for a copy, for a
// retry whatever its time of signing, and under every secret, as long as Tink sends the same bytes. It is what an effect
// is done once under.
//
// It is empty for events whose content does not name an occurrence: signals, which say "go and look" and of which two
// true ones can have equal bytes, the events of the community envelope, names that this version does not know, and
// deliveries in which a field that names the occurrence is missing or empty. docs/events.md lists the fields. Handle
// those each time they come.
//
// It is computed from the body at each call.
func (e *Event) IdempotencyKey() string {
	if e == nil || e.name == "" {
		return ""
	}
	return e.idempotencyKey()
}

// Serialize returns the event as one JSON text, for a queue: its body, its timestamp and its verification, with a
// version. It is the same text in every language of this library, each of which reads it; [Deserialize] does in Go. It
// holds the payload, and no secret. It is nil for an event that was not made by this package.
func (e *Event) Serialize() []byte {
	if e == nil || e.name == "" {
		return nil
	}
	return serialize(e.body.text(), e.millis, &e.proof)
}

// Deserialize makes an event from the text that [Event.Serialize] returned, here or in another language, with its type,
// timestamp and verification as they were. It CHECKS NO SIGNATURE: the event is as trustworthy as the queue.
//
// Errors: [ErrInvalidOption] for any other text; [ErrInvalidUTF8] if it is not UTF-8; [ErrBodyTooLarge] beyond 256 MiB;
// for a body that is no event, any of kind [ErrInvalidPayload] and [ErrTestWebhook].
func Deserialize(text []byte) (*Event, error) {
	if err := unusable(); err != nil {
		return nil, err
	}
	event, err := deserialize(text)
	if err != nil {
		return nil, err
	}
	return event, nil
}

// MarshalJSON is [Event.Serialize]: an event can be a part of what a queue's client encodes. An event that was not made
// by this package is an error.
func (e Event) MarshalJSON() ([]byte, error) {
	if text := e.Serialize(); text != nil {
		return text, nil
	}
	return nil, errors.New("tinkwebhooks: an event that was not made by this package has no text")
}

// UnmarshalJSON is [Deserialize], into an event that nothing else uses yet. It CHECKS NO SIGNATURE. A JSON null changes
// nothing, as everywhere in encoding/json.
func (e *Event) UnmarshalJSON(text []byte) error {
	if bytes.Equal(text, []byte("null")) {
		return nil
	}
	event, err := Deserialize(text)
	if err == nil {
		*e = *event
	}
	return err
}
