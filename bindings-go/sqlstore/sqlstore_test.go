//go:build unix

package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "github.com/lib/pq"
	_ "github.com/mattn/go-sqlite3"
	_ "modernc.org/sqlite"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/idempotency"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/oncetest"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/servers"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/sqlstore"
)

func TestMain(m *testing.M) {
	claims := func(driver string) func(string) (tinkwebhooks.HandlerFunc, error) {
		return func(source string) (tinkwebhooks.HandlerFunc, error) {
			db, err := sql.Open(driver, source)
			if err != nil {
				return nil, err
			}
			store, err := sqlstore.New(db)
			if err != nil {
				return nil, err
			}
			return oncetest.Effect(store)
		}
	}
	oncetest.Main(m, map[string]func(string) (tinkwebhooks.HandlerFunc, error){
		"sqlite": claims("sqlite"),
		"pgx":    claims("pgx"),
		"sqlite own": func(source string) (tinkwebhooks.HandlerFunc, error) {
			db, err := sql.Open("sqlite", source)
			return func(ctx context.Context, event *tinkwebhooks.Event) error {
				return book(ctx, db, event, oncetest.Chance)
			}, err
		},
	})
}

// book is the handler of the documentation.
func book(ctx context.Context, db *sql.DB, event *tinkwebhooks.Event, chance func() error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if isNew, err := sqlstore.ClaimIn(ctx, tx, event, "book"); err != nil || !isNew {
		return err
	}
	if err := chance(); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO bookings VALUES ('"+oncetest.PaymentID(event)+"')"); err != nil {
		return err
	}
	return tx.Commit()
}

// place is a database that stores are tested over.
type place struct{ driver, source string }

func (p place) database(t testing.TB) *sql.DB {
	t.Helper()
	db, err := sql.Open(p.driver, p.source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func (p place) open(t testing.TB) idempotency.Store {
	t.Helper()
	store, err := sqlstore.New(p.database(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	if err := store.CreateTables(t.Context()); err != nil {
		t.Fatal(err)
	}
	return store
}

// own has the tables of ClaimIn and of bookings.
func (p place) own(t testing.TB) *sql.DB {
	t.Helper()
	db := p.database(t)
	inTransaction(t, db, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(t.Context(), "CREATE TABLE bookings (id text)")
		for range 2 { // it may be there
			err = errors.Join(err, sqlstore.CreateTablesIn(t.Context(), tx))
		}
		return err
	})
	return db
}

func inTransaction(t testing.TB, db *sql.DB, run func(*sql.Tx) error) {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), nil)
	if err == nil {
		if err = run(tx); err == nil {
			err = tx.Commit()
		} else {
			_ = tx.Rollback()
		}
	}
	if err != nil {
		t.Error(err)
	}
}

func sqliteFile(t testing.TB, driver string) place {
	t.Helper()
	options := "?_txlock=immediate&_pragma=busy_timeout(20000)"
	if driver == "sqlite3" {
		options = "?_txlock=immediate&_busy_timeout=20000"
	}
	return place{driver, "file:" + filepath.Join(t.TempDir(), "claims.db") + options}
}

func postgres(t testing.TB, driver string) (place, *servers.Server) {
	t.Helper()
	server := servers.Postgres(t)
	return place{driver, server.DSN() + "?sslmode=disable"}, server
}

func TestTheStore(t *testing.T) {
	for _, driver := range []string{"sqlite", "sqlite3"} {
		t.Run(driver, func(t *testing.T) { oncetest.Run(t, sqliteFile(t, driver).open) })
	}
	for _, driver := range []string{"pgx", "postgres"} {
		t.Run(driver, func(t *testing.T) {
			p, _ := postgres(t, driver)
			oncetest.Run(t, p.open)
		})
	}
}

func TestAServerThatIsStopped(t *testing.T) {
	for _, driver := range []string{"pgx", "postgres"} {
		t.Run(driver, func(t *testing.T) {
			p, server := postgres(t, driver)
			oncetest.Stopped(t, server, p.open)
		})
	}
}

func TestWorkersThatAreKilled(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		p := sqliteFile(t, "sqlite")
		p.open(t)
		oncetest.Kill(t, "sqlite", p.source, true, nil)
	})
	t.Run("pgx", func(t *testing.T) {
		p, _ := postgres(t, "pgx")
		p.open(t)
		oncetest.Kill(t, "pgx", p.source, true, nil)
	})
	t.Run("sqlite in their own transaction", func(t *testing.T) {
		p := sqliteFile(t, "sqlite")
		own := p.own(t)
		oncetest.Kill(t, "sqlite own", p.source, false, func() ([]string, error) { return bookings(t, own) })
	})
}

func bookings(t testing.TB, db *sql.DB) (ids []string, err error) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT id FROM bookings")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// Handlers that have all other connections keep their leases.
func TestLeasesHaveAConnectionOfTheirOwn(t *testing.T) {
	p, _ := postgres(t, "pgx")
	p.open(t) // makes the table
	db := p.database(t)
	db.SetMaxOpenConns(2)
	store, err := sqlstore.New(db)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if _, err := store.Claim(t.Context(), "s", "k", "a", time.Minute); err != nil {
		t.Fatal(err)
	}
	taken, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	limited, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if held, err := store.Extend(limited, "s", "k", "a", time.Minute); !held || err != nil {
		t.Errorf("%v, %v", held, err)
	}
	one := p.database(t)
	one.SetMaxOpenConns(1)
	for _, wrong := range []*sql.DB{nil, one} {
		if store, err := sqlstore.New(wrong); store != nil || !errors.Is(err, tinkwebhooks.ErrInvalidOption) {
			t.Errorf("%v", err)
		}
	}
}

func TestSQLiteInMemoryIsRefused(t *testing.T) {
	for _, driver := range []string{"sqlite", "sqlite3"} {
		store, err := sqlstore.New(place{driver, ":memory:"}.database(t))
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		err = store.CreateTables(t.Context())
		if !errors.Is(err, tinkwebhooks.ErrInvalidOption) || !strings.Contains(err.Error(), "MemoryStore") {
			t.Errorf("%s: %v", driver, err)
		}
	}
}

func TestPruning(t *testing.T) {
	pg, _ := postgres(t, "pgx")
	for _, p := range []place{sqliteFile(t, "sqlite"), sqliteFile(t, "sqlite3"), pg} {
		store := p.open(t).(*sqlstore.Store)
		for key, keep := range map[string]time.Duration{"short": time.Millisecond, "long": time.Minute} {
			if _, err := store.Claim(t.Context(), "s", key, "a", time.Second); err != nil {
				t.Fatal(err)
			}
			if _, err := store.Commit(t.Context(), "s", key, "a", keep); err != nil {
				t.Fatal(err)
			}
		}
		own := p.own(t)
		event := oncetest.Event(t)
		claimIn(t, own, event, "book", true)
		time.Sleep(50 * time.Millisecond)
		if removed, err := store.Prune(t.Context()); removed != 1 || err != nil {
			t.Errorf("%s: %d, %v", p.driver, removed, err)
		}
		for _, want := range []struct {
			keep    time.Duration
			removed int64
		}{{idempotency.LeastKeep, 0}, {20 * time.Millisecond, 1}} {
			inTransaction(t, own, func(tx *sql.Tx) error {
				removed, err := sqlstore.PruneIn(t.Context(), tx, want.keep)
				if removed != want.removed {
					t.Errorf("%s: keys older than %s: %d removed", p.driver, want.keep, removed)
				}
				return err
			})
		}
		claimIn(t, own, event, "book", true)
	}
}

// claimIn claims in a transaction that is committed.
func claimIn(t testing.TB, db *sql.DB, event *tinkwebhooks.Event, scope string, want bool) {
	t.Helper()
	inTransaction(t, db, func(tx *sql.Tx) error {
		isNew, err := sqlstore.ClaimIn(t.Context(), tx, event, scope)
		if isNew != want {
			t.Errorf("%v", isNew)
		}
		return err
	})
}

func TestEffectAndKeyAreCommittedTogetherOrNotAtAll(t *testing.T) {
	pgx, server := postgres(t, "pgx")
	if _, err := pgx.database(t).ExecContext(t.Context(), "CREATE DATABASE other"); err != nil {
		t.Fatal(err)
	}
	pq := place{"postgres", fmt.Sprintf("postgresql://tink@%s/other?sslmode=disable", server.Address())}
	for _, p := range []place{sqliteFile(t, "sqlite"), sqliteFile(t, "sqlite3"), pgx, pq} {
		t.Run(p.driver, func(t *testing.T) {
			own := p.own(t)
			event := oncetest.Event(t)
			for range 2 {
				err := book(t.Context(), own, event, func() error { return oncetest.ErrChance })
				if !errors.Is(err, oncetest.ErrChance) { // it is rolled back
					t.Error(err)
				}
			}
			good := func() error { return nil }
			for range 2 {
				if err := book(t.Context(), own, event, good); err != nil {
					t.Error(err)
				}
			}
			if ids, err := bookings(t, own); len(ids) != 1 || err != nil {
				t.Errorf("%v, %v", ids, err)
			}
			claimIn(t, own, event, "mail", true) // two handlers, each with its own scope
			claimIn(t, own, oncetest.Event(t), "book", true)
			for range 2 {
				claimIn(t, own, signal(t), "look", true)
			}
		})
	}
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

// What SQLite says is the handler's error.
func TestACopyOnSQLiteIsLockedOut(t *testing.T) {
	p := sqliteFile(t, "sqlite")
	own := p.own(t)
	event := oncetest.Event(t)
	inTransaction(t, own, func(tx *sql.Tx) error {
		if isNew, err := sqlstore.ClaimIn(t.Context(), tx, event, "book"); !isNew || err != nil {
			t.Errorf("%v, %v", isNew, err)
		}
		other := place{"sqlite", strings.Replace(p.source, "20000", "100", 1)}.database(t)
		err := book(t.Context(), other, event, func() error { return nil })
		if err == nil || !strings.Contains(err.Error(), "locked") {
			t.Error(err)
		}
		return nil
	})
}

func TestWhatIsRefused(t *testing.T) {
	own := sqliteFile(t, "sqlite").own(t)
	event := oncetest.Event(t)
	inTransaction(t, own, func(tx *sql.Tx) error {
		for scope, given := range map[string]*sql.Tx{"book": nil, "": tx, " book": tx} {
			if isNew, err := sqlstore.ClaimIn(t.Context(), given, event, scope); isNew || !errors.Is(err, tinkwebhooks.ErrInvalidOption) {
				t.Errorf("%q: %v, %v", scope, isNew, err)
			}
		}
		return nil
	})
	// One that has ended is none.
	tx, err := own.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if isNew, err := sqlstore.ClaimIn(t.Context(), tx, event, "book"); isNew || !errors.Is(err, sql.ErrTxDone) {
		t.Errorf("%v, %v", isNew, err)
	}
}
