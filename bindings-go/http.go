package tinkwebhooks

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
	"unsafe"
)

// SignatureHeader is the name of the header that carries the signature.
const SignatureHeader = "X-Tink-Signature"

// ServeHTTP receives deliveries over HTTP, on any path. It accepts POST only, reads at most as many bytes as
// [WithMaxBodyBytes] allows, for at most as long as [WithBodyTimeout] allows, and answers with the error's status and a
// fixed text: "ok", or the error's reason, such as "method_not_allowed" (405) or "unreadable_body" (408, after which Tink
// delivers again). A handler's message is never sent. Errors go to the logger ([WithLogger]) and to the hook of
// [WithOnError].
//
// The body must not have been read before, because its exact bytes were signed. If it was, the answer is 500
// "invalid_option", so that Tink delivers again, and the log says why.
//
// Handlers get the request's context, which ends when the client goes away.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
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
		h.conclude(w, r, err)
		if ended { // the server only closes the connection
			_ = http.NewResponseController(w).Flush()
		}
	}()
	err = h.receive(w, r, &done)
}

// errNoReturn stands for an error that is not known yet.
var errNoReturn = errors.New("no return")

// conclude reports and answers.
func (h *Handler) conclude(w http.ResponseWriter, r *http.Request, err error) {
	if err == nil {
		answer(w, http.StatusOK, "ok")
		return
	}
	var known *Error
	errors.As(err, &known) // always: receive has no other errors
	status, text := known.HTTPStatus(), string(known.Reason)
	h.report(r, err, status, text)
	answer(w, status, text)
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
	return h.handle(r.Context(), unsafe.String(unsafe.SliceData(body), len(body)), signature, done)
}

// read reads the body. Where it returns an error, a part of the body may be left on the connection.
func (h *Handler) read(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	limit, err := h.maxBodyBytes()
	switch {
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		err = requestError(ErrMethodNotAllowed, nil)
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
	return nil, requestError(ErrUnreadableBody, err)
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

// requestError is an error of kind ErrInvalidRequest.
func requestError(reason ErrorCode, cause error) *Error {
	err := &Error{Kind: ErrInvalidRequest, Reason: reason, cause: cause}
	if reason == ErrMethodNotAllowed {
		err.status, err.Message = http.StatusMethodNotAllowed, "a delivery is a POST request"
	} else {
		err.status, err.Message = http.StatusRequestTimeout, "the body did not arrive whole: the client left, or was too slow"
	}
	return err
}

func (h *Handler) report(r *http.Request, err error, status int, reason string) {
	level := slog.LevelInfo
	switch {
	case status >= http.StatusInternalServerError:
		level = slog.LevelError
	case status >= http.StatusBadRequest:
		level = slog.LevelWarn
	}
	logger := slog.Default()
	if h != nil && h.logger != nil {
		logger = h.logger
	}
	attrs := []slog.Attr{slog.Int("status", status), slog.Any("error", err)}
	var panicked *PanicError
	if errors.As(err, &panicked) {
		// A bug in the application: its log needs the place.
		attrs = append(attrs, slog.String("stack", string(panicked.Stack)))
	}
	logger.LogAttrs(r.Context(), level, "tink webhook: "+reason, attrs...)
	if h == nil || h.onError == nil {
		return
	}
	defer func() {
		if value := recover(); value != nil {
			logger.LogAttrs(r.Context(), slog.LevelError, "tink webhook: the on-error hook failed",
				slog.Any("panic", value), slog.String("stack", string(debug.Stack())))
		}
	}()
	h.onError(r, err)
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)+1))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // the client may be gone
}
