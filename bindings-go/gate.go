package tinkwebhooks

import (
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"
)

// gate is a [sync.RWMutex] for readers on many processors. That one counts its readers in one place, which then travels
// between the processors. Here a reader locks a place that is mostly its processor's own, and a writer locks them all.
type gate struct {
	places []place   // none in the zero value, which nobody needs to lock
	own    sync.Pool // of *place: its store is per processor
	given  atomic.Uint32
}

// place fills cache lines of its own.
type place struct {
	sync.RWMutex
	_ [128 - unsafe.Sizeof(sync.RWMutex{})]byte
}

func (g *gate) open() { g.places = make([]place, 2*runtime.GOMAXPROCS(0)) }

// enter locks for reading. It returns what to give to leave.
func (g *gate) enter() *place {
	own, _ := g.own.Get().(*place)
	if own == nil {
		if len(g.places) == 0 {
			return nil
		}
		own = &g.places[int(g.given.Add(1))%len(g.places)]
	}
	own.RLock()
	return own
}

func (g *gate) leave(own *place) {
	if own != nil {
		own.RUnlock()
		g.own.Put(own)
	}
}

func (g *gate) lock() {
	for index := range g.places {
		g.places[index].Lock()
	}
}

func (g *gate) unlock() {
	for index := range g.places {
		g.places[index].Unlock()
	}
}
