package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"strings"
	"testing"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

// answering is a driver of a database that answers some queries, each with one row of one text, and refuses others.
type answering map[string]string

func (a answering) Connect(context.Context) (driver.Conn, error) { return a, nil }
func (a answering) Driver() driver.Driver                        { return nil }
func (a answering) Begin() (driver.Tx, error)                    { return a, nil }
func (a answering) Commit() error                                { return nil }
func (a answering) Rollback() error                              { return nil }
func (a answering) Close() error                                 { return nil }

func (a answering) Prepare(query string) (driver.Stmt, error) {
	answer, ok := a[query]
	if !ok {
		return nil, errors.New("no such function")
	}
	return statement(answer), nil
}

type statement string

func (statement) Close() error                               { return nil }
func (statement) NumInput() int                              { return 0 }
func (statement) Exec([]driver.Value) (driver.Result, error) { return nil, errors.New("it writes") }
func (s statement) Query([]driver.Value) (driver.Rows, error) {
	return &rows{text: string(s)}, nil
}

type rows struct {
	text string
	read bool
}

func (*rows) Columns() []string { return []string{"version"} }
func (*rows) Close() error      { return nil }
func (r *rows) Next(row []driver.Value) error {
	if r.read {
		return io.EOF
	}
	row[0], r.read = r.text, true
	return nil
}

func TestAnotherDatabaseIsRefusedByName(t *testing.T) {
	hooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSecret("s3cret"))
	if err != nil {
		t.Fatal(err)
	}
	defer hooks.Close()
	event, err := hooks.ParseEvent([]byte(`{"event":"payment:updated","content":{"id":"p","updated":1}}`))
	if err != nil || event.IdempotencyKey() == "" {
		t.Fatal(err)
	}
	for name, answers := range map[string]answering{
		"MySQL 8.0.36":         {"SELECT version()": "8.0.36"},
		"MariaDB":              {"SELECT version()": "10.11.6-MariaDB-0+deb12u1"},
		"CockroachDB":          {"SELECT version()": "CockroachDB CCL v23.1.11"},
		"Microsoft SQL Server": {"SELECT @@version": "Microsoft SQL Server 2022 (RTM)\n16.0"},
	} {
		db := sql.OpenDB(answers)
		defer db.Close()
		tx, err := db.Begin()
		if err != nil {
			t.Fatal(err)
		}
		isNew, err := ClaimIn(t.Context(), tx, event, "book")
		if isNew || !errors.Is(err, tinkwebhooks.ErrInvalidOption) || !strings.HasSuffix(err.Error(), " not "+name) {
			t.Errorf("%s: %v, %v", name, isNew, err)
		}
		store, err := New(db)
		if err != nil {
			t.Fatal(err)
		}
		if err := store.CreateTables(t.Context()); !errors.Is(err, tinkwebhooks.ErrInvalidOption) {
			t.Errorf("%s: %v", name, err)
		}
	}
	db := sql.OpenDB(answering{})
	defer db.Close()
	store, err := New(db)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.CreateTables(t.Context()); err == nil || !strings.Contains(err.Error(), "which database") {
		t.Errorf("one that answers nothing: %v", err)
	}
}
