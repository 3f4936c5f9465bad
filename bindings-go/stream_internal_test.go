package tinkwebhooks

import (
	"errors"
	"testing"
)

func TestTwoCallsAtOnceAreNoticed(t *testing.T) {
	hooks, err := NewHandler(WithSecret("s3cret"))
	if err != nil {
		t.Fatal(err)
	}
	defer hooks.Close()
	header, err := GenerateSignature(nil, "s3cret")
	if err != nil {
		t.Fatal(err)
	}
	for name, second := range map[string]func(*VerificationStream) error{
		"write":  func(s *VerificationStream) error { _, err := s.Write(nil); return err },
		"finish": func(s *VerificationStream) error { _, err := s.Finish(); return err },
		"event":  func(s *VerificationStream) error { _, err := s.FinishEvent(nil); return err },
	} {
		t.Run(name, func(t *testing.T) {
			stream, err := hooks.BeginVerification(header)
			if err != nil {
				t.Fatal(err)
			}
			stream.mu.Lock() // a call is in progress
			if err := second(stream); !errors.Is(err, ErrInvalidCall) || errors.Is(err, ErrAlreadyFinished) {
				t.Errorf("during another call: %v", err)
			}
			closed := make(chan struct{})
			go func() { stream.Close(); close(closed) }() // waits
			stream.mu.Unlock()
			<-closed

			// From then on a valid signature is refused too.
			stream, err = hooks.BeginVerification(header)
			if err != nil {
				t.Fatal(err)
			}
			stream.mu.Lock()
			_ = second(stream)
			stream.mu.Unlock()
			if v, err := stream.Finish(); !errors.Is(err, ErrInvalidCall) || v != (Verification{}) {
				t.Errorf("after that: %+v, %v", v, err)
			}
			if stream.pending.open() {
				t.Error("the memory in C is still held")
			}
		})
	}
}
