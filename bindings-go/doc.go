// Package tinkwebhooks verifies, parses and dispatches the webhooks of Tink (https://tink.com).
//
// A [Handler] holds the secrets and your handlers. Make it once, and give it every delivery: the raw body of the request
// and its X-Tink-Signature header. It is itself an [net/http.Handler]:
//
//	hooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSchemes(tinkwebhooks.SchemeV1)) // TINK_WEBHOOK_SECRET
//	if err != nil {
//		log.Fatal(err)
//	}
//	hooks.RegisterHandler("refresh:finished", func(ctx context.Context, event *tinkwebhooks.Event) error {
//		log.Println("refreshed:", event.UserID())
//		return nil
//	})
//	http.Handle("/webhooks/tink", hooks)
//
// # Errors
//
// Every error is an [*Error], or a [*HandlerError] that wraps one. Both tell what went wrong by [errors.Is]:
//
//	errors.Is(err, tinkwebhooks.ErrInvalidSignature) // the kind
//	errors.Is(err, tinkwebhooks.ErrTimestampTooOld)  // the reason
//
// Neither a secret nor a body is ever in an error, a log line or the output of package fmt.
//
// # How it is made
//
// The rules are those of a library in Rust that every language of the project shares; this package calls it by cgo. A
// delivery costs one call into C, and C never calls Go: handlers are ordinary Go functions called by Go.
package tinkwebhooks
