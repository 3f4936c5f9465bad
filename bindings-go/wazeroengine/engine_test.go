//go:build !cgo || wazero

package wazeroengine_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/wasm"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/wazeroengine"
)

// memories counts the instances, and those that have these bytes anywhere.
func memories(found []byte) (instances, having int) {
	wasm.Registered().Memories(func(memory []byte) {
		instances++
		if bytes.Contains(memory, found) {
			having++
		}
	})
	return instances, having
}

// keyOf is what HMAC keeps of a secret: the state of SHA-256 after the padded key, as eight words of the module.
func keyOf(t *testing.T, text string) []byte {
	t.Helper()
	block := [64]byte{}
	copy(block[:], text)
	for i := range block {
		block[i] ^= 0x36
	}
	hash := sha256.New()
	hash.Write(block[:])
	state, err := hash.(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	var key []byte
	for word := range slices.Chunk(state[4:36], 4) { // behind a word that names the format
		key = binary.LittleEndian.AppendUint32(key, binary.BigEndian.Uint32(word))
	}
	return key
}

func newHandler(t testing.TB, opts ...tinkwebhooks.Option) *tinkwebhooks.Handler {
	t.Helper()
	hooks, err := tinkwebhooks.NewHandler(append([]tinkwebhooks.Option{tinkwebhooks.WithSecret(secret)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { hooks.Close() })
	return hooks
}

func TestSecretsAreWipedWithTheirHandler(t *testing.T) {
	const unique = "a secret that no other test has, 0123456789"
	hooks := newHandler(t, tinkwebhooks.WithSecrets("another one", unique))
	header := sign(t, body, unique)
	if _, err := hooks.VerifySignature([]byte(body), header); err != nil {
		t.Fatal(err)
	}
	key := keyOf(t, unique)
	if _, having := memories(key); having == 0 {
		t.Fatal("the key is not where this test looks for it")
	}
	if _, having := memories([]byte(unique)); having != 0 {
		t.Errorf("the text of the secret is in %d instances", having)
	}
	stream, err := hooks.BeginVerification(header)
	if err != nil {
		t.Fatal(err)
	}
	hooks.Close()
	if _, err := stream.Write([]byte(body)); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Finish(); err != nil {
		t.Error(err)
	}
	if instances, having := memories(key); having != 0 {
		t.Errorf("the key is still in %d of %d instances", having, instances)
	}
	if instances, having := memories([]byte(unique)); having != 0 {
		t.Errorf("the text is in %d of %d instances", having, instances)
	}
}

func TestAGrowingMemoryLeavesNothingBehind(t *testing.T) {
	// What it moves out of is wiped, so a large body in between must not lose the keys either.
	hooks := newHandler(t, tinkwebhooks.WithMaxBodyBytes(32<<20))
	large := `{"event":"account:updated","content":{"text":"` + strings.Repeat("x", 20<<20) + `"}}`
	for _, text := range []string{body, large, body} {
		event, err := hooks.ConstructEvent([]byte(text), sign(t, text, secret))
		if err != nil || len(event.RawBody()) != len(text) {
			t.Fatal(err)
		}
	}
	wasm.Registered().Memories(func(memory []byte) {
		if len(memory) > 64<<20 {
			t.Errorf("an instance is kept with %d MiB", len(memory)>>20)
		}
	})
}

func TestThePoolIsBounded(t *testing.T) {
	defer wazeroengine.SetMaxInstances(0)
	wazeroengine.SetMaxInstances(3)
	hooks := newHandler(t)
	header := sign(t, body, secret)
	start, ready := make(chan struct{}), sync.WaitGroup{}
	for range 16 {
		ready.Add(1)
		go func() {
			defer ready.Done()
			<-start
			for range 200 {
				if _, err := hooks.HandleWebhook(context.Background(), []byte(body), header); err != nil {
					t.Error(err)
					return
				}
				stream, err := hooks.BeginVerification(header)
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := io.WriteString(stream, body); err != nil {
					t.Error(err)
				}
				if _, err := stream.Finish(); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	close(start)
	ready.Wait()
	if instances, _ := memories(nil); instances > 3 {
		t.Errorf("%d instances", instances)
	}
}

func TestATrapEndsAnInstanceAndNoMore(t *testing.T) {
	hooks := newHandler(t)
	var ran []string
	for _, key := range []tinkwebhooks.EventType{"account:updated", "*"} {
		hooks.MustRegisterHandler(key, func(context.Context, *tinkwebhooks.Event) error {
			ran = append(ran, string(key))
			return nil
		})
	}
	header := sign(t, body, secret)
	stream, err := hooks.BeginVerification(header)
	if err != nil {
		t.Fatal(err)
	}
	key := keyOf(t, secret)
	before, having := memories(key)
	if having == 0 {
		t.Fatal("no instance has the key")
	}
	wasm.Registered().Trap(errTrap)
	for range before {
		_, err := hooks.HandleWebhook(context.Background(), []byte(body), header)
		var known *tinkwebhooks.Error
		if !errors.As(err, &known) || !errors.Is(err, errTrap) || known.HTTPStatus() != 500 || known.Reason != "panic" ||
			strings.Contains(err.Error(), secret) || len(ran) > 0 {
			t.Fatalf("%v, ran %v", err, ran)
		}
	}
	if instances, _ := memories(nil); instances != 0 {
		t.Errorf("%d instances are left", instances)
	}
	// A stream ends with its instance.
	if _, err := stream.Write([]byte(body)); err == nil || !strings.Contains(err.Error(), "has ended") {
		t.Errorf("the stream went on: %v", err)
	}
	stream.Close()
	// The next delivery gets another instance, with the same handlers.
	if _, err := hooks.HandleWebhook(context.Background(), []byte(body), header); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(ran, []string{"account:updated", "*"}) {
		t.Errorf("ran %v", ran)
	}
	if err := hooks.UnregisterHandlers("*"); err != nil || len(hooks.Handlers()) != 1 {
		t.Errorf("%v, %v", err, hooks.Handlers())
	}
}

func TestTheFolderIsChosenFirst(t *testing.T) {
	newHandler(t)
	if err := wazeroengine.SetCacheDir(t.TempDir()); err == nil {
		t.Error("the folder changed after the module was compiled")
	}
}

func TestMemoryIsFlat(t *testing.T) {
	hooks := newHandler(t)
	large := `{"event":"account:updated","content":{"text":"` + strings.Repeat("x", 1<<20) + `"}}`
	texts := []string{body, large}
	headers := []string{sign(t, body, secret), sign(t, large, secret)}
	forged := sign(t, body, "another secret of some length")
	sizes := func() (size int) {
		wasm.Registered().Memories(func(memory []byte) { size += len(memory) })
		return size
	}
	step := func() {
		for range 10 {
			for i, text := range texts {
				event, err := hooks.ConstructEvent([]byte(text), headers[i])
				if err != nil {
					t.Fatal(err)
				}
				if again, err := tinkwebhooks.Deserialize(event.Serialize()); err != nil || again.Name() != event.Name() {
					t.Fatal(err)
				}
			}
			if _, err := hooks.VerifySignature([]byte(body), forged); !errors.Is(err, tinkwebhooks.ErrSignatureMismatch) {
				t.Fatal(err)
			}
			other := newHandler(t)
			remove, err := other.RegisterHandler("*", func(context.Context, *tinkwebhooks.Event) error { return nil })
			if err != nil {
				t.Fatal(err)
			}
			remove()
			other.Close()
			stream, err := hooks.BeginVerification(headers[0])
			if err != nil {
				t.Fatal(err)
			}
			stream.Close()
		}
	}
	step()
	before := sizes()
	for range 4 {
		step()
	}
	if after := sizes(); after > before {
		t.Errorf("grew from %d to %d bytes", before, after)
	}
}

func TestForgottenHandlersAreWiped(t *testing.T) {
	const unique = "a secret of a handler that is forgotten, 42"
	func() {
		if _, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSecret(unique)); err != nil {
			t.Fatal(err)
		}
	}()
	key := keyOf(t, unique)
	for range 200 {
		runtime.GC()
		if _, having := memories(key); having == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the key is still there")
}
