// Package bridge gives the packages beside package tinkwebhooks access to what that one does not export.
package bridge

// Example returns the snake_case type and the example body for a type number of the library; ok is false for a number
// that is no type. Package tinkwebhooks sets it.
var Example func(number uint32) (eventType, body string, ok bool)

// Refuse returns a *tinkwebhooks.Error of a reason, which is "invalid_option", "in_progress" or "store_unavailable". An
// empty message is the reason's own; the cause may be nil. Package tinkwebhooks sets it.
var Refuse func(reason, message string, cause error) error
