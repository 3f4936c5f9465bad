package tinkwebhooks_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

// constants gives the values of the string constants of a type in a file of the package.
func constants(t *testing.T, file, typeName string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	ast.Inspect(parsed, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); ok && name.Name == typeName {
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, value)
		}
		return true
	})
	slices.Sort(values)
	return values
}

// inHeader gives what the C header defines by this pattern's first group, in lower case.
func inHeader(t *testing.T, pattern string) []string {
	t.Helper()
	header, err := os.ReadFile("../include/tink_webhooks.h")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, found := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(header), -1) {
		names = append(names, strings.ToLower(found[1]))
	}
	if len(names) == 0 {
		t.Fatalf("the header has nothing like %s", pattern)
	}
	slices.Sort(names)
	return names
}

func TestTheErrorTableIsThatOfTheHeader(t *testing.T) {
	// Codes of 900 and above are C's own, but for what a stream can be asked in Go too.
	want := append(inHeader(t, `#define TINK_WEBHOOKS_ERROR_((?:\w+) [1-8]\d\d|ALREADY_FINISHED 906)\b`),
		"invalid_signature", "invalid_payload", "invalid_config", "invalid_call", "invalid_request", "unavailable")
	for i, name := range want {
		want[i], _, _ = strings.Cut(name, " ")
	}
	slices.Sort(want)
	if got := constants(t, "errors.go", "ErrorCode"); !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestTheEventTypesAreThoseOfTheHeader(t *testing.T) {
	want := inHeader(t, `#define TINK_WEBHOOKS_TYPE_(\w+) \d+\b`)
	got := constants(t, "event_types.go", "EventType")
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	hooks := newHandler(t)
	for _, eventType := range got {
		register(t, hooks, tinkwebhooks.EventType(eventType), noop)
	}
	if registered := len(hooks.Handlers()); registered != len(got) {
		t.Errorf("%d types are %d keys", len(got), registered)
	}
}

func TestKindsAndReasons(t *testing.T) {
	hooks := newHandler(t, tinkwebhooks.WithMaxBodyBytes(100))
	_, missing := hooks.ConstructEvent([]byte(account), "")
	_, tooLarge := hooks.ParseEvent(make([]byte, 101))
	_, ping := hooks.ParseEvent([]byte(`{"event":"test"}`))
	_, typo := hooks.RegisterHandler("refresh:finnished", noop)
	for _, test := range []struct {
		err          error
		kind, reason tinkwebhooks.ErrorCode
		status       int
	}{
		{missing, tinkwebhooks.ErrInvalidSignature, tinkwebhooks.ErrMissingSignature, http.StatusUnauthorized},
		{tooLarge, tinkwebhooks.ErrInvalidPayload, tinkwebhooks.ErrBodyTooLarge, http.StatusRequestEntityTooLarge},
		{ping, tinkwebhooks.ErrTestWebhook, tinkwebhooks.ErrTestWebhook, http.StatusOK},
		{typo, tinkwebhooks.ErrInvalidConfig, tinkwebhooks.ErrUnknownEventType, http.StatusInternalServerError},
	} {
		known := wantCode(t, test.err, test.reason)
		if known.Kind != test.kind || known.Reason != test.reason || known.HTTPStatus() != test.status {
			t.Errorf("got %s, %s, %d, want %+v", known.Kind, known.Reason, known.HTTPStatus(), test)
		}
		wrapped := fmt.Errorf("receiving: %w", test.err)
		if !errors.Is(wrapped, test.kind) || !errors.Is(wrapped, test.reason) {
			t.Errorf("%v is not %s and %s", wrapped, test.kind, test.reason)
		}
		if errors.Is(test.err, tinkwebhooks.ErrTooDeep) || errors.Is(test.err, tinkwebhooks.ErrClosed) {
			t.Errorf("%v is also something else", test.err)
		}
		if strings.Contains(test.err.Error(), "account") {
			t.Errorf("the body is in %v", test.err)
		}
	}
	if known := wantCode(t, typo, tinkwebhooks.ErrUnknownEventType); !strings.Contains(known.Hint, "refresh:finished") {
		t.Errorf("hint %q", known.Hint)
	}
}

func TestErrorsThatOthersMake(t *testing.T) {
	mine := &tinkwebhooks.Error{Kind: tinkwebhooks.ErrInvalidPayload, Reason: tinkwebhooks.ErrTooDeep, Message: "mine"}
	if mine.HTTPStatus() != http.StatusInternalServerError || mine.Error() != "mine" || mine.Unwrap() != nil {
		t.Errorf("%d %v", mine.HTTPStatus(), mine)
	}
	failed := &tinkwebhooks.HandlerError{Errors: []error{errors.New("away")}}
	wantCode(t, failed, tinkwebhooks.ErrHandlerFailed)
	if !strings.Contains(failed.Error(), "away") {
		t.Error(failed)
	}
	if tinkwebhooks.ErrTooDeep.Error() != "too_deep" {
		t.Error(tinkwebhooks.ErrTooDeep.Error())
	}
}

func TestVersions(t *testing.T) {
	if got := inHeader(t, `#define TINK_WEBHOOKS_VERSION "(.*)"`); got[0] != tinkwebhooks.Version {
		t.Errorf("the header is of version %s, this package of %s", got[0], tinkwebhooks.Version)
	}
}
