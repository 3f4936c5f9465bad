package tinkwebhooks

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"unsafe"
)

// A sender of many names fills no memory, and what is remembered holds no body.
func TestOnlySoManyNamesAreRemembered(t *testing.T) {
	hooks, err := NewHandler(WithSecret("s3cret"))
	if err != nil {
		t.Fatal(err)
	}
	defer hooks.Close()
	ran := 0
	count := func(context.Context, *Event) error { ran++; return nil }
	for _, key := range []EventType{"*", "name:299"} {
		if _, err := hooks.RegisterHandler(key, count); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		for number := range 300 {
			event, err := hooks.ParseEvent(fmt.Appendf(nil, `{"event":"name:%d"}`, number))
			if err != nil {
				t.Fatal(err)
			}
			if err := hooks.Dispatch(context.Background(), event); err != nil {
				t.Fatal(err)
			}
			for name := range *hooks.routes.known.Load() {
				if unsafe.StringData(name) == unsafe.StringData(event.name) {
					t.Fatalf("%q is a part of a body", name)
				}
			}
		}
	}
	if ran != 2*301 {
		t.Errorf("%d ran", ran)
	}
	if known := len(*hooks.routes.known.Load()); known != mostRoutes {
		t.Errorf("%d names are remembered", known)
	}
}

// Panics, errors and runtime.Goexit in any order: every handler runs once, and every failure is told.
func TestNoHandlerIsLostBehindAnother(t *testing.T) {
	outcomes := map[byte]func(){
		'.': func() {},
		'p': func() { panic("panicked") },
		'g': runtime.Goexit,
	}
	for _, order := range []string{"", ".", "p", "g", "e", "pp", "gg", "p.p", ".p.", "g.g", ".g.", "pg", "gp", "egp.epg.", "....e", "gggg", "pppp"} {
		var ran strings.Builder
		var handlers []HandlerFunc
		for _, outcome := range []byte(order) {
			handlers = append(handlers, func(context.Context, *Event) error {
				ran.WriteByte(outcome)
				if outcome == 'e' {
					return errors.New("failed")
				}
				outcomes[outcome]()
				return nil
			})
		}
		var failed []error
		var returned bool
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = run(context.Background(), &Event{}, handlers, &failed)
			returned = true
		}()
		<-ended
		var told strings.Builder
		for _, err := range failed {
			var panicked *PanicError
			switch {
			case !errors.As(err, &panicked):
				told.WriteByte('e')
			case panicked.Value == ErrGoexit:
				told.WriteByte('g')
			default:
				told.WriteByte('p')
			}
		}
		if ran.String() != order || told.String() != strings.ReplaceAll(order, ".", "") {
			t.Errorf("of %q %q ran, and %q was told", order, ran.String(), told.String())
		}
		if returned == strings.Contains(order, "g") {
			t.Errorf("%q: returned %t", order, returned)
		}
	}
}
