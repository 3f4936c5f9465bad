// Package wasm is the host of the project's WebAssembly module, for programs that are built without cgo:
// bindings-wasm/README.md has the protocol. It runs no module itself: an [Engine] does, which package wazeroengine
// registers.
package wasm

import (
	"sync"
	"sync/atomic"
)

// Engine makes instances of the module.
type Engine interface {
	// Instantiate makes an instance, and finds the functions of these names in it. A missing one is an error.
	Instantiate(functions []string) (Instance, error)
}

// Instance is an instance of the module. One goroutine at a time uses it.
type Instance interface {
	// Call calls the function of this index in the names, with the arguments in the stack, whose first word is the
	// result. After an error, which is a trap, it is not called again.
	Call(function int, stack []uint64) error
	// Lend is Call with a body that stays where it is: the module has it hashed.
	Lend(body string, function int, stack []uint64) error
	// MayLend says whether the engine can do that here.
	MayLend() bool
	// Memory returns all of the memory. Any call may put another in its place.
	Memory() []byte
	// Close gives the memory back, wiped.
	Close()
}

var registered atomic.Pointer[Pool]

// Register makes an engine the one that is used, unless there is one. limit returns how many instances there may be.
func Register(engine Engine, limit func() int) {
	registered.CompareAndSwap(nil, NewPool(engine, limit))
}

// Registered returns the instances of the engine that was registered; nil where none was.
func Registered() *Pool { return registered.Load() }

// NewPool returns a pool that is empty.
func NewPool(engine Engine, limit func() int) *Pool { return &Pool{engine: engine, limit: limit} }

// Pool holds instances of the module, each for one call at a time.
type Pool struct {
	engine Engine
	limit  func() int

	all  atomic.Pointer[[]*instance] // replaced, never changed
	next atomic.Uint32               // which one a caller waits for
	mu   sync.Mutex                  // held to replace all
}

// An instance whose memory has grown beyond this is not kept: a module never gives memory back.
const mostMemory = 64 << 20

// enter returns an instance that the caller alone uses, until it calls leave.
func (p *Pool) enter() (*instance, *Failure) {
	for {
		all := p.instances()
		for _, one := range all {
			if one.mu.TryLock() {
				if !one.dead {
					return one, nil
				}
				one.mu.Unlock()
			}
		}
		made, full, err := p.add(len(all))
		switch {
		case err != nil:
			return nil, broken(err)
		case made != nil:
			return made, nil
		case !full: // another one was made meanwhile
			continue
		}
		// All are busy. A call takes microseconds, so it does not matter much for which one this waits.
		one := all[int(p.next.Add(1))%len(all)]
		one.mu.Lock()
		if !one.dead {
			return one, nil
		}
		one.mu.Unlock()
	}
}

func (p *Pool) instances() []*instance {
	if all := p.all.Load(); all != nil {
		return *all
	}
	return nil
}

// add makes an instance, which the caller alone uses, unless there are as many as may be (full), or others than the
// caller knows of.
func (p *Pool) add(known int) (made *instance, full bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.instances()
	if len(all) != known {
		return nil, false, nil
	}
	if known >= max(p.limit(), 1) {
		return nil, true, nil
	}
	if made, err = p.instantiate(); err != nil {
		return nil, false, err
	}
	made.mu.Lock()
	after := append(append(make([]*instance, 0, known+1), all...), made)
	p.all.Store(&after)
	return made, false, nil
}

// remove forgets an instance, which the caller has entered, and wipes its memory.
func (p *Pool) remove(gone *instance) {
	gone.dead = true
	clear(gone.verifiers)
	gone.lastVerifier = nil
	p.mu.Lock()
	defer p.mu.Unlock()
	var after []*instance
	for _, one := range p.instances() {
		if one != gone {
			after = append(after, one)
		}
	}
	p.all.Store(&after)
	gone.vm.Close()
}

// Memories shows the memory of each instance, for tests. It must not be kept.
func (p *Pool) Memories(visit func(memory []byte)) {
	for _, one := range p.instances() {
		one.mu.Lock()
		if !one.dead {
			visit(one.vm.Memory())
		}
		one.mu.Unlock()
	}
}

// Trap makes every instance fail as after a mistake inside the module, for tests.
func (p *Pool) Trap(why error) {
	for _, one := range p.instances() {
		one.mu.Lock()
		one.sabotage = why
		one.mu.Unlock()
	}
}

// Busy calls while so many instances are in use, those that are found first, for tests.
func (p *Pool) Busy(instances int, work func()) {
	for _, one := range p.instances()[:instances] {
		one.mu.Lock()
		defer one.mu.Unlock()
	}
	work()
}
