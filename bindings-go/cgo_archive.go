//go:build !pkgconfig

package tinkwebhooks

// Links the archive in build/, static, so that a program runs where there is no libtink_webhooks. archives.sh puts it
// there: on tagged releases for every platform below, in a checkout for the machine at hand. The other libraries are
// those that a Rust archive needs besides (`rustc --print native-static-libs`); a test compares them with what pkg-config
// says of the archive.
//
// The list of platforms stands here, in build/ and includebuild.go, noarchive.go and archives.sh; a test compares.

// #cgo CFLAGS: -I${SRCDIR}/build/include
// #cgo linux,amd64 LDFLAGS: ${SRCDIR}/build/linux-x86_64/libtink_webhooks.a
// #cgo linux,arm64 LDFLAGS: ${SRCDIR}/build/linux-aarch64/libtink_webhooks.a
// #cgo darwin,amd64 LDFLAGS: ${SRCDIR}/build/macos-x86_64/libtink_webhooks.a
// #cgo darwin,arm64 LDFLAGS: ${SRCDIR}/build/macos-aarch64/libtink_webhooks.a
// #cgo linux LDFLAGS: -lgcc_s -lutil -lrt -lpthread -lm -ldl
// #cgo darwin LDFLAGS: -liconv
import "C"
