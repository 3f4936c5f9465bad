// Package linux_aarch64 makes "go mod vendor" keep this folder, which holds the prebuilt archive of a release.
package linux_aarch64
