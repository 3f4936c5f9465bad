package tinkwebhooks

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

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
func (n *Number) UnmarshalJSON(from []byte) error { return unmarshal(n, from, (*Number).accept) }

func (n *Number) accept(text string) bool {
	*n = Number(text)
	return text == "" || isNumber(text)
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
func (i *Int) UnmarshalJSON(from []byte) error { return unmarshal(i, from, (*Int).accept) }

func (i *Int) accept(text string) bool {
	value, err := strconv.ParseInt(text, 10, 64)
	*i = Int(value)
	return text == "" || err == nil
}

// Text is text that one of Tink's examples prints as a number, such as an account number; then it is the number's
// digits.
type Text string

// UnmarshalJSON reads text, or a number.
func (t *Text) UnmarshalJSON(from []byte) error { return unmarshal(t, from, (*Text).accept) }

func (t *Text) accept(text string) bool {
	*t = Text(text)
	return true
}

// Seconds since the epoch.
const yearOne, yearTenThousand = -62135596800, 253402300800

// Time is a moment, in UTC, that Tink writes as milliseconds since the epoch. 0 stands for "none", and is the zero time.
type Time struct{ time.Time }

// UnmarshalJSON reads milliseconds since the epoch, as a number or text, and RFC 3339, which Tink uses in other fields.
func (t *Time) UnmarshalJSON(from []byte) error { return unmarshal(t, from, (*Time).accept) }

func (t *Time) accept(text string) bool {
	*t = Time{}
	if text == "" || text == "0" {
		return true
	}
	var at time.Time
	if millis, err := strconv.ParseInt(text, 10, 64); err == nil {
		at = time.UnixMilli(millis)
	} else if at, err = time.Parse(time.RFC3339, text); err != nil {
		return false
	}
	*t = Time{at.UTC()}
	return yearOne <= t.Unix() && t.Unix() < yearTenThousand // other years could not be written
}

// MarshalJSON writes RFC 3339; null for the zero time.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return t.Time.MarshalJSON()
}

// unmarshal changes into only where accept returns true.
func unmarshal[T any](into *T, from []byte, accept func(into *T, text string) bool) error {
	text, err := scalar[T](from)
	if err != nil {
		return err
	}
	var value T
	if !accept(&value, text) {
		return misfit[T](from)
	}
	*into = value
	return nil
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
