"""Promises 10 and 11, broken: what is left of secrets in memory, and what is shown of them."""

from __future__ import annotations

from breakage import broken

CLAIM = "core/src/signature/check.rs"
HMAC = "core/src/signature/hmac.rs"
EXPLAIN = "core/src/explain/mod.rs"
SECRET = "core/src/signature/secret.rs"
PYTHON = "bindings-python/python/tink_webhooks"
GO_HTTP = "bindings-go/http.go"
MISMATCH = "Err(Error::new(Reason::SignatureMismatch))"
KEYS = "Ok(Self {\n            keys,"

# ----------------------------------------------------------------------------------------------- 10: memory is wiped

broken(
    10,
    "the WebAssembly module leaves a secret where its host wrote it",
    ("bindings-wasm/src/memory.rs", "arena[..length].zeroize();", "let _ = &mut arena[..length];"),
    fails=["keeps no secret, and no key of a handler object that is released"],
)
broken(
    10,
    "the WebAssembly module keeps what its host releases",
    ("bindings-wasm/src/handler.rs", "drop(HANDLERS", "std::mem::forget(HANDLERS"),
    fails=["keeps no secret, and no key of a handler object that is released"],
)
broken(
    10,
    "Go's hash keeps the key that the WebAssembly module had it go on from",
    ("bindings-go/wazeroengine/sha256.go", "\th.hash.Reset()\n", ""),
    fails=["TestAHasherKeepsNothing"],
)
broken(
    10,
    "the state that Go's hash is given keeps a key",
    ("bindings-go/wazeroengine/sha256.go", "\tclear(h.state[valueStart:])\n", ""),
    fails=["TestAHasherKeepsNothing"],
)
broken(
    10,
    "the place where Go lays out a message keeps its MAC",
    ("bindings-go/wazeroengine/sha256.go", "\tclear(h.message[:sha256.Size])\n", ""),
    fails=["TestAHasherKeepsNothing"],
)
broken(
    10,
    "a growing list of keys is moved by the allocator",
    (SECRET, "if keys.len() == keys.capacity() {", "if false {"),
    fails=["TestNothingIsLeft.test_in_freed_memory[rust-rotated]"],
)
broken(
    10,
    "keys are not wiped",
    (HMAC, "        self.inner.zeroize();\n        self.outer.zeroize();\n", ""),
    fails=[
        "TestNothingIsLeft.test_in_freed_memory[rust-one]",
        "TestNothingIsLeft.test_in_freed_memory[c-one]",
        "no secret and no key is left in its memory, and a handler without one explains nothing",
    ],
)
broken(
    10,
    "a stream's unfinished MACs are not wiped",
    (HMAC, "            values.zeroize();\n", "            values.clear();\n"),
    fails=[
        "TestNothingIsLeft.test_in_freed_memory[rust-streams finished]",
        "TestNothingIsLeft.test_in_freed_memory[c-streams dropped]",
        "keeps no key of a stream, however it ends",
    ],
)
broken(
    10,
    "a growing list of a stream's keys is moved by the allocator of the WebAssembly module",
    (HMAC, "let mut values = Vec::with_capacity(keys.len());", "let mut values = Vec::new();"),
    fails=["keeps no key of a stream, however it ends"],
)
broken(
    10,
    "a growing list of an explanation's keys is moved by the allocator",
    (EXPLAIN, "prepare(&mut self.0, secret);", "self.0.push(Key::from_any_bytes(secret));"),
    fails=["TestNothingIsLeft.test_in_freed_memory[rust-explained]", "TestNothingIsLeft.test_at_the_end[c-explained]"],
)
broken(
    10,
    "the explanation of a refusal has no room for its keys",
    (EXPLAIN, "Vec::with_capacity(indices.len());", "Vec::new();"),
    fails=["TestNothingIsLeft.test_in_freed_memory[c-refusals explained]"],
)
broken(
    10,
    "what is read in a secret and is not percent-encoding is not wiped",
    (
        "explain/src/encodings.rs",
        "(decoded.as_slice() != text).then(|| std::mem::take(&mut *decoded))",
        "(decoded.as_slice() != text).then_some(std::mem::take(&mut *decoded))",
    ),
    fails=["TestNothingIsLeft.test_in_freed_memory[rust-explained]"],
)
broken(
    10,
    "the environment's value is not wiped",
    (SECRET, "let value = Zeroizing::new(std::env::", "let value = Vec::from(std::env::"),
    fails=["TestNothingIsLeft.test_in_freed_memory[rust-environment]"],
)
broken(
    10,
    "the C layer copies a secret once more",
    (
        "bindings-c/src/builder.rs",
        "options.secrets.push(Zeroizing::new(pointers::bytes(secret, secret_len)?.to_vec()));",
        """let copy = std::hint::black_box(pointers::bytes(secret, secret_len)?.to_vec());
            options.secrets.push(Zeroizing::new(copy.clone()));""",
    ),
    fails=["TestNothingIsLeft.test_in_freed_memory[c-one]"],
)
broken(
    10,
    "a copy of the keys is kept for ever",
    (SECRET, KEYS, f"std::mem::forget(std::hint::black_box(keys.clone()));\n        {KEYS}"),
    fails=["TestNothingIsLeft.test_at_the_end[rust-one]"],
)
broken(
    10,
    "the watch does not look at blocks that are freed",
    ("tests/memory/watch.c", 'look(block, len, "freed", size);', "(void)size;"),
    fails=["TestTheWatchIsAwake.test_a_copy_that_is_not_wiped_would_be_found[rust]"],
)

# ---------------------------------------------------------------------------------------------- 11: nothing is shown

broken(
    11,
    "an explanation shows the body that was signed",
    (
        "explain/src/text.rs",
        "            text.push_str(cause.what());",
        "            text.push_str(cause.what());\n"
        "            text.push_str(&String::from_utf8_lossy(self.original_body.as_deref().unwrap_or_default()));",
    ),
    fails=["explain-numbers"],
)

broken(
    11,
    "an event's debug output shows its body",
    (
        "core/src/event.rs",
        '.field("timestamp", &self.timestamp())',
        '.field("timestamp", &self.timestamp()).field("body", &self.body)',
    ),
    fails=["output_shows_neither_secret_nor_body"],
)
broken(
    11,
    "the error for a mistaken secret shows it",
    (
        SECRET,
        "(Reason::InvalidSecret, what)",
        '(Reason::InvalidSecret, format!("{what}: {secret:?} {}", secret.escape_ascii()))',
    ),
    fails=["output_shows_neither_secret_nor_body"],
)
broken(
    11,
    "the error for a wrong MAC shows the right one",
    (
        CLAIM,
        "for (secret_index, mac) in macs.enumerate() {",
        """let mut right = String::new();
    for (secret_index, mac) in macs.enumerate() {
        right.push_str(&hex::encode(mac.to_bytes()));""",
    ),
    (CLAIM, MISMATCH, "Err(Error::new(Reason::SignatureMismatch).hint_text(right))"),
    fails=["output_shows_neither_secret_nor_body"],
)
broken(
    11,
    "repr(event) shows the payload",
    (
        "bindings-python/src/event.rs",
        'Ok(format!("<Event {} at {time}>", self.name.bind(py).repr()?))',
        'Ok(format!("<Event {} at {time}: {}>", self.name.bind(py).repr()?, self.raw_body.bind(py).repr()?))',
    ),
    fails=["TestEvent.test_output_shows_neither_payload_nor_secret"],
)
broken(
    11,
    "Python's log shows the body",
    (
        f"{PYTHON}/_receiver.py",
        "        return Done(hooks.handle_webhook(*delivery.take()), tally=tally)",
        "        hooks.body = delivery._parts[0]\n"
        "        return Done(hooks.handle_webhook(*delivery.take()), tally=tally)",
    ),
    (
        f"{PYTHON}/_receiver.py",
        "        outcome = _outcome(self.hooks, done, time.perf_counter() - started)",
        "        outcome = _outcome(self.hooks, done, time.perf_counter() - started)\n"
        "        logger.warning('%r', self.hooks.body)",
    ),
    fails=["TestHooks.test_the_log_tells_why_and_shows_no_body"],
)
broken(
    11,
    "inspecting Node's event shows the payload",
    (
        "bindings-node/ts/event.ts",
        "return `WebhookEvent <${this.name} at",
        "return `WebhookEvent ${this.rawBody} <${this.name} at",
    ),
    fails=["output shows neither payload nor secret"],
)
broken(
    11,
    "printing Go's event shows the payload",
    ("bindings-go/event.go", '"Event(%q at %s", e.name,', '"Event(%s %q at %s", e.body.text(), e.name,'),
    fails=["TestNothingShowsThePayload"],
)
broken(
    11,
    "Go's log shows the body",
    (
        GO_HTTP,
        "\treturn h.handle(ctx, text, signature, done)",
        '\th.logger.Info("tink webhook", "body", text)\n\treturn h.handle(ctx, text, signature, done)',
    ),
    fails=["TestWhatIsLogged"],
)
