//lint:file-ignore SA5008,U1000 the tags are odd on purpose, and a field that is not exported is never written

package tinkwebhooks

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"math/rand"
	"net/netip"
	"reflect"
	"strings"
	"time"
	"unicode"
)

// Types that encoding/json treats in some way of its own.

type loud string

func (l *loud) UnmarshalText(text []byte) error {
	if strings.Contains(string(text), "bad") {
		return fmt.Errorf("not so loud: %q", text)
	}
	*l += loud(strings.ToUpper(string(text)))
	clear(text)
	return nil
}

// heard keeps every text that it is given, and spoils the caller's.
type heard struct{ texts []string }

func (h *heard) UnmarshalJSON(text []byte) error {
	h.texts = append(h.texts, string(text))
	clear(text)
	if strings.Contains(h.texts[len(h.texts)-1], "bad") {
		return errors.New("heard something bad")
	}
	return nil
}

// fitting gives the error that encoding/json completes with the way to the value.
type fitting struct{ Seen bool }

func (f *fitting) UnmarshalJSON(text []byte) error {
	if f.Seen = len(text) > 2; !f.Seen {
		return &json.UnmarshalTypeError{Value: "short text", Type: reflect.TypeFor[fitting](), Field: "inside"}
	}
	return nil
}

type heardKey string

func (k *heardKey) UnmarshalJSON(text []byte) error {
	*k = heardKey("json " + string(text))
	return nil
}
func (k *heardKey) UnmarshalText(text []byte) error {
	*k = heardKey("text " + string(text))
	return nil
}

type heardScalar int

func (s *heardScalar) UnmarshalJSON(text []byte) error { *s = heardScalar(len(text)); return nil }

type (
	namedBytes   []byte
	namedByte    byte
	namedPointer *heard
	node         struct {
		Next *node
		Kids []node
		Map  map[string]node
		ID   string `json:"id"`
	}
	nested []nested
	leaf   struct {
		A, B int
		C    string `json:"c"`
		Deep string `json:"deep"`
	}
	Other struct {
		B    int
		D    *int
		Deep string
	}
	Third   struct{ X, Both string }
	Fourth  struct{ Y, Both string }
	hidden_ struct{ H string }
	Named   int
	embeds  struct {
		leaf
		*Other
		Third
		*Fourth
		*hidden_
		Named
		Tagged Third `json:"c"`
		E      string
	}
	Twice1 struct{ Third }
	Twice2 struct{ Third }
	twice  struct {
		Twice1
		*Twice2
		Z int
	}
	taggedLeaf struct {
		leaf   `json:"leaf"`
		*Third `json:"third"`
		other  int
	}
	moment struct{ time.Time } // an Unmarshaler, as what it embeds
	folds  struct {
		K  string `json:"k"`
		S  *int   `json:"s"`
		SS []int  `json:"Straße"`
		Kk any    `json:"kK"`
		KK any    `json:"KK"`
	}
	quotes struct {
		I  int          `json:"i,string"`
		P  *int64       `json:"p,string"`
		F  float32      `json:"f,string"`
		B  bool         `json:"b,omitempty,string"`
		S  string       `json:"s,string"`
		N  json.Number  `json:"n,string"`
		H  heardScalar  `json:"h,string"`
		HP *heardScalar `json:"hp,string"`
		T  Text         `json:"t,string"`
		L  loud         `json:"l,string"`
		A  []int        `json:"a,string"` // without effect
		PP **int        `json:"pp,string"`
		PS *string      `json:"ps,string"`
	}
	methods struct {
		L  loud
		LP *loud
		LL []loud
		LM map[loud]loud
		H  heard
		HP *heard
		HH [2]heard
		HS []*heard
		NP namedPointer
		F  fitting `json:"f"`
		FP *fitting
		KM map[heardKey]int
		IP netip.Addr
		M  moment
		U  struct{ time.Time }
		UP *struct{ time.Time }
		T  time.Time
		BI *big.Int
		BR big.Rat
		I  interface{ String() string }
	}
	scalars struct {
		S     string
		B     bool
		I     int
		I8    int8
		I16   int16
		I32   int32
		I64   int64
		U     uint
		U8    uint8
		U16   uint16
		U32   uint32
		U64   uint64
		UP    uintptr
		F32   float32
		F64   float64
		N     json.Number
		A     any
		R     json.RawMessage
		RP    *json.RawMessage
		C     chan int
		FN    func()
		C64   complex64
		Dash  string `json:"-"`
		Minus string `json:"-,"`
		Odd   string `json:"a\\b"`
		Odd2  string `json:"!#$%&()*+-./:;<=>?@[]^_{|}~ "`
		Omit  int    `json:"omit,omitempty"`
		un    int
	}
	containers struct {
		S  []string
		SP []*string
		SS [][]string
		B  []byte
		NB namedBytes
		BB []namedByte
		A  [3]int
		AA [2][2]*bool
		A0 [0]int
		E  []struct{}
		M  map[string]int
		MS map[string]string
		MA map[string]any
		MM map[string]map[string]leaf
		MP map[string]*leaf
		MI map[int8]string
		MU map[uint16]any
		MB map[bool]int
		MF map[float64]int
		NS map[CredentialsStatus]Number
		P  **leaf
		PM *map[string]int
		PS *[]int
		PA *any
		N  node
		NN nested
	}
	library struct {
		N  Number
		I  Int
		X  Text
		T  Time
		NP *Number
		IP *Int
		XP *Text
		TP *Time
		NS []Number
		TM map[string]Time
		P  PaymentUpdated
		R  *RefreshFinished
		A  ActionableInsightsCreated
	}
	all struct {
		Scalars    scalars
		Containers *containers
		Methods    methods
		Embeds     embeds
		Twice      *twice
		Tagged     taggedLeaf
		Folds      folds
		Quotes     quotes
		Library    library
	}
)

// knownTypes are those above, and types that are no structs.
var knownTypes = []reflect.Type{
	reflect.TypeFor[scalars](), reflect.TypeFor[containers](), reflect.TypeFor[methods](), reflect.TypeFor[embeds](),
	reflect.TypeFor[twice](), reflect.TypeFor[taggedLeaf](), reflect.TypeFor[folds](), reflect.TypeFor[quotes](),
	reflect.TypeFor[library](), reflect.TypeFor[all](), reflect.TypeFor[node](), reflect.TypeFor[nested](),
	reflect.TypeFor[moment](), reflect.TypeFor[struct{ time.Time }](), reflect.TypeFor[*struct{ time.Time }](),
	reflect.TypeFor[heard](), reflect.TypeFor[loud](), reflect.TypeFor[*loud](), reflect.TypeFor[namedPointer](),
	reflect.TypeFor[any](), reflect.TypeFor[map[string]any](), reflect.TypeFor[[]any](), reflect.TypeFor[string](),
	reflect.TypeFor[*string](), reflect.TypeFor[***int](), reflect.TypeFor[float64](), reflect.TypeFor[bool](),
	reflect.TypeFor[[]byte](), reflect.TypeFor[[4]string](), reflect.TypeFor[map[string]string](),
	reflect.TypeFor[map[int]leaf](), reflect.TypeFor[json.RawMessage](), reflect.TypeFor[json.Number](),
	reflect.TypeFor[PaymentUpdated](), reflect.TypeFor[RefreshFinished](), reflect.TypeFor[MandatePaymentUpdated](),
	reflect.TypeFor[error](), reflect.TypeFor[chan int](),
}

// leaves are what random types are made of.
var leaves = append([]reflect.Type{
	reflect.TypeFor[int8](), reflect.TypeFor[uint64](), reflect.TypeFor[float32](), reflect.TypeFor[Number](),
	reflect.TypeFor[Time](), reflect.TypeFor[Text](), reflect.TypeFor[Int](), reflect.TypeFor[time.Time](),
	reflect.TypeFor[leaf](), reflect.TypeFor[PaymentStatus](), reflect.TypeFor[int](), reflect.TypeFor[int32](),
}, knownTypes...)

var fieldTags = []string{
	"", "", "", `json:"a"`, `json:"A"`, `json:"b"`, `json:"id,omitempty"`, `json:"k"`, "json:\"\u212a\"", "json:\"\u017f\"",
	`json:"s"`, `json:",string"`, `json:"i,string"`, `json:"-"`, `json:"-,"`, `json:"é"`, `json:"É"`, `json:"bad\\name"`,
	`json:"with space"`, `json:",omitzero"`, `json:"<&>"`,
}

// randomType makes a type that no program has.
func randomType(random *rand.Rand, depth int) reflect.Type {
	if depth <= 0 {
		return leaves[random.Intn(len(leaves))]
	}
	switch random.Intn(9) {
	case 0:
		return reflect.PointerTo(randomType(random, depth-1))
	case 1:
		return reflect.SliceOf(randomType(random, depth-1))
	case 2:
		return reflect.ArrayOf(random.Intn(4), randomType(random, depth-1))
	case 3:
		keys := []reflect.Type{reflect.TypeFor[string](), reflect.TypeFor[int16](), reflect.TypeFor[loud](), reflect.TypeFor[uint8]()}
		return reflect.MapOf(keys[random.Intn(len(keys))], randomType(random, depth-1))
	case 4, 5, 6, 7:
		var fields []reflect.StructField
		for number := range random.Intn(7) {
			fields = append(fields, reflect.StructField{
				Name: string(rune('A' + number)), Type: randomType(random, depth-1),
				Tag: reflect.StructTag(fieldTags[random.Intn(len(fieldTags))]),
			})
		}
		return reflect.StructOf(fields)
	}
	return leaves[random.Intn(len(leaves))]
}

// writer writes JSON that mostly fits a type.
type writer struct {
	*rand.Rand
	strings.Builder
	wrong int // one value in so many is of any kind
}

func (w *writer) one(of ...string) string { return of[w.Intn(len(of))] }

func (w *writer) space() { w.WriteString(w.one("", "", "", "", "", "", " ", "\n\t", "\r\n  ")) }

// text writes a string, with letters as they are or escaped.
func (w *writer) text(text string) {
	w.WriteByte('"')
	for _, r := range text {
		switch {
		case r > 0xFFFF && w.Intn(2) == 0:
			r -= 0x10000
			fmt.Fprintf(w, `\u%04x\u%04X`, 0xD800+r>>10, 0xDC00+r&0x3FF)
		case r == '"', r == '\\', r == '/' && w.Intn(2) == 0:
			w.WriteByte('\\')
			w.WriteRune(r)
		case r < ' ', r <= 0xFFFF && w.Intn(20) == 0:
			fmt.Fprintf(w, `\u%04x`, r)
		default:
			w.WriteRune(r)
		}
	}
	w.WriteByte('"')
}

// key writes a field's name, or one that encoding/json may take for it.
func (w *writer) key(name string) {
	w.text(strings.Map(func(r rune) rune {
		if w.Intn(12) == 0 {
			for range w.Intn(3) {
				r = unicode.SimpleFold(r)
			}
		}
		return r
	}, name))
}

var texts = []string{"", "a", "text", "true", "null", "12", "-1", "1.5", "12.50", "1e3", "0123", "bad", "<b>&amp;</b>", "\u2028",
	"Jürgen", "日本", "😀 𝄞", "\\", `"`, "\"quoted\"", "\n\t\b\f\r", "2024-01-02T03:04:05Z", "1767225600123", "192.168.0.1", "YWJj", "YQ==",
	"YQ", " 5", "5 ", "\u0000", "\u212a\u017f", "EUR", "9223372036854775808", strings.Repeat("long ", 100)}

var numbers = []string{"0", "-0", "1", "7", "-1", "127", "128", "-128", "-129", "255", "256", "32768", "65536", "2147483648",
	"4294967296", "9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
	"18446744073709551615", "18446744073709551616", "1.0", "0.1", "-2.5e3", "1E2", "1e-7", "3.5e38", "1e39", "1e308",
	"1767225600123", "-62135596800000", "253402300800000", "999999999999999999", "123456789012345678901234567890", "0.30000000000000004"}

func (w *writer) anything(depth int) {
	switch w.Intn(8) {
	case 0, 1:
		w.text(texts[w.Intn(len(texts))])
	case 2, 3:
		w.WriteString(numbers[w.Intn(len(numbers))])
	case 4:
		w.WriteString(w.one("true", "false"))
	case 5:
		w.WriteString("null")
	case 6:
		w.list('[', ']', w.Intn(4), func(int) {
			w.value(nil, depth-1)
		})
	default:
		w.list('{', '}', w.Intn(4), func(int) {
			w.text(w.one("a", "b", "", "k", "a\"b"))
			w.colon()
			w.value(nil, depth-1)
		})
	}
}

func (w *writer) colon() { w.space(); w.WriteByte(':'); w.space() }

func (w *writer) list(opening, closing byte, length int, one func(number int)) {
	w.WriteByte(opening)
	for number := range length {
		if number > 0 {
			w.WriteByte(',')
		}
		w.space()
		one(number)
		w.space()
	}
	w.WriteByte(closing)
}

// value writes a value for a type; nil is any.
func (w *writer) value(t reflect.Type, depth int) {
	switch {
	case depth <= 0:
		w.WriteString(w.one("null", "1", `"a"`, "{}", "[]", "true"))
		return
	case t == nil || w.Intn(w.wrong) == 0:
		w.anything(depth)
		return
	case w.Intn(15) == 0:
		w.WriteString("null")
		return
	}
	switch {
	case t == reflect.TypeFor[time.Time](), t == reflect.TypeFor[Time](), t == reflect.TypeFor[moment]():
		w.WriteString(w.one(`"2024-01-02T03:04:05Z"`, `"2024-01-02T03:04:05.678+02:00"`, "1767225600123", "0", `""`))
		return
	case t == reflect.TypeFor[Number](), t == reflect.TypeFor[Int](), t == reflect.TypeFor[Text](), t == reflect.TypeFor[json.Number]():
		w.WriteString(w.one("1", "12.50", `"12.50"`, `"12"`, "-3", `""`, `"x"`))
		return
	case t == reflect.TypeFor[netip.Addr]():
		w.WriteString(w.one(`"192.168.0.1"`, `"::1"`, `""`))
		return
	}
	switch t.Kind() {
	case reflect.Pointer:
		w.value(t.Elem(), depth)
	case reflect.String:
		w.text(texts[w.Intn(len(texts))])
	case reflect.Bool:
		w.WriteString(w.one("true", "false"))
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 && w.Intn(3) > 0 {
			w.text(w.one("YWJj", "YQ==", "", "Y\nQ=="))
			return
		}
		w.list('[', ']', w.Intn(5), func(int) { w.value(t.Elem(), depth-1) })
	case reflect.Map:
		w.list('{', '}', w.Intn(4), func(int) {
			w.text(w.one("a", "b", "1", "-5", "300", "70000", "key"))
			w.colon()
			w.value(t.Elem(), depth-1)
		})
	case reflect.Struct:
		w.structure(t, depth)
	case reflect.Interface, reflect.Chan, reflect.Func, reflect.Complex64:
		if t.NumMethod() > 0 || t.Kind() != reflect.Interface {
			w.WriteString("null")
			return
		}
		w.anything(depth)
	default:
		w.WriteString(numbers[w.Intn(len(numbers)/3)])
	}
}

type member struct {
	name   string
	t      reflect.Type
	quoted bool
}

// members are the fields of a struct and of what it embeds, whether or not one hides another.
func members(t reflect.Type) (found []member) {
	for number := range t.NumField() {
		one := t.Field(number)
		name, options, _ := strings.Cut(one.Tag.Get("json"), ",")
		inner := one.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if one.Anonymous && name == "" && inner.Kind() == reflect.Struct && inner != t {
			found = append(found, members(inner)...)
		}
		if name == "" {
			name = one.Name
		}
		found = append(found, member{name, one.Type, strings.Contains(options, "string")})
	}
	return found
}

func (w *writer) structure(t reflect.Type, depth int) {
	fields := members(t)
	chosen := []member{}
	for _, one := range fields {
		if w.Intn(3) > 0 {
			chosen = append(chosen, one)
		}
	}
	if w.Intn(3) == 0 {
		w.Shuffle(len(chosen), func(i, j int) { chosen[i], chosen[j] = chosen[j], chosen[i] })
	}
	if w.Intn(3) == 0 {
		chosen = append(chosen, member{"unknown", nil, false})
	}
	if w.Intn(25) == 0 && len(chosen) > 0 {
		chosen = append(chosen, chosen[w.Intn(len(chosen))])
	}
	w.list('{', '}', len(chosen), func(number int) {
		one := chosen[number]
		w.key(one.name)
		w.colon()
		if !one.quoted || w.Intn(10) == 0 {
			w.value(one.t, depth-1)
			return
		}
		inside := &writer{Rand: w.Rand, wrong: w.wrong}
		inside.value(one.t, depth-1)
		w.text(inside.String())
	})
}
