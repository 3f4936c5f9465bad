// Package sqlstore keeps the records of package idempotency in PostgreSQL 9.5 or newer or a file of SQLite 3.24 or newer,
// through database/sql and a driver of yours, and puts an event's key into your own transaction ([ClaimIn]).
//
// It works with any driver that takes the parameters of its database: pgx's stdlib and lib/pq, modernc.org/sqlite and
// mattn/go-sqlite3 are tested.
package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tink-webhooks/tink-webhooks/bindings-go/idempotency"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/effects"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/texts"
)

// Store is an [idempotency.Store]. Make it with [New], and its table with [Store.CreateTables].
type Store struct {
	db *sql.DB

	mu       sync.Mutex
	database database // nil: not asked yet

	// One claims, commits or releases at a time in SQLite, which has one writer and no queue for them.
	turn chan struct{}

	// The connection over which leases are extended is lent to one at a time. What it lends may be nil: none was taken yet.
	beats chan *sql.Conn
}

var _ idempotency.Store = (*Store)(nil)

// New makes a store over a database. The store keeps one connection of it for itself, over which leases are extended, so
// that handlers which use up the others do not lose theirs: set SetMaxOpenConns to 2 at least. Nothing is sent yet.
//
// For SQLite give it a [*sql.DB] and a file of its own: in your own file a long write transaction of a handler would keep
// its lease from being extended. The store sets the journal's mode to WAL and its connections' time-out to 5 s.
//
// Errors: ErrInvalidOption for a nil database, and where SetMaxOpenConns is 1.
func New(db *sql.DB) (*Store, error) {
	if db == nil {
		return nil, effects.Refuse("the database is nil")
	}
	if db.Stats().MaxOpenConnections == 1 {
		return nil, effects.Refuse("the store needs a connection to extend leases over, and one more: SetMaxOpenConns(2)")
	}
	made := &Store{db: db, beats: make(chan *sql.Conn, 1), turn: make(chan struct{}, 1)}
	made.beats <- nil
	return made, nil
}

// String names the kind of the driver, and no address or password.
func (s *Store) String() string { return fmt.Sprintf("a sqlstore.Store of %T", s.db.Driver()) }

// Close gives the connection back over which leases are extended. It does not close the database, and the store can still
// be used.
func (s *Store) Close() (err error) {
	if connection := <-s.beats; connection != nil {
		err = connection.Close()
	}
	s.beats <- nil
	return err
}

// CreateTables makes the table of the store, and on PostgreSQL that of [ClaimIn], where they are not there; to be called at
// each start, or by a migration.
//
// Errors: ErrInvalidOption for a database that is neither PostgreSQL nor SQLite, whose name the error says, and for SQLite
// in memory.
func (s *Store) CreateTables(ctx context.Context) error {
	return s.with(ctx, func(database database, connection *sql.Conn) error { return database.create(ctx, connection) })
}

// Prune removes records that were kept long enough, and returns how many; to be called now and then.
func (s *Store) Prune(ctx context.Context) (removed int64, err error) {
	err = s.with(ctx, func(database database, connection *sql.Conn) error {
		removed, err = database.change(ctx, connection, "prune")
		return err
	})
	return removed, err
}

// Claim is [idempotency.Store].Claim.
func (s *Store) Claim(
	ctx context.Context, scope, key, token string, lease time.Duration,
) (found idempotency.Claim, err error) {
	if err := s.reserve(ctx); err != nil {
		return found, err
	}
	err = s.with(ctx, func(database database, connection *sql.Conn) error {
		answer, err := database.claim(ctx, connection, scope, key, token, texts.Milliseconds(lease))
		found = texts.ClaimOf(answer)
		return err
	})
	if err != nil {
		return idempotency.Claim{}, err
	}
	return found, nil
}

// Commit is [idempotency.Store].Commit.
func (s *Store) Commit(ctx context.Context, scope, key, token string, keep time.Duration) (done bool, err error) {
	return s.change(ctx, "commit", sql.Named("keep", texts.Milliseconds(keep)), scope, key, token)
}

// Release is [idempotency.Store].Release.
func (s *Store) Release(ctx context.Context, scope, key, token string) (released bool, err error) {
	return s.change(ctx, "release", sql.NamedArg{}, scope, key, token)
}

// Extend is [idempotency.Store].Extend.
func (s *Store) Extend(ctx context.Context, scope, key, token string, lease time.Duration) (held bool, err error) {
	database, err := s.kind(ctx)
	if err != nil {
		return false, err
	}
	connection, err := s.borrow(ctx)
	if err != nil {
		return false, err
	}
	changed, err := database.change(ctx, connection, "extend",
		named(sql.Named("lease", texts.Milliseconds(lease)), scope, key, token)...)
	if err != nil { // the next one takes another
		_ = connection.Close()
		connection = nil
	}
	s.beats <- connection
	return changed > 0, err
}

// reserve makes sure that there is a connection to extend leases over, before the handler runs, which may take the others.
func (s *Store) reserve(ctx context.Context) (err error) {
	select {
	case connection := <-s.beats:
		if connection == nil {
			connection, err = s.db.Conn(ctx)
		}
		s.beats <- connection
	default: // it is lent, so it is there
	}
	return err
}

// borrow takes the connection over which leases are extended, and makes it where there is none. It is given back to
// s.beats.
func (s *Store) borrow(ctx context.Context) (*sql.Conn, error) {
	select {
	case connection := <-s.beats:
		if connection != nil {
			return connection, nil
		}
		connection, err := s.db.Conn(ctx)
		if err != nil {
			s.beats <- nil
			return nil, err
		}
		return connection, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (s *Store) change(
	ctx context.Context, name string, duration sql.NamedArg, scope, key, token string,
) (changed bool, err error) {
	err = s.with(ctx, func(database database, connection *sql.Conn) error {
		rows, err := database.change(ctx, connection, name, named(duration, scope, key, token)...)
		changed = rows > 0
		return err
	})
	return changed, err
}

// named are the parameters of a text.
func named(duration sql.NamedArg, scope, key, token string) []sql.NamedArg {
	all := []sql.NamedArg{sql.Named("scope", scope), sql.Named("key", key), sql.Named("token", token)}
	if duration.Name != "" {
		all = append(all, duration)
	}
	return all
}

// with runs something over one connection of the database, and again where another transaction was in the way.
func (s *Store) with(ctx context.Context, run func(database, *sql.Conn) error) error {
	database, err := s.kind(ctx)
	if err != nil {
		return err
	}
	if _, oneWriter := database.(sqlite); oneWriter {
		select {
		case s.turn <- struct{}{}:
			defer func() { <-s.turn }()
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	for left := tries - 1; ; left-- {
		err := s.once(ctx, func(connection *sql.Conn) error { return run(database, connection) })
		var refused interface{ SQLState() string }
		inTheWay := errors.Is(err, sql.ErrNoRows) || errors.As(err, &refused) && texts.PostgresAgain[refused.SQLState()]
		if !inTheWay || left == 0 || ctx.Err() != nil {
			return err
		}
	}
}

const tries = 10

// once gives the connection back afterwards.
func (s *Store) once(ctx context.Context, run func(*sql.Conn) error) error {
	for left := 2; ; left-- {
		connection, err := s.db.Conn(ctx)
		if err != nil {
			return err
		}
		err = run(connection)
		_ = connection.Close()
		// Its server was started anew; database/sql tries others itself only where it chooses the connection.
		if !errors.Is(err, errBad) || left == 0 {
			return err
		}
	}
}

// kind asks once which database it is.
func (s *Store) kind(ctx context.Context) (database, error) {
	s.mu.Lock()
	known := s.database
	s.mu.Unlock()
	if known != nil {
		return known, nil
	}
	err := s.once(ctx, func(connection *sql.Conn) (err error) {
		known, err = databaseOf(ctx, connection)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.database = known
	return known, nil
}
