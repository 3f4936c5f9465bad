package main

import (
	"context"
	"log"
	"sync"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

// dispatching are the handlers of an event that was made before: through Dispatch, and in the loop that one would write.
func dispatching(secret string, body []byte, count int) []benchmark {
	many := handler(secret, count)
	event, err := many.ParseEvent(body)
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	functions := many.Handlers()[tinkwebhooks.AllEvents]
	if len(functions) != count {
		log.Fatalf("%d handlers", len(functions))
	}
	return []benchmark{
		{"dispatch, 100 handlers", func() error { return many.Dispatch(ctx, event) }},
		{"plain loop, 100 handlers", func() error {
			var failed error
			for _, function := range functions {
				if err := function(ctx, event); err != nil {
					failed = err
				}
			}
			return failed
		}},
	}
}

// inGoroutines measures deliveries on several goroutines at once: nanoseconds per delivery, one number a round.
func inGoroutines(secret string, body []byte, rounds, calls int) map[string][]float64 {
	signature, err := tinkwebhooks.GenerateSignature(body, secret)
	if err != nil {
		log.Fatal(err)
	}
	one, other := handler(secret, 1), handler(secret, 1)
	run := func(handlers ...*tinkwebhooks.Handler) float64 {
		var group sync.WaitGroup
		start := time.Now()
		for _, hooks := range handlers {
			group.Add(1)
			go func() {
				defer group.Done()
				own := append([]byte{}, body...)
				for range calls {
					if _, err := hooks.HandleWebhook(context.Background(), own, signature); err != nil {
						log.Fatal(err)
					}
				}
			}()
		}
		group.Wait()
		return float64(time.Since(start).Nanoseconds()) / float64(calls*len(handlers))
	}
	samples := map[string][]float64{}
	for round := range rounds + 2 {
		alone, shared, control := run(one), run(one, one), run(one, other)
		if round >= 2 {
			samples["handle, 1 threads"] = append(samples["handle, 1 threads"], alone)
			samples["handle, 2 threads"] = append(samples["handle, 2 threads"], shared)
			samples["handle, nothing shared, 2 threads"] = append(samples["handle, nothing shared, 2 threads"], control)
		}
	}
	return samples
}
