package tinkwebhooks_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

// sameEvent checks that two events are equal in all that can be read from them.
func sameEvent(t *testing.T, got, want *tinkwebhooks.Event) {
	t.Helper()
	gotProof, gotOK := got.Verification()
	wantProof, wantOK := want.Verification()
	switch {
	case got.Name() != want.Name() || got.Type() != want.Type(), !bytes.Equal(got.RawBody(), want.RawBody()),
		!bytes.Equal(got.Data(), want.Data()), !bytes.Equal(got.Context(), want.Context()),
		got.UserID() != want.UserID(), got.ExternalUserID() != want.ExternalUserID(),
		!got.Timestamp().Equal(want.Timestamp()), gotProof != wantProof, gotOK != wantOK:
		t.Errorf("got %v with %+v, want %v with %+v", got, gotProof, want, wantProof)
	}
}

func TestAnEventOfAStreamIsThatOfTheWhole(t *testing.T) {
	hooks := newHandler(t, tinkwebhooks.WithSecrets("the new one", secret), tinkwebhooks.WithClock(atNow))
	for name, body := range map[string]string{
		"plain":            account,
		"no data":          `{"event":"account:updated"}`,
		"escapes":          `{"event":"account\u003aupdated","context":{"userId":"\u00751","externalUserId":"\u00e9"},"content":[1]}`,
		"community":        `{"event":"refresh:finished","timestamp":1767225600123,"data":{"userId":"u1"}}`,
		"an unknown event": `{"event":"something:new","content":{"id":"a1"}}`,
	} {
		for _, scheme := range []tinkwebhooks.Scheme{tinkwebhooks.SchemeV1, tinkwebhooks.SchemeBody} {
			t.Run(name+", "+string(scheme), func(t *testing.T) {
				header := sign(t, body, tinkwebhooks.SignedWith(scheme), tinkwebhooks.SignedAt(now.Add(-7*time.Second)))
				want, err := hooks.ConstructEvent([]byte(body), header)
				if err != nil {
					t.Fatal(err)
				}
				stream := begin(t, hooks, header)
				for piece := []byte(body); len(piece) > 0; piece = piece[min(5, len(piece)):] {
					write(t, stream, string(piece[:min(5, len(piece))]))
				}
				kept := []byte(body)
				event, err := stream.FinishEvent(kept)
				if err != nil {
					t.Fatal(err)
				}
				clear(kept) // the event has a copy
				sameEvent(t, event, want)
				_, err = stream.FinishEvent([]byte(body))
				wantCode(t, err, tinkwebhooks.ErrAlreadyFinished)
				refused(t, stream, tinkwebhooks.ErrAlreadyFinished)
				_, err = stream.Write(nil)
				wantCode(t, err, tinkwebhooks.ErrAlreadyFinished)
			})
		}
	}
}

func TestAnEventOfAStreamIsDispatched(t *testing.T) {
	hooks := newHandler(t)
	var seen []*tinkwebhooks.Event
	failure := errors.New("no such account")
	register(t, hooks, "account:updated", func(_ context.Context, event *tinkwebhooks.Event) error {
		seen = append(seen, event)
		return failure
	})
	stream := begin(t, hooks, sign(t, account))
	write(t, stream, account)
	event, err := stream.FinishEvent([]byte(account))
	if err != nil {
		t.Fatal(err)
	}
	if err := hooks.Dispatch(context.Background(), event); !errors.Is(err, failure) || len(seen) != 1 || seen[0] != event {
		t.Errorf("%v, handlers saw %v", err, seen)
	}
}

func TestAnEventOfAStreamIsRefused(t *testing.T) {
	hooks := newHandler(t, tinkwebhooks.WithMaxBodyBytes(len(account)), tinkwebhooks.WithClock(atNow))
	const ping = `{"event":"test","content":{}}`
	old := tinkwebhooks.SignedAt(now.Add(-time.Hour))
	atTime := tinkwebhooks.SignedAt(now)
	for name, c := range map[string]struct {
		signature, written, body string
		want                     tinkwebhooks.ErrorCode
	}{
		"a shorter body":               {sign(t, account, atTime), account, account[1:], tinkwebhooks.ErrInvalidOption},
		"a longer body":                {sign(t, account, atTime), account, account + " ", tinkwebhooks.ErrInvalidOption},
		"no body":                      {sign(t, account, atTime), account, "", tinkwebhooks.ErrInvalidOption},
		"forged":                       {sign(t, ping, atTime), account, account, tinkwebhooks.ErrSignatureMismatch},
		"forged, and of another size":  {sign(t, ping, atTime), account, "", tinkwebhooks.ErrSignatureMismatch},
		"old":                          {sign(t, account, old), account, account, tinkwebhooks.ErrTimestampTooOld},
		"too large":                    {sign(t, account, atTime), account + " ", account + " ", tinkwebhooks.ErrBodyTooLarge},
		"no JSON":                      {sign(t, "{", atTime), "{", "{", tinkwebhooks.ErrInvalidPayload},
		"no object":                    {sign(t, "[]", atTime), "[]", "[]", tinkwebhooks.ErrNotAnObject},
		"the test ping":                {sign(t, ping, atTime), ping, ping, tinkwebhooks.ErrTestWebhook},
		"signed, but nothing was sent": {sign(t, account, atTime), "", account, tinkwebhooks.ErrSignatureMismatch},
	} {
		t.Run(name, func(t *testing.T) {
			stream := begin(t, hooks, c.signature)
			if _, err := stream.Write([]byte(c.written)); err != nil {
				wantCode(t, err, tinkwebhooks.ErrBodyTooLarge)
			}
			event, err := stream.FinishEvent([]byte(c.body))
			if wantCode(t, err, c.want); event != nil {
				t.Error("an event came with the error")
			}
			event, err = stream.FinishEvent([]byte(c.written))
			if wantCode(t, err, tinkwebhooks.ErrAlreadyFinished); event != nil {
				t.Error("an event came of a finished stream")
			}
		})
	}
	for name, stream := range map[string]*tinkwebhooks.VerificationStream{"zero": {}, "nil": nil} {
		event, err := stream.FinishEvent([]byte(account))
		if wantCode(t, err, tinkwebhooks.ErrAlreadyFinished); event != nil {
			t.Errorf("an event came of a stream that is %s", name)
		}
	}
}

// What the doc comment warns of: a caller that passes other bytes of the same length gets them back as verified.
func TestOnlyTheLengthOfTheBodyIsCompared(t *testing.T) {
	hooks := newHandler(t)
	stream := begin(t, hooks, sign(t, account))
	write(t, stream, account)
	other := bytes.Replace([]byte(account), []byte("u1"), []byte("u2"), 1)
	event, err := stream.FinishEvent(other)
	if err != nil || event.UserID() != "u2" {
		t.Errorf("%v, %v", event, err)
	}
}
