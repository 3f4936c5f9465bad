// River on PostgreSQL: once `go run ./river migrate`, then `go run ./river web`, the receiver, and `go run ./river
// worker`. In the environment: DATABASE_URL, and TINK_WEBHOOK_SECRET and PORT (8000) for the one, LEDGER_URL for the
// other.
package main

import (
	"context"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/idempotency"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/pgxstore"
	"github.com/tink-webhooks/tink-webhooks/examples/queues/ledger"
)

const (
	// How long a claim holds if its process dies.
	lease = 10 * time.Second
	// How long until a job that failed runs again: longer than the lease.
	again = 15 * time.Second
	// After which time a job of a worker that was killed is another's: longer than any handler.
	lostAfter = 10 * time.Minute
)

// Args are a job's arguments: an event is its own JSON.
type Args struct {
	Event *tinkwebhooks.Event `json:"event"`
}

// Kind names the job.
func (Args) Kind() string { return "tink" }

// Worker handles the events. It has no secret, and checks no signature. A copy of an event is another job; Once runs its
// handler once.
type Worker struct {
	river.WorkerDefaults[Args]
	work *tinkwebhooks.Dispatcher
}

// Work runs the handlers of an event.
func (w *Worker) Work(ctx context.Context, job *river.Job[Args]) error {
	return w.work.Dispatch(ctx, job.Args.Event)
}

// NextRetry says when a job that failed runs again.
func (*Worker) NextRetry(*river.Job[Args]) time.Time { return time.Now().Add(again) }

// web verifies a delivery, puts the event on the queue, and answers.
func web(_ context.Context, pool *pgxpool.Pool) error {
	queue, err := river.NewClient(riverpgxv5.New(pool), &river.Config{})
	if err != nil {
		return err
	}
	hooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSchemes(tinkwebhooks.SchemeV1))
	if err != nil {
		return err
	}
	// If the queue is away the answer is 500, and Tink delivers again.
	passOn := func(ctx context.Context, event *tinkwebhooks.Event) error {
		_, err := queue.Insert(ctx, Args{event}, &river.InsertOpts{MaxAttempts: 10})
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

func worker(ctx context.Context, pool *pgxpool.Pool) error {
	work, err := newDispatcher(ctx, pool)
	if err != nil {
		return err
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &Worker{work: work})
	queue, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
		Queues:               map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 5}},
		Workers:              workers,
		JobTimeout:           lostAfter / 2,
		RescueStuckJobsAfter: lostAfter,
	})
	if err != nil {
		return err
	}
	if err := queue.Start(ctx); err != nil {
		return err
	}
	<-queue.Stopped()
	return nil
}

func newDispatcher(ctx context.Context, pool *pgxpool.Pool) (*tinkwebhooks.Dispatcher, error) {
	store, err := pgxstore.New(pool)
	if err != nil {
		return nil, err
	}
	if err := store.CreateTables(ctx); err != nil {
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

func migrate(ctx context.Context, pool *pgxpool.Pool) error {
	migrator, err := rivermigrate.New[pgx.Tx](riverpgxv5.New(pool), nil)
	if err != nil {
		return err
	}
	_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

func main() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, ledger.Env("DATABASE_URL", "postgresql:///shop"))
	if err != nil {
		log.Fatal(err)
	}
	run := web
	if len(os.Args) > 1 && os.Args[1] != "web" {
		run = map[string]func(context.Context, *pgxpool.Pool) error{"worker": worker, "migrate": migrate}[os.Args[1]]
	}
	if err := run(ctx, pool); err != nil {
		log.Fatal(err)
	}
}
