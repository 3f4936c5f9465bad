package tinkwebhooks

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// VerificationStream verifies a body that arrives in pieces, for programs that pass it on or write it to a file. It
// keeps nothing of the body. [Handler.BeginVerification] makes it from the header; Write takes the pieces in order, so
// [io.Copy], [io.TeeReader] and [io.MultiWriter] work; Finish checks the signature, and so does FinishEvent. However the
// body is divided, the result is that of [Handler.VerifySignature] on the whole. Until one of the two has returned
// without an error nothing is proven: do not act on the body before that, and do not let others do so.
//
// One goroutine at a time may use it, but another one may call Close at any time. Write, Finish or FinishEvent during
// another call is an error of kind [ErrInvalidCall], and so is every later one of the two. The zero value behaves like a finished stream.
type VerificationStream struct {
	// Held during calls into C, so that wrong use by several goroutines cannot corrupt memory. The deferred unlock also
	// keeps the stream from being cleaned up during the call.
	mu      sync.Mutex
	pending pending     // none: it takes no more pieces
	ended   *Error      // why it ended, unless it was finished
	misused atomic.Bool // a call came during another one
	now     func() time.Time
	cleanup runtime.Cleanup
}

// BeginVerification begins the verification of a body that arrives in pieces. signature is the value of the
// X-Tink-Signature header, empty where there is none; its form is checked at once. The stream may outlive the Handler.
// Close it on every path:
//
//	stream, err := hooks.BeginVerification(r.Header.Get(tinkwebhooks.SignatureHeader))
//	if err != nil {
//		return err
//	}
//	defer stream.Close()
//	if _, err := io.Copy(io.MultiWriter(stream, file), r.Body); err != nil {
//		return err
//	}
//	proof, err := stream.Finish()
//
// Errors: [ErrMissingSignature], [ErrMalformedSignature] and [ErrSchemeNotAllowed]; one that wraps [ErrClosed].
func (h *Handler) BeginVerification(signature string) (*VerificationStream, error) {
	if h == nil {
		return nil, closed()
	}
	if err := h.settle(); err != nil {
		return nil, err
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	if !h.core.open() {
		return nil, closed()
	}
	begun, err := h.core.begin(signature)
	if err != nil {
		return nil, err
	}
	s := &VerificationStream{pending: begun, now: h.clock}
	s.cleanup = runtime.AddCleanup(s, pending.free, begun)
	return s, nil
}

// Write takes the next piece, which may be empty. It takes all of it, or nothing and returns an error. The piece is
// read during the call only. After an error, every later Write and Finish fails with the same one.
//
// Errors: [ErrBodyTooLarge] as soon as the body exceeds the cap ([WithMaxBodyBytes]); [ErrAlreadyFinished] after
// Finish or Close.
func (s *VerificationStream) Write(piece []byte) (int, error) {
	if err := s.enter(); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	if s.ended != nil {
		return 0, s.ended
	}
	if err := s.pending.update(piece); err != nil {
		s.end(err)
		return 0, err
	}
	return len(piece), nil
}

// Finish checks the signature over all pieces and returns what was proven. It also frees the memory outside Go. It
// calls the clock of [WithClock], if there is one, before it checks the signature.
//
// Errors: [ErrSignatureMismatch], [ErrTimestampTooOld] and [ErrTimestampInFuture]; the error of a Write that failed;
// [ErrInvalidOption] for the clock; [ErrAlreadyFinished] the second time, and after Close.
func (s *VerificationStream) Finish() (Verification, error) {
	return finish(s, func(finishing pending, now int64) (Verification, *Error) {
		proven, err := finishing.finish(now)
		return proven.verification(), err
	})
}

// FinishEvent is Finish for a caller that kept the whole body, and returns it as an event that carries what was proven,
// for [Handler.Dispatch]. body is what was written, one piece after the other; the event has a copy. Only its length is
// compared with what was verified: other bytes of the same length would be taken for verified, so body must be in
// memory that nobody else changes. [Handler.ConstructEvent] on the whole body needs no such care.
//
// Errors: those of Finish; [ErrInvalidOption] for a body of another length; any of kind [ErrInvalidPayload] and
// [ErrTestWebhook]. After any of them the stream is finished.
func (s *VerificationStream) FinishEvent(body []byte) (*Event, error) {
	return finish(s, func(finishing pending, now int64) (*Event, *Error) {
		return finishing.finishEvent(string(body), now)
	})
}

// finish calls end once, with what is to be finished and the time of the clock of [WithClock].
func finish[T any](s *VerificationStream, end func(pending, int64) (T, *Error)) (T, error) {
	var none T
	var now int64
	if s != nil && s.now != nil {
		now = millis(s.now()) // where no lock is held
	} else if !hasClock {
		now = time.Now().UnixMilli()
	}
	if err := s.enter(); err != nil {
		return none, err
	}
	defer s.mu.Unlock()
	if err := s.ended; err != nil {
		s.ended = nil // reported once
		return none, err
	}
	s.cleanup.Stop()
	finishing := s.pending
	s.pending = pending{}
	result, err := end(finishing, now)
	if err != nil {
		return none, err
	}
	return result, nil
}

// Close frees the memory outside Go without checking the signature: a stream that was not finished has proven nothing.
// It waits for a call in progress. After Finish, and the second time, it does nothing. A stream that is neither
// finished nor closed is cleaned up when it is garbage-collected.
func (s *VerificationStream) Close() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending.open() {
		why := newError(codeAlreadyFinished)
		why.Message = "the stream was closed before it was finished, and has proven nothing"
		s.end(why)
	}
}

// enter locks the stream for one call. A second caller does not wait, because the order of the pieces is already lost.
func (s *VerificationStream) enter() error {
	if s == nil {
		return usedUp()
	}
	if !s.mu.TryLock() {
		s.misused.Store(true)
		return misuse()
	}
	switch {
	case s.pending.open():
		if s.misused.Load() {
			s.end(misuse())
		}
	case s.ended == nil:
		s.ended = usedUp()
	}
	return nil
}

// end is called with s.mu held, while the verification is in progress.
func (s *VerificationStream) end(why *Error) {
	s.cleanup.Stop()
	s.pending.free()
	s.pending, s.ended = pending{}, why
}

func usedUp() *Error {
	err := newError(codeAlreadyFinished)
	err.Message = "the stream was finished before, or was not made by BeginVerification"
	return err
}

func misuse() *Error {
	err := newError(codeAlreadyFinished)
	err.Reason, err.Message = ErrInvalidCall, "the stream was used by two goroutines at once, so the order of the pieces is lost"
	return err
}
