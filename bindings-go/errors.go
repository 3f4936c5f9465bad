package tinkwebhooks

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// ErrorCode is a kind or a reason of an error; its text is the same in every language of the project. It is an error
// itself, for [errors.Is].
type ErrorCode string

// Error returns the code itself.
func (c ErrorCode) Error() string { return string(c) }

// The kinds of errors. [ErrTestWebhook] and [ErrHandlerFailed] are reasons as well.
const (
	// ErrInvalidSignature: the delivery is not proven to come from Tink, or is outside the time window. HTTP 401.
	ErrInvalidSignature ErrorCode = "invalid_signature"
	// ErrInvalidPayload: authentic, but not an event this library can read. HTTP 400, or 413 for a body over the cap.
	ErrInvalidPayload ErrorCode = "invalid_payload"
	// ErrTestWebhook: Tink's test ping. It is no event, and is never dispatched. Its signature holds where one was
	// checked. HTTP 200.
	ErrTestWebhook ErrorCode = "test_webhook"
	// ErrHandlerFailed: at least one handler failed. The others still ran. HTTP 500, so that Tink delivers again.
	ErrHandlerFailed ErrorCode = "handler_failed"
	// ErrInvalidRequest: the HTTP request cannot be a delivery, or did not arrive whole. HTTP 405 or 408.
	ErrInvalidRequest ErrorCode = "invalid_request"
	// ErrUnavailable: a handler could not run now, and nothing is wrong with it. HTTP 503, so that Tink delivers again.
	ErrUnavailable ErrorCode = "unavailable"
	// ErrInvalidConfig: a mistake in the receiver's secrets, options or event types. HTTP 500.
	ErrInvalidConfig ErrorCode = "invalid_config"
	// ErrInvalidCall: a mistake in how a [VerificationStream] was used; nothing else returns it. HTTP 500.
	ErrInvalidCall ErrorCode = "invalid_call"
)

// The reasons of ErrInvalidSignature.
const (
	// ErrMissingSignature: there is no signature header, or it is blank.
	ErrMissingSignature ErrorCode = "missing_signature"
	// ErrMalformedSignature: the header is neither `t=<unix seconds>,v1=<64 hex digits>` nor 64 hex digits.
	ErrMalformedSignature ErrorCode = "malformed_signature"
	// ErrSchemeNotAllowed: the header is well-formed, but its scheme is not allowed ([WithSchemes]).
	ErrSchemeNotAllowed ErrorCode = "scheme_not_allowed"
	// ErrSignatureMismatch: the signature was made with none of the secrets, or over another body.
	ErrSignatureMismatch ErrorCode = "signature_mismatch"
	// ErrTimestampTooOld: authentic, but signed longer ago than the tolerance.
	ErrTimestampTooOld ErrorCode = "timestamp_too_old"
	// ErrTimestampInFuture: authentic, but signed further in the future than the tolerance.
	ErrTimestampInFuture ErrorCode = "timestamp_in_future"
)

// The reasons of ErrInvalidPayload.
const (
	// ErrInvalidUTF8: the body is not UTF-8.
	ErrInvalidUTF8 ErrorCode = "invalid_utf8"
	// ErrInvalidJSON: the body is not JSON.
	ErrInvalidJSON ErrorCode = "invalid_json"
	// ErrNotAnObject: the body is JSON, but not an object.
	ErrNotAnObject ErrorCode = "not_an_object"
	// ErrMissingType: neither `event` nor `type` holds a non-empty string.
	ErrMissingType ErrorCode = "missing_type"
	// ErrMissingData: there is a `type`, but no `data`.
	ErrMissingData ErrorCode = "missing_data"
	// ErrTooDeep: the body is nested beyond 128 levels.
	ErrTooDeep ErrorCode = "too_deep"
	// ErrDuplicateKey: one of the envelope's own keys appears twice.
	ErrDuplicateKey ErrorCode = "duplicate_key"
	// ErrBodyTooLarge: the body is larger than the cap ([WithMaxBodyBytes]). HTTP 413.
	ErrBodyTooLarge ErrorCode = "body_too_large"
)

// The reasons of ErrInvalidRequest, from [Handler.ServeHTTP] alone.
const (
	// ErrMethodNotAllowed: the method is not POST. HTTP 405.
	ErrMethodNotAllowed ErrorCode = "method_not_allowed"
	// ErrUnreadableBody: the body did not arrive whole: the client left, or took longer than [WithBodyTimeout] allows. The
	// error wraps the cause. HTTP 408, so that Tink delivers again.
	ErrUnreadableBody ErrorCode = "unreadable_body"
)

// The reasons of ErrUnavailable.
const (
	// ErrInProgress: another copy of the event is being handled.
	ErrInProgress ErrorCode = "in_progress"
	// ErrStoreUnavailable: the store could not be asked whether the event was handled.
	ErrStoreUnavailable ErrorCode = "store_unavailable"
)

// The reasons of ErrInvalidConfig.
const (
	// ErrSecretNotConfigured: no secret was given, or an empty one, and the environment holds none.
	ErrSecretNotConfigured ErrorCode = "secret_not_configured"
	// ErrInvalidSecret: an unusable secret: empty, with a NUL in it, or with white space at an end.
	ErrInvalidSecret ErrorCode = "invalid_secret"
	// ErrInvalidTolerance: a tolerance that is negative.
	ErrInvalidTolerance ErrorCode = "invalid_tolerance"
	// ErrUnknownEventType: not an event type, most likely a typo. The error's hint names the nearest one.
	ErrUnknownEventType ErrorCode = "unknown_event_type"
	// ErrInvalidOption: an invalid value for the schemes, the cap on the body or the time of signing, or one that a
	// clock returned; a nil handler; a closed [Handler].
	ErrInvalidOption ErrorCode = "invalid_option"
)

// The reason of ErrInvalidCall, besides the kind itself.
const (
	// ErrAlreadyFinished: the stream was already finished or closed, or was not made by [Handler.BeginVerification].
	ErrAlreadyFinished ErrorCode = "already_finished"
)

// ErrClosed is wrapped by the errors of calls on a [Handler] that was closed, or not made by [NewHandler].
var ErrClosed = errors.New("the handler is closed, or was not made by NewHandler")

// Error says why a delivery was refused or a configuration is not usable. It never contains a secret or a body.
type Error struct {
	// Kind is the kind of error.
	Kind ErrorCode
	// Reason is what exactly went wrong; the same as Kind where that has no reasons of its own.
	Reason ErrorCode
	// Message describes the error in an English sentence, for operators.
	Message string
	// Hint suggests what to try next. Often empty.
	Hint string

	status       int
	hasAge       bool
	hasTolerance bool
	age          int64
	tolerance    uint64
	cause        error
}

// Error returns the message, with the hint if there is one.
func (e *Error) Error() string {
	if e.Hint == "" {
		return e.Message
	}
	return e.Message + " (" + e.Hint + ")"
}

// Is reports whether target is the error's kind or reason, for [errors.Is].
func (e *Error) Is(target error) bool {
	code, ok := target.(ErrorCode)
	return ok && e != nil && (code == e.Kind || code == e.Reason)
}

// Unwrap returns the cause where there is one, such as [ErrClosed] or what reading a body failed with, otherwise nil.
func (e *Error) Unwrap() error {
	if e == nil { // in a handler's error that wraps it: package errors calls its methods
		return nil
	}
	return e.cause
}

// HTTPStatus returns the status to answer with. Tink delivers again only after 408, 429, 500, 502, 503 and 504.
func (e *Error) HTTPStatus() int {
	if e.status == 0 { // not made by this package
		return http.StatusInternalServerError
	}
	return e.status
}

// Age returns the seconds between signing and now for an error of the time window, negative where the signature is from
// the future. It is not a [time.Duration] because the signed time may be any number. For other errors ok is false.
func (e *Error) Age() (seconds int64, ok bool) { return e.age, e.hasAge }

// Tolerance returns the tolerance in force for an error of the time window, in whole seconds. For other errors, and
// where the window is off, ok is false.
func (e *Error) Tolerance() (tolerance time.Duration, ok bool) {
	return time.Duration(e.tolerance) * time.Second, e.hasTolerance
}

// DataError reports that an event's data does not fit the type it was decoded into. Its text names the field, and never
// contains the value.
type DataError struct {
	// Event is the event's name.
	Event string
	// Err is the error of package encoding/json or time, without the value; or that of an UnmarshalJSON of your own, as it
	// is.
	Err error
}

// Error names the event, the field and the types.
func (e *DataError) Error() string {
	text := fmt.Sprintf("the data of %q does not fit", e.Event)
	var mistyped *json.UnmarshalTypeError
	if errors.As(e.Err, &mistyped) {
		found, _, _ := strings.Cut(mistyped.Value, " ")
		text += fmt.Sprintf(": a JSON %s where %s is expected", found, mistyped.Type)
		if mistyped.Field != "" {
			text += fmt.Sprintf(", in field %q", mistyped.Field)
		}
	}
	return text
}

// Unwrap returns Err.
func (e *DataError) Unwrap() error { return e.Err }

// ErrGoexit is the Value of a [*PanicError] where a handler called [runtime.Goexit].
var ErrGoexit = errors.New("runtime.Goexit, which FailNow of package testing calls")

// PanicError is the error of a handler that panicked, or ended its goroutine with [runtime.Goexit].
type PanicError struct {
	// Value is the value that the handler passed to panic; [ErrGoexit] where it ended its goroutine. It is left out of
	// the error's JSON: it may be an event.
	Value any `json:"-"`
	// Stack is the goroutine's stack at that moment, as [debug.Stack] formats it.
	Stack []byte
}

// Error returns a text with the value, without the stack.
func (e *PanicError) Error() string {
	if e.Value == ErrGoexit {
		return "the handler ended its goroutine: " + ErrGoexit.Error()
	}
	return fmt.Sprintf("the handler panicked: %v", e.Value)
}

// Unwrap returns the value if it is an error, otherwise nil.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
