package tinkwebhooks

import (
	"encoding"
	"encoding/base64"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unsafe"
)

// decodeZero decodes into what target points to if that is the zero value and everything is ordinary. Otherwise it
// leaves it as it was and returns false. An UnmarshalJSON of a part may have run even so.
func decodeZero(text string, target reflect.Value) bool {
	if target.Kind() != reflect.Pointer || target.IsNil() || !target.Elem().IsZero() {
		return false
	}
	d := decoder{text: text, backslash: -1, spare: 2 * len(text)}
	d.follow(planFor(target.Type()), target.UnsafePointer())
	if d.skipSpace(); d.failed || d.at < len(text) {
		target.Elem().SetZero()
		return false
	}
	return true
}

// follow decodes the value that comes next into the memory at a pointer, which holds the zero value of the plan's type.
//
// What makes the pointers here good: each is one that package reflect gave for a value of the plan's type, or that plus
// the offset of a field or an element inside it, by the same package.
func (d *decoder) follow(p *plan, into unsafe.Pointer) {
	if d.next() == 'n' && p.does < doRaw {
		d.literal("null", nil) // which is the zero value
		return
	}
	switch p.does {
	case doStruct:
		d.structure(p, into)
	case doPointer:
		made := reflect.New(p.t.Elem()).UnsafePointer()
		*(*unsafe.Pointer)(into) = made
		d.follow(p.inner, made)
	case doSlice:
		d.slice(p, into)
	case doArray:
		d.fixed(p, into)
	case doMap:
		d.mapping(p, into)
	case doTexts:
		d.texts((*map[string]string)(into))
	case doObject:
		if d.opens('{') {
			*(*map[string]any)(into), _ = d.object().(map[string]any)
		}
	case doAny:
		*(*any)(into) = d.value()
	case doString:
		*(*string)(into) = d.quoted()
	case doNumber:
		d.exactNumber((*json.Number)(into))
	case doBool:
		if *(*bool)(into) = d.next() == 't'; *(*bool)(into) {
			d.literal("true", nil)
		} else {
			d.literal("false", nil)
		}
	case doInt:
		d.setInt(into, p.size, d.digits())
	case doTime:
		if millis, plain := d.whole(); plain && 0 < millis && millis < 1000*yearTenThousand {
			*(*Time)(into) = Time{time.UnixMilli(millis).UTC()}
		} else if text := d.scalar(); d.failed || !(*Time)(into).accept(text) {
			d.fail()
		}
	case doUint:
		d.setUint(into, p.size, d.digits())
	case doFloat:
		d.setFloat(into, p.size)
	case doRaw:
		*(*[]byte)(into) = d.bytes(d.raw())
	case doScalar:
		if text := d.scalar(); d.failed || !p.accept(into, text) {
			d.fail()
		}
	case doUnmarshal:
		raw := d.raw()
		if d.failed || reflect.NewAt(p.t, into).Interface().(json.Unmarshaler).UnmarshalJSON(d.bytes(raw)) != nil {
			d.fail()
		}
	case doUnmarshalText:
		d.unmarshalText(p, into, d.quoted())
	case doQuoted:
		d.unquoted(p, into)
	default:
		d.fail()
	}
}

// opens reports whether the value that comes next begins so, and fails where it does not.
func (d *decoder) opens(with byte) bool {
	if d.next() != with {
		d.fail()
		return false
	}
	return true
}

// structure gives up where a key comes twice: the second value would have to be merged into the first.
func (d *decoder) structure(p *plan, into unsafe.Pointer) {
	if !d.take('{') {
		d.fail()
		return
	}
	if d.take('}') {
		return
	}
	var seen seenFields
	next := 0
	for d.next() == '"' {
		place := p.inOrder(d, next)
		if place < 0 {
			key := d.string()
			if !d.take(':') {
				break
			}
			if place = p.find(key); place < 0 {
				d.raw()
			}
		}
		if place >= 0 {
			if seen[place/64]&(1<<(place%64)) != 0 {
				break
			}
			seen[place/64] |= 1 << (place % 64)
			next = place + 1
			one := &p.fields[place]
			at := into
			for _, step := range one.steps {
				pointer := (*unsafe.Pointer)(unsafe.Add(at, step.offset))
				if *pointer == nil {
					*pointer = reflect.New(step.t).UnsafePointer()
				}
				at = *pointer
			}
			d.follow(one.plan, unsafe.Add(at, one.offset))
		}
		if d.take(',') {
			continue
		}
		if d.take('}') {
			return
		}
		break
	}
	d.fail()
}

// inOrder reads the key that comes next if it is that of the next field, or of one soon behind it, as most often it is,
// and returns that field's place; else -1.
func (p *plan) inOrder(d *decoder, next int) int {
	for place := next; place < min(next+4, len(p.fields)); place++ {
		if key := p.fields[place].key; strings.HasPrefix(d.text[d.at:], key) {
			d.at += len(key)
			return place
		}
	}
	return -1
}

// find returns the place of the field for a key, or -1.
func (p *plan) find(key string) int {
	if place, known := p.exact[key]; known {
		return place
	}
	var room [64]byte
	if place, known := p.folded[string(appendFolded(room[:0], key))]; known {
		return place
	}
	return -1
}

func (d *decoder) slice(p *plan, into unsafe.Pointer) {
	if d.next() == '"' && p.t.Elem().Kind() == reflect.Uint8 {
		decoded, err := base64.StdEncoding.DecodeString(d.string())
		if *(*[]byte)(into) = decoded; err != nil {
			d.fail()
		}
		return
	}
	v := reflect.NewAt(p.t, into).Elem()
	if !d.opens('[') {
		return
	}
	d.at++
	if d.take(']') {
		v.Set(reflect.MakeSlice(p.t, 0, 0))
		return
	}
	d.arrays++
	start, room := d.at, 0
	for length := 1; !d.failed; length++ {
		if length > room {
			more := 1
			if length == 2 {
				more = d.expected(d.at-start, int(p.size))
			}
			v.Grow(more)
			room = v.Cap()
		}
		v.SetLen(length)
		d.follow(p.inner, unsafe.Add(v.UnsafePointer(), uintptr(length-1)*p.size))
		if d.take(',') {
			continue
		}
		if d.take(']') {
			break
		}
		d.fail()
	}
	d.arrays--
}

// expected is how many more elements the array has, judged by its first one, which took so many bytes of text. It is 1
// inside another array, and otherwise not more than what fits into memory of the text's size, so that text cannot make
// this reserve more than it is worth.
func (d *decoder) expected(first, size int) int {
	more := (len(d.text) - d.at) / (first + 1)
	if d.arrays > 1 || more < 1 || size > d.spare/more {
		return 1
	}
	d.spare -= more * size
	return more
}

func (d *decoder) fixed(p *plan, into unsafe.Pointer) {
	if !d.opens('[') {
		return
	}
	d.at++
	if d.take(']') {
		return
	}
	for index := 0; !d.failed; index++ {
		if index < p.t.Len() {
			d.follow(p.inner, unsafe.Add(into, uintptr(index)*p.size))
		} else {
			d.raw()
		}
		if d.take(',') {
			continue
		}
		if d.take(']') {
			return
		}
		d.fail()
	}
}

// mapping decodes a map. Of a key that comes twice the last value counts, whole.
func (d *decoder) mapping(p *plan, into unsafe.Pointer) {
	if !d.opens('{') {
		return
	}
	made := reflect.MakeMap(p.t)
	reflect.NewAt(p.t, into).Elem().Set(made)
	var name, element reflect.Value
	d.members(func(text string) {
		if !element.IsValid() {
			name, element = reflect.New(p.t.Key()), reflect.New(p.t.Elem())
		} else {
			name.Elem().SetZero()
			element.Elem().SetZero()
		}
		d.follow(p.inner, element.UnsafePointer())
		d.mapKey(p.key, name.UnsafePointer(), text)
		if !d.failed {
			made.SetMapIndex(name.Elem(), element.Elem())
		}
	})
}

func (d *decoder) mapKey(p *plan, into unsafe.Pointer, text string) {
	switch p.does {
	case doString:
		*(*string)(into) = text
	case doInt:
		d.setInt(into, p.size, text)
	case doUint:
		d.setUint(into, p.size, text)
	case doUnmarshalText:
		d.unmarshalText(p, into, text)
	default:
		d.fail()
	}
}

// members reads an object and calls value for every key, which reads the value behind it.
func (d *decoder) members(value func(key string)) {
	d.at++
	if d.take('}') {
		return
	}
	for d.next() == '"' {
		key := d.string()
		if !d.take(':') {
			break
		}
		value(key)
		if d.take(',') {
			continue
		}
		if d.take('}') {
			return
		}
		break
	}
	d.fail()
}

func (d *decoder) texts(into *map[string]string) {
	if !d.opens('{') {
		return
	}
	made := map[string]string{}
	*into = made
	d.members(func(key string) {
		if d.null() {
			made[key] = ""
		} else {
			made[key] = d.quoted()
		}
	})
}

func (d *decoder) exactNumber(into *json.Number) {
	if d.next() != '"' {
		if *into = json.Number(d.digits()); *into == "" {
			d.fail()
		}
		return
	}
	text := d.string()
	if *into = json.Number(text); !isNumber(text) {
		d.fail()
	}
}

func (d *decoder) setInt(into unsafe.Pointer, size uintptr, text string) {
	number, err := strconv.ParseInt(text, 10, int(8*size))
	if err != nil {
		d.fail()
		return
	}
	switch size {
	case 1:
		*(*int8)(into) = int8(number)
	case 2:
		*(*int16)(into) = int16(number)
	case 4:
		*(*int32)(into) = int32(number)
	default:
		*(*int64)(into) = number
	}
}

func (d *decoder) setUint(into unsafe.Pointer, size uintptr, text string) {
	number, err := strconv.ParseUint(text, 10, int(8*size))
	if err != nil {
		d.fail()
		return
	}
	switch size {
	case 1:
		*(*uint8)(into) = uint8(number)
	case 2:
		*(*uint16)(into) = uint16(number)
	case 4:
		*(*uint32)(into) = uint32(number)
	default:
		*(*uint64)(into) = number
	}
}

func (d *decoder) setFloat(into unsafe.Pointer, size uintptr) {
	number, err := strconv.ParseFloat(d.digits(), int(8*size))
	if err != nil {
		d.fail()
		return
	}
	if size == 4 {
		*(*float32)(into) = float32(number)
	} else {
		*(*float64)(into) = number
	}
}

func (d *decoder) unmarshalText(p *plan, into unsafe.Pointer, text string) {
	if d.failed || reflect.NewAt(p.t, into).Interface().(encoding.TextUnmarshaler).UnmarshalText(d.bytes(text)) != nil {
		d.fail()
	}
}

// unquoted reads the value of a field with the option `string`.
func (d *decoder) unquoted(p *plan, into unsafe.Pointer) {
	if d.next() == 'n' {
		d.follow(p.inner, into)
		return
	}
	text := d.quoted()
	// encoding/json also takes what is not quite JSON, and null in two ways.
	if text == "null" || strings.Trim(text, " \t\r\n") != text || !json.Valid([]byte(text)) {
		d.fail()
		return
	}
	inside := decoder{text: text, backslash: -1}
	inside.follow(p.inner, into)
	if inside.failed || inside.at < len(text) {
		d.fail()
	}
}
