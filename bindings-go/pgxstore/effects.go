package pgxstore

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/effects"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/texts"
)

var (
	insertEffect = texts.Statement("postgres/effect.sql")
	pruneEffects = texts.Statement("postgres/prune_effects.sql")
)

// ClaimIn inserts the event's key in the transaction in which the handler writes: both are committed, or neither. Call it
// first, and return where it is false:
//
//	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
//		if isNew, err := pgxstore.ClaimIn(ctx, tx, event, "book-payment"); err != nil || !isNew {
//			return err
//		}
//		_, err := tx.Exec(ctx, "INSERT INTO bookings ...")
//		return err
//	})
//
// It returns whether to go on: the key is new, or the event has none. A copy waits until the transaction of the other one
// has ended: committed, it gets false; rolled back, true. What the database returns (a conflict, a time-out) is yours to
// pass on, so that Tink delivers again. A pool or a connection is not a [pgx.Tx], so the compiler refuses it: the key would
// be committed at once, and the event lost if the handler then failed. The table is made by [CreateTablesIn], and by
// [Store.CreateTables].
//
// scope names what is done once, as for [idempotency.Once]: another one for each handler.
//
// Errors: ErrInvalidOption for a scope that is no name and for a nil transaction.
func ClaimIn(ctx context.Context, tx pgx.Tx, event *tinkwebhooks.Event, scope string) (bool, error) {
	if err := effects.Check(tx, scope); err != nil {
		return false, err
	}
	key := event.IdempotencyKey()
	if key == "" {
		return true, nil
	}
	done, err := tx.Exec(ctx, insertEffect, scope, key)
	return err == nil && done.RowsAffected() == 1, err
}

// CreateTablesIn makes the table of [ClaimIn] where it is not there, in a transaction, which you commit. It makes that of
// a [Store] too.
func CreateTablesIn(ctx context.Context, tx pgx.Tx) error {
	if err := effects.CheckTx(tx); err != nil {
		return err
	}
	for _, statement := range texts.Statements("postgres/create.sql") {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// PruneIn removes the keys of [ClaimIn] that are older, in a transaction, which you commit, and returns how many; to be
// called now and then. idempotency.LeastKeep is long enough for Tink's retries.
func PruneIn(ctx context.Context, tx pgx.Tx, olderThan time.Duration) (int64, error) {
	if err := effects.CheckTx(tx); err != nil {
		return 0, err
	}
	done, err := tx.Exec(ctx, pruneEffects, texts.Milliseconds(olderThan))
	return done.RowsAffected(), err
}
