// Package tinkwebhooks verifies, parses and dispatches the webhooks of Tink (https://tink.com).
//
// A [Handler] holds the secrets and your handlers. Make it once, and give it every delivery: the raw body of the request
// and its X-Tink-Signature header. It is itself an [net/http.Handler]:
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
// A body that arrives in pieces, of a size that you would not hold in memory, is verified by [Handler.BeginVerification].
//
// Package tinkwebhookstest makes signed requests for tests.
//
// # Errors
//
// Every error is an [*Error], or a [*HandlerError] that wraps one; [Event.DecodeData] has its [*DataError]. The first two
// tell what went wrong by [errors.Is]:
//
//	errors.Is(err, tinkwebhooks.ErrInvalidSignature) // the kind
//	errors.Is(err, tinkwebhooks.ErrTimestampTooOld)  // the reason
//
// Neither a secret nor a body is ever in the text of an error, a log line or the output of package fmt; what your
// handlers fail with is passed on as it is.
//
// # How it is made
//
// The rules are those of a library in Rust that every language of the project shares; this package calls it by cgo. A
// delivery costs one call into C, a stream one per piece and two more, and C never calls Go: handlers are ordinary Go
// functions called by Go.
package tinkwebhooks
