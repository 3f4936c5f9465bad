package tinkwebhooks_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/quick"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

// acceptable reports whether err is nil or a documented error.
func acceptable(err error) bool {
	var known *tinkwebhooks.Error
	return err == nil || errors.As(err, &known) && known.Kind != "invalid_call" && known.HTTPStatus() >= 200
}

// FuzzDelivery checks that nothing panics for any body and header, that every error is a documented one, and that
// encoding/json accepts every body that the core accepts.
func FuzzDelivery(f *testing.F) {
	for _, body := range []string{
		account, `{"type":"credentials.updated","data":{"userId":"\u00e4"},"timestamp":"2026-01-05T08:06:45Z"}`,
		`{"event":"some\u003athing","content":[1e400]}`, `{"event":"test"}`, `[]`, "\xff", "\ufeff{}", `{"event":"a","event":"b"}`,
		`{"event":"a","content":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`, `{"event":"a","x":"\ud800"}`,
	} {
		f.Add([]byte(body), "t=1,v1="+strings.Repeat("0", 64), "some:thing")
	}
	hooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSecret(secret), tinkwebhooks.WithTolerance(time.Hour))
	if err != nil {
		f.Fatal(err)
	}
	defer hooks.Close()
	f.Fuzz(func(t *testing.T, body []byte, header, key string) {
		if _, err := hooks.HandleWebhook(context.Background(), body, header); !acceptable(err) {
			t.Errorf("%#v", err)
		}
		ran := 0
		remove, err := hooks.RegisterHandler(tinkwebhooks.EventType(key), func(context.Context, *tinkwebhooks.Event) error { ran++; return nil })
		defer remove()
		if !acceptable(err) {
			t.Errorf("%#v", err)
		}
		signed, err := tinkwebhooks.GenerateSignature(body, secret)
		if err != nil {
			t.Fatal(err)
		}
		event, err := hooks.HandleWebhook(context.Background(), body, signed)
		if errors.Is(err, tinkwebhooks.ErrInvalidSignature) || !acceptable(err) {
			t.Fatalf("%#v", err)
		}
		if err != nil {
			return
		}
		if !json.Valid(body) || event.Name() == "" || string(event.RawBody()) != string(body) {
			t.Errorf("accepted, and is no JSON to Go, or without a name: %q", body)
		}
		var data, payload any
		if err := errors.Join(event.DecodeData(&data), json.Unmarshal(event.RawBody(), &payload)); err != nil {
			t.Error(err)
		}
		if key == event.Name() && event.Type() == tinkwebhooks.TypeUnknown && key != "unknown" && key != "*" && ran > 1 {
			t.Errorf("ran %d times", ran)
		}
	})
}

func TestAnyOptionsGiveAnErrorOfTheTable(t *testing.T) {
	property := func(secrets []string, tolerance time.Duration, schemes []string, size int, sec, nsec int64) bool {
		opts := []tinkwebhooks.Option{
			tinkwebhooks.WithTolerance(tolerance), tinkwebhooks.WithMaxBodyBytes(size),
			tinkwebhooks.WithClock(func() time.Time { return time.Unix(sec, nsec) }),
		}
		if len(secrets) > 0 {
			opts = append(opts, tinkwebhooks.WithSecrets(secrets...))
		}
		for _, scheme := range schemes {
			opts = append(opts, tinkwebhooks.WithSchemes(tinkwebhooks.Scheme(scheme), "v1"))
		}
		hooks, err := tinkwebhooks.NewHandler(opts...)
		if err != nil {
			return acceptable(err)
		}
		defer hooks.Close()
		header, err := tinkwebhooks.GenerateSignature([]byte(account), secrets[0], tinkwebhooks.SignedAt(time.Unix(sec, nsec)))
		if err != nil {
			return acceptable(err)
		}
		_, err = hooks.ConstructEvent([]byte(account), header)
		return acceptable(err)
	}
	if err := quick.Check(property, &quick.Config{MaxCount: 2000}); err != nil {
		t.Error(err)
	}
}
