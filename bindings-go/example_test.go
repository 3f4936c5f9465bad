package tinkwebhooks_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"strings"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

func Example() {
	// Without WithSecret: the secrets of TINK_WEBHOOK_SECRET.
	hooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSecret("s3cret"), tinkwebhooks.WithSchemes(tinkwebhooks.SchemeV1))
	if err != nil {
		log.Fatal(err)
	}
	defer hooks.Close()

	_, err = hooks.RegisterHandler("refresh:finished", func(_ context.Context, event *tinkwebhooks.Event) error {
		var refresh struct{ CredentialsStatus string }
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

func ExampleHandler_ServeHTTP() {
	hooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSecret("s3cret"))
	if err != nil {
		log.Fatal(err)
	}
	defer hooks.Close()
	server := httptest.NewServer(hooks) // in earnest: http.Handle("/webhooks/tink", hooks)
	defer server.Close()

	body := `{"event":"account:created","content":{"id":"a1"}}`
	header, err := tinkwebhooks.GenerateSignature([]byte(body), "s3cret")
	if err != nil {
		log.Fatal(err)
	}
	request := httptest.NewRequest("POST", server.URL, strings.NewReader(body))
	request.RequestURI = ""
	request.Header.Set(tinkwebhooks.SignatureHeader, header)
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
