package idempotency_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/idempotency"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/tinkwebhookstest"
)

// receiver is a handler object behind HTTP, and its outcomes.
type receiver struct {
	*tinkwebhooks.Handler
	t       *testing.T
	outcome tinkwebhooks.Outcome
	log     *locked
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	made := &receiver{t: t, log: &locked{}}
	made.Handler = newHandler(t, tinkwebhooks.WithLogger(slog.New(slog.NewTextHandler(made.log, nil))),
		tinkwebhooks.WithOnOutcome(func(_ *http.Request, outcome tinkwebhooks.Outcome) { made.outcome = outcome }))
	return made
}

func (r *receiver) want(status int, body string, outcome tinkwebhooks.OutcomeType) {
	r.t.Helper()
	answer := httptest.NewRecorder()
	r.ServeHTTP(answer, tinkwebhookstest.NewRequest("/", "payment:updated", tinkwebhookstest.WithSecret(secret)))
	if got := strings.TrimSpace(answer.Body.String()); answer.Code != status || got != body || r.outcome.Type != outcome {
		r.t.Errorf("%d %s %s, want %d %s %s", answer.Code, got, r.outcome.Type, status, body, outcome)
	}
}

func TestADuplicateIsSaidToBeOne(t *testing.T) {
	r, book := newReceiver(t), &handler{}
	r.MustRegisterHandler("payment:updated", idempotency.MustOnce(&idempotency.MemoryStore{}, "book", book.run))
	r.want(200, "ok", tinkwebhooks.OutcomeHandled)
	r.want(200, "ok", tinkwebhooks.OutcomeDuplicate)
	book.want(t, 1)
	if r.outcome.Kind != "" || r.outcome.Reason != "" || r.outcome.Err != nil || r.outcome.EventType != "payment_updated" {
		t.Errorf("%+v", r.outcome)
	}
	r.MustRegisterHandler("*", (&handler{}).run)
	r.want(200, "ok", tinkwebhooks.OutcomeHandled) // one handler has run
}

func TestInProgressAndAStoreThatIsAwayAnswer503(t *testing.T) {
	r, store := newReceiver(t), &counted{}
	r.MustRegisterHandler("payment:updated",
		idempotency.MustOnce(store, "book", (&handler{}).run, idempotency.WithWait(0), quiet()))
	take(t, store, payment(t), "book", time.Hour)
	r.want(503, "in_progress", tinkwebhooks.OutcomeInProgress)
	if !strings.Contains(r.log.String(), "level=WARN") {
		t.Error(r.log)
	}
	store.fail("claim", 1)
	r.want(503, "store_unavailable", tinkwebhooks.OutcomeFailed)
	var failed *tinkwebhooks.HandlerError
	if !errors.As(r.outcome.Err, &failed) || len(failed.Errors) != 1 || failed.Event.Name() != "payment:updated" {
		t.Fatalf("%#v", r.outcome.Err)
	}
	if r.outcome.Kind != tinkwebhooks.ErrUnavailable || !errors.Is(failed, errAway) {
		t.Errorf("%s, %v", r.outcome.Kind, failed)
	}
	// Another failure beside it.
	store.fail("claim", 1)
	r.MustRegisterHandler("payment:updated", func(context.Context, *tinkwebhooks.Event) error { return errNoBank })
	r.want(500, "handler_failed", tinkwebhooks.OutcomeFailed)
}

// answers answers every claim in the same way.
type answers struct {
	idempotency.MemoryStore
	what string
}

func (s *answers) Claim(ctx context.Context, scope, key, token string, lease time.Duration) (idempotency.Claim, error) {
	switch s.what {
	case "store_unavailable":
		return idempotency.Claim{}, errAway
	case "done":
		return idempotency.Claim{State: idempotency.Done}, nil
	case "in_progress":
		return idempotency.Claim{State: idempotency.Busy, Left: time.Minute}, nil
	}
	return s.MemoryStore.Claim(ctx, scope, key, token, lease)
}

func TestWhatIsAnsweredInEveryLanguage(t *testing.T) {
	text, err := os.ReadFile("../../tests/vectors/adapters/once.json")
	if os.IsNotExist(err) {
		t.Skip("only in the repository")
	}
	var shared struct {
		Vectors []struct {
			ID       string
			Handlers []string
			Expect   struct {
				Status          int
				Reason, Outcome string
			}
		}
	}
	if err := json.Unmarshal(text, &shared); err != nil || len(shared.Vectors) == 0 {
		t.Fatal(err)
	}
	for _, vector := range shared.Vectors {
		t.Run(vector.ID, func(t *testing.T) {
			r := newReceiver(t)
			for number, what := range vector.Handlers {
				book := &handler{then: func(int) error {
					if what == "fail" {
						return errNoBank
					}
					return nil
				}}
				r.MustRegisterHandler("payment:updated", idempotency.MustOnce(&answers{what: what}, fmt.Sprint("scope ", number),
					book.run, idempotency.WithWait(0), quiet()))
			}
			want := vector.Expect
			r.want(want.Status, want.Reason, tinkwebhooks.OutcomeType(want.Outcome))
		})
	}
}

func TestALostCommitIsInTheOutcome(t *testing.T) {
	r, store := newReceiver(t), &counted{}
	book := &handler{then: func(int) error { store.forgotten.Store(true); return nil }}
	remove, err := r.RegisterHandler("payment:updated", idempotency.MustOnce(store, "book", book.run, quiet()))
	if err != nil {
		t.Fatal(err)
	}
	r.want(200, "ok", tinkwebhooks.OutcomeHandled)
	if !r.outcome.CommitLost {
		t.Errorf("%+v", r.outcome)
	}
	remove()
	r.MustRegisterHandler("payment:updated", idempotency.MustOnce(&counted{}, "mail", (&handler{}).run))
	r.want(200, "ok", tinkwebhooks.OutcomeHandled)
	if r.outcome.CommitLost {
		t.Errorf("%+v", r.outcome)
	}
}
