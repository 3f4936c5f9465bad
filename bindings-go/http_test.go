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
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

// keepLog makes the default logger write to a buffer until the test ends.
func keepLog(t *testing.T) *bytes.Buffer {
	t.Helper()
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	return &log
}

func TestOverHTTP(t *testing.T) {
	log := keepLog(t)
	var reported []error
	hooks := newHandler(t, tinkwebhooks.WithMaxBodyBytes(1000), tinkwebhooks.WithOnError(
		func(r *http.Request, err error) {
			if r.URL.Path != "/tink" {
				t.Errorf("the request of another: %s", r.URL)
			}
			reported = append(reported, err)
		}))
	ran := 0
	register(t, hooks, "account:updated", func(ctx context.Context, _ *tinkwebhooks.Event) error {
		ran++
		if ctx.Value(http.ServerContextKey) == nil {
			t.Error("not the request's context")
		}
		return nil
	})
	register(t, hooks, "payment:updated", func(context.Context, *tinkwebhooks.Event) error {
		return errors.New("private words")
	})
	served := make(chan bool, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hooks.ServeHTTP(w, r)
		served <- true // the hook is called after the answer
	}))
	defer server.Close()

	payment, ping, large := `{"event":"payment:updated"}`, `{"event":"test"}`, strings.Repeat(" ", 1001)
	for _, test := range []struct {
		name, method, body string
		signatures         []string
		status             int
		text               string
		code               tinkwebhooks.ErrorCode
		ran                int
	}{
		{"good", "POST", account, []string{sign(t, account)}, 200, "ok", "", 1},
		{"nobody listens", "POST", `{"event":"some:thing"}`, []string{sign(t, `{"event":"some:thing"}`)}, 200, "ok", "", 0},
		{"test ping", "POST", ping, []string{sign(t, ping)}, 200, "test_webhook", tinkwebhooks.ErrTestWebhook, 0},
		{"no header", "POST", account, nil, 401, "missing_signature", tinkwebhooks.ErrMissingSignature, 0},
		{"empty header", "POST", account, []string{""}, 401, "missing_signature", tinkwebhooks.ErrMissingSignature, 0},
		{"two headers", "POST", account, []string{sign(t, account), sign(t, account)}, 401, "malformed_signature",
			tinkwebhooks.ErrMalformedSignature, 0},
		{"one header in two lines", "POST", account, strings.Split(sign(t, account), ","), 200, "ok", "", 1},
		{"forged", "POST", account, []string{sign(t, payment)}, 401, "signature_mismatch",
			tinkwebhooks.ErrSignatureMismatch, 0},
		{"not JSON", "POST", "{", []string{sign(t, "{")}, 400, "invalid_json", tinkwebhooks.ErrInvalidJSON, 0},
		{"no body", "POST", "", []string{sign(t, "")}, 400, "invalid_json", tinkwebhooks.ErrInvalidJSON, 0},
		{"too large", "POST", large, []string{sign(t, large)}, 413, "body_too_large", tinkwebhooks.ErrBodyTooLarge, 0},
		{"handler fails", "POST", payment, []string{sign(t, payment)}, 500, "handler_failed",
			tinkwebhooks.ErrHandlerFailed, 0},
		{"GET", "GET", "", nil, 405, "method_not_allowed", tinkwebhooks.ErrMethodNotAllowed, 0},
		{"PUT", "PUT", account, []string{sign(t, account)}, 405, "method_not_allowed", tinkwebhooks.ErrMethodNotAllowed, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			ran, reported = 0, nil
			log.Reset()
			request, err := http.NewRequest(test.method, server.URL+"/tink", strings.NewReader(test.body))
			if err != nil {
				t.Fatal(err)
			}
			request.Header["X-Tink-Signature"] = test.signatures
			response, err := server.Client().Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			text, err := io.ReadAll(response.Body)
			<-served
			if err != nil || response.StatusCode != test.status || string(text) != test.text+"\n" {
				t.Errorf("answered %d %q, want %d %q; %v", response.StatusCode, text, test.status, test.text, err)
			}
			if allow := response.Header.Get("Allow"); (allow == "POST") != (test.status == 405) {
				t.Errorf("Allow: %q", allow)
			}
			if ran != test.ran {
				t.Errorf("%d handlers ran, want %d", ran, test.ran)
			}
			if test.code == "" {
				if len(reported) > 0 || log.Len() > 0 {
					t.Errorf("reported %v, logged %s", reported, log)
				}
				return
			}
			if len(reported) != 1 {
				t.Fatalf("reported %v", reported)
			}
			wantCode(t, reported[0], test.code)
			level := map[int]string{2: "INFO", 4: "WARN", 5: "ERROR"}[test.status/100]
			if !strings.Contains(log.String(), string(test.code)) || !strings.Contains(log.String(), "level="+level) {
				t.Errorf("logged %s", log)
			}
			if strings.Contains(log.String(), secret) || strings.Contains(log.String(), "account") {
				t.Errorf("the log shows too much: %s", log)
			}
		})
	}
}

// counted provides a hundred times the cap, in reads of any size, and counts the bytes that were read.
type counted struct{ left, given int }

func (c *counted) Read(p []byte) (int, error) {
	if c.left == 0 {
		return 0, io.EOF
	}
	n := min(len(p), c.left)
	c.left -= n
	c.given += n
	return n, nil
}

func TestNoMoreThanTheCapIsRead(t *testing.T) {
	const limit, size = 2000, 200_000
	keepLog(t)
	hooks := newHandler(t, tinkwebhooks.WithMaxBodyBytes(limit))
	for name, length := range map[string]int64{"a declared length": size, "no declared length": -1} {
		t.Run(name, func(t *testing.T) {
			body := &counted{left: size}
			request := httptest.NewRequest("POST", "/tink", body)
			request.ContentLength = length
			recorder := httptest.NewRecorder()
			hooks.ServeHTTP(recorder, request)
			if recorder.Code != 413 || recorder.Body.String() != "body_too_large\n" {
				t.Errorf("answered %d %q", recorder.Code, recorder.Body)
			}
			// The byte after the cap shows that there is more.
			if body.given > limit+1 {
				t.Errorf("%d bytes were read, of which %d are allowed", body.given, limit)
			}
		})
	}
}

func TestABodyThatBreaksOff(t *testing.T) {
	keepLog(t)
	reported := make(chan error, 1)
	hooks := newHandler(t, tinkwebhooks.WithOnError(func(_ *http.Request, err error) { reported <- err }))
	server := httptest.NewServer(hooks)
	defer server.Close()
	connection, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	_, err = io.WriteString(connection, "POST /tink HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
	if err != nil {
		t.Fatal(err)
	}
	if err := connection.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(connection)
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 408 ") || !strings.Contains(string(answer), "unreadable_body") {
		t.Errorf("answered %q, %v", answer, err)
	}
	select {
	case err := <-reported:
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("reported %v", err)
		}
		known := wantCode(t, err, tinkwebhooks.ErrUnreadableBody)
		if known.Kind != tinkwebhooks.ErrInvalidRequest || known.HTTPStatus() != 408 {
			t.Errorf("reported %s, %d", known.Kind, known.HTTPStatus())
		}
	case <-time.After(10 * time.Second):
		t.Error("nothing was reported")
	}
}

func TestRequestsThatNoServerMade(t *testing.T) {
	keepLog(t)
	hooks := newHandler(t)
	request, err := http.NewRequest("POST", "/tink", nil)
	if err != nil {
		t.Fatal(err)
	}
	recorder := httptest.NewRecorder()
	hooks.ServeHTTP(recorder, request)
	if recorder.Code != 401 || recorder.Body.String() != "missing_signature\n" {
		t.Errorf("answered %d %q", recorder.Code, recorder.Body)
	}
	hooks.Close()
	for _, closed := range []*tinkwebhooks.Handler{hooks, nil} {
		recorder = httptest.NewRecorder()
		closed.ServeHTTP(recorder, httptest.NewRequest("POST", "/tink", strings.NewReader(account)))
		if recorder.Code != 500 || recorder.Body.String() != "invalid_option\n" {
			t.Errorf("answered %d %q", recorder.Code, recorder.Body)
		}
	}
}

func TestABodyThatWasReadBefore(t *testing.T) {
	log := keepLog(t)
	hooks := newHandler(t)
	for name, spoil := range map[string]func(*http.Request){
		"read":   func(r *http.Request) { _, _ = io.ReadAll(r.Body) },
		"partly": func(r *http.Request) { _, _ = io.ReadFull(r.Body, make([]byte, 10)) },
		"closed": func(r *http.Request) { r.Body.Close() },
		"chunked, read": func(r *http.Request) {
			r.ContentLength = -1 // as the server sets it for a chunked body
			_, _ = io.ReadAll(r.Body)
		},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			spoil(r)
			hooks.ServeHTTP(w, r)
		}))
		request, err := http.NewRequest("POST", server.URL, strings.NewReader(account))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set(tinkwebhooks.SignatureHeader, sign(t, account))
		response, err := server.Client().Do(request)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(response.Body)
		response.Body.Close()
		server.Close()
		if response.StatusCode != 500 || string(text) != "invalid_option\n" || !strings.Contains(log.String(), "was read before") {
			t.Errorf("%s: answered %s %q, logged %s", name, response.Status, text, log)
		}
	}
}

func TestWhatIsLogged(t *testing.T) {
	defaultLog := keepLog(t)
	var log bytes.Buffer
	hooks := newHandler(t, tinkwebhooks.WithLogger(slog.New(slog.NewTextHandler(&log, nil))),
		tinkwebhooks.WithOnError(func(*http.Request, error) { panic("the hook is broken") }))
	register(t, hooks, "*", func(context.Context, *tinkwebhooks.Event) error { panic("a bug") })
	request := httptest.NewRequest("POST", "/tink", strings.NewReader(account))
	request.Header.Set(tinkwebhooks.SignatureHeader, sign(t, account))
	recorder := httptest.NewRecorder()
	hooks.ServeHTTP(recorder, request)
	if recorder.Code != 500 || recorder.Body.String() != "handler_failed\n" {
		t.Errorf("answered %d %q", recorder.Code, recorder.Body)
	}
	for _, part := range []string{"handler_failed", "a bug", "TestWhatIsLogged", "on-error hook failed", "the hook is broken"} {
		if !strings.Contains(log.String(), part) {
			t.Errorf("%q is not in the log: %s", part, &log)
		}
	}
	for _, hidden := range []string{"userId", "content", secret, request.Header.Get(tinkwebhooks.SignatureHeader)[len("t=1234567890,v1="):]} {
		if strings.Contains(log.String(), hidden) {
			t.Errorf("%q is in the log: %s", hidden, &log)
		}
	}
	if defaultLog.Len() > 0 {
		t.Errorf("logged elsewhere: %s", defaultLog)
	}
}

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
