package tinkwebhooks_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

const (
	signedBody   = `{"event":"a:b","content":{"amount":23.00,"who":"Anna"}}`
	receivedBody = `{"event":"a:b","content":{"amount":23,"who":"Anna"}}`
)

func explained(t *testing.T, body, signature string, secrets []string, now time.Time) *tinkwebhooks.Explanation {
	t.Helper()
	found, err := tinkwebhooks.Explain([]byte(body), signature, secrets, now)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// The vectors hold what is found; here is what Go adds.
func TestExplain(t *testing.T) {
	found := explained(t, receivedBody, sign(t, signedBody), []string{"", "another", secret}, time.Time{})
	if found.Cause != tinkwebhooks.CauseNumbersRewritten || len(found.Causes) != 1 || !found.Proved {
		t.Errorf("found %+v", found)
	}
	if found.SecretIndex != 2 || string(found.OriginalBody()) != signedBody {
		t.Errorf("secret %d, body %q", found.SecretIndex, found.OriginalBody())
	}
	if !strings.Contains(found.Where, "usually") || !strings.Contains(found.Fix, "io.ReadAll(r.Body)") {
		t.Errorf("where %q, fix %q", found.Where, found.Fix)
	}
	for _, shown := range []string{found.String(), fmt.Sprint(*found), fmt.Sprintf("%+v %#v", found, *found)} {
		for _, hidden := range []string{secret, "Anna", "23.00,", sign(t, signedBody)[20:40]} {
			if strings.Contains(shown, hidden) {
				t.Errorf("%s is shown: %s", hidden, shown)
			}
		}
	}
}

func TestExplainOfNothing(t *testing.T) {
	found := explained(t, "", "", nil, time.Time{})
	if found.Cause != tinkwebhooks.CauseHeaderMissing || found.Proved || found.SecretIndex != -1 || found.OriginalBody() != nil {
		t.Errorf("found %+v", found)
	}
	if found := explained(t, "{}", sign(t, "{}"), nil, time.Time{}); found.Cause != tinkwebhooks.CauseSecretMissing {
		t.Errorf("found %+v", found)
	}
}

func TestExplainByATime(t *testing.T) {
	header := sign(t, signedBody, tinkwebhooks.SignedAt(now))
	if found := explained(t, signedBody, header, []string{secret}, now); found.Cause != tinkwebhooks.CauseVerifies {
		t.Errorf("found %+v", found)
	}
	found := explained(t, signedBody, header, []string{secret}, now.Add(time.Hour))
	if found.Cause != tinkwebhooks.CauseTimestampTooOld || !strings.Contains(found.String(), "3600 seconds ago") {
		t.Errorf("found %+v", found)
	}
}

// One test for all, as the limit is one of the whole process.
func TestExplainFailures(t *testing.T) {
	receive := func(body string, options ...tinkwebhooks.Option) string {
		var log bytes.Buffer
		options = append(options, tinkwebhooks.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		hooks := newHandler(t, options...)
		request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		request.Header.Set(tinkwebhooks.SignatureHeader, sign(t, signedBody))
		answer := httptest.NewRecorder()
		hooks.ServeHTTP(answer, request)
		if want := body != signedBody; (answer.Code == 401) != want {
			t.Errorf("answered %d", answer.Code)
		}
		return log.String()
	}
	explains := tinkwebhooks.WithExplainFailures()
	if log := receive(receivedBody); strings.Contains(log, "explained") {
		t.Errorf("it is not off by default: %s", log)
	}
	if log := receive(signedBody, explains); strings.Contains(log, "explained") {
		t.Errorf("what was accepted is explained: %s", log)
	}
	t.Setenv("GO_ENV", "production")
	if log := receive(receivedBody, explains); strings.Contains(log, "explained") {
		t.Errorf("in production: %s", log)
	}
	t.Setenv("GO_ENV", "")
	log := receive(receivedBody, explains)
	if !strings.Contains(log, "cause=numbers_rewritten") || !strings.Contains(log, "proved=true") {
		t.Errorf("no explanation: %s", log)
	}
	if strings.Contains(log, secret) || strings.Contains(log, "Anna") {
		t.Errorf("shown: %s", log)
	}
	if log := receive(receivedBody, explains); strings.Contains(log, "explained") {
		t.Errorf("a second time at once: %s", log)
	}
}
