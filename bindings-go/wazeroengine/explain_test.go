//go:build !cgo || wazero

package wazeroengine_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/wasm"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/wazeroengine"
)

var errTrap = errors.New("wasm error: unreachable")

// twoInstances makes a second one, by a call while the first is in use.
func twoInstances(t *testing.T, hooks *tinkwebhooks.Handler) {
	t.Helper()
	wazeroengine.SetMaxInstances(2)
	t.Cleanup(func() { wazeroengine.SetMaxInstances(0) })
	if instances, _ := memories(nil); instances == 1 {
		wasm.Registered().Busy(1, func() { _, _ = hooks.VerifySignature([]byte(body), "") })
	}
	if instances, _ := memories(nil); instances < 2 {
		t.Fatalf("%d instances", instances)
	}
}

// Each instance has a limit of its own, and yet a refusal is explained once in ten seconds. What is told to one of them is
// made known to the next, also after an instance has ended.
func TestARefusalIsExplainedOnceInAllInstances(t *testing.T) {
	hooks := newHandler(t)
	twoInstances(t, hooks)
	none := func(string) (string, bool) { return "", false }
	may := func(variable func(string) (string, bool), seconds int64) bool {
		t.Helper()
		may, failure := wasm.Registered().MayExplain(variable, seconds)
		if failure != nil {
			t.Fatal(failure.Message)
		}
		return may
	}
	const now = 1 << 40 // later than any other test
	if !may(none, now) {
		t.Fatal("the first is not explained")
	}
	// The instance that has answered is busy in the meantime, so another one answers.
	wasm.Registered().Busy(1, func() {
		if may(none, now+9) {
			t.Error("another instance has not heard of it")
		}
	})
	before, _ := memories(nil)
	wasm.Registered().Trap(errTrap)
	for range before {
		_, _ = hooks.VerifySignature([]byte(body), "")
	}
	if instances, _ := memories(nil); instances != 0 {
		t.Fatalf("%d instances are left", instances)
	}
	if may(none, now+9) {
		t.Error("a new instance has not heard of it")
	}
	production := func(name string) (string, bool) { return "production", name == "GO_ENV" }
	if may(production, now+10) || !may(none, now+10) {
		t.Error("ten seconds later")
	}
}

// A search tries the secret in many forms, and none of them stays.
func TestWhatWasExplainedIsWiped(t *testing.T) {
	const unique = "a secret that is explained and no more, 0123456789"
	header := sign(t, `{"event":"a:b","content":{"amount":23.00}}`, unique)
	for _, given := range []string{unique, "'" + unique + "'", "another secret of some length"} {
		if _, err := tinkwebhooks.Explain([]byte(`{"event":"a:b","content":{"amount":23}}`), header, []string{given},
			time.Now()); err != nil {
			t.Fatal(err)
		}
		if instances, having := memories([]byte(unique)); having != 0 || instances == 0 {
			t.Errorf("%q: the text is in %d of %d instances", given, having, instances)
		}
		if instances, having := memories(keyOf(t, unique)); having != 0 {
			t.Errorf("%q: the key is in %d of %d instances", given, having, instances)
		}
	}
}

func TestARefusalThatTraps(t *testing.T) {
	var log bytes.Buffer
	hooks := newHandler(t, tinkwebhooks.WithExplainFailures(), tinkwebhooks.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	wasm.Registered().Trap(errTrap)
	instances, _ := memories(nil)
	for range instances {
		if found, err := tinkwebhooks.Explain([]byte(body), "", nil, time.Now()); err == nil || found != nil {
			t.Errorf("%v, %v", found, err)
		}
	}
	request := httptest.NewRequest("POST", "/", strings.NewReader(body))
	request.Header.Set(tinkwebhooks.SignatureHeader, sign(t, body, "another secret of some length"))
	answer := httptest.NewRecorder()
	hooks.ServeHTTP(answer, request)
	if answer.Code != 401 {
		t.Errorf("answered %d: %s", answer.Code, &log)
	}
}
