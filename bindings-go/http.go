package tinkwebhooks

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/tally"
)

// SignatureHeader is the name of the header that carries the signature.
const SignatureHeader = "X-Tink-Signature"

// ServeHTTP receives deliveries over HTTP, on any path. It accepts POST only, reads at most as many bytes as
// [WithMaxBodyBytes] allows, for at most as long as [WithBodyTimeout] allows, and answers with the error's status and a
// fixed text: "ok", or the error's reason, such as "method_not_allowed" (405) or "unreadable_body" (408, after which Tink
// delivers again). A handler's message is never sent. Errors go to the logger ([WithLogger]) and to the hook of
// [WithOnError]; the hook of [WithOnOutcome] is called for every request.
//
// The body must not have been read before, because its exact bytes were signed. If it was, the answer is 500
// "invalid_option", so that Tink delivers again, and the log says why.
//
// Handlers get the request's context, which ends when the client goes away.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	var done dispatched
	err := errNoReturn
	defer func() { // Tink does not deliver again after a connection that broke, so there is an answer whatever happened
		ended := err == errNoReturn
		switch {
		case ended && done.event != nil && done.failed != nil: // a handler called runtime.Goexit
			err = asFailure(done.event, done.failed)
		case ended:
			err = refuseOption("a function of the receiver's, such as its clock, panicked or ended its goroutine", nil)
		}
		if ended && r.ProtoMajor < 2 {
			w.Header().Set("Connection", "close")
		}
		h.conclude(w, r, &done, err, began, ended) // flushed where the server only closes the connection
		h.tellWhy(r.Context(), &done, err)
	}()
	err = h.receive(w, r, &done)
}

// errNoReturn stands for an error that is not known yet.
var errNoReturn = errors.New("no return")

// conclude logs, answers and then calls the hooks, so that one that takes long or never returns keeps no client waiting.
func (h *Handler) conclude(w http.ResponseWriter, r *http.Request, done *dispatched, err error, began time.Time, flush bool) {
	if err == nil && h.onOutcome == nil {
		answer(w, http.StatusOK, "ok")
		return
	}
	text, logger := "ok", h.log()
	now := began
	if done.event != nil && h.clock != nil {
		callHook(r.Context(), logger, "clock", func() { now = h.clock() })
	}
	outcome := outcomeOf(done, err, now)
	if err != nil {
		text = string(outcome.Reason)
		outcome.log(r.Context(), logger)
	}
	answer(w, outcome.Status, text)
	outcome.Duration = time.Since(began)
	if flush || h != nil && (h.onError != nil || h.onOutcome != nil || h.explainFailures) {
		_ = http.NewResponseController(w).Flush() // where w cannot, the server sends the answer after the hooks
	}
	if h == nil {
		return
	}
	if h.onOutcome != nil {
		// Deferred, so that it is called also where the other ends the goroutine.
		defer callHook(r.Context(), logger, "on-outcome", func() { h.onOutcome(r, outcome) })
	}
	if h.onError != nil && err != nil {
		callHook(r.Context(), logger, "on-error", func() { h.onError(r, err) })
	}
}

func (h *Handler) receive(w http.ResponseWriter, r *http.Request, done *dispatched) error {
	body, err := h.read(w, r)
	if err != nil {
		return err
	}
	// In HTTP, several header fields are the same as one with several values. The core checks them.
	signature := strings.Join(r.Header.Values(SignatureHeader), ",")
	// A client that disconnects is an error of the reading. A chunked body may be empty, but an empty one is never signed.
	if int64(len(body)) < r.ContentLength || len(body) == 0 && r.ContentLength < 0 && signature != "" {
		return readBefore()
	}
	// No other code has these bytes, so they need no copy.
	text := unsafe.String(unsafe.SliceData(body), len(body))
	if h.explainFailures {
		done.body, done.signature = text, signature
	}
	ctx := r.Context()
	if h.onOutcome != nil {
		ctx, done.tally = tally.With(ctx)
	}
	return h.handle(ctx, text, signature, done)
}

// read reads the body. Where it returns an error, a part of the body may be left on the connection.
func (h *Handler) read(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	limit, err := h.maxBodyBytes()
	switch {
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		err = newError(codeMethodNotAllowed)
	case err == nil && r.ContentLength > limit:
		// Without reading, so that the server does not ask for the body with "100 Continue".
		err = newError(codeBodyTooLarge)
	}
	if r.Body == nil || r.ContentLength == 0 { // nil only in a request that no server made
		return nil, err
	}
	limited := h.limitTime(w, r)
	if err == nil {
		var body []byte
		body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
		if err == nil {
			if limited {
				// Else it would end the request's context while handlers run.
				_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
			}
			return body, nil
		}
	}
	if r.ProtoMajor < 2 {
		// The server would read on, for what a client that was refused may go on to send. In HTTP/2 it ends the stream, and
		// the connection stays.
		w.Header().Set("Connection", "close")
	}
	var known *Error
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &known):
		return nil, err
	case errors.As(err, &tooLarge):
		return nil, newError(codeBodyTooLarge)
	case errors.Is(err, http.ErrBodyReadAfterClose):
		return nil, readBefore()
	}
	var operation *net.OpError
	if errors.As(err, &operation) {
		err = operation.Err // without the client's address
	}
	unreadable := newError(codeUnreadableBody)
	unreadable.cause = err
	return nil, unreadable
}

// limitTime sets the time limit for the body, and tells whether it did: not where the server's own is shorter, and not
// where w does not support it.
func (h *Handler) limitTime(w http.ResponseWriter, r *http.Request) bool {
	timeout := defaultBodyTimeout
	if h != nil && h.bodyTimeout != nil {
		timeout = *h.bodyTimeout
	}
	server, _ := r.Context().Value(http.ServerContextKey).(*http.Server)
	if timeout <= 0 || server != nil && server.ReadTimeout > 0 && server.ReadTimeout <= timeout {
		return false
	}
	return http.NewResponseController(w).SetReadDeadline(time.Now().Add(timeout)) == nil
}

func readBefore() *Error {
	return refuseOption("the body of the request was read before this receiver could, so its bytes cannot be "+
		"verified: let what comes before it leave r.Body alone, or put the bytes back", nil)
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)+1))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // the client may be gone
}
