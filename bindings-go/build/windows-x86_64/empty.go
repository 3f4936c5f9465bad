// Package windows_x86_64 makes "go mod vendor" keep this folder, which holds the prebuilt archive of a release.
package windows_x86_64
