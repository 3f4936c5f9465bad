// Package bridge hands to package tinkwebhookstest what package tinkwebhooks does not export.
package bridge

// Example gives the snake_case type and the example body of one of the library's type numbers; ok is false for a number
// that is no type. Package tinkwebhooks sets it.
var Example func(number uint32) (eventType, body string, ok bool)
