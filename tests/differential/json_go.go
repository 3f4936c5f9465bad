// Command json_go is Go's encoding/json: a body in hex per line; answers as json_python.py does.
package main

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"sort"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

func units(text string) string {
	var out strings.Builder
	out.WriteByte('s')
	for _, unit := range utf16.Encode([]rune(text)) {
		fmt.Fprintf(&out, "%04x", unit)
	}
	out.WriteByte('.')
	return out.String()
}

func canonical(value any) string {
	switch value := value.(type) {
	case nil:
		return "z"
	case bool:
		if value {
			return "t"
		}
		return "f"
	case float64:
		var bytes [8]byte
		binary.BigEndian.PutUint64(bytes[:], math.Float64bits(value+0))
		return "n" + hex.EncodeToString(bytes[:])
	case string:
		return units(value)
	case []any:
		var out strings.Builder
		for _, item := range value {
			out.WriteString(canonical(item))
		}
		return "[" + out.String() + "]"
	case map[string]any:
		var members []string
		for key, item := range value {
			members = append(members, units(key)+canonical(item))
		}
		sort.Strings(members)
		return "{" + strings.Join(members, "") + "}"
	}
	return "!a value of another type"
}

func answer(body []byte) string {
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return "!" + strings.ReplaceAll(err.Error(), "\n", " ")
	}
	if !utf8.Valid(body) {
		return "!UTF-8 replaced"
	}
	return canonical(value)
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	out := bufio.NewWriter(os.Stdout)
	for lines.Scan() {
		body, err := hex.DecodeString(lines.Text())
		if err != nil {
			fmt.Fprintln(os.Stderr, "json_go:", err)
			os.Exit(2)
		}
		out.WriteString(answer(body))
		out.WriteByte('\n')
		out.Flush()
	}
}
