//go:build !wazero

package tinkwebhooks

// Which handlers a name has, asked of C. See capi.go.

/*
#include "shim.h"

#cgo noescape tw_matching
#cgo nocallback tw_matching
*/
import "C"

import "unsafe"

// matching is called with h.mu held for reading. No more slots can match than there are.
func (c core) matching(name string, most int) ([]C.uintptr_t, error) {
	text, size := bytesOf(name)
	slots, count := make([]C.uintptr_t, most), C.size_t(0)
	code := C.tw_matching(c.hooks, text, size, unsafe.SliceData(slots), C.size_t(most), &count)
	if code != C.TINK_WEBHOOKS_OK {
		return nil, newError(code)
	}
	return slots[:count], nil
}
