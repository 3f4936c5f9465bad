package tinkwebhooks

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"unsafe"
)

// SignatureHeader is the name of the header that carries the signature.
const SignatureHeader = "X-Tink-Signature"

// ServeHTTP receives deliveries over HTTP: mount it on any path. It takes POST only, reads no more than the cap
// ([WithMaxBodyBytes]), and answers with the status of the error table and a fixed text: "ok", the error's reason,
// "method_not_allowed" (405) or "unreadable_body" (408, after which Tink delivers again). A handler's message is never
// sent. What was refused goes to [slog.Default] and to the hook of [WithOnError].
//
// Handlers get the request's context.
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
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return newError(codeBodyTooLarge)
	case err != nil:
		return err
	}
	// One header field per line or several values in one are the same in HTTP, and the core judges them.
	signature := strings.Join(r.Header.Values(SignatureHeader), ",")
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
	slog.LogAttrs(r.Context(), level, "tink webhook: "+reason, slog.Int("status", status), slog.Any("error", err))
	if h != nil && h.onError != nil {
		h.onError(r, err)
	}
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)+1))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // the client may be gone
}
