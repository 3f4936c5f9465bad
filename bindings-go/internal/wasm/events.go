package wasm

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"sync"
)

// Stored is a verification as it is kept with an event.
type Stored struct {
	Scheme      uint32 // as in an answer
	SignedAt    int64
	SecretIndex int
	DeliveryID  string // hex digits
}

func (s *Stored) arguments(body int, millis int64) []uint64 {
	id := len(s.DeliveryID)
	if id == 0 {
		id = -1
	}
	return []uint64{uint64(uint32(id)), uint64(body), instant(millis), uint64(s.Scheme), instant(s.SignedAt),
		uint64(s.SecretIndex)}
}

// use calls with an instance.
func (p *Pool) use(work func(*instance) *Failure) *Failure {
	i, failure := p.enter()
	if failure != nil {
		return failure
	}
	defer i.leave()
	return work(i)
}

// ask calls a function with one text, and returns the result as text.
func (p *Pool) ask(function int, text string) (result string, failure *Failure) {
	failure = p.use(func(i *instance) *Failure {
		if failure := i.place(text); failure != nil {
			return failure
		}
		failure := i.finish(function, uint64(len(text)))
		if failure == nil {
			result = string(i.result())
		}
		return failure
	})
	return result, failure
}

// KeyWarning returns what to log about a registration; most often empty.
func (p *Pool) KeyWarning(key string) (string, *Failure) { return p.ask(fnKeyWarning, key) }

// ExampleBody returns a body of an event of this type.
func (p *Pool) ExampleBody(eventType string) (string, *Failure) {
	return p.ask(fnExampleBody, eventType)
}

// Sign returns the value of a header.
func (p *Pool) Sign(body, secret, scheme string, signedAt int64) (header string, failure *Failure) {
	failure = p.use(func(i *instance) *Failure {
		if failure := i.place(secret, scheme, body); failure != nil {
			return failure
		}
		failure := i.finish(fnSign, uint64(len(secret)), uint64(len(scheme)), uint64(len(body)), instant(signedAt))
		if failure == nil {
			header = string(i.result())
		}
		return failure
	})
	return header, failure
}

// Serialize returns the text of an event.
func (p *Pool) Serialize(body string, millis int64, stored *Stored) (text []byte, failure *Failure) {
	failure = p.use(func(i *instance) *Failure {
		if failure := i.place(stored.DeliveryID, body); failure != nil {
			return failure
		}
		failure := i.finish(fnSerialize, stored.arguments(len(body), millis)...)
		if failure == nil {
			text = append(make([]byte, 0, len(i.result())), i.result()...)
		}
		return failure
	})
	return text, failure
}

// Deserialize reads the text of an event: its body, and the answer for it.
func (p *Pool) Deserialize(text string, into *Answer) (body string, failure *Failure) {
	failure = p.use(func(i *instance) *Failure {
		if failure := i.place(text); failure != nil {
			return failure
		}
		if failure := i.finish(fnReadText, uint64(len(text))); failure != nil {
			return failure
		}
		body = string(i.result())
		var read Answer
		i.answer(&read, recordNumbers)
		stored := Stored{Scheme: uint32(read.Numbers[0]), SignedAt: whole(read.Numbers[1]),
			SecretIndex: int(read.Numbers[2])}
		if read.DeliveryID != [16]byte{} {
			stored.DeliveryID = hex.EncodeToString(read.DeliveryID[:])
		}
		if failure := i.place(stored.DeliveryID, body); failure != nil {
			return failure
		}
		if failure := i.finish(fnRestore, stored.arguments(len(body), whole(read.Numbers[4]))...); failure != nil {
			return failure
		}
		i.answer(into, recordNumbers)
		return nil
	})
	return body, failure
}

// IdempotencyKey returns the key of an event whose content is a part of the body; empty where there is none.
func (p *Pool) IdempotencyKey(eventType uint32, body string, start, end int) (key string, failure *Failure) {
	failure = p.use(func(i *instance) *Failure {
		if failure := i.place(body); failure != nil {
			return failure
		}
		failure := i.finish(fnIdempotencyKey, uint64(eventType), uint64(len(body)), uint64(start), uint64(end))
		if failure == nil {
			key = string(i.result())
		}
		return failure
	})
	return key, failure
}

// Failures by reason, as they never change.
var failures sync.Map

// Fail returns the failure of a reason, with its message.
func (p *Pool) Fail(reason string) *Failure {
	if known, ok := failures.Load(reason); ok {
		copied := *known.(*Failure)
		return &copied
	}
	failure := p.use(func(i *instance) *Failure {
		if failure := i.place(reason); failure != nil {
			return failure
		}
		return i.finish(fnFail, uint64(len(reason)), uint64(uint32(absent)))
	})
	if failure == nil {
		return broken(fmt.Errorf("no failure for %q", reason))
	}
	if failure.Reason == reason {
		copied := *failure
		failures.Store(reason, &copied)
	}
	return failure
}

// EventTypes calls visit with the number, the type and the wire name of every known event.
func (p *Pool) EventTypes(visit func(number uint32, eventType, name string)) *Failure {
	return p.use(func(i *instance) *Failure {
		if _, failure := i.call(fnEventTypes); failure != nil {
			return failure
		}
		texts := i.texts()
		for ; len(texts) >= 3; texts = texts[3:] {
			number, err := strconv.ParseUint(texts[0], 10, 16)
			if err != nil {
				return broken(err)
			}
			visit(uint32(number), texts[1], texts[2])
		}
		return nil
	})
}
