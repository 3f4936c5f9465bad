package tinkwebhooks

import (
	"encoding"
	"encoding/json"
	"reflect"
	"sync"
	"unsafe"
)

// A plan says how encoding/json decodes into a type, found out once per type; plan_run.go follows it. Whatever is out of
// the ordinary (a value that does not fit, a key that comes twice, a type that cannot be decoded into) makes it fail: then
// encoding/json decodes the whole, so that its results and its errors are the only ones.
type plan struct {
	does   action
	t      reflect.Type
	size   uintptr // of a number, or of an element
	inner  *plan   // for what it points to or contains
	key    *plan   // for a map's keys
	accept func(into unsafe.Pointer, text string) bool

	fields        []field
	exact, folded map[string]int // places in fields, by name
}

// action is what a plan does with the value that comes next.
type action uint8

const (
	doRefuse action = iota // nothing but null can be decoded into it
	doStruct
	doPointer
	doSlice
	doArray
	doMap
	doTexts  // map[string]string
	doObject // map[string]any
	doAny
	doString
	doNumber // json.Number
	doBool
	doInt
	doUint
	doFloat
	doTime
	doScalar // this package's other types that read both numbers and text
	doUnmarshalText
	// For these null is a value like any other, or may be.
	doRaw // json.RawMessage
	doUnmarshal
	doQuoted // the value is inside a string
	doFail
)

var (
	plans           sync.Map // of *plan, by reflect.Type
	unmarshalerType = reflect.TypeFor[json.Unmarshaler]()
	textType        = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// planFor is the plan for what such a pointer of the caller's points to.
func planFor(pointer reflect.Type) *plan {
	if found, planned := plans.Load(pointer); planned {
		return found.(*plan)
	}
	made := &plan{does: doFail}
	// An UnmarshalJSON of the caller's is left to encoding/json, so that it runs once.
	if pointer.Name() == "" && !pointer.Implements(unmarshalerType) && !pointer.Implements(textType) {
		made = planner{}.plain(pointer.Elem())
	}
	found, _ := plans.LoadOrStore(pointer, made)
	return found.(*plan)
}

// planner has the plans that were made, or are being made, for this type: a type may contain itself.
type planner map[reflect.Type]*plan

// value is the plan for a field or an element. As in encoding/json, methods of a type without a name do not count,
// although it has those of what it embeds.
func (p planner) value(t reflect.Type) *plan {
	if t.Kind() != reflect.Pointer && t.Name() != "" {
		if asked := byMethod(reflect.PointerTo(t)); asked != nil {
			return asked
		}
	}
	return p.plain(t)
}

// byMethod is the plan for what such a pointer points to if the pointer has a method for it, else nil.
func byMethod(pointer reflect.Type) *plan {
	t := pointer.Elem()
	switch t {
	case reflect.TypeFor[json.RawMessage]():
		return &plan{does: doRaw}
	case reflect.TypeFor[Number]():
		return accepting((*Number).accept)
	case reflect.TypeFor[Int]():
		return accepting((*Int).accept)
	case reflect.TypeFor[Text]():
		return accepting((*Text).accept)
	case reflect.TypeFor[Time]():
		return &plan{does: doTime}
	}
	switch {
	case pointer.Implements(unmarshalerType):
		return &plan{does: doUnmarshal, t: t}
	case pointer.Implements(textType):
		return &plan{does: doUnmarshalText, t: t}
	}
	return nil
}

func accepting[T any](accept func(into *T, text string) bool) *plan {
	return &plan{does: doScalar, accept: func(into unsafe.Pointer, text string) bool { return accept((*T)(into), text) }}
}

// plain is the plan for a type without regard to its methods.
func (p planner) plain(t reflect.Type) *plan {
	made := p[t]
	if made == nil {
		made = &plan{t: t, size: t.Size()}
		p[t] = made
		p.fill(made)
	}
	return made
}

func (p planner) fill(made *plan) {
	t := made.t
	switch t.Kind() {
	case reflect.Struct:
		p.structure(made)
	case reflect.Pointer:
		if t.Name() != "" {
			return // it has no methods, although *T of the same T has
		}
		made.does = doPointer
		if made.inner = byMethod(t); made.inner == nil {
			made.inner = p.plain(t.Elem())
		}
	case reflect.Slice:
		made.does, made.size, made.inner = doSlice, t.Elem().Size(), p.value(t.Elem())
	case reflect.Array:
		made.does, made.size, made.inner = doArray, t.Elem().Size(), p.value(t.Elem())
	case reflect.Map:
		p.mapping(made)
	case reflect.Interface:
		if t.NumMethod() == 0 {
			made.does = doAny
		}
	case reflect.String:
		if made.does = doString; t == reflect.TypeFor[json.Number]() {
			made.does = doNumber
		}
	case reflect.Bool:
		made.does = doBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		made.does = doInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		made.does = doUint
	case reflect.Float32, reflect.Float64:
		made.does = doFloat
	}
}

func (p planner) mapping(made *plan) {
	switch t := made.t; t {
	case reflect.TypeFor[map[string]string]():
		made.does = doTexts
	case reflect.TypeFor[map[string]any]():
		made.does = doObject
	default:
		if key := keyPlan(t.Key()); key != nil {
			made.does, made.key, made.inner = doMap, key, p.value(t.Elem())
		}
	}
}

// keyPlan is the plan for a map's keys, nil where encoding/json refuses the map.
func keyPlan(t reflect.Type) *plan {
	pointer := reflect.PointerTo(t)
	switch kind := t.Kind(); {
	case pointer.Implements(textType) && pointer.Implements(unmarshalerType):
		return &plan{does: doFail} // encoding/json prefers the latter, and passes on the key as it was written
	case pointer.Implements(textType):
		return &plan{does: doUnmarshalText, t: t}
	case kind == reflect.String:
		return &plan{does: doString}
	case reflect.Int <= kind && kind <= reflect.Int64:
		return &plan{does: doInt, size: t.Size()}
	case reflect.Uint <= kind && kind <= reflect.Uintptr:
		return &plan{does: doUint, size: t.Size()}
	}
	return nil
}

// field is a field that encoding/json decodes into.
type field struct {
	name   string
	key    string // the name as it most often stands in an object: in quotes, and with a colon behind it
	steps  []step // through embedded pointers, if there are any
	offset uintptr
	plan   *plan
}

// step is a pointer on the way to a field: where it lies, and what it points to.
type step struct {
	offset uintptr
	t      reflect.Type
}

// seenFields is a set of fields.
type seenFields [4]uint64

func (p planner) structure(made *plan) {
	found := fieldsOf(made.t)
	if len(found) > 64*len(seenFields{}) {
		return
	}
	made.does, made.exact, made.folded = doStruct, map[string]int{}, map[string]int{}
	for place, tagged := range found {
		one := p.field(made.t, tagged)
		made.fields = append(made.fields, one)
		made.exact[one.name] = place
		folded := string(appendFolded(nil, one.name))
		if _, taken := made.folded[folded]; !taken { // the first one counts, as in encoding/json
			made.folded[folded] = place
		}
	}
}

func (p planner) field(t reflect.Type, tagged taggedField) field {
	made := field{name: tagged.name, key: `"` + tagged.name + `":`}
	settable := true
	for _, index := range tagged.index {
		if t.Kind() == reflect.Pointer {
			made.steps = append(made.steps, step{made.offset, t.Elem()})
			made.offset = 0
			t = t.Elem()
		}
		member := t.Field(index)
		made.offset += member.Offset
		t = member.Type
		// Reflection may not set what is not exported, and decoding need not.
		if !member.IsExported() && t.Kind() == reflect.Pointer {
			settable = false
		}
	}
	switch {
	case !settable || !tagged.exported:
		made.plan = &plan{does: doFail}
	case tagged.quoted:
		made.plan = &plan{does: doQuoted, inner: p.value(t)}
	default:
		made.plan = p.value(t)
	}
	return made
}
