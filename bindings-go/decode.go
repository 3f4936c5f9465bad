package tinkwebhooks

import (
	"encoding/json"
	"strconv"
	"strings"
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
