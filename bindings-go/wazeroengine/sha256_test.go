package wazeroengine

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/wasm"
)

// initial is the chaining value that SHA-256 begins with (FIPS 180-4, 5.3.3).
const initial = "6a09e667bb67ae853c6ef372a54ff53a510e527f9b05688c1f83d9ab5be0cd19"

// valueOf is a chaining value as the module has it, eight words, of one as digests are written.
func valueOf(t *testing.T, digits string) []byte {
	t.Helper()
	digest, err := hex.DecodeString(digits)
	if err != nil || len(digest) != sha256.Size {
		t.Fatal(err)
	}
	var value []byte
	for at := 0; at < len(digest); at += 4 {
		value = binary.LittleEndian.AppendUint32(value, binary.BigEndian.Uint32(digest[at:]))
	}
	return value
}

// padded is a message with what SHA-256 puts behind it.
func padded(message []byte) []byte {
	blocks := append(bytes.Clone(message), 0x80)
	for len(blocks)%sha256.BlockSize != sha256.BlockSize-8 {
		blocks = append(blocks, 0)
	}
	return binary.BigEndian.AppendUint64(blocks, uint64(8*len(message)))
}

func TestAHasherGoesOnFromAnyValue(t *testing.T) {
	one, random := newHasher(), rand.NewChaCha8([32]byte{1})
	if one.hash == nil {
		t.Fatal("the standard library's SHA-256 is not what this package expects")
	}
	for size := range 300 {
		message := make([]byte, size)
		_, _ = random.Read(message)
		digest := sha256.Sum256(message)
		want := valueOf(t, hex.EncodeToString(digest[:]))
		blocks := padded(message)
		for cut := 0; cut <= len(blocks); cut += sha256.BlockSize {
			value := valueOf(t, initial)
			one.compress(value, blocks[:cut])
			one.compress(value, blocks[cut:])
			if !bytes.Equal(value, want) {
				t.Fatalf("%d bytes, cut at %d: %x", size, cut, value)
			}
		}
	}
}

func TestAHasherMakesMACsOfABodyThatIsLent(t *testing.T) {
	one, random := newHasher(), rand.NewChaCha8([32]byte{2})
	key := make([]byte, sha256.BlockSize)
	behind := func(pad byte) []byte {
		value, block := valueOf(t, initial), bytes.Clone(key)
		for at := range block {
			block[at] ^= pad
		}
		one.compress(value, block)
		return value
	}
	made := make([]byte, sha256.Size)
	for size := range 700 {
		message := make([]byte, size)
		_, _ = random.Read(message)
		_, _ = random.Read(key)
		expected := hmac.New(sha256.New, key)
		expected.Write(message)
		want, inner, outer := expected.Sum(nil), behind(0x36), behind(0x5c)
		for first := 0; first <= min(size, sha256.BlockSize-1); first += 9 {
			for second := first; second <= min(size, sha256.BlockSize-1); second += 7 {
				one.lent = message[second:]
				one.mac(made, inner, outer, message[:first], message[first:second])
				if !bytes.Equal(made, want) || !bytes.Equal(inner, behind(0x36)) || !bytes.Equal(outer, behind(0x5c)) {
					t.Fatalf("%d bytes, parts to %d and %d: %x, %x, %x", size, first, second, made, inner, outer)
				}
			}
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("parts that fill a block are taken")
		}
	}()
	one.mac(made, behind(0x36), behind(0x5c), make([]byte, sha256.BlockSize-1), make([]byte, 1))
}

func TestAHasherKeepsNothing(t *testing.T) {
	one, fresh := newHasher(), newHasher()
	message := bytes.Repeat([]byte("64 bytes of what is hashed here."), 2*10)
	for name, work := range map[string]func(value []byte){
		"compress": func(value []byte) { one.compress(value, message) },
		"mac": func(value []byte) {
			one.lent = message
			one.mac(make([]byte, sha256.Size), value, value, message[:11], message[:1])
		},
	} {
		work(bytes.Repeat([]byte{0x5a}, sha256.Size))
		state, err := one.hash.AppendBinary(nil)
		if err != nil || !bytes.Equal(state, fresh.state) {
			t.Errorf("%s: the hash keeps %x, %v", name, state, err)
		}
		if !bytes.Equal(one.state[valueStart:], make([]byte, stateLength-valueStart)) {
			t.Errorf("%s: the text keeps %x", name, one.state)
		}
		if !bytes.Equal(one.message[:sha256.Size], make([]byte, sha256.Size)) {
			t.Errorf("%s: the message's place keeps %x", name, one.message)
		}
	}
}

// counting counts, and may do nothing where it should hash.
type counting struct {
	stateful
	idle   bool
	writes int
}

func (c *counting) Write(part []byte) (int, error) {
	if c.writes++; c.idle {
		return len(part), nil
	}
	return c.stateful.Write(part)
}

// What the host says the module uses for its MACs, and no more: a host that cannot is done without, and one that hashes
// wrong proves nothing.
func TestTheModuleHasItsHostHash(t *testing.T) {
	const secret = "67abc1e08fb64c92b450a13e0876330b"
	for name, idle := range map[string]bool{"right": false, "wrong": true} {
		t.Run(name, func(t *testing.T) {
			counted := &counting{stateful: newHasher().hash}
			delivered(t, &hasher{hash: counted, state: newHasher().state}, secret, func(failure *wasm.Failure) {
				if counted.writes == 0 {
					t.Error("the host was not asked")
				}
				if (failure != nil) != idle || idle && failure.Reason != "signature_mismatch" {
					t.Errorf("%v", failure)
				}
				counted.writes = 0
			}, func() { counted.idle = idle })
		})
	}
	t.Run("none", func(t *testing.T) {
		delivered(t, &hasher{}, secret, func(failure *wasm.Failure) {
			if failure != nil {
				t.Error(failure.Reason, failure.Message)
			}
		}, func() {})
	})
}

// delivered verifies and reads rightly signed deliveries in an instance of its own, with this hasher.
func delivered(t *testing.T, one *hasher, secret string, after func(*wasm.Failure), begin func()) {
	t.Helper()
	pool := wasm.NewPool(&engine{hasher: func() *hasher { return one }}, func() int { return 1 })
	verifier, failure := pool.Verifier(&wasm.Config{Secrets: []string{"another", secret}, Several: true})
	if failure != nil {
		t.Fatal(failure.Message)
	}
	defer verifier.Free()
	begin()
	for _, size := range []int{0, 1, 20, 100, 349, 1_000, 10_000, 200_000} {
		body, now := `{"event":"a:b","content":"`+strings.Repeat("x", size)+`"}`, time.Now()
		mac := hmac.New(sha256.New, []byte(secret))
		fmt.Fprintf(mac, "%d.%s", now.Unix(), body)
		header := fmt.Sprintf("t=%d,v1=%x", now.Unix(), mac.Sum(nil))
		for _, what := range []int{wasm.Verify, wasm.Construct} {
			_, failure := verifier.Deliver(what, body, header, false, now.UnixMilli(), &wasm.Answer{})
			after(failure)
		}
		stream, failure := verifier.Begin(header)
		if failure != nil {
			t.Fatal(failure.Message)
		}
		for piece := range len(body) / 1_000 {
			if failure := stream.Update(body[piece*1_000 : piece*1_000+1_000]); failure != nil {
				t.Fatal(failure.Message)
			}
		}
		if failure := stream.Update(body[len(body)/1_000*1_000:]); failure != nil {
			t.Fatal(failure.Message)
		}
		after(stream.Finish(now.UnixMilli(), &wasm.Answer{}))
	}
	if one.lent != nil {
		t.Error("a body is kept")
	}
}

// An empty body has no first byte, and a bare signature over a digit is none, wherever the body lies.
func TestALentBodyIsJudgedAsOneThatIsCopied(t *testing.T) {
	const secret = "67abc1e08fb64c92b450a13e0876330b"
	made := func(one *hasher) *wasm.Handler {
		pool := wasm.NewPool(&engine{hasher: func() *hasher { return one }}, func() int { return 1 })
		verifier, failure := pool.Verifier(&wasm.Config{Secrets: []string{secret}})
		if failure != nil {
			t.Fatal(failure.Message)
		}
		t.Cleanup(verifier.Free)
		return verifier
	}
	lent, copied := made(newHasher()), made(&hasher{})
	now := time.UnixMilli(1_767_225_600_000)
	for _, body := range []string{"", "{}", "1767225600.{}", "\xff", strings.Repeat("0", 3_000_000)} {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(body))
		bare := hex.EncodeToString(mac.Sum(nil))
		mac.Reset()
		fmt.Fprintf(mac, "0001767225600.%s", body)
		for _, header := range []string{bare, fmt.Sprintf("t=0001767225600,v1=%x", mac.Sum(nil)), "t=1,v1=" + bare, "", "t=1"} {
			for _, ask := range []bool{false, true} {
				var one, other wasm.Answer
				asked, failure := lent.Deliver(wasm.Verify, body, header, ask, now.UnixMilli(), &one)
				also, expected := copied.Deliver(wasm.Verify, body, header, ask, now.UnixMilli(), &other)
				if asked != also || fmt.Sprint(failure) != fmt.Sprint(expected) || one != other {
					t.Errorf("%.20q, %.20q: %v %v %v, and %v %v %v", body, header, asked, failure, one, also, expected, other)
				}
			}
		}
	}
}

// The module decodes the digits of a signature by vectors, which the tests of the core in Rust do not run.
func TestTheModuleReadsEveryDigit(t *testing.T) {
	const secret = "67abc1e08fb64c92b450a13e0876330b"
	pool := wasm.NewPool(&engine{hasher: newHasher}, func() int { return 1 })
	verifier, failure := pool.Verifier(&wasm.Config{Secrets: []string{secret}})
	if failure != nil {
		t.Fatal(failure.Message)
	}
	defer verifier.Free()
	random, now := rand.New(rand.NewPCG(1, 2)), time.UnixMilli(1_767_225_600_000)
	reason := func(body string, digits []byte) string {
		_, failure := verifier.Deliver(wasm.Verify, body, "t=1767225600,v1="+string(digits), false, now.UnixMilli(), &wasm.Answer{})
		if failure == nil {
			return ""
		}
		return failure.Reason
	}
	for round := range 500 {
		body := fmt.Sprint(round)
		mac := hmac.New(sha256.New, []byte(secret))
		fmt.Fprintf(mac, "1767225600.%s", body)
		right := hex.AppendEncode(nil, mac.Sum(nil))
		for at := range right {
			if random.IntN(2) == 0 {
				right[at] = bytes.ToUpper(right[at : at+1])[0]
			}
		}
		if found := reason(body, right); found != "" {
			t.Fatalf("%s: %s", right, found)
		}
		// Every byte in every place, in the course of the rounds.
		at := round % len(right)
		for value := round / len(right); value < 256; value += 500 / len(right) {
			changed := bytes.Clone(right)
			changed[at] = byte(value)
			expected := "signature_mismatch"
			switch _, err := hex.Decode(make([]byte, sha256.Size), changed); {
			case err != nil:
				expected = "malformed_signature"
			case bytes.EqualFold(changed, right):
				expected = ""
			}
			if found := reason(body, changed); found != expected {
				t.Fatalf("%q: %q in place of %q", changed, found, expected)
			}
		}
	}
}
