package tinkwebhooks

import (
	"cmp"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// structPlan decodes an object into a struct.
type structPlan struct {
	fields        []field
	exact, folded map[string]int // places in fields
}

// field is a field that encoding/json decodes into.
type field struct {
	name   string
	tagged bool
	quoted bool  // the tag has the option `string`
	index  []int // the way to it, through embedded structs
	member reflect.StructField
	decode plan
}

func (p planner) structure(t reflect.Type) plan {
	fields := fieldsOf(t)
	made := &structPlan{fields, map[string]int{}, map[string]int{}}
	var seen seenFields
	if len(fields) > 64*len(seen) {
		return refuse
	}
	for place := range fields {
		found := &fields[place]
		made.exact[found.name] = place
		// The first one counts, as in encoding/json.
		folded := string(appendFolded(nil, found.name))
		if _, taken := made.folded[folded]; !taken {
			made.folded[folded] = place
		}
		found.decode = p.value(found.member.Type)
		if found.quoted {
			found.decode = unquoted(found.decode)
		}
	}
	return made.decode
}

// seenFields is a set of places in fields.
type seenFields [4]uint64

// decode gives up where a key comes twice: the second value would have to be merged into the first.
func (s *structPlan) decode(d *decoder, v reflect.Value) {
	if d.next() != '{' {
		refuse(d, v)
		return
	}
	d.at++
	if d.take('}') {
		return
	}
	var seen seenFields
	likely := 0 // most keys come in the order of the fields
	for d.next() == '"' {
		key := d.string()
		if !d.take(':') {
			break
		}
		if place := s.find(key, likely); place < 0 {
			d.raw()
		} else {
			if seen[place/64]&(1<<(place%64)) != 0 {
				break
			}
			seen[place/64] |= 1 << (place % 64)
			s.fields[place].fill(d, v)
			likely = place + 1
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

// find returns the place of the field for a key, or -1.
func (s *structPlan) find(key string, likely int) int {
	if likely < len(s.fields) && s.fields[likely].name == key {
		return likely
	}
	if place, known := s.exact[key]; known {
		return place
	}
	var room [64]byte
	if place, known := s.folded[string(appendFolded(room[:0], key))]; known {
		return place
	}
	return -1
}

// fill decodes the value that comes next into this field of v.
func (f *field) fill(d *decoder, v reflect.Value) {
	if len(f.index) == 1 {
		v = v.Field(f.index[0])
	} else {
		for _, index := range f.index {
			if v.Kind() == reflect.Pointer {
				if v.IsNil() {
					if !v.CanSet() { // a struct that is not exported
						d.fail()
						return
					}
					v.Set(reflect.New(v.Type().Elem()))
				}
				v = v.Elem()
			}
			v = v.Field(index)
		}
	}
	if !v.CanSet() { // an embedded struct that is not exported and has a name in its tag
		d.fail()
		return
	}
	f.decode(d, v)
}

// unquoted is the plan for a field with the option `string`: its value is in a string.
func unquoted(inner plan) plan {
	return func(d *decoder, v reflect.Value) {
		text := d.quoted()
		// encoding/json also takes what is not quite JSON, and null in two ways.
		if text == "null" || strings.Trim(text, " \t\r\n") != text || !json.Valid([]byte(text)) {
			d.fail()
			return
		}
		inside := decoder{text: text}
		inner(&inside, v)
		if inside.failed || inside.at < len(text) {
			d.fail()
		}
	}
}

// appendFolded appends the same text for all keys that encoding/json takes for the same.
func appendFolded(folded []byte, key string) []byte {
	for _, r := range key {
		if r < utf8.RuneSelf {
			if 'a' <= r && r <= 'z' {
				r -= 'a' - 'A'
			}
			folded = append(folded, byte(r))
			continue
		}
		// The smallest of those that differ in case alone: K for the Kelvin sign, S for the long s.
		for next := unicode.SimpleFold(r); ; next = unicode.SimpleFold(r) {
			smaller := next <= r
			if r = next; smaller {
				break
			}
		}
		folded = utf8.AppendRune(folded, r)
	}
	return folded
}

// fieldsOf returns the fields that encoding/json decodes into, in the order of the struct. It looks at a struct, then at
// all that are embedded in it, then at those embedded there.
func fieldsOf(t reflect.Type) []field {
	type embedded struct {
		t     reflect.Type
		index []int
	}
	var found []field
	looked := map[reflect.Type]bool{}
	level, times := []embedded{{t: t}}, map[reflect.Type]int{}
	for len(level) > 0 {
		var below []embedded
		timesBelow := map[reflect.Type]int{}
		for _, outer := range level {
			if looked[outer.t] {
				continue
			}
			looked[outer.t] = true
			for number := range outer.t.NumField() {
				one, ok := tagOf(outer.t.Field(number))
				if !ok {
					continue
				}
				one.index = append(slices.Clone(outer.index), number)
				if inner := pointee(one.member.Type); one.member.Anonymous && !one.tagged && inner.Kind() == reflect.Struct {
					if timesBelow[inner]++; timesBelow[inner] == 1 {
						below = append(below, embedded{inner, one.index})
					}
					continue
				}
				found = append(found, one)
				if times[outer.t] > 1 {
					found = append(found, one) // what is embedded twice hides itself
				}
			}
		}
		level, times = below, timesBelow
	}
	return dominant(found)
}

// tagOf reads a field's tag. It returns false for a field that does not take part.
func tagOf(member reflect.StructField) (field, bool) {
	inner := member.Type
	if inner.Kind() == reflect.Pointer && member.Anonymous {
		inner = inner.Elem()
	}
	tag := member.Tag.Get("json")
	if tag == "-" || !member.IsExported() && !(member.Anonymous && inner.Kind() == reflect.Struct) {
		return field{}, false
	}
	name, options, _ := strings.Cut(tag, ",")
	made := field{name: name, tagged: isTagName(name), member: member}
	if !made.tagged {
		made.name = member.Name
	}
	if slices.Contains(strings.Split(options, ","), "string") {
		switch kind := pointee(member.Type).Kind(); kind {
		case reflect.Bool, reflect.String, reflect.Float32, reflect.Float64:
			made.quoted = true
		default:
			made.quoted = reflect.Int <= kind && kind <= reflect.Uintptr
		}
	}
	return made, true
}

// pointee is what a pointer type without a name points to, and any other type itself.
func pointee(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer && t.Name() == "" {
		return t.Elem()
	}
	return t
}

func isTagName(name string) bool {
	for _, r := range name {
		if !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return false
		}
	}
	return name != ""
}

// dominant leaves out the fields that another one of the same name hides: one that is embedded less deeply or, where
// they are equally deep, the only one with a tag. Where no field hides all others none is left.
func dominant(found []field) []field {
	slices.SortFunc(found, func(a, b field) int {
		tags := 0
		if a.tagged != b.tagged {
			if tags = 1; a.tagged {
				tags = -1
			}
		}
		return cmp.Or(strings.Compare(a.name, b.name), cmp.Compare(len(a.index), len(b.index)), tags,
			slices.Compare(a.index, b.index))
	})
	var left []field
	for start := 0; start < len(found); {
		end := start + 1
		for end < len(found) && found[end].name == found[start].name {
			end++
		}
		if end == start+1 || len(found[start].index) != len(found[start+1].index) ||
			found[start].tagged != found[start+1].tagged {
			left = append(left, found[start])
		}
		start = end
	}
	slices.SortFunc(left, func(a, b field) int { return slices.Compare(a.index, b.index) })
	return left
}
