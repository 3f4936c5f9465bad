package sqlstore

import (
	"context"
	"database/sql"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/effects"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/texts"
)

// ClaimIn inserts the event's key in the transaction in which the handler writes: both are committed, or neither. Call it
// first, and return where it is false:
//
//	tx, err := db.BeginTx(ctx, nil)
//	if err != nil {
//		return err
//	}
//	defer tx.Rollback()
//	if isNew, err := sqlstore.ClaimIn(ctx, tx, event, "book-payment"); err != nil || !isNew {
//		return err
//	}
//	if _, err := tx.ExecContext(ctx, "INSERT INTO bookings ..."); err != nil {
//		return err
//	}
//	return tx.Commit()
//
// It returns whether to go on: the key is new, or the event has none. A [*sql.DB] is no transaction, so the compiler
// refuses it: the key would be committed at once, and the event lost if the handler then failed.
//
// On PostgreSQL a copy waits until the transaction of the other one has ended: committed, it gets false; rolled back, true.
// On SQLite it waits for the connection's time-out, and then gets an error; at once where its transaction has read before.
// So begin transactions with BEGIN IMMEDIATE, which both drivers do with _txlock=immediate in the data source's name. What
// the database returns is yours to pass on, so that Tink delivers again. The table is made by [CreateTablesIn].
//
// scope names what is done once, as for idempotency.Once: another one for each handler. The database is asked which one it
// is each time, since a transaction does not say.
//
// Errors: ErrInvalidOption for a scope that is no name, for a nil transaction, and for a database that is neither
// PostgreSQL nor SQLite, whose name the error says; nothing was inserted.
func ClaimIn(ctx context.Context, tx *sql.Tx, event *tinkwebhooks.Event, scope string) (bool, error) {
	if err := effects.Check(tx, scope); err != nil {
		return false, err
	}
	key := event.IdempotencyKey()
	if key == "" {
		return true, nil
	}
	changed, err := inTransaction(ctx, tx, "effect", sql.Named("scope", scope), sql.Named("key", key))
	return changed == 1, err
}

// CreateTablesIn makes the table of [ClaimIn] where it is not there, in a transaction, which you commit.
//
// Errors: those of [ClaimIn].
func CreateTablesIn(ctx context.Context, tx *sql.Tx) error {
	if err := effects.CheckTx(tx); err != nil {
		return err
	}
	database, err := databaseOf(ctx, tx)
	if err != nil {
		return err
	}
	return database.createEffects(ctx, tx)
}

// PruneIn removes the keys of [ClaimIn] that are older, in a transaction, which you commit, and returns how many; to be
// called now and then. idempotency.LeastKeep is long enough for Tink's retries.
//
// Errors: those of [ClaimIn].
func PruneIn(ctx context.Context, tx *sql.Tx, olderThan time.Duration) (int64, error) {
	if err := effects.CheckTx(tx); err != nil {
		return 0, err
	}
	return inTransaction(ctx, tx, "prune_effects", sql.Named("keep", texts.Milliseconds(olderThan)))
}

func inTransaction(ctx context.Context, tx *sql.Tx, name string, args ...sql.NamedArg) (int64, error) {
	database, err := databaseOf(ctx, tx)
	if err != nil {
		return 0, err
	}
	return database.inTransaction(ctx, tx, name, args...)
}
