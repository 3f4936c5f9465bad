// Package pgxstore keeps the records of package idempotency in PostgreSQL 9.5 or newer, through pgx, and puts an event's
// key into your own transaction ([ClaimIn]).
package pgxstore

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tink-webhooks/tink-webhooks/bindings-go/idempotency"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/effects"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/texts"
)

var (
	claim   = texts.Statement("postgres/claim.sql")
	why     = texts.Statement("postgres/answer.sql")
	commit  = texts.Statement("postgres/commit.sql")
	extend  = texts.Statement("postgres/extend.sql")
	release = texts.Statement("postgres/release.sql")
	prune   = texts.Statement("postgres/prune.sql")
)

// Store is an [idempotency.Store]. Make it with [New], and its table with [Store.CreateTables].
type Store struct {
	pool *pgxpool.Pool

	// The connection over which leases are extended is lent to one at a time. What it lends may be nil: none was made yet.
	beats chan *pgx.Conn
}

var _ idempotency.Store = (*Store)(nil)

// New makes a store over a pool. Leases are extended over a connection of the store's own, with the pool's configuration,
// so that handlers which take all connections do not lose theirs. Nothing is sent yet.
//
// Errors: ErrInvalidOption for a nil pool.
func New(pool *pgxpool.Pool) (*Store, error) {
	if pool == nil {
		return nil, effects.Refuse("the pool is nil")
	}
	made := &Store{pool: pool, beats: make(chan *pgx.Conn, 1)}
	made.beats <- nil
	return made, nil
}

// String names no address and no password.
func (s *Store) String() string { return "a pgxstore.Store" }

// Close closes the connection over which leases are extended, and not the pool. The store can still be used.
func (s *Store) Close() error {
	err := closeNow(<-s.beats)
	s.beats <- nil
	return err
}

// CreateTables makes the tables of the store and of [ClaimIn] where they are not there; to be called at each start, or by a
// migration.
func (s *Store) CreateTables(ctx context.Context) error {
	return again(ctx, func() error {
		for _, statement := range texts.Statements("postgres/create.sql") {
			if _, err := s.pool.Exec(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
}

// Prune removes records that were kept long enough, and returns how many; to be called now and then.
func (s *Store) Prune(ctx context.Context) (int64, error) { return s.exec(ctx, prune) }

// Claim is [idempotency.Store].Claim.
func (s *Store) Claim(
	ctx context.Context, scope, key, token string, lease time.Duration,
) (idempotency.Claim, error) {
	var answer int64
	err := again(ctx, func() error {
		row := s.pool.QueryRow(ctx, claim, scope, key, token, texts.Milliseconds(lease))
		err := row.Scan(&answer)
		if errors.Is(err, pgx.ErrNoRows) { // another one has it; where it has just gone there is no row either
			err = s.pool.QueryRow(ctx, why, scope, key).Scan(&answer)
		}
		return err
	})
	if err != nil {
		return idempotency.Claim{}, err
	}
	return texts.ClaimOf(answer), nil
}

// Commit is [idempotency.Store].Commit.
func (s *Store) Commit(ctx context.Context, scope, key, token string, keep time.Duration) (bool, error) {
	changed, err := s.exec(ctx, commit, scope, key, token, texts.Milliseconds(keep))
	return changed > 0, err
}

// Release is [idempotency.Store].Release.
func (s *Store) Release(ctx context.Context, scope, key, token string) (bool, error) {
	changed, err := s.exec(ctx, release, scope, key, token)
	return changed > 0, err
}

// Extend is [idempotency.Store].Extend.
func (s *Store) Extend(ctx context.Context, scope, key, token string, lease time.Duration) (bool, error) {
	var connection *pgx.Conn
	select {
	case connection = <-s.beats:
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
	defer func() { s.beats <- connection }()
	if connection == nil || connection.IsClosed() {
		var err error
		if connection, err = s.connect(ctx); err != nil {
			return false, err
		}
	}
	done, err := connection.Exec(ctx, extend, scope, key, token, texts.Milliseconds(lease))
	if err != nil {
		_ = closeNow(connection)
		connection = nil
		return false, err
	}
	return done.RowsAffected() > 0, nil
}

// connect makes a connection as the pool makes one.
func (s *Store) connect(ctx context.Context) (*pgx.Conn, error) {
	config := s.pool.Config()
	if config.BeforeConnect != nil { // such as one that asks for a token to log in with
		if err := config.BeforeConnect(ctx, config.ConnConfig); err != nil {
			return nil, err
		}
	}
	connection, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil || config.AfterConnect == nil {
		return connection, err
	}
	if err := config.AfterConnect(ctx, connection); err != nil { // such as one that sets the search path
		_ = closeNow(connection)
		return nil, err
	}
	return connection, nil
}

// closeNow takes nil too.
func closeNow(connection *pgx.Conn) error {
	if connection == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return connection.Close(ctx)
}

func (s *Store) exec(ctx context.Context, statement string, args ...any) (changed int64, err error) {
	err = again(ctx, func() error {
		done, err := s.pool.Exec(ctx, statement, args...)
		changed = done.RowsAffected()
		return err
	})
	return changed, err
}

const tries = 10

// again runs it again where another transaction was in the way: under a default isolation that is stricter than READ
// COMMITTED, where two sessions make the same table, and where another one made the record meanwhile.
func again(ctx context.Context, run func() error) error {
	for left := tries - 1; ; left-- {
		err := run()
		var refused *pgconn.PgError
		inTheWay := errors.Is(err, pgx.ErrNoRows)
		if errors.As(err, &refused) {
			inTheWay = texts.PostgresAgain[refused.Code]
		}
		if !inTheWay || left == 0 || ctx.Err() != nil {
			return err
		}
	}
}
