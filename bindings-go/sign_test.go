package tinkwebhooks_test

import (
	"strings"
	"testing"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

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
