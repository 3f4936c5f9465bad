package tinkwebhooks

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// decode is json.Unmarshal for text that the core has accepted. Into an empty interface or map it takes a third of the
// time, because it does not check the text again, and its strings share the text's memory.
func decode(text string, v any) error {
	switch target := v.(type) {
	case *map[string]any:
		if target != nil && *target == nil {
			if object, ok := decodeValue(text).(map[string]any); ok {
				*target = object
				return nil
			}
		}
	case *any:
		if target != nil && *target == nil {
			if value := decodeValue(text); value != nil {
				*target = value
				return nil
			}
		}
	}
	// A copy, because an UnmarshalJSON of the caller's may change its input.
	return json.Unmarshal([]byte(text), v)
}

// decodeValue returns nil for null, and for text that is not JSON: decode then calls json.Unmarshal.
func decodeValue(text string) any {
	d := decoder{text: text}
	value := d.value()
	if d.skipSpace(); d.failed || d.at < len(text) {
		return nil
	}
	return value
}

// decoder reads JSON from left to right. It accepts some texts that are not JSON. What the core accepts, it reads
// exactly as encoding/json does.
type decoder struct {
	text   string
	at     int
	failed bool
}

// next skips white space and returns the byte after it, or 0 at the end.
func (d *decoder) next() byte {
	d.skipSpace()
	if d.at == len(d.text) {
		return 0
	}
	return d.text[d.at]
}

func (d *decoder) skipSpace() {
	for d.at < len(d.text) && (d.text[d.at] == ' ' || d.text[d.at] == '\n' || d.text[d.at] == '\t' || d.text[d.at] == '\r') {
		d.at++
	}
}

// take skips the byte if it is next, and reports whether it was.
func (d *decoder) take(want byte) bool {
	if d.next() != want {
		return false
	}
	d.at++
	return true
}

func (d *decoder) fail() any {
	d.failed, d.at = true, len(d.text)
	return nil
}

func (d *decoder) value() any {
	switch first := d.next(); first {
	case '{':
		return d.object()
	case '[':
		return d.array()
	case '"':
		return d.string()
	case 't':
		return d.literal("true", true)
	case 'f':
		return d.literal("false", false)
	case 'n':
		return d.literal("null", nil)
	default:
		return d.number()
	}
}

// object keeps the last value of a key that appears twice, as encoding/json does.
func (d *decoder) object() any {
	d.at++
	object := map[string]any{}
	if d.take('}') {
		return object
	}
	for d.next() == '"' {
		key := d.string()
		if !d.take(':') {
			break
		}
		object[key] = d.value()
		if d.take('}') {
			return object
		}
		if !d.take(',') {
			break
		}
	}
	return d.fail()
}

func (d *decoder) array() any {
	d.at++
	array := []any{}
	if d.take(']') {
		return array
	}
	for !d.failed {
		array = append(array, d.value())
		if d.take(']') {
			return array
		}
		if !d.take(',') {
			break
		}
	}
	return d.fail()
}

func (d *decoder) literal(word string, value any) any {
	if !strings.HasPrefix(d.text[d.at:], word) {
		return d.fail()
	}
	d.at += len(word)
	return value
}

func (d *decoder) number() any {
	start := d.at
	for d.at < len(d.text) && strings.IndexByte("+-.0123456789Ee", d.text[d.at]) >= 0 {
		d.at++
	}
	number, err := strconv.ParseFloat(d.text[start:d.at], 64)
	if err != nil {
		return d.fail()
	}
	return number
}

// string reads the string that begins here with its opening quote.
func (d *decoder) string() string {
	start := d.at + 1
	length := strings.IndexByte(d.text[start:], '"')
	if length < 0 {
		d.fail()
		return ""
	}
	plain := d.text[start : start+length]
	if strings.IndexByte(plain, '\\') < 0 {
		d.at = start + length + 1
		return plain
	}
	return d.escaped(start + strings.IndexByte(plain, '\\'))
}

// escaped reads the string that begins here with its opening quote, and has its first backslash at backslash.
func (d *decoder) escaped(backslash int) string {
	end := backslash
	for end < len(d.text) && d.text[end] != '"' {
		if d.text[end] == '\\' {
			end++
		}
		end++
	}
	var decoded string
	if end >= len(d.text) || json.Unmarshal([]byte(d.text[d.at:end+1]), &decoded) != nil {
		d.fail()
		return ""
	}
	d.at = end + 1
	return decoded
}

// Tink writes some values as a number in one place and as text in another. These types read both. Empty text and null
// are the zero value.

// Number is a number as Tink wrote it: 23.00 stays "23.00". A decimal library takes it as text
// (decimal.NewFromString(string(n))), and so does [math/big.Rat.SetString]; [Number.Float64] loses precision.
type Number string

// Float64 returns the nearest float64; 0 for the empty Number.
func (n Number) Float64() (float64, error) {
	if n == "" {
		return 0, nil
	}
	return strconv.ParseFloat(string(n), 64)
}

// Int64 returns the integer; 0 for the empty Number. A number with a fraction, even 1.0, is an error.
func (n Number) Int64() (int64, error) {
	if n == "" {
		return 0, nil
	}
	return strconv.ParseInt(string(n), 10, 64)
}

// UnmarshalJSON reads a number, or text that is one.
func (n *Number) UnmarshalJSON(from []byte) error {
	text, err := scalar[Number](from)
	if err == nil && text != "" && !isNumber(text) {
		err = misfit[Number](from)
	}
	if err == nil {
		*n = Number(text)
	}
	return err
}

// MarshalJSON writes a number; null for the empty Number.
func (n Number) MarshalJSON() ([]byte, error) {
	if n == "" {
		return []byte("null"), nil
	}
	if !isNumber(string(n)) {
		return nil, fmt.Errorf("tinkwebhooks: %q is not a JSON number", string(n))
	}
	return []byte(n), nil
}

// Int is a whole number.
type Int int64

// UnmarshalJSON reads a number, or text that is one.
func (i *Int) UnmarshalJSON(from []byte) error {
	text, err := scalar[Int](from)
	if err != nil {
		return err
	}
	var value int64
	if text != "" {
		if value, err = strconv.ParseInt(text, 10, 64); err != nil {
			return misfit[Int](from)
		}
	}
	*i = Int(value)
	return nil
}

// Text is text that one of Tink's examples prints as a number, such as an account number; then it is the number's
// digits.
type Text string

// UnmarshalJSON reads text, or a number.
func (t *Text) UnmarshalJSON(from []byte) error {
	text, err := scalar[Text](from)
	if err == nil {
		*t = Text(text)
	}
	return err
}

// Time is a moment, in UTC, that Tink writes as milliseconds since the epoch. 0 stands for "none", and is the zero time.
type Time struct{ time.Time }

// UnmarshalJSON reads milliseconds since the epoch, as a number or text, and RFC 3339, which Tink uses in other fields.
func (t *Time) UnmarshalJSON(from []byte) error {
	text, err := scalar[Time](from)
	if err != nil {
		return err
	}
	if text == "" || text == "0" {
		*t = Time{}
		return nil
	}
	var at time.Time
	if millis, notMillis := strconv.ParseInt(text, 10, 64); notMillis == nil {
		at = time.UnixMilli(millis)
	} else if at, err = time.Parse(time.RFC3339, text); err != nil {
		return misfit[Time](from)
	}
	if year := at.UTC().Year(); year < 1 || year > 9999 { // which could not be written
		return misfit[Time](from)
	}
	*t = Time{at.UTC()}
	return nil
}

// MarshalJSON writes RFC 3339; null for the zero time.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return t.Time.MarshalJSON()
}

// scalar returns the text of a JSON string or number; the empty text for null.
func scalar[T any](from []byte) (text string, err error) {
	switch {
	case string(from) == "null":
		return "", nil
	case len(from) > 0 && from[0] == '"':
		if json.Unmarshal(from, &text) != nil {
			return "", misfit[T](from)
		}
		return text, nil
	case isNumber(string(from)):
		return string(from), nil
	}
	return "", misfit[T](from)
}

// isNumber reports whether text is a JSON number. No other JSON value begins with a digit or a minus sign.
func isNumber(text string) bool {
	return text != "" && (text[0] == '-' || '0' <= text[0] && text[0] <= '9') && json.Valid([]byte(text)) &&
		strings.TrimSpace(text) == text
}

// misfit returns an error with the kind of value that was found, without the value. Package json adds the field's name.
func misfit[T any](from []byte) error {
	found := "number"
	switch {
	case len(from) == 0:
	case from[0] == '"':
		found = "string"
	case from[0] == '{':
		found = "object"
	case from[0] == '[':
		found = "array"
	case from[0] == 't', from[0] == 'f':
		found = "bool"
	}
	return &json.UnmarshalTypeError{Value: found, Type: reflect.TypeFor[T]()}
}
