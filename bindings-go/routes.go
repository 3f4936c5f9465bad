package tinkwebhooks

import (
	"maps"
	"strings"
	"sync/atomic"
)

// routes remembers which handlers the core wants to run for an event of a name, so that it is asked once between two
// changes of the registry. Each map is complete when it is published, and never changes.
type routes[H any] struct {
	known atomic.Pointer[map[string][]H]
}

// Names are Tink's to choose: this many are remembered, and the core is asked about any further one each time.
const mostRoutes = 256

// find returns what is known about a name; ok is false where nothing is. The slice is shared.
func (r *routes[H]) find(name string) (handlers []H, ok bool) {
	if known := r.known.Load(); known != nil {
		handlers, ok = (*known)[name]
	}
	return handlers, ok
}

// add is called with the Handler's lock held for reading, and so not between a change of the registry and the call of forget.
func (r *routes[H]) add(name string, handlers []H) {
	before := r.known.Load()
	after := map[string][]H{}
	if before != nil {
		if len(*before) >= mostRoutes {
			return
		}
		after = maps.Clone(*before)
	}
	after[strings.Clone(name)] = handlers // a name is a part of a body, which must not be kept
	r.known.CompareAndSwap(before, &after)
}

// forget is called with that lock held for writing, after a change of the registry.
func (r *routes[H]) forget() { r.known.Store(nil) }
