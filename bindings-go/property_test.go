package tinkwebhooks_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/quick"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/tinkwebhookstest"
)

// mangler makes valid input invalid. Its choices depend on the seed alone.
type mangler struct{ *rand.Rand }

func (m mangler) text(right string) string {
	text := []byte(right)
	for range max(0, m.Intn(6)-2) {
		at := 0
		if len(text) > 0 {
			at = m.Intn(len(text))
		}
		switch piece := []string{"", "\x00", "\xff", "\"", "{", "}", ",", "=", "v1=", "t=", "\n", " ", "9", "é", "null",
			strings.Repeat("[", 130), strings.Repeat("9", 400), `\ud800`, `"event":"x",`}[m.Intn(19)]; m.Intn(3) {
		case 0:
			text = slices.Insert(text, at, []byte(piece)...)
		case 1:
			text = append(text[:at], piece...)
		default:
			text = append([]byte(piece), text[at:]...)
		}
	}
	return string(text)
}

// documented reports whether the package's documentation names err.
func documented(err error) bool {
	var misfit *tinkwebhooks.DataError
	return acceptable(err) || errors.As(err, &misfit)
}

// No argument of any function causes a panic or an undocumented error, and no error contains the secret.
func TestAnyCallGivesAnErrorOfTheTable(t *testing.T) {
	hooks := newHandler(t, tinkwebhooks.WithMaxBodyBytes(4000))
	t.Setenv("TINK_WEBHOOK_SECRET", secret)
	keepLog(t)
	types := []tinkwebhooks.EventType{"refresh:finished", "payment:updated", "mandate-payment:updated", "credentials.updated",
		"settlement-transaction:created", "actionable-insights:created", "some:thing", "test", "unknown", "*", ""}
	if _, err := tinkwebhooks.On(hooks, "*", func(_ context.Context, event *tinkwebhooks.Event, _ *any) error {
		return errors.Join(
			event.DecodeData(new(tinkwebhooks.PaymentUpdated)), event.DecodeData(new(tinkwebhooks.MandatePaymentUpdated)),
			event.DecodeData(new(tinkwebhooks.RefreshFinished)), event.DecodeData(new(tinkwebhooks.ActionableInsightsCreated)),
			event.DecodeData(new(tinkwebhooks.SettlementTransactionCreated)))
	}); err != nil {
		t.Fatal(err)
	}
	accepted := 0
	for seed := range int64(5000) {
		m := mangler{rand.New(rand.NewSource(seed))}
		eventType := types[m.Intn(len(types))]
		body := []byte(m.text(string(tinkwebhookstest.ExampleBody(eventType))))
		scheme, at := tinkwebhooks.Scheme(m.text("v1")), time.Now()
		if m.Intn(2) == 0 {
			scheme = "v1"
		}
		if m.Intn(8) == 0 {
			at = time.Unix(int64(m.Uint64()), int64(m.Uint64()))
		}
		header, signErr := tinkwebhooks.GenerateSignature(body, secret, tinkwebhooks.SignedWith(scheme), tinkwebhooks.SignedAt(at))
		if m.Intn(4) == 0 {
			header = m.text(header)
		}
		key := tinkwebhooks.EventType(m.text(string(eventType)))

		event, handleErr := hooks.HandleWebhook(context.Background(), body, header)
		_, constructErr := hooks.ConstructEvent(body, header)
		_, verifyErr := hooks.VerifySignature(body, header)
		parsed, parseErr := hooks.ParseEvent(body)
		var dispatchErr error
		if parsed != nil {
			dispatchErr = hooks.Dispatch(context.Background(), parsed)
		}
		remove, registerErr := hooks.RegisterHandler(key, noop)
		removeTyped, onErr := tinkwebhooks.On(hooks, key, takes[tinkwebhooks.PaymentUpdated]())
		remove()
		removeTyped()
		var unregisterErr error
		if key != tinkwebhooks.AllEvents {
			unregisterErr = hooks.UnregisterHandlers(key)
		}
		_, secretErr := tinkwebhooks.GenerateSignature(body, m.text(secret))
		for call, err := range map[string]error{
			"sign": signErr, "handle": handleErr, "construct": constructErr, "verify": verifyErr, "parse": parseErr,
			"dispatch": dispatchErr, "register": registerErr, "on": onErr, "unregister": unregisterErr, "secret": secretErr,
		} {
			if !documented(err) {
				t.Fatalf("seed %d: %s: %#v", seed, call, err)
			}
			if err != nil && strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), secret) {
				t.Fatalf("seed %d: %s: the error shows the secret", seed, call)
			}
		}
		if (event == nil) != (handleErr != nil) || (parsed == nil) != (parseErr != nil) {
			t.Fatalf("seed %d: an event with an error, or neither", seed)
		}
		if event != nil {
			accepted++
		}

		request := httptest.NewRequest("POST", "/", strings.NewReader(string(body)))
		request.Header[tinkwebhooks.SignatureHeader] = strings.SplitN(header, "9", 1+m.Intn(2))
		answer := httptest.NewRecorder()
		hooks.ServeHTTP(answer, request)
		if !slices.Contains([]int{200, 400, 401, 413, 500}, answer.Code) || answer.Code == 200 && handleErr != nil &&
			!errors.Is(handleErr, tinkwebhooks.ErrTestWebhook) {
			t.Fatalf("seed %d: answered %d after %v", seed, answer.Code, handleErr)
		}
		if text := strings.TrimSuffix(answer.Body.String(), "\n"); strings.Trim(text, "abcdefghijklmnopqrstuvwxyz_0123456789") != "" {
			t.Fatalf("seed %d: answered %q", seed, text)
		}
	}
	// Otherwise the test did not reach the rest.
	if accepted < 500 {
		t.Errorf("only %d deliveries were accepted", accepted)
	}
}

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
