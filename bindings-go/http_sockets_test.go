package tinkwebhooks_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

// dial connects to a server, with a time limit for everything on the connection.
func dial(t *testing.T, server *httptest.Server) *net.TCPConn {
	t.Helper()
	connection, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	if err := connection.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return connection.(*net.TCPConn)
}

// converse sends a request's head, and then as much of a body as the server takes, of at most size bytes. It returns
// what came back until the server closed the connection, and how much of the body it took.
func converse(t *testing.T, server *httptest.Server, head string, size int) (answer string, taken int) {
	t.Helper()
	connection := dial(t, server)
	if _, err := io.WriteString(connection, head); err != nil {
		t.Fatal(err)
	}
	sent := make(chan int, 1)
	go func() {
		piece, taken := bytes.Repeat([]byte(" "), 1<<14), 0
		if strings.Contains(head, "chunked") {
			piece = append(append([]byte("4000\r\n"), piece...), "\r\n"...)
		}
		for taken < size {
			n, err := connection.Write(piece)
			taken += n
			if err != nil {
				break
			}
		}
		sent <- taken
	}()
	text, err := io.ReadAll(connection)
	if err != nil && !strings.Contains(err.Error(), "reset") { // the server had closed, and more was sent
		t.Errorf("the connection was not closed: %v", err)
	}
	connection.Close()
	return string(text), <-sent
}

func TestWhatIsRefusedIsNotReadOn(t *testing.T) {
	keepLog(t)
	const declared = 400 << 20
	// What the kernel buffers for both ends, and the 256 KiB that net/http reads after an answer.
	const slack = 16 << 20
	hooks := newHandler(t)
	closed := newHandler(t)
	closed.Close()
	for _, test := range []struct {
		name, head string
		hooks      *tinkwebhooks.Handler
		status     string
	}{
		{"declared over the cap", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 419430400\r\n\r\n", hooks, "413"},
		{"chunks over the cap", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", hooks, "413"},
		{"method", "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 419430400\r\n\r\n", hooks, "405"},
		{"method, chunked", "PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", hooks, "405"},
		{"closed handler", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", closed, "500"},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(test.hooks)
			defer server.Close()
			answer, taken := converse(t, server, test.head, declared)
			if !strings.HasPrefix(answer, "HTTP/1.1 "+test.status+" ") || !strings.Contains(answer, "\r\nConnection: close\r\n") {
				t.Errorf("answered %q", answer)
			}
			if taken > slack {
				t.Errorf("%d bytes were taken", taken)
			}
			t.Logf("%d bytes were taken", taken)
		})
	}
}

func TestNobodyIsAskedForABodyOverTheCap(t *testing.T) {
	keepLog(t)
	server := httptest.NewServer(newHandler(t))
	defer server.Close()
	for _, test := range []struct{ name, head, status string }{
		{"over the cap", "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2097153\r\n\r\n", "413"},
		{"method", "PUT / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n", "405"},
	} {
		connection := dial(t, server)
		if _, err := io.WriteString(connection, test.head); err != nil {
			t.Fatal(err)
		}
		answer, err := http.ReadResponse(bufio.NewReader(connection), nil)
		connection.Close()
		if err != nil || !strings.HasPrefix(answer.Status, test.status+" ") || !answer.Close {
			t.Errorf("%s: answered %v, %v", test.name, answer, err)
		}
	}
}

// A connection is worth keeping where nothing is left on it.
func TestConnectionsAreKept(t *testing.T) {
	keepLog(t)
	server := httptest.NewServer(newHandler(t))
	defer server.Close()
	connection := dial(t, server)
	for _, head := range []string{
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
		"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
	} {
		if _, err := io.WriteString(connection, head); err != nil {
			t.Fatal(err)
		}
		answer := make([]byte, 1<<12)
		n, err := connection.Read(answer)
		if err != nil || strings.Contains(string(answer[:n]), "close") {
			t.Errorf("answered %q to %q, %v", answer[:n], head, err)
		}
	}
	if err := connection.SetReadDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	var netError net.Error
	if _, err := connection.Read(make([]byte, 1)); !errors.As(err, &netError) || !netError.Timeout() {
		t.Errorf("the connection was closed: %v", err)
	}
}

// A client that breaks off, or sends too slowly, is told apart by the reason, and never named.
func TestABodyThatNeverEnds(t *testing.T) {
	for name, leave := range map[string]func(*net.TCPConn) error{
		"waits":  func(*net.TCPConn) error { return nil },
		"resets": func(connection *net.TCPConn) error { return errors.Join(connection.SetLinger(0), connection.Close()) },
		"ends":   (*net.TCPConn).CloseWrite,
	} {
		t.Run(name, func(t *testing.T) {
			log := keepLog(t)
			reported := make(chan error, 1)
			hooks := newHandler(t, tinkwebhooks.WithBodyTimeout(300*time.Millisecond),
				tinkwebhooks.WithOnError(func(_ *http.Request, err error) { reported <- err }))
			server := httptest.NewServer(hooks)
			defer server.Close()
			connection := dial(t, server)
			if _, err := io.WriteString(connection, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(50 * time.Millisecond) // so that a reset does not come before the request
			if err := leave(connection); err != nil {
				t.Fatal(err)
			}
			if name != "resets" {
				answer, err := io.ReadAll(connection) // to its end: the connection is closed
				if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 408 ") {
					t.Errorf("answered %q, %v", answer, err)
				}
			}
			var err error
			select {
			case err = <-reported:
			case <-time.After(10 * time.Second):
				t.Fatal("nothing was reported")
			}
			server.Close() // after that nothing is logged
			wantCode(t, err, tinkwebhooks.ErrUnreadableBody)
			text := log.String()
			for cause := err; cause != nil; cause = errors.Unwrap(cause) {
				text += fmt.Sprintf("%v %+v %#v", cause, cause, cause)
			}
			if strings.Contains(text, "127.0.0.1") {
				t.Errorf("the client's address is in %s", text)
			}
			if name == "waits" && !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("reported %v, with the cause %v", err, errors.Unwrap(err))
			}
		})
	}
}

// A request that is refused without reading is not waited for either.
func TestABodyThatIsNotWanted(t *testing.T) {
	keepLog(t)
	server := httptest.NewServer(newHandler(t, tinkwebhooks.WithBodyTimeout(300*time.Millisecond)))
	defer server.Close()
	connection := dial(t, server)
	if _, err := io.WriteString(connection, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	if answer, err := io.ReadAll(connection); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 405 ") {
		t.Errorf("answered %q, %v", answer, err)
	}
}

// The time limit is that of the body, and not of handlers.
func TestTheTimeLimitIsNotThatOfHandlers(t *testing.T) {
	hooks := newHandler(t, tinkwebhooks.WithBodyTimeout(100*time.Millisecond))
	register(t, hooks, "*", func(ctx context.Context, _ *tinkwebhooks.Event) error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(400 * time.Millisecond):
			return nil
		}
	})
	server := httptest.NewServer(hooks)
	defer server.Close()
	request, err := http.NewRequest("POST", server.URL, strings.NewReader(account))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set(tinkwebhooks.SignatureHeader, sign(t, account))
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != 200 {
		t.Errorf("answered %s", response.Status)
	}
}

func TestTheServersOwnTimeLimit(t *testing.T) {
	keepLog(t)
	for _, body := range []time.Duration{0, time.Minute} { // none, and one that is longer
		server := httptest.NewUnstartedServer(newHandler(t, tinkwebhooks.WithBodyTimeout(body)))
		server.Config.ReadTimeout = 300 * time.Millisecond
		server.Start()
		connection := dial(t, server)
		if _, err := io.WriteString(connection, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"); err != nil {
			t.Fatal(err)
		}
		if answer, err := io.ReadAll(connection); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 408 ") {
			t.Errorf("answered %q, %v", answer, err)
		}
		server.Close()
	}
	_, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSecret(secret), tinkwebhooks.WithBodyTimeout(-1))
	wantCode(t, err, tinkwebhooks.ErrInvalidOption)
}

// Whatever way a handler or another function of the user's ends, there are an answer, a log line and a report.
func TestEveryEndIsAnswered(t *testing.T) {
	var panics, exits tinkwebhooks.Option = tinkwebhooks.WithClock(func() time.Time { panic("no time") }),
		tinkwebhooks.WithClock(func() time.Time { runtime.Goexit(); return time.Time{} })
	for name, test := range map[string]struct {
		option  tinkwebhooks.Option
		handler tinkwebhooks.HandlerFunc
		code    tinkwebhooks.ErrorCode
		cause   error
	}{
		"handler: Goexit": {nil, func(context.Context, *tinkwebhooks.Event) error { runtime.Goexit(); return nil },
			tinkwebhooks.ErrHandlerFailed, tinkwebhooks.ErrGoexit},
		"handler: FailNow": {nil, func(context.Context, *tinkwebhooks.Event) error { new(testing.T).FailNow(); return nil },
			tinkwebhooks.ErrHandlerFailed, nil},
		"handler: ErrAbortHandler": {nil, func(context.Context, *tinkwebhooks.Event) error { panic(http.ErrAbortHandler) },
			tinkwebhooks.ErrHandlerFailed, http.ErrAbortHandler},
		"clock: panic":  {panics, noop, tinkwebhooks.ErrInvalidOption, nil},
		"clock: Goexit": {exits, noop, tinkwebhooks.ErrInvalidOption, nil},
	} {
		t.Run(name, func(t *testing.T) {
			log := keepLog(t)
			var reported []error
			hooks := newHandler(t, test.option, tinkwebhooks.WithOnError(func(_ *http.Request, err error) {
				reported = append(reported, err)
			}))
			var others atomic.Int64
			other := func(context.Context, *tinkwebhooks.Event) error { others.Add(1); return errors.New("away") }
			register(t, hooks, "account:updated", other)
			register(t, hooks, "account:updated", test.handler)
			register(t, hooks, "*", test.handler)
			register(t, hooks, "*", other)
			server := httptest.NewUnstartedServer(hooks)
			server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
			server.Start()
			defer server.Close()
			connection := dial(t, server)
			head := "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " + strconv.Itoa(len(account)) +
				"\r\nX-Tink-Signature: " + sign(t, account) + "\r\n\r\n" + account
			if _, err := io.WriteString(connection, head); err != nil {
				t.Fatal(err)
			}
			answer, err := io.ReadAll(connection)
			if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 500 ") ||
				!strings.HasSuffix(string(answer), "\r\n\r\n"+string(test.code)+"\n") {
				t.Errorf("answered %q, %v", answer, err)
			}
			server.Close()
			if len(reported) != 1 || !strings.Contains(log.String(), string(test.code)) {
				t.Fatalf("reported %v, logged %s", reported, log)
			}
			wantCode(t, reported[0], test.code)
			if test.cause != nil && !errors.Is(reported[0], test.cause) {
				t.Errorf("reported %v", reported[0])
			}
			var failed *tinkwebhooks.HandlerError
			if errors.As(reported[0], &failed) && (others.Load() != 2 || len(failed.Errors) != 4) {
				t.Errorf("%d others ran, and the errors are %q", others.Load(), failed.Errors)
			}
		})
	}
}

// In a goroutine of the caller's, Goexit ends that, as package testing wants it.
func TestGoexitEndsTheCallersGoroutine(t *testing.T) {
	hooks := newHandler(t)
	ran := 0
	register(t, hooks, "*", func(context.Context, *tinkwebhooks.Event) error { runtime.Goexit(); return nil })
	register(t, hooks, "*", func(context.Context, *tinkwebhooks.Event) error { ran++; return nil })
	returned, ended := false, make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = hooks.HandleWebhook(context.Background(), []byte(account), sign(t, account))
		returned = true
	}()
	<-ended
	if returned || ran != 1 {
		t.Errorf("returned: %t; the other handler ran %d times", returned, ran)
	}
}
