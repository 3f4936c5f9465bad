//go:build !wazero

package tinkwebhooks

// What C does to say why a delivery does not verify. See capi.go.

/*
#include "shim.h"

#cgo noescape tink_webhooks_explain
#cgo nocallback tink_webhooks_explain
#cgo noescape tink_webhooks_explain_refusal
#cgo nocallback tink_webhooks_explain_refusal
*/
import "C"

import (
	"runtime"
	"time"
	"unsafe"
)

func explain(body []byte, signature string, secrets []string, now time.Time) (*Explanation, error) {
	var pins runtime.Pinner
	defer pins.Unpin()
	slices := make([]C.tink_webhooks_slice, len(secrets))
	for i, secret := range secrets {
		if secret != "" {
			pins.Pin(unsafe.StringData(secret))
			slices[i].ptr, slices[i].len = bytesOf(secret)
		}
	}
	header, headerSize := bytesOf(signature)
	var object *C.tink_webhooks_explanation
	code := C.tink_webhooks_explain((*C.uint8_t)(unsafe.SliceData(body)), C.size_t(len(body)), header, headerSize,
		unsafe.SliceData(slices), C.size_t(len(slices)), C.int64_t(now.Unix()), &object)
	if code != C.TINK_WEBHOOKS_OK {
		return nil, takeError(code, nil)
	}
	return takeExplanation(object), nil
}

// explainRefusal is explain under the secrets in C, whose text nobody has.
func (h *Handler) explainRefusal(body, signature string, now time.Time) (*Explanation, error) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if !h.core.open() {
		return nil, closed()
	}
	text, size := bytesOf(body)
	header, headerSize := bytesOf(signature)
	var object *C.tink_webhooks_explanation
	code := C.tink_webhooks_explain_refusal(h.core.hooks, text, size, header, headerSize, C.int64_t(now.Unix()), &object)
	if code != C.TINK_WEBHOOKS_OK {
		return nil, takeError(code, nil)
	}
	return takeExplanation(object), nil
}

// mayExplain says whether a receiver may explain a refusal now, of all in this process. uptime only grows.
func mayExplain(uptime time.Duration) bool {
	return bool(C.tink_webhooks_may_explain(C.int64_t(uptime / time.Second)))
}

// takeExplanation frees the object.
func takeExplanation(object *C.tink_webhooks_explanation) *Explanation {
	defer C.tink_webhooks_explanation_free(object)
	found := &Explanation{
		Proved:      bool(C.tink_webhooks_explanation_proved(object)),
		Where:       C.GoString(C.tink_webhooks_explanation_where(object)),
		Fix:         C.GoString(C.tink_webhooks_explanation_fix(object)),
		SecretIndex: -1,
		text:        C.GoString(C.tink_webhooks_explanation_text(object)),
	}
	for index := C.size_t(0); ; index++ {
		word := C.tink_webhooks_explanation_cause(object, index)
		if word == nil {
			break
		}
		found.Causes = append(found.Causes, Cause(C.GoString(word)))
	}
	found.Cause = found.Causes[0]
	var index C.size_t
	if C.tink_webhooks_explanation_secret_index(object, &index) {
		found.SecretIndex = int(index)
	}
	if original := C.tink_webhooks_explanation_original_body(object); original.ptr != nil {
		found.originalBody = C.GoBytes(unsafe.Pointer(original.ptr), C.int(original.len))
	}
	return found
}
