package tinkwebhooks_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

func takes[T any]() func(context.Context, *tinkwebhooks.Event, *T) error {
	return func(context.Context, *tinkwebhooks.Event, *T) error { return nil }
}

func TestTypedHandlers(t *testing.T) {
	hooks := newHandler(t)
	var seen []string
	remove, err := tinkwebhooks.On(hooks, "account:updated",
		func(_ context.Context, event *tinkwebhooks.Event, data *tinkwebhooks.AccountUpdated) error {
			seen = append(seen, event.UserID()+" "+data.ID)
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	// A type of the user's. Each handler has its own value: the next one does not see its changes.
	type own struct{ ID json.RawMessage }
	for range 2 {
		_, err = tinkwebhooks.On(hooks, tinkwebhooks.AllEvents, func(_ context.Context, _ *tinkwebhooks.Event, data *own) error {
			seen = append(seen, string(data.ID))
			data.ID[1] = 'x'
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	event := parse(t, account)
	for range 2 {
		if err := hooks.Dispatch(context.Background(), event); err != nil {
			t.Fatal(err)
		}
		remove()
	}
	if got := strings.Join(seen, ","); got != `u1 a1,"a1","a1","a1","a1"` {
		t.Errorf("seen %s", got)
	}
}

func TestTypedHandlersOfTheWrongType(t *testing.T) {
	hooks := newHandler(t)
	refused := func(want tinkwebhooks.ErrorCode) func(remove func(), err error) {
		return func(remove func(), err error) {
			t.Helper()
			wantCode(t, err, want)
			remove()
		}
	}
	for _, key := range []tinkwebhooks.EventType{"refresh:finished", "refresh_finished", "credentials.refresh.failed", "*"} {
		refused(tinkwebhooks.ErrInvalidOption)(tinkwebhooks.On(hooks, key, takes[tinkwebhooks.PaymentUpdated]()))
	}
	refused(tinkwebhooks.ErrUnknownEventType)(tinkwebhooks.On(hooks, "payments:updated", takes[tinkwebhooks.PaymentUpdated]()))
	refused(tinkwebhooks.ErrInvalidOption)(tinkwebhooks.On[string](hooks, "*", nil))
	refused(tinkwebhooks.ErrInvalidOption)(tinkwebhooks.On(nil, "payment:updated", takes[tinkwebhooks.PaymentUpdated]()))
	if handlers := hooks.Handlers(); len(handlers) != 0 {
		t.Errorf("registered %v", handlers)
	}
	for _, key := range []tinkwebhooks.EventType{"payment:updated", tinkwebhooks.TypePaymentUpdated, "unknown", "refund:updated"} {
		if _, err := tinkwebhooks.On(hooks, key, takes[tinkwebhooks.PaymentUpdated]()); err != nil {
			t.Error(err)
		}
	}
	if _, err := tinkwebhooks.On(hooks, "payments:updated", takes[tinkwebhooks.PaymentUpdated](), tinkwebhooks.AllowUnknown()); err != nil {
		t.Error(err)
	}
}

func TestDataThatDoesNotFit(t *testing.T) {
	hooks := newHandler(t)
	if _, err := tinkwebhooks.On(hooks, "payment:updated",
		func(context.Context, *tinkwebhooks.Event, *tinkwebhooks.PaymentUpdated) error {
			t.Error("the handler ran")
			return nil
		}); err != nil {
		t.Fatal(err)
	}
	for content, field := range map[string]string{
		`[]`:                                     "",
		`"anna"`:                                 "",
		`{"amount":"anna"}`:                      "amount",
		`{"amount":"1e"}`:                        "amount",
		`{"amount":[1]}`:                         "amount",
		`{"amount":true}`:                        "amount",
		`{"created":"anna"}`:                     "created",
		`{"created":1.5}`:                        "created",
		`{"created":98765432109876543210}`:       "created",
		`{"destination":{"type":987654321}}`:     "destination.type",
		`{"remittanceInformation":{"value":{}}}`: "remittanceInformation.value",
	} {
		body := `{"event":"payment:updated","content":` + content + `}`
		_, err := hooks.HandleWebhook(context.Background(), []byte(body), sign(t, body))
		wantCode(t, err, tinkwebhooks.ErrHandlerFailed)
		var misfit *tinkwebhooks.DataError
		var cause *json.UnmarshalTypeError
		if !errors.As(err, &misfit) || !errors.As(err, &cause) || misfit.Event != "payment:updated" || cause.Field != field {
			t.Errorf("%s: %#v", content, err)
			continue
		}
		if strings.Contains(err.Error(), "anna") || strings.Contains(err.Error(), "98765") {
			t.Errorf("%s: the error shows the payload: %v", content, err)
		}
		if !strings.Contains(err.Error(), field) || !strings.Contains(err.Error(), "payment:updated") {
			t.Errorf("%s: the error does not say where: %v", content, err)
		}
	}
	// The caller's mistake is no DataError.
	var target *json.InvalidUnmarshalError
	if err := parse(t, account).DecodeData(nil); !errors.As(err, &target) {
		t.Error(err)
	}
}

func TestMust(t *testing.T) {
	hooks := newHandler(t)
	typed := func(context.Context, *tinkwebhooks.Event, *tinkwebhooks.AccountUpdated) error {
		return errors.New("typed")
	}
	removers := []func(){
		tinkwebhooks.MustOn(hooks, "account:updated", typed),
		hooks.MustRegisterHandler("account:updatedd", noop, tinkwebhooks.AllowUnknown()),
		hooks.MustRegisterHandler("*", func(context.Context, *tinkwebhooks.Event) error { return errors.New("every") }),
	}
	_, err := hooks.HandleWebhook(context.Background(), []byte(account), sign(t, account))
	var failed *tinkwebhooks.HandlerError
	if !errors.As(err, &failed) || len(failed.Errors) != 2 {
		t.Errorf("ended in %v", err)
	}
	for _, remove := range removers {
		remove()
	}
	if left := hooks.Handlers(); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	for name, register := range map[string]func(){
		"MustOn":              func() { tinkwebhooks.MustOn(hooks, "acount:updated", typed) },
		"MustRegisterHandler": func() { hooks.MustRegisterHandler("acount:updated", noop) },
	} {
		func() {
			defer func() {
				err, _ := recover().(error)
				if wantCode(t, err, tinkwebhooks.ErrUnknownEventType); !strings.Contains(err.Error(), "account:updated") {
					t.Errorf("%s: panicked with %v", name, err)
				}
			}()
			register()
			t.Errorf("%s accepted a typo", name)
		}()
	}
}
