package wasm

import "errors"

// Stream verifies a body that arrives in pieces. It is in one instance, in which other calls run between two of its own.
// One goroutine at a time uses it.
type Stream struct {
	home   *instance
	handle uint32
}

// Larger pieces are passed on in parts, so that the arena does not grow for them.
const largestPiece = 1 << 20

// Begin begins with the signature.
func (h *Handler) Begin(signature string) (*Stream, *Failure) {
	i, failure := h.pool.enter()
	if failure != nil {
		return nil, failure
	}
	defer i.leave()
	handle, failure := h.verifier(i)
	if failure != nil {
		return nil, failure
	}
	if failure := i.place(signature); failure != nil {
		return nil, failure
	}
	if failure := i.finish(fnStreamBegin, uint64(handle), uint64(len(signature))); failure != nil {
		return nil, failure
	}
	i.streams++
	return &Stream{home: i, handle: uint32(i.number(0))}, nil
}

// Update takes the next piece.
func (s *Stream) Update(piece string) *Failure {
	s.home.mu.Lock()
	defer s.home.leave()
	if s.home.dead {
		return lost()
	}
	for {
		part := piece[:min(len(piece), largestPiece)]
		piece = piece[len(part):]
		if failure := s.home.place(part); failure != nil {
			return failure
		}
		if failure := s.home.finish(fnStreamUpdate, uint64(s.handle), uint64(len(part))); failure != nil {
			return failure
		}
		if piece == "" {
			return nil
		}
	}
}

// Finish checks the signature, and ends the stream.
func (s *Stream) Finish(now int64, into *Answer) *Failure {
	return s.end(into, "", fnStreamFinish, uint64(s.handle), instant(now))
}

// FinishEvent also reads the body, which is what the pieces were.
func (s *Stream) FinishEvent(body string, now int64, into *Answer) *Failure {
	return s.end(into, body, fnStreamFinishEvent, uint64(s.handle), uint64(len(body)), instant(now))
}

func (s *Stream) end(into *Answer, body string, function int, arguments ...uint64) *Failure {
	i := s.home
	i.mu.Lock()
	defer i.leave()
	if i.dead {
		return lost()
	}
	i.streams--
	if failure := i.place(body); failure != nil {
		if !i.dead {
			_, _ = i.call(fnStreamRelease, uint64(s.handle))
		}
		return failure
	}
	if failure := i.finish(function, arguments...); failure != nil {
		return failure
	}
	i.answer(into, recordNumbers)
	return nil
}

// Free ends the stream.
func (s *Stream) Free() {
	s.home.mu.Lock()
	defer s.home.leave()
	if !s.home.dead {
		s.home.streams--
		_, _ = s.home.call(fnStreamRelease, uint64(s.handle))
	}
}

func lost() *Failure {
	return broken(errors.New("the instance in which this stream was has ended in a call for another delivery"))
}
