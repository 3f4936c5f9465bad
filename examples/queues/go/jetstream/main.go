// NATS JetStream: `go run ./jetstream web`, the receiver, and `go run ./jetstream worker`. In the environment: NATS_URL,
// and TINK_WEBHOOK_SECRET and PORT (8000) for the one, REDIS_URL and LEDGER_URL for the other.
package main

import (
	"context"
	"errors"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/redis/go-redis/v9"
	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/idempotency"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/redisstore"
	"github.com/tink-webhooks/tink-webhooks/examples/queues/ledger"
)

const (
	// How long a claim holds if its process dies.
	lease = 10 * time.Second
	// How long until a message that failed is delivered again: longer than the lease.
	again = 15 * time.Second
	// After which time a message that nobody has acknowledged is delivered again: longer than any handler.
	lostAfter = time.Minute
	// How often it is delivered.
	tries = 10
)

func connect(ctx context.Context) (jetstream.JetStream, error) {
	connection, err := nats.Connect(ledger.Env("NATS_URL", nats.DefaultURL))
	if err != nil {
		return nil, err
	}
	stream, err := jetstream.New(connection)
	if err != nil {
		return nil, err
	}
	_, err = stream.CreateOrUpdateStream(ctx, jetstream.StreamConfig{Name: "TINK", Subjects: []string{"tink"}})
	return stream, err
}

// web verifies a delivery, puts the event on the queue, and answers.
func web(ctx context.Context) error {
	stream, err := connect(ctx)
	if err != nil {
		return err
	}
	hooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSchemes(tinkwebhooks.SchemeV1))
	if err != nil {
		return err
	}
	// If the queue is away the answer is 500, and Tink delivers again.
	passOn := func(ctx context.Context, event *tinkwebhooks.Event) error {
		_, err := stream.Publish(ctx, "tink", event.Serialize())
		return err
	}
	if _, err := hooks.RegisterHandler(tinkwebhooks.AllEvents, passOn); err != nil {
		return err
	}
	server := &http.Server{
		Addr: ":" + ledger.Env("PORT", "8000"), Handler: hooks, ReadHeaderTimeout: 10 * time.Second,
	}
	return server.ListenAndServe()
}

// worker handles the events. It has no secret, and checks no signature. A copy of an event is another message; Once runs
// its handler once.
func worker(ctx context.Context) error {
	work, err := newDispatcher()
	if err != nil {
		return err
	}
	stream, err := connect(ctx)
	if err != nil {
		return err
	}
	consumer, err := stream.CreateOrUpdateConsumer(ctx, "TINK", jetstream.ConsumerConfig{
		Durable: "ledger", AckPolicy: jetstream.AckExplicitPolicy, AckWait: lostAfter, MaxDeliver: tries,
	})
	if err != nil {
		return err
	}
	consuming, err := consumer.Consume(func(message jetstream.Msg) {
		if err := process(ctx, work, message); err != nil {
			log.Print(err)
		}
	}, jetstream.PullMaxMessages(1))
	if err != nil {
		return err
	}
	<-consuming.Closed()
	return errors.New("the consumer has ended")
}

// process runs the handlers of an event.
func process(ctx context.Context, work *tinkwebhooks.Dispatcher, message jetstream.Msg) error {
	event, err := tinkwebhooks.Deserialize(message.Data())
	if err != nil {
		return errors.Join(err, message.Term()) // no further try makes an event of it
	}
	if err := work.Dispatch(ctx, event); err != nil {
		return errors.Join(err, message.NakWithDelay(again))
	}
	return message.DoubleAck(ctx)
}

func newDispatcher() (*tinkwebhooks.Dispatcher, error) {
	options, err := redis.ParseURL(ledger.Env("REDIS_URL", "redis://127.0.0.1:6379/0"))
	if err != nil {
		return nil, err
	}
	store, err := redisstore.New(redis.NewClient(options))
	if err != nil {
		return nil, err
	}
	book, err := idempotency.Once(store, "ledger", ledger.Book, idempotency.WithLease(lease))
	if err != nil {
		return nil, err
	}
	work, err := tinkwebhooks.NewDispatcher()
	if err != nil {
		return nil, err
	}
	_, err = work.RegisterHandler(tinkwebhooks.AllEvents, book)
	return work, err
}

func main() {
	run := web
	if len(os.Args) > 1 && os.Args[1] == "worker" {
		run = worker
	}
	log.Fatal(run(context.Background()))
}
