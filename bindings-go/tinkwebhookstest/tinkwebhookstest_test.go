package tinkwebhookstest_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/tinkwebhookstest"
)

const secret = "s3cret"

// names gives every event of the catalogue, from the vectors that are generated from it.
func names(t *testing.T) (names []tinkwebhooks.EventType) {
	t.Helper()
	text, err := os.ReadFile("../../tests/vectors/events.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Vectors []struct {
			Expect struct{ Name tinkwebhooks.EventType }
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	for _, vector := range file.Vectors {
		if name := vector.Expect.Name; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) < 19 {
		t.Fatalf("only %d names", len(names))
	}
	return names
}

func newHandler(t *testing.T, opts ...tinkwebhooks.Option) *tinkwebhooks.Handler {
	t.Helper()
	hooks, err := tinkwebhooks.NewHandler(append([]tinkwebhooks.Option{tinkwebhooks.WithSecret(secret)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { hooks.Close() })
	return hooks
}

// construct returns the event of a delivery that must be accepted.
func construct(t *testing.T, eventType tinkwebhooks.EventType, opts ...tinkwebhookstest.Option) *tinkwebhooks.Event {
	t.Helper()
	opts = append([]tinkwebhookstest.Option{tinkwebhookstest.WithSecret(secret)}, opts...)
	event, err := newHandler(t).ConstructEvent(tinkwebhookstest.NewDelivery(eventType, opts...))
	if err != nil {
		t.Fatal(err)
	}
	return event
}

func TestEveryKnownEvent(t *testing.T) {
	for _, name := range names(t) {
		event := construct(t, name)
		if event.Name() != string(name) || event.Type() == tinkwebhooks.TypeUnknown || string(event.Data()) == "{}" {
			t.Errorf("%s: %s with %s", name, event, event.Data())
		}
		if byType := construct(t, event.Type()); string(byType.RawBody()) != string(event.RawBody()) {
			t.Errorf("%s has two examples", name)
		}
	}
	if event := construct(t, "balance-check:completed"); event.Type() != tinkwebhooks.TypeUnknown ||
		event.Name() != "balance-check:completed" {
		t.Errorf("%s", event)
	}
	if event := construct(t, tinkwebhooks.TypeUnknown); event.Type() != tinkwebhooks.TypeUnknown {
		t.Errorf("%s", event)
	}
}

func TestFieldsInPlaceOfTheExamples(t *testing.T) {
	event := construct(t, "payment:updated", tinkwebhookstest.WithData(map[string]any{
		"amount": json.Number("1.50"), "status": tinkwebhooks.PaymentStatusFailed, "statusMessage": "<&>", "source": nil,
	}), tinkwebhookstest.WithContext(map[string]any{"userId": "u1"}))
	var payment tinkwebhooks.PaymentUpdated
	if err := event.DecodeData(&payment); err != nil {
		t.Fatal(err)
	}
	if payment.Amount != "1.50" || payment.Status != "FAILED" || payment.Currency != "EUR" || payment.Source != nil ||
		event.UserID() != "u1" || event.ExternalUserID() != "customer-1001" {
		t.Errorf("%+v for %s, %s", payment, event.UserID(), event.ExternalUserID())
	}
	if !strings.Contains(string(event.RawBody()), `"<&>"`) {
		t.Errorf("not as JSON.stringify writes it: %s", event.RawBody())
	}
	event = construct(t, "credentials.updated", tinkwebhookstest.WithData(map[string]any{"status": "x"}))
	if !strings.Contains(string(event.RawBody()), `"data":{`) || !strings.Contains(string(event.Data()), `"status":"x"`) {
		t.Errorf("%s", event.RawBody())
	}
	event = construct(t, "new:one", tinkwebhookstest.WithContext(map[string]any{"userId": "u1"}))
	if event.UserID() != "u1" {
		t.Errorf("%s", event.RawBody())
	}
	// The options do not change the examples themselves.
	if strings.Contains(string(tinkwebhookstest.ExampleBody("payment:updated")), "1.50") {
		t.Error("the example itself was changed")
	}
	tinkwebhookstest.ExampleBody("payment:updated")[0] = 'x'
	if tinkwebhookstest.ExampleBody("payment:updated")[0] != '{' {
		t.Error("the example itself was changed")
	}
}

func TestHowItIsSigned(t *testing.T) {
	at := time.Unix(1767225600, 0)
	hooks := newHandler(t, tinkwebhooks.WithClock(func() time.Time { return at }))
	v, err := hooks.VerifySignature(tinkwebhookstest.NewDelivery("refresh:finished",
		tinkwebhookstest.WithSecret(secret), tinkwebhookstest.WithTime(at), nil))
	if err != nil || !v.SignedAt.Equal(at) {
		t.Errorf("%+v, %v", v, err)
	}
	if v, _ := construct(t, "refresh:finished", tinkwebhookstest.WithScheme(tinkwebhooks.SchemeBody)).Verification(); v.Scheme != "body" {
		t.Errorf("%+v", v)
	}
	body, header := tinkwebhookstest.NewDelivery("test", tinkwebhookstest.WithSecret(secret), tinkwebhookstest.WithBody([]byte("[]")))
	if _, err := hooks.VerifySignature(body, header); string(body) != "[]" || !errors.Is(err, tinkwebhooks.ErrTimestampInFuture) {
		t.Errorf("%s, %v", body, err)
	}
	t.Setenv("TINK_WEBHOOK_SECRET", " "+secret+"\nold ")
	if _, err := newHandler(t).ConstructEvent(tinkwebhookstest.NewDelivery("refresh:finished")); err != nil {
		t.Error(err)
	}
}

func TestRequests(t *testing.T) {
	ran := 0
	hooks := newHandler(t)
	if _, err := hooks.RegisterHandler("refresh:finished", func(context.Context, *tinkwebhooks.Event) error { ran++; return nil }); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(hooks)
	defer server.Close()
	for _, test := range []struct {
		opts []tinkwebhookstest.Option
		want int
	}{
		{nil, 200},
		{[]tinkwebhookstest.Option{tinkwebhookstest.WithSecret("another")}, 401},
		{[]tinkwebhookstest.Option{tinkwebhookstest.WithSignature("t=1,v1=00")}, 401},
		{[]tinkwebhookstest.Option{tinkwebhookstest.WithSignature("")}, 401},
		{[]tinkwebhookstest.Option{tinkwebhookstest.WithTime(time.Now().Add(-time.Hour))}, 401},
	} {
		opts := append([]tinkwebhookstest.Option{tinkwebhookstest.WithSecret(secret)}, test.opts...)
		answer := httptest.NewRecorder()
		request := tinkwebhookstest.NewRequest("/webhooks/tink", "refresh:finished", opts...)
		hooks.ServeHTTP(answer, request)
		if answer.Code != test.want || request.URL.Path != "/webhooks/tink" || request.Method != http.MethodPost {
			t.Errorf("answered %d, want %d", answer.Code, test.want)
		}
		response, err := server.Client().Do(tinkwebhookstest.NewClientRequest(server.URL, "refresh:finished", opts...))
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if response.StatusCode != test.want {
			t.Errorf("answered %d %s, want %d", response.StatusCode, text, test.want)
		}
	}
	if ran != 2 {
		t.Errorf("%d ran", ran)
	}
}

func TestWhatPanics(t *testing.T) {
	t.Setenv("TINK_WEBHOOK_SECRET", "")
	for name, misuse := range map[string]func(){
		"no secret": func() { tinkwebhookstest.NewDelivery("refresh:finished") },
		"no JSON": func() {
			tinkwebhookstest.NewDelivery("refresh:finished", tinkwebhookstest.WithData(map[string]any{"x": make(chan int)}))
		},
		"no scheme": func() {
			tinkwebhookstest.NewDelivery("x", tinkwebhookstest.WithSecret(secret), tinkwebhookstest.WithScheme(""))
		},
		"no URL": func() { tinkwebhookstest.NewClientRequest(":", "x", tinkwebhookstest.WithSecret(secret)) },
	} {
		func() {
			defer func() {
				if value, ok := recover().(string); !ok || !strings.HasPrefix(value, "tinkwebhookstest: ") {
					t.Errorf("%s: recovered %v", name, value)
				}
			}()
			misuse()
		}()
	}
}
