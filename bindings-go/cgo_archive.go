//go:build !pkgconfig

package tinkwebhooks

// Links the archive that `make build` leaves in the checkout, and the libraries that a Rust archive needs besides
// (`rustc --print native-static-libs`).

// #cgo CFLAGS: -I${SRCDIR}/../target/capi/include
// #cgo LDFLAGS: ${SRCDIR}/../target/capi/lib/libtink_webhooks.a -lgcc_s -lutil -lrt -lpthread -lm -ldl
import "C"
