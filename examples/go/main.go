// A receiver on net/http. The secret comes from TINK_WEBHOOK_SECRET, the port from PORT (8000).
package main

import (
	"context"
	"errors"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

// refreshed: a refresh of credentials ended, well or not.
func refreshed(_ context.Context, event *tinkwebhooks.Event, data *tinkwebhooks.RefreshFinished) error {
	log.Printf("refresh of user %s: %s", event.UserID(), data.CredentialsStatus)
	return nil
}

// paid: a payment has a new status. It may be older than one you have: store it only if its Updated is newer.
func paid(_ context.Context, _ *tinkwebhooks.Event, payment *tinkwebhooks.PaymentUpdated) error {
	log.Printf("payment %s: %s, at %v", payment.ID, payment.Status, payment.Updated)
	return nil
}

func newReceiver() (*tinkwebhooks.Handler, error) {
	hooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSchemes(tinkwebhooks.SchemeV1))
	if err != nil {
		return nil, err
	}
	_, refresh := tinkwebhooks.On(hooks, "refresh:finished", refreshed)
	_, payment := tinkwebhooks.On(hooks, "payment:updated", paid)
	return hooks, errors.Join(refresh, payment)
}

func main() {
	hooks, err := newReceiver()
	if err != nil {
		log.Fatal(err)
	}
	defer hooks.Close()
	port := os.Getenv("PORT")
	if port == "" {
		port = "8000"
	}
	routes := http.NewServeMux()
	routes.Handle("POST /webhooks/tink", hooks)
	server := &http.Server{Addr: ":" + port, Handler: routes, ReadHeaderTimeout: 10 * time.Second}

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
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
	if err := <-stopped; err != nil {
		log.Print(err)
	}
}
