package tinkwebhooks

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// taggedField is a field that encoding/json decodes into.
type taggedField struct {
	name     string
	tagged   bool
	quoted   bool // the tag has the option `string`
	exported bool
	index    []int // the way to it, through embedded structs
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
func fieldsOf(t reflect.Type) []taggedField {
	type embedded struct {
		t     reflect.Type
		index []int
	}
	var found []taggedField
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
				member := outer.t.Field(number)
				one, ok := tagOf(member)
				if !ok {
					continue
				}
				one.index = append(slices.Clone(outer.index), number)
				if inner := pointee(member.Type); member.Anonymous && !one.tagged && inner.Kind() == reflect.Struct {
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
func tagOf(member reflect.StructField) (taggedField, bool) {
	inner := member.Type
	if inner.Kind() == reflect.Pointer && member.Anonymous {
		inner = inner.Elem()
	}
	tag := member.Tag.Get("json")
	if tag == "-" || !member.IsExported() && !(member.Anonymous && inner.Kind() == reflect.Struct) {
		return taggedField{}, false
	}
	name, options, _ := strings.Cut(tag, ",")
	made := taggedField{name: name, tagged: isTagName(name), exported: member.IsExported()}
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
func dominant(found []taggedField) []taggedField {
	slices.SortFunc(found, func(a, b taggedField) int {
		tags := 0
		if a.tagged != b.tagged {
			if tags = 1; a.tagged {
				tags = -1
			}
		}
		return cmp.Or(strings.Compare(a.name, b.name), cmp.Compare(len(a.index), len(b.index)), tags,
			slices.Compare(a.index, b.index))
	})
	var left []taggedField
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
	slices.SortFunc(left, func(a, b taggedField) int { return slices.Compare(a.index, b.index) })
	return left
}
