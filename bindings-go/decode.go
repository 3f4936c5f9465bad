package tinkwebhooks

import (
	"encoding/json"
	"reflect"
)

// decode is json.Unmarshal for text that the core has accepted. Into what is empty or zero it takes a fraction of the
// time, because it does not check the text again, knows the type's plan, and its strings share the text's memory.
func decode(text string, v any) error {
	switch target := v.(type) {
	case *map[string]any:
		if target != nil && *target == nil {
			if object, ok := decodeValue(text).(map[string]any); ok {
				*target = object
				return nil
			}
		}
	case *any:
		if target != nil && *target == nil {
			if value := decodeValue(text); value != nil {
				*target = value
				return nil
			}
		}
	default:
		if decodeZero(text, reflect.ValueOf(v)) {
			return nil
		}
	}
	// A copy, because an UnmarshalJSON of the caller's may change its input.
	return json.Unmarshal([]byte(text), v)
}

// decodeValue returns nil for null, and for text that is not JSON: decode then calls json.Unmarshal.
func decodeValue(text string) any {
	d := decoder{text: text, backslash: -1}
	value := d.value()
	if d.skipSpace(); d.failed || d.at < len(text) {
		return nil
	}
	return value
}
