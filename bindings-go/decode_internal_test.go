package tinkwebhooks

import (
	"bytes"
	"encoding/json"
	"math/rand"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

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
