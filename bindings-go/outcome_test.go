package tinkwebhooks_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

// brokenBody is a body that fails in the middle.
type brokenBody struct{ io.Reader }

func (b brokenBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func TestEveryDeliveryHasOneOutcome(t *testing.T) {
	var log bytes.Buffer
	var outcomes []tinkwebhooks.Outcome
	hooks := newHandler(t, tinkwebhooks.WithSecrets("another", secret), tinkwebhooks.WithClock(atNow),
		tinkwebhooks.WithLogger(slog.New(slog.NewJSONHandler(&log, nil))), tinkwebhooks.WithMaxBodyBytes(1000),
		tinkwebhooks.WithOnError(func(*http.Request, error) { panic("the hook is broken") }),
		tinkwebhooks.WithOnOutcome(func(r *http.Request, outcome tinkwebhooks.Outcome) {
			if r.URL.Path != "/tink" {
				t.Errorf("the request of another: %s", r.URL)
			}
			outcomes = append(outcomes, outcome)
			panic("this one too")
		}))
	away := fmt.Errorf("booking: %w", &fs.PathError{Op: "open", Path: "ledger", Err: fs.ErrNotExist})
	register(t, hooks, "payment:updated", func(context.Context, *tinkwebhooks.Event) error { return away })
	register(t, hooks, "refresh:finished", func(context.Context, *tinkwebhooks.Event) error { panic("a bug") })
	signed := func(body string, ago time.Duration, opts ...tinkwebhooks.SignOption) string {
		return sign(t, body, append(opts, tinkwebhooks.SignedAt(now.Add(-ago)))...)
	}
	payment, refresh, ping := `{"event":"payment:updated"}`, `{"event":"refresh:finished"}`, `{"event":"test"}`
	for _, test := range []struct {
		name, method, body, signature string
		want                          tinkwebhooks.Outcome
	}{
		{"handled", "POST", account, signed(account, 7*time.Second), tinkwebhooks.Outcome{Type: "handled", Status: 200,
			EventType: "account_updated", SecretIndex: 1, Age: 7, HasAge: true}},
		{"bare", "POST", account, signed(account, 0, tinkwebhooks.SignedWith("body")), tinkwebhooks.Outcome{
			Type: "handled", Status: 200, EventType: "account_updated", SecretIndex: 1}},
		{"unknown", "POST", `{"event":"some:thing"}`, signed(`{"event":"some:thing"}`, 0), tinkwebhooks.Outcome{
			Type: "handled", Status: 200, EventType: "unknown", SecretIndex: 1, HasAge: true}},
		{"test", "POST", ping, signed(ping, 0), tinkwebhooks.Outcome{Type: "test", Status: 200, Kind: "test_webhook",
			Reason: "test_webhook", SecretIndex: -1}},
		{"forged", "POST", account, signed(payment, 0), tinkwebhooks.Outcome{Type: "refused", Status: 401,
			Kind: "invalid_signature", Reason: "signature_mismatch", SecretIndex: -1}},
		{"old", "POST", account, signed(account, time.Hour), tinkwebhooks.Outcome{Type: "refused", Status: 401,
			Kind: "invalid_signature", Reason: "timestamp_too_old", SecretIndex: -1, Age: 3600, HasAge: true}},
		{"no JSON", "POST", "{", signed("{", 0), tinkwebhooks.Outcome{Type: "refused", Status: 400,
			Kind: "invalid_payload", Reason: "invalid_json", SecretIndex: -1}},
		{"large", "POST", strings.Repeat(" ", 1001), "", tinkwebhooks.Outcome{Type: "refused", Status: 413,
			Kind: "invalid_payload", Reason: "body_too_large", SecretIndex: -1}},
		{"method", "GET", "", "", tinkwebhooks.Outcome{Type: "refused", Status: 405, Kind: "invalid_request",
			Reason: "method_not_allowed", SecretIndex: -1}},
		{"broken", "POST", "broken", "", tinkwebhooks.Outcome{Type: "refused", Status: 408, Kind: "invalid_request",
			Reason: "unreadable_body", SecretIndex: -1}},
		{"fails", "POST", payment, signed(payment, time.Second), tinkwebhooks.Outcome{Type: "failed", Status: 500,
			Kind: "handler_failed", Reason: "handler_failed", EventType: "payment_updated", SecretIndex: 1, Age: 1, HasAge: true}},
		{"panics", "POST", refresh, signed(refresh, 0), tinkwebhooks.Outcome{Type: "failed", Status: 500,
			Kind: "handler_failed", Reason: "handler_failed", EventType: "refresh_finished", SecretIndex: 1, HasAge: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			outcomes = nil
			log.Reset()
			request := httptest.NewRequest(test.method, "/tink", strings.NewReader(test.body))
			if test.name == "broken" {
				request.Body = io.NopCloser(brokenBody{strings.NewReader("{")})
			}
			request.Header.Set(tinkwebhooks.SignatureHeader, test.signature)
			recorder := httptest.NewRecorder()
			hooks.ServeHTTP(recorder, request)
			if len(outcomes) != 1 || recorder.Code != test.want.Status {
				t.Fatalf("answered %d, outcomes %+v", recorder.Code, outcomes)
			}
			got := outcomes[0]
			if got.Duration <= 0 || got.Duration > time.Minute {
				t.Errorf("took %s", got.Duration)
			}
			failure := got.Err
			if got.Duration, got.Err = 0, nil; got != test.want {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
			if (failure == nil) != (got.Type == tinkwebhooks.OutcomeHandled) {
				t.Errorf("the error is %v", failure)
			}
			if failure != nil {
				wantCode(t, failure, got.Reason)
			}
			if path := new(fs.PathError); (test.name == "fails") != errors.As(failure, &path) {
				t.Errorf("the handler's own error is not in %v", failure)
			}
			checkRecord(t, &log, got)
			if test.name == "fails" && !strings.Contains(log.String(), "booking: open ledger: file does not exist") {
				t.Errorf("the handler's own error is not in the log: %s", &log)
			}
		})
	}
}

// checkRecord checks the first line of a log, and that the hooks' panics follow.
func checkRecord(t *testing.T, log *bytes.Buffer, outcome tinkwebhooks.Outcome) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(log.String(), "\n"), "\n")
	if outcome.Type != tinkwebhooks.OutcomeHandled {
		var record map[string]any
		if err := json.Unmarshal([]byte(lines[0]), &record); err != nil {
			t.Fatal(err)
		}
		level := map[int]string{2: "INFO", 4: "WARN", 5: "ERROR"}[outcome.Status/100]
		want := map[string]any{"level": level, "msg": "tink webhook: " + string(outcome.Reason), "status": float64(outcome.Status),
			"kind": string(outcome.Kind), "reason": string(outcome.Reason), "age": nil, "event": nil}
		if outcome.HasAge {
			want["age"] = float64(outcome.Age)
		}
		if outcome.EventType != "" {
			want["event"] = string(outcome.EventType)
		}
		for key, value := range want {
			if record[key] != value {
				t.Errorf("%s is %v in the log, want %v", key, record[key], value)
			}
		}
		lines = lines[1:]
		if len(lines) == 0 || !strings.Contains(lines[0], "the on-error hook failed") {
			t.Fatalf("the on-error hook's panic is not in the log: %s", log)
		}
		lines = lines[1:]
	}
	if len(lines) != 1 || !strings.Contains(lines[0], "the on-outcome hook failed") {
		t.Errorf("the on-outcome hook's panic is not in the log: %s", log)
	}
}

// A hook that does not return keeps nobody waiting.
func TestTheAnswerComesBeforeTheHooks(t *testing.T) {
	keepLog(t)
	release := make(chan bool)
	hooks := newHandler(t, tinkwebhooks.WithOnError(func(*http.Request, error) { <-release }),
		tinkwebhooks.WithOnOutcome(func(*http.Request, tinkwebhooks.Outcome) { <-release }))
	server := httptest.NewServer(hooks)
	defer server.Close()
	defer close(release)
	for signature, status := range map[string]int{"": 401, sign(t, account): 200} {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, "POST", server.URL, strings.NewReader(account))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set(tinkwebhooks.SignatureHeader, signature)
		request.Close = true // another request on this connection would wait
		response, err := server.Client().Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(response.Body); err != nil || response.StatusCode != status {
			t.Errorf("answered %s, %v", response.Status, err)
		}
		response.Body.Close()
	}
}
