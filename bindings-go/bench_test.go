package tinkwebhooks_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

// benchBody is a delivery of about size bytes.
func benchBody(size int) []byte {
	head := `{"event":"refresh:finished","context":{"userId":"5f0c2a9be1d84f7ea0b6c3d2918e7a40",` +
		`"externalUserId":"customer-1001"},"content":{"credentialsId":"0b7d5e6a94c24a6f8b1e3c5d7f9a2b4c",` +
		`"credentialsStatus":"UPDATED","finished":1767225600123,"source":"OPEN_BANKING","detail":"`
	return []byte(head + strings.Repeat("x", max(0, size-len(head)-3)) + `"}}`)
}

// standardLibrary does the same with the standard library alone.
func standardLibrary(body []byte, header, secret string, payload any) error {
	t, v1, found := strings.Cut(header, ",v1=")
	if !found {
		return errors.New("no signature")
	}
	t = strings.TrimPrefix(t, "t=")
	signedAt, err := strconv.ParseInt(t, 10, 64)
	if err != nil {
		return err
	}
	want, err := hex.DecodeString(v1)
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(t))
	mac.Write([]byte("."))
	mac.Write(body)
	if !hmac.Equal(mac.Sum(nil), want) {
		return errors.New("mismatch")
	}
	if age := time.Since(time.Unix(signedAt, 0)); age.Abs() > 5*time.Minute {
		return errors.New("stale")
	}
	return json.Unmarshal(body, payload)
}

type rawEnvelope struct {
	Event   string          `json:"event"`
	Content json.RawMessage `json:"content"`
	Context json.RawMessage `json:"context"`
}

func BenchmarkDelivery(b *testing.B) {
	for _, size := range []int{350, 1 << 10, 16 << 10, 1 << 20} {
		body := benchBody(size)
		header, err := tinkwebhooks.GenerateSignature(body, secret)
		if err != nil {
			b.Fatal(err)
		}
		hooks := newHandler(b, tinkwebhooks.WithTolerance(time.Hour))
		if _, err := hooks.RegisterHandler("*", noop); err != nil {
			b.Fatal(err)
		}
		run := func(name string, once func() error) {
			b.Run(fmt.Sprintf("%s/%d", name, len(body)), func(b *testing.B) {
				b.SetBytes(int64(len(body)))
				b.ReportAllocs()
				for b.Loop() {
					if err := once(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		run("verify", func() error { _, err := hooks.VerifySignature(body, header); return err })
		run("construct", func() error { _, err := hooks.ConstructEvent(body, header); return err })
		run("construct+data", func() error {
			event, err := hooks.ConstructEvent(body, header)
			if err != nil {
				return err
			}
			var data map[string]any
			return event.DecodeData(&data)
		})
		run("construct+struct", func() error {
			event, err := hooks.ConstructEvent(body, header)
			if err != nil {
				return err
			}
			return event.DecodeData(new(tinkwebhooks.RefreshFinished))
		})
		run("handle", func() error { _, err := hooks.HandleWebhook(context.Background(), body, header); return err })
		run("stdlib-raw", func() error { return standardLibrary(body, header, secret, &rawEnvelope{}) })
		run("stdlib-map", func() error { return standardLibrary(body, header, secret, &map[string]any{}) })
	}
}

// BenchmarkStream compares a body in pieces with the whole.
func BenchmarkStream(b *testing.B) {
	for _, size := range []int{350, 16 << 10, 1 << 20} {
		body := benchBody(size)
		header, err := tinkwebhooks.GenerateSignature(body, secret)
		if err != nil {
			b.Fatal(err)
		}
		hooks := newHandler(b, tinkwebhooks.WithTolerance(time.Hour))
		run := func(name string, once func() error) {
			b.Run(fmt.Sprintf("%s/%d", name, len(body)), func(b *testing.B) {
				b.SetBytes(int64(len(body)))
				b.ReportAllocs()
				for b.Loop() {
					if err := once(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		run("whole", func() error { _, err := hooks.VerifySignature(body, header); return err })
		for _, piece := range []int{len(body), 32 << 10, 4 << 10, 64} {
			if piece > len(body) {
				continue
			}
			name := fmt.Sprintf("pieces of %d", piece)
			if piece == len(body) {
				name = "one piece"
			}
			run(name, func() error {
				stream, err := hooks.BeginVerification(header)
				if err != nil {
					return err
				}
				defer stream.Close()
				for part := range slices.Chunk(body, piece) {
					if _, err := stream.Write(part); err != nil {
						return err
					}
				}
				_, err = stream.Finish()
				return err
			})
		}
	}
}

func BenchmarkParallel(b *testing.B) {
	body := benchBody(350)
	header, err := tinkwebhooks.GenerateSignature(body, secret)
	if err != nil {
		b.Fatal(err)
	}
	hooks := newHandler(b, tinkwebhooks.WithTolerance(time.Hour))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := hooks.ConstructEvent(body, header); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkForged(b *testing.B) {
	hooks := newHandler(b)
	body, header := benchBody(350), "t=1767225600,v1="+strings.Repeat("0", 64)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := hooks.ConstructEvent(body, header); err == nil {
			b.Fatal("accepted")
		}
	}
}

// BenchmarkHandlers compares a dispatch with a plain loop over the same functions.
func BenchmarkHandlers(b *testing.B) {
	for _, count := range []int{1, 10, 100} {
		hooks := newHandler(b)
		for range count {
			if _, err := hooks.RegisterHandler("*", noop); err != nil {
				b.Fatal(err)
			}
		}
		event, err := hooks.ParseEvent(benchBody(350))
		if err != nil {
			b.Fatal(err)
		}
		functions := hooks.Handlers()["*"]
		b.Run(fmt.Sprintf("dispatch/%d", count), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := hooks.Dispatch(context.Background(), event); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("loop/%d", count), func(b *testing.B) {
			for b.Loop() {
				for _, function := range functions {
					if err := function(context.Background(), event); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
