package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/effects"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/texts"
)

// errBad says that a connection is broken, and nothing was done.
var errBad = driver.ErrBadConn

// querier is a connection or a transaction.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// database is one that is known.
type database interface {
	create(ctx context.Context, on *sql.Conn) error
	claim(ctx context.Context, on *sql.Conn, scope, key, token string, lease int64) (answer int64, err error)
	// change runs a text, and returns how many rows it has changed.
	change(ctx context.Context, on *sql.Conn, name string, args ...sql.NamedArg) (int64, error)
	// inTransaction runs a text in the user's own transaction.
	inTransaction(ctx context.Context, tx querier, name string, args ...sql.NamedArg) (int64, error)
	createEffects(ctx context.Context, tx querier) error
}

// databaseOf asks which database it is. First what PostgreSQL answers, whose transactions a failed statement ends; SQLite
// says while it prepares it that there is no such function, and locks nothing.
func databaseOf(ctx context.Context, on querier) (database, error) {
	var version string
	err := on.QueryRowContext(ctx, "SELECT version()").Scan(&version)
	if err == nil {
		if strings.HasPrefix(version, "PostgreSQL ") {
			return postgres{}, nil
		}
		return nil, effects.Refuse(refusal(nameOf(version)))
	}
	var refused interface{ SQLState() string }
	if ctx.Err() != nil || errors.As(err, &refused) { // it is PostgreSQL, and the transaction may have failed before
		return nil, err
	}
	if on.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version) == nil {
		return sqlite{}, nil
	}
	if on.QueryRowContext(ctx, "SELECT @@version").Scan(&version) == nil {
		return nil, effects.Refuse(refusal(nameOf(version)))
	}
	return nil, fmt.Errorf("which database is it? it answers neither version() nor sqlite_version(): %w", err)
}

func refusal(name string) string { return "sqlstore knows PostgreSQL and SQLite, and not " + name }

// nameOf is a database's name, from what it says of its version.
func nameOf(version string) string {
	line, _, _ := strings.Cut(version, "\n")
	switch {
	case strings.Contains(line, "MariaDB"):
		return "MariaDB"
	case line != "" && unicode.IsDigit(rune(line[0])): // "8.0.36"
		return "MySQL " + line
	case strings.HasPrefix(line, "Microsoft SQL Server"):
		return "Microsoft SQL Server"
	}
	name, _, _ := strings.Cut(line, " ")
	return cmp.Or(name, "a database without a name")
}

type postgres struct{}

// The order of the parameters of each text.
var postgresOrder = map[string][]string{
	"claim":         {"scope", "key", "token", "lease"},
	"commit":        {"scope", "key", "token", "keep"},
	"extend":        {"scope", "key", "token", "lease"},
	"release":       {"scope", "key", "token"},
	"prune":         {},
	"effect":        {"scope", "key"},
	"prune_effects": {"keep"},
}

func (postgres) args(name string, given []sql.NamedArg) []any {
	var all []any
	for _, wanted := range postgresOrder[name] {
		for _, arg := range given {
			if arg.Name == wanted {
				all = append(all, arg.Value)
			}
		}
	}
	return all
}

func (postgres) create(ctx context.Context, on *sql.Conn) error {
	return postgres{}.createEffects(ctx, on)
}

func (postgres) createEffects(ctx context.Context, on querier) error {
	for _, statement := range texts.Statements("postgres/create.sql") {
		if _, err := on.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

func (p postgres) claim(ctx context.Context, on *sql.Conn, scope, key, token string, lease int64) (int64, error) {
	var answer int64
	err := on.QueryRowContext(ctx, texts.Statement("postgres/claim.sql"), scope, key, token, lease).Scan(&answer)
	if errors.Is(err, sql.ErrNoRows) { // another one has it; where it has just gone there is no row either
		err = on.QueryRowContext(ctx, texts.Statement("postgres/answer.sql"), scope, key).Scan(&answer)
	}
	return answer, err
}

func (p postgres) change(ctx context.Context, on *sql.Conn, name string, args ...sql.NamedArg) (int64, error) {
	return p.inTransaction(ctx, on, name, args...)
}

func (p postgres) inTransaction(ctx context.Context, tx querier, name string, args ...sql.NamedArg) (int64, error) {
	done, err := tx.ExecContext(ctx, texts.Statement("postgres/"+name+".sql"), p.args(name, args)...)
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}

type sqlite struct{}

func (sqlite) create(ctx context.Context, on *sql.Conn) error {
	var file string
	// The first row is the main database.
	err := on.QueryRowContext(ctx, "SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&file)
	if err != nil {
		return err
	}
	if file == "" {
		return effects.Refuse("sqlstore needs a file of SQLite: each connection has a memory of its own, so use " +
			"idempotency.MemoryStore for one process")
	}
	if err := writeAhead(ctx, on); err != nil {
		return err
	}
	_, err = sqlite{}.change(ctx, on, "create")
	return err
}

// writeAhead sets the journal's mode. Another one may just be doing it, for which SQLite does not wait.
func writeAhead(ctx context.Context, on *sql.Conn) error {
	for until := time.Now().Add(busy); ; {
		var mode string
		err := on.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode)
		if err == nil || time.Now().After(until) || ctx.Err() != nil {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// busy is how long to wait for another process.
const busy = 5 * time.Second

// What is set before a text: how long it waits for another process, and whether for the disk. The connection is one of a
// pool, so nobody knows what was set before.
var (
	setBusy = fmt.Sprintf("PRAGMA busy_timeout = %d;\n", busy.Milliseconds())
	quick   = setBusy + texts.Statement("sqlite/quick.sql")
	durable = setBusy + texts.Statement("sqlite/durable.sql")
)

func (s sqlite) claim(ctx context.Context, on *sql.Conn, scope, key, token string, lease int64) (answer int64, err error) {
	record := named(sql.Named("lease", lease), scope, key, token)
	changed, err := s.change(ctx, on, "claim", record...)
	if err != nil || changed > 0 {
		return 0, err
	}
	// Another one has it; where it has just gone there is no row.
	err = on.QueryRowContext(ctx, texts.Statement("sqlite/answer.sql"), record[0], record[1]).Scan(&answer)
	return answer, err
}

// change runs a text, which is a transaction of its own.
func (s sqlite) change(ctx context.Context, on *sql.Conn, name string, args ...sql.NamedArg) (int64, error) {
	before := durable
	switch name {
	case "claim", "extend", "release":
		before = quick
	}
	if _, err := on.ExecContext(ctx, before); err != nil {
		return 0, err
	}
	return s.inTransaction(ctx, on, name, args...)
}

func (sqlite) inTransaction(ctx context.Context, tx querier, name string, args ...sql.NamedArg) (int64, error) {
	all := make([]any, len(args))
	for at, arg := range args {
		all[at] = arg
	}
	done, err := tx.ExecContext(ctx, texts.Statement("sqlite/"+name+".sql"), all...)
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}

func (sqlite) createEffects(ctx context.Context, tx querier) error {
	_, err := tx.ExecContext(ctx, texts.Statement("sqlite/create_effects.sql"))
	return err
}
