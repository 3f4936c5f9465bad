package tinkwebhooks

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"unsafe"
)

// SignatureHeader is the name of the header that carries the signature.
const SignatureHeader = "X-Tink-Signature"

// ServeHTTP receives deliveries over HTTP, on any path. It accepts POST only, reads at most as many bytes as
// [WithMaxBodyBytes] allows, and answers with the error's status and a fixed text: "ok", the error's reason,
// "method_not_allowed" (405) or "unreadable_body" (408, after which Tink delivers again). A handler's message is never
// sent. Errors go to the logger ([WithLogger]) and to the hook of [WithOnError].
//
// The body must not have been read before, because its exact bytes were signed. If it was, the answer is 500
// "invalid_option", so that Tink delivers again, and the log says why.
//
// Handlers get the request's context, which ends when the client goes away.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		closeIfLeft(w, r)
		answer(w, http.StatusMethodNotAllowed, "method_not_allowed")
		return
	}
	err := h.receive(w, r)
	if err == nil {
		answer(w, http.StatusOK, "ok")
		return
	}
	status, text := http.StatusRequestTimeout, "unreadable_body"
	var known *Error
	if errors.As(err, &known) {
		status, text = known.HTTPStatus(), string(known.Reason)
	}
	h.report(r, err, status, text)
	answer(w, status, text)
}

func (h *Handler) receive(w http.ResponseWriter, r *http.Request) error {
	limit, err := h.maxBodyBytes()
	if err == nil && r.ContentLength > limit {
		// Without reading, so that the server does not ask for the body with "100 Continue".
		err = newError(codeBodyTooLarge)
	}
	if err != nil {
		closeIfLeft(w, r)
		return err
	}
	var body []byte
	if r.Body != nil { // nil only in a request that no server made
		body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	}
	if err != nil {
		closeIfLeft(w, r)
	}
	// In HTTP, several header fields are the same as one with several values. The core checks them.
	signature := strings.Join(r.Header.Values(SignatureHeader), ",")
	// A client that disconnects is an error of the reading. A chunked body may be empty, but an empty one is never signed.
	missing := int64(len(body)) < r.ContentLength || len(body) == 0 && r.ContentLength < 0 && signature != ""
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return newError(codeBodyTooLarge)
	case errors.Is(err, http.ErrBodyReadAfterClose), err == nil && missing:
		return refuseOption("the body of the request was read before this receiver could, so its bytes cannot be "+
			"verified: let what comes before it leave r.Body alone, or put the bytes back", nil)
	case err != nil:
		return err
	}
	// No other code has these bytes, so they need no copy.
	_, err = h.handle(r.Context(), unsafe.String(unsafe.SliceData(body), len(body)), signature)
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

// closeIfLeft closes the connection after an answer that is given before the body's end: the server would read on, for
// what a client that was refused may go on to send. In HTTP/2 the server ends the stream, and the connection stays.
func closeIfLeft(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength != 0 && r.ProtoMajor < 2 {
		w.Header().Set("Connection", "close")
	}
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)+1))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // the client may be gone
}
