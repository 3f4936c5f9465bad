// A receiver on net/http: `go run . PORT`, with the secret in TINK_WEBHOOK_SECRET. Port 0 takes a free one. It prints
// where it listens, and a line for every handler that runs.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

// say gives a handler that prints one line, before the request is answered.
func say(name string) tinkwebhooks.HandlerFunc {
	return func(_ context.Context, event *tinkwebhooks.Event) error {
		fmt.Printf("ran %s %s\n", name, event.Name())
		return nil
	}
}

// failing makes the receiver answer 500, and Tink deliver again.
func failing(ctx context.Context, event *tinkwebhooks.Event) error {
	_ = say("failing")(ctx, event)
	return errors.New("the database is away")
}

func main() {
	hooks, err := tinkwebhooks.NewHandler() // who receives Events v2 only passes WithSchemes(SchemeV1)
	if err != nil {
		log.Fatal(err)
	}
	for _, handler := range []struct {
		eventType string
		run       tinkwebhooks.HandlerFunc
	}{
		{"refresh:finished", say("on_refresh")},
		{"payment_updated", say("on_payment")},
		{"unknown", say("on_unknown")},
		{"*", say("on_any")},
		{"account:updated", failing},
	} {
		if _, err := hooks.RegisterHandler(handler.eventType, handler.run); err != nil {
			log.Fatal(err)
		}
	}

	port := "8000"
	if len(os.Args) > 1 {
		port = os.Args[1]
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s/\n", listener.Addr())

	// The handler object is an http.Handler: it reads the raw body up to the cap, and answers.
	server := &http.Server{Handler: hooks, ReadTimeout: 30 * time.Second}
	stop, done := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer done()
	go func() {
		<-stop.Done()
		_ = server.Close()
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
}
