//go:build !cgo

package tinkwebhooks

// This package is made of C as well as Go. The name below does not exist, so that the compiler shows it.
var _ = tinkwebhooks_needs_CGO_ENABLED_1_and_a_C_compiler
