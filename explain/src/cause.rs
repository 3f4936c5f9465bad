// Generated from explain/causes.yaml by `make generate`; do not edit.
//! What can be the matter with a delivery, in words.

use std::fmt;

/// Why a delivery does not verify, or that it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// The delivery verifies.
    Verifies,
    /// The signature is right, but it was made too long ago.
    TimestampTooOld,
    /// The signature is right, but it was made in what is still the future here.
    TimestampInFuture,
    /// The header's t is in milliseconds.
    TimeInMilliseconds,
    /// Body and signature were exchanged.
    ArgumentsSwapped,
    /// The body was written again with line breaks and indentation.
    JsonIndented,
    /// The body was written again with spaces behind commas and colons.
    JsonSpaced,
    /// The body was written again without the white space that it had.
    JsonCompacted,
    /// The keys of the body were put into another order.
    KeysReordered,
    /// Numbers of the body were written in another way, such as 23.00 as 23.
    NumbersRewritten,
    /// Characters beyond ASCII were written as \u escapes.
    UnicodeEscaped,
    /// \u escapes of the body were written as the characters themselves.
    UnicodeUnescaped,
    /// The hex digits of \u escapes were written in the other case.
    UnicodeEscapeCase,
    /// Characters such as <, > and & were written as \u escapes.
    HtmlEscaped,
    /// Escapes such as \u003c were written as the characters themselves.
    HtmlUnescaped,
    /// Slashes were written as \/.
    SlashesEscaped,
    /// \/ was written as a plain slash.
    SlashesUnescaped,
    /// The names of keys were changed between camelCase and another convention.
    KeysRenamed,
    /// Empty strings became null.
    EmptyToNull,
    /// Empty objects became empty arrays.
    EmptyObjectToArray,
    /// Plus signs became spaces.
    PlusToSpace,
    /// The body is the text of a Python or Ruby object and not the bytes that came.
    PythonRepr,
    /// The body is the text of a Python bytes object, b'...'.
    PythonBytesRepr,
    /// The body is the list of its bytes as text.
    BufferStringified,
    /// The body was put into a JSON string.
    JsonInString,
    /// The body is a member of the object that was given.
    WrappedInEvent,
    /// The body is still in base64.
    Base64Encoded,
    /// The body is still compressed.
    GzipCompressed,
    /// The body was encoded as a form.
    FormEncoded,
    /// Characters were replaced by HTML entities such as &amp;.
    HtmlEntities,
    /// The UTF-8 of the body was read as Latin-1 and written as UTF-8 again.
    Utf8ReadAsLatin1,
    /// The UTF-8 of the body was read as Windows-1252 and written as UTF-8 again.
    Utf8ReadAsCp1252,
    /// The body was written in Latin-1 or Windows-1252 in place of UTF-8.
    WrittenAsLatin1,
    /// The body was written in UTF-16.
    Utf16,
    /// A byte order mark stands in front of the body.
    BomAdded,
    /// Line breaks or spaces were added around the body.
    WhitespaceAdded,
    /// The line break at the end of the body was dropped.
    NewlineRemoved,
    /// Line endings were exchanged between LF and CRLF.
    LineEndingsChanged,
    /// The signature header is in quotes.
    HeaderQuoted,
    /// The name of the header is part of the value.
    HeaderNameIncluded,
    /// The signature header is percent-encoded.
    HeaderPercentEncoded,
    /// The signature header, or the MAC in it, is in base64.
    HeaderBase64,
    /// The MAC has a prefix such as sha256=.
    HeaderPrefixed,
    /// The keys of the signature header are in upper case.
    HeaderUpperCase,
    /// The signature header stands there more than once.
    HeaderRepeated,
    /// The signature header has the right parts in another form.
    HeaderRewritten,
    /// The MAC is over the body alone, though the header is of the form with t.
    SignedWithoutTime,
    /// The MAC is over the number t, and not over its text as it stands in the header.
    SignedWithParsedTime,
    /// The MAC is over t and the body, joined otherwise than by a dot.
    SignedDifferently,
    /// The secret has white space or a line break at an end.
    SecretWhitespace,
    /// The secret has quotes around it.
    SecretQuoted,
    /// The secret has the variable's name in front of it.
    SecretWithName,
    /// The secret has a prefix that does not belong to it.
    SecretPrefixed,
    /// The secret was decoded from hex or base64.
    SecretDecoded,
    /// The secret is in hex, base64 or percent-encoding, and its decoded bytes are the key.
    SecretEncoded,
    /// Several secrets were given as one.
    SecretList,
    /// The secret's letters were changed to lower or upper case.
    SecretCase,
    /// There is no signature header.
    HeaderMissing,
    /// The signature header holds no MAC of 64 hex digits with its time.
    HeaderMalformed,
    /// No secret was given.
    SecretMissing,
    /// No secret that was given has 16 bytes, and Tink's have 32.
    SecretShort,
    /// The body is empty.
    BodyEmpty,
    /// The body is the text \[object Object\], and its content is lost.
    ObjectObject,
    /// Characters of the body were replaced by a question mark or by U+FFFD, and are lost.
    CharactersLost,
    /// The body ends early.
    BodyTruncated,
    /// The body is not the JSON that Tink sends.
    BodyNotJson,
    /// No known change of body, header or secret explains it: most likely the secret is that of another endpoint.
    SecretOther,
}

/// The word, what happened, where it usually does, and how to change it.
type Texts = (&'static str, &'static str, &'static str, &'static [&'static str]);

impl Cause {
    /// Every cause.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks_explain::Cause;
    /// assert!(Cause::ALL.contains(&Cause::NumbersRewritten));
    /// ```
    pub const ALL: &'static [Self] = &[
        Self::Verifies,
        Self::TimestampTooOld,
        Self::TimestampInFuture,
        Self::TimeInMilliseconds,
        Self::ArgumentsSwapped,
        Self::JsonIndented,
        Self::JsonSpaced,
        Self::JsonCompacted,
        Self::KeysReordered,
        Self::NumbersRewritten,
        Self::UnicodeEscaped,
        Self::UnicodeUnescaped,
        Self::UnicodeEscapeCase,
        Self::HtmlEscaped,
        Self::HtmlUnescaped,
        Self::SlashesEscaped,
        Self::SlashesUnescaped,
        Self::KeysRenamed,
        Self::EmptyToNull,
        Self::EmptyObjectToArray,
        Self::PlusToSpace,
        Self::PythonRepr,
        Self::PythonBytesRepr,
        Self::BufferStringified,
        Self::JsonInString,
        Self::WrappedInEvent,
        Self::Base64Encoded,
        Self::GzipCompressed,
        Self::FormEncoded,
        Self::HtmlEntities,
        Self::Utf8ReadAsLatin1,
        Self::Utf8ReadAsCp1252,
        Self::WrittenAsLatin1,
        Self::Utf16,
        Self::BomAdded,
        Self::WhitespaceAdded,
        Self::NewlineRemoved,
        Self::LineEndingsChanged,
        Self::HeaderQuoted,
        Self::HeaderNameIncluded,
        Self::HeaderPercentEncoded,
        Self::HeaderBase64,
        Self::HeaderPrefixed,
        Self::HeaderUpperCase,
        Self::HeaderRepeated,
        Self::HeaderRewritten,
        Self::SignedWithoutTime,
        Self::SignedWithParsedTime,
        Self::SignedDifferently,
        Self::SecretWhitespace,
        Self::SecretQuoted,
        Self::SecretWithName,
        Self::SecretPrefixed,
        Self::SecretDecoded,
        Self::SecretEncoded,
        Self::SecretList,
        Self::SecretCase,
        Self::HeaderMissing,
        Self::HeaderMalformed,
        Self::SecretMissing,
        Self::SecretShort,
        Self::BodyEmpty,
        Self::ObjectObject,
        Self::CharactersLost,
        Self::BodyTruncated,
        Self::BodyNotJson,
        Self::SecretOther,
    ];

    /// Its word, the same in every language. Words never change their meaning.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks_explain::Cause;
    /// assert_eq!(Cause::NumbersRewritten.as_str(), "numbers_rewritten");
    /// ```
    pub const fn as_str(self) -> &'static str {
        self.texts().0
    }

    /// The cause of this word.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks_explain::Cause;
    /// assert_eq!(Cause::parse("secret_quoted"), Some(Cause::SecretQuoted));
    /// assert_eq!(Cause::parse("bad_luck"), None);
    /// ```
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|cause| cause.as_str() == word)
    }

    /// What happened, in words that can be put after one another.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks_explain::Cause;
    /// assert_eq!(Cause::BodyEmpty.what(), "the body is empty");
    /// ```
    pub const fn what(self) -> &'static str {
        self.texts().1
    }

    /// Where it usually happens. Nothing proves it.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks_explain::Cause;
    /// assert!(Cause::JsonSpaced.place().contains("json.dumps"));
    /// ```
    pub const fn place(self) -> &'static str {
        self.texts().2
    }

    /// The line to change, for each framework on a line of its own.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks_explain::Cause;
    /// assert!(Cause::JsonCompacted.fix().contains("await request.body()"));
    /// ```
    pub fn fix(self) -> String {
        self.fixes().join("\n")
    }

    /// The same in parts, which several causes share.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks_explain::Cause;
    /// assert_eq!(Cause::SlashesEscaped.fixes().len(), 2);
    /// ```
    pub const fn fixes(self) -> &'static [&'static str] {
        self.texts().3
    }

    #[expect(clippy::too_many_lines, reason = "a table")]
    const fn texts(self) -> Texts {
        match self {
            Self::Verifies => (
                "verifies",
                "the delivery verifies",
                "if the receiver refuses it, it runs with another secret, or is given another body than this one",
                &[NONE],
            ),
            Self::TimestampTooOld => (
                "timestamp_too_old",
                "the signature is right, but it was made too long ago",
                "usually this machine's clock is ahead, a queue stands in front of the check, or the delivery was recorded",
                &[CLOCK],
            ),
            Self::TimestampInFuture => (
                "timestamp_in_future",
                "the signature is right, but it was made in what is still the future here",
                "usually this machine's clock is behind",
                &[CLOCK],
            ),
            Self::TimeInMilliseconds => (
                "time_in_milliseconds",
                "the header's t is in milliseconds",
                "usually a sender of one's own, with Date.now() or time.time_ns()",
                &[SIGNER],
            ),
            Self::ArgumentsSwapped => (
                "arguments_swapped",
                "body and signature were exchanged",
                "usually the call of the library",
                &[ARGUMENTS],
            ),
            Self::JsonIndented => (
                "json_indented",
                "the body was written again with line breaks and indentation",
                "usually a debugger, a relay or an editor that shows JSON prettily, or json.dumps(..., indent=2)",
                &[RAW_BODY, PROXY],
            ),
            Self::JsonSpaced => (
                "json_spaced",
                "the body was written again with spaces behind commas and colons",
                "usually json.dumps of the parsed body in Python",
                &[RAW_BODY],
            ),
            Self::JsonCompacted => (
                "json_compacted",
                "the body was written again without the white space that it had",
                "usually JSON.stringify of the parsed body, or a parser of the framework in front of the check",
                &[RAW_BODY],
            ),
            Self::KeysReordered => (
                "keys_reordered",
                "the keys of the body were put into another order",
                "usually a map in Go, sort_keys in Python, a typed model, or a relay that writes the body again",
                &[RAW_BODY, PROXY],
            ),
            Self::NumbersRewritten => (
                "numbers_rewritten",
                "numbers of the body were written in another way, such as 23.00 as 23",
                "usually JSON.stringify or json.dumps of the parsed body. Most events pass such a receiver and its tests; those with amounts such as 23.00 do not",
                &[RAW_BODY],
            ),
            Self::UnicodeEscaped => (
                "unicode_escaped",
                "characters beyond ASCII were written as \\u escapes",
                "usually json.dumps in Python or json_encode in PHP; events without such characters pass",
                &[RAW_BODY],
            ),
            Self::UnicodeUnescaped => (
                "unicode_unescaped",
                "\\u escapes of the body were written as the characters themselves",
                "usually JSON.stringify of the parsed body",
                &[RAW_BODY],
            ),
            Self::UnicodeEscapeCase => (
                "unicode_escape_case",
                "the hex digits of \\u escapes were written in the other case",
                "usually a relay or a serialiser that writes the body again",
                &[RAW_BODY, PROXY],
            ),
            Self::HtmlEscaped => (
                "html_escaped",
                "characters such as <, > and & were written as \\u escapes",
                "usually encoding/json in Go, System.Text.Json in .NET, or Rails; events without such characters pass",
                &[RAW_BODY],
            ),
            Self::HtmlUnescaped => (
                "html_unescaped",
                "escapes such as \\u003c were written as the characters themselves",
                "usually a parser of the framework in front of the check",
                &[RAW_BODY],
            ),
            Self::SlashesEscaped => (
                "slashes_escaped",
                "slashes were written as \\/",
                "usually json_encode in PHP; events without slashes pass",
                &[RAW_BODY, PROXY],
            ),
            Self::SlashesUnescaped => (
                "slashes_unescaped",
                "\\/ was written as a plain slash",
                "usually a parser of the framework in front of the check",
                &[RAW_BODY],
            ),
            Self::KeysRenamed => (
                "keys_renamed",
                "the names of keys were changed between camelCase and another convention",
                "usually a middleware that makes keys snake_case, or a typed model",
                &[RAW_BODY],
            ),
            Self::EmptyToNull => (
                "empty_to_null",
                "empty strings became null",
                "usually a middleware that converts empty strings, as Laravel has one",
                &[RAW_BODY],
            ),
            Self::EmptyObjectToArray => (
                "empty_object_to_array",
                "empty objects became empty arrays",
                "usually json_decode to arrays and json_encode in PHP",
                &[RAW_BODY],
            ),
            Self::PlusToSpace => (
                "plus_to_space",
                "plus signs became spaces",
                "usually a parser of forms that was given JSON",
                &[RAW_BODY],
            ),
            Self::PythonRepr => (
                "python_repr",
                "the body is the text of a Python or Ruby object and not the bytes that came",
                "usually str(request.json) or an f-string around the parsed body",
                &[RAW_BODY],
            ),
            Self::PythonBytesRepr => (
                "python_bytes_repr",
                "the body is the text of a Python bytes object, b'...'",
                "usually str(request.body); bytes need no conversion",
                &[RAW_BODY],
            ),
            Self::BufferStringified => (
                "buffer_stringified",
                "the body is the list of its bytes as text",
                "usually JSON.stringify or String() of a Buffer or Uint8Array in Node",
                &[RAW_BODY],
            ),
            Self::JsonInString => (
                "json_in_string",
                "the body was put into a JSON string",
                "usually JSON.stringify of a body that is text already, or a queue in between",
                &[RAW_BODY, PROXY],
            ),
            Self::WrappedInEvent => (
                "wrapped_in_event",
                "the body is a member of the object that was given",
                "usually the whole event of AWS Lambda, SQS, Pub/Sub or a relay in place of its body",
                &[RAW_BODY],
            ),
            Self::Base64Encoded => (
                "base64_encoded",
                "the body is still in base64",
                "usually API Gateway, an ALB or Pub/Sub in front, with isBase64Encoded not looked at",
                &[RAW_BODY],
            ),
            Self::GzipCompressed => (
                "gzip_compressed",
                "the body is still compressed",
                "usually a proxy that compresses, or a server that does not undo Content-Encoding",
                &[PROXY],
            ),
            Self::FormEncoded => (
                "form_encoded",
                "the body was encoded as a form",
                "usually a relay, or curl -d without a content type and a parser of forms",
                &[RAW_BODY, SEND_FILE],
            ),
            Self::HtmlEntities => (
                "html_entities",
                "characters were replaced by HTML entities such as &amp;",
                "usually a filter against cross-site scripting in front of the check, or a template",
                &[RAW_BODY, PROXY],
            ),
            Self::Utf8ReadAsLatin1 => (
                "utf8_read_as_latin1",
                "the UTF-8 of the body was read as Latin-1 and written as UTF-8 again",
                "usually a conversion from bytes to text that does not name UTF-8; events in ASCII pass",
                &[RAW_BODY],
            ),
            Self::Utf8ReadAsCp1252 => (
                "utf8_read_as_cp1252",
                "the UTF-8 of the body was read as Windows-1252 and written as UTF-8 again",
                "usually a conversion from bytes to text on Windows, or text/* without a charset; events in ASCII pass",
                &[RAW_BODY],
            ),
            Self::WrittenAsLatin1 => (
                "written_as_latin1",
                "the body was written in Latin-1 or Windows-1252 in place of UTF-8",
                "usually a conversion from text to bytes that does not name UTF-8; events in ASCII pass",
                &[RAW_BODY],
            ),
            Self::Utf16 => (
                "utf16",
                "the body was written in UTF-16",
                "usually PowerShell, or .NET's Encoding.Unicode",
                &[RAW_BODY, SEND_FILE],
            ),
            Self::BomAdded => (
                "bom_added",
                "a byte order mark stands in front of the body",
                "usually an editor, PowerShell, or .NET's Encoding.UTF8 with its preamble",
                &[RAW_BODY, SEND_FILE],
            ),
            Self::WhitespaceAdded => (
                "whitespace_added",
                "line breaks or spaces were added around the body",
                "usually a file that an editor or echo has ended with a line break, or a heredoc",
                &[SEND_FILE, RAW_BODY],
            ),
            Self::NewlineRemoved => (
                "newline_removed",
                "the line break at the end of the body was dropped",
                "usually curl -d @file, or a call of strip or trim",
                &[SEND_FILE, RAW_BODY],
            ),
            Self::LineEndingsChanged => (
                "line_endings_changed",
                "line endings were exchanged between LF and CRLF",
                "usually a file checked out by git on Windows, or opened in text mode",
                &[SEND_FILE],
            ),
            Self::HeaderQuoted => (
                "header_quoted",
                "the signature header is in quotes",
                "usually a JSON value or a variable of a shell that was not unquoted",
                &[HEADER],
            ),
            Self::HeaderNameIncluded => (
                "header_name_included",
                "the name of the header is part of the value",
                "usually a line of a dump passed on as a whole",
                &[HEADER],
            ),
            Self::HeaderPercentEncoded => (
                "header_percent_encoded",
                "the signature header is percent-encoded",
                "usually a gateway that moves headers into the query or a cookie",
                &[HEADER],
            ),
            Self::HeaderBase64 => (
                "header_base64",
                "the signature header, or the MAC in it, is in base64",
                "usually a sender of one's own, or a queue that encodes headers",
                &[HEADER, SIGNER],
            ),
            Self::HeaderPrefixed => (
                "header_prefixed",
                "the MAC has a prefix such as sha256=",
                "usually a sender made after GitHub's example",
                &[HEADER, SIGNER],
            ),
            Self::HeaderUpperCase => (
                "header_upper_case",
                "the keys of the signature header are in upper case",
                "usually a gateway or a log that changes case",
                &[HEADER],
            ),
            Self::HeaderRepeated => (
                "header_repeated",
                "the signature header stands there more than once",
                "usually a proxy that adds the header again, joined by a comma",
                &[HEADER, PROXY],
            ),
            Self::HeaderRewritten => (
                "header_rewritten",
                "the signature header has the right parts in another form",
                "usually a list or a parsed object in place of the header's value",
                &[HEADER],
            ),
            Self::SignedWithoutTime => (
                "signed_without_time",
                "the MAC is over the body alone, though the header is of the form with t",
                "usually a sender of one's own",
                &[SIGNER],
            ),
            Self::SignedWithParsedTime => (
                "signed_with_parsed_time",
                "the MAC is over the number t, and not over its text as it stands in the header",
                "usually a sender of one's own",
                &[SIGNER],
            ),
            Self::SignedDifferently => (
                "signed_differently",
                "the MAC is over t and the body, joined otherwise than by a dot",
                "usually a sender made after another service's example",
                &[SIGNER],
            ),
            Self::SecretWhitespace => (
                "secret_whitespace",
                "the secret has white space or a line break at an end",
                "usually a file read whole, or echo where printf was meant",
                &[SECRET_TEXT],
            ),
            Self::SecretQuoted => (
                "secret_quoted",
                "the secret has quotes around it",
                "usually a .env file whose quotes nothing removes, as with docker run --env-file",
                &[SECRET_TEXT],
            ),
            Self::SecretWithName => (
                "secret_with_name",
                "the secret has the variable's name in front of it",
                "usually a line of a .env file passed on as a whole",
                &[SECRET_TEXT],
            ),
            Self::SecretPrefixed => (
                "secret_prefixed",
                "the secret has a prefix that does not belong to it",
                "usually the habits of another sender, such as whsec_",
                &[SECRET_BYTES],
            ),
            Self::SecretDecoded => (
                "secret_decoded",
                "the secret was decoded from hex or base64",
                "usually bytes.fromhex, Buffer.from(secret, \"hex\") or b64decode in front of the library",
                &[SECRET_BYTES],
            ),
            Self::SecretEncoded => (
                "secret_encoded",
                "the secret is in hex, base64 or percent-encoding, and its decoded bytes are the key",
                "usually a Kubernetes secret that was not decoded, or a URL",
                &[SECRET_BYTES, SECRET_TEXT],
            ),
            Self::SecretList => (
                "secret_list",
                "several secrets were given as one",
                "usually secrets separated by commas; white space separates them in TINK_WEBHOOK_SECRET",
                &[SECRET_TEXT],
            ),
            Self::SecretCase => (
                "secret_case",
                "the secret's letters were changed to lower or upper case",
                "usually a form, or a setting that does not keep case",
                &[SECRET],
            ),
            Self::HeaderMissing => (
                "header_missing",
                "there is no signature header",
                "usually a proxy or a gateway that drops it, a header read by another name, or a request that is not from Tink",
                &[HEADER],
            ),
            Self::HeaderMalformed => (
                "header_malformed",
                "the signature header holds no MAC of 64 hex digits with its time",
                "usually a value that was cut off, or another header",
                &[HEADER],
            ),
            Self::SecretMissing => (
                "secret_missing",
                "no secret was given",
                "usually a variable that is not set where the program runs",
                &[SECRET],
            ),
            Self::SecretShort => (
                "secret_short",
                "no secret that was given has 16 bytes, and Tink's have 32",
                "usually a placeholder, or another variable",
                &[SECRET],
            ),
            Self::BodyEmpty => (
                "body_empty",
                "the body is empty",
                "usually its stream was read before, by a parser, a logger or a middleware",
                &[RAW_BODY],
            ),
            Self::ObjectObject => (
                "object_object",
                "the body is the text [object Object], and its content is lost",
                "usually String(request.body) or a template around a parsed object in Node",
                &[RAW_BODY],
            ),
            Self::CharactersLost => (
                "characters_lost",
                "characters of the body were replaced by a question mark or by U+FFFD, and are lost",
                "usually a conversion to text with another character set than UTF-8, or an encoding to ASCII",
                &[RAW_BODY],
            ),
            Self::BodyTruncated => (
                "body_truncated",
                "the body ends early",
                "usually a limit on its size, one read in place of all, or a string that was cut off",
                &[RAW_BODY],
            ),
            Self::BodyNotJson => (
                "body_not_json",
                "the body is not the JSON that Tink sends",
                "usually another request, a multipart form, or a body that was changed",
                &[RAW_BODY],
            ),
            Self::SecretOther => (
                "secret_other",
                "no known change of body, header or secret explains it: most likely the secret is that of another endpoint",
                "usually an endpoint registered anew, the client secret of the app in place of the endpoint's, or sandbox and production exchanged. Else the body was changed in a way that cannot be undone, or the delivery is forged",
                &[SECRET, RAW_BODY],
            ),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

const RAW_BODY: &str = "FastAPI, Starlette: body = await request.body()\nFlask: body = request.get_data()\nDjango, REST framework: body = request.body\nExpress: app.post(path, express.raw({ type: \"*/*\" }), ...) before express.json()\nFastify: addContentTypeParser(\"application/json\", { parseAs: \"buffer\" }, ...)\nNext.js, Hono, SvelteKit: const body = await request.text()\nNestJS: NestFactory.create(AppModule, { rawBody: true }); request.rawBody\nAWS Lambda: event.body, decoded from base64 if event.isBase64Encoded\nGo: body, err := io.ReadAll(r.Body)\naxum: body: axum::body::Bytes\nor take the adapter of this library, which reads the body itself";

const PROXY: &str = "proxies, gateways, relays: forward the body as bytes; switch off templates, transformations and filters for this path";

const SEND_FILE: &str =
    "curl: --data-binary @file in place of -d @file\ngit: *.json -text in .gitattributes, for bodies kept as files";

const SECRET: &str =
    "compare the variable's length with that of the secret in Tink's answer to the registration of this endpoint";

const SECRET_TEXT: &str = "Python: secret = os.environ[\"TINK_WEBHOOK_SECRET\"].strip()\nNode: secret: process.env.TINK_WEBHOOK_SECRET.trim()\nshell: printf %s in place of echo; Kubernetes: printf %s \"$SECRET\" | base64\ndocker run --env-file: no quotes around the value";

const SECRET_BYTES: &str =
    "pass the text of the secret as it stands in Tink's answer: no unhex, no b64decode, no prefix";

const HEADER: &str = "pass the value of X-Tink-Signature as it came: t=<seconds>,v1=<64 hex digits>\nPython: request.headers.get(\"X-Tink-Signature\")\nNode: request.headers[\"x-tink-signature\"]\nGo: r.Header.Get(\"X-Tink-Signature\")\nnginx: proxy_pass_request_headers on; API Gateway: map the header through";

const SIGNER: &str =
    "sign the text of t, a dot and the body's bytes, or call this library's generate_signature in tests";

const ARGUMENTS: &str = "the body comes first, then the signature: handle_webhook(body, signature)";

const CLOCK: &str = "compare date -u with another machine; chronyc tracking or timedatectl says whether the clock is kept\nverify when the delivery arrives, and put the event into a queue afterwards\nfor a delivery that was recorded, give the time at which it came as now";

const NONE: &str = "nothing is to be changed";
