package tinkwebhooks

import (
	"log/slog"
	"net/http"
	"time"
)

// Option is an option of [NewHandler], which returns an error for an invalid one. Of options that contradict each other
// the last counts.
type Option func(*options)

type options struct {
	secrets      []string // nil: those of the environment
	severalGiven bool
	secretFunc   func() ([]string, error) // nil: not given so
	tolerance    *time.Duration
	windowOff    bool
	schemes      []Scheme
	schemesGiven bool
	maxBodyBytes *int
	bodyTimeout  *time.Duration
	clock        func() time.Time
	onError      func(*http.Request, error)
	onOutcome    func(*http.Request, Outcome)
	logger       *slog.Logger

	explainFailures bool
}

// WithSecret sets the secret: the characters as Tink's create-endpoint response shows them, not decoded. An empty one
// is [ErrSecretNotConfigured]; it never disables the check.
func WithSecret(secret string) Option {
	return func(o *options) { o.secrets, o.severalGiven, o.secretFunc = []string{secret}, false, nil }
}

// WithSecrets sets several secrets, for a rotation or for several endpoints. Any of them may match;
// [Verification.SecretIndex] says which did.
func WithSecrets(secrets ...string) Option {
	given := append([]string{}, secrets...)
	return func(o *options) { o.secrets, o.severalGiven, o.secretFunc = given, true, nil }
}

// WithTolerance sets how old a signature may be, and how far in the future; a fraction of a second is cut off. The
// default is 5 minutes: Tink advises against less, because its retries must pass. 0 means 0.
func WithTolerance(tolerance time.Duration) Option {
	return func(o *options) { o.tolerance, o.windowOff = &tolerance, false }
}

// WithoutWindow switches the time window off, for tests: a captured delivery can then be replayed at any later time.
func WithoutWindow() Option {
	return func(o *options) { o.windowOff = true }
}

// WithSchemes sets which schemes to accept; both by default. A receiver of Events v2 should allow [SchemeV1] alone.
func WithSchemes(schemes ...Scheme) Option {
	given := append([]Scheme{}, schemes...)
	return func(o *options) { o.schemes, o.schemesGiven = given, true }
}

// WithMaxBodyBytes sets the size of the largest body to accept, in bytes; 2,097,152 by default.
func WithMaxBodyBytes(bytes int) Option {
	return func(o *options) { o.maxBodyBytes = &bytes }
}

const defaultBodyTimeout = 30 * time.Second

// WithBodyTimeout sets how long [Handler.ServeHTTP] waits for a request's body, 30 seconds by default; then the answer is
// 408 "unreadable_body", and the connection is closed. 0 is no limit. A shorter ReadTimeout of the [http.Server] stays in
// force. It needs a ResponseWriter that supports [http.ResponseController]: a middleware that wraps the server's must
// have an Unwrap method.
func WithBodyTimeout(timeout time.Duration) Option {
	return func(o *options) { o.bodyTimeout = &timeout }
}

// WithClock takes the time from now in place of the system's clock, for tests. It is called once per delivery that
// needs the time, after the signature was found to match; a time outside the years 1 to 9999 is [ErrInvalidOption].
// Such a delivery is verified twice, before and after the call, so that C need not call Go. [VerificationStream.Finish]
// and [VerificationStream.FinishEvent] call it once, before they check the signature. [Handler.ServeHTTP] calls it once more where it reports a delivery's age.
func WithClock(now func() time.Time) Option {
	return func(o *options) { o.clock = now }
}

// WithOnError sets a hook that [Handler.ServeHTTP] calls for every delivery that it does not answer with "ok", the test
// ping included. The error is an [*Error], or a [*HandlerError], which wraps one. The hook is called after the answer was
// sent, on several goroutines at once; the next request of the same connection waits for it. If it panics, that is logged.
func WithOnError(hook func(*http.Request, error)) Option {
	return func(o *options) { o.onError = hook }
}

// WithOnOutcome sets a hook that [Handler.ServeHTTP] calls exactly once for every request, whatever came of it, for metrics
// and alerts: after the answer was sent, and after the hook of [WithOnError], as which it is called.
func WithOnOutcome(hook func(*http.Request, Outcome)) Option {
	return func(o *options) { o.onOutcome = hook }
}

// WithLogger sets the logger to which [Handler.ServeHTTP] logs what it refuses, in place of [slog.Default]. Secrets with a
// comma or quotes, and handlers for names that Tink does not send, are warned of there.
func WithLogger(logger *slog.Logger) Option {
	return func(o *options) { o.logger = logger }
}

// WithExplainFailures makes [Handler.ServeHTTP] log why it refuses deliveries, as [Explain] says it, for development. It
// does so after the answer was sent, at most once in ten seconds, of all clients together, and never where the
// environment says that this is production: GO_ENV, APP_ENV or one of its like is "production" or "prod".
func WithExplainFailures() Option {
	return func(o *options) { o.explainFailures = true }
}
