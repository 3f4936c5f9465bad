// asynq on Redis: `go run ./asynq web`, the receiver, and `go run ./asynq worker`. In the environment: REDIS_URL, and
// TINK_WEBHOOK_SECRET and PORT (8000) for the one, LEDGER_URL for the other.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/idempotency"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/redisstore"
	"github.com/tink-webhooks/tink-webhooks/examples/queues/ledger"
)

const (
	// How long a claim holds if its process dies.
	lease = 10 * time.Second
	// How long until a task that failed runs again: longer than the lease.
	again = 15 * time.Second
)

var url = ledger.Env("REDIS_URL", "redis://127.0.0.1:6379/0")

// web verifies a delivery, puts the event on the queue, and answers.
func web() error {
	options, err := asynq.ParseRedisURI(url)
	if err != nil {
		return err
	}
	queue := asynq.NewClient(options)
	hooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSchemes(tinkwebhooks.SchemeV1))
	if err != nil {
		return err
	}
	// If the queue is away the answer is 500, and Tink delivers again.
	passOn := func(ctx context.Context, event *tinkwebhooks.Event) error {
		_, err := queue.EnqueueContext(ctx, asynq.NewTask("tink", event.Serialize()), asynq.MaxRetry(10))
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

// worker handles the events. It has no secret, and checks no signature. A copy of an event is another task; Once runs
// its handler once. The tasks of a worker that was killed are another's after some 30 to 90 seconds.
func worker() error {
	work, err := newDispatcher()
	if err != nil {
		return err
	}
	process := func(ctx context.Context, task *asynq.Task) error {
		event, err := tinkwebhooks.Deserialize(task.Payload())
		if err != nil {
			return fmt.Errorf("%w: %w", err, asynq.SkipRetry) // kept among the archived tasks
		}
		return work.Dispatch(ctx, event)
	}
	options, err := asynq.ParseRedisURI(url)
	if err != nil {
		return err
	}
	server := asynq.NewServer(options, asynq.Config{
		Concurrency:    5,
		RetryDelayFunc: func(int, error, *asynq.Task) time.Duration { return again },
	})
	return server.Run(asynq.HandlerFunc(process))
}

func newDispatcher() (*tinkwebhooks.Dispatcher, error) {
	options, err := redis.ParseURL(url)
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
	log.Fatal(run())
}
