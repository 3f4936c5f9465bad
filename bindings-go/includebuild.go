//go:build includebuild

package tinkwebhooks

// Never built. "go mod vendor" leaves out folders that no package is imported from (golang.org/issue/26366), and looks
// at the imports of all files, whatever their build tags.
import (
	_ "github.com/tink-webhooks/tink-webhooks/bindings-go/build/include"
	_ "github.com/tink-webhooks/tink-webhooks/bindings-go/build/linux-aarch64"
	_ "github.com/tink-webhooks/tink-webhooks/bindings-go/build/linux-x86_64"
	_ "github.com/tink-webhooks/tink-webhooks/bindings-go/build/macos-aarch64"
	_ "github.com/tink-webhooks/tink-webhooks/bindings-go/build/macos-x86_64"
)
