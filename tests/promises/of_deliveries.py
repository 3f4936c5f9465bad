"""Promises 1 to 9, broken: which deliveries are accepted, and what is read in them."""

from __future__ import annotations

from breakage import broken

BUILDER = "bindings-python/objects/src/builder.rs"
CACHE = "bindings-python/objects/src/cache.rs"
CLAIM = "core/src/signature/check.rs"
HANDLER = "core/src/webhook_handler.rs"
CONSTRUCT = "let event = self.construct_event(body, signature).inspect_err(|error| trace::refused(error, None))?;"
HMAC = "core/src/signature/hmac.rs"
JSON = "core/src/payload/json.rs"
POINTER = "core/src/payload/pointer.rs"
NUMBER = "bindings-python/objects/src/number.rs"
PYTHON_TEXT = "bindings-python/objects/src/text.rs"
OUTLINE = "core/src/payload/outline.rs"
PLAIN = "core/src/payload/plain.rs"
STRINGS = "core/src/payload/strings.rs"
TOKEN = "core/src/payload/token.rs"
WALK = "core/src/payload/walk.rs"
PAYLOAD = "core/src/payload/envelope.rs"
SECRET = "core/src/signature/secret.rs"
VERIFIER = "core/src/verifier.rs"
WINDOW = "core/src/signature/window.rs"

FIND_MATCH = "let (secret_index, matched) = find_match(macs, &candidates.iter())?;"
SAME_MAC = "if mac.equals(candidate) {"
MISMATCH = "Err(Error::new(Reason::SignatureMismatch))"
MAC_OF_WHOLE = "pub(crate) fn digest<const N: usize>(states: &mut [State], parts: [&[u8]; N]) {"

# ------------------------------------------------------------------------------------------------------- 1: authentic

broken(
    1,
    "the WebAssembly module reads a body without checking its signature",
    (
        "bindings-wasm/src/handler.rs",
        "memory::write_answer(&Answer::from(&verifier.construct(body, signature, || time.read())?));",
        "let _ = signature;\n    memory::write_answer(&Answer::from(&verifier.parse(body, || time.read())?));",
    ),
    fails=["any signed body, and any other header"],
)
broken(
    1,
    "what comes after a body's hundredth byte is not hashed",
    (HMAC, MAC_OF_WHOLE, MAC_OF_WHOLE + " let parts = parts.map(|part| &part[..part.len().min(100)]);"),
    (HMAC, "[first, second, body])", "[first, second, &body[..body.len().min(100)]])"),
    fails=["any_flipped_bit_of_the_body_is_noticed"],
)
broken(
    1,
    "the first half of a MAC is enough",
    (CLAIM, SAME_MAC, "if mac.to_bytes()[..16] == candidate[..16] {"),
    fails=["any_changed_digit_of_the_signature_is_noticed"],
)
broken(
    1,
    "the time is not signed",
    (HMAC, MAC_OF_WHOLE, MAC_OF_WHOLE + " let mut parts = parts; parts[..N - 1].fill(&[]);"),
    fails=["any_changed_time_is_noticed"],
)
broken(
    1,
    "a MAC that no secret gives is taken for the first one's",
    (CLAIM, MISMATCH, f"candidates.clone().next().map(|first| (0, *first)).map_or({MISMATCH}, Ok)"),
    fails=[
        "secret-rotation-none",
        "any_flipped_bit_of_the_body_is_noticed",
        "any_changed_digit_of_the_signature_is_noticed",
        "any_changed_time_is_noticed",
    ],
)

broken(
    1,
    "of several secrets the first alone is hashed over the message",
    (HMAC, "hash(&mut inner[..keys.len()]);", "hash(&mut inner[..1]);"),
    fails=["several_keys_are_as_one_by_one", "secret-rotation-1"],
)
broken(
    1,
    "the schedule of several secrets has a wrong rotation",
    ("sha256-multi/src/portable.rs", "early.rotate_right(18)", "early.rotate_right(17)"),
    fails=["every_way_is_right"],
)
broken(
    1,
    "a prefix is laid into the first block's word, and the body's beginning where the prefix ends is not",
    ("sha256-multi/src/hardware/message.rs", "<< (8 * self.prefix_length)", "<< 8"),
    fails=["an_hmac_of_every_length", "hmac_is_right_or_left_out"],
)

# ----------------------------------------------------------------------------------------------------------- 2: order

WINDOW_CHECK = """
                if tolerance.needs_clock(*signed_at) {
                    tolerance.check(*signed_at, clock()?)?;
                }"""
broken(
    2,
    "the window is judged before the MAC",
    (CLAIM, FIND_MATCH + WINDOW_CHECK, WINDOW_CHECK + FIND_MATCH),
    fails=["order-mac-before-window", "clock-nan-forged@python"],
)
broken(
    2,
    "the payload is read before anything is verified",
    (VERIFIER, "let mut received = None;", "Payload::parse_bytes(body)?;\n        let mut received = None;"),
    fails=["order-window-before-payload"],
)
broken(
    2,
    "handlers run before the delivery is verified",
    (
        HANDLER,
        f"{CONSTRUCT}\n        self.dispatch(&event)",
        f"self.dispatch(&self.parse_event(body)?)?;\n        {CONSTRUCT}\n        self.dispatch(&event)",
    ),
    fails=["dispatch-forged"],
)

# ----------------------------------------------------------------------------------------------- 3 and 4: the schemes

REFUTED = "matches!(self, Self::Bare(_)) && begins_like_v1(beginning)"
broken(
    3,
    "a bare MAC is accepted over a body that begins as a v1 message does",
    (CLAIM, REFUTED, "false && begins_like_v1(beginning)"),
    fails=["no_mac_is_valid_in_both_schemes", "replay-v1-as-bare"],
)
broken(
    3,
    "a bare MAC is made over a body that begins as a v1 message does",
    (
        "core/src/signature/sign.rs",
        "Scheme::Body if begins_like_v1(body) =>",
        "Scheme::Body if false && begins_like_v1(body) =>",
    ),
    fails=["no_mac_is_valid_in_both_schemes", "sign-bare-over-digit"],
)
broken(
    3,
    "the first piece of a stream is not looked at",
    ("core/src/signature/stream.rs", "if self.taken == 0 && self.header", "if self.taken != 0 && self.header"),
    fails=["replay-v1-as-bare@c-stream"],
)
broken(
    3,
    "the beginning of a body that Go hashes for the WebAssembly module is not looked at",
    ("bindings-wasm/src/handler.rs", "first.as_slice(), signature, sha256_multi", "&[], signature, sha256_multi"),
    fails=["TestALentBodyIsJudgedAsOneThatIsCopied"],
)
broken(
    4,
    "bare signatures are always allowed",
    ("core/src/signature/scheme.rs", "Scheme::Body => self.body,", "Scheme::Body => true,"),
    fails=["bare-where-v1"],
)
broken(
    4,
    "v1 is always allowed",
    ("core/src/signature/scheme.rs", "Scheme::V1 => self.v1,", "Scheme::V1 => true,"),
    fails=["v1-where-body"],
)

# ---------------------------------------------------------------------------------------------------------- 5: window

OUTSIDE = "age.unsigned_abs() > tolerance"
broken(
    5,
    "the last second of the tolerance is outside",
    (WINDOW, OUTSIDE, "age.unsigned_abs() >= tolerance"),
    fails=["window-300-old", "both_edges_are_inside"],
)
broken(
    5,
    "one second more is inside",
    (WINDOW, OUTSIDE, "age.unsigned_abs() > tolerance.saturating_add(1)"),
    fails=["window-301-old", "window-301-ahead", "both_edges_are_inside"],
)
broken(
    5,
    "what is signed in the future is never outside",
    (WINDOW, OUTSIDE, "age > 0 && age.unsigned_abs() > tolerance"),
    fails=["window-301-ahead", "both_edges_are_inside"],
)

# ------------------------------------------------------------------------------------------------- 6: never unchecked

EMPTY = """return Ok(Self {
                keys: vec![Key::from_any_bytes(b"")],
                #[cfg(feature = "explain")]
                short: vec![true],
                warnings: Vec::new(),
            });
        }"""
NO_SECRET = "if secret.is_empty() {\n            return Err("
NO_KEYS = "if keys.is_empty() {\n            return Err("
broken(
    6,
    "no secret is the empty secret",
    (SECRET, NO_SECRET, f"if secret.is_empty() {{\n            {EMPTY}\n        {NO_SECRET}"),
    fails=["secret-null"],
)
broken(
    6,
    "a list may hold an empty secret",
    (SECRET, "let what = if secret.is_empty() {", "let what = if false {"),
    fails=["secret-empty-in-list"],
)
broken(
    6,
    "a blank environment is the empty secret",
    (SECRET, NO_KEYS, f"if keys.is_empty() {{\n            {EMPTY}\n        {NO_KEYS}"),
    fails=["secret-env-blank"],
)
broken(
    6,
    "a secret may end with a newline",
    (SECRET, "} else if last.is_some_and(char::is_whitespace) {", "} else if false {"),
    fails=["secret-newline"],
)
broken(
    6,
    "None in Python is what the environment says",
    (
        "bindings-python/src/arguments.rs",
        'return Ok(builder.secret(""));',
        "return secrets_from_environment(builder, value.py());",
    ),
    fails=["TestSecret.test_given_but_nothing_is_never_the_environment[None]"],
)

# ---------------------------------------------------------------------------------------- 7: what was verified is read

SHARED_TEXT = "hidden{&body[0], len(body)}.text()"
broken(
    7,
    "Go's event shares the caller's bytes",
    ("bindings-go/deliveries.go", "h.event(doConstruct, string(body),", f"h.event(doConstruct, {SHARED_TEXT},"),
    fails=["TestWhatWasVerifiedIsWhatIsRead"],
)
broken(
    7,
    "Go's handlers share the caller's bytes",
    ("bindings-go/deliveries.go", "h.handle(ctx, string(body),", f"h.handle(ctx, {SHARED_TEXT},"),
    fails=["TestABodyThatChangesDuringTheCall"],
)
broken(
    7,
    "Python's event reads the caller's buffer when it is asked for its data",
    (
        "bindings-python/python/tink_webhooks/_handler.py",
        "    async def handle_webhook_async(",
        """    def construct_event(self, body, signature):
        import json

        super().construct_event(body, signature)
        return type("Late", (), {"data": property(lambda self: json.loads(bytes(body))["content"])})()

    async def handle_webhook_async(""",
    ),
    fails=["TestBody.test_a_buffer_that_changes_later_changes_nothing"],
)
broken(
    7,
    "Node keeps a large body where it lies",
    ("bindings-node/ts/frame.ts", "return given.ours ? outside : copyOf(outside);", "return outside;"),
    fails=["one that changes at every await changes nothing"],
)
broken(
    7,
    "Node keeps a small body where it lies",
    (
        "bindings-node/ts/frame.ts",
        "  if (!outside) {\n    frame.next",
        """  if (!outside && isUint8Array(content)) {
    return Buffer.from(content.buffer, content.byteOffset, content.length);
  }
  if (!outside) {
    frame.next""",
    ),
    fails=["one that changes at every await changes nothing"],
)
broken(
    7,
    "Node's rawBody is the event's own buffer",
    ("bindings-node/ts/event.ts", "copy(this.#bytes());", "copy.length > 9 ? copy(this.#bytes()) : this.#bytes();"),
    fails=["one that changes at every await changes nothing"],
)
broken(
    7,
    "Node reads the names and texts beyond U+00FF as if they were Latin-1",
    ("bindings-node/src/text.rs", "highest.max(byte)) < 0xC4", "highest.max(byte)) < 0xC5"),
    fails=["strings are those of JSON.parse"],
)

# ----------------------------------------------------------------------------------------------------- 8: one meaning

broken(
    8,
    "of an envelope's keys that stand twice the last counts",
    (PAYLOAD, "if duplicate {", "if false {"),
    fails=["payload-duplicate-event", "payload-duplicate-escaped"],
)
broken(
    8,
    "a key with an escape is not an envelope's",
    (PAYLOAD, "if name.escaped {", "if false {"),
    fails=["payload-duplicate-escaped"],
)
broken(
    8,
    "half a surrogate pair is text",
    (TOKEN, "0xD800..=0xDBFF => {", "0xD800..=0xDBFF if false => {"),
    fails=["payload-string-lone-high"],
)
broken(
    8,
    "an escaped quote ends a string",
    (STRINGS, "quotes &= !next;", "quotes &= !0;"),
    fails=["strings_end_as_each_of_them_does_by_itself", "an_escape_may_stand_anywhere_in_a_block"],
)
broken(
    8,
    "by bits, a key of an object may be missing",
    (OUTLINE, " | bits.no_colons[at] & keys;", ";"),
    fails=["every_byte_counts_wherever_it_stands"],
)
broken(
    8,
    "by bits, what stands at the end of four blocks may be followed by anything",
    (
        "core/src/payload/order.rs",
        "_mm256_blend_epi32::<0b11>(left, *before)",
        "_mm256_blend_epi32::<0>(left, *before)",
    ),
    fails=["every_byte_counts_wherever_it_stands"],
)
broken(
    8,
    "by bits, strings may have control characters",
    (OUTLINE, "if seen.has_control() {", "if false {"),
    fails=["it_is_what_the_scanner_accepts"],
)
broken(
    8,
    "what follows the value is not looked at",
    (JSON, "if self.pos < self.bytes.len() { Err(invalid(", "if false { Err(invalid("),
    fails=["agrees_with_serde_json_on_near_misses"],
)
broken(
    8,
    "the Kelvin sign in a key is no k for Go's structs",
    ("bindings-go/plan_fields.go", "if 'a' <= r && r <= 'z' {", "if 'a' <= r && r <= 'z' && r != 'k' {"),
    fails=["TestDecodingOfWhatIsRare"],
)
broken(
    8,
    "a string that Go decodes ends too early",
    (
        "bindings-go/decoder.go",
        "return d.text[start : start+length]",
        "return d.text[start : start+length-min(length, 1)]",
    ),
    fails=["TestStructsAreDecodedAsByEncodingJSON", "TestDecodingOfWhatIsRare"],
)

broken(
    8,
    "of duplicate keys the first is looked up",
    (POINTER, "if key.is(name) {", "if found.is_none() && key.is(name) {"),
    fails=[
        "of_duplicate_keys_the_last_counts_whatever_its_spelling",
        "every_value_is_found_as_serde_json_finds_it",
    ],
)
broken(
    8,
    "an escape of a JSON pointer is decoded twice",
    (
        POINTER,
        "key.chars().eq(first.chain(others))",
        'key.replace("~1", "/").chars().eq(first.chain(others).collect::<String>().replace("~1", "/").chars())',
    ),
    fails=["an_escape_is_decoded_once"],
)
broken(
    8,
    "a bracket inside a string ends what is passed over",
    (WALK, "found.brackets & !strings;", "found.brackets;"),
    fails=["every_value_is_found_as_serde_json_finds_it"],
)
broken(
    8,
    "of strings told several at a time one may have escapes",
    (PLAIN, "if any_backslash {", "if false {"),
    fails=["blocks_tell_what_each_string_tells"],
)
broken(
    8,
    "strings of an array inside the array are told among its own",
    (PLAIN, "if count == 0 || bytes.get(start) != Some(&b'\"') {", "if count == 0 {"),
    fails=["blocks_tell_what_each_string_tells"],
)
broken(
    8,
    "of keys that stand twice the first counts in Python",
    (
        BUILDER,
        "dict.set_item(&*key_of_value, value)?;",
        "if !dict.contains(&*key_of_value)? { dict.set_item(&*key_of_value, value)?; }",
    ),
    fails=["test_of_keys_that_stand_twice_the_last_counts"],
)
broken(
    8,
    "strings of 31 bytes lose their last one in Python",
    (
        PYTHON_TEXT,
        "let length = text.len().cast_signed();",
        "let text = if text.len() == 31 { &text[..30] } else { text }; let length = text.len().cast_signed();",
    ),
    fails=["test_strings"],
)
broken(
    8,
    "text that is not ASCII is taken for ASCII in Python",
    (PYTHON_TEXT, "if is_ascii && text.len() > 1", "if (is_ascii || text.len() > 20) && text.len() > 1"),
    fails=["test_strings"],
)
broken(
    8,
    "strings that share a place of the kept ones are taken for each other in Python",
    (CACHE, "self.string.as_ref().filter(|_| same)", "self.string.as_ref().filter(|_| same || self.words[1] != 0)"),
    fails=["test_kept_strings_are_told_apart", "test_as_json_loads[0]"],
)
broken(
    8,
    "numbers halfway between two doubles are always rounded up in Python",
    (NUMBER, "whole as u64 | u64::from(whole * divisor != dividend)", "whole as u64 | 1"),
    fails=["test_numbers"],
)

# ----------------------------------------------------------------------------------------------- 9: time says nothing

broken(
    9,
    "MACs are compared up to the first difference",
    (CLAIM, SAME_MAC, "if mac.to_bytes().iter().zip(candidate).all(|(a, b)| std::hint::black_box(a) == b) {"),
    fails=[
        "test_equal_instruction_counts[rust-whole-scheme v1]",
        "test_equal_instruction_counts[rust-stream-four secrets]",
        "test_equal_instruction_counts[c-whole-scheme body]",
        "test_equal_counts_on_the_processor[rust-two secrets]",
    ],
)
broken(
    9,
    "after a secret whose MAC begins as the forgery does no other one is tried",
    (
        CLAIM,
        SAME_MAC,
        f"""if std::hint::black_box(mac.to_bytes()[0]) == candidate[0] && !mac.equals(candidate) {{
                return {MISMATCH};
            }}
            {SAME_MAC}""",
    ),
    fails=[
        "test_equal_instruction_counts[rust-whole-two secrets]",
        "test_equal_instruction_counts[c-stream-nine secrets]",
    ],
)
broken(
    9,
    "under several secrets what is in the blocks counts",
    (
        "sha256-multi/src/lib.rs",
        "several => in_passes(several, blocks),",
        """several => {
            std::hint::black_box(blocks.as_flattened().iter().position(|byte| *byte != 0));
            in_passes(several, blocks);
        }""",
    ),
    fails=[
        "test_equal_instruction_counts[rust-whole-body of 1000 bytes, two secrets]",
        "test_equal_instruction_counts[c-scattered-body of 1000 bytes, nine secrets]",
        "test_equal_counts_on_the_processor[c-body of 1000 bytes, five secrets]",
    ],
)
EACH_BYTE = "for (one, other) in mac.iter().zip(&claimed) {"
broken(
    9,
    "the comparison that is to be found does not stop early",
    (
        "tests/timing/timing.rs",
        EACH_BYTE,
        f"""if mac.iter().zip(&claimed).fold(0, |all, (one, other)| all | (one ^ other)) != 0 {{
                return Some(Reason::SignatureMismatch);
            }}
            {EACH_BYTE}""",
    ),
    fails=["test_a_comparison_that_stops_early_would_be_found"],
)
