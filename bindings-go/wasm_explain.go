//go:build !cgo || wazero

package tinkwebhooks

import "time"

// notInModule is the error of what the module does not do.
func notInModule() *Error {
	return refuseOption("the WebAssembly module, which this program uses because it was built without cgo, "+
		"cannot explain deliveries: build with CGO_ENABLED=1, or use the command tink-webhooks explain", nil)
}

func explain([]byte, string, []string, time.Time) (*Explanation, error) { return nil, notInModule() }

func (h *Handler) explainRefusal(string, string, time.Time) (*Explanation, error) {
	return nil, notInModule()
}

func mayExplain(time.Duration) bool { return false }
