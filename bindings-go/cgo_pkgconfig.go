//go:build pkgconfig && !wazero

package tinkwebhooks

// With `-tags pkgconfig`: links the library that is installed on the system.

// #cgo pkg-config: tink_webhooks
import "C"
