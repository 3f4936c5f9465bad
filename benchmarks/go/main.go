// This library and the standard library in Go: bench ROUNDS SECRET BODY… prints a line of JSON per case and body.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/tink-webhooks/tink-webhooks/benchmarks/go/peer"
	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

type benchmark struct {
	name string
	run  func() error
}

func handler(secret string, handlers int) *tinkwebhooks.Handler {
	hooks, err := tinkwebhooks.NewHandler(
		tinkwebhooks.WithSecret(secret), tinkwebhooks.WithSchemes(tinkwebhooks.SchemeV1), tinkwebhooks.WithMaxBodyBytes(1<<30))
	if err != nil {
		log.Fatal(err)
	}
	for range handlers {
		_, err := hooks.RegisterHandler("*", func(_ context.Context, event *tinkwebhooks.Event) error {
			_ = event.Type()
			return nil
		})
		if err != nil {
			log.Fatal(err)
		}
	}
	return hooks
}

func benchmarks(secret string, body []byte) []benchmark {
	signature, err := tinkwebhooks.GenerateSignature(body, secret)
	if err != nil {
		log.Fatal(err)
	}
	key := []byte(secret)
	hooks := handler(secret, 0)
	verify := func() error { return peer.Verify(key, signature, body) }
	list := []benchmark{
		{"verify", func() error {
			_, err := hooks.VerifySignature(body, signature)
			return err
		}},
		{"construct", func() error {
			_, err := hooks.ConstructEvent(body, signature)
			return err
		}},
		{"construct, data read", func() error {
			event, err := hooks.ConstructEvent(body, signature)
			if err != nil {
				return err
			}
			var data map[string]any
			return event.DecodeData(&data)
		}},
		{"crypto/hmac", verify},
		{"crypto/hmac + encoding/json, raw messages", func() error {
			if err := verify(); err != nil {
				return err
			}
			var envelope peer.Envelope
			return json.Unmarshal(body, &envelope)
		}},
		{"crypto/hmac + encoding/json, map", func() error {
			if err := verify(); err != nil {
				return err
			}
			var payload map[string]any
			return json.Unmarshal(body, &payload)
		}},
	}
	for _, count := range []int{1, 10, 100} {
		many := handler(secret, count)
		list = append(list, benchmark{fmt.Sprintf("handle, %d handlers", count), func() error {
			_, err := many.HandleWebhook(context.Background(), body, signature)
			return err
		}})
	}
	list = append(list, dispatching(secret, body, 100)...)
	list = append(list, intoStructs(hooks, body, signature, verify)...)
	if len(body) < 100_000 {
		list = append(list, otherIDs(hooks, secret, body)...)
	}
	return list
}

func show(name string, size int, samples []float64) {
	line, err := json.Marshal(map[string]any{"case": name, "bytes": size, "ns": samples})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(line))
}

func main() {
	if len(os.Args) < 4 {
		log.Fatal("bench ROUNDS SECRET BODY…")
	}
	rounds, err := strconv.Atoi(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	for _, path := range os.Args[3:] {
		body, err := os.ReadFile(path)
		if err != nil {
			log.Fatal(err)
		}
		list := benchmarks(os.Args[2], body)
		calls := max(3, 1_000_000/(len(body)+500))
		samples := make([][]float64, len(list))
		for round := range rounds + 2 {
			for index, one := range list {
				start := time.Now()
				for range calls {
					if err := one.run(); err != nil {
						log.Fatalf("%s: %v", one.name, err)
					}
				}
				if round >= 2 {
					samples[index] = append(samples[index], float64(time.Since(start).Nanoseconds())/float64(calls))
				}
			}
		}
		for index, one := range list {
			show(one.name, len(body), samples[index])
		}
		for name, samples := range inGoroutines(os.Args[2], body, rounds, max(20, 10*calls)) {
			show(name, len(body), samples)
		}
	}
}
