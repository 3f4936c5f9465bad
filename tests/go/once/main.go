// A receiver of the race in Go: WAY PLACE, as tests/once/python_receiver.py describes it.
package main

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"
	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/idempotency"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/pgxstore"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/redisstore"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/sqlstore"
	_ "modernc.org/sqlite"
)

const (
	scope = "book"
	// A tenth of the default, as all other times of the race.
	lease = time.Second
	// How long a handler takes at most, and how many of a hundred fail.
	moment, failing = 10 * time.Millisecond, 5
)

type handler = tinkwebhooks.HandlerFunc

// work is what comes before the effect.
func work() error {
	time.Sleep(rand.N(moment))
	if rand.IntN(100) < failing {
		return errors.New("the bank is away")
	}
	return nil
}

// stored is where claims and effects are.
type stored struct {
	store idempotency.Store
	write func(ctx context.Context, name string) error // has an effect of this name
	book  handler                                      // without Once
}

func withRedis(place string) (stored, error) {
	options, err := redis.ParseURL(place)
	if err != nil {
		return stored{}, err
	}
	client := redis.NewClient(options)
	store, err := redisstore.New(client)
	write := func(ctx context.Context, name string) error {
		return client.RPush(ctx, "bookings", fmt.Sprintf("%s %d", name, time.Now().UnixMilli())).Err()
	}
	return stored{store, write, func(ctx context.Context, event *tinkwebhooks.Event) error {
		if err := work(); err != nil {
			return err
		}
		return write(ctx, event.IdempotencyKey())
	}}, err
}

// withPostgres is the same in PostgreSQL; the key in the handler's own transaction if inOwn.
func withPostgres(place string, inOwn bool) (stored, error) {
	pool, err := pgxpool.New(context.Background(), place)
	if err != nil {
		return stored{}, err
	}
	store, err := pgxstore.New(pool)
	write := func(ctx context.Context, name string) error {
		_, err := pool.Exec(ctx, "INSERT INTO bookings VALUES ($1, $2)", name, time.Now().UnixMilli())
		return err
	}
	return stored{store, write, func(ctx context.Context, event *tinkwebhooks.Event) error {
		return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			if inOwn {
				if isNew, err := pgxstore.ClaimIn(ctx, tx, event, scope); err != nil || !isNew {
					return err
				}
			}
			if err := work(); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, "INSERT INTO bookings VALUES ($1, $2)", event.IdempotencyKey(), time.Now().UnixMilli())
			return err
		})
	}}, err
}

// openSQLite opens a file whose transactions are immediate, and on the disk when they are committed.
func openSQLite(file string) (*sql.DB, error) {
	options := "_txlock=immediate&_pragma=busy_timeout(20000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"
	return sql.Open("sqlite", fmt.Sprintf("file:%s?%s", file, options))
}

// withSQLite is the same in files of SQLite, the claims in one of their own.
func withSQLite(folder string, inOwn bool) (stored, error) {
	shop, err := openSQLite(folder + "/shop.db")
	if err != nil {
		return stored{}, err
	}
	claims, err := openSQLite(folder + "/claims.db")
	if err != nil {
		return stored{}, err
	}
	store, err := sqlstore.New(claims)
	if err == nil {
		err = store.CreateTables(context.Background())
	}
	write := func(ctx context.Context, name string) error {
		_, err := shop.ExecContext(ctx, "INSERT INTO bookings VALUES (?, ?)", name, time.Now().UnixMilli())
		return err
	}
	return stored{store, write, func(ctx context.Context, event *tinkwebhooks.Event) error {
		if !inOwn {
			if err := work(); err != nil {
				return err
			}
		}
		tx, err := shop.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		if inOwn {
			if isNew, err := sqlstore.ClaimIn(ctx, tx, event, scope); err != nil || !isNew {
				return err
			}
			if err := work(); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO bookings VALUES (?, ?)", event.IdempotencyKey(), time.Now().UnixMilli())
		if err != nil {
			return err
		}
		return tx.Commit()
	}}, err
}

// slow is a handler that takes its time.
func slow(way string, place stored) (handler, error) {
	var lease, duration float64
	if _, err := fmt.Sscanf(way, "slow:%f:%f", &lease, &duration); err != nil {
		return nil, err
	}
	seconds := func(number float64) time.Duration { return time.Duration(number * float64(time.Second)) }
	return idempotency.Once(place.store, scope, func(ctx context.Context, event *tinkwebhooks.Event) error {
		if err := place.write(ctx, event.IdempotencyKey()+":begin"); err != nil {
			return err
		}
		time.Sleep(seconds(duration))
		return place.write(ctx, event.IdempotencyKey()+":end")
	}, idempotency.WithLease(seconds(lease)))
}

// until is a handler that has its effect, and then waits for a file.
func until(way string, place stored) (handler, error) {
	_, rest, _ := strings.Cut(way, ":")
	lease, file, _ := strings.Cut(rest, ":")
	seconds, err := strconv.ParseFloat(lease, 64)
	if err != nil {
		return nil, err
	}
	return idempotency.Once(place.store, scope, func(ctx context.Context, event *tinkwebhooks.Event) error {
		if err := place.write(ctx, event.IdempotencyKey()+":done"); err != nil {
			return err
		}
		for {
			if _, err := os.Stat(file); err == nil {
				return nil
			}
			time.Sleep(10 * time.Millisecond)
		}
	}, idempotency.WithLease(time.Duration(seconds*float64(time.Second))))
}

// steady is a handler that never fails, also for events that have no key.
func steady(place stored) (handler, error) {
	return idempotency.Once(place.store, scope, func(ctx context.Context, event *tinkwebhooks.Event) error {
		return place.write(ctx, cmp.Or(event.IdempotencyKey(), event.Name()))
	})
}

func handlerOf(way, name string) (handler, error) {
	inOwn := way == "claim_in"
	var place stored
	var err error
	switch kind, rest, _ := strings.Cut(name, ":"); kind {
	case "redis":
		place, err = withRedis(name)
	case "postgresql":
		place, err = withPostgres(name, inOwn)
	default:
		place, err = withSQLite(rest, inOwn)
	}
	if err != nil || inOwn {
		return place.book, err
	}
	switch kind, _, _ := strings.Cut(way, ":"); kind {
	case "slow":
		return slow(way, place)
	case "until":
		return until(way, place)
	case "check":
		return steady(place)
	}
	return idempotency.Once(place.store, scope, place.book, idempotency.WithLease(lease))
}

func run() error {
	book, err := handlerOf(os.Args[1], os.Args[2])
	if err != nil {
		return err
	}
	hooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSchemes(tinkwebhooks.SchemeV1))
	if err != nil {
		return err
	}
	if _, err := hooks.RegisterHandler(tinkwebhooks.AllEvents, book); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("listening on http://%s/\n", listener.Addr())
	server := &http.Server{Handler: hooks, ReadHeaderTimeout: 10 * time.Second}
	return server.Serve(listener)
}

func main() {
	log.Fatal(run())
}
