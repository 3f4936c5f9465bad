package wasm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"sync"
)

// Explanation is why a delivery does not verify.
type Explanation struct {
	Causes           []string // at least one
	Proved           bool
	Where, Fix, Text string
	SecretIndex      int    // -1 where there is none
	OriginalBody     []byte // nil where there is none
}

// Explain says why a delivery does not verify. now is in unix seconds.
func (p *Pool) Explain(body, signature string, secrets []string, now int64) (found *Explanation, failure *Failure) {
	failure = p.use(func(i *instance) *Failure {
		given := make([]string, 0, 2*len(secrets)+2)
		size := 0
		for _, secret := range secrets {
			given = append(given, length(len(secret)), secret)
			size += 4 + len(secret)
		}
		if failure := i.place(append(given, signature, body)...); failure != nil {
			return failure
		}
		found, failure = i.explanation(fnExplain, uint64(size), ifAny(signature), uint64(len(body)), instant(now))
		return failure
	})
	return found, failure
}

// Explain says the same under the secrets of the Handler.
func (h *Handler) Explain(body, signature string, now int64) (found *Explanation, failure *Failure) {
	failure = h.pool.use(func(i *instance) *Failure {
		handle, failure := h.verifier(i)
		if failure != nil {
			return failure
		}
		if failure := i.place(signature, body); failure != nil {
			return failure
		}
		found, failure = i.explanation(fnExplainRefusal, uint64(handle), ifAny(signature), uint64(len(body)), instant(now))
		return failure
	})
	return found, failure
}

// ifAny is the length of a text of which the empty one is absent.
func ifAny(text string) uint64 {
	if text == "" {
		return uint64(uint32(absent))
	}
	return uint64(len(text))
}

// length is what stands in front of a text of several.
func length(size int) string {
	return string(binary.LittleEndian.AppendUint32(nil, uint32(size)))
}

func (i *instance) explanation(function int, arguments ...uint64) (*Explanation, *Failure) {
	i.searched = true
	if failure := i.finish(function, arguments...); failure != nil {
		return nil, failure
	}
	parts := i.parts()
	if len(parts) < 5 {
		return nil, broken(errors.New("an explanation without its texts"))
	}
	found := &Explanation{Proved: i.number(0) == 1, SecretIndex: int(i.number(1)), Where: string(parts[0]),
		Fix: string(parts[1]), Text: string(parts[2]), OriginalBody: bytes.Clone(parts[3])}
	for _, cause := range parts[4:] {
		found.Causes = append(found.Causes, string(cause))
	}
	return found, nil
}

// Each instance counts for itself what was explained. So it is told first when that last was, in any of them.
var latest struct {
	sync.Mutex
	known   bool
	seconds int64
}

// MayExplain says whether a receiver may explain a refusal now, in seconds of a clock that only goes on. variable is that
// of the environment.
func (p *Pool) MayExplain(variable func(name string) (string, bool), seconds int64) (may bool, failure *Failure) {
	latest.Lock()
	defer latest.Unlock()
	failure = p.use(func(i *instance) *Failure {
		if _, failure := i.call(fnEnvironments); failure != nil {
			return failure
		}
		var values strings.Builder
		for _, name := range i.texts() {
			if value, ok := variable(name); ok {
				values.WriteString(length(len(value)) + value)
			}
		}
		if latest.known {
			if failure := i.finish(fnMayExplain, 0, instant(latest.seconds)); failure != nil {
				return failure
			}
		}
		if failure := i.place(values.String()); failure != nil {
			return failure
		}
		if failure := i.finish(fnMayExplain, uint64(values.Len()), instant(seconds)); failure != nil {
			return failure
		}
		may = i.number(0) == 1
		return nil
	})
	if may {
		latest.known, latest.seconds = true, seconds
	}
	return may, failure
}
