"""Promises 16, 19 and 20, broken: effects, idempotency keys, and events as text."""

from __future__ import annotations

from breakage import broken

# ------------------------------------------------------------------------------------ 16: 200 means done, and once

PYTHON = "bindings-python/python/tink_webhooks"
ONCE = f"{PYTHON}/idempotency"
#: Two receivers that are killed, over a file of SQLite, which is always there.
RACE = "test_nothing_is_lost_and_only_kills_double[python-python-sqlite]"
RACE_IN_OWN = "test_nothing_is_lost_or_doubled_in_the_handlers_own_transaction[python-python-sqlite]"

broken(
    16,
    "handlers run after the answer",
    (
        f"{PYTHON}/_handler.py",
        "    async def handle_webhook_async(",
        """    def handle_webhook(self, body, signature):
        import threading

        event = self.construct_event(body, signature)
        threading.Timer(0.05, self.dispatch, (event,)).start()
        return event

    async def handle_webhook_async(""",
    ),
    fails=["test_nothing_that_was_answered_200_is_lost[python]"],
)
broken(
    16,
    "a copy of what is being done elsewhere is answered 200 at once",
    (f"{ONCE}/_steps.py", 'if found.state != "busy":', "if True:"),
    fails=[RACE, "test_it_takes_over_from_one_that_died[sync]", "test_in_progress_where_the_other_one_lives_on[async]"],
)
broken(
    16,
    "what is committed is forgotten",
    (
        f"{ONCE}/_steps.py",
        "return self.store.commit(self.scope, beat.key, beat.token, self._keep)",
        "return self.store.release(self.scope, beat.key, beat.token)",
    ),
    (
        f"{ONCE}/_steps.py",
        'answer = yield Ask("commit", (self.scope, beat.key, beat.token, self._keep))',
        'answer = yield Ask("release", (self.scope, beat.key, beat.token))',
    ),
    fails=[RACE, "test_it_runs_once[sync]", "test_it_runs_once[async]"],
)
broken(
    16,
    "it is committed before the handler has run",
    (
        f"{ONCE}/_once.py",
        "        beat = around.begin(claim)\n        result = handler(*args)",
        "        beat = around.begin(claim)\n        done = _drive(around.committing(beat), around.store)\n"
        "        result = handler(*args)",
    ),
    fails=[RACE, "test_a_handler_that_failed_runs_again[sync]"],
)
broken(
    16,
    "a token that was stolen commits",
    (f"{ONCE}/_memory.py", "if found is not None and found[1] != token:", "if found is None:"),
    fails=["test_the_lease_is_extended_for_max_run_only[sync]"],
)
broken(
    16,
    "a lease is not extended",
    (f"{ONCE}/_heart.py", "            for beat in self.beats.copy():", "            for beat in ():"),
    fails=["test_the_lease_is_extended_while_the_handler_runs_and_no_longer[async]"],
)
broken(
    16,
    "where the store is away the handler runs all the same",
    (
        f"{ONCE}/_once.py",
        """                claim = _drive(around.claiming(key, token, found), around.store)
            maybe_claimed = claim is not None
        except UnavailableError as error:
            maybe_claimed = False
            if error.reason != "store_unavailable" or not around.runs_without:""",
        """                claim = _drive(around.claiming(key, token, found), around.store)
            maybe_claimed = claim is not None
        except UnavailableError as error:
            maybe_claimed = False
            if error.reason != "store_unavailable":""",
    ),
    fails=["test_a_store_that_is_away[sync]"],
)
broken(
    16,
    "in its own transaction a copy runs too",
    (f"{ONCE}/_effects.py", "    return int(cursor.rowcount) == 1", "    return True"),
    fails=[RACE_IN_OWN],
)
broken(
    16,
    "a key may be committed without the handler's work",
    (
        f"{ONCE}/_effects.py",
        "def _refuse_autocommit(outside: bool) -> None:\n    if outside:",
        "def _refuse_autocommit(outside: bool) -> None:\n    if False:",
    ),
    fails=["test_sqlite_outside_a_transaction"],
)

ONCE_IN_RUST = "bindings-rust/idempotency/src"
broken(
    16,
    "a copy of what is being done elsewhere is answered 200 at once, in Rust",
    (f"{ONCE_IN_RUST}/around.rs", "Claim::Done => return", "Claim::Done | Claim::Busy(_) => return"),
    fails=["a_copy_waits_and_is_skipped_or_takes_over", "in_progress_where_the_other_one_lives_on"],
)
broken(
    16,
    "a handler that panics has done its effect",
    (
        f"{ONCE_IN_RUST}/once.rs",
        "            held.release().await;\n            resume_unwind(panic)",
        "            drop(held.commit().await);\n            resume_unwind(panic)",
    ),
    fails=["a_handler_that_panics_releases"],
)
broken(
    16,
    "a handler whose future is dropped keeps its claim",
    (f"{ONCE_IN_RUST}/around.rs", "        if self.open {", "        if false {"),
    fails=["dropping_the_future_ends_the_beats_and_releases"],
)
ONCE_GO = "bindings-go/idempotency/once.go"
broken(
    16,
    "in Go a copy of what is being done elsewhere is answered 200 at once",
    (ONCE_GO, "\t\tcase Done:\n", "\t\tcase Done, Busy:\n"),
    fails=["TestItTakesOverFromOneThatDied", "TestACopyWaits"],
)
broken(
    16,
    "in Go it is committed before the handler has run",
    (
        ONCE_GO,
        "\tif err := handler(); err != nil {\n\t\treturn err\n\t}\n\tdone = true\n",
        "\ta.commit(ctx, held)\n\tif err := handler(); err != nil {\n\t\treturn err\n\t}\n\tdone = true\n",
    ),
    fails=["TestAHandlerThatFailedRunsAgain"],
)

NODE_ONCE = "bindings-node/ts/idempotency"

broken(
    16,
    "a copy of what is being done elsewhere is skipped at once in Node",
    (f"{NODE_ONCE}/around.ts", 'if (state !== "busy") {', "if (asked >= 0) {"),
    fails=["it takes over from one that died", "a copy waits and is skipped"],
)
broken(
    16,
    "what is committed is forgotten in Node",
    (
        f"{NODE_ONCE}/around.ts",
        "this.store.commit(this.scope, beat.key, beat.token, keep)",
        "keep > 0 && this.store.release(this.scope, beat.key, beat.token)",
    ),
    fails=["is tried again"],
)
broken(
    16,
    "a handler that failed keeps its claim in Node",
    (f"{NODE_ONCE}/once.ts", "await around.release(beat.key, beat.token);", "void around;"),
    fails=["ends with a handler that was cancelled"],
)
broken(
    16,
    "the lease is not extended in Node",
    (f"{NODE_ONCE}/beat.ts", "setInterval(() => void this.#beat(), ", "setInterval(() => void this.#beat, "),
    fails=["is extended while the handler runs, and no longer"],
)
broken(
    16,
    "a handler that hangs keeps its claim for ever in Node",
    (f"{NODE_ONCE}/beat.ts", "if (asked >= this.#ends) {", "if (asked >= this.#ends + 3_600_000) {"),
    fails=["is extended for maxRun only: a handler that hangs is overtaken, and cannot commit"],
)

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
    (OCCURRENCE, "value.as_str().is_some_and(|text| !text.is_empty())", "value.as_str().is_some()"),
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
