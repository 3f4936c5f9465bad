// Package recipes imports what the programs of docs/go-pieces.md import besides the library. Their tests take the
// versions from this module.
package recipes

import (
	_ "github.com/getsentry/sentry-go/http"
	_ "github.com/prometheus/client_golang/prometheus/promhttp"
	_ "github.com/tink-webhooks/tink-webhooks/bindings-go"
)
