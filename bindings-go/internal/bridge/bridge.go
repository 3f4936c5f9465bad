// Package bridge gives package tinkwebhookstest access to what package tinkwebhooks does not export.
package bridge

// Example returns the snake_case type and the example body for a type number of the library; ok is false for a number
// that is no type. Package tinkwebhooks sets it.
var Example func(number uint32) (eventType, body string, ok bool)
