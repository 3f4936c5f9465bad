"""Promises 19 and 20, broken: idempotency keys, and events as text."""

from __future__ import annotations

from breakage import broken

# ---------------------------------------------------------------------------------------- 19: one occurrence, one key

OCCURRENCE = "core/src/occurrence.rs"
NAMES = "core/src/occurrence_fields.rs"
OF_BODY = ".chain_update(PREFIX).chain_update(body)"

broken(
    19,
    "a key is another one each time",
    (
        OCCURRENCE,
        OF_BODY,
        OF_BODY
        + '.chain_update(std::process::id().to_ne_bytes()).chain_update(format!("{:?}", std::time::Instant::now()))',
    ),
    fails=["occurrence-retry", "occurrence-other-secret"],
)
broken(
    19,
    "a signal has a key",
    (NAMES, "        _ => &[],", '        _ => &[Named::By("id")],'),
    fails=["occurrence-signal-account-updated"],
)
broken(
    19,
    "an empty field names an occurrence",
    (OCCURRENCE, "value.as_str().is_some_and(|text| !text.is_empty())", "value.is_string()"),
    fails=["occurrence-payment-updated-empty-id"],
)
broken(
    19,
    "one element with an id is enough",
    (OCCURRENCE, "if is_sought && !has_name {", "if false {"),
    fails=["occurrence-reports-without-id"],
)

# -------------------------------------------------------------------------------------------------------- 20: one text

TEXT = "core/src/serialize.rs"

broken(
    20,
    "a text lacks what was verified",
    (TEXT, "if let Some(proved) = self.verification {", "if let Some(proved) = None::<Verification> {"),
    fails=["text-verified"],
)
broken(
    20,
    "what this version does not know is passed over",
    (
        TEXT,
        "        if !is_known {\n            return Err(not_one());\n        }\n        Ok(StoredEvent",
        "        Ok(StoredEvent",
    ),
    fails=["text-bad-unknown-key"],
)
broken(
    20,
    "an index that is too large is cut",
    (TEXT, "u32::try_from(secret_index).map_err(|_| not_one())? as usize", "secret_index as u32 as usize"),
    fails=["text-bad-index-huge"],
)
broken(
    20,
    "a text that is no JSON is a panic",
    (TEXT, "JsonValue::check(text).map_err(|_| not_one())?", "JsonValue::check(text).unwrap()"),
    fails=["no_text_ends_in_a_panic"],
)
broken(
    20,
    "what Go's encoder escapes stays as it is",
    (TEXT, r"""'\\' | '<' | '>'""", r"""'\\' | '>'"""),
    fails=["TestEncodingJSONWritesAndReadsTheText"],
)
