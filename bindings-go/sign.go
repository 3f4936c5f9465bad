package tinkwebhooks

import "time"

// SignOption is an option of [GenerateSignature].
type SignOption func(*signing)

type signing struct {
	scheme Scheme
	at     time.Time
}

// SignedAt signs with this time, in whole seconds, in place of now. A signature of [SchemeBody] carries no time.
func SignedAt(at time.Time) SignOption {
	return func(s *signing) { s.at = at }
}

// SignedWith signs with this scheme in place of [SchemeV1].
func SignedWith(scheme Scheme) SignOption {
	return func(s *signing) { s.scheme = scheme }
}

// GenerateSignature makes the value of a signature header for a body, for tests and for senders. It is of [SchemeV1] and
// signed now, unless an option says otherwise.
//
// Errors: [ErrSecretNotConfigured] for an empty secret and [ErrInvalidSecret] for an unusable one; [ErrInvalidOption]
// for an unknown scheme, for a time outside the years 1970 to 9999, and for [SchemeBody] over a body that begins with a
// digit, which a receiver could take for a message of [SchemeV1].
func GenerateSignature(body []byte, secret string, options ...SignOption) (string, error) {
	// The language's own clock, which testing/synctest moves.
	how := signing{scheme: SchemeV1, at: time.Now()}
	for _, option := range options {
		if option != nil {
			option(&how)
		}
	}
	return generateSignature(body, secret, how.scheme, how.at)
}
