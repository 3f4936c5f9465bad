package tinkwebhooks

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
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
