package tinkwebhooks

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// writer writes JSON that most often fits a type. Its choices depend on the seed alone.
type writer struct {
	*rand.Rand
	strings.Builder
	wrong int // one value in so many does not fit; 0: none
}

func (w *writer) one(of ...string) string { return of[w.Intn(len(of))] }

func (w *writer) space() {
	if w.Intn(12) == 0 {
		w.WriteString(w.one(" ", "\n", "\t\r", "  \n   "))
	}
}

func (w *writer) text(text string) {
	if w.Intn(4) > 0 {
		quoted, _ := json.Marshal(text)
		w.Write(quoted)
		return
	}
	w.WriteByte('"')
	for _, r := range text {
		switch w.Intn(4) {
		case 0:
			fmt.Fprintf(&w.Builder, `\u%04x`, min(r, 0xffff))
		case 1:
			w.WriteString(w.one(`\"`, `\\`, `\/`, `\b`, `\f`, `\n`, `\r`, `\t`, `\ud83d\ude00`, `\uD800`, `\udc00\ud800`, `\ud800\u0041`,
				"é", "😀", "\u2028", strings.Repeat("y", w.Intn(20))))
		default:
			quoted, _ := json.Marshal(string(r))
			w.Write(quoted[1 : len(quoted)-1])
		}
	}
	w.WriteByte('"')
}

func (w *writer) number(whole bool) {
	switch {
	case whole && w.Intn(20) > 0:
		w.WriteString(w.one("0", "-1", "1", "7", "100", "127", "-128", "255", strconv.FormatInt(w.Int63(), 10)))
	default:
		w.WriteString(w.one("0", "-0", "1.5", "-2e3", "1E+2", "23.00", "1e-400", "1e39", "1e400", "18446744073709551615",
			"9223372036854775808", "-9223372036854775808", "1767225600123", strconv.FormatFloat(w.NormFloat64(), 'g', -1, 64)))
	}
}

func (w *writer) any(depth int) {
	kinds := 8
	if depth <= 0 {
		kinds = 6
	}
	switch w.Intn(kinds) {
	case 0:
		w.WriteString("null")
	case 1:
		w.WriteString(w.one("true", "false"))
	case 2:
		w.number(w.Intn(2) == 0)
	case 3:
		w.text(w.one("1", "-5", "1.50", "true", "null", "0x10", "007", "1e3", ""))
	case 4, 5:
		w.text(w.one("", "abc", "AQID", "2026-01-05T08:06:45Z", "10.0.0.1", "UPDATED", "a/b c", strings.Repeat("x", w.Intn(40))))
	case 6:
		w.list(w.Intn(4), func() { w.any(depth - 1) })
	default:
		w.object(w.Intn(4), func() string { return w.one("a", "b", "Name", "inner", "shared", "") }, func(string) { w.any(depth - 1) })
	}
}

func (w *writer) list(count int, element func()) {
	w.WriteByte('[')
	for index := range count {
		if index > 0 {
			w.WriteByte(',')
		}
		w.space()
		element()
		w.space()
	}
	w.WriteByte(']')
}

func (w *writer) object(count int, key func() string, value func(key string)) {
	w.WriteByte('{')
	for index := range count {
		if index > 0 {
			w.WriteByte(',')
		}
		w.space()
		name := key()
		if w.Intn(30) == 0 {
			w.text(name)
		} else {
			quoted, _ := json.Marshal(name)
			w.Write(quoted)
		}
		w.space()
		w.WriteByte(':')
		w.space()
		value(name)
		w.space()
	}
	w.WriteByte('}')
}

// quotedValue stands for the type of a field with the option "string".
type quotedValue struct{}

// fields adds the fields that a key may name.
func fields(of reflect.Type, into map[string]reflect.Type) {
	for index := range of.NumField() {
		field := of.Field(index)
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		inner := field.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if field.Anonymous && inner.Kind() == reflect.Struct && name == "" {
			fields(inner, into)
			continue
		}
		if name == "" {
			name = field.Name
		}
		into[name] = field.Type
		if slices.Contains(strings.Split(options, ","), "string") {
			into[name] = reflect.TypeFor[quotedValue]()
		}
	}
}

// variant returns a key that may name the same field.
func (w *writer) variant(name string) string {
	switch w.Intn(16) {
	case 0:
		return strings.ToUpper(name)
	case 1:
		return strings.ToLower(name)
	case 2:
		return strings.NewReplacer("k", "\u212a", "s", "ſ", "S", "ſ").Replace(name)
	case 3:
		return w.one("", "other", "Name", "nAME", "inner", name+"x", "-", "\u212a", strings.Repeat("n", 70), "É", "straSSe")
	}
	return name
}

// value writes a value for a type.
func (w *writer) value(of reflect.Type, depth int) {
	if depth <= 0 || w.wrong > 0 && w.Intn(w.wrong) == 0 {
		if w.wrong == 0 {
			w.WriteString("null")
		} else {
			w.any(1)
		}
		return
	}
	if w.Intn(16) == 0 {
		w.WriteString("null")
		return
	}
	pointer := reflect.PointerTo(of)
	switch of {
	case reflect.TypeFor[Int](), reflect.TypeFor[Time]():
		w.number(true)
		return
	case reflect.TypeFor[Number](), reflect.TypeFor[Text](), reflect.TypeFor[json.Number]():
		w.number(false)
		return
	}
	switch {
	case strings.Contains(of.String(), "Time") && pointer.Implements(unmarshaler):
		w.text(w.one("2026-01-05T08:06:45Z", "2026-01-05T08:06:45.123+02:00"))
		return
	case strings.HasPrefix(of.String(), "net"):
		w.text(w.one("10.0.0.1", "::1"))
		return
	case of == reflect.TypeFor[quotedValue]():
		if w.wrong > 0 {
			w.text(w.one("1", "0", "-5", "1.50", "true", "false", "null", "01", "1e2", "0x1p1", "a", ""))
		} else {
			w.text("1")
		}
		return
	case of == reflect.TypeFor[counted]():
		w.list(w.Intn(4), func() { w.any(1) })
		return
	}
	switch of.Kind() {
	case reflect.Bool:
		w.WriteString(w.one("true", "false"))
	case reflect.String:
		w.text(w.one("", "abc", "UPDATED", "a\"b", strings.Repeat("x", w.Intn(40)), "0b7d5e6a94c24a6f8b1e3c5d7f9a2b4c"))
	case reflect.Interface:
		w.any(depth - 1)
	case reflect.Pointer:
		w.value(of.Elem(), depth)
	case reflect.Slice, reflect.Array:
		if of.Elem().Kind() == reflect.Uint8 && w.Intn(3) > 0 {
			w.text(w.one("AQID", "", "AQ==", "AQ"))
			return
		}
		w.list([]int{0, 1, 2, 3, w.Intn(20)}[w.Intn(5)], func() { w.value(of.Elem(), depth-1) })
	case reflect.Map:
		w.object(w.Intn(4), func() string { return w.one("a", "b", "1", "-7", "10.0.0.1", "é") }, func(string) { w.value(of.Elem(), depth-1) })
	case reflect.Struct:
		named := map[string]reflect.Type{}
		fields(of, named)
		keys := slices.Sorted(maps.Keys(named))
		w.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		if len(keys) > 6 && w.Intn(3) > 0 {
			keys = keys[:6]
		}
		if len(keys) > 0 && w.Intn(20) == 0 {
			keys = append(keys, keys[0])
		}
		at := 0
		w.object(len(keys), func() string { at++; return w.variant(keys[at-1]) }, func(string) { w.value(named[keys[at-1]], depth-1) })
	default:
		w.number(of.Kind() != reflect.Float64 && of.Kind() != reflect.Float32)
	}
}

// generated makes a struct, of fields with the types that there are and of more structs.
func generated(random *rand.Rand, types []reflect.Type, depth int) reflect.Type {
	var list []reflect.StructField
	for index := range 1 + random.Intn(12) {
		kind := types[random.Intn(len(types))]
		if depth > 0 && random.Intn(6) == 0 {
			kind = generated(random, types, depth-1)
		}
		switch random.Intn(10) {
		case 0:
			kind = reflect.PointerTo(kind)
		case 1, 2:
			kind = reflect.SliceOf(kind)
		case 3:
			kind = reflect.MapOf(reflect.TypeFor[string](), kind)
		case 4:
			kind = reflect.ArrayOf(random.Intn(3), kind)
		}
		field := reflect.StructField{Name: fmt.Sprintf("F%d", index), Type: kind}
		switch random.Intn(8) {
		case 0, 1, 2, 3:
			field.Tag = reflect.StructTag(fmt.Sprintf(`json:"field%d,omitempty"`, index))
		case 4:
			field.Tag = reflect.StructTag(fmt.Sprintf(`json:"%s"`, []string{"-", "-,", "f0", "name", "NAME", "é"}[random.Intn(6)]))
		case 5:
			field.Tag = `json:",string"`
		}
		list = append(list, field)
	}
	return reflect.StructOf(list)
}

// fast decodes by plan alone, and reports whether that was enough.
func fast(text string, into reflect.Value) bool {
	p := planOf(into.Type())
	if p == nil {
		return false
	}
	d := decoder{text: text}
	d.into(into, p)
	d.afterSpace()
	return !d.failed && d.at == len(text)
}

// same compares both ways to decode a text into a type, and reports whether the plan was enough.
func same(t *testing.T, kind reflect.Type, text string) bool {
	t.Helper()
	theirs := reflect.New(kind)
	theirError := json.Unmarshal([]byte(text), theirs.Interface())
	planned := reflect.New(kind)
	followed := fast(text, planned.Elem())
	if followed && (theirError != nil || !reflect.DeepEqual(planned.Interface(), theirs.Interface())) {
		t.Fatalf("%s from %s\nours   %+v\ntheirs %+v %v", kind, text, planned.Elem(), theirs.Elem(), theirError)
	}
	ours := reflect.New(kind)
	ourError := decode(text, ours.Interface())
	if !reflect.DeepEqual(ourError, theirError) || !reflect.DeepEqual(ours.Interface(), theirs.Interface()) {
		t.Fatalf("%s from %s\nours   %+v %v\ntheirs %+v %v", kind, text, ours.Elem(), ourError, theirs.Elem(), theirError)
	}
	return followed
}

// typeFor returns a type by number: one of the odd ones, or one that is generated.
func typeFor(random *rand.Rand, odd []reflect.Type) reflect.Type {
	if random.Intn(4) > 0 {
		return odd[random.Intn(len(odd))]
	}
	return generated(random, odd, 1)
}

func decodeSeed(t *testing.T, seed int64, odd []reflect.Type) (followed bool) {
	random := rand.New(rand.NewSource(seed))
	kind := typeFor(random, odd)
	w := &writer{Rand: random, wrong: []int{0, 0, 0, 40, 8}[random.Intn(5)]}
	w.space()
	w.value(kind, 5)
	w.space()
	if !json.Valid([]byte(w.String())) || !utf8.ValidString(w.String()) {
		t.Fatalf("seed %d wrote %q", seed, w.String())
	}
	return same(t, kind, w.String())
}

func TestStructsAreDecodedAsByEncodingJSON(t *testing.T) {
	odd := oddTypes()
	followed, seeds := 0, int64(5_000)
	if testing.Short() {
		seeds = 600
	}
	for seed := range seeds {
		if decodeSeed(t, seed, odd) {
			followed++
		}
	}
	// Else package json was compared with itself.
	if t.Logf("%d of %d by plan", followed, seeds); int64(followed) < seeds/3 {
		t.Errorf("only %d of %d by plan", followed, seeds)
	}
}

func FuzzStructs(f *testing.F) {
	odd := oddTypes()
	f.Add(int64(1), `{"name":"a"}`)
	f.Fuzz(func(t *testing.T, seed int64, text string) {
		decodeSeed(t, seed, odd)
		if json.Valid([]byte(text)) && utf8.ValidString(text) {
			same(t, typeFor(rand.New(rand.NewSource(seed)), odd), text)
		}
	})
}
