package tinkwebhooks

import (
	"encoding"
	"reflect"
	"strconv"
)

// mapping is the plan for a map. Of a key that comes twice the last value counts, whole.
func (p planner) mapping(t reflect.Type) plan {
	key := keyPlan(t.Key())
	switch {
	case key == nil:
		return refuse
	case t == reflect.TypeFor[map[string]string]():
		return textMap
	case t == reflect.TypeFor[map[string]any]():
		return object
	}
	inner := p.value(t.Elem())
	return func(d *decoder, v reflect.Value) {
		if d.next() != '{' {
			refuse(d, v)
			return
		}
		made := reflect.MakeMap(t)
		v.Set(made)
		var name, element reflect.Value
		d.members(func(text string) {
			if !element.IsValid() {
				name, element = reflect.New(t.Key()).Elem(), reflect.New(t.Elem()).Elem()
			} else {
				name.SetZero()
				element.SetZero()
			}
			inner(d, element)
			if d.failed || !key(d, name, text) {
				d.fail()
				return
			}
			made.SetMapIndex(name, element)
		})
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

func textMap(d *decoder, v reflect.Value) {
	if d.next() != '{' {
		refuse(d, v)
		return
	}
	made := map[string]string{}
	d.members(func(key string) {
		if d.null() {
			made[key] = ""
		} else {
			made[key] = d.quoted()
		}
	})
	v.Set(reflect.ValueOf(made))
}

func object(d *decoder, v reflect.Value) {
	if d.next() != '{' {
		refuse(d, v)
		return
	}
	if made, ok := d.object().(map[string]any); ok {
		v.Set(reflect.ValueOf(made))
	}
}

// keyPlan returns how a key is read into a map's key, nil where encoding/json refuses the map. The function returns
// false where the text does not fit.
func keyPlan(t reflect.Type) func(d *decoder, v reflect.Value, text string) bool {
	pointer := reflect.PointerTo(t)
	if pointer.Implements(textType) {
		if pointer.Implements(unmarshalerType) { // which encoding/json prefers, with the text as it was written
			return func(*decoder, reflect.Value, string) bool { return false }
		}
		return func(d *decoder, v reflect.Value, text string) bool {
			return v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText(d.bytes(text)) == nil
		}
	}
	switch t.Kind() {
	case reflect.String:
		return func(_ *decoder, v reflect.Value, text string) bool { v.SetString(text); return true }
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(_ *decoder, v reflect.Value, text string) bool {
			number, err := strconv.ParseInt(text, 10, 64)
			if err != nil || v.OverflowInt(number) {
				return false
			}
			v.SetInt(number)
			return true
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return func(_ *decoder, v reflect.Value, text string) bool {
			number, err := strconv.ParseUint(text, 10, 64)
			if err != nil || v.OverflowUint(number) {
				return false
			}
			v.SetUint(number)
			return true
		}
	}
	return nil
}
