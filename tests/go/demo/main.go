// The demo's receiver on net/http: `go run . PORT`, with the secret in TINK_WEBHOOK_SECRET. Port 0 takes a free one. It
// prints where it listens, and a line for every handler that runs. One handler fails on purpose, and bare signatures are
// accepted: receivers to copy are in examples/.
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

// say prints one line, before the request is answered.
func say(handler string, event *tinkwebhooks.Event) {
	fmt.Printf("ran %s %s\n", handler, event.Name())
}

// onRefresh gets the data decoded; so does onPayment.
func onRefresh(_ context.Context, event *tinkwebhooks.Event, data *tinkwebhooks.RefreshFinished) error {
	if data.CredentialsStatus == tinkwebhooks.CredentialsStatusUpdated {
		say("on_refresh", event)
	}
	return nil
}

func onPayment(_ context.Context, event *tinkwebhooks.Event, data *tinkwebhooks.PaymentUpdated) error {
	if data.Amount != "" {
		say("on_payment", event)
	}
	return nil
}

// onUnknown gets the events that this version of the library does not know.
func onUnknown(_ context.Context, event *tinkwebhooks.Event) error {
	say("on_unknown", event)
	return nil
}

// onAny gets every event, after the handlers of its type.
func onAny(_ context.Context, event *tinkwebhooks.Event) error {
	say("on_any", event)
	return nil
}

// failing makes the receiver answer 500, and Tink deliver again.
func failing(_ context.Context, event *tinkwebhooks.Event) error {
	say("failing", event)
	return errors.New("the database is away")
}

// newReceiver makes the object that takes deliveries: an http.Handler.
func newReceiver() (*tinkwebhooks.Handler, error) {
	hooks, err := tinkwebhooks.NewHandler()
	if err != nil {
		return nil, err
	}
	_, refresh := tinkwebhooks.On(hooks, "refresh:finished", onRefresh)
	_, payment := tinkwebhooks.On(hooks, tinkwebhooks.TypePaymentUpdated, onPayment)
	_, unknown := hooks.RegisterHandler(tinkwebhooks.TypeUnknown, onUnknown)
	_, every := hooks.RegisterHandler(tinkwebhooks.AllEvents, onAny)
	_, account := hooks.RegisterHandler("account:updated", failing)
	return hooks, errors.Join(refresh, payment, unknown, every, account)
}

func main() {
	hooks, err := newReceiver()
	if err != nil {
		log.Fatal(err)
	}
	defer hooks.Close()
	port := "8000"
	if len(os.Args) > 1 {
		port = os.Args[1]
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s/\n", listener.Addr())

	routes := http.NewServeMux()
	routes.Handle("/", hooks) // on any path
	server := &http.Server{Handler: routes, ReadHeaderTimeout: 10 * time.Second}

	// On SIGTERM: no new deliveries, and those under way are answered.
	stop, done := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer done()
	stopped := make(chan error, 1)
	go func() {
		<-stop.Done()
		grace, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		stopped <- server.Shutdown(grace)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
	if err := <-stopped; err != nil {
		log.Print(err)
	}
}
