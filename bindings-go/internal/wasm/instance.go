package wasm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sync"
)

// instance is an instance of the module, and what is known about it. All of it belongs to whoever has entered it.
type instance struct {
	pool *Pool
	mu   sync.Mutex
	dead bool
	vm   Instance

	record    int
	arenaAt   int
	arenaSize int
	stack     [8]uint64

	verifiers    map[*Handler]uint32 // which verifier a Handler has here
	lastVerifier *Handler
	lastHandle   uint32
	streams      int
	searched     bool // for an explanation, which may take more memory than the arena tells

	sabotage error // see Pool.Trap
}

// Failure is an error of the module's core, as a *tinkwebhooks.Error has it.
type Failure struct {
	Kind, Reason, Message, Hint string
	Status                      int
	HasAge, HasTolerance        bool
	Age                         int64
	Tolerance                   uint64
	Cause                       error
}

// broken is the failure for a mistake that is neither the caller's nor the sender's.
func broken(cause error) *Failure {
	return &Failure{Kind: "invalid_call", Reason: "panic", Status: 500, Cause: cause,
		Message: "a mistake inside the WebAssembly module of tinkwebhooks; nothing was verified; please report it: " +
			cause.Error()}
}

func noMemory(size int) *Failure {
	return broken(fmt.Errorf("there is no memory for %d bytes", size))
}

func (p *Pool) instantiate() (*instance, error) {
	vm, err := p.engine.Instantiate(functions)
	if err != nil {
		return nil, err
	}
	i := &instance{pool: p, vm: vm, verifiers: map[*Handler]uint32{}}
	speaks, failure := i.call(fnProtocol)
	if failure == nil && speaks != protocol {
		failure = broken(errors.New("it is that of another version: packages tinkwebhooks and wazeroengine must have the same"))
	}
	at, failed := i.call(fnRecord)
	if failure == nil {
		failure = failed
	}
	if failure != nil {
		vm.Close()
		return nil, failure.Cause
	}
	i.record = int(at)
	return i, nil
}

// leave gives the instance back.
func (i *instance) leave() {
	if !i.dead && i.streams == 0 && (i.searched || i.arenaSize > mostMemory/4) && len(i.vm.Memory()) > mostMemory {
		i.pool.remove(i)
	}
	i.searched = false
	i.mu.Unlock()
}

// call calls a function of the module. A trap ends the instance.
func (i *instance) call(function int, arguments ...uint64) (uint32, *Failure) {
	if i.dead {
		return 0, broken(errors.New("its instance has ended in an earlier call"))
	}
	copy(i.stack[:], arguments)
	err := i.sabotage
	if err == nil {
		err = i.vm.Call(function, i.stack[:])
	}
	return i.called(err)
}

// lend is call with a body that the module has hashed and does not get.
func (i *instance) lend(body string, function int, arguments ...uint64) (uint32, *Failure) {
	copy(i.stack[:], arguments)
	err := i.sabotage
	if err == nil {
		err = i.vm.Lend(body, function, i.stack[:])
	}
	return i.called(err)
}

func (i *instance) called(err error) (uint32, *Failure) {
	if err != nil {
		i.pool.remove(i)
		return 0, broken(err)
	}
	return uint32(i.stack[0]), nil
}

// finish is call for a function that returns a code.
func (i *instance) finish(function int, arguments ...uint64) *Failure {
	code, failure := i.call(function, arguments...)
	if failure != nil || code == codeDone {
		return failure
	}
	return i.failure(code)
}

// failure returns what is behind a code.
func (i *instance) failure(code uint32) *Failure {
	if code <= codeMisuse {
		return broken(fmt.Errorf("code %d", code))
	}
	if known, failure := i.call(fnError); failure != nil {
		return failure
	} else if known != code {
		return broken(fmt.Errorf("code %d in place of %d", known, code))
	}
	texts := i.texts()
	if len(texts) != 5 {
		return broken(errors.New("an error without its texts"))
	}
	found := &Failure{Kind: texts[0], Reason: texts[1], Message: texts[2], Hint: texts[3], Status: int(i.number(0))}
	if age := i.number(1); !math.IsNaN(age) {
		found.HasAge, found.Age = true, whole(age)
	}
	if tolerance := i.number(2); !math.IsNaN(tolerance) {
		found.HasTolerance, found.Tolerance = true, uint64(min(tolerance, math.MaxInt64))
	}
	return found
}

// whole is a number that no int64 may be able to hold.
func whole(number float64) int64 {
	switch {
	case number >= math.MaxInt64:
		return math.MaxInt64
	case number <= math.MinInt64:
		return math.MinInt64
	}
	return int64(number)
}

// arena returns the arguments' place, with room for so many bytes.
func (i *instance) arena(size int) ([]byte, *Failure) {
	if size > i.arenaSize {
		if size > math.MaxInt32 {
			return nil, noMemory(size)
		}
		i.arenaSize = 0
		at, failure := i.call(fnArena, uint64(size))
		if failure != nil {
			return nil, failure
		}
		if at == 0 {
			return nil, noMemory(size)
		}
		i.arenaAt, i.arenaSize = int(at), size
	}
	return i.vm.Memory()[i.arenaAt : i.arenaAt+size], nil
}

// place writes arguments, one behind the other.
func (i *instance) place(parts ...string) *Failure {
	size := 0
	for _, part := range parts {
		size += len(part)
	}
	arena, failure := i.arena(size)
	if failure != nil {
		return failure
	}
	for _, part := range parts {
		arena = arena[copy(arena, part):]
	}
	return nil
}

func (i *instance) number(index int) float64 {
	return math.Float64frombits(binary.LittleEndian.Uint64(i.vm.Memory()[i.record+8*index:]))
}

// result returns the bytes of the result, which the next call may change.
func (i *instance) result() []byte {
	memory := i.vm.Memory()
	place := memory[i.record+recordResult : i.record+recordSize]
	at, size := binary.LittleEndian.Uint32(place), binary.LittleEndian.Uint32(place[4:])
	return memory[at : uint64(at)+uint64(size)]
}

// texts returns the texts of the result; the empty one for one that is absent.
func (i *instance) texts() []string {
	var texts []string
	for _, part := range i.parts() {
		texts = append(texts, string(part))
	}
	return texts
}

// parts returns the same as bytes, which the next call may change; nil for one that is absent, and for no other.
func (i *instance) parts() [][]byte {
	var parts [][]byte
	for rest := i.result(); len(rest) >= 4; {
		size := binary.LittleEndian.Uint32(rest)
		if rest = rest[4:]; size == absent {
			parts = append(parts, nil)
			continue
		}
		parts = append(parts, rest[:size])
		rest = rest[size:]
	}
	return parts
}

func (i *instance) slots() []uint32 {
	result := i.result()
	slots := make([]uint32, len(result)/4)
	for index := range slots {
		slots[index] = binary.LittleEndian.Uint32(result[4*index:])
	}
	return slots
}

// Answer is what the module says of a delivery. bindings-wasm/src/answer.rs has the table of numbers.
type Answer struct {
	Numbers    [recordNumbers]float64
	DeliveryID [16]byte
}

func (i *instance) answer(into *Answer, numbers int) {
	record := i.vm.Memory()[i.record : i.record+recordSize]
	for index := range into.Numbers[:numbers] {
		into.Numbers[index] = math.Float64frombits(binary.LittleEndian.Uint64(record[8*index:]))
	}
	copy(into.DeliveryID[:], record[recordID:])
}
