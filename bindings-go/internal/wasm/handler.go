package wasm

import (
	"encoding/binary"
	"math"
	"slices"
	"sync"
)

// Config is what a verifier is made of, as `configure` takes it.
type Config struct {
	Secrets     []string
	Several     bool // a list of secrets, not one
	Environment bool // the secret is the value of the environment's variable
	Tolerance   *float64
	WindowOff   bool
	Schemes     []string
	SchemesSet  bool
	Cap         *float64
}

// Handler is an object of the module: a verifier, in each instance that was asked for something with it, and a
// registry, in one of them. What an instance takes with it when it ends is made anew in another.
type Handler struct {
	pool *Pool

	// What configure gets, in the order of its parameters. It has the secrets, and is wiped by Free.
	given, secrets uint64
	tolerance, cap float64
	texts          []byte

	maxBody  int64
	warnings []string

	mu            sync.Mutex // held for what follows. An instance is entered while it is held, never the other way round
	home          *instance
	registry      uint32
	registrations []registration
}

type registration struct {
	key  string
	slot uint32
}

// Handler makes a Handler that verifies nothing.
func (p *Pool) Handler() *Handler { return &Handler{pool: p} }

// Verifier makes a Handler, and returns the failure of the configuration.
func (p *Pool) Verifier(config *Config) (*Handler, *Failure) {
	h := &Handler{pool: p, secrets: uint64(len(config.Secrets))}
	for bit, given := range []bool{config.Several, config.Environment, config.Tolerance != nil, config.WindowOff,
		config.SchemesSet, config.Cap != nil} {
		if given {
			h.given |= 1 << bit
		}
	}
	if config.Tolerance != nil {
		h.tolerance = *config.Tolerance
	}
	if config.Cap != nil {
		h.cap = *config.Cap
	}
	size := 0
	for _, texts := range [][]string{config.Secrets, config.Schemes} {
		for _, text := range texts {
			size += 4 + len(text)
		}
	}
	h.texts = make([]byte, 0, size) // never moved: what it would move out of is not wiped
	for _, texts := range [][]string{config.Secrets, config.Schemes} {
		for _, text := range texts {
			h.texts = append(binary.LittleEndian.AppendUint32(h.texts, uint32(len(text))), text...)
		}
	}
	i, failure := p.enter()
	if failure == nil {
		defer i.leave()
		failure = h.begin(i)
	}
	if failure != nil {
		clear(h.texts)
		return nil, failure
	}
	return h, nil
}

// begin asks what is asked once.
func (h *Handler) begin(i *instance) *Failure {
	handle, failure := h.verifier(i)
	if failure != nil {
		return failure
	}
	if _, failure := i.call(fnMaxBodyBytes, uint64(handle)); failure != nil {
		return failure
	}
	h.maxBody = whole(math.Float64frombits(i.stack[0]))
	if failure := i.finish(fnWarnings, uint64(handle)); failure != nil {
		return failure
	}
	h.warnings = i.texts()
	return nil
}

// verifier returns the handle of the verifier in an instance.
func (h *Handler) verifier(i *instance) (uint32, *Failure) {
	if i.lastVerifier == h {
		return i.lastHandle, nil
	}
	handle, known := i.verifiers[h]
	if !known {
		var failure *Failure
		if handle, failure = i.call(fnCreate); failure != nil {
			return 0, failure
		}
		arena, failure := i.arena(len(h.texts))
		if failure != nil {
			return 0, failure
		}
		copy(arena, h.texts)
		if failure := i.finish(fnConfigure, uint64(handle), h.given, h.secrets, math.Float64bits(h.tolerance),
			math.Float64bits(h.cap), uint64(len(h.texts))); failure != nil {
			if !i.dead {
				_, _ = i.call(fnRelease, uint64(handle))
			}
			return 0, failure
		}
		i.verifiers[h] = handle
	}
	i.lastVerifier, i.lastHandle = h, handle
	return handle, nil
}

// Free wipes the secrets. It waits for calls in progress. The Handler must not be used by others then.
func (h *Handler) Free() {
	for _, i := range h.pool.instances() {
		i.mu.Lock()
		if handle, known := i.verifiers[h]; known && !i.dead {
			delete(i.verifiers, h)
			i.lastVerifier = nil
			_, _ = i.call(fnRelease, uint64(handle))
		}
		if i == h.home && !i.dead {
			_, _ = i.call(fnRelease, uint64(h.registry))
		}
		i.leave()
	}
	clear(h.texts)
}

// MaxBodyBytes returns the cap; Warnings what to log once about the secrets.
func (h *Handler) MaxBodyBytes() int64 { return h.maxBody }

// Warnings returns what to log once about the secrets.
func (h *Handler) Warnings() []string { return h.warnings }

// What to do with a delivery.
const (
	Verify    = fnVerify
	Parse     = fnParse
	Construct = fnConstruct
)

// Deliver does that with a delivery. Where it returns true the time is needed, and nothing was done: it is to be called
// again, without ask and with the time in epoch milliseconds.
func (h *Handler) Deliver(what int, body, signature string, ask bool, now int64, into *Answer) (bool, *Failure) {
	if int64(len(body)) > h.maxBody { // which is what the core looks at first; it is not copied
		return false, h.pool.Fail("body_too_large")
	}
	i, failure := h.pool.enter()
	if failure != nil {
		return false, failure
	}
	defer i.leave()
	handle, failure := h.verifier(i)
	if failure != nil {
		return false, failure
	}
	asks := uint64(0)
	if ask {
		asks = 1
	}
	code, numbers := uint32(0), recordNumbers
	if what == Verify && i.vm.MayLend() {
		numbers = recordVerified
		code, failure = h.verifyLent(i, handle, body, signature, asks, now)
	} else if failure = i.place(signature, body); failure == nil {
		code, failure = i.call(what, uint64(handle), uint64(len(signature)), uint64(len(body)), asks, instant(now))
	}
	switch {
	case failure != nil:
		return false, failure
	case code == codeDone:
		i.answer(into, numbers)
		return false, nil
	case code == codeAskClock:
		return true, nil
	}
	return false, i.failure(code)
}

// verifyLent verifies a body that the module does not get: the engine hashes it where it lies.
func (h *Handler) verifyLent(
	i *instance, handle uint32, body, signature string, asks uint64, now int64,
) (uint32, *Failure) {
	if failure := i.place(signature); failure != nil {
		return 0, failure
	}
	first := uint64(math.MaxUint32) // -1, of 32 bits: there is none
	if body != "" {
		first = uint64(body[0])
	}
	return i.lend(body, fnVerifyLent, uint64(handle), uint64(len(signature)), uint64(len(body)), first, asks, instant(now))
}

// instant is a time as an argument.
func instant(millis int64) uint64 { return math.Float64bits(float64(millis)) }

// Register adds a slot to those of a key.
func (h *Handler) Register(key string, slot uint32, allowUnknown bool) *Failure {
	return h.onRegistry(func(i *instance) *Failure {
		failure := i.register(h.registry, key, slot, allowUnknown)
		if failure == nil {
			h.registrations = append(h.registrations, registration{key, slot})
		}
		return failure
	})
}

func (i *instance) register(registry uint32, key string, slot uint32, allowUnknown bool) *Failure {
	if failure := i.place(key); failure != nil {
		return failure
	}
	allow := uint64(0)
	if allowUnknown {
		allow = 1
	}
	return i.finish(fnRegister, uint64(registry), uint64(len(key)), uint64(slot), allow)
}

// Unregister removes the slots of a key.
func (h *Handler) Unregister(key string) *Failure {
	return h.onRegistry(func(i *instance) *Failure {
		if failure := i.place(key); failure != nil {
			return failure
		}
		failure := i.finish(fnUnregister, uint64(h.registry), uint64(len(key)))
		if failure == nil {
			h.forget(i.slots())
		}
		return failure
	})
}

// UnregisterSlot reports whether the slot was removed.
func (h *Handler) UnregisterSlot(key string, slot uint32) bool {
	removed := false
	failure := h.onRegistry(func(i *instance) *Failure {
		if failure := i.place(key); failure != nil {
			return failure
		}
		failure := i.finish(fnUnregisterSlot, uint64(h.registry), uint64(len(key)), uint64(slot))
		if failure == nil {
			slots := i.slots()
			removed = len(slots) > 0
			h.forget(slots)
		}
		return failure
	})
	return failure == nil && removed
}

func (h *Handler) forget(slots []uint32) {
	h.registrations = slices.DeleteFunc(h.registrations, func(one registration) bool {
		return slices.Contains(slots, one.slot)
	})
}

// Matching returns the slots that run for an event of this name, in order.
func (h *Handler) Matching(eventType uint32, name string) (slots []uint32, failure *Failure) {
	failure = h.onRegistry(func(i *instance) *Failure {
		if failure := i.place(name); failure != nil {
			return failure
		}
		failure := i.finish(fnMatching, uint64(h.registry), uint64(eventType), uint64(len(name)))
		if failure == nil {
			slots = i.slots()
		}
		return failure
	})
	return slots, failure
}

// List calls visit with the key and the slot of every registration, in order.
func (h *Handler) List(visit func(key string, slot uint32)) *Failure {
	return h.onRegistry(func(i *instance) *Failure {
		if failure := i.finish(fnKeys, uint64(h.registry)); failure != nil {
			return failure
		}
		for _, key := range i.texts() {
			if failure := i.place(key); failure != nil {
				return failure
			}
			if failure := i.finish(fnSlots, uint64(h.registry), uint64(len(key))); failure != nil {
				return failure
			}
			for _, slot := range i.slots() {
				visit(key, slot)
			}
		}
		return nil
	})
}

// onRegistry calls with the instance that has the registry. Where that has ended, another one gets it.
func (h *Handler) onRegistry(work func(*instance) *Failure) *Failure {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.home != nil {
		h.home.mu.Lock()
		if !h.home.dead {
			defer h.home.leave()
			return work(h.home)
		}
		h.home.mu.Unlock()
		h.home = nil
	}
	i, failure := h.pool.enter()
	if failure != nil {
		return failure
	}
	defer i.leave()
	registry, failure := i.call(fnCreate)
	if failure != nil {
		return failure
	}
	for _, one := range h.registrations {
		if failure := i.register(registry, one.key, one.slot, true); failure != nil {
			return failure
		}
	}
	h.home, h.registry = i, registry
	return work(i)
}
