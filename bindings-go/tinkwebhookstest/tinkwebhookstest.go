// Package tinkwebhookstest helps to test receivers of Tink's webhooks. It makes signed deliveries of every known event,
// as [net/http/httptest] makes requests.
//
//	request := tinkwebhookstest.NewRequest("/webhooks/tink", "refresh:finished")
//	answer := httptest.NewRecorder()
//	receiver.ServeHTTP(answer, request) // any http.Handler
//
// As in httptest, its functions panic when they are used wrongly.
package tinkwebhookstest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
	"github.com/tink-webhooks/tink-webhooks/bindings-go/internal/bridge"
)

// Option changes a delivery.
type Option func(*delivery)

type delivery struct {
	secret        string
	at            time.Time
	scheme        tinkwebhooks.Scheme
	data, context map[string]any
	body          []byte
	bodyGiven     bool
	signature     *string
}

// WithSecret signs with this secret. The default is the first secret in the environment variable TINK_WEBHOOK_SECRET.
func WithSecret(secret string) Option {
	return func(d *delivery) { d.secret = secret }
}

// WithTime signs with this time in place of now.
func WithTime(at time.Time) Option {
	return func(d *delivery) { d.at = at }
}

// WithScheme signs with this scheme in place of [tinkwebhooks.SchemeV1].
func WithScheme(scheme tinkwebhooks.Scheme) Option {
	return func(d *delivery) { d.scheme = scheme }
}

// WithData replaces fields of the example's data, or adds some; the other fields stay. Values are encoded as by
// [json.Marshal]: json.Number("23.00") is written as 23.00, and nil as null.
func WithData(fields map[string]any) Option {
	return func(d *delivery) { d.data = fields }
}

// WithContext replaces fields of the example's context, such as "userId" and "externalUserId", or adds some.
func WithContext(fields map[string]any) Option {
	return func(d *delivery) { d.context = fields }
}

// WithBody delivers exactly these bytes. The event type and the options that change an example are then ignored.
func WithBody(body []byte) Option {
	return func(d *delivery) { d.body, d.bodyGiven = body, true }
}

// WithSignature delivers exactly this header value, for forgeries; nothing is signed. With an empty text there is no
// header.
func WithSignature(signature string) Option {
	return func(d *delivery) { d.signature = &signature }
}

// ExampleBody returns a payload of an event as Tink would send it: invented values in the documented shape. eventType
// is an exact name ("refresh:finished") or a snake_case type ([tinkwebhooks.TypeRefreshFinished]). For a name this
// version does not know it is an event of that name without data.
func ExampleBody(eventType tinkwebhooks.EventType) []byte {
	if body, ok := examples()[string(eventType)]; ok {
		return []byte(body)
	}
	return encode(map[string]any{"event": string(eventType), "content": map[string]any{}})
}

// NewDelivery returns the body of a signed delivery of an event and the value of its signature header, for calls of
// [tinkwebhooks.Handler.HandleWebhook] and similar methods.
func NewDelivery(eventType tinkwebhooks.EventType, opts ...Option) (body []byte, signature string) {
	chosen := delivery{scheme: tinkwebhooks.SchemeV1}
	for _, option := range opts {
		if option != nil {
			option(&chosen)
		}
	}
	body = chosen.body
	if !chosen.bodyGiven {
		body = chosen.payload(eventType)
	}
	if chosen.signature != nil {
		return body, *chosen.signature
	}
	secret := chosen.secret
	if first := strings.Fields(os.Getenv("TINK_WEBHOOK_SECRET")); secret == "" && len(first) > 0 {
		secret = first[0]
	}
	how := []tinkwebhooks.SignOption{tinkwebhooks.SignedWith(chosen.scheme)}
	if !chosen.at.IsZero() {
		how = append(how, tinkwebhooks.SignedAt(chosen.at))
	}
	signature, err := tinkwebhooks.GenerateSignature(body, secret, how...)
	if err != nil {
		panic("tinkwebhookstest: " + err.Error())
	}
	return body, signature
}

// NewRequest returns a request as a server receives it, to pass to an [http.Handler]: a signed delivery of an event.
// target is that of [httptest.NewRequest]: a path, or a whole URL.
func NewRequest(target string, eventType tinkwebhooks.EventType, opts ...Option) *http.Request {
	body, signature := NewDelivery(eventType, opts...)
	return signed(httptest.NewRequest(http.MethodPost, target, bytes.NewReader(body)), signature)
}

// NewClientRequest returns a request to send with [http.Client.Do] to a receiver that listens, such as an
// [httptest.Server].
func NewClientRequest(url string, eventType tinkwebhooks.EventType, opts ...Option) *http.Request {
	body, signature := NewDelivery(eventType, opts...)
	request, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		panic("tinkwebhookstest: " + err.Error())
	}
	return signed(request, signature)
}

func signed(request *http.Request, signature string) *http.Request {
	request.Header.Set("Content-Type", "application/json")
	if signature != "" {
		request.Header.Set(tinkwebhooks.SignatureHeader, signature)
	}
	return request
}

// examples holds the example of every known event, by its name and by its type.
var examples = sync.OnceValue(func() map[string]string {
	found := map[string]string{}
	for number := range uint32(1000) { // the library has no list of them
		eventType, body, ok := bridge.Example(number)
		if !ok {
			continue
		}
		var names struct{ Event, Type string }
		if err := json.Unmarshal([]byte(body), &names); err != nil {
			panic(err)
		}
		found[eventType], found[names.Event+names.Type] = body, body // an envelope has one of the two
	}
	return found
})

// payload is the example with the fields that the options set.
func (d *delivery) payload(eventType tinkwebhooks.EventType) []byte {
	body := ExampleBody(eventType)
	if d.data == nil && d.context == nil {
		return body
	}
	envelope := fields(body)
	dataKey := "data"
	if envelope["event"] != nil {
		dataKey = "content"
	}
	for key, changes := range map[string]map[string]any{dataKey: d.data, "context": d.context} {
		if changes == nil {
			continue
		}
		merged := fields(envelope[key])
		for name, value := range changes {
			merged[name] = encode(value)
		}
		envelope[key] = encode(merged)
	}
	return encode(envelope)
}

// fields returns the fields of an object; values stay as they are written.
func fields(object []byte) map[string]json.RawMessage {
	taken := map[string]json.RawMessage{}
	if object != nil {
		if err := json.Unmarshal(object, &taken); err != nil {
			panic(err)
		}
	}
	return taken
}

func encode(value any) json.RawMessage {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(fmt.Sprintf("tinkwebhookstest: %v", err))
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n"))
}
