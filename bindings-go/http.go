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

// ServeHTTP receives deliveries over HTTP: mount it on any path. It takes POST only, reads no more than the cap
// ([WithMaxBodyBytes]), and answers with the status of the error table and a fixed text: "ok", the error's reason,
// "method_not_allowed" (405) or "unreadable_body" (408, after which Tink delivers again). A handler's message is never
// sent. What was refused goes to the logger ([WithLogger]) and to the hook of [WithOnError].
//
// The body must not have been read before: its bytes are what was signed. Where it was, the answer is 500
// "invalid_option", so that the delivery is not lost, and the log says why.
//
// Handlers get the request's context, which ends when the client goes away.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
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
	if err != nil {
		return err
	}
	var body []byte
	if r.Body != nil { // nil only in a request that no server made
		body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	}
	// One header field per line or several values in one are the same in HTTP, and the core judges them.
	signature := strings.Join(r.Header.Values(SignatureHeader), ",")
	// Who leaves early is an error of the reading. A chunked body may be empty, but nobody signs an empty delivery.
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
	// Nobody else has these bytes, so they need no copy.
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
		// A bug of the application, and the reader of its log needs to see where.
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
