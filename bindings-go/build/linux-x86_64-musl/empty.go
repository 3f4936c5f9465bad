// Package linux_x86_64_musl makes "go mod vendor" keep this folder, which holds the prebuilt archive of a release.
package linux_x86_64_musl
