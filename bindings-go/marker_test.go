package tinkwebhooks_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

// What follows is in every body, signature and secret of the test below.
const (
	bodyMarker   = "BODYMARKER"
	secretMarker = "SECRETMARKER"
	digitsMarker = "decafc0ffee" // in signatures, beside those that are made
)

// everything formats a value in the ways of package fmt and slog, and an error's causes too.
func everything(value any) string {
	var text strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&text, verb+"\n", value)
	}
	slog.New(slog.NewTextHandler(&text, nil)).Info("value", "value", value)
	slog.New(slog.NewJSONHandler(&text, nil)).Info("value", "value", value)
	switch cause := value.(type) {
	case interface{ Unwrap() error }:
		if inner := cause.Unwrap(); inner != nil {
			text.WriteString(everything(inner))
		}
	case interface{ Unwrap() []error }:
		for _, inner := range cause.Unwrap() {
			text.WriteString(everything(inner))
		}
	}
	return text.String()
}

func TestNothingOfADeliveryLeavesTheProcess(t *testing.T) {
	keepLog(t)
	const key = secretMarker + "0123456789abcdef"
	sign := func(body string, opts ...tinkwebhooks.SignOption) string {
		header, err := tinkwebhooks.GenerateSignature([]byte(body), key, opts...)
		if err != nil {
			t.Fatal(err)
		}
		return header
	}
	body := func(event string) string {
		return `{"event":"` + event + `","context":{"userId":"` + bodyMarker + `"},"content":{"id":"` + bodyMarker +
			`","amount":"` + bodyMarker + `"},"` + bodyMarker + `":1}`
	}
	good := body("account:updated")
	// Where data does not fit, package encoding/json and package time would show numbers and times.
	payment := strings.Replace(body("payment:updated"), `"amount":"`+bodyMarker+`"`, `"amount":1234567.875`, 1)
	refresh := strings.Replace(body("refresh:finished"), `"amount"`, `"finished"`, 1)
	fails := func(context.Context, *tinkwebhooks.Event) error { return errors.New("away") }
	type delivery struct {
		body, signature string
		handler         tinkwebhooks.HandlerFunc
		spoil           func(*http.Request)
		want            tinkwebhooks.ErrorCode
	}
	broken := strings.Repeat(digitsMarker, 6)[:64]
	deliveries := map[string]delivery{
		"handled":           {good, sign(good), noop, nil, ""},
		"fails":             {good, sign(good), fails, nil, tinkwebhooks.ErrHandlerFailed},
		"panics":            {good, sign(good), func(context.Context, *tinkwebhooks.Event) error { panic("a bug") }, nil, tinkwebhooks.ErrHandlerFailed},
		"Goexit":            {good, sign(good), func(context.Context, *tinkwebhooks.Event) error { runtime.Goexit(); return nil }, nil, tinkwebhooks.ErrHandlerFailed},
		"panics with event": {good, sign(good), func(_ context.Context, event *tinkwebhooks.Event) error { panic(event) }, nil, tinkwebhooks.ErrHandlerFailed},
		"wraps the event":   {good, sign(good), func(_ context.Context, event *tinkwebhooks.Event) error { return fmt.Errorf("%+v: %w", *event, io.EOF) }, nil, tinkwebhooks.ErrHandlerFailed},
		"data does not fit": {payment, sign(payment), nil, nil, tinkwebhooks.ErrHandlerFailed},
		"time does not fit": {refresh, sign(refresh), nil, nil, tinkwebhooks.ErrHandlerFailed},
		"test ping":         {body("test"), sign(body("test")), nil, nil, tinkwebhooks.ErrTestWebhook},
		"none":              {good, " ", nil, nil, tinkwebhooks.ErrMissingSignature},
		"malformed":         {good, "t=1,v1=" + digitsMarker, nil, nil, tinkwebhooks.ErrMalformedSignature},
		"malformed time":    {good, "t=" + digitsMarker + ",v1=" + broken, nil, nil, tinkwebhooks.ErrMalformedSignature},
		"scheme":            {good, broken, nil, nil, tinkwebhooks.ErrSchemeNotAllowed},
		"mismatch":          {good, "t=1767225600,v1=" + broken, nil, nil, tinkwebhooks.ErrSignatureMismatch},
		"old":               {good, sign(good, tinkwebhooks.SignedAt(now)), nil, nil, tinkwebhooks.ErrTimestampTooOld},
		"future":            {good, sign(good, tinkwebhooks.SignedAt(time.Now().Add(time.Hour))), nil, nil, tinkwebhooks.ErrTimestampInFuture},
		"UTF-8":             {bodyMarker + "\xff", sign(bodyMarker + "\xff"), nil, nil, tinkwebhooks.ErrInvalidUTF8},
		"JSON":              {`{"event":` + bodyMarker, sign(`{"event":` + bodyMarker), nil, nil, tinkwebhooks.ErrInvalidJSON},
		"no object":         {`["` + bodyMarker + `"]`, sign(`["` + bodyMarker + `"]`), nil, nil, tinkwebhooks.ErrNotAnObject},
		"no type":           {`{"` + bodyMarker + `":1}`, sign(`{"` + bodyMarker + `":1}`), nil, nil, tinkwebhooks.ErrMissingType},
		"no data":           {`{"type":"` + bodyMarker + `"}`, sign(`{"type":"` + bodyMarker + `"}`), nil, nil, tinkwebhooks.ErrMissingData},
		"too large":         {good + strings.Repeat(" ", 2<<20), "", nil, nil, tinkwebhooks.ErrBodyTooLarge},
		"method":            {good, sign(good), nil, func(r *http.Request) { r.Method = "PUT" }, tinkwebhooks.ErrMethodNotAllowed},
		"breaks off":        {good, sign(good), nil, func(r *http.Request) { r.Body = io.NopCloser(brokenBody{strings.NewReader(good[:20])}) }, tinkwebhooks.ErrUnreadableBody},
		"was read before":   {good, sign(good), nil, func(r *http.Request) { _, _ = io.ReadAll(r.Body) }, tinkwebhooks.ErrInvalidOption},
		"deep":              {strings.Repeat(`{"`+bodyMarker+`":`, 130) + "1" + strings.Repeat("}", 130), "", nil, nil, tinkwebhooks.ErrTooDeep},
		"key twice":         {`{"event":"` + bodyMarker + `","event":"x"}`, sign(`{"event":"` + bodyMarker + `","event":"x"}`), nil, nil, tinkwebhooks.ErrDuplicateKey},
	}
	for name, test := range deliveries {
		t.Run(name, func(t *testing.T) {
			if test.signature == "" {
				test.signature = sign(test.body)
			}
			var shown bytes.Buffer
			seen := 0
			hooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSecret(key), tinkwebhooks.WithSchemes(tinkwebhooks.SchemeV1),
				tinkwebhooks.WithLogger(slog.New(slog.NewJSONHandler(&shown, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}))),
				tinkwebhooks.WithOnError(func(_ *http.Request, err error) { shown.WriteString(everything(err)) }),
				tinkwebhooks.WithOnOutcome(func(_ *http.Request, outcome tinkwebhooks.Outcome) {
					seen++
					if outcome.Reason != test.want {
						t.Errorf("want %q, got %+v", test.want, outcome)
					}
					shown.WriteString(everything(outcome))
				}))
			if err != nil {
				t.Fatal(err)
			}
			defer hooks.Close()
			if test.handler != nil {
				hooks.MustRegisterHandler("*", test.handler)
			}
			tinkwebhooks.MustOn(hooks, "payment:updated", takes[struct{ Amount int }]())
			tinkwebhooks.MustOn(hooks, "refresh:finished", takes[struct{ Finished time.Time }]())
			request := httptest.NewRequest("POST", "/", strings.NewReader(test.body))
			request.Header.Set(tinkwebhooks.SignatureHeader, test.signature)
			if test.spoil != nil {
				test.spoil(request)
			}
			recorder := httptest.NewRecorder()
			ended := make(chan struct{})
			go func() { // for Goexit
				defer close(ended)
				hooks.ServeHTTP(recorder, request)
			}()
			<-ended
			if seen != 1 {
				t.Errorf("%d outcomes", seen)
			}
			shown.Write(recorder.Body.Bytes())
			shown.WriteString(everything(recorder.Header()))
			if test.spoil == nil && name != "Goexit" {
				event, err := hooks.HandleWebhook(context.Background(), []byte(test.body), test.signature)
				shown.WriteString(everything(event) + everything(err))
				event, err = hooks.ConstructEvent([]byte(test.body), test.signature)
				shown.WriteString(everything(event) + everything(err))
				event, err = hooks.ParseEvent([]byte(test.body))
				shown.WriteString(everything(event) + everything(err))
				proof, err := hooks.VerifySignature([]byte(test.body), test.signature)
				proof.DeliveryID = "" // it is there to be shown, and is a part of the MAC
				shown.WriteString(everything(proof) + everything(err))
			}
			shown.WriteString(everything(hooks) + everything(hooks.Handlers()))
			mac := strings.TrimPrefix(test.signature[strings.LastIndex(test.signature, "=")+1:], " ")
			for _, hidden := range []string{bodyMarker, "1234567", secretMarker, digitsMarker, mac} {
				text := shown.String()
				if at := strings.Index(text, hidden); hidden != "" && at >= 0 {
					t.Errorf("%q is shown: …%s", hidden, text[max(0, at-200):at+len(hidden)])
				}
				if hexed := fmt.Sprintf("%x", hidden); hidden != "" && strings.Contains(text, hexed) {
					t.Errorf("%q is shown in hex", hidden)
				}
			}
		})
	}
}
