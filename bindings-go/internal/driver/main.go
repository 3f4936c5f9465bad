// Command driver runs the shared vectors against the Go binding. It reads cases, one per line, and writes answers. See
// tests/README.md.
//
// With an argument it verifies the body in pieces, for the cases that verify: "stream" in a stream of one piece, "bytes"
// in a stream byte by byte.
package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

// The driver removes each field of a case that it reads. The fields that are left are unknown to it.
type fields map[string]string

func (f fields) take(key string) (value string, ok bool) {
	value, ok = f[key]
	delete(f, key)
	return value, ok
}

func (f fields) takeBytes(key string) []byte {
	value, _ := f.take(key)
	return unhex(value)
}

// answer is the pairs of an answer, in order.
type answer []string

func (a *answer) put(key, value string)    { *a = append(*a, key+"="+value) }
func (a *answer) putHex(key, value string) { a.put(key, hex.EncodeToString([]byte(value))) }
func (a *answer) putInt(key string, value int64) {
	a.put(key, strconv.FormatInt(value, 10))
}

// inexpressible is the answer to a case that cannot be written in Go.
type inexpressible string

func (i inexpressible) Error() string { return string(i) }

func unhex(text string) []byte {
	bytes, err := hex.DecodeString(text)
	if err != nil {
		stop("not hex: " + text)
	}
	return bytes
}

func stop(why string) {
	fmt.Fprintln(os.Stderr, "go_driver:", why)
	os.Exit(2)
}

// run is one case: its handler object, and the handlers that ran.
type run struct {
	hooks *tinkwebhooks.Handler
	ran   []string
}

func newRun(in fields) (*run, error) {
	r := &run{}
	opts, err := options(in)
	if err != nil {
		return nil, err
	}
	registrations, _ := in.take("handlers")
	unregister, unregisters := in.take("unregister")
	if r.hooks, err = tinkwebhooks.NewHandler(opts...); err != nil {
		return nil, err
	}
	if err := r.registerAll(r.hooks, registrations); err != nil {
		return r, err
	}
	if unregisters {
		for _, key := range split(unregister) {
			if err := r.hooks.UnregisterHandlers(tinkwebhooks.EventType(unhex(key))); err != nil {
				return r, err
			}
		}
	}
	return r, nil
}

func (r *run) registerAll(with tinkwebhooks.Registrar, registrations string) error {
	seen := map[string]bool{}
	for _, item := range split(registrations) {
		parts := strings.Split(item, ":")
		if len(parts) != 3 {
			stop("not a handler: " + item)
		}
		if seen[parts[0]+parts[1]] {
			return inexpressible("Go cannot compare functions, so every registration counts")
		}
		seen[parts[0]+parts[1]] = true
		if err := r.register(with, tinkwebhooks.EventType(unhex(parts[0])), parts[1], parts[2]); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) register(with tinkwebhooks.Registrar, key tinkwebhooks.EventType, label, mode string) error {
	var opts []tinkwebhooks.RegisterOption
	mode, allow := strings.CutSuffix(mode, "+")
	if allow {
		opts = append(opts, tinkwebhooks.AllowUnknown())
	}
	_, err := with.RegisterHandler(key, func(context.Context, *tinkwebhooks.Event) error {
		r.ran = append(r.ran, label)
		if mode == "fail" {
			return errors.New(label)
		}
		return nil
	}, opts...)
	return err
}

// described returns Handlers with labels. Functions cannot be compared, so each is run to find its label.
func (r *run) described() string {
	var groups []string
	for key, handlers := range r.hooks.Handlers() {
		r.ran = nil
		for _, handler := range handlers {
			_ = handler(context.Background(), nil) // records its label
		}
		groups = append(groups, hex.EncodeToString([]byte(key))+":"+strings.Join(r.ran, " "))
	}
	r.ran = nil
	slices.Sort(groups)
	return strings.Join(groups, ",")
}

func split(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

func (a *answer) putVerification(v tinkwebhooks.Verification) {
	a.put("scheme", string(v.Scheme))
	a.putInt("secret_index", int64(v.SecretIndex))
	if !v.SignedAt.IsZero() {
		a.putInt("signed_at", v.SignedAt.Unix())
	}
	if v.DeliveryID != "" {
		a.put("delivery_id", v.DeliveryID)
	}
}

// native decodes JSON text to a Go value, and encodes that value again.
func native(decode func(any) error) string {
	var value any
	if err := decode(&value); err != nil {
		panic(err)
	}
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func (a *answer) putEvent(event *tinkwebhooks.Event) {
	a.put("type", string(event.Type()))
	a.putHex("name", event.Name())
	a.putHex("data", native(event.DecodeData))
	a.putInt("timestamp", event.Timestamp().UnixMilli())
	a.putHex("raw", native(func(v any) error { return json.Unmarshal(event.RawBody(), v) }))
	a.putHex("serialized", string(event.Serialize()))
	if key := event.IdempotencyKey(); key != "" {
		a.put("idempotency_key", key)
	}
	if text := event.Context(); text != nil {
		a.putHex("context", native(func(v any) error { return json.Unmarshal(text, v) }))
	}
	if id := event.UserID(); id != "" {
		a.putHex("user_id", id)
	}
	if id := event.ExternalUserID(); id != "" {
		a.putHex("external_user_id", id)
	}
	if v, ok := event.Verification(); ok {
		a.putVerification(v)
	}
}

func (a *answer) putError(err error) {
	var known *tinkwebhooks.Error
	var missing inexpressible
	switch {
	case errors.As(err, &missing):
		a.putHex("inexpressible", string(missing))
		return
	case !errors.As(err, &known):
		a.putHex("crash", err.Error())
		return
	}
	a.put("kind", string(known.Kind))
	a.put("reason", string(known.Reason))
	a.putInt("status", int64(known.HTTPStatus()))
	if age, ok := known.Age(); ok {
		a.putInt("age", age)
	}
	if tolerance, ok := known.Tolerance(); ok {
		a.putInt("tolerance", int64(tolerance.Seconds()))
	}
	if known.Hint != "" {
		a.putHex("hint", known.Hint)
	}
	var failed *tinkwebhooks.HandlerError
	if errors.As(err, &failed) {
		a.putInt("failures", int64(len(failed.Errors)))
	}
}

// respond answers a case, and leaves the fields in it that it does not know.
func respond(op string, in fields) (out answer) {
	defer func() {
		if value := recover(); value != nil {
			out = nil
			out.putHex("crash", fmt.Sprint(value))
			clear(in)
		}
	}()
	err := perform(op, in, &out)
	if err != nil {
		out.putError(err)
		clear(in) // the fields after the failure were not read
	}
	return out
}

func perform(op string, in fields, out *answer) error {
	switch op {
	case "mac":
		return inexpressible("this binding has no HMAC of arbitrary keys")
	case "sign":
		return sign(in, out)
	case "explain":
		return why(in, out)
	case "deserialize", "dispatch":
		return restore(op, in, out)
	}
	r, err := newRun(in)
	if r != nil && r.hooks != nil {
		defer r.hooks.Close()
	}
	if op == "handle" {
		defer func() {
			if r != nil {
				out.put("ran", strings.Join(r.ran, ","))
			}
		}()
	}
	if err != nil {
		return err
	}
	body, signature := in.takeBytes("body"), string(in.takeBytes("signature"))
	var event *tinkwebhooks.Event
	switch op {
	case "configure":
		out.put("ok", "1")
		out.put("handlers", r.described())
		return nil
	case "verify":
		v, err := r.verify(body, signature)
		if err == nil {
			out.put("ok", "1")
			out.putVerification(v)
		}
		return err
	case "construct":
		event, err = r.construct(body, signature)
	case "parse":
		event, err = r.hooks.ParseEvent(body)
	case "handle":
		event, err = r.hooks.HandleWebhook(context.Background(), body, signature)
	default:
		stop("unknown op " + op)
	}
	if err == nil {
		out.put("ok", "1")
		out.putEvent(event)
	}
	return err
}

// restore is a worker: it has no secret.
func restore(op string, in fields, out *answer) error {
	worker, err := tinkwebhooks.NewDispatcher()
	if err != nil {
		return err
	}
	defer worker.Close()
	r := &run{}
	if op == "dispatch" {
		defer func() { out.put("ran", strings.Join(r.ran, ",")) }()
	}
	registrations, _ := in.take("handlers")
	if err := r.registerAll(worker, registrations); err != nil {
		return err
	}
	event, err := tinkwebhooks.Deserialize(in.takeBytes("body"))
	if err == nil && op == "dispatch" {
		err = worker.Dispatch(context.Background(), event)
	}
	if err == nil {
		out.put("ok", "1")
		out.putEvent(event)
	}
	return err
}

// pieceSize is the size of the pieces for a stream; 0 for no stream.
var pieceSize int

// verify verifies the body whole or in a stream, as the driver's argument says.
func (r *run) verify(body []byte, signature string) (tinkwebhooks.Verification, error) {
	if pieceSize == 0 {
		return r.hooks.VerifySignature(body, signature)
	}
	stream, err := r.hooks.BeginVerification(signature)
	if err != nil {
		_, whole := r.hooks.VerifySignature(body, signature)
		if errors.Is(whole, tinkwebhooks.ErrBodyTooLarge) {
			return tinkwebhooks.Verification{}, inexpressible("a stream sees the header before it can count the body")
		}
		return tinkwebhooks.Verification{}, err
	}
	defer stream.Close()
	for piece := range slices.Chunk(body, pieceSize) {
		_, _ = stream.Write(piece) // Finish returns the error
	}
	return stream.Finish()
}

// construct verifies with the stream first, if there is one. The payload is read only if the signature holds.
func (r *run) construct(body []byte, signature string) (*tinkwebhooks.Event, error) {
	if pieceSize == 0 {
		return r.hooks.ConstructEvent(body, signature)
	}
	proof, err := r.verify(body, signature)
	if err != nil {
		return nil, err
	}
	event, err := r.hooks.ConstructEvent(body, signature)
	if err == nil {
		if whole, ok := event.Verification(); !ok || whole != proof {
			stop("the pieces prove something else than the whole")
		}
	}
	return event, err
}

func main() {
	switch {
	case len(os.Args) == 1:
	case len(os.Args) == 2 && os.Args[1] == "stream":
		pieceSize = math.MaxInt
	case len(os.Args) == 2 && os.Args[1] == "bytes":
		pieceSize = 1
	default:
		stop("usage: go_driver [stream|bytes]")
	}
	// A body of 2 MiB is a line of 4.
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		in := fields{}
		for _, field := range strings.Split(strings.TrimSuffix(line, "\n"), "\t") {
			key, value, _ := strings.Cut(field, "=")
			in[key] = value
		}
		id, _ := in.take("id")
		op, _ := in.take("op")
		out := respond(op, in)
		if len(in) > 0 {
			stop(fmt.Sprintf("%s: unknown fields %v", id, in))
		}
		fmt.Println(strings.Join(append([]string{"id=" + id}, out...), "\t"))
	}
}

// why answers with an explanation, which is never an error.
func why(in fields, out *answer) error {
	var secrets []string
	if listed, _ := in.take("secrets"); listed != "[]" {
		for _, secret := range strings.Split(listed, ",") {
			secrets = append(secrets, string(unhex(secret)))
		}
	}
	now, _ := in.take("now")
	seconds, err := strconv.ParseInt(now, 10, 64)
	if err != nil {
		return inexpressible("now is no whole number")
	}
	body, signature := in.takeBytes("body"), in.takeBytes("signature")
	found, err := tinkwebhooks.Explain(body, string(signature), secrets, time.Unix(seconds, 0))
	if errors.Is(err, tinkwebhooks.ErrInvalidOption) { // without cgo
		return inexpressible(err.Error())
	}
	if err != nil {
		return err
	}
	causes := make([]string, len(found.Causes))
	for i, cause := range found.Causes {
		causes[i] = string(cause)
	}
	proved := int64(0)
	if found.Proved {
		proved = 1
	}
	out.put("ok", "1")
	out.put("cause", string(found.Cause))
	out.put("causes", strings.Join(causes, ","))
	out.putInt("proved", proved)
	out.putHex("where", found.Where)
	out.putHex("fix", found.Fix)
	out.putHex("text", found.String())
	if found.SecretIndex >= 0 {
		out.putInt("secret_index", int64(found.SecretIndex))
	}
	if original := found.OriginalBody(); original != nil {
		out.putHex("original", string(original))
	}
	return nil
}
