package tinkwebhooks

import "github.com/tink-webhooks/tink-webhooks/bindings-go/internal/bridge"

// unavailableCodes are the reasons of the kind [ErrUnavailable].
var unavailableCodes = map[ErrorCode]failureCode{
	ErrInProgress: codeInProgress, ErrStoreUnavailable: codeStoreUnavailable,
}

// What tinkwebhookstest and idempotency ask for, which cannot import this file's functions.
func init() {
	bridge.Refuse = func(reason, message string, cause error) error {
		code := codeInvalidOption
		if unavailable, ok := unavailableCodes[ErrorCode(reason)]; ok {
			code = unavailable
		}
		err := newError(code)
		err.cause = cause
		if message != "" {
			err.Message = message
		}
		return err
	}
	bridge.Example = func(number uint32) (string, string, bool) {
		eventType, body, ok := example(number)
		return string(eventType), body, ok
	}
}
