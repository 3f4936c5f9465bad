//go:build !pkgconfig && !wazero

package tinkwebhooks

// Links the static library in build/, so that a program needs no libtink_webhooks where it runs. archives.sh puts it
// there: in tagged releases for every platform below, in a checkout for the current machine. The other libraries are
// those that a static Rust library needs (`rustc --print native-static-libs`); a test compares them with those in the
// pkg-config file. In place of -lgcc_s, which rustc names too, stands -static-libgcc: the unwinder becomes a part of the
// program, which then needs only the C library, and can be linked with -static, where there is no libgcc_s.
//
// Go does not know which C library a program for Linux is linked with: on Alpine and wherever that is musl, build with
// `-tags musl`.
//
// The platforms are listed here, in build/, includebuild.go, noarchive.go and archives.sh; a test compares the lists.

// #cgo CFLAGS: -I${SRCDIR}/build/include
// #cgo linux,amd64,!musl LDFLAGS: ${SRCDIR}/build/linux-x86_64/libtink_webhooks.a
// #cgo linux,arm64,!musl LDFLAGS: ${SRCDIR}/build/linux-aarch64/libtink_webhooks.a
// #cgo linux,amd64,musl LDFLAGS: ${SRCDIR}/build/linux-x86_64-musl/libtink_webhooks.a
// #cgo linux,arm64,musl LDFLAGS: ${SRCDIR}/build/linux-aarch64-musl/libtink_webhooks.a
// #cgo darwin,amd64 LDFLAGS: ${SRCDIR}/build/macos-x86_64/libtink_webhooks.a
// #cgo darwin,arm64 LDFLAGS: ${SRCDIR}/build/macos-aarch64/libtink_webhooks.a
// #cgo windows,amd64 LDFLAGS: ${SRCDIR}/build/windows-x86_64/libtink_webhooks.a
// #cgo linux LDFLAGS: -static-libgcc -lutil -lrt -lpthread -lm -ldl
// #cgo darwin LDFLAGS: -lm
// #cgo windows LDFLAGS: -lkernel32 -lntdll -luserenv -lws2_32 -ldbghelp
import "C"
