package wazeroengine

// WebAssembly has no instructions for SHA-256. Go's library uses those of the processor, so the module has its blocks
// hashed here. What is made of them, and every comparison, stays in the module.

import (
	"context"
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"hash"
	"math/bits"
	"unsafe"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// provide makes what the module imports; sha256-multi/src/hardware/host.rs has the other side of it.
func provide(ctx context.Context, runtime wazero.Runtime) error {
	i32 := api.ValueTypeI32
	_, err := runtime.NewHostModuleBuilder("host").
		NewFunctionBuilder().
		WithGoModuleFunction(api.GoModuleFunc(compress), []api.ValueType{i32, i32, i32}, []api.ValueType{i32}).
		Export("sha256_compress").
		NewFunctionBuilder().
		WithGoModuleFunction(api.GoModuleFunc(mac), []api.ValueType{i32, i32, i32, i32, i32, i32}, nil).
		Export("sha256_mac").
		Instantiate(ctx)
	return err
}

// compress takes the addresses of a chaining value and of blocks, and their number. It gives 1, or 0 where Go's library
// is not what it should be: then the module does it itself.
func compress(ctx context.Context, module api.Module, stack []uint64) {
	memory := module.Memory()
	value := within(memory, stack[0], sha256.Size)
	blocks := within(memory, stack[1], stack[2]*sha256.BlockSize)
	if one := hasherOf(ctx); one.hash != nil {
		one.compress(value, blocks)
		stack[0] = 1
	} else {
		stack[0] = 0
	}
}

// mac takes the addresses of the chaining values of HMAC's inner and outer hash, and address and length of each of two
// parts, which are in front of the body that is lent.
func mac(ctx context.Context, module api.Module, stack []uint64) {
	memory := module.Memory()
	hasherOf(ctx).mac(within(memory, stack[0], sha256.Size), within(memory, stack[1], sha256.Size),
		within(memory, stack[2], stack[3]), within(memory, stack[4], stack[5]))
}

// within is a part of the module's memory. Of the numbers, as they stand in a stack, only 32 bits count. What panics here
// is a trap for the module.
func within(memory api.Memory, at, size uint64) []byte {
	bytes, ok := memory.Read(uint32(at), uint32(size))
	if !ok {
		panic("an address that is not in the memory")
	}
	return bytes
}

// hasher is an instance's SHA-256. It goes on from any chaining value; as those are keys, it keeps none.
type hasher struct {
	hash  stateful // nil where it is not what is expected
	state []byte   // of the hash, as it writes it
	lent  []byte   // during a call, the body that the module has not
}

type stateful interface {
	hash.Hash
	encoding.BinaryAppender
	encoding.BinaryUnmarshaler
}

// The state of a hash: what names the format, the chaining value, the beginning of a block, and how many bytes have come.
const (
	valueStart  = 4
	blockStart  = valueStart + sha256.Size
	sizeStart   = blockStart + sha256.BlockSize
	stateLength = sizeStart + 8
)

func newHasher() *hasher {
	made, ok := sha256.New().(stateful)
	if !ok {
		return &hasher{}
	}
	state, err := made.AppendBinary(make([]byte, 0, stateLength))
	if err != nil || len(state) != stateLength || binary.BigEndian.Uint32(state[valueStart:]) != 0x6a09e667 {
		return &hasher{}
	}
	return &hasher{hash: made, state: state}
}

// compress replaces a chaining value, eight words of the module, by that behind the blocks.
func (h *hasher) compress(value, blocks []byte) {
	h.goOn(value, 0)
	h.hash.Write(blocks)
	state, err := h.hash.AppendBinary(h.state[:0])
	if err != nil || len(state) != stateLength {
		panic("a hash that has no state")
	}
	swap(value, state[valueStart:])
	h.wipe()
}

// mac replaces the inner chaining value by the MAC of two parts and of the body that is lent. Both values are behind the
// key's block, and the parts together are shorter than one: they, and the inner digest, begin a block where the state of a
// hash has it, which spares calls of Write.
func (h *hasher) mac(inner, outer, first, second []byte) {
	if len(first)+len(second) >= sha256.BlockSize {
		panic("parts that fill a block")
	}
	filled := copy(h.state[blockStart:], first)
	filled += copy(h.state[blockStart+filled:], second)
	h.goOn(inner, sha256.BlockSize+filled)
	h.hash.Write(h.lent)
	h.hash.Sum(h.state[blockStart:blockStart])
	h.goOn(outer, sha256.BlockSize+sha256.Size)
	swap(inner, h.hash.Sum(h.state[valueStart:valueStart]))
	h.wipe()
}

// goOn makes the hash one that has taken so many bytes, with this value behind its whole blocks. What is behind them is in
// the state.
func (h *hasher) goOn(value []byte, taken int) {
	swap(h.state[valueStart:], value)
	binary.BigEndian.PutUint64(h.state[sizeStart:], uint64(taken))
	if err := h.hash.UnmarshalBinary(h.state); err != nil {
		panic(err)
	}
}

// swap copies a chaining value, and turns round the bytes of its words: the module's are little-endian.
func swap(to, from []byte) {
	to, from = to[:sha256.Size], from[:sha256.Size]
	for at := 0; at < sha256.Size; at += 8 {
		two := bits.ReverseBytes64(binary.LittleEndian.Uint64(from[at:]))
		binary.LittleEndian.PutUint64(to[at:], bits.RotateLeft64(two, 32))
	}
}

// wipe leaves nothing of a chaining value: who has one can sign.
func (h *hasher) wipe() {
	if h.hash == nil {
		return
	}
	h.hash.Reset()
	clear(h.state[valueStart:])
}

// ofInstance is the context of an instance's calls: it tells what the module imports which instance calls.
type ofInstance struct {
	context.Context
	hasher *hasher
}

type hasherKey struct{}

func (c *ofInstance) Value(key any) any {
	if key == (hasherKey{}) {
		return c.hasher
	}
	return c.Context.Value(key)
}

func hasherOf(ctx context.Context) *hasher { return ctx.Value(hasherKey{}).(*hasher) }

func (i *instance) MayLend() bool { return i.calls.hasher.hash != nil }

func (i *instance) Lend(body string, function int, stack []uint64) error {
	i.calls.hasher.lent = unsafe.Slice(unsafe.StringData(body), len(body))
	err := i.Call(function, stack)
	i.calls.hasher.lent = nil
	return err
}
