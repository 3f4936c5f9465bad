// What Once costs in Go: ROUNDS REDIS POSTGRES FOLDER; prints a JSON list of the cases of each store, which
// benchmarks/once.py describes. REDIS and POSTGRES are where servers listen, or "-".
package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"
	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/idempotency"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/pgxstore"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/redisstore"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/sqlstore"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/tinkwebhookstest"
	_ "modernc.org/sqlite"
)

// Events of one case in one round.
const events = 100

// row is a case, with the nanoseconds of one event in each round.
type row struct {
	Store  string    `json:"store"`
	Case   string    `json:"case"`
	Kind   string    `json:"kind"`
	NS     []float64 `json:"ns"`
	handle tinkwebhooks.HandlerFunc
}

func nothing(context.Context, *tinkwebhooks.Event) error { return nil }

// beside is the least of a store, and Once over the same client.
func beside(name string, store idempotency.Store, what string, least tinkwebhooks.HandlerFunc) []*row {
	return []*row{
		{Store: name, Case: what, Kind: "least", handle: least},
		{Store: name, Case: "once", Kind: "once", handle: idempotency.MustOnce(store, "bench", nothing)},
	}
}

func ofRedis(url string) ([]*row, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, err
	}
	client := redis.NewClient(options)
	store, err := redisstore.New(client)
	return beside("redis", store, "PING", func(ctx context.Context, _ *tinkwebhooks.Event) error {
		return client.Ping(ctx).Err()
	}), err
}

func ofPostgres(ctx context.Context, dsn string) ([]*row, error) {
	pool, err := pgxpool.New(ctx, dsn)
	if err != nil {
		return nil, err
	}
	store, err := pgxstore.New(pool)
	if err != nil {
		return nil, err
	}
	if err := store.CreateTables(ctx); err != nil {
		return nil, err
	}
	_, err = pool.Exec(ctx, "CREATE TABLE IF NOT EXISTS bench (id bigserial PRIMARY KEY, text text)")
	return beside("postgres", store, "INSERT", func(ctx context.Context, event *tinkwebhooks.Event) error {
		_, err := pool.Exec(ctx, "INSERT INTO bench (text) VALUES ($1)", event.IdempotencyKey())
		return err
	}), err
}

func ofSQLite(ctx context.Context, folder string) ([]*row, error) {
	open := func(name string) (*sql.DB, error) {
		return sql.Open("sqlite", fmt.Sprintf("file:%s/%s?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)", folder, name))
	}
	claims, err := open("go.db")
	if err != nil {
		return nil, err
	}
	store, err := sqlstore.New(claims)
	if err != nil {
		return nil, err
	}
	if err := store.CreateTables(ctx); err != nil {
		return nil, err
	}
	other, err := open("go.bench")
	if err != nil {
		return nil, err
	}
	_, err = other.ExecContext(ctx, "CREATE TABLE bench (id integer PRIMARY KEY, text text)")
	return beside("sqlite", store, "INSERT", func(ctx context.Context, event *tinkwebhooks.Event) error {
		_, err := other.ExecContext(ctx, "INSERT INTO bench (text) VALUES (?)", event.IdempotencyKey())
		return err
	}), err
}

// payments are events that have a key of their own, made before they are timed.
func payments(hooks *tinkwebhooks.Handler) ([]*tinkwebhooks.Event, error) {
	made := make([]*tinkwebhooks.Event, events)
	for number := range made {
		body, _ := tinkwebhookstest.NewDelivery("payment:updated", tinkwebhookstest.WithSecret("of no use"),
			tinkwebhookstest.WithData(map[string]any{"id": rand.Text()}))
		event, err := hooks.ParseEvent(body)
		if err != nil {
			return nil, err
		}
		made[number] = event
	}
	return made, nil
}

// measure times the cases in turns. The first round is not counted: it makes connections and prepares statements.
func measure(ctx context.Context, rows []*row, rounds int) error {
	hooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSecret("of no use"))
	if err != nil {
		return err
	}
	for round := range rounds + 1 {
		for _, one := range rows {
			some, err := payments(hooks)
			if err != nil {
				return err
			}
			began := time.Now()
			for _, event := range some {
				if err := one.handle(ctx, event); err != nil {
					return err
				}
			}
			if took := time.Since(began); round > 0 {
				one.NS = append(one.NS, float64(took.Nanoseconds())/events)
			}
		}
	}
	return nil
}

func run() error {
	ctx := context.Background()
	rounds, err := strconv.Atoi(os.Args[1])
	if err != nil {
		return err
	}
	stores := [][]*row{beside("memory", idempotency.NewMemoryStore(0), "the handler alone", nothing)}
	if url := os.Args[2]; url != "-" {
		rows, err := ofRedis(url)
		if err != nil {
			return err
		}
		stores = append(stores, rows)
	}
	if dsn := os.Args[3]; dsn != "-" {
		rows, err := ofPostgres(ctx, dsn)
		if err != nil {
			return err
		}
		stores = append(stores, rows)
	}
	rows, err := ofSQLite(ctx, os.Args[4])
	if err != nil {
		return err
	}
	all := []*row{}
	for _, rows := range append(stores, rows) {
		if err := measure(ctx, rows, rounds); err != nil {
			return err
		}
		all = append(all, rows...)
	}
	return json.NewEncoder(os.Stdout).Encode(all)
}

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}
