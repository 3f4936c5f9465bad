package tinkwebhooks

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// decoder reads JSON from left to right. It accepts some texts that are not JSON. What the core accepts, it reads
// exactly as encoding/json does.
type decoder struct {
	text   string
	at     int
	failed bool
	// Where the next backslash is, len(text) where there is none. It is looked for where at has passed it.
	backslash int

	// For plans alone.
	arrays int    // how many arrays this is in
	spare  int    // how many bytes of memory may be reserved for elements that are yet to come
	room   []byte // for what UnmarshalJSON and UnmarshalText of the caller's get
}

// next skips white space and returns the byte after it, or 0 at the end.
func (d *decoder) next() byte {
	if d.at < len(d.text) && d.text[d.at] > ' ' {
		return d.text[d.at]
	}
	return d.behindSpace()
}

func (d *decoder) behindSpace() byte {
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
	if d.at < len(d.text) && d.text[d.at] == want || d.next() == want {
		d.at++
		return true
	}
	return false
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
	number, err := strconv.ParseFloat(d.digits(), 64)
	if err != nil {
		return d.fail()
	}
	return number
}

// whole reads the number that comes next if it is a whole one of at most 18 digits, without a sign.
func (d *decoder) whole() (number int64, ok bool) {
	at := d.at
	for ; at < len(d.text) && '0' <= d.text[at] && d.text[at] <= '9'; at++ {
		number = number*10 + int64(d.text[at]-'0')
	}
	if at == d.at || at-d.at > 18 || at == len(d.text) || strings.IndexByte(".eE", d.text[at]) >= 0 {
		return 0, false
	}
	d.at = at
	return number, true
}

// digits returns the text of the number that begins here; the empty text where there is none.
func (d *decoder) digits() string {
	start := d.at
	for d.at < len(d.text) {
		switch c := d.text[d.at]; {
		case '0' <= c && c <= '9', c == '.', c == '-', c == '+', c == 'e', c == 'E':
			d.at++
		default:
			return d.text[start:d.at]
		}
	}
	return d.text[start:]
}

// string reads the string that begins here with its opening quote.
func (d *decoder) string() string {
	start := d.at + 1
	length := strings.IndexByte(d.text[start:], '"')
	if length < 0 {
		d.fail()
		return ""
	}
	if d.escape(start) < start+length {
		return d.escaped(start, d.quote(start, start+length))
	}
	d.at = start + length + 1
	return d.text[start : start+length]
}

// escape returns where the next backslash is, from a place on; len(text) where there is none.
func (d *decoder) escape(from int) int {
	if d.backslash < from {
		more := strings.IndexByte(d.text[from:], '\\')
		if more < 0 {
			more = len(d.text) - from
		}
		d.backslash = from + more
	}
	return d.backslash
}

// escaped reads the string from start to end, which is where its closing quote is, or -1.
func (d *decoder) escaped(start, end int) string {
	if end < 0 {
		d.fail()
		return ""
	}
	decoded := make([]byte, 0, end-start)
	for at := start; at < end; {
		if next := min(d.escape(at), end); next > at {
			decoded = append(decoded, d.text[at:next]...)
			at = next
			continue
		}
		if letter := strings.IndexByte(`"\/bfnrt`, d.text[at+1]); letter >= 0 {
			decoded = append(decoded, "\"\\/\b\f\n\r\t"[letter])
			at += 2
			continue
		}
		r := d.unit(at, end)
		at += 6
		if utf16.IsSurrogate(r) { // half of a character: the other half comes next
			r = utf16.DecodeRune(r, d.unit(at, end))
			at += 6
			if r == utf8.RuneError {
				r = -1
			}
		}
		if r < 0 {
			d.fail()
			return ""
		}
		decoded = utf8.AppendRune(decoded, r)
	}
	d.at = end + 1
	return unsafe.String(unsafe.SliceData(decoded), len(decoded)) // nothing else refers to it
}

// unit returns the number of the \u escape at a place; -1 where there is none that ends before end.
func (d *decoder) unit(at, end int) rune {
	if end-at < 6 || d.text[at:at+2] != `\u` {
		return -1
	}
	number, err := strconv.ParseUint(d.text[at+2:at+6], 16, 16)
	if err != nil {
		return -1
	}
	return rune(number)
}

// quote returns where the string that begins at start ends, given its first quote; -1 where it has no end.
func (d *decoder) quote(start, at int) int {
	for {
		backslashes := 0
		for at-backslashes > start && d.text[at-backslashes-1] == '\\' {
			backslashes++
		}
		if backslashes%2 == 0 {
			return at
		}
		more := strings.IndexByte(d.text[at+1:], '"')
		if more < 0 {
			return -1
		}
		at += 1 + more
	}
}

// quoted reads a string, or fails.
func (d *decoder) quoted() string {
	if d.next() != '"' {
		d.fail()
		return ""
	}
	return d.string()
}

// scalar reads a string or a number as text, and null as the empty text, or fails.
func (d *decoder) scalar() string {
	switch first := d.next(); {
	case first == '"':
		return d.string()
	case first == '-', '0' <= first && first <= '9':
		return d.digits()
	}
	if !d.null() {
		d.fail()
	}
	return ""
}

// null reads null if it is next, and reports whether it was.
func (d *decoder) null() bool {
	if d.next() != 'n' {
		return false
	}
	d.literal("null", nil)
	return true
}

// raw returns the text of the value that comes next.
func (d *decoder) raw() string {
	depth := 0
	for first, start := d.next(), d.at; d.at < len(d.text); {
		switch d.text[d.at] {
		case '"':
			quote := strings.IndexByte(d.text[d.at+1:], '"')
			if quote >= 0 {
				quote = d.quote(d.at+1, d.at+1+quote)
			}
			if quote < 0 {
				d.fail()
				return ""
			}
			d.at = quote + 1
		case '{', '[':
			depth++
			d.at++
		case '}', ']':
			depth--
			d.at++
		default:
			if depth == 0 {
				return d.word(first)
			}
			d.at++
		}
		if depth <= 0 {
			return d.text[start:d.at]
		}
	}
	d.fail()
	return ""
}

// word returns the text of the number or the word that begins here.
func (d *decoder) word(first byte) string {
	start := d.at
	switch first {
	case 't':
		d.literal("true", nil)
	case 'f':
		d.literal("false", nil)
	case 'n':
		d.literal("null", nil)
	default:
		if d.digits() == "" {
			d.fail()
		}
	}
	return d.text[start:d.at]
}

// bytes returns a copy that the caller may keep and change.
func (d *decoder) bytes(text string) []byte {
	if len(text) > cap(d.room)-len(d.room) {
		if len(text) > 256 {
			return []byte(text)
		}
		d.room = make([]byte, 0, 1024)
	}
	start := len(d.room)
	d.room = append(d.room, text...)
	return d.room[start:len(d.room):len(d.room)]
}
