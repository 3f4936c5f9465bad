// Command distort does to a body what programs in Go do: a JSON object of names and hex in, of names, rows and hex out.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"log"
	"net/url"
	"os"
	"strconv"
)

func parsed(body []byte) any {
	var value map[string]any
	if err := json.Unmarshal(body, &value); err != nil {
		log.Fatal(err)
	}
	return value
}

func marshalled(value any, err error) []byte {
	text, ok := value.([]byte)
	if err != nil || !ok {
		log.Fatal(err)
	}
	return text
}

func marshal(value any) []byte {
	text, err := json.Marshal(value)
	return marshalled(text, err)
}

func main() {
	rows := map[string]func([]byte) []byte{
		"json.Marshal of a map": func(body []byte) []byte { return marshal(parsed(body)) },
		"json.MarshalIndent of a map": func(body []byte) []byte {
			text, err := json.MarshalIndent(parsed(body), "", "  ")
			return marshalled(text, err)
		},
		"json.Marshal of a RawMessage": func(body []byte) []byte { return marshal(json.RawMessage(body)) },
		"json.Encoder of a RawMessage": func(body []byte) []byte {
			var out bytes.Buffer
			if err := json.NewEncoder(&out).Encode(json.RawMessage(body)); err != nil {
				log.Fatal(err)
			}
			return out.Bytes()
		},
		"json.Encoder without HTML": func(body []byte) []byte {
			var out bytes.Buffer
			encoder := json.NewEncoder(&out)
			encoder.SetEscapeHTML(false)
			if err := encoder.Encode(parsed(body)); err != nil {
				log.Fatal(err)
			}
			return out.Bytes()
		},
		"json.Indent": func(body []byte) []byte {
			var out bytes.Buffer
			if err := json.Indent(&out, body, "", "\t"); err != nil {
				log.Fatal(err)
			}
			return out.Bytes()
		},
		"json.Marshal of a string":  func(body []byte) []byte { return marshal(string(body)) },
		"json.Marshal of bytes":     marshal2,
		"html.EscapeString":         func(body []byte) []byte { return []byte(html.EscapeString(string(body))) },
		"url.QueryEscape":           func(body []byte) []byte { return []byte(url.QueryEscape(string(body))) },
		"strconv.QuoteToASCII":      func(body []byte) []byte { return []byte(strconv.Quote(string(body))) },
		"base64.RawStdEncoding":     func(body []byte) []byte { return []byte(base64.RawStdEncoding.EncodeToString(body)) },
		"fmt.Sprint of a byte list": func(body []byte) []byte { return bytes.ReplaceAll([]byte(fmt.Sprint(body)), []byte(" "), []byte(",")) },
	}
	bodies := map[string]string{}
	if err := json.NewDecoder(os.Stdin).Decode(&bodies); err != nil {
		log.Fatal(err)
	}
	made := map[string]map[string]string{}
	for name, text := range bodies {
		body, err := hex.DecodeString(text)
		if err != nil {
			log.Fatal(err)
		}
		made[name] = map[string]string{}
		for row, distort := range rows {
			made[name][row] = hex.EncodeToString(distort(body))
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(made); err != nil {
		log.Fatal(err)
	}
}

// marshal2 is what encoding/json makes of a []byte: base64 in a string.
func marshal2(body []byte) []byte { return marshal(body) }
