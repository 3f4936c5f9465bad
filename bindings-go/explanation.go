package tinkwebhooks

// Cause is a word for what can be the matter with a delivery; docs/explain.md lists them.
type Cause string

// generated: causes
// The causes that an explanation can have. Later versions may have more.
const (
	// The delivery verifies.
	CauseVerifies Cause = "verifies"
	// The signature is right, but it was made too long ago.
	CauseTimestampTooOld Cause = "timestamp_too_old"
	// The signature is right, but it was made in what is still the future here.
	CauseTimestampInFuture Cause = "timestamp_in_future"
	// The header's t is in milliseconds.
	CauseTimeInMilliseconds Cause = "time_in_milliseconds"
	// Body and signature were exchanged.
	CauseArgumentsSwapped Cause = "arguments_swapped"
	// The body was written again with line breaks and indentation.
	CauseJsonIndented Cause = "json_indented"
	// The body was written again with spaces behind commas and colons.
	CauseJsonSpaced Cause = "json_spaced"
	// The body was written again without the white space that it had.
	CauseJsonCompacted Cause = "json_compacted"
	// The keys of the body were put into another order.
	CauseKeysReordered Cause = "keys_reordered"
	// Numbers of the body were written in another way, such as 23.00 as 23.
	CauseNumbersRewritten Cause = "numbers_rewritten"
	// Characters beyond ASCII were written as \u escapes.
	CauseUnicodeEscaped Cause = "unicode_escaped"
	// \u escapes of the body were written as the characters themselves.
	CauseUnicodeUnescaped Cause = "unicode_unescaped"
	// The hex digits of \u escapes were written in the other case.
	CauseUnicodeEscapeCase Cause = "unicode_escape_case"
	// Characters such as <, > and & were written as \u escapes.
	CauseHtmlEscaped Cause = "html_escaped"
	// Escapes such as \u003c were written as the characters themselves.
	CauseHtmlUnescaped Cause = "html_unescaped"
	// Slashes were written as \/.
	CauseSlashesEscaped Cause = "slashes_escaped"
	// \/ was written as a plain slash.
	CauseSlashesUnescaped Cause = "slashes_unescaped"
	// The names of keys were changed between camelCase and another convention.
	CauseKeysRenamed Cause = "keys_renamed"
	// Empty strings became null.
	CauseEmptyToNull Cause = "empty_to_null"
	// Empty objects became empty arrays.
	CauseEmptyObjectToArray Cause = "empty_object_to_array"
	// Plus signs became spaces.
	CausePlusToSpace Cause = "plus_to_space"
	// The body is the text of a Python or Ruby object and not the bytes that came.
	CausePythonRepr Cause = "python_repr"
	// The body is the text of a Python bytes object, b'...'.
	CausePythonBytesRepr Cause = "python_bytes_repr"
	// The body is the list of its bytes as text.
	CauseBufferStringified Cause = "buffer_stringified"
	// The body was put into a JSON string.
	CauseJsonInString Cause = "json_in_string"
	// The body is a member of the object that was given.
	CauseWrappedInEvent Cause = "wrapped_in_event"
	// The body is still in base64.
	CauseBase64Encoded Cause = "base64_encoded"
	// The body is still compressed.
	CauseGzipCompressed Cause = "gzip_compressed"
	// The body was encoded as a form.
	CauseFormEncoded Cause = "form_encoded"
	// Characters were replaced by HTML entities such as &amp;.
	CauseHtmlEntities Cause = "html_entities"
	// The UTF-8 of the body was read as Latin-1 and written as UTF-8 again.
	CauseUtf8ReadAsLatin1 Cause = "utf8_read_as_latin1"
	// The UTF-8 of the body was read as Windows-1252 and written as UTF-8 again.
	CauseUtf8ReadAsCp1252 Cause = "utf8_read_as_cp1252"
	// The body was written in Latin-1 or Windows-1252 in place of UTF-8.
	CauseWrittenAsLatin1 Cause = "written_as_latin1"
	// The body was written in UTF-16.
	CauseUtf16 Cause = "utf16"
	// A byte order mark stands in front of the body.
	CauseBomAdded Cause = "bom_added"
	// Line breaks or spaces were added around the body.
	CauseWhitespaceAdded Cause = "whitespace_added"
	// The line break at the end of the body was dropped.
	CauseNewlineRemoved Cause = "newline_removed"
	// Line endings were exchanged between LF and CRLF.
	CauseLineEndingsChanged Cause = "line_endings_changed"
	// The signature header is in quotes.
	CauseHeaderQuoted Cause = "header_quoted"
	// The name of the header is part of the value.
	CauseHeaderNameIncluded Cause = "header_name_included"
	// The signature header is percent-encoded.
	CauseHeaderPercentEncoded Cause = "header_percent_encoded"
	// The signature header, or the MAC in it, is in base64.
	CauseHeaderBase64 Cause = "header_base64"
	// The MAC has a prefix such as sha256=.
	CauseHeaderPrefixed Cause = "header_prefixed"
	// The keys of the signature header are in upper case.
	CauseHeaderUpperCase Cause = "header_upper_case"
	// The signature header stands there more than once.
	CauseHeaderRepeated Cause = "header_repeated"
	// The signature header has the right parts in another form.
	CauseHeaderRewritten Cause = "header_rewritten"
	// The MAC is over the body alone, though the header is of the form with t.
	CauseSignedWithoutTime Cause = "signed_without_time"
	// The MAC is over the number t, and not over its text as it stands in the header.
	CauseSignedWithParsedTime Cause = "signed_with_parsed_time"
	// The MAC is over t and the body, joined otherwise than by a dot.
	CauseSignedDifferently Cause = "signed_differently"
	// The secret has white space or a line break at an end.
	CauseSecretWhitespace Cause = "secret_whitespace"
	// The secret has quotes around it.
	CauseSecretQuoted Cause = "secret_quoted"
	// The secret has the variable's name in front of it.
	CauseSecretWithName Cause = "secret_with_name"
	// The secret has a prefix that does not belong to it.
	CauseSecretPrefixed Cause = "secret_prefixed"
	// The secret was decoded from hex or base64.
	CauseSecretDecoded Cause = "secret_decoded"
	// The secret is in hex, base64 or percent-encoding, and its decoded bytes are the key.
	CauseSecretEncoded Cause = "secret_encoded"
	// Several secrets were given as one.
	CauseSecretList Cause = "secret_list"
	// The secret's letters were changed to lower or upper case.
	CauseSecretCase Cause = "secret_case"
	// There is no signature header.
	CauseHeaderMissing Cause = "header_missing"
	// The signature header holds no MAC of 64 hex digits with its time.
	CauseHeaderMalformed Cause = "header_malformed"
	// No secret was given.
	CauseSecretMissing Cause = "secret_missing"
	// No secret that was given has 16 bytes, and Tink's have 32.
	CauseSecretShort Cause = "secret_short"
	// The body is empty.
	CauseBodyEmpty Cause = "body_empty"
	// The body is the text [object Object], and its content is lost.
	CauseObjectObject Cause = "object_object"
	// Characters of the body were replaced by a question mark or by U+FFFD, and are lost.
	CauseCharactersLost Cause = "characters_lost"
	// The body ends early.
	CauseBodyTruncated Cause = "body_truncated"
	// The body is not the JSON that Tink sends.
	CauseBodyNotJson Cause = "body_not_json"
	// No known change of body, header or secret explains it: most likely the secret is that of another endpoint.
	CauseSecretOther Cause = "secret_other"
)

// generated: end

// Explanation says why a delivery does not verify, as far as it can be known. [Explain] makes it. What fmt prints of it
// holds neither a secret nor a MAC nor anything of the body.
type Explanation struct {
	// Cause is the first of Causes; [CauseVerifies] where nothing is wrong.
	Cause Cause
	// Causes is everything that had to be undone together, at least one.
	Causes []Cause
	// Proved says whether a MAC proves it: with these changes undone, the delivery verifies under a secret of at least 16
	// bytes. It proves what happened, and never where.
	Proved bool
	// Where it usually happens, in one sentence.
	Where string
	// Fix is the line to change, for each framework on a line of its own.
	Fix string
	// SecretIndex is the place among the given secrets of the one that fits, also where it was given in another form; -1
	// where nothing was proved.
	SecretIndex int

	text         string
	originalBody []byte
}

// String returns the text for people, of several lines.
func (e Explanation) String() string { return e.text }

// GoString is [Explanation.String]: %#v would otherwise print the body.
func (e Explanation) GoString() string { return e.text }

// OriginalBody returns the body that was signed, where that is another than the one given; else nil. Like any body it
// does not belong into a log.
func (e Explanation) OriginalBody() []byte { return e.originalBody }
