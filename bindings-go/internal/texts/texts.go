// Package texts has the Lua and SQL texts of the stores: a copy of the project's stores/, which is the one place where
// they are written.
package texts

import (
	"embed"
	"io/fs"
	"strings"
	"time"

	"github.com/tink-webhooks/tink-webhooks/bindings-go/idempotency"
)

//go:embed redis/*.lua postgres/*.sql sqlite/*.sql
var files embed.FS

// Text returns a text by its place, such as "redis/claim.lua". It panics where there is none.
func Text(place string) string {
	text, err := files.ReadFile(place)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// statements are the texts of SQL without their comments, by place.
var statements = func() map[string]string {
	found, err := fs.Glob(files, "*/*.sql")
	if err != nil {
		panic(err)
	}
	all := map[string]string{}
	for _, place := range found {
		var kept []string
		for line := range strings.Lines(Text(place)) {
			if !strings.HasPrefix(line, "--") {
				kept = append(kept, line)
			}
		}
		all[place] = strings.TrimSpace(strings.Join(kept, ""))
	}
	return all
}()

// Statement returns a statement of SQL without its comments, by its place such as "sqlite/claim.sql".
func Statement(place string) string { return statements[place] }

// Statements returns the statements of a text one by one, since clients prepare one at a time.
func Statements(place string) []string {
	var all []string
	for _, part := range strings.Split(Statement(place), ";") {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all
}

// ClaimOf is the claim that a text answers: 0 for claimed, a negative number for done, and otherwise for how many
// milliseconds another token holds the record.
func ClaimOf(answer int64) idempotency.Claim {
	switch {
	case answer == 0:
		return idempotency.Claim{State: idempotency.Claimed}
	case answer < 0:
		return idempotency.Claim{State: idempotency.Done}
	}
	return idempotency.Claim{State: idempotency.Busy, Left: time.Duration(answer) * time.Millisecond}
}

// PostgresAgain are the states in which another transaction was in the way: serialization_failure and deadlock_detected,
// where the server's default isolation is stricter than READ COMMITTED; and two sessions that make the same table.
var PostgresAgain = map[string]bool{"40001": true, "40P01": true, "23505": true, "42P07": true, "42710": true}

// Milliseconds are whole, and at least one.
func Milliseconds(duration time.Duration) int64 { return max(1, duration.Milliseconds()) }
