// Package include makes "go mod vendor" keep this folder, which holds the header of libtink_webhooks.
package include
