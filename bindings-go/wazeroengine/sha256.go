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
		WithGoModuleFunction(api.GoModuleFunc(mac), []api.ValueType{i32, i32, i32, i32, i32, i32, i32}, nil).
		Export("sha256_mac").
		Instantiate(ctx)
	return err
}

// compress takes the addresses of a chaining value and of blocks, and their number. It gives 1, or 0 where Go's library
// is not what it should be: then the module does it itself.
func compress(ctx context.Context, module api.Module, stack []uint64) {
	memory := whole(module.Memory())
	value := within(memory, stack[0], sha256.Size)
	blocks := within(memory, stack[1], stack[2]*sha256.BlockSize)
	if one := hasherOf(ctx); one.hash != nil {
		one.compress(value, blocks)
		stack[0] = 1
	} else {
		stack[0] = 0
	}
}

// mac takes the addresses of the MAC that it writes, of the chaining values of HMAC's inner and outer hash, and address and
// length of each of two parts, which are in front of the body that is lent.
func mac(ctx context.Context, module api.Module, stack []uint64) {
	memory := whole(module.Memory())
	hasherOf(ctx).mac(within(memory, stack[0], sha256.Size), within(memory, stack[1], sha256.Size),
		within(memory, stack[2], sha256.Size), within(memory, stack[3], stack[4]), within(memory, stack[5], stack[6]))
}

func whole(memory api.Memory) []byte {
	bytes, _ := memory.Read(0, memory.Size())
	return bytes
}

// within is a part of the module's memory. Of the numbers, as they stand in a stack, only 32 bits count. What panics here
// is a trap for the module.
func within(memory []byte, at, size uint64) []byte {
	from := uint64(uint32(at))
	return memory[from:][:uint32(size)]
}

// hasher is an instance's SHA-256. It goes on from any chaining value; as those are keys, it keeps none.
type hasher struct {
	hash  stateful // nil where it is not what is expected
	state []byte   // of the hash, as it writes it
	lent  []byte   // during a call, the body that the module has not

	message [smallMessage]byte // a small one, and then digests, which are wiped
}

// What is shorter is laid out with its padding before it is hashed.
const smallMessage = 8 * sha256.BlockSize

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
	stateLength = sizeStart + lengthBytes
	lengthBytes = 8
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
	swap(value, h.value())
	h.wipe()
}

// mac writes the MAC of two parts and of the body that is lent. Both chaining values are behind the key's block, and the
// parts together are shorter than one.
func (h *hasher) mac(to, inner, outer, first, second []byte) {
	before := len(first) + len(second)
	if before >= sha256.BlockSize {
		panic("parts that fill a block")
	}
	if size := before + len(h.lent); size < len(h.message)-lengthBytes {
		// Laid out with its padding: Go's Sum would copy the hash, and hash the blocks at both ends by themselves.
		copy(h.message[copy(h.message[:], first):], second)
		copy(h.message[before:], h.lent)
		h.digest(inner, size)
	} else {
		// What begins a block is put where the state of a hash has it.
		copy(h.state[blockStart+copy(h.state[blockStart:], first):], second)
		h.goOn(inner, sha256.BlockSize+before)
		h.hash.Write(h.lent)
		h.hash.Sum(h.message[:0])
	}
	h.digest(outer, sha256.Size)
	copy(to, h.message[:])
	h.wipe()
}

// digest replaces the beginning of the message by the digest of its first bytes, and of the block that the value is behind.
func (h *hasher) digest(value []byte, size int) {
	end := (size + 1 + lengthBytes + sha256.BlockSize - 1) / sha256.BlockSize * sha256.BlockSize
	h.message[size] = 0x80
	clear(h.message[size+1 : end-lengthBytes])
	binary.BigEndian.PutUint64(h.message[end-lengthBytes:], uint64(8*(sha256.BlockSize+size)))
	h.goOn(value, 0)
	h.hash.Write(h.message[:end])
	copy(h.message[:], h.value())
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

// value is the chaining value that the hash has.
func (h *hasher) value() []byte {
	state, err := h.hash.AppendBinary(h.state[:0])
	if err != nil || len(state) != stateLength {
		panic("a hash that has no state")
	}
	return state[valueStart:blockStart]
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
	clear(h.message[:sha256.Size])
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

func hasherOf(ctx context.Context) *hasher {
	if calls, ok := ctx.(*ofInstance); ok { // as it most often is, and in less time
		return calls.hasher
	}
	return ctx.Value(hasherKey{}).(*hasher)
}

func (i *instance) MayLend() bool { return i.calls.hasher.hash != nil }

func (i *instance) Lend(body string, function int, stack []uint64) error {
	i.calls.hasher.lent = unsafe.Slice(unsafe.StringData(body), len(body))
	err := i.Call(function, stack)
	i.calls.hasher.lent = nil
	return err
}
