// Package scope says what names what is done once.
package scope

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Wanted describes a scope, for errors.
const Wanted = "the scope must be a printable name of at most 200 characters, such as `book-payment`"

// Is reports whether a text can be a scope: a printable name of 1 to 200 characters without white space at its ends.
func Is(text string) bool {
	printable := !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
	length := utf8.RuneCountInString(text)
	return utf8.ValidString(text) && printable && 0 < length && length <= 200 && strings.TrimSpace(text) == text
}
