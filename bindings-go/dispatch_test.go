package tinkwebhooks_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

// journal registers handlers that record their label.
type journal struct {
	t     *testing.T
	hooks *tinkwebhooks.Handler
	ran   []string
}

func newJournal(t *testing.T) *journal { return &journal{t: t, hooks: newHandler(t)} }

func (j *journal) on(key tinkwebhooks.EventType, label string, err error) (remove func()) {
	j.t.Helper()
	return register(j.t, j.hooks, key, func(context.Context, *tinkwebhooks.Event) error {
		j.ran = append(j.ran, label)
		return err
	})
}

// dispatch dispatches an event and returns the labels of the handlers that ran.
func (j *journal) dispatch(body string) (ran string, err error) {
	j.t.Helper()
	j.ran = nil
	err = j.hooks.Dispatch(context.Background(), parse(j.t, body))
	return strings.Join(j.ran, " "), err
}

func (j *journal) want(body, want string) {
	j.t.Helper()
	if ran, err := j.dispatch(body); ran != want || err != nil {
		j.t.Errorf("%q ran, want %q; %v", ran, want, err)
	}
}

func TestEveryRegistrationCounts(t *testing.T) {
	j := newJournal(t)
	runs := 0
	handler := func(context.Context, *tinkwebhooks.Event) error { runs++; return nil }
	remove := register(t, j.hooks, "account:updated", handler)
	register(t, j.hooks, "account_updated", handler)
	j.want(account, "")
	if runs != 2 {
		t.Errorf("ran %d times", runs)
	}
	remove()
	remove()
	j.want(account, "")
	if runs != 3 {
		t.Errorf("ran %d times", runs)
	}
}

func TestRemoving(t *testing.T) {
	j := newJournal(t)
	removeA := j.on("account:updated", "a", nil)
	j.on("account_updated", "b", nil)
	removeC := j.on("account:updated", "c", nil)
	j.on("*", "any", nil)
	j.want(account, "a b c any")
	removeA()
	j.want(account, "b c any")
	j.on("account:updated", "d", nil)
	removeA()
	j.want(account, "b c d any")
	if err := j.hooks.UnregisterHandlers("account_updated"); err != nil {
		t.Fatal(err)
	}
	removeC()
	j.want(account, "any")
	j.on("account:updated", "e", nil)
	removeC()
	j.want(account, "e any")
	wantCode(t, j.hooks.UnregisterHandlers("account:update"), tinkwebhooks.ErrUnknownEventType)
}

func TestHandlersAreListed(t *testing.T) {
	j := newJournal(t)
	j.on("account:updated", "a", nil)
	j.on("*", "any", nil)
	remove := j.on("account_updated", "b", nil)
	listed := func() map[tinkwebhooks.EventType]string {
		groups := map[tinkwebhooks.EventType]string{}
		for key, handlers := range j.hooks.Handlers() {
			j.ran = nil
			for _, handler := range handlers {
				if err := handler(context.Background(), nil); err != nil {
					t.Fatal(err)
				}
			}
			groups[key] = strings.Join(j.ran, " ")
		}
		return groups
	}
	if groups := listed(); len(groups) != 2 || groups["account_updated"] != "a b" || groups["*"] != "any" {
		t.Errorf("%v", groups)
	}
	remove()
	if groups := listed(); len(groups) != 2 || groups["account_updated"] != "a" {
		t.Errorf("%v", groups)
	}
}

func TestMoreHandlersThanAResultHolds(t *testing.T) {
	hooks := newHandler(t)
	const each = 40
	var ran []int
	for i := range each {
		for offset, key := range []tinkwebhooks.EventType{"some:thing", "unknown", "*"} {
			register(t, hooks, key, func(context.Context, *tinkwebhooks.Event) error {
				ran = append(ran, offset*each+i)
				return nil
			})
		}
	}
	for _, body := range []string{`{"event":"some:thing"}`, `{"event":"some\u003athing"}`} {
		for name, call := range map[string]func() error{
			"handle": func() error {
				_, err := hooks.HandleWebhook(context.Background(), []byte(body), sign(t, body))
				return err
			},
			"dispatch": func() error { return hooks.Dispatch(context.Background(), parse(t, body)) },
		} {
			ran = nil
			if err := call(); err != nil {
				t.Fatal(err)
			}
			if len(ran) != 3*each || !slices.IsSorted(ran) {
				t.Errorf("%s %s: ran %v", name, body, ran)
			}
		}
	}
}

func TestHandlersThatFail(t *testing.T) {
	j := newJournal(t)
	away := errors.New("the database is away")
	j.on("account:updated", "a", away)
	j.on("account:updated", "b", nil)
	register(t, j.hooks, "account:updated", func(context.Context, *tinkwebhooks.Event) error { panic(io.ErrUnexpectedEOF) })
	register(t, j.hooks, "account:updated", func(context.Context, *tinkwebhooks.Event) error {
		_ = j.ran[1000]
		return nil
	})
	j.on("*", "any", nil)

	event, err := j.hooks.HandleWebhook(context.Background(), []byte(account), sign(t, account))
	if event != nil {
		t.Error("an event came with the error")
	}
	if ran := strings.Join(j.ran, " "); ran != "a b any" {
		t.Errorf("%q ran", ran)
	}
	known := wantCode(t, err, tinkwebhooks.ErrHandlerFailed)
	if known.HTTPStatus() != 500 {
		t.Errorf("status %d", known.HTTPStatus())
	}
	var failed *tinkwebhooks.HandlerError
	if !errors.As(err, &failed) || len(failed.Errors) != 3 || failed.Event.Name() != "account:updated" {
		t.Fatalf("%#v", err)
	}
	if !errors.Is(err, away) || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a handler's error is not found in %v", err)
	}
	var panicked *tinkwebhooks.PanicError
	if !errors.As(err, &panicked) || !strings.Contains(string(panicked.Stack), "TestHandlersThatFail") {
		t.Errorf("no stack of the panic in %#v", panicked)
	}
	for _, part := range []string{"handler failed", "the database is away", "panicked: unexpected EOF", "index out of range"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q is not in %q", part, err)
		}
	}
	// These two are caught as well.
	j = newJournal(t)
	register(t, j.hooks, "*", func(context.Context, *tinkwebhooks.Event) error { panic(http.ErrAbortHandler) })
	register(t, j.hooks, "*", func(context.Context, *tinkwebhooks.Event) error { return (*nilError)(nil) })
	_, err = j.dispatch(account)
	if !errors.Is(err, http.ErrAbortHandler) || !strings.Contains(err.Error(), "returned a nil *tinkwebhooks_test.nilError") {
		t.Errorf("%v", err)
	}
	// A handler's error does not change the library's own kind and reason.
	j = newJournal(t)
	j.on("*", "a", wantCode(t, err, tinkwebhooks.ErrHandlerFailed))
	register(t, j.hooks, "*", func(context.Context, *tinkwebhooks.Event) error {
		_, err := j.hooks.ParseEvent(nil)
		return err
	})
	_, err = j.dispatch(account)
	if known := wantCode(t, err, tinkwebhooks.ErrHandlerFailed); known.Kind != tinkwebhooks.ErrHandlerFailed {
		t.Errorf("kind %s", known.Kind)
	}
}

// The rule of every language: where each of the failures is of the kind unavailable, so is the dispatch.
func TestHandlersThatCouldNotRunNow(t *testing.T) {
	busy, away, broken := tinkwebhooks.ErrInProgress, tinkwebhooks.ErrStoreUnavailable, errors.New("a bug")
	outer := newHandler(t)
	register(t, outer, "*", func(context.Context, *tinkwebhooks.Event) error { return busy })
	nested := outer.Dispatch(context.Background(), parse(t, account))
	for _, test := range []struct {
		name   string
		errs   []error
		kind   tinkwebhooks.ErrorCode
		reason tinkwebhooks.ErrorCode
		status int
	}{
		{"one", []error{busy}, "unavailable", "in_progress", 503},
		{"the first counts", []error{nil, away, busy}, "unavailable", "store_unavailable", 503},
		{"one of the package's own", []error{&tinkwebhooks.Error{Kind: "unavailable", Reason: "in_progress"}}, "unavailable",
			"in_progress", 503},
		{"wrapped", []error{fmt.Errorf("booking: %w", away)}, "unavailable", "store_unavailable", 503},
		{"of a dispatch", []error{nested, fmt.Errorf("passed on: %w", nested)}, "unavailable", "in_progress", 503},
		{"another beside it", []error{busy, broken}, "handler_failed", "handler_failed", 500},
		{"another before it", []error{broken, busy}, "handler_failed", "handler_failed", 500},
		{"joined with another", []error{errors.Join(busy, broken)}, "handler_failed", "handler_failed", 500},
		{"another kind", []error{tinkwebhooks.ErrInvalidOption}, "handler_failed", "handler_failed", 500},
		{"a reason that there is not", []error{&tinkwebhooks.Error{Kind: "unavailable", Reason: "tired"}}, "handler_failed",
			"handler_failed", 500},
		{"none in it", []error{fmt.Errorf("%w", (*tinkwebhooks.Error)(nil))}, "handler_failed", "handler_failed", 500},
		{"no dispatch in it", []error{fmt.Errorf("%w", (*tinkwebhooks.HandlerError)(nil))}, "handler_failed", "handler_failed",
			500},
	} {
		t.Run(test.name, func(t *testing.T) {
			hooks := newHandler(t)
			for _, err := range test.errs {
				register(t, hooks, "*", func(context.Context, *tinkwebhooks.Event) error { return err })
			}
			err := hooks.Dispatch(context.Background(), parse(t, account))
			known := wantCode(t, err, test.reason)
			if known.Kind != test.kind || known.HTTPStatus() != test.status {
				t.Errorf("%s, %d", known.Kind, known.HTTPStatus())
			}
			answer := httptest.NewRecorder()
			request := httptest.NewRequest("POST", "/", strings.NewReader(account))
			request.Header.Set(tinkwebhooks.SignatureHeader, sign(t, account))
			hooks.ServeHTTP(answer, request)
			if answer.Code != test.status || strings.TrimSpace(answer.Body.String()) != string(test.reason) {
				t.Errorf("answered %d %s", answer.Code, answer.Body)
			}
		})
	}
	// A panic is a bug, whatever its value.
	hooks := newHandler(t)
	register(t, hooks, "*", func(context.Context, *tinkwebhooks.Event) error { panic(busy) })
	err := hooks.Dispatch(context.Background(), parse(t, account))
	if known := wantCode(t, err, tinkwebhooks.ErrHandlerFailed); known.HTTPStatus() != 500 {
		t.Errorf("%d", known.HTTPStatus())
	}
}

// nilError is an error whose Error method panics for a nil pointer.
type nilError struct{ text string }

func (e *nilError) Error() string { return e.text }

func TestTheContextIsPassedOn(t *testing.T) {
	type key struct{}
	hooks := newHandler(t)
	ran := 0
	for range 2 {
		register(t, hooks, "*", func(ctx context.Context, _ *tinkwebhooks.Event) error {
			ran++
			if ctx.Value(key{}) != "value" {
				t.Error("another context")
			}
			return ctx.Err()
		})
	}
	ctx, cancel := context.WithCancel(context.WithValue(context.Background(), key{}, "value"))
	cancel()
	_, err := hooks.HandleWebhook(ctx, []byte(account), sign(t, account))
	if ran != 2 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d ran: %v", ran, err)
	}
}

func TestHandlersMayChangeTheRegistry(t *testing.T) {
	j := newJournal(t)
	register(t, j.hooks, "*", func(ctx context.Context, _ *tinkwebhooks.Event) error {
		j.ran = append(j.ran, "first")
		if err := j.hooks.UnregisterHandlers("*"); err != nil {
			return err
		}
		j.on("*", "later", nil)
		_, err := j.hooks.HandleWebhook(ctx, []byte(account), sign(t, account))
		return err
	})
	j.on("*", "second", nil)
	j.want(account, "first later second")
	j.want(account, "later")
}

func TestWhatCannotBeDispatched(t *testing.T) {
	hooks := newHandler(t)
	for _, event := range []*tinkwebhooks.Event{nil, {}} {
		wantCode(t, hooks.Dispatch(context.Background(), event), tinkwebhooks.ErrInvalidOption)
	}
	remove, err := hooks.RegisterHandler("*", nil)
	wantCode(t, err, tinkwebhooks.ErrInvalidOption)
	remove()
	remove, err = hooks.RegisterHandler("account:update", noop)
	wantCode(t, err, tinkwebhooks.ErrUnknownEventType)
	remove()
	if _, err = hooks.RegisterHandler("account:update", noop, nil, tinkwebhooks.AllowUnknown()); err != nil {
		t.Error(err)
	}
}

func TestAnEventOutlivesWhatMadeIt(t *testing.T) {
	// A worker with a cap of its own dispatches what another handler accepted.
	worker := newHandler(t, tinkwebhooks.WithMaxBodyBytes(1))
	ran := 0
	register(t, worker, "account:updated", func(context.Context, *tinkwebhooks.Event) error { ran++; return nil })
	if err := worker.Dispatch(context.Background(), parse(t, account)); err != nil || ran != 1 {
		t.Errorf("%d ran, %v", ran, err)
	}
}

func TestRegistryAndDeliveriesAtOnce(t *testing.T) {
	hooks := newHandler(t)
	body, header := []byte(account), sign(t, account)
	event := parse(t, account)
	var handled, ran atomic.Int64
	register(t, hooks, "account:updated", func(context.Context, *tinkwebhooks.Event) error { ran.Add(1); return nil })
	const rounds = 300
	var all sync.WaitGroup
	start := func(work func(round int) error) {
		all.Add(1)
		go func() {
			defer all.Done()
			for round := range rounds {
				if err := work(round); err != nil && !errors.Is(err, tinkwebhooks.ErrClosed) {
					t.Error(err)
					return
				}
			}
		}()
	}
	for range 4 {
		start(func(int) error {
			_, err := hooks.HandleWebhook(context.Background(), body, header)
			if err == nil {
				handled.Add(1)
			}
			return err
		})
		start(func(int) error { return hooks.Dispatch(context.Background(), event) })
		start(func(int) error {
			remove, err := hooks.RegisterHandler("*", noop)
			remove()
			return err
		})
		start(func(round int) error {
			if _, err := hooks.RegisterHandler("some:thing", noop); err != nil {
				return err
			}
			if round%10 == 0 {
				return hooks.UnregisterHandlers("some:thing")
			}
			hooks.Handlers()
			return nil
		})
	}
	all.Wait()
	if handled.Load() != 4*rounds || ran.Load() != 2*4*rounds {
		t.Errorf("%d handled, %d ran", handled.Load(), ran.Load())
	}
	if left := len(hooks.Handlers()["*"]); left != 0 {
		t.Errorf("%d handlers were not removed", left)
	}
	// The same, closed in the middle.
	for range 4 {
		start(func(int) error { _, err := hooks.HandleWebhook(context.Background(), body, header); return err })
		start(func(int) error { _, err := hooks.RegisterHandler("*", noop); return err })
		start(func(int) error { return hooks.Dispatch(context.Background(), event) })
	}
	start(func(round int) error {
		if round == rounds/2 {
			return hooks.Close()
		}
		return nil
	})
	all.Wait()
	_, err := hooks.HandleWebhook(context.Background(), body, header)
	if !errors.Is(err, tinkwebhooks.ErrClosed) {
		t.Errorf("not closed: %v", err)
	}
}

func TestANilPointerIsAFailureThatCanBeAskedAbout(t *testing.T) {
	hooks := newHandler(t)
	for _, handler := range []tinkwebhooks.HandlerFunc{
		func(context.Context, *tinkwebhooks.Event) error { var err *fs.PathError; return err },
		func(context.Context, *tinkwebhooks.Event) error { var err *tinkwebhooks.Error; return err },
		func(context.Context, *tinkwebhooks.Event) error { var err *tinkwebhooks.PanicError; return err },
	} {
		register(t, hooks, "*", handler)
	}
	err := hooks.Dispatch(context.Background(), parsed(t, hooks, account))
	var failed *tinkwebhooks.HandlerError
	if !errors.As(err, &failed) || len(failed.Errors) != 3 || errors.Is(err, tinkwebhooks.ErrInvalidSignature) {
		t.Fatal(err)
	}
	if text := failed.Errors[0].Error(); !strings.Contains(text, "nil *fs.PathError") {
		t.Error(text)
	}
	server := httptest.NewServer(hooks)
	defer server.Close()
	request, _ := http.NewRequest("POST", server.URL, strings.NewReader(account))
	request.Header.Set(tinkwebhooks.SignatureHeader, sign(t, account))
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusInternalServerError {
		t.Error(response.Status)
	}
}

func TestPanicNilIsAPanic(t *testing.T) {
	t.Setenv("GODEBUG", "panicnil=1") // the old meaning: recover gives nil
	hooks := newHandler(t)
	register(t, hooks, "*", func(context.Context, *tinkwebhooks.Event) error {
		panic(nil)
	})
	var panicked *tinkwebhooks.PanicError
	if err := hooks.Dispatch(context.Background(), parsed(t, hooks, account)); !errors.As(err, &panicked) {
		t.Error(err)
	}
}

type inPlace struct{}

func (*inPlace) UnmarshalJSON(text []byte) error {
	for index := range text {
		text[index] = ' '
	}
	return nil
}

func TestAnEventNeverChanges(t *testing.T) {
	hooks := newHandler(t)
	for _, body := range []string{`{"event":"x:y"}`, `{"event":"x:y","content":{"a":"aaa"}}`} {
		event := parsed(t, hooks, body)
		before := string(event.Data())
		if err := event.DecodeData(&inPlace{}); err != nil {
			t.Fatal(err)
		}
		if after := string(event.Data()); after != before || string(event.RawBody()) != body {
			t.Errorf("%s became %s", before, after)
		}
	}
}

func TestOnRefusesAnotherEventsStructBehindPointers(t *testing.T) {
	hooks := newHandler(t)
	_, err := tinkwebhooks.On(hooks, "payment:updated",
		func(context.Context, *tinkwebhooks.Event, **tinkwebhooks.RefreshFinished) error { return nil })
	if !errors.Is(err, tinkwebhooks.ErrInvalidOption) {
		t.Error(err)
	}
}
