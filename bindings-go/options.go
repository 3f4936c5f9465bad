package tinkwebhooks

import (
	"log/slog"
	"net/http"
	"time"
)

// Scheme is how a delivery is signed.
type Scheme string

const (
	// SchemeV1 is that of Events v2: `t=<unix seconds>,v1=<64 hex digits>`, HMAC-SHA256 over `<t>.<body>`.
	SchemeV1 Scheme = "v1"
	// SchemeBody is bare: 64 hex digits, HMAC-SHA256 over the body alone. It carries no time, and such a delivery can be
	// replayed for ever.
	SchemeBody Scheme = "body"
)

// Option is an option of [NewHandler], which reports a mistake in any of them. Of options that contradict each other the
// last counts.
type Option func(*options)

type options struct {
	secrets      []string // nil: those of the environment
	severalGiven bool
	tolerance    *time.Duration
	windowOff    bool
	schemes      []Scheme
	schemesGiven bool
	maxBodyBytes *int
	clock        func() time.Time
	onError      func(*http.Request, error)
	logger       *slog.Logger
}

// WithSecret gives the secret: the characters as Tink's create-endpoint response shows them. An empty one is
// [ErrSecretNotConfigured], never "skip the check".
func WithSecret(secret string) Option {
	return func(o *options) { o.secrets, o.severalGiven = []string{secret}, false }
}

// WithSecrets gives several secrets, for rotation or for several endpoints: any of them may match, and
// [Verification.SecretIndex] tells which did.
func WithSecrets(secrets ...string) Option {
	given := append([]string{}, secrets...)
	return func(o *options) { o.secrets, o.severalGiven = given, true }
}

// WithTolerance says how old a signature may be, or how far ahead; a fraction of a second is cut off. 5 minutes by
// default: Tink advises no less, so that its retries pass. 0 means 0.
func WithTolerance(tolerance time.Duration) Option {
	return func(o *options) { o.tolerance, o.windowOff = &tolerance, false }
}

// WithoutWindow switches the time window off: a captured delivery can then be replayed for ever. For tests.
func WithoutWindow() Option {
	return func(o *options) { o.windowOff = true }
}

// WithSchemes says which schemes to accept; both by default. Who receives Events v2 only allows [SchemeV1] alone.
func WithSchemes(schemes ...Scheme) Option {
	given := append([]Scheme{}, schemes...)
	return func(o *options) { o.schemes, o.schemesGiven = given, true }
}

// WithMaxBodyBytes sets the largest body that is looked at, in bytes; 2,097,152 by default.
func WithMaxBodyBytes(bytes int) Option {
	return func(o *options) { o.maxBodyBytes = &bytes }
}

// WithClock takes the time from now in place of the system's clock, for tests. It is read once per delivery that needs
// the time, after the signature has held; a time outside the years 1 to 9999 is [ErrInvalidOption]. A delivery that
// needs it is verified twice, before the clock is read and after, so that C need not call Go. [VerificationStream.Finish]
// reads it once, before the verdict.
func WithClock(now func() time.Time) Option {
	return func(o *options) { o.clock = now }
}

// WithOnError has [Handler.ServeHTTP] report to hook what it did not answer with "ok", the test ping included: for
// metrics and alerts. The error is an [*Error], a [*HandlerError], or what reading the request failed with. The hook is
// called before the answer is sent, on several goroutines at once. If it panics, that is logged and changes nothing.
func WithOnError(hook func(*http.Request, error)) Option {
	return func(o *options) { o.onError = hook }
}

// WithLogger has [Handler.ServeHTTP] log what it refuses to logger in place of [slog.Default].
func WithLogger(logger *slog.Logger) Option {
	return func(o *options) { o.logger = logger }
}
