package tinkwebhookstest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http/httptest"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/tinkwebhookstest"
)

func ExampleNewRequest() {
	hooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSecret("s3cret"))
	if err != nil {
		log.Fatal(err)
	}
	defer hooks.Close()
	_, err = tinkwebhooks.On(hooks, "payment:updated",
		func(_ context.Context, _ *tinkwebhooks.Event, payment *tinkwebhooks.PaymentUpdated) error {
			fmt.Println(payment.Amount, payment.Currency)
			return nil
		})
	if err != nil {
		log.Fatal(err)
	}

	request := tinkwebhookstest.NewRequest("/webhooks/tink", "payment:updated", tinkwebhookstest.WithSecret("s3cret"),
		tinkwebhookstest.WithData(map[string]any{"amount": json.Number("12.50")}))
	answer := httptest.NewRecorder()
	hooks.ServeHTTP(answer, request)
	fmt.Println(answer.Code)
	// Output:
	// 12.50 EUR
	// 200
}
