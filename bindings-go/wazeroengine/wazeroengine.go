// Package wazeroengine lets package tinkwebhooks work without cgo, with CGO_ENABLED=0 and no C compiler, on every
// platform that Go has. Import it for its effect, in package main:
//
//	import _ "github.com/tink-webhooks/tink-webhooks/bindings-go/wazeroengine"
//
// It carries the library as a WebAssembly module, and runs it by wazero, which is written in Go. The same rules apply, and
// the same API. A program that is built with cgo does not use it, so the import may stay: cgo is faster. With the build tag
// "wazero" it is used with cgo too, as where cgo is on for other packages and there is no library for the platform.
//
// wazero compiles the module on amd64 and arm64 (Linux, macOS, Windows, FreeBSD and others), which takes a fraction of a
// second at the first use, or less with [SetCacheDir]. Elsewhere, such as on riscv64 or 386, it interprets it, and a
// delivery takes far longer.
//
// WebAssembly has no instructions for SHA-256, so the module has its blocks hashed by Go's library, which uses those of the
// processor. A body of which only the signature is verified is not copied either.
//
// An instance of the module serves one call at a time, so there are several: at most as many as GOMAXPROCS says, unless
// [SetMaxInstances] says otherwise, and no more than calls at once. Each begins with some 450 KiB of memory, and grows by a
// few times the largest body that it was given. A mistake inside the module, which no input can cause, ends the instance
// that made it: the call fails with an error that says so, and later calls get another one.
//
// The secrets are in the memory of the program, as the HMAC keys in each instance, and as text for instances that are yet
// to be made. [tinkwebhooks.Handler.Close] wipes both.
//
// This module and that of package tinkwebhooks are released together; use the same version of both.
package wazeroengine

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/wasm"
)

// The module; ../wasm.sh puts it here.
//
//go:embed tink_webhooks.wasm
var module []byte

func init() { wasm.Register(&theEngine, limit) }

var theEngine = engine{hasher: newHasher}

// engine compiles the module when the first instance is asked for.
type engine struct {
	hasher   func() *hasher // makes that of an instance
	mu       sync.Mutex
	cacheDir string
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
}

// SetCacheDir makes wazero keep the compiled module in a folder, which is made if it is not there, so that the next start
// of a program need not compile it. It is called once, before anything else of the library.
//
// What is in the folder is run as machine code: nobody but the program's user may be able to write to it, as is so in a
// folder below [os.UserCacheDir]. The file is named by wazero's version and the module, so a new version finds no old one.
func SetCacheDir(dir string) error {
	theEngine.mu.Lock()
	defer theEngine.mu.Unlock()
	if theEngine.runtime != nil {
		return errors.New("wazeroengine: SetCacheDir comes too late: the module is compiled")
	}
	theEngine.cacheDir = dir
	return nil
}

var maxInstances atomic.Int64

// SetMaxInstances sets how many instances of the module there may be, and so how many deliveries are verified at once;
// others wait. 0, the default, is as many as GOMAXPROCS says.
func SetMaxInstances(n int) { maxInstances.Store(int64(n)) }

func limit() int {
	if n := int(maxInstances.Load()); n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}

// compile is called with mu held.
func (e *engine) compile(ctx context.Context) error {
	config := wazero.NewRuntimeConfig().WithDebugInfoEnabled(false)
	if e.cacheDir != "" {
		cache, err := wazero.NewCompilationCacheWithDir(e.cacheDir)
		if err != nil {
			return fmt.Errorf("wazeroengine: the folder for the compiled module: %w", err)
		}
		config = config.WithCompilationCache(cache)
	}
	made := wazero.NewRuntimeWithConfig(ctx, config)
	compiled, err := made.CompileModule(ctx, module)
	if err == nil {
		err = provide(ctx, made)
	}
	if err != nil {
		_ = made.Close(ctx)
		return fmt.Errorf("wazeroengine: the module: %w", err)
	}
	e.runtime, e.compiled = made, compiled
	return nil
}

// Instantiate makes an instance.
func (e *engine) Instantiate(functions []string) (wasm.Instance, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	ctx := experimental.WithMemoryAllocator(context.Background(), experimental.MemoryAllocatorFunc(allocate))
	if e.runtime == nil {
		if err := e.compile(ctx); err != nil {
			return nil, err
		}
	}
	// Without a name, so that there can be several.
	made, err := e.runtime.InstantiateModule(ctx, e.compiled, wazero.NewModuleConfig().WithName(""))
	if err != nil {
		return nil, fmt.Errorf("wazeroengine: an instance: %w", err)
	}
	one := &instance{module: made, memory: made.Memory(), functions: make([]api.Function, len(functions)),
		calls: &ofInstance{context.Background(), e.hasher()}}
	for index, name := range functions {
		if one.functions[index] = made.ExportedFunction(name); one.functions[index] == nil {
			one.Close()
			return nil, fmt.Errorf("wazeroengine: the module has no function %q: packages tinkwebhooks and wazeroengine "+
				"must have the same version", name)
		}
	}
	return one, nil
}

type instance struct {
	module    api.Module
	memory    api.Memory
	functions []api.Function
	calls     *ofInstance
}

func (i *instance) Call(function int, stack []uint64) error {
	return i.functions[function].CallWithStack(i.calls, stack)
}

func (i *instance) Memory() []byte {
	bytes, _ := i.memory.Read(0, i.memory.Size())
	return bytes
}

func (i *instance) Close() {
	clear(i.Memory())
	i.calls.hasher.wipe()
	_ = i.module.Close(context.Background()) // closes no file, and so cannot fail
}

// memory is that of an instance. When it grows it moves, and what it moves out of is wiped: it has keys.
type memory struct{ bytes []byte }

func allocate(capacity, _ uint64) experimental.LinearMemory {
	return &memory{make([]byte, 0, capacity)}
}

func (m *memory) Reallocate(size uint64) []byte {
	if size > uint64(cap(m.bytes)) {
		// Not more than was asked for: the module doubles what it needs itself.
		larger := make([]byte, size)
		copy(larger, m.bytes)
		clear(m.bytes)
		m.bytes = larger
	} else {
		m.bytes = m.bytes[:size]
	}
	return m.bytes
}

func (m *memory) Free() { clear(m.bytes) }
