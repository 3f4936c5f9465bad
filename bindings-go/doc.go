// Package tinkwebhooks verifies, parses and dispatches the webhooks of Tink (https://tink.com).
//
// A [Handler] holds the secrets and your handlers. Make it once, and pass it every delivery: the raw body of the
// request and the value of its X-Tink-Signature header. It is a [net/http.Handler] itself:
//
//	hooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSchemes(tinkwebhooks.SchemeV1)) // TINK_WEBHOOK_SECRET
//	if err != nil {
//		log.Fatal(err)
//	}
//	_, err = tinkwebhooks.On(hooks, "refresh:finished",
//		func(ctx context.Context, event *tinkwebhooks.Event, data *tinkwebhooks.RefreshFinished) error {
//			log.Println("refreshed:", event.UserID(), data.CredentialsStatus)
//			return nil
//		})
//	if err != nil {
//		log.Fatal(err)
//	}
//	http.Handle("POST /webhooks/tink", hooks)
//
// [Handler.BeginVerification] verifies a body that arrives in pieces, and that may be too large to hold in memory.
//
// Package tinkwebhookstest makes signed requests for tests. Package idempotency does an event's effects once.
//
// # Errors
//
// Every error is an [*Error], or a [*HandlerError] that wraps one; [Event.DecodeData] returns a [*DataError]. For the
// first two, [errors.Is] finds the kind and the reason:
//
//	errors.Is(err, tinkwebhooks.ErrInvalidSignature) // the kind
//	errors.Is(err, tinkwebhooks.ErrTimestampTooOld)  // the reason
//
// The text of an error, a log line and the output of package fmt never contain a secret or a body. Errors of your
// handlers are passed on as they are.
//
// # Implementation
//
// All rules are in a Rust library that every language of the project shares; this package calls it by cgo, or, without cgo
// and with package wazeroengine imported, as WebAssembly. What follows is about cgo. A delivery
// takes one call into C, a stream one per piece and two more. C never calls Go: Go itself calls the handlers.
package tinkwebhooks

// Version is the version of this package. All packages of the project carry the same one.
const Version = "0.1.0"
