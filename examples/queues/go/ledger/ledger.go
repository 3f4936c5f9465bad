// Package ledger is what the workers do for an event: they tell the ledger, another service, whose address is in
// LEDGER_URL.
package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

// Env is a variable of the environment, or what stands for it.
func Env(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

var client = &http.Client{Timeout: time.Minute}

type entry struct {
	Type       string          `json:"type"`
	Key        *string         `json:"key"`
	Timestamp  time.Time       `json:"timestamp"`
	SignedAt   *int64          `json:"signed_at"`
	DeliveryID *string         `json:"delivery_id"`
	Data       json.RawMessage `json:"data"`
}

// Book books an event. A service that takes such keys drops what is booked again after a kill.
func Book(ctx context.Context, event *tinkwebhooks.Event) error {
	made := entry{Type: string(event.Type()), Timestamp: event.Timestamp(), Data: event.Data()}
	key := event.IdempotencyKey()
	if key != "" {
		made.Key = &key
	}
	if verified, ok := event.Verification(); ok && verified.Scheme == tinkwebhooks.SchemeV1 {
		signed := verified.SignedAt.Unix()
		made.SignedAt, made.DeliveryID = &signed, &verified.DeliveryID
	}
	body, err := json.Marshal(made)
	if err != nil {
		return err
	}
	url := Env("LEDGER_URL", "http://127.0.0.1:9000/")
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("the ledger answered %d", answer.StatusCode)
	}
	return nil
}
