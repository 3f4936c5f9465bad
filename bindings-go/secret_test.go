package tinkwebhooks_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

func TestSecretsThatComeLate(t *testing.T) {
	t.Setenv("TINK_WEBHOOK_SECRET", "not this one")
	away := errors.New("the vault is away")
	calls, secrets, failure := 0, []string{"new", secret}, away
	hooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSecretFunc(func() ([]string, error) {
		calls++
		return secrets, failure
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer hooks.Close()
	var ran []string
	handler := func(name string) tinkwebhooks.HandlerFunc {
		return func(context.Context, *tinkwebhooks.Event) error { ran = append(ran, name); return nil }
	}
	register(t, hooks, "account_updated", handler("first"))
	register(t, hooks, "*", handler("every"))
	remove := register(t, hooks, "*", handler("removed"))
	register(t, hooks, "account:updated", handler("second"))
	hooks.MustRegisterHandler("acount:updated", handler("a typo that is meant"), tinkwebhooks.AllowUnknown())
	if parsed(t, hooks, account); calls != 0 {
		t.Error("parsing asked for secrets")
	}

	header := sign(t, account)
	_, err = hooks.HandleWebhook(context.Background(), []byte(account), header)
	if wantCode(t, err, tinkwebhooks.ErrSecretNotConfigured); !errors.Is(err, away) || calls != 1 {
		t.Errorf("ended in %v after %d calls", err, calls)
	}
	if _, err = hooks.BeginVerification(header); !errors.Is(err, away) || calls != 2 {
		t.Errorf("ended in %v after %d calls", err, calls)
	}
	failure, secrets = nil, nil
	_, err = hooks.VerifySignature([]byte(account), header)
	wantCode(t, err, tinkwebhooks.ErrSecretNotConfigured)
	secrets = []string{""}
	_, err = hooks.VerifySignature([]byte(account), header)
	wantCode(t, err, tinkwebhooks.ErrInvalidSecret)

	secrets, calls = []string{"new", secret}, 0
	for range 3 {
		event, err := hooks.HandleWebhook(context.Background(), []byte(account), header)
		if err != nil {
			t.Fatal(err)
		}
		if proof, _ := event.Verification(); proof.SecretIndex != 1 {
			t.Errorf("secret %d matched", proof.SecretIndex)
		}
		if calls != 1 {
			t.Errorf("%d calls", calls)
		}
	}
	want := []string{"first", "second", "every", "removed"}
	if !slices.Equal(ran[:4], want) {
		t.Errorf("ran %v", ran)
	}
	remove()
	ran = nil
	if _, err := hooks.HandleWebhook(context.Background(), []byte(account), header); err != nil || !slices.Equal(ran, want[:3]) {
		t.Errorf("ran %v, %v", ran, err)
	}
	if typo := hooks.Handlers()["acount:updated"]; len(typo) != 1 {
		t.Errorf("handlers: %v", hooks.Handlers())
	}
	_, err = tinkwebhooks.NewHandler(tinkwebhooks.WithSecretFunc(nil))
	wantCode(t, err, tinkwebhooks.ErrSecretNotConfigured)
	// Of options that contradict each other the last counts, and the others are checked at once.
	newHandler(t, tinkwebhooks.WithSecretFunc(nil), tinkwebhooks.WithSecret(secret))
	_, err = tinkwebhooks.NewHandler(tinkwebhooks.WithMaxBodyBytes(0),
		tinkwebhooks.WithSecretFunc(func() ([]string, error) { return []string{secret}, nil }))
	wantCode(t, err, tinkwebhooks.ErrInvalidOption)
}

func TestSecretsAreAskedForOnce(t *testing.T) {
	var calls atomic.Int64
	hooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSecretFunc(func() ([]string, error) {
		calls.Add(1)
		return []string{secret}, nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer hooks.Close()
	header := sign(t, account)
	var all sync.WaitGroup
	for range 8 {
		all.Add(2)
		go func() {
			defer all.Done()
			if _, err := hooks.VerifySignature([]byte(account), header); err != nil {
				t.Error(err)
			}
		}()
		go func() {
			defer all.Done()
			hooks.MustRegisterHandler("*", noop)()
		}()
	}
	all.Wait()
	if calls.Load() != 1 {
		t.Errorf("%d calls", calls.Load())
	}
	// A function that panics is asked again.
	again := true
	late, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSecretFunc(func() ([]string, error) {
		if again {
			again = false
			panic("no vault")
		}
		return []string{secret}, nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer late.Close()
	func() {
		defer func() {
			if recover() != "no vault" {
				t.Error("no panic")
			}
		}()
		_, _ = late.VerifySignature([]byte(account), header)
	}()
	if _, err := late.VerifySignature([]byte(account), header); err != nil {
		t.Error(err)
	}
}

func TestWarnings(t *testing.T) {
	for name, test := range map[string]struct {
		secrets []string
		want    int
	}{"sound": {[]string{secret}, 0}, "comma": {[]string{secret + "," + secret}, 1}, "quotes": {[]string{`"` + secret + `"`}, 1}} {
		for late, option := range []tinkwebhooks.Option{
			tinkwebhooks.WithSecrets(test.secrets...),
			tinkwebhooks.WithSecretFunc(func() ([]string, error) { return test.secrets, nil }),
		} {
			var log bytes.Buffer
			hooks := newHandler(t, option, tinkwebhooks.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
			if late == 1 && log.Len() > 0 {
				t.Errorf("%s: warned before the secrets were known: %s", name, &log)
			}
			for range 2 {
				_, _ = hooks.VerifySignature([]byte(account), sign(t, account))
			}
			if got := strings.Count(log.String(), "level=WARN"); got != test.want || strings.Contains(log.String(), secret) {
				t.Errorf("%s: logged %s", name, &log)
			}
		}
	}
	var log bytes.Buffer
	hooks := newHandler(t, tinkwebhooks.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	register(t, hooks, "payment:updated", noop)
	if log.Len() > 0 {
		t.Errorf("logged %s", &log)
	}
	register(t, hooks, "transaction:created", noop)
	if strings.Count(log.String(), "level=WARN") != 1 {
		t.Errorf("logged %s", &log)
	}
}

func TestSignatures(t *testing.T) {
	// Tink's published vector.
	header, err := tinkwebhooks.GenerateSignature([]byte(`{"context": {...}, "event": "...",  "content": {...}}`),
		"top_secret_top_secret_top_secret", tinkwebhooks.SignedAt(time.Unix(1620198421, 999)), nil)
	if err != nil || header != "t=1620198421,v1=3808bca389150582fd78bdb5e3dfcf46f99ff168d37d60cdc13da7c5e49abefb" {
		t.Errorf("%s %v", header, err)
	}
	if header := sign(t, "", tinkwebhooks.SignedWith(tinkwebhooks.SchemeBody)); len(header) != 64 {
		t.Errorf("bare: %s", header)
	}
	before := time.Now().Truncate(time.Second)
	v, err := newHandler(t).VerifySignature(nil, sign(t, ""))
	if err != nil || v.SignedAt.Before(before) || time.Since(v.SignedAt) > time.Minute {
		t.Errorf("not signed now: %v %v", v.SignedAt, err)
	}
}

func TestSignaturesThatAreNotMade(t *testing.T) {
	at := func(at time.Time) tinkwebhooks.SignOption { return tinkwebhooks.SignedAt(at) }
	bare := tinkwebhooks.SignedWith(tinkwebhooks.SchemeBody)
	for _, test := range []struct {
		name, body, secret string
		option             tinkwebhooks.SignOption
		want               tinkwebhooks.ErrorCode
	}{
		{"no secret", "{}", "", nil, tinkwebhooks.ErrSecretNotConfigured},
		{"NUL", "{}", secret + "\x00", nil, tinkwebhooks.ErrInvalidSecret},
		{"before 1970", "{}", secret, at(time.Unix(-1, 0)), tinkwebhooks.ErrInvalidOption},
		{"the zero time", "{}", secret, at(time.Time{}), tinkwebhooks.ErrInvalidOption},
		{"the lowest time", "{}", secret, at(time.Unix(-1<<63, 0)), tinkwebhooks.ErrInvalidOption},
		{"after 9999", "{}", secret, at(time.Unix(253402300800, 0)), tinkwebhooks.ErrInvalidOption},
		{"unknown scheme", "{}", secret, tinkwebhooks.SignedWith("v2"), tinkwebhooks.ErrInvalidOption},
		{"no scheme", "{}", secret, tinkwebhooks.SignedWith(""), tinkwebhooks.ErrInvalidOption},
		{"a digit first", "1.{}", secret, bare, tinkwebhooks.ErrInvalidOption},
	} {
		t.Run(test.name, func(t *testing.T) {
			header, err := tinkwebhooks.GenerateSignature([]byte(test.body), test.secret, test.option)
			if header != "" {
				t.Errorf("made %s", header)
			}
			wantCode(t, err, test.want)
			if strings.Contains(err.Error(), secret) {
				t.Error("the error shows the secret")
			}
		})
	}
}
