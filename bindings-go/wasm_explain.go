//go:build !cgo || wazero

package tinkwebhooks

// What the module does to say why a delivery does not verify. See wasm.go.

import (
	"os"
	"time"
	"unsafe"

	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/wasm"
)

func explain(body []byte, signature string, secrets []string, now time.Time) (*Explanation, error) {
	text := unsafe.String(unsafe.SliceData(body), len(body)) // for the call only
	found, failure := wasm.Registered().Explain(text, signature, secrets, now.Unix())
	return takeExplanation(found), asError(failure)
}

// explainRefusal is explain under the secrets in the module, whose text nobody has.
func (h *Handler) explainRefusal(body, signature string, now time.Time) (*Explanation, error) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if !h.core.open() {
		return nil, closed()
	}
	found, failure := h.core.handler.Explain(body, signature, now.Unix())
	return takeExplanation(found), asError(failure)
}

// mayExplain says whether a receiver may explain a refusal now, of all in this process. uptime only grows.
func mayExplain(uptime time.Duration) bool {
	may, failure := wasm.Registered().MayExplain(os.LookupEnv, int64(uptime/time.Second))
	return may && failure == nil
}

func takeExplanation(found *wasm.Explanation) *Explanation {
	if found == nil {
		return nil
	}
	taken := &Explanation{
		Proved:       found.Proved,
		Where:        found.Where,
		Fix:          found.Fix,
		SecretIndex:  found.SecretIndex,
		text:         found.Text,
		originalBody: found.OriginalBody,
	}
	for _, word := range found.Causes {
		taken.Causes = append(taken.Causes, Cause(word))
	}
	taken.Cause = taken.Causes[0]
	return taken
}
