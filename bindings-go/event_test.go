package tinkwebhooks_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

func parse(t testing.TB, body string) *tinkwebhooks.Event {
	t.Helper()
	event, err := newHandler(t, tinkwebhooks.WithClock(atNow)).ParseEvent([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return event
}

func TestAllOfAnEvent(t *testing.T) {
	body := `{"event":"payment:updated","timestamp":"2026-01-05T08:06:45.123+01:00",` +
		`"context":{"userId":"u1","externalUserId":"customer-1"},"content":{"id":"p1","amount":10.50}}`
	event := parse(t, body)
	for _, pair := range [][2]any{
		{event.Type(), tinkwebhooks.TypePaymentUpdated},
		{event.Name(), "payment:updated"},
		{string(event.Data()), `{"id":"p1","amount":10.50}`},
		{string(event.Context()), `{"userId":"u1","externalUserId":"customer-1"}`},
		{event.UserID(), "u1"},
		{event.ExternalUserID(), "customer-1"},
		{event.Timestamp(), time.Date(2026, 1, 5, 7, 6, 45, 123e6, time.UTC)},
		{string(event.RawBody()), body},
	} {
		if pair[0] != pair[1] {
			t.Errorf("got %v, want %v", pair[0], pair[1])
		}
	}
	if v, ok := event.Verification(); ok || v != (tinkwebhooks.Verification{}) {
		t.Errorf("a parsed event has proven %+v", v)
	}
	var payment struct {
		ID     string
		Amount json.Number
	}
	if err := event.DecodeData(&payment); err != nil || payment.ID != "p1" || payment.Amount != "10.50" {
		t.Errorf("decoded %+v, %v", payment, err)
	}
	var wrong []int
	var typeError *json.UnmarshalTypeError
	if err := event.DecodeData(&wrong); !errors.As(err, &typeError) {
		t.Errorf("decoded an object as a list: %v", err)
	}
}

func TestWhatIsMissing(t *testing.T) {
	for _, body := range []string{`{"event":"some:thing"}`, `{"event":"some:thing","content":null,"context":[]}`} {
		event := parse(t, body)
		if event.Type() != tinkwebhooks.TypeUnknown || event.Name() != "some:thing" {
			t.Errorf("%s %q", event.Type(), event.Name())
		}
		if string(event.Data()) != "{}" || event.Context() != nil || event.UserID() != "" || event.ExternalUserID() != "" {
			t.Errorf("%s %s %q %q", event.Data(), event.Context(), event.UserID(), event.ExternalUserID())
		}
		if !event.Timestamp().Equal(now) || event.Timestamp().Location() != time.UTC {
			t.Errorf("not the time of receipt: %s", event.Timestamp())
		}
	}
}

func TestEscapesAreDecoded(t *testing.T) {
	event := parse(t, `{"event":"some\u003athing","content":{"userId":"anv\u00e4ndare","externalUserId":"a\u0000b"}}`)
	if event.Name() != "some:thing" || event.UserID() != "användare" || event.ExternalUserID() != "a\x00b" {
		t.Errorf("%q %q %q", event.Name(), event.UserID(), event.ExternalUserID())
	}
	if string(event.Data()) != `{"userId":"anv\u00e4ndare","externalUserId":"a\u0000b"}` {
		t.Errorf("data is not as it was delivered: %s", event.Data())
	}
	// Only one of the three has an escape.
	event = parse(t, `{"event":"account:updated","content":{"userId":"u1","externalUserId":"\u0061"}}`)
	if event.Name() != "account:updated" || event.UserID() != "u1" || event.ExternalUserID() != "a" {
		t.Errorf("%q %q %q", event.Name(), event.UserID(), event.ExternalUserID())
	}
}

func TestNothingShowsThePayload(t *testing.T) {
	const private = "anna-andersson"
	body := `{"event":"payment:updated","context":{"userId":"` + private + `","externalUserId":"` + private + `"},` +
		`"content":{"payee":"` + private + `"}}`
	hooks := newHandler(t)
	event, err := hooks.ConstructEvent([]byte(body), sign(t, body))
	if err != nil {
		t.Fatal(err)
	}
	failed := &tinkwebhooks.HandlerError{Event: event, Errors: []error{errors.New("away")}}
	proof, _ := event.Verification()

	var shown strings.Builder
	things := []any{event, *event, []*tinkwebhooks.Event{event}, struct{ E tinkwebhooks.Event }{*event},
		map[string]any{"event": *event}, failed, *failed, hooks, tinkwebhooks.WithSecret(secret)}
	for _, verb := range strings.Fields("%v %+v %#v %s %q %d %x %X %t %T %p %w %!") {
		for _, thing := range things {
			fmt.Fprintf(&shown, verb+"\n", thing)
		}
	}
	var logged bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&logged, nil), slog.NewJSONHandler(&logged, nil)} {
		slog.New(handler).Info("got", "event", event, "copy", *event)
		slog.New(handler).Error("failed", "error", failed, "inside", struct{ Err error }{failed})
	}
	for _, thing := range things[:5] {
		slog.New(slog.NewTextHandler(&logged, nil)).Info("got", "event", thing)
	}
	for name, text := range map[string]string{"fmt": shown.String(), "slog": logged.String()} {
		for _, hidden := range []string{private, fmt.Sprintf("%x", private), fmt.Sprintf("%X", private), secret} {
			if strings.Contains(text, hidden) {
				t.Errorf("%s shows %s", name, hidden)
			}
		}
		if !strings.Contains(text, "payment:updated") || !strings.Contains(text, proof.DeliveryID) {
			t.Errorf("%s does not show which event it was: %s", name, text)
		}
	}
	var none *tinkwebhooks.Event
	if text := fmt.Sprintf("%v", none); text != "<nil>" {
		t.Errorf("a nil event is shown as %s", text)
	}
}

func TestAnEventOfABodyInPieces(t *testing.T) {
	hooks := newHandler(t, tinkwebhooks.WithClock(atNow), tinkwebhooks.WithMaxBodyBytes(len(account)))
	header := sign(t, account, tinkwebhooks.SignedAt(now))
	want, err := hooks.ConstructEvent([]byte(account), header)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{0, 1, 20, len(account) - 1, len(account)} {
		pieces := [][]byte{[]byte(account[:at]), nil, []byte(account[at:])}
		event, err := hooks.ConstructEventScattered(pieces, header)
		if err != nil {
			t.Fatal(err)
		}
		for _, piece := range pieces {
			clear(piece)
		}
		proof, ok := event.Verification()
		wanted, _ := want.Verification()
		if !ok || proof != wanted || string(event.RawBody()) != account || !event.Timestamp().Equal(want.Timestamp()) {
			t.Errorf("cut at %d: got %v with %+v, want %v", at, event, proof, want)
		}
	}
	for name, test := range map[string]struct {
		pieces [][]byte
		code   tinkwebhooks.ErrorCode
	}{
		"forged":    {[][]byte{[]byte(account[1:]), []byte(account[:1])}, tinkwebhooks.ErrSignatureMismatch},
		"none":      {nil, tinkwebhooks.ErrSignatureMismatch},
		"too large": {[][]byte{[]byte(account), []byte(" ")}, tinkwebhooks.ErrBodyTooLarge},
	} {
		if _, err := hooks.ConstructEventScattered(test.pieces, header); err == nil {
			t.Errorf("%s: accepted", name)
		} else {
			wantCode(t, err, test.code)
		}
	}
	hooks.Close()
	_, err = hooks.ConstructEventScattered(nil, header)
	wantCode(t, err, tinkwebhooks.ErrInvalidOption)
}
