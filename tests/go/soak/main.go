// Command soak handles COUNT deliveries in Go and prints `DONE RESIDENT_KIB` at intervals. As soak.rs.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/tinkwebhookstest"
)

const (
	samples = 50
	anew    = 5_000
)

var secrets = []string{"67abc1e08fb64c92b450a13e0876330b", "5a1d9c3e7b2f48069e0c4d8b6a3f1e27"}

type delivery struct {
	body      []byte
	signature string
	ends      error
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func v1(body []byte, secret string, options ...tinkwebhooks.SignOption) string {
	return must(tinkwebhooks.GenerateSignature(body, secret, options...))
}

func deliveries() []delivery {
	payment := tinkwebhookstest.ExampleBody("payment:updated")
	account := tinkwebhookstest.ExampleBody("account:updated")
	escaped := []byte(`{"event":"a\u003ab","context":{"userId":"u\u00e41"},"content":{"x":[1,2,{"y":null}]}}`)
	large := []byte(`{"event":"payment:updated","content":{"amount":1,"padding":"` + strings.Repeat("x", 10_000) + `"}}`)
	ping := []byte(`{"event":"test"}`)
	return []delivery{
		{payment, v1(payment, secrets[0]), nil},
		{payment, v1(payment, secrets[1]), nil},
		{payment, v1(payment, secrets[0], tinkwebhooks.SignedWith(tinkwebhooks.SchemeBody)), nil},
		{escaped, v1(escaped, secrets[0]), nil},
		{large, v1(large, secrets[0]), nil},
		{account, v1(account, secrets[0]), tinkwebhooks.ErrHandlerFailed},
		{payment, v1([]byte("another"), secrets[0]), tinkwebhooks.ErrSignatureMismatch},
		{payment, v1(payment, secrets[0], tinkwebhooks.SignedAt(time.Unix(1, 0))), tinkwebhooks.ErrTimestampTooOld},
		{payment, "t=1,v1=", tinkwebhooks.ErrMalformedSignature},
		{[]byte("{"), v1([]byte("{"), secrets[0]), tinkwebhooks.ErrInvalidJSON},
		{ping, v1(ping, secrets[0]), tinkwebhooks.ErrTestWebhook},
	}
}

var ran int

func register(hooks *tinkwebhooks.Handler) {
	must(hooks.RegisterHandler("*", func(_ context.Context, event *tinkwebhooks.Event) error {
		var data map[string]any
		if err := json.Unmarshal(event.Data(), &data); err != nil {
			return err
		}
		ran++
		return nil
	}))
	must(hooks.RegisterHandler("account:updated", func(context.Context, *tinkwebhooks.Event) error {
		return errors.New("the database is away")
	}))
}

func made() *tinkwebhooks.Handler {
	hooks := must(tinkwebhooks.NewHandler(tinkwebhooks.WithSecrets(secrets...), tinkwebhooks.WithTolerance(1_000_000*time.Second)))
	register(hooks)
	return hooks
}

func sample(done int) {
	debug.FreeOSMemory() // what could be collected is, and given back
	fields := strings.Fields(string(must(os.ReadFile("/proc/self/statm"))))
	fmt.Println(done, must(strconv.Atoi(fields[1]))*os.Getpagesize()/1024)
}

func main() {
	count := must(strconv.Atoi(os.Args[1]))
	all, expected, hooks := deliveries(), 0, made()
	for done := 1; done <= count; done++ {
		one := all[(done-1)%len(all)]
		_, err := hooks.HandleWebhook(context.Background(), one.body, one.signature)
		if !errors.Is(err, one.ends) {
			log.Fatalf("delivery %d ended in %v, not in %v", done, err, one.ends)
		}
		if one.ends == nil || one.ends == tinkwebhooks.ErrHandlerFailed {
			expected++
		}
		switch {
		case done%(10*anew) == 0:
			if done%(20*anew) == 0 { // every other one is left to the garbage collector
				if err := hooks.Close(); err != nil {
					log.Fatal(err)
				}
			}
			hooks = made()
		case done%anew == 0:
			for _, key := range []tinkwebhooks.EventType{"*", "account:updated"} {
				if err := hooks.UnregisterHandlers(key); err != nil {
					log.Fatal(err)
				}
			}
			register(hooks)
		}
		if done%max(1, count/samples) == 0 {
			sample(done)
		}
	}
	if ran != expected {
		log.Fatalf("%d handlers ran, not %d", ran, expected)
	}
}
