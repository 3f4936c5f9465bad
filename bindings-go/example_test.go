package tinkwebhooks_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/tinkwebhookstest"
)

func Example() {
	// Without WithSecret: the secrets of TINK_WEBHOOK_SECRET.
	hooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSecret("s3cret"), tinkwebhooks.WithSchemes(tinkwebhooks.SchemeV1))
	if err != nil {
		log.Fatal(err)
	}
	defer hooks.Close()

	_, err = hooks.RegisterHandler("refresh:finished", func(_ context.Context, event *tinkwebhooks.Event) error {
		var refresh tinkwebhooks.RefreshFinished
		if err := event.DecodeData(&refresh); err != nil {
			return err
		}
		fmt.Println(event.UserID(), refresh.CredentialsStatus)
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}

	// In your endpoint: the raw body, and r.Header.Get("X-Tink-Signature").
	body := []byte(`{"event":"refresh:finished","context":{"userId":"u1"},"content":{"credentialsStatus":"UPDATED"}}`)
	header, err := tinkwebhooks.GenerateSignature(body, "s3cret")
	if err != nil {
		log.Fatal(err)
	}
	if _, err := hooks.HandleWebhook(context.Background(), body, header); err != nil {
		log.Fatal(err)
	}
	// Output: u1 UPDATED
}

func ExampleNewHandler() {
	hooks, err := tinkwebhooks.NewHandler(
		tinkwebhooks.WithSecrets("the new secret", "the old secret"), // while you change them
		tinkwebhooks.WithSchemes(tinkwebhooks.SchemeV1),              // you receive Events v2 only
		tinkwebhooks.WithLogger(slog.New(slog.DiscardHandler)),       // without: slog's default
		tinkwebhooks.WithOnError(func(r *http.Request, err error) {
			var refused *tinkwebhooks.Error
			if errors.As(err, &refused) {
				fmt.Println(r.URL.Path, refused.Reason) // count it
			}
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	defer hooks.Close()

	request := tinkwebhookstest.NewRequest("/webhooks/tink", "refresh:finished", tinkwebhookstest.WithSecret("another"))
	hooks.ServeHTTP(httptest.NewRecorder(), request)
	// Output: /webhooks/tink signature_mismatch
}

func ExampleOn() {
	hooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSecret("s3cret"), tinkwebhooks.WithSchemes(tinkwebhooks.SchemeV1))
	if err != nil {
		log.Fatal(err)
	}
	defer hooks.Close()

	_, err = tinkwebhooks.On(hooks, tinkwebhooks.TypePaymentUpdated,
		func(_ context.Context, event *tinkwebhooks.Event, payment *tinkwebhooks.PaymentUpdated) error {
			if payment.Status == tinkwebhooks.PaymentStatusSent {
				fmt.Println(event.UserID(), payment.Amount, payment.Currency)
			}
			return nil
		})
	if err != nil {
		log.Fatal(err)
	}

	body := []byte(`{"event":"payment:updated","context":{"userId":"u1"},"content":{"status":"SENT","amount":23.00,"currency":"EUR"}}`)
	header, err := tinkwebhooks.GenerateSignature(body, "s3cret")
	if err != nil {
		log.Fatal(err)
	}
	if _, err := hooks.HandleWebhook(context.Background(), body, header); err != nil {
		log.Fatal(err)
	}
	// Output: u1 23.00 EUR
}

func ExampleOn_ownType() {
	hooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSecret("s3cret"))
	if err != nil {
		log.Fatal(err)
	}
	defer hooks.Close()

	// An event that this version does not know yet.
	type balance struct {
		AccountID string              `json:"accountId"`
		Amount    tinkwebhooks.Number `json:"amount"`
	}
	_, err = tinkwebhooks.On(hooks, "balance-check:completed", func(_ context.Context, _ *tinkwebhooks.Event, data *balance) error {
		fmt.Println(data.AccountID, data.Amount)
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	event, err := hooks.ParseEvent([]byte(`{"event":"balance-check:completed","content":{"accountId":"a1","amount":7.10}}`))
	if err != nil {
		log.Fatal(err)
	}
	if err := hooks.Dispatch(context.Background(), event); err != nil {
		log.Fatal(err)
	}
	// Output: a1 7.10
}

func ExampleHandler_VerifySignature() {
	hooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSecrets("the new secret", "the old secret"))
	if err != nil {
		log.Fatal(err)
	}
	defer hooks.Close()
	body, header := tinkwebhookstest.NewDelivery("account:created", tinkwebhookstest.WithSecret("the old secret"))

	verification, err := hooks.VerifySignature(body, header)
	fmt.Println(verification.Scheme, verification.SecretIndex, len(verification.DeliveryID), err)
	// Output: v1 1 32 <nil>
}

func ExampleHandler_BeginVerification() {
	hooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSecret("s3cret"), tinkwebhooks.WithSchemes(tinkwebhooks.SchemeV1))
	if err != nil {
		log.Fatal(err)
	}
	defer hooks.Close()

	// spool writes a body to a file while it arrives. Nothing has the final name that was not proven.
	spool := func(dir, signature string, body io.Reader) error {
		stream, err := hooks.BeginVerification(signature)
		if err != nil {
			return err // the header alone shows it; nothing was read
		}
		defer stream.Close()
		file, err := os.CreateTemp(dir, "incoming-*")
		if err != nil {
			return err
		}
		defer os.Remove(file.Name())
		defer file.Close()
		// The stream comes first: what is too large is not written.
		if _, err := io.Copy(io.MultiWriter(stream, file), body); err != nil {
			return err
		}
		if _, err := stream.Finish(); err != nil {
			return err
		}
		return errors.Join(file.Close(), os.Rename(file.Name(), filepath.Join(dir, "delivery.json")))
	}

	dir, err := os.MkdirTemp("", "spool")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	list := func() (names []string) {
		files, _ := os.ReadDir(dir)
		for _, file := range files {
			names = append(names, file.Name())
		}
		return names
	}
	body, header := tinkwebhookstest.NewDelivery("account:created", tinkwebhookstest.WithSecret("s3cret"))
	err = spool(dir, header, strings.NewReader("forged"))
	fmt.Println(errors.Is(err, tinkwebhooks.ErrSignatureMismatch), list())
	err = spool(dir, header, bytes.NewReader(body)) // in earnest: r.Body
	fmt.Println(err, list())
	// Output:
	// true []
	// <nil> [delivery.json]
}

func ExampleHandlerError() {
	hooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSecret("s3cret"))
	if err != nil {
		log.Fatal(err)
	}
	defer hooks.Close()
	for _, handler := range []tinkwebhooks.HandlerFunc{
		func(context.Context, *tinkwebhooks.Event) error { return errors.New("the database is away") },
		func(context.Context, *tinkwebhooks.Event) error { panic("a bug") },
		func(context.Context, *tinkwebhooks.Event) error { fmt.Println("this one ran"); return nil },
	} {
		if _, err := hooks.RegisterHandler(tinkwebhooks.AllEvents, handler); err != nil {
			log.Fatal(err)
		}
	}
	body, header := tinkwebhookstest.NewDelivery("account:created", tinkwebhookstest.WithSecret("s3cret"))
	_, err = hooks.HandleWebhook(context.Background(), body, header)

	var failed *tinkwebhooks.HandlerError
	if errors.As(err, &failed) {
		fmt.Println(failed.Event.Name(), failed.Errors)
	}
	// Output:
	// this one ran
	// account:created [the database is away the handler panicked: a bug]
}

func ExampleHandler_ServeHTTP() {
	hooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSecret("s3cret"))
	if err != nil {
		log.Fatal(err)
	}
	defer hooks.Close()
	server := httptest.NewServer(hooks) // in earnest: http.Handle("/webhooks/tink", hooks)
	defer server.Close()

	request := tinkwebhookstest.NewClientRequest(server.URL, "account:created", tinkwebhookstest.WithSecret("s3cret"))
	response, err := server.Client().Do(request)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	fmt.Print(response.Status, ": ", string(text), err)
	// Output: 200 OK: ok
	// <nil>
}

func ExampleHandler_RegisterHandler() {
	hooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSecret("s3cret"))
	if err != nil {
		log.Fatal(err)
	}
	defer hooks.Close()
	show := func(_ context.Context, event *tinkwebhooks.Event) error {
		fmt.Println(event.Name())
		return nil
	}
	remove, err := hooks.RegisterHandler("*", show)
	if err != nil {
		log.Fatal(err)
	}
	defer remove()

	// A typo must not become a handler that never runs.
	_, err = hooks.RegisterHandler("payments:updated", show)
	fmt.Println(err)
	// Output: not an event type: a handler registered for it would never run (did you mean "payment:updated"?)
}

func ExampleError() {
	hooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSecret("s3cret"))
	if err != nil {
		log.Fatal(err)
	}
	defer hooks.Close()
	_, err = hooks.ConstructEvent([]byte(`{}`), "t=1767225600,v1="+strings.Repeat("0", 64))

	fmt.Println(errors.Is(err, tinkwebhooks.ErrInvalidSignature), errors.Is(err, tinkwebhooks.ErrSignatureMismatch))
	var refused *tinkwebhooks.Error
	if errors.As(err, &refused) {
		fmt.Println(refused.HTTPStatus(), refused.Kind, refused.Reason)
	}
	// Output:
	// true true
	// 401 invalid_signature signature_mismatch
}

func ExampleHandler_Dispatch() {
	// The endpoint accepts, and a worker handles later.
	endpoint, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSecret("s3cret"))
	if err != nil {
		log.Fatal(err)
	}
	defer endpoint.Close()
	body := []byte(`{"event":"account:created","content":{"id":"a1"}}`)
	header, err := tinkwebhooks.GenerateSignature(body, "s3cret")
	if err != nil {
		log.Fatal(err)
	}
	queue := make(chan *tinkwebhooks.Event, 1)
	event, err := endpoint.ConstructEvent(body, header)
	if err != nil {
		log.Fatal(err)
	}
	queue <- event

	_, err = endpoint.RegisterHandler("account:created", func(_ context.Context, event *tinkwebhooks.Event) error {
		fmt.Println(string(event.Data()))
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := endpoint.Dispatch(context.Background(), <-queue); err != nil {
		log.Fatal(err)
	}
	// Output: {"id":"a1"}
}

// Counts deliveries, as a counter vector of Prometheus would.
func ExampleWithOnOutcome() {
	deliveries := map[[3]string]int{}
	var mu sync.Mutex
	hooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSecret("s3cret"),
		tinkwebhooks.WithLogger(slog.New(slog.DiscardHandler)),
		tinkwebhooks.WithOnOutcome(func(_ *http.Request, outcome tinkwebhooks.Outcome) {
			mu.Lock()
			defer mu.Unlock()
			deliveries[[3]string{string(outcome.Type), string(outcome.EventType), string(outcome.Reason)}]++
		}))
	if err != nil {
		log.Fatal(err)
	}
	defer hooks.Close()
	for _, sent := range []string{"s3cret", "another"} {
		hooks.ServeHTTP(httptest.NewRecorder(),
			tinkwebhookstest.NewRequest("/webhooks/tink", "refresh:finished", tinkwebhookstest.WithSecret(sent)))
	}
	fmt.Println(deliveries)
	// Output: map[[handled refresh_finished ]:1 [refused  signature_mismatch]:1]
}
