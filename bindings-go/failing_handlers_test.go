package tinkwebhooks_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

// Handlers that fail and panic, while other goroutines register, list and unregister.
func TestEverythingFailsAndChangesAtOnce(t *testing.T) {
	hooks := newHandler(t)
	body, header := []byte(account), sign(t, account)
	var sound, panicked atomic.Int64
	register(t, hooks, "account:updated", func(context.Context, *tinkwebhooks.Event) error { sound.Add(1); return nil })
	register(t, hooks, "account:updated", func(context.Context, *tinkwebhooks.Event) error { return errors.New("away") })
	const rounds = 200
	var all sync.WaitGroup
	for range 4 {
		all.Add(2)
		go func() {
			defer all.Done()
			for range rounds {
				_, err := hooks.HandleWebhook(context.Background(), body, header)
				if !errors.Is(err, tinkwebhooks.ErrHandlerFailed) {
					t.Errorf("ended in %v", err)
					return
				}
				if known := new(tinkwebhooks.PanicError); errors.As(err, &known) {
					panicked.Add(1)
				}
			}
		}()
		go func() {
			defer all.Done()
			for range rounds {
				remove, err := hooks.RegisterHandler("*", func(context.Context, *tinkwebhooks.Event) error { panic("a mistake") })
				if err != nil {
					t.Error(err)
					return
				}
				hooks.Handlers()
				remove()
			}
		}()
	}
	all.Wait()
	if sound.Load() != 4*rounds {
		t.Errorf("the sound handler ran %d times", sound.Load())
	}
	if left := len(hooks.Handlers()["*"]); left != 0 {
		t.Errorf("%d handlers were not removed", left)
	}
	t.Logf("%d deliveries met a panic", panicked.Load())
}

// A handler that hangs is ended by its context, and delays only its own delivery.
func TestAHandlerThatHangs(t *testing.T) {
	hooks := newHandler(t)
	body, header := []byte(account), sign(t, account)
	entered := make(chan struct{}, 8)
	remove := register(t, hooks, "account:updated", func(ctx context.Context, _ *tinkwebhooks.Event) error {
		entered <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	})
	after := register(t, hooks, "*", noop)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	ended := make(chan error, 8)
	for range cap(ended) {
		go func() {
			_, err := hooks.HandleWebhook(ctx, body, header)
			ended <- err
		}()
		<-entered
	}
	// All of this while eight handlers hang.
	remove()
	after()
	register(t, hooks, "*", noop)
	if _, err := hooks.HandleWebhook(context.Background(), body, header); err != nil {
		t.Error(err)
	}
	cancel()
	for range cap(ended) {
		if err := <-ended; !errors.Is(err, context.Canceled) || !errors.Is(err, tinkwebhooks.ErrHandlerFailed) {
			t.Errorf("ended in %v", err)
		}
	}
}

// What was verified is what every handler reads, even if one of them writes into the buffer that was handed over.
func TestABodyThatChangesDuringTheCall(t *testing.T) {
	hooks := newHandler(t)
	body := []byte(account)
	register(t, hooks, "account:updated", func(context.Context, *tinkwebhooks.Event) error {
		for i := range body {
			body[i] = 'x'
		}
		return nil
	})
	seen := ""
	register(t, hooks, "*", func(_ context.Context, event *tinkwebhooks.Event) error {
		seen = string(event.RawBody())
		return nil
	})
	event, err := hooks.HandleWebhook(context.Background(), body, sign(t, account))
	if err != nil || seen != account || string(event.RawBody()) != account {
		t.Errorf("the event changed: %q, %v", seen, err)
	}
}
