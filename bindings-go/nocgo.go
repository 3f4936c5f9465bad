//go:build !cgo

package tinkwebhooks

// This package contains C code. The name below does not exist, so that the compiler prints it.
var _ = tinkwebhooks_needs_CGO_ENABLED_1_and_a_C_compiler
