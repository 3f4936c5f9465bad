package tinkwebhooks

import (
	"encoding"
	"encoding/base64"
	"encoding/json"
	"reflect"
	"strconv"
	"sync"
)

// A plan decodes the value that comes next into v, which is settable and the zero value. It says how encoding/json
// decodes into a type, found out once per type. Whatever is out of the ordinary (a value that does not fit, a key that
// comes twice, a type that cannot be decoded into) makes it fail: then encoding/json decodes the whole, so that its
// results and its errors are the only ones.
type plan func(d *decoder, v reflect.Value)

var (
	plans           sync.Map // of plan, by reflect.Type
	unmarshalerType = reflect.TypeFor[json.Unmarshaler]()
	textType        = reflect.TypeFor[encoding.TextUnmarshaler]()
	numberType      = reflect.TypeFor[json.Number]()
)

// decodeZero decodes into what target points to if that is the zero value and everything is ordinary. Otherwise it
// leaves it as it was and returns false. An UnmarshalJSON may have run even so.
func decodeZero(text string, target reflect.Value) bool {
	if target.Kind() != reflect.Pointer || target.IsNil() || !target.Elem().IsZero() {
		return false
	}
	found, planned := plans.Load(target.Type())
	if !planned {
		made := outermost(target.Type())
		found, _ = plans.LoadOrStore(target.Type(), made)
	}
	d := decoder{text: text, spare: 2 * len(text)}
	found.(plan)(&d, target.Elem())
	if d.skipSpace(); d.failed || d.at < len(text) {
		target.Elem().SetZero()
		return false
	}
	return true
}

// outermost is the plan for what a pointer of the caller's points to.
func outermost(pointer reflect.Type) plan {
	if pointer.Name() != "" || pointer.Implements(unmarshalerType) || pointer.Implements(textType) {
		return refuse // and so an UnmarshalJSON of the caller's runs once
	}
	return planner{}.plain(pointer.Elem())
}

// planner has the plans that were made, or are being made, for this type: a type may contain itself.
type planner map[reflect.Type]*plan

// value is the plan for a field or an element. As in encoding/json, methods of a type without a name do not count,
// although it has those of what it embeds.
func (p planner) value(t reflect.Type) plan {
	if t.Kind() != reflect.Pointer && t.Name() != "" {
		if asked := byMethod(reflect.PointerTo(t)); asked != nil {
			return asked
		}
	}
	return p.plain(t)
}

// byMethod is the plan for what such a pointer points to if the pointer has a method for it, else nil.
func byMethod(pointer reflect.Type) plan {
	if own := ownPlan(pointer.Elem()); own != nil {
		return own
	}
	switch {
	case pointer.Implements(unmarshalerType):
		return func(d *decoder, v reflect.Value) {
			raw := d.raw()
			if d.failed || v.Addr().Interface().(json.Unmarshaler).UnmarshalJSON(d.bytes(raw)) != nil {
				d.fail()
			}
		}
	case pointer.Implements(textType):
		return func(d *decoder, v reflect.Value) {
			if d.null() {
				return
			}
			text := d.quoted()
			if d.failed || v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText(d.bytes(text)) != nil {
				d.fail()
			}
		}
	}
	return nil
}

// ownPlan is the plan for the types whose UnmarshalJSON is known, and so needs no copy of the text.
func ownPlan(t reflect.Type) plan {
	switch t {
	case reflect.TypeFor[json.RawMessage]():
		return func(d *decoder, v reflect.Value) { v.SetBytes([]byte(d.raw())) }
	case reflect.TypeFor[Number]():
		return reads((*Number).accept)
	case reflect.TypeFor[Int]():
		return reads((*Int).accept)
	case reflect.TypeFor[Text]():
		return reads((*Text).accept)
	case reflect.TypeFor[Time]():
		return reads((*Time).accept)
	}
	return nil
}

func reads[T any](accept func(into *T, text string) bool) plan {
	return func(d *decoder, v reflect.Value) {
		if text := d.scalar(); d.failed || !accept(v.Addr().Interface().(*T), text) {
			d.fail()
		}
	}
}

// plain is the plan for a type without regard to its methods.
func (p planner) plain(t reflect.Type) plan {
	made := p[t]
	switch {
	case made == nil:
		made = new(plan)
		p[t] = made
		*made = p.make(t)
	case *made == nil: // t contains itself
		return func(d *decoder, v reflect.Value) { (*made)(d, v) }
	}
	return *made
}

func (p planner) make(t reflect.Type) plan {
	switch t.Kind() {
	case reflect.Pointer:
		return p.pointer(t)
	case reflect.Struct:
		return p.structure(t)
	case reflect.Map:
		return p.mapping(t)
	case reflect.Slice:
		return p.slice(t)
	case reflect.Array:
		return p.array(t)
	case reflect.Interface:
		if t.NumMethod() == 0 {
			return anything
		}
	case reflect.String:
		if t == numberType {
			return jsonNumber
		}
		return text
	case reflect.Bool:
		return boolean
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return integer
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return unsigned
	case reflect.Float32, reflect.Float64:
		return float
	}
	return refuse
}

// refuse is the plan for types that nothing but null can be decoded into, and for what encoding/json does better.
func refuse(d *decoder, _ reflect.Value) {
	if !d.null() {
		d.fail()
	}
}

func anything(d *decoder, v reflect.Value) {
	if value := d.value(); value != nil {
		v.Set(reflect.ValueOf(value))
	}
}

func text(d *decoder, v reflect.Value) {
	if d.next() == '"' {
		v.SetString(d.string())
	} else {
		refuse(d, v)
	}
}

func jsonNumber(d *decoder, v reflect.Value) {
	switch first := d.next(); {
	case first == '"':
		if text := d.string(); isNumber(text) {
			v.SetString(text)
		} else {
			d.fail()
		}
	case first == '-', '0' <= first && first <= '9':
		v.SetString(d.digits())
	default:
		refuse(d, v)
	}
}

func boolean(d *decoder, v reflect.Value) {
	switch d.next() {
	case 't':
		d.literal("true", nil)
		v.SetBool(true)
	case 'f':
		d.literal("false", nil)
	default:
		refuse(d, v)
	}
}

func integer(d *decoder, v reflect.Value) {
	if d.null() {
		return
	}
	number, err := strconv.ParseInt(d.digits(), 10, 64)
	if err != nil || v.OverflowInt(number) {
		d.fail()
		return
	}
	v.SetInt(number)
}

func unsigned(d *decoder, v reflect.Value) {
	if d.null() {
		return
	}
	number, err := strconv.ParseUint(d.digits(), 10, 64)
	if err != nil || v.OverflowUint(number) {
		d.fail()
		return
	}
	v.SetUint(number)
}

func float(d *decoder, v reflect.Value) {
	if d.null() {
		return
	}
	number, err := strconv.ParseFloat(d.digits(), v.Type().Bits())
	if err != nil || v.OverflowFloat(number) {
		d.fail()
		return
	}
	v.SetFloat(number)
}

func (p planner) pointer(t reflect.Type) plan {
	if t.Name() != "" {
		return refuse // it has no methods, although *T of the same T has
	}
	element := t.Elem()
	inner := byMethod(t)
	if inner == nil {
		inner = p.plain(element)
	}
	return func(d *decoder, v reflect.Value) {
		if d.null() {
			return
		}
		made := reflect.New(element)
		v.Set(made)
		inner(d, made.Elem())
	}
}

func (p planner) slice(t reflect.Type) plan {
	element := t.Elem()
	size := int(element.Size())
	inner := p.value(element)
	return func(d *decoder, v reflect.Value) {
		switch first := d.next(); {
		case first == '"' && element.Kind() == reflect.Uint8:
			decoded, err := base64.StdEncoding.DecodeString(d.string())
			if err != nil {
				d.fail()
				return
			}
			v.SetBytes(decoded)
			return
		case first != '[':
			refuse(d, v)
			return
		}
		d.at++
		if d.take(']') {
			v.Set(reflect.MakeSlice(t, 0, 0))
			return
		}
		d.arrays++
		start := d.at
		for index := 0; !d.failed; index++ {
			switch {
			case index == 1:
				v.Grow(d.expected(d.at-start, size))
			case index >= v.Cap():
				v.Grow(1)
			}
			v.SetLen(index + 1)
			inner(d, v.Index(index))
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
}

// expected is how many more elements the array has, judged by its first one, which took so many bytes of text. It is 1
// inside another array, and otherwise not more than what fits into memory of the text's size, so that text cannot make
// this reserve more than it is worth.
func (d *decoder) expected(first, size int) int {
	more := (len(d.text) - d.at) / (first + 1)
	if d.arrays > 1 || size == 0 || more*size > d.spare || more < 1 {
		return 1
	}
	d.spare -= more * size
	return more
}

func (p planner) array(t reflect.Type) plan {
	inner := p.value(t.Elem())
	return func(d *decoder, v reflect.Value) {
		if d.next() != '[' {
			refuse(d, v)
			return
		}
		d.at++
		if d.take(']') {
			return
		}
		for index := 0; !d.failed; index++ {
			if index < v.Len() {
				inner(d, v.Index(index))
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
}
