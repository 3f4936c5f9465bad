// A receiver on net/http: go_receiver library|peer|none, with the secret in TINK_WEBHOOK_SECRET. It prints where it
// listens; GET /handled gives the number of deliveries whose data was read.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync/atomic"

	"github.com/tink-webhooks/tink-webhooks/benchmarks/go/peer"
	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

var handled atomic.Int64

// Reads a field of the event's data, decoded into the same struct, in every case.

func refreshed(_ context.Context, _ *tinkwebhooks.Event, data *tinkwebhooks.RefreshFinished) error {
	if data.CredentialsStatus != "" {
		handled.Add(1)
	}
	return nil
}

func advised(_ context.Context, _ *tinkwebhooks.Event, data *tinkwebhooks.ActionableInsightsCreated) error {
	if len(data.Insights) > 0 {
		handled.Add(1)
	}
	return nil
}

func library() http.Handler {
	hooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSchemes(tinkwebhooks.SchemeV1))
	if err != nil {
		log.Fatal(err)
	}
	_, refreshing := tinkwebhooks.On(hooks, "refresh:finished", refreshed)
	_, advising := tinkwebhooks.On(hooks, "actionable-insights:created", advised)
	if err := errors.Join(refreshing, advising); err != nil {
		log.Fatal(err)
	}
	return hooks
}

// endpoint reads the body and passes it to the case.
type endpoint func(signature string, body []byte) error

func (check endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 2<<20))
	if err == nil {
		err = check(r.Header.Get("X-Tink-Signature"), body)
	}
	if err != nil {
		http.Error(w, "refused", http.StatusBadRequest)
		return
	}
	io.WriteString(w, "ok\n")
}

func decode[Data any](content json.RawMessage, use func(context.Context, *tinkwebhooks.Event, *Data) error) error {
	var data Data
	if err := json.Unmarshal(content, &data); err != nil {
		return err
	}
	return use(context.Background(), nil, &data)
}

func byHand(secret []byte) endpoint {
	return func(signature string, body []byte) error {
		if err := peer.Verify(secret, signature, body); err != nil {
			return err
		}
		var payload peer.Envelope
		if err := json.Unmarshal(body, &payload); err != nil {
			return err
		}
		switch payload.Event {
		case "refresh:finished":
			return decode(payload.Content, refreshed)
		case "actionable-insights:created":
			return decode(payload.Content, advised)
		}
		return nil
	}
}

func main() {
	cases := map[string]func() http.Handler{
		"library": library,
		"peer":    func() http.Handler { return byHand([]byte(os.Getenv("TINK_WEBHOOK_SECRET"))) },
		"none":    func() http.Handler { return endpoint(func(string, []byte) error { return nil }) },
	}
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks/tink", cases[os.Args[1]]())
	mux.HandleFunc("GET /handled", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, handled.Load()) })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s/\n", listener.Addr())
	log.Fatal(http.Serve(listener, mux))
}
