package tinkwebhooks_test

import (
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

// html has what encoding/json escapes in whatever passes through it.
const html = `{"event":"payment:updated","content":{"id":"<p1>&\u2028","updated":1,"text":"<a href='x'>é ` + "\u2028\u2029" + `</a>"}}`

func verified(t testing.TB, body string) *tinkwebhooks.Event {
	t.Helper()
	hooks := newHandler(t, tinkwebhooks.WithClock(atNow))
	event, err := hooks.ConstructEvent([]byte(body), sign(t, body, tinkwebhooks.SignedAt(now)))
	if err != nil {
		t.Fatal(err)
	}
	return event
}

// same checks that an event came back as it was.
func same(t *testing.T, got, want *tinkwebhooks.Event) {
	t.Helper()
	gotProof, gotOK := got.Verification()
	wantProof, wantOK := want.Verification()
	if got.Type() != want.Type() || got.Name() != want.Name() || !got.Timestamp().Equal(want.Timestamp()) ||
		!bytes.Equal(got.RawBody(), want.RawBody()) || !bytes.Equal(got.Data(), want.Data()) ||
		got.IdempotencyKey() != want.IdempotencyKey() || gotProof != wantProof || gotOK != wantOK ||
		!bytes.Equal(got.Serialize(), want.Serialize()) {
		t.Errorf("got %v %s, want %v %s", got, got.Serialize(), want, want.Serialize())
	}
}

func TestEncodingJSONWritesAndReadsTheText(t *testing.T) {
	for _, event := range []*tinkwebhooks.Event{verified(t, html), parse(t, html), parse(t, account)} {
		text := event.Serialize()
		for _, value := range []any{event, *event} {
			if marshalled, err := json.Marshal(value); err != nil || !bytes.Equal(marshalled, text) {
				t.Errorf("json.Marshal wrote %s, %v", marshalled, err)
			}
		}
		var unescaped bytes.Buffer
		encoder := json.NewEncoder(&unescaped)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(event); err != nil || unescaped.String() != string(text)+"\n" {
			t.Errorf("an encoder wrote %s, %v", unescaped.String(), err)
		}
		var back tinkwebhooks.Event
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		same(t, &back, event)
		// As a part of a job's arguments, laid out by a database.
		type job struct {
			ID    int
			Event *tinkwebhooks.Event
		}
		arguments, err := json.MarshalIndent(job{7, event}, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		var read job
		if err := json.Unmarshal(arguments, &read); err != nil {
			t.Fatal(err)
		}
		same(t, read.Event, event)
		direct, err := tinkwebhooks.Deserialize(text)
		if err != nil {
			t.Fatal(err)
		}
		clear(text) // it is the caller's
		same(t, direct, event)
	}
}

func TestATextThatIsNoneChangesNothing(t *testing.T) {
	event := *parse(t, account)
	for text, want := range map[string]tinkwebhooks.ErrorCode{
		`{}`: tinkwebhooks.ErrInvalidOption, `"a"`: tinkwebhooks.ErrInvalidOption, account: tinkwebhooks.ErrInvalidOption,
		`{"version":2,"timestamp":1,"body":"[]"}`:                     tinkwebhooks.ErrNotAnObject,
		`{"version":2,"timestamp":1,"body":"{\"event\":\"test\"}"}`:   tinkwebhooks.ErrTestWebhook,
		"{\"version\":2,\"timestamp\":1,\"body\":\"" + "\xff" + "\"}": tinkwebhooks.ErrInvalidUTF8,
	} {
		// encoding/json replaces what is not UTF-8 in strings that it decodes itself; here it passes it on.
		wantCode(t, event.UnmarshalJSON([]byte(text)), want)
		made, err := tinkwebhooks.Deserialize([]byte(text))
		wantCode(t, err, want)
		if made != nil || event.Name() != "account:updated" {
			t.Errorf("%s made %v, and left %v", text, made, &event)
		}
	}
	if err := json.Unmarshal([]byte("null"), &event); err != nil || event.Name() != "account:updated" {
		t.Errorf("null: %v, %v", err, &event)
	}
	_, err := tinkwebhooks.Deserialize(nil)
	wantCode(t, err, tinkwebhooks.ErrInvalidOption)
}

func TestAnEventOfNoneHasNoText(t *testing.T) {
	var none *tinkwebhooks.Event
	var zero tinkwebhooks.Event
	if none.Serialize() != nil || zero.Serialize() != nil || none.IdempotencyKey() != "" || zero.IdempotencyKey() != "" {
		t.Error("an event that is none has a text or a key")
	}
	if text, err := json.Marshal(zero); err == nil {
		t.Errorf("json.Marshal wrote %s", text)
	}
	if text, err := json.Marshal(none); err != nil || string(text) != "null" {
		t.Errorf("json.Marshal wrote %s, %v", text, err)
	}
	// It has no exported fields: gob must not write an empty event.
	if err := gob.NewEncoder(&bytes.Buffer{}).Encode(parse(t, account)); err == nil {
		t.Error("encoding/gob took an event")
	}
}

func TestALargeTextThatGrowsFitsAll(t *testing.T) {
	// Every byte of the content becomes six.
	body := `{"event":"a:b","content":"` + strings.Repeat("<", 100_000) + `"}`
	event := parse(t, body)
	back, err := tinkwebhooks.Deserialize(event.Serialize())
	if err != nil {
		t.Fatal(err)
	}
	same(t, back, event)
}

func TestTheKey(t *testing.T) {
	first, second := verified(t, html).IdempotencyKey(), parse(t, html).IdempotencyKey()
	if len(first) != 32 || first != second || parse(t, html+" ").IdempotencyKey() == first {
		t.Errorf("got %q and %q", first, second)
	}
	if key := parse(t, account).IdempotencyKey(); key != "" {
		t.Errorf("a signal has the key %s", key)
	}
}

func newDispatcher(t *testing.T) *tinkwebhooks.Dispatcher {
	t.Helper()
	worker, err := tinkwebhooks.NewDispatcher()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { worker.Close() })
	return worker
}

func TestADispatcherNeedsNoSecret(t *testing.T) {
	t.Setenv("TINK_WEBHOOK_SECRET", "")
	worker := newDispatcher(t)
	var ran []string
	remove := tinkwebhooks.MustOn(worker, "payment:updated",
		func(_ context.Context, event *tinkwebhooks.Event, payment *tinkwebhooks.PaymentUpdated) error {
			ran = append(ran, event.Name()+payment.ID)
			return nil
		})
	worker.MustRegisterHandler("*", func(context.Context, *tinkwebhooks.Event) error {
		ran = append(ran, "any")
		return errors.New("away")
	})
	event, err := tinkwebhooks.Deserialize(verified(t, html).Serialize())
	if err != nil {
		t.Fatal(err)
	}
	var failed *tinkwebhooks.HandlerError
	if err := worker.Dispatch(context.Background(), event); !errors.As(err, &failed) || len(failed.Errors) != 1 {
		t.Errorf("got %v", err)
	}
	if got := strings.Join(ran, " "); got != "payment:updated<p1>&\u2028 any" {
		t.Errorf("ran %s", got)
	}
	if groups := worker.Handlers(); len(groups) != 2 {
		t.Errorf("registered: %v", groups)
	}
	remove()
	if err := worker.UnregisterHandlers("*"); err != nil {
		t.Fatal(err)
	}
	if err := worker.Dispatch(context.Background(), event); err != nil || len(worker.Handlers()) != 0 {
		t.Errorf("got %v", err)
	}
	_, err = worker.RegisterHandler("payment:update", noop)
	wantCode(t, err, tinkwebhooks.ErrUnknownEventType)
}

func TestAClosedDispatcherAndNoneAtAll(t *testing.T) {
	closed := newDispatcher(t)
	closed.Close()
	closed.Close()
	for _, worker := range []*tinkwebhooks.Dispatcher{closed, nil, {}} {
		_, err := worker.RegisterHandler("*", noop)
		if !errors.Is(err, tinkwebhooks.ErrClosed) || len(worker.Handlers()) != 0 ||
			!errors.Is(worker.UnregisterHandlers("*"), tinkwebhooks.ErrClosed) ||
			!errors.Is(worker.Dispatch(context.Background(), parse(t, account)), tinkwebhooks.ErrClosed) {
			t.Errorf("%v, %v", worker, err)
		}
	}
	_, err := tinkwebhooks.On(nil, "*", func(context.Context, *tinkwebhooks.Event, *any) error { return nil })
	if !errors.Is(err, tinkwebhooks.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func TestADispatcherInManyGoroutines(t *testing.T) {
	worker, event := newDispatcher(t), parse(t, html)
	var group sync.WaitGroup
	for range 8 {
		group.Add(1)
		go func() {
			defer group.Done()
			for range 200 {
				remove := worker.MustRegisterHandler("payment:updated", noop)
				back, err := tinkwebhooks.Deserialize(event.Serialize())
				if err != nil || worker.Dispatch(context.Background(), back) != nil || back.IdempotencyKey() == "" {
					t.Error(err)
				}
				remove()
			}
		}()
	}
	group.Wait()
}
