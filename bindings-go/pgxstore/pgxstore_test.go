//go:build unix

package pgxstore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/idempotency"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/oncetest"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/servers"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/texts"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/pgxstore"
)

func TestMain(m *testing.M) {
	oncetest.Main(m, map[string]func(string) (tinkwebhooks.HandlerFunc, error){
		"pgx": func(dsn string) (tinkwebhooks.HandlerFunc, error) {
			pool, err := pgxpool.New(context.Background(), dsn)
			if err != nil {
				return nil, err
			}
			store, err := pgxstore.New(pool)
			if err != nil {
				return nil, err
			}
			return oncetest.Effect(store)
		},
		"pgx own": func(dsn string) (tinkwebhooks.HandlerFunc, error) {
			pool, err := pgxpool.New(context.Background(), dsn)
			return func(ctx context.Context, event *tinkwebhooks.Event) error {
				return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
					if isNew, err := pgxstore.ClaimIn(ctx, tx, event, "book"); err != nil || !isNew {
						return err
					}
					if err := oncetest.Chance(); err != nil {
						return err
					}
					_, err := tx.Exec(ctx, "INSERT INTO bookings VALUES ($1)", oncetest.PaymentID(event))
					return err
				})
			}, err
		},
	})
}

// pool makes a pool, with the table of bookings beside those of the store.
func pool(t testing.TB, server *servers.Server) *pgxpool.Pool {
	t.Helper()
	made, err := pgxpool.New(t.Context(), server.DSN())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(made.Close)
	return made
}

func open(server *servers.Server) oncetest.Open {
	return func(t testing.TB) idempotency.Store {
		t.Helper()
		store, err := pgxstore.New(pool(t, server))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = store.Close() })
		if err := store.CreateTables(t.Context()); err != nil {
			t.Fatal(err)
		}
		return store
	}
}

func TestTheStore(t *testing.T) { oncetest.Run(t, open(servers.Postgres(t))) }

func TestAServerThatIsStopped(t *testing.T) {
	server := servers.Postgres(t)
	oncetest.Stopped(t, server, open(server))
}

func TestWorkersThatAreKilled(t *testing.T) {
	server := servers.Postgres(t)
	open(server)(t)
	oncetest.Kill(t, "pgx", server.DSN(), true, nil)
}

func TestWorkersThatAreKilledInTheirOwnTransaction(t *testing.T) {
	server := servers.Postgres(t)
	open(server)(t)
	own := pool(t, server)
	if _, err := own.Exec(t.Context(), "CREATE TABLE bookings (id text)"); err != nil {
		t.Fatal(err)
	}
	oncetest.Kill(t, "pgx own", server.DSN(), false, func() ([]string, error) {
		rows, err := own.Query(t.Context(), "SELECT id FROM bookings")
		if err != nil {
			return nil, err
		}
		return pgx.CollectRows(rows, pgx.RowTo[string])
	})
}

// Tables are made by several at once, since each process makes them when it starts.
func TestTablesAreMadeByAll(t *testing.T) {
	server := servers.Postgres(t)
	failed := make(chan error, 8)
	for range cap(failed) {
		store, err := pgxstore.New(pool(t, server))
		if err != nil {
			t.Fatal(err)
		}
		go func() { failed <- store.CreateTables(t.Context()) }()
	}
	for range cap(failed) {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
}

// Handlers that have all connections of the pool keep their leases.
func TestLeasesHaveAConnectionOfTheirOwn(t *testing.T) {
	server := servers.Postgres(t)
	config, err := pgxpool.ParseConfig(server.DSN())
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = 1
	one, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	store, err := pgxstore.New(one)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := store.CreateTables(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Claim(t.Context(), "s", "k", "a", time.Minute); err != nil {
		t.Fatal(err)
	}
	taken, err := one.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Release()
	limited, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if held, err := store.Extend(limited, "s", "k", "a", time.Minute); !held || err != nil {
		t.Errorf("%v, %v", held, err)
	}
}

// A pool whose connections find the tables only after its own function has run.
func TestTheOwnConnectionIsMadeAsThePoolMakesThem(t *testing.T) {
	config, err := pgxpool.ParseConfig(servers.Postgres(t).DSN())
	if err != nil {
		t.Fatal(err)
	}
	dials := 0
	config.MaxConns = 1
	config.BeforeConnect = func(context.Context, *pgx.ConnConfig) error { dials++; return nil }
	config.AfterConnect = func(ctx context.Context, connection *pgx.Conn) error {
		_, err := connection.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS shop; SET search_path TO shop")
		return err
	}
	own, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	store, err := pgxstore.New(own)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	if err := store.CreateTables(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Claim(t.Context(), "s", "k", "a", time.Minute); err != nil {
		t.Fatal(err)
	}
	if held, err := store.Extend(t.Context(), "s", "k", "a", time.Minute); !held || err != nil || dials != 2 {
		t.Errorf("%v, %v; connected %d times", held, err, dials)
	}
}

// now() would stand still there, and a lease never end.
func TestTimeGoesOnInAnOpenTransaction(t *testing.T) {
	server := servers.Postgres(t)
	open(server)(t)
	err := pgx.BeginFunc(t.Context(), pool(t, server), func(tx pgx.Tx) error {
		for _, token := range []string{"a", "b"} {
			var answer int64
			row := tx.QueryRow(t.Context(), texts.Statement("postgres/claim.sql"), "open", "k", token, 100)
			if err := row.Scan(&answer); err != nil || answer != 0 {
				return fmt.Errorf("%s: %d, %w", token, answer, err)
			}
			time.Sleep(200 * time.Millisecond)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestPruning(t *testing.T) {
	server := servers.Postgres(t)
	store := open(server)(t).(*pgxstore.Store)
	for key, keep := range map[string]time.Duration{"short": time.Millisecond, "long": time.Minute} {
		if _, err := store.Claim(t.Context(), "s", key, "a", time.Second); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Commit(t.Context(), "s", key, "a", keep); err != nil {
			t.Fatal(err)
		}
	}
	event := oncetest.Event(t)
	own := pool(t, server)
	claimIn(t, own, event, "book", true)
	time.Sleep(50 * time.Millisecond)
	if removed, err := store.Prune(t.Context()); removed != 1 || err != nil {
		t.Errorf("%d, %v", removed, err)
	}
	for _, want := range []struct {
		keep    time.Duration
		removed int64
	}{{idempotency.LeastKeep, 0}, {20 * time.Millisecond, 1}} {
		err := pgx.BeginFunc(t.Context(), own, func(tx pgx.Tx) error {
			removed, err := pgxstore.PruneIn(t.Context(), tx, want.keep)
			if removed != want.removed {
				t.Errorf("keys older than %s: %d removed", want.keep, removed)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	claimIn(t, own, event, "book", true)
}

// claimIn claims in a transaction that is committed.
func claimIn(t *testing.T, own *pgxpool.Pool, event *tinkwebhooks.Event, scope string, want bool) {
	t.Helper()
	err := pgx.BeginFunc(t.Context(), own, func(tx pgx.Tx) error {
		isNew, err := pgxstore.ClaimIn(t.Context(), tx, event, scope)
		if isNew != want {
			t.Errorf("%v", isNew)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestEffectAndKeyAreCommittedTogetherOrNotAtAll(t *testing.T) {
	server := servers.Postgres(t)
	own := pool(t, server)
	for range 2 { // it may be there
		if err := pgx.BeginFunc(t.Context(), own, func(tx pgx.Tx) error {
			return pgxstore.CreateTablesIn(t.Context(), tx)
		}); err != nil {
			t.Fatal(err)
		}
	}
	event := oncetest.Event(t)
	away := errors.New("the bank is away")
	for range 2 {
		err := pgx.BeginFunc(t.Context(), own, func(tx pgx.Tx) error {
			if isNew, err := pgxstore.ClaimIn(t.Context(), tx, event, "book"); !isNew || err != nil {
				t.Errorf("%v, %v", isNew, err)
			}
			return away // it is rolled back
		})
		if !errors.Is(err, away) {
			t.Error(err)
		}
	}
	claimIn(t, own, event, "book", true)
	claimIn(t, own, event, "book", false)
	claimIn(t, own, event, "mail", true) // two handlers, each with its own scope
	claimIn(t, own, oncetest.Event(t), "book", true)
	signal := signal(t)
	claimIn(t, own, signal, "look", true)
	claimIn(t, own, signal, "look", true)
}

// signal is an event without a key.
func signal(t *testing.T) *tinkwebhooks.Event {
	t.Helper()
	hooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSecret("s3cret"))
	if err != nil {
		t.Fatal(err)
	}
	defer hooks.Close()
	event, err := hooks.ParseEvent([]byte(`{"event":"account:updated","content":{"id":"a1"}}`))
	if err != nil {
		t.Fatal(err)
	}
	return event
}

func TestACopyWaitsForTheFirstOnesEnd(t *testing.T) {
	server := servers.Postgres(t)
	open(server)(t)
	own := pool(t, server)
	for _, committed := range []bool{true, false} {
		event := oncetest.Event(t)
		first, err := own.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if isNew, err := pgxstore.ClaimIn(t.Context(), first, event, "book"); !isNew || err != nil {
			t.Fatalf("%v, %v", isNew, err)
		}
		second := make(chan bool, 1)
		go func() {
			claimIn(t, own, event, "book", !committed)
			second <- true
		}()
		select {
		case <-second:
			t.Error("it has not waited")
		case <-time.After(300 * time.Millisecond):
		}
		if committed {
			err = first.Commit(t.Context())
		} else {
			err = first.Rollback(t.Context())
		}
		if err != nil {
			t.Error(err)
		}
		<-second
	}
}

func TestWhatIsRefused(t *testing.T) {
	server := servers.Postgres(t)
	open(server)(t)
	own := pool(t, server)
	// The compiler refuses what is no transaction.
	for _, outside := range []any{own, (*pgx.Conn)(nil), (*pgxpool.Conn)(nil)} {
		if _, ok := outside.(pgx.Tx); ok {
			t.Errorf("%T is taken for a transaction", outside)
		}
	}
	event := oncetest.Event(t)
	refused := func(tx pgx.Tx, scope string) {
		t.Helper()
		if isNew, err := pgxstore.ClaimIn(t.Context(), tx, event, scope); isNew || !errors.Is(err, tinkwebhooks.ErrInvalidOption) {
			t.Errorf("%v, %v", isNew, err)
		}
	}
	refused(nil, "book")
	refused((*pgxpool.Tx)(nil), "book")
	tx, err := own.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	refused(tx, "")
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	// One that has ended is none.
	if isNew, err := pgxstore.ClaimIn(t.Context(), tx, event, "book"); isNew || !errors.Is(err, pgx.ErrTxClosed) {
		t.Errorf("%v, %v", isNew, err)
	}
	if store, err := pgxstore.New(nil); store != nil || !errors.Is(err, tinkwebhooks.ErrInvalidOption) {
		t.Errorf("%v", err)
	}
}

// What the database says is the handler's error.
func TestALockTimeout(t *testing.T) {
	server := servers.Postgres(t)
	open(server)(t)
	own := pool(t, server)
	event := oncetest.Event(t)
	first, err := own.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = first.Rollback(context.Background()) }()
	if isNew, err := pgxstore.ClaimIn(t.Context(), first, event, "book"); !isNew || err != nil {
		t.Fatalf("%v, %v", isNew, err)
	}
	err = pgx.BeginFunc(t.Context(), own, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), "SET LOCAL lock_timeout = '100ms'"); err != nil {
			return err
		}
		_, err := pgxstore.ClaimIn(t.Context(), tx, event, "book")
		return err
	})
	var refused interface{ SQLState() string }
	if !errors.As(err, &refused) || refused.SQLState() != "55P03" {
		t.Error(err)
	}
}

func TestNoPasswordIsShown(t *testing.T) {
	own, err := pgxpool.New(t.Context(), "postgresql://tink:hunter2@127.0.0.1:1/postgres")
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	store, err := pgxstore.New(own)
	if err != nil {
		t.Fatal(err)
	}
	_, claiming := store.Claim(t.Context(), "s", "k", "a", time.Second)
	_, extending := store.Extend(t.Context(), "s", "k", "a", time.Second)
	if claiming == nil || extending == nil {
		t.Fatal("nobody listens there")
	}
	if shown := fmt.Sprint(store, claiming, extending); strings.Contains(shown, "hunter2") {
		t.Error(shown)
	}
}
