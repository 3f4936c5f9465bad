package tinkwebhooks_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand"

	"net/http/httptest"
	"slices"
	"strings"
	"testing"
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
