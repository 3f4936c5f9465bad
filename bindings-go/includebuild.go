//go:build includebuild

package tinkwebhooks

// This file is never built. "go mod vendor" omits folders that no file imports (golang.org/issue/26366), and reads the
// imports of all files, whatever their build tags.
import (
	_ "github.com/tink-webhooks/tink-webhooks/bindings-go/build/include"
	_ "github.com/tink-webhooks/tink-webhooks/bindings-go/build/linux-aarch64"
	_ "github.com/tink-webhooks/tink-webhooks/bindings-go/build/linux-aarch64-musl"
	_ "github.com/tink-webhooks/tink-webhooks/bindings-go/build/linux-x86_64"
	_ "github.com/tink-webhooks/tink-webhooks/bindings-go/build/linux-x86_64-musl"
	_ "github.com/tink-webhooks/tink-webhooks/bindings-go/build/macos-aarch64"
	_ "github.com/tink-webhooks/tink-webhooks/bindings-go/build/macos-x86_64"
	_ "github.com/tink-webhooks/tink-webhooks/bindings-go/build/windows-x86_64"
)
