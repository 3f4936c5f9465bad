package tinkwebhooks_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

var _ io.Writer = (*tinkwebhooks.VerificationStream)(nil)

// begin begins with a header that must be accepted, and closes the stream after the test.
func begin(t testing.TB, hooks *tinkwebhooks.Handler, header string) *tinkwebhooks.VerificationStream {
	t.Helper()
	stream, err := hooks.BeginVerification(header)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stream.Close)
	return stream
}

// write writes a piece that must be accepted.
func write(t testing.TB, stream *tinkwebhooks.VerificationStream, piece string) {
	t.Helper()
	if n, err := stream.Write([]byte(piece)); n != len(piece) || err != nil {
		t.Fatalf("wrote %d of %d: %v", n, len(piece), err)
	}
}

// refused checks that the stream is refused, and has proven nothing.
func refused(t testing.TB, stream *tinkwebhooks.VerificationStream, code tinkwebhooks.ErrorCode) *tinkwebhooks.Error {
	t.Helper()
	v, err := stream.Finish()
	if v != (tinkwebhooks.Verification{}) {
		t.Errorf("a refused body has proven %+v", v)
	}
	return wantCode(t, err, code)
}

func TestAStream(t *testing.T) {
	hooks := newHandler(t, tinkwebhooks.WithSecrets("the new one", secret))
	for _, scheme := range []tinkwebhooks.Scheme{tinkwebhooks.SchemeV1, tinkwebhooks.SchemeBody} {
		header := sign(t, account, tinkwebhooks.SignedWith(scheme))
		want, err := hooks.VerifySignature([]byte(account), header)
		if err != nil || want.Scheme != scheme || want.SecretIndex != 1 {
			t.Fatal(want, err)
		}
		for name, copyTo := range map[string]func(io.Writer) error{
			"one piece": func(w io.Writer) error { _, err := io.WriteString(w, account); return err },
			"io.Copy":   func(w io.Writer) error { _, err := io.Copy(w, strings.NewReader(account)); return err },
			"bytes": func(w io.Writer) error {
				_, err := io.Copy(w, iotest.OneByteReader(strings.NewReader(account)))
				return err
			},
			"io.TeeReader": func(w io.Writer) error {
				body, err := io.ReadAll(io.TeeReader(strings.NewReader(account), w))
				if string(body) != account {
					t.Errorf("passed on %s", body)
				}
				return err
			},
			"a buffer that is used again": func(w io.Writer) error {
				_, err := io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{strings.NewReader(account)}, make([]byte, 7))
				return err
			},
			"nothing between": func(w io.Writer) error {
				_, first := w.Write(nil)
				_, second := io.WriteString(w, account)
				_, third := w.Write([]byte{})
				return errors.Join(first, second, third)
			},
		} {
			t.Run(string(scheme)+", "+name, func(t *testing.T) {
				stream := begin(t, hooks, header)
				if err := copyTo(stream); err != nil {
					t.Fatal(err)
				}
				if got, err := stream.Finish(); err != nil || got != want {
					t.Errorf("got %+v, %v, want %+v", got, err, want)
				}
			})
		}
	}
}

func TestAStreamJudgesTheHeaderAtOnce(t *testing.T) {
	hooks := newHandler(t, tinkwebhooks.WithSchemes(tinkwebhooks.SchemeV1))
	for header, want := range map[string]tinkwebhooks.ErrorCode{
		"":                       tinkwebhooks.ErrMissingSignature,
		" \t":                    tinkwebhooks.ErrMissingSignature,
		"t=1":                    tinkwebhooks.ErrMalformedSignature,
		strings.Repeat("0", 63):  tinkwebhooks.ErrMalformedSignature,
		strings.Repeat("0", 64):  tinkwebhooks.ErrSchemeNotAllowed,
		strings.Repeat("x", 1e6): tinkwebhooks.ErrMalformedSignature,
	} {
		stream, err := hooks.BeginVerification(header)
		if known := wantCode(t, err, want); known.Kind != tinkwebhooks.ErrInvalidSignature || known.HTTPStatus() != 401 {
			t.Errorf("%s, %d", known.Kind, known.HTTPStatus())
		}
		if stream != nil {
			t.Error("a stream came with the error")
		}
	}
}

func TestAStreamIsNotVerifiedUnlessItIs(t *testing.T) {
	hooks := newHandler(t, tinkwebhooks.WithClock(atNow))
	header := sign(t, account, tinkwebhooks.SignedAt(now))
	for name, body := range map[string]string{
		"nothing": "", "a piece is missing": account[1:], "one more": account + " ", "another": strings.ToUpper(account),
	} {
		t.Run(name, func(t *testing.T) {
			stream := begin(t, hooks, header)
			write(t, stream, body)
			refused(t, stream, tinkwebhooks.ErrSignatureMismatch)
			refused(t, stream, tinkwebhooks.ErrAlreadyFinished)
		})
	}
	for ahead, want := range map[time.Duration]tinkwebhooks.ErrorCode{
		-time.Hour: tinkwebhooks.ErrTimestampTooOld, time.Hour: tinkwebhooks.ErrTimestampInFuture,
	} {
		stream := begin(t, hooks, sign(t, account, tinkwebhooks.SignedAt(now.Add(ahead))))
		write(t, stream, account)
		known := refused(t, stream, want)
		if age, ok := known.Age(); !ok || age != -int64(ahead.Seconds()) || known.Hint == "" {
			t.Errorf("age %d, %t, hint %q", age, ok, known.Hint)
		}
	}
}

func TestAStreamAndTheCap(t *testing.T) {
	hooks := newHandler(t, tinkwebhooks.WithMaxBodyBytes(len(account)))
	stream := begin(t, hooks, sign(t, account))
	write(t, stream, account)
	write(t, stream, "") // the cap itself is allowed
	if _, err := stream.Finish(); err != nil {
		t.Fatal(err)
	}

	stream = begin(t, hooks, sign(t, account+"x"))
	write(t, stream, account)
	for _, piece := range []string{"x", "", "x"} {
		n, err := stream.Write([]byte(piece))
		if known := wantCode(t, err, tinkwebhooks.ErrBodyTooLarge); n != 0 || known.HTTPStatus() != 413 {
			t.Errorf("took %d bytes, status %d", n, known.HTTPStatus())
		}
	}
	refused(t, stream, tinkwebhooks.ErrBodyTooLarge)
	refused(t, stream, tinkwebhooks.ErrAlreadyFinished)

	// io.Copy stops and returns the error. After Close, Finish still returns it.
	stream = begin(t, hooks, sign(t, account))
	read, err := io.Copy(stream, iotest.OneByteReader(strings.NewReader(strings.Repeat(account, 9))))
	wantCode(t, err, tinkwebhooks.ErrBodyTooLarge)
	if read != int64(len(account)) {
		t.Errorf("took %d bytes", read)
	}
	stream.Close()
	refused(t, stream, tinkwebhooks.ErrBodyTooLarge)
}

func TestAStreamThatIsUsedUp(t *testing.T) {
	hooks := newHandler(t)
	finished := begin(t, hooks, sign(t, account))
	write(t, finished, account)
	if _, err := finished.Finish(); err != nil {
		t.Fatal(err)
	}
	abandoned := begin(t, hooks, sign(t, account))
	write(t, abandoned, account)
	abandoned.Close()
	for name, stream := range map[string]*tinkwebhooks.VerificationStream{
		"finished": finished, "closed": abandoned, "zero": {}, "nil": nil,
	} {
		t.Run(name, func(t *testing.T) {
			for range 2 {
				n, err := stream.Write([]byte(account))
				wantCode(t, err, tinkwebhooks.ErrAlreadyFinished)
				if n != 0 {
					t.Errorf("took %d bytes", n)
				}
				known := refused(t, stream, tinkwebhooks.ErrAlreadyFinished)
				if known.Kind != tinkwebhooks.ErrInvalidCall || known.HTTPStatus() != 500 || known.Message == "" {
					t.Errorf("%s, %d, %q", known.Kind, known.HTTPStatus(), known.Message)
				}
				stream.Close()
			}
		})
	}
}

func TestAStreamAndTheClock(t *testing.T) {
	reads, at := 0, now
	hooks := newHandler(t, tinkwebhooks.WithClock(func() time.Time {
		reads++
		return at
	}))
	header := sign(t, account, tinkwebhooks.SignedAt(now))
	stream := begin(t, hooks, header)
	at = at.Add(-time.Hour) // earlier values of the clock are not used
	write(t, stream, account)
	if reads != 0 {
		t.Errorf("read %d times before the verdict", reads)
	}
	at = now
	if v, err := stream.Finish(); err != nil || !v.SignedAt.Equal(now) || reads != 1 {
		t.Errorf("%+v, %v, read %d times", v, err, reads)
	}

	at = time.Unix(1<<62, 0)
	stream = begin(t, hooks, header)
	write(t, stream, account)
	refused(t, stream, tinkwebhooks.ErrInvalidOption)
	forged := begin(t, hooks, header)
	write(t, forged, "forged") // the signature fails before the time is checked
	refused(t, forged, tinkwebhooks.ErrSignatureMismatch)
	bare := begin(t, hooks, sign(t, account, tinkwebhooks.SignedWith(tinkwebhooks.SchemeBody)))
	write(t, bare, account)
	if _, err := bare.Finish(); err != nil {
		t.Error(err)
	}
}

func TestAStreamAndAClockThatPanics(t *testing.T) {
	panics := true
	hooks := newHandler(t, tinkwebhooks.WithClock(func() time.Time {
		if panics {
			panic("no time")
		}
		return now
	}))
	stream := begin(t, hooks, sign(t, account, tinkwebhooks.SignedAt(now)))
	write(t, stream, account)
	func() {
		defer func() {
			if value := recover(); value != "no time" {
				t.Errorf("recovered %v", value)
			}
		}()
		_, _ = stream.Finish()
		t.Error("what the clock raised was swallowed")
	}()
	panics = false
	if _, err := stream.Finish(); err != nil {
		t.Error(err)
	}
}

func TestAStreamOutlivesItsHandler(t *testing.T) {
	hooks := newHandler(t, tinkwebhooks.WithClock(atNow))
	stream := begin(t, hooks, sign(t, account, tinkwebhooks.SignedAt(now)))
	write(t, stream, account[:10])
	hooks.Close()
	runtime.GC()
	write(t, stream, account[10:])
	if v, err := stream.Finish(); err != nil || v.Scheme != tinkwebhooks.SchemeV1 {
		t.Error(v, err)
	}
	for _, gone := range []*tinkwebhooks.Handler{hooks, {}, nil} {
		none, err := gone.BeginVerification(sign(t, account))
		if wantCode(t, err, tinkwebhooks.ErrInvalidOption); none != nil || !errors.Is(err, tinkwebhooks.ErrClosed) {
			t.Errorf("%v, %v", none, err)
		}
	}
}

// For any body, header and division into pieces, the result is that for the whole body. Only the order of two checks
// differs: a stream checks the header before the size of the body.
func TestAnyCutIsTheWhole(t *testing.T) {
	hooks := newHandler(t, tinkwebhooks.WithSecrets("the new one", secret), tinkwebhooks.WithMaxBodyBytes(500))
	verified, refused := 0, map[tinkwebhooks.ErrorCode]int{}
	for seed := range int64(3000) {
		m := mangler{rand.New(rand.NewSource(seed))}
		body := make([]byte, m.Intn(520))
		m.Read(body)
		if m.Intn(2) == 0 {
			body = []byte(m.text(account))
		}
		scheme, at := tinkwebhooks.SchemeV1, time.Now()
		if m.Intn(3) == 0 {
			scheme = tinkwebhooks.SchemeBody
		}
		if m.Intn(4) == 0 {
			at = at.Add(time.Duration(m.Intn(1200)-600) * time.Second)
		}
		header, err := tinkwebhooks.GenerateSignature(body, secret, tinkwebhooks.SignedWith(scheme), tinkwebhooks.SignedAt(at))
		if err != nil {
			header = sign(t, account)
		}
		if m.Intn(6) == 0 {
			header = m.text(header)
		}
		if len(body) > 0 && m.Intn(6) == 0 {
			body[m.Intn(len(body))] ^= 1
		}
		want, wantErr := hooks.VerifySignature(body, header)

		got, gotErr := tinkwebhooks.Verification{}, error(nil)
		stream, gotErr := hooks.BeginVerification(header)
		if gotErr == nil {
			for rest := body; len(rest) > 0; {
				size := m.Intn(min(len(rest), 1+m.Intn(200)) + 1)
				piece := bytes.Clone(rest[:size])
				_, writeErr := stream.Write(piece)
				clear(piece) // after Write the caller may change the piece
				rest = rest[size:]
				if writeErr != nil {
					wantCode(t, writeErr, tinkwebhooks.ErrBodyTooLarge)
				}
			}
			got, gotErr = stream.Finish()
		}
		var wantKnown, gotKnown *tinkwebhooks.Error
		errors.As(wantErr, &wantKnown)
		errors.As(gotErr, &gotKnown)
		switch {
		case got != want || (wantKnown == nil) != (gotKnown == nil):
			t.Fatalf("seed %d: in pieces %+v, %v; whole %+v, %v", seed, got, gotErr, want, wantErr)
		case wantKnown == nil:
			verified++
		case gotKnown.Reason != wantKnown.Reason && (stream != nil || wantKnown.Reason != tinkwebhooks.ErrBodyTooLarge):
			t.Fatalf("seed %d: in pieces %v, whole %v", seed, gotErr, wantErr)
		default:
			refused[gotKnown.Reason]++
		}
	}
	// Otherwise the test did not reach the rest.
	for _, reason := range []tinkwebhooks.ErrorCode{
		tinkwebhooks.ErrMalformedSignature, tinkwebhooks.ErrSignatureMismatch, tinkwebhooks.ErrTimestampTooOld,
		tinkwebhooks.ErrTimestampInFuture, tinkwebhooks.ErrBodyTooLarge,
	} {
		if refused[reason] == 0 {
			t.Errorf("never %s", reason)
		}
	}
	if verified < 500 {
		t.Errorf("only %d bodies were verified", verified)
	}
}

func TestStreamsSideBySide(t *testing.T) {
	hooks := newHandler(t)
	header := sign(t, account)
	var group sync.WaitGroup
	for worker := range 8 {
		group.Add(1)
		go func() {
			defer group.Done()
			for range 50 {
				stream, err := hooks.BeginVerification(header)
				if err != nil {
					t.Error(err)
					return
				}
				_, err = io.Copy(stream, iotest.HalfReader(strings.NewReader(account)))
				if _, finishErr := stream.Finish(); err != nil || finishErr != nil {
					t.Error(worker, err, finishErr)
				}
			}
		}()
	}
	group.Wait()
}

// Misuse is an error: it neither crashes nor verifies. Closing on another goroutine is no misuse.
func TestAStreamOfSeveralGoroutines(t *testing.T) {
	hooks := newHandler(t)
	header := sign(t, account)
	for range 200 {
		stream := begin(t, hooks, header)
		var group sync.WaitGroup
		for worker := range 4 {
			group.Add(1)
			go func() {
				defer group.Done()
				var err error
				switch worker {
				case 3:
					stream.Close()
				case 2:
					var v tinkwebhooks.Verification
					if v, err = stream.Finish(); err == nil || v.Scheme != "" {
						t.Error("verified what was not whole")
					}
				default:
					_, err = stream.Write([]byte(account[:20]))
				}
				if err != nil && !errors.Is(err, tinkwebhooks.ErrInvalidCall) && !errors.Is(err, tinkwebhooks.ErrSignatureMismatch) {
					t.Error(err)
				}
			}()
		}
		group.Wait()
		wantCode(t, func() error { _, err := stream.Finish(); return err }(), tinkwebhooks.ErrInvalidCall)
	}
}

func TestAStreamShowsNothing(t *testing.T) {
	stream := begin(t, newHandler(t), sign(t, account))
	write(t, stream, account)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q"} {
		if text := fmt.Sprintf(verb, stream); strings.Contains(text, secret) || strings.Contains(text, "account:") {
			t.Errorf("%s shows %s", verb, text)
		}
	}
}

func TestTheCrossingsOfAStream(t *testing.T) {
	hooks := newHandler(t, tinkwebhooks.WithClock(atNow))
	header := sign(t, account, tinkwebhooks.SignedAt(now))
	body := []byte(account)
	const streams = 100
	before := runtime.NumCgoCall()
	for range streams {
		stream, err := hooks.BeginVerification(header)
		if err != nil {
			t.Fatal(err)
		}
		_, writeErr := stream.Write(body)
		_, err = stream.Finish()
		stream.Close()
		if err != nil || writeErr != nil {
			t.Fatal(err, writeErr)
		}
	}
	if calls := runtime.NumCgoCall() - before; calls > 3*streams+streams/10 {
		t.Errorf("%d crossings for %d streams of one piece", calls, streams)
	}
}

func TestStreamsLeaveNothingInC(t *testing.T) {
	secrets := make([]string, 200)
	for i := range secrets {
		secrets[i] = fmt.Sprintf("%s%d", secret, i)
	}
	hooks := newHandler(t, tinkwebhooks.WithSecrets(secrets...), tinkwebhooks.WithMaxBodyBytes(100))
	header, err := tinkwebhooks.GenerateSignature([]byte(account), secrets[150])
	if err != nil {
		t.Fatal(err)
	}
	for range 10_000 { // AddressSanitizer keeps 256 MiB of freed memory
		begun, err := hooks.BeginVerification(header)
		if err != nil {
			t.Fatal(err)
		}
		begun.Close()
	}
	for name, end := range map[string]func(*tinkwebhooks.VerificationStream){
		"forgotten": func(*tinkwebhooks.VerificationStream) {},
		"closed":    func(stream *tinkwebhooks.VerificationStream) { stream.Close() },
		"finished": func(stream *tinkwebhooks.VerificationStream) {
			if v, err := stream.Finish(); err != nil || v.SecretIndex != 150 {
				t.Error(v, err)
			}
		},
		"read": func(stream *tinkwebhooks.VerificationStream) {
			if event, err := stream.FinishEvent([]byte(account)); err != nil || event.UserID() != "u1" {
				t.Error(event, err)
			}
		},
		"refused": func(stream *tinkwebhooks.VerificationStream) {
			_, err := stream.Write(make([]byte, 101))
			wantCode(t, err, tinkwebhooks.ErrBodyTooLarge)
		},
	} {
		t.Run(name, func(t *testing.T) {
			// Each has some 28 KiB in C, so 20 steps would leave 220 MiB.
			grows(t, 80<<20, func() {
				for range 400 {
					stream, err := hooks.BeginVerification(header)
					if err != nil {
						t.Fatal(err)
					}
					write(t, stream, account)
					end(stream)
				}
				runtime.GC()
				time.Sleep(10 * time.Millisecond)
			})
		})
	}
}
