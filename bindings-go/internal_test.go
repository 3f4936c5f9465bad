package tinkwebhooks

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// everyExample calls check with every type of the library but unknown, and the data of its example.
func everyExample(t *testing.T, check func(t *testing.T, eventType EventType, event *Event)) {
	hooks, err := NewHandler(WithSecret("s3cret"))
	if err != nil {
		t.Fatal(err)
	}
	defer hooks.Close()
	seen := 0
	for number := range uint32(1000) {
		eventType, body, ok := example(number)
		if !ok || eventType == TypeUnknown {
			continue
		}
		seen++
		t.Run(string(eventType), func(t *testing.T) {
			event, err := hooks.ParseEvent([]byte(body))
			if err != nil || event.Type() != eventType {
				t.Fatal(eventType, err)
			}
			check(t, eventType, event)
		})
	}
	if seen != len(dataTypes) {
		t.Errorf("%d types with an example, %d structs", seen, len(dataTypes))
	}
}

func TestEveryEventHasAStructThatHoldsAllOfItsExample(t *testing.T) {
	everyExample(t, func(t *testing.T, eventType EventType, event *Event) {
		if dataTypes[eventType] == nil {
			t.Fatal("no struct")
		}
		if dataTypes[EventType(event.Name()).canonical()] != dataTypes[eventType] {
			t.Errorf("%s is not the spelling of %s", event.Name(), eventType)
		}
		data := reflect.New(dataTypes[eventType])
		strict := json.NewDecoder(bytes.NewReader(event.Data()))
		strict.DisallowUnknownFields()
		if err := strict.Decode(data.Interface()); err != nil {
			t.Fatal(err)
		}
		var raw any
		if err := event.DecodeData(&raw); err != nil {
			t.Fatal(err)
		}
		holds(t, string(eventType), data.Elem(), raw)
		// It can read what it writes.
		text, err := json.Marshal(data.Interface())
		if err != nil {
			t.Fatal(err)
		}
		again := reflect.New(dataTypes[eventType])
		if err := json.Unmarshal(text, again.Interface()); err != nil || !reflect.DeepEqual(alike(data), alike(again)) {
			t.Errorf("%v, from %s", err, text)
		}
	})
}

// alike treats a nil map and an empty one as equal.
func alike(data reflect.Value) string { text, _ := json.Marshal(data.Interface()); return string(text) }

// holds checks that no field of raw with a value was lost.
func holds(t *testing.T, path string, data reflect.Value, raw any) {
	t.Helper()
	object, ok := raw.(map[string]any)
	for data.Kind() == reflect.Pointer {
		data = data.Elem()
	}
	switch {
	case ok && data.Kind() == reflect.Struct:
		for key, value := range object {
			holds(t, path+"."+key, fieldOf(t, data, key), value)
		}
	case raw == "" || raw == false || raw == 0.0 || reflect.DeepEqual(raw, map[string]any{}):
	case !data.IsValid() || data.IsZero():
		t.Errorf("%s is lost", path)
	}
}

func fieldOf(t *testing.T, data reflect.Value, key string) reflect.Value {
	for index := range data.NumField() {
		if name, _, _ := strings.Cut(data.Type().Field(index).Tag.Get("json"), ","); name == key {
			return data.Field(index)
		}
	}
	t.Errorf("%s has no field for %q", data.Type(), key)
	return reflect.Value{}
}

// The same names in every language: Python's typed dictionaries are the model.
func TestTheStructsAreThoseOfTheOtherLanguages(t *testing.T) {
	source, err := os.ReadFile("../bindings-python/python/tink_webhooks/types.py")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string][]string{}
	for _, class := range regexp.MustCompile(`(?m)^class (\w+)\((\w+)\):\n((?:    .*\n|\n)+)`).FindAllStringSubmatch(string(source), -1) {
		fields := slices.Clone(documented[class[2]])
		for _, field := range regexp.MustCompile(`(?m)^    (\w+): `).FindAllStringSubmatch(class[3], -1) {
			fields = append(fields, field[1])
		}
		slices.Sort(fields)
		documented[class[1]] = fields
	}
	found := map[string][]string{}
	var collect func(reflect.Type)
	collect = func(from reflect.Type) {
		for from.Kind() == reflect.Pointer || from.Kind() == reflect.Slice {
			from = from.Elem()
		}
		if from.Kind() != reflect.Struct || from == reflect.TypeFor[Time]() || found[from.Name()] != nil {
			return
		}
		for index := range from.NumField() {
			name, _, _ := strings.Cut(from.Field(index).Tag.Get("json"), ",")
			found[from.Name()] = append(found[from.Name()], name)
			collect(from.Field(index).Type)
		}
		slices.Sort(found[from.Name()])
	}
	for _, documented := range dataTypes {
		collect(documented)
	}
	if len(documented) < 20 || !reflect.DeepEqual(found, documented) {
		for name := range documented {
			if !slices.Equal(found[name], documented[name]) {
				t.Errorf("%s has %v here, %v there", name, found[name], documented[name])
			}
		}
		t.Errorf("%d structs here, %d there", len(found), len(documented))
	}
}

func TestNumbersAndTexts(t *testing.T) {
	type all struct {
		N Number
		I Int
		T Text
		M Time
	}
	read := func(text string) (got all, err error) { return got, json.Unmarshal([]byte(text), &got) }
	for text, want := range map[string]string{
		`{"N":23.00,"I":7,"T":"04","M":1767225600123}`:                             `{"N":23.00,"I":7,"T":"04","M":"2026-01-01T00:00:00.123Z"}`,
		`{"N":"23.00","I":"7","T":04e1,"M":"1767225600123"}`:                       "",
		`{"N":"23.00","I":"7","T":4000412345678,"M":"1767225600123"}`:              `{"N":23.00,"I":7,"T":"4000412345678","M":"2026-01-01T00:00:00.123Z"}`,
		`{"N":-1e-7,"I":-7,"T":"a\u00e4\u0000","M":"2026-01-01T01:00:00.5+01:00"}`: `{"N":-1e-7,"I":-7,"T":"aä\u0000","M":"2026-01-01T00:00:00.5Z"}`,
		`{"N":"","I":"","T":"","M":""}`:                                            `{"N":null,"I":0,"T":"","M":null}`,
		`{"N":null,"I":null,"T":null,"M":null}`:                                    `{"N":null,"I":0,"T":"","M":null}`,
		`{"N":0,"I":0,"T":0,"M":0}`:                                                `{"N":0,"I":0,"T":"0","M":null}`,
		`{"N":123456789012345678901234567890.12}`:                                  `{"N":123456789012345678901234567890.12,"I":0,"T":"","M":null}`,
		`{"N":" 1"}`:                "",
		`{"N":"0x10"}`:              "",
		`{"N":"NaN"}`:               "",
		`{"N":"-"}`:                 "",
		`{"N":"1 "}`:                "",
		`{"I":1.0}`:                 "",
		`{"I":"1_0"}`:               "",
		`{"T":true}`:                "",
		`{"T":{}}`:                  "",
		`{"M":"2026-01-01"}`:        "",
		`{"M":[]}`:                  "",
		`{"M":253402300800000}`:     "",
		`{"M":9223372036854775807}`: "",
		`{"M":-62135596800001}`:     "",
	} {
		got, err := read(text)
		if want == "" {
			if err == nil {
				t.Errorf("%s was read as %+v", text, got)
			}
			continue
		}
		again, marshalErr := json.Marshal(got)
		if err != nil || marshalErr != nil || string(again) != want {
			t.Errorf("%s became %s, want %s; %v %v", text, again, want, err, marshalErr)
		}
	}
	if value, err := Number("10.50").Float64(); value != 10.5 || err != nil {
		t.Error(value, err)
	}
	if value, err := Number("10").Int64(); value != 10 || err != nil {
		t.Error(value, err)
	}
	if _, err := Number("10.5").Int64(); err == nil {
		t.Error("a fraction is an integer")
	}
	float, floatErr := Number("").Float64()
	whole, wholeErr := Number("").Int64()
	if float != 0 || whole != 0 || floatErr != nil || wholeErr != nil {
		t.Error(float, whole, floatErr, wholeErr)
	}
	if _, err := json.Marshal(Number("}")); err == nil {
		t.Error("wrote what is no JSON")
	}
}

// FuzzData checks that no struct panics for any data, that every error is a DataError without the data, and that what
// was read can be written.
func FuzzData(f *testing.F) {
	for number := range uint32(1000) {
		if _, body, ok := example(number); ok {
			var envelope struct{ Content, Data json.RawMessage }
			if err := json.Unmarshal([]byte(body), &envelope); err != nil {
				f.Fatal(err)
			}
			f.Add(string(envelope.Content) + string(envelope.Data))
		}
	}
	f.Add(`{"amount":"secretsecret","metadata":{"a":1},"created":1e300,"insights":[{"data":"secretsecret"}]}`)
	f.Fuzz(func(t *testing.T, data string) {
		if !json.Valid([]byte(data)) {
			return
		}
		event := &Event{name: "x", data: hide(data)}
		for _, documented := range dataTypes {
			value := reflect.New(documented).Interface()
			if err := event.DecodeData(value); err != nil {
				if _, ok := err.(*DataError); !ok || strings.Contains(err.Error(), "secretsecret") {
					t.Errorf("%#v", err)
				}
				continue
			}
			if _, err := json.Marshal(value); err != nil {
				t.Errorf("%s: %v", documented, err)
			}
		}
	})
}

// agrees compares decode with json.Unmarshal, for every kind of target.
func agrees(t *testing.T, text string) {
	t.Helper()
	fresh := map[string]func() any{
		"any":          func() any { return new(any) },
		"map":          func() any { return new(map[string]any) },
		"filled any":   func() any { var v any = "before"; return &v },
		"filled map":   func() any { return &map[string]any{"before": 1.0, "a": map[string]any{"b": 2.0}} },
		"map in any":   func() any { var v any = &map[string]any{"before": 1.0}; return &v },
		"string":       func() any { return new(string) },
		"a nil *any":   func() any { return (*any)(nil) },
		"a nil *map":   func() any { return (*map[string]any)(nil) },
		"raw messages": func() any { return new(map[string]json.RawMessage) },
	}
	for name, target := range fresh {
		ours, theirs := target(), target()
		ourError, theirError := decode(text, ours), json.Unmarshal([]byte(text), theirs)
		if !reflect.DeepEqual(ours, theirs) || !reflect.DeepEqual(ourError, theirError) {
			t.Errorf("into %s: %.200q\nours   %#v %v\ntheirs %#v %v", name, text, ours, ourError, theirs, theirError)
		}
	}
}

// check compares the results for text that the core would accept. Other text must only not panic.
func check(t *testing.T, text string) {
	t.Helper()
	if json.Valid([]byte(text)) && utf8.ValidString(text) {
		agrees(t, text)
	} else {
		_ = decode(text, new(any))
	}
}

func TestDecodingAgreesWithEncodingJSON(t *testing.T) {
	for _, text := range []string{
		`null`, `true`, `false`, `0`, `-0`, `-0.0`, `1e3`, `1E+3`, `1.5e-400`, `123456789012345678901234567890`, `1e400`,
		`""`, `"a"`, `"\""`, `"\\"`, `"\\\""`, `"a\u0000\ud83d\ude00\/é😀"`, `"\ud800"`, `"a\`, `"a\"`, `"a`,
		`{}`, `[]`, `[[]]`, `{"a":{}}`, `{"a":1,"a":{"b":2}}`, `{"a":{"b":1},"a":{"c":2}}`, `{"":null}`, `{"\u0061":1,"a":2}`,
		" {\t\"a\" :\r\n[ 1 , null ] } ", `[1,]`, `[1 2]`, `[,1]`, `{"a" 1}`, `{"a":}`, `{"a":1,}`, `{a:1}`, `{`, `[`, `[1`, `{"a":1`,
		`nul`, `nulll`, `truex`, `1 2`, `--1`, `+1`, `.5`, `01`, `Infinity`, `NaN`, `0x1p-2`, `1_000`, ``, ` `, "\xff", `{"a":1}}`,
		strings.Repeat("[", 127) + strings.Repeat("]", 127),
	} {
		check(t, text)
	}
}

// value makes a random value from texts that are likely to cause errors.
func value(random *rand.Rand, depth int) any {
	texts := []string{"", "a", "event", "\"", "\\", "\\\"", "\n", "\x00", "é", "😀", "\u2028", "</", strings.Repeat("x", 70)}
	switch kind := random.Intn(7); {
	case kind == 0 && depth > 0:
		object := map[string]any{}
		for range random.Intn(12) {
			object[texts[random.Intn(len(texts))]] = value(random, depth-1)
		}
		return object
	case kind == 1 && depth > 0:
		array := []any{}
		for range random.Intn(5) {
			array = append(array, value(random, depth-1))
		}
		return array
	case kind == 2:
		return nil
	case kind == 3:
		return random.Intn(2) == 0
	case kind == 4:
		return random.NormFloat64() * float64(random.Int63())
	case kind == 5:
		return random.Int63() - 1<<62
	default:
		return texts[random.Intn(len(texts))]
	}
}

func TestDecodingAgreesWithEncodingJSONOnAnyValue(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	for range 2_000 {
		text, err := json.Marshal(value(random, 4))
		if err != nil {
			t.Fatal(err)
		}
		agrees(t, string(text))
		var indented bytes.Buffer
		if err := json.Indent(&indented, text, " ", "\t"); err != nil {
			t.Fatal(err)
		}
		agrees(t, indented.String())
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{"a":[1,"\u00e9",null,true]}`, `"\ud83d\ude00"`, ` [ ] `} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		check(t, text)
	})
}

func TestTwoCallsAtOnceAreNoticed(t *testing.T) {
	hooks, err := NewHandler(WithSecret("s3cret"))
	if err != nil {
		t.Fatal(err)
	}
	defer hooks.Close()
	header, err := GenerateSignature(nil, "s3cret")
	if err != nil {
		t.Fatal(err)
	}
	for name, second := range map[string]func(*VerificationStream) error{
		"write":  func(s *VerificationStream) error { _, err := s.Write(nil); return err },
		"finish": func(s *VerificationStream) error { _, err := s.Finish(); return err },
		"event":  func(s *VerificationStream) error { _, err := s.FinishEvent(nil); return err },
	} {
		t.Run(name, func(t *testing.T) {
			stream, err := hooks.BeginVerification(header)
			if err != nil {
				t.Fatal(err)
			}
			stream.mu.Lock() // a call is in progress
			if err := second(stream); !errors.Is(err, ErrInvalidCall) || errors.Is(err, ErrAlreadyFinished) {
				t.Errorf("during another call: %v", err)
			}
			closed := make(chan struct{})
			go func() { stream.Close(); close(closed) }() // waits
			stream.mu.Unlock()
			<-closed

			// From then on a valid signature is refused too.
			stream, err = hooks.BeginVerification(header)
			if err != nil {
				t.Fatal(err)
			}
			stream.mu.Lock()
			_ = second(stream)
			stream.mu.Unlock()
			if v, err := stream.Finish(); !errors.Is(err, ErrInvalidCall) || v != (Verification{}) {
				t.Errorf("after that: %+v, %v", v, err)
			}
			if stream.pending.open() {
				t.Error("the memory in C is still held")
			}
		})
	}
}
