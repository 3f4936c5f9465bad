//go:build unix

package oncetest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/idempotency"
)

const (
	// At least so many of each.
	leastEvents, leastKills = 150, 5
	// The time between two kills, on average. Besides, one handler of twenty fails.
	killEvery = 400 * time.Millisecond

	// What a worker's environment says: what kind of worker it is, where its store is, and its file of effects.
	workerKind, workerPlace, workerEffects = "ONCETEST_WORKER", "ONCETEST_PLACE", "ONCETEST_EFFECTS"
)

// ErrChance is what one handler of twenty fails with.
var ErrChance = errors.New("the bank is away")

// Chance fails in one of twenty calls.
func Chance() error {
	if mathrand.IntN(20) == 0 {
		return ErrChance
	}
	return nil
}

// Main runs a package's tests; or where this process is a worker that [Kill] has started, the handler of its kind, for
// the place that Kill was given.
func Main(m *testing.M, handlers map[string]func(place string) (tinkwebhooks.HandlerFunc, error)) {
	make, ok := handlers[os.Getenv(workerKind)]
	if !ok {
		os.Exit(m.Run())
	}
	handler, err := make(os.Getenv(workerPlace))
	if err == nil {
		err = work(handler)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Effect is the handler under Once of a worker: its effect is a line in a file.
func Effect(store idempotency.Store) (tinkwebhooks.HandlerFunc, error) {
	file, err := os.OpenFile(os.Getenv(workerEffects), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	return idempotency.Once(store, "book", func(_ context.Context, event *tinkwebhooks.Event) error {
		if err := Chance(); err != nil {
			return err
		}
		_, err := io.WriteString(file, PaymentID(event)+"\n")
		return err
	}, idempotency.WithLease(Lease))
}

// PaymentID is the id of a payment's event.
func PaymentID(event *tinkwebhooks.Event) string {
	var payment tinkwebhooks.PaymentUpdated
	if err := event.DecodeData(&payment); err != nil {
		panic(err)
	}
	return payment.ID
}

// work dispatches the bodies that it reads line by line, and writes the status that a receiver would answer.
func work(handler tinkwebhooks.HandlerFunc) error {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // of leases that are lost, since the other one is killed all the time
	hooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSecret("s3cret"))
	if err != nil {
		return err
	}
	hooks.MustRegisterHandler("payment:updated", handler)
	fmt.Println("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		event, err := hooks.ParseEvent(lines.Bytes())
		if err != nil {
			return err
		}
		var known *tinkwebhooks.Error
		status := 200
		if err := hooks.Dispatch(context.Background(), event); errors.As(err, &known) {
			status = known.HTTPStatus()
		}
		fmt.Println(status)
	}
	return nil
}

// worker is a receiver that is started again when it was killed.
type worker struct {
	t           *testing.T
	environment []string
	input       io.WriteCloser
	output      *bufio.Reader

	mu      sync.Mutex
	process *exec.Cmd // nil: none runs
}

// start starts it, and again where it is killed before it is ready.
func (w *worker) start() error {
	for {
		process := exec.Command(os.Args[0])
		process.Env, process.Stderr = append(os.Environ(), w.environment...), os.Stderr
		input, err := process.StdinPipe()
		if err != nil {
			return err
		}
		output, err := process.StdoutPipe()
		if err != nil {
			return err
		}
		if err := process.Start(); err != nil {
			return err
		}
		w.input, w.output = input, bufio.NewReader(output)
		w.mu.Lock()
		w.process = process
		w.mu.Unlock()
		line, _ := w.output.ReadString('\n')
		if line == "ready\n" {
			return nil
		}
		if state := w.wait(); state.Exited() {
			return fmt.Errorf("a worker does not start, and ends with %s", state)
		}
	}
}

// wait waits for the end of the process.
func (w *worker) wait() *os.ProcessState {
	_ = w.process.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	state := w.process.ProcessState
	w.process = nil
	return state
}

// kill says whether there was a process.
func (w *worker) kill() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.process != nil && w.process.Process.Signal(syscall.SIGKILL) == nil
}

// deliver delivers until it is answered 200. Where the worker was killed that is a 502.
func (w *worker) deliver(body []byte) error {
	for until := time.Now().Add(time.Minute); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		answer := ""
		if _, err := w.input.Write(append(body, '\n')); err == nil {
			answer, _ = w.output.ReadString('\n')
		}
		switch answer {
		case "200\n":
			return nil
		case "":
			w.wait()
			if err := w.start(); err != nil {
				return err
			}
		}
	}
	return errors.New("no delivery was handled in a minute")
}

// Kill gives every event to two workers, which it kills at random with SIGKILL; one that was killed counts as a 502, after
// which Tink delivers again. No effect may be lost, and no more may be doubled than there were kills; none where mayDouble
// is false. kind and place are for [Main]; effects reads what was done, and is nil where it is in the file of [Effect].
func Kill(t *testing.T, kind, place string, mayDouble bool, effects func() ([]string, error)) {
	file := t.TempDir() + "/effects"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if effects == nil {
		effects = func() ([]string, error) {
			text, err := os.ReadFile(file)
			return strings.Fields(string(text)), err
		}
	}
	var workers [2]*worker
	for at := range workers {
		workers[at] = &worker{t: t, environment: []string{workerKind + "=" + kind, workerPlace + "=" + place,
			workerEffects + "=" + file}}
		if err := workers[at].start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if workers[at].kill() {
				workers[at].wait()
			}
		})
	}
	var kills atomic.Int64
	ended, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-ended:
				return
			case <-time.After(time.Duration(mathrand.Int64N(int64(2 * killEvery)))):
			}
			if workers[mathrand.IntN(2)].kill() {
				kills.Add(1)
			}
		}
	}()
	events := 0
	for ; !t.Failed() && (events < leastEvents || kills.Load() < leastKills); events++ {
		body := Body(fmt.Sprintf("payment-%d", events))
		var both sync.WaitGroup
		for _, one := range workers {
			both.Add(1)
			go func() {
				defer both.Done()
				if err := one.deliver(bytes.Clone(body)); err != nil {
					t.Error(err)
				}
			}()
		}
		both.Wait()
	}
	close(ended)
	<-stopped
	done, err := effects()
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, id := range done {
		counts[id]++
	}
	lost, doubled := events-len(counts), len(done)-len(counts)
	t.Logf("%s: %d events, %d kills, %d lost, %d doubled", kind, events, kills.Load(), lost, doubled)
	if lost != 0 || doubled > int(kills.Load()) || doubled > 0 && !mayDouble {
		t.Errorf("%d lost, %d doubled", lost, doubled)
	}
}
