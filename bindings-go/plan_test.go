package tinkwebhooks

import (
	"encoding/json"
	"math/rand"
	"os"
	"reflect"
	"runtime/debug"
	"strconv"
	"testing"
	"time"
)

// sameAsJSON decodes a text in both ways, into values that were filled with the same texts before.
func sameAsJSON(t *testing.T, into reflect.Type, text string, before ...string) (planned bool) {
	t.Helper()
	ours, theirs := reflect.New(into), reflect.New(into)
	for _, one := range before {
		if json.Unmarshal([]byte(one), ours.Interface()) != nil || json.Unmarshal([]byte(one), theirs.Interface()) != nil {
			return false
		}
	}
	if len(before) == 0 {
		planned = decodeZero(text, reflect.New(into))
	}
	wanted := json.Unmarshal([]byte(text), theirs.Interface())
	got := decode(text, ours.Interface())
	if !reflect.DeepEqual(got, wanted) {
		t.Errorf("%s into %s, after %q:\n%#v\nbut encoding/json\n%#v", text, into, before, got, wanted)
	}
	if !reflect.DeepEqual(ours.Interface(), theirs.Interface()) {
		t.Errorf("%s into %s, after %q:\n%+v\nbut encoding/json\n%+v", text, into, before, ours.Elem(), theirs.Elem())
	}
	return planned
}

// accepted is the text as the core passes it on; false where it refuses it.
func accepted(hooks *Handler, text string) (string, bool) {
	event, err := hooks.ParseEvent([]byte(`{"event":"some:thing","content":` + text + `}`))
	if err != nil {
		return "", false
	}
	return event.data.text(), true
}

// Whatever the type and the text, the result is that of encoding/json: the value, and the error. So it is for values
// that hold something already.
func TestStructsAreDecodedAsByEncodingJSON(t *testing.T) {
	hooks, err := NewHandler(WithSecret("s3cret"))
	if err != nil {
		t.Fatal(err)
	}
	defer hooks.Close()
	seed, rounds := time.Now().UnixNano(), 6000
	if os.Getenv("TEST_ALL") != "" {
		rounds = 60_000
	}
	if given, err := strconv.ParseInt(os.Getenv("TINK_WEBHOOKS_TEST_SEED"), 10, 64); err == nil {
		seed = given
	}
	random := rand.New(rand.NewSource(seed))
	var planned, zero int
	for range rounds {
		into := knownTypes[random.Intn(len(knownTypes))]
		if random.Intn(2) == 0 {
			into = randomType(random, 1+random.Intn(3))
		}
		write := func() string {
			w := &writer{Rand: random, wrong: []int{10, 60, 1000, 1000}[random.Intn(4)]}
			w.value(into, 6)
			return w.String()
		}
		text, ok := accepted(hooks, write())
		if !ok {
			continue
		}
		var before []string
		for range max(0, random.Intn(6)-3) {
			before = append(before, write())
		}
		if sameAsJSON(t, into, text, before...) {
			planned++
		}
		if len(before) == 0 {
			zero++
		}
		if t.Failed() {
			t.Fatalf("TINK_WEBHOOKS_TEST_SEED=%d shows it again", seed)
		}
	}
	if planned < zero/3 {
		t.Errorf("of %d values %d were decoded by a plan", zero, planned)
	}
}

// What the random texts seldom have, each with the type that it is for.
func TestDecodingOfWhatIsRare(t *testing.T) {
	for text, into := range map[string]reflect.Type{
		"{\"\u212a\":\"kelvin\",\"\u017f\":1}":                       reflect.TypeFor[folds](),
		"{\"\\u212a\":\"kelvin\",\"\\u017f\":1,\"STRASSE\":[1]}":     reflect.TypeFor[folds](),
		"{\"stra\u1e9ee\":[1],\"KK\":1,\"kk\":2,\"kK\":3}":           reflect.TypeFor[folds](),
		"{\"\\u006b\":\"\\ud83d\\ude00\\u003cb\\u003e\\/\\\\\\\"\"}": reflect.TypeFor[folds](),
		`{"S":"a","s":"b"}`:                         reflect.TypeFor[scalars](),
		`{"I8":128}`:                                reflect.TypeFor[scalars](),
		`{"I8":12.0}`:                               reflect.TypeFor[scalars](),
		`{"U8":-1}`:                                 reflect.TypeFor[scalars](),
		`{"F32":1e39,"S":"after"}`:                  reflect.TypeFor[scalars](),
		`{"F32":3.4028236e38}`:                      reflect.TypeFor[scalars](),
		`{"S":1,"I":"x","B":[]}`:                    reflect.TypeFor[scalars](),
		`{"C":null,"FN":null,"C64":null}`:           reflect.TypeFor[scalars](),
		`{"C":1}`:                                   reflect.TypeFor[scalars](),
		`{"R": [1, 2 ] ,"RP":null}`:                 reflect.TypeFor[scalars](),
		`{"R":null,"RP":{"a":null}}`:                reflect.TypeFor[scalars](),
		`{"a\\b":"x","Odd":"y","-":"z","Dash":"w"}`: reflect.TypeFor[scalars](),
		`{"A":[1,2,3,4],"AA":[[true,null],[false]],"A0":[1]}`:          reflect.TypeFor[containers](),
		`{"E":[{},{}],"S":[],"B":"","NB":"YQ==","BB":"YQ=="}`:          reflect.TypeFor[containers](),
		`{"B":[1,2],"BB":[3]}`:                                         reflect.TypeFor[containers](),
		`{"B":"%%%","S":["after"]}`:                                    reflect.TypeFor[containers](),
		`{"MI":{"128":"x","5":"y"},"M":{"a":1}}`:                       reflect.TypeFor[containers](),
		`{"MM":{"a":{"b":{"A":1}},"a":{"c":{"B":2}}}}`:                 reflect.TypeFor[containers](),
		`{"MP":{"a":{"A":1},"a":{"B":2},"b":null}}`:                    reflect.TypeFor[containers](),
		`{"MS":{"a":null,"b":"x","b":"y"}}`:                            reflect.TypeFor[containers](),
		`{"MS":{"a":1}}`:                                               reflect.TypeFor[containers](),
		`{"MB":{},"MF":null}`:                                          reflect.TypeFor[containers](),
		`{"MB":null,"MF":null,"P":{"A":1},"PM":{},"PS":[],"PA":null}`:  reflect.TypeFor[containers](),
		`{"NN":[[],[[]],[[[]]]],"N":{"Next":{"Kids":[{"id":"x"}]}}}`:   reflect.TypeFor[containers](),
		`{"P":{"A":1},"P":null}`:                                       reflect.TypeFor[containers](),
		`{"A":1,"b":2,"c":{"X":"x"},"D":3,"deep":"d","X":"x","Y":"y"}`: reflect.TypeFor[embeds](),
		`{"Both":"b","Named":1,"E":"e","H":"h"}`:                       reflect.TypeFor[embeds](),
		`{"H":null,"E":"after"}`:                                       reflect.TypeFor[embeds](),
		`{"D":null,"Y":null}`:                                          reflect.TypeFor[embeds](),
		`{"X":"x","Both":"b","Z":1}`:                                   reflect.TypeFor[twice](),
		`{"leaf":{"A":1},"third":{"X":"x"},"other":1}`:                 reflect.TypeFor[taggedLeaf](),
		`{"i":"1","p":"2","f":"1.5","b":"true","s":"\"x\"","n":"12"}`:  reflect.TypeFor[quotes](),
		`{"i":null,"p":null,"h":null,"hp":null,"t":null}`:              reflect.TypeFor[quotes](),
		`{"i":"null","p":"null","h":"null","hp":"null","t":"null"}`:    reflect.TypeFor[quotes](),
		`{"i":"","p":"2"}`:                                             reflect.TypeFor[quotes](),
		`{"i":"0123","f":"0x1p-2"}`:                                    reflect.TypeFor[quotes](),
		`{"i":" 1"}`:                                                   reflect.TypeFor[quotes](),
		`{"i":1}`:                                                      reflect.TypeFor[quotes](),
		`{"s":"\"\\ud800\""}`:                                          reflect.TypeFor[quotes](),
		`{"h":"[1,2]","l":"\"x\"","a":[1],"pp":"5","ps":"\"y\""}`:      reflect.TypeFor[quotes](),
		`{"L":"a","L":"b"}`:                                            reflect.TypeFor[methods](),
		`{"H":1,"H":2}`:                                                reflect.TypeFor[methods](),
		`{"L":null,"LP":null,"H":null,"HP":null,"NP":null,"M":null}`:   reflect.TypeFor[methods](),
		`{"L":1,"LL":["a"]}`:                                           reflect.TypeFor[methods](),
		`{"L":"bad","LL":["a"]}`:                                       reflect.TypeFor[methods](),
		`{"HH":[ {"a": 1} , [ ] ],"HS":[1,null,"bad",4]}`:              reflect.TypeFor[methods](),
		`{"LM":{"a":"x","A":"y"},"KM":{"a":1}}`:                        reflect.TypeFor[methods](),
		`{"F":1}`:                                                      reflect.TypeFor[methods](),
		`{"FP":1,"L":"after"}`:                                         reflect.TypeFor[methods](),
		`{"Methods":{"F":[]}}`:                                         reflect.TypeFor[all](),
		`{"U":{"Time":"2024-01-02T03:04:05Z"}}`:                        reflect.TypeFor[methods](),
		`{"UP":"2024-01-02T03:04:05Z","U":"2024-01-02T03:04:05Z"}`:     reflect.TypeFor[methods](),
		`{"NP":{"texts":["a"]}}`:                                       reflect.TypeFor[methods](),
		`{"T":"yesterday"}`:                                            reflect.TypeFor[methods](),
		`{"I":null}`:                                                   reflect.TypeFor[methods](),
		`{"I":1}`:                                                      reflect.TypeFor[methods](),
		`{"T":999999999999999999,"N":"1"}`:                             reflect.TypeFor[library](),
		`{"T":253402300800000}`:                                        reflect.TypeFor[library](),
		`{"T":253402300799999,"TP":-62135596800000,"TM":{"a":0}}`:      reflect.TypeFor[library](),
		`{"T":1e3}`: reflect.TypeFor[library](),
		`{"N":"\u0031","X":"\u0041","I":"\u0035"}`: reflect.TypeFor[library](),
		`{"T":"","N":"","I":"","X":""}`:            reflect.TypeFor[library](),
	} {
		sameAsJSON(t, into, text)
		sameAsJSON(t, into, text, text)
		sameAsJSON(t, into, text, "null", "{}")
	}
	// Not a pointer, a nil one, and none at all.
	for _, v := range []any{nil, scalars{}, (*scalars)(nil), 5} {
		if got, wanted := decode(`{}`, v), json.Unmarshal([]byte(`{}`), v); !reflect.DeepEqual(got, wanted) {
			t.Errorf("%T: %v, but encoding/json: %v", v, got, wanted)
		}
	}
}

// Every example goes into its struct by a plan, and not by encoding/json.
func TestEveryExampleHasAPlan(t *testing.T) {
	everyExample(t, func(t *testing.T, eventType EventType, event *Event) {
		if !sameAsJSON(t, dataTypes[eventType], event.data.text()) {
			t.Error("there is no plan for it")
		}
	})
}

// An UnmarshalJSON may keep and change the bytes that it gets: they are nobody else's.
type keeper struct{ text []byte }

func (k *keeper) UnmarshalJSON(text []byte) error {
	k.text = text
	for index := range text {
		text[index] ^= 1
	}
	return nil
}

func TestBytesBelongToWhoGetsThem(t *testing.T) {
	type both struct {
		A, B, C keeper
		R, S    json.RawMessage
		Text    string
	}
	text := `{"A":{"a":1},"R":[1],"B":"bbb","S":[2],"C":3,"Text":"as it was"}`
	var first both
	if !decodeZero(text, reflect.ValueOf(&first)) {
		t.Fatal("no plan")
	}
	first.R = append(first.R, "xxxxxxxx"...)
	_ = append(first.A.text, "yyyyyyyy"...)
	first.S[0] = '('
	var second both
	if err := decode(text, &second); err != nil || string(second.S) != "[2]" || second.Text != "as it was" {
		t.Errorf("%+v %v", second, err)
	}
	if string(first.B.text) != "#ccc#" || string(first.S) != "(2]" || first.Text != "as it was" || text[1] != '"' {
		t.Errorf("%+v", first)
	}
}

// A long array of small elements reserves no more memory than it fills, wherever it stands.
func TestNoMoreIsReservedThanTheTextIsWorth(t *testing.T) {
	type element struct{ Room [64]string }
	type holder struct {
		Lists []struct{ Many []element }
		First []element
		Rest  string
	}
	text := `{"First":[{},{}],"Lists":[`
	for number := range 2000 {
		if number > 0 {
			text += ","
		}
		text += `{"Many":[{},{}]}`
	}
	text += `],"Rest":"` + string(make([]byte, 0)) + `"}`
	var made holder
	if !decodeZero(text, reflect.ValueOf(&made)) {
		t.Fatal("no plan")
	}
	if got := cap(made.First); got > 4 {
		t.Errorf("room for %d elements of 2", got)
	}
	for _, list := range made.Lists {
		if cap(list.Many) > 4 {
			t.Fatalf("room for %d elements of 2", cap(list.Many))
		}
	}
}

// FuzzStructs is run by `make fuzz`. The number chooses the type: one that is written down, or one made from it.
func FuzzStructs(f *testing.F) {
	hooks, err := NewHandler(WithSecret("s3cret"))
	if err != nil {
		f.Fatal(err)
	}
	for number := range uint32(100) {
		if eventType, body, ok := example(number); ok && dataTypes[eventType] != nil {
			var envelope struct{ Content, Data json.RawMessage }
			if err := json.Unmarshal([]byte(body), &envelope); err != nil {
				f.Fatal(err)
			}
			f.Add(int64(number), string(envelope.Content)+string(envelope.Data), "")
		}
	}
	for number := range int64(len(knownTypes)) {
		w := &writer{Rand: rand.New(rand.NewSource(number)), wrong: 30}
		w.value(knownTypes[number], 5)
		f.Add(number, w.String(), "{}")
		f.Add(-1-number, w.String(), "")
	}
	f.Fuzz(func(t *testing.T, number int64, text, before string) {
		into := randomType(rand.New(rand.NewSource(number)), 3)
		if 0 <= number && number < int64(len(knownTypes)) {
			into = knownTypes[number]
		}
		// What the core refuses is never decoded. It must not end in a panic all the same.
		func() {
			defer func() {
				if value := recover(); value != nil {
					t.Fatalf("%v\n%s", value, debug.Stack())
				}
			}()
			decodeZero(text, reflect.New(into))
		}()
		text, ok := accepted(hooks, text)
		if !ok {
			return
		}
		sameAsJSON(t, into, text)
		sameAsJSON(t, into, text, before)
	})
}
