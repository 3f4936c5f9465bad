"""Promises 12 to 15, 17 and 18, broken: what becomes of the receiver and its handlers."""

from __future__ import annotations

from breakage import broken

CLAIM = "core/src/signature/check.rs"
HANDLER = "core/src/dispatcher.rs"
HEADER = "core/src/signature/header.rs"
PYTHON = "bindings-python/python/tink_webhooks"
GO_HTTP = "bindings-go/http.go"
NODE = "bindings-node/ts"

CAP_FIRST = "self.check_size(size)?;\n        let header ="
DELIVERY_ID = "delivery_id: delivery_id.first().copied().map(DeliveryId),"

# ------------------------------------------------------------------------------------------------ 12: documented errors

broken(
    12,
    "a body that is no UTF-8 is a panic",
    (
        "core/src/payload/envelope.rs",
        ".map_err(|_| Error::new(Reason::InvalidUtf8))?;",
        '.expect("UTF-8");',
    ),
    fails=["nothing_panics"],
)
broken(
    12,
    "a MAC of another length is a panic",
    (HEADER, "decode(digits.try_into().ok()?)", 'decode(digits.try_into().expect("64 digits"))'),
    fails=["nothing_panics_in_headers_that_are_nearly_right"],
)
broken(
    12,
    "Python's type errors are value errors",
    (
        "bindings-python/src/arguments.rs",
        "Failure::Python(PyTypeError::new_err(message.to_owned()))",
        "Failure::Python(pyo3::exceptions::PyValueError::new_err(message.to_owned()))",
    ),
    fails=["test_no_delivery_raises_anything_else"],
)
broken(
    12,
    "a body of another type is a range error in Node",
    (
        "bindings-node/ts/frame.ts",
        'throw new TypeError(\n      "the body must be',
        'throw new RangeError(\n      "the body must be',
    ),
    fails=["no delivery makes any other error"],
)
broken(
    12,
    "what Go cannot parse is an error of package context",
    (
        "bindings-go/deliveries.go",
        'return h.event(doParse, string(body), "")',
        'event, err := h.event(doParse, string(body), "")\n\tif err != nil {\n\t\terr = context.Canceled\n\t}\n'
        "\treturn event, err",
    ),
    fails=["TestAnyCallGivesAnErrorOfTheTable"],
)
broken(
    12,
    "C's getters look behind NULL",
    (
        "bindings-c/src/guard.rs",
        "guard(fallback, || unsafe { object.as_ref() }.map_or(fallback, question))",
        "guard(fallback, || question(unsafe { &*object }))",
    ),
    fails=["null_objects"],
)

# ---------------------------------------------------------------------------------------------------- 13: bounded work

broken(
    13,
    "a seventeenth signature is tried",
    (HEADER, "const MAX_CANDIDATES: usize = 16;", "const MAX_CANDIDATES: usize = 17;"),
    fails=["sixteen_candidates_are_kept", "header-seventeenth"],
)
broken(
    13,
    "a header may have 4,097 bytes",
    (HEADER, "const MAX_BYTES: usize = 4_096;", "const MAX_BYTES: usize = 4_097;"),
    fails=["header-4097"],
)
broken(
    13,
    "JSON may be nested 129 levels deep",
    ("core/src/payload/ends.rs", "const MAX_DEPTH: usize = 128;", "const MAX_DEPTH: usize = 129;"),
    fails=["payload-depth-129-array"],
)
broken(
    13,
    "the size of a body is not judged before its MAC",
    ("core/src/verifier.rs", CAP_FIRST, CAP_FIRST.replace("self.check_size(size)?;", "let _ = size;")),
    fails=["cap-first"],
)
broken(
    13,
    "adapters answer that a body over the cap is no JSON",
    (f"{PYTHON}/_receiver.py", '_native._refusal("body_too_large")', '_native._refusal("invalid_json")'),
    fails=["TestAnswers.test_too_large[flask]"],
)
broken(
    13,
    "Python's WSGI adapter reads a body to its end",
    (f"{PYTHON}/wsgi.py", "if len(body) + len(piece) > limit:", "if False:"),
    (f"{PYTHON}/wsgi.py", "(limit + 1 if length is None else length) - len(body)", "65_536"),
    fails=["test_no_more_than_the_cap_is_read[through_wsgi]", "test_no_more_than_the_cap_is_read[through_flask]"],
)
broken(
    13,
    "Python's ASGI adapter reads a body to its end",
    (f"{PYTHON}/asgi.py", "if len(self) + len(piece) > self._limit:", "if False:"),
    fails=["test_no_more_than_the_cap_is_read[through_asgi]"],
)
GO_READER = "http.MaxBytesReader(w, r.Body, limit)"
broken(
    13,
    "Go's handler reads a body to its end",
    (GO_HTTP, GO_READER, "http.MaxBytesReader(w, r.Body, 1<<40+limit)"),
    fails=["TestNoMoreThanTheCapIsRead"],
)
broken(
    13,
    "Go's handler reads as much as is declared",
    (GO_HTTP, GO_READER, "http.MaxBytesReader(w, r.Body, max(limit, r.ContentLength))"),
    (GO_HTTP, "case err == nil && r.ContentLength > limit:", "case false:"),
    fails=["TestNoMoreThanTheCapIsRead"],
)
NODE_STREAM = ["no more than the cap is read of a stream"]
NODE_WEB = ["no more than the cap is read of a Web Request"]
broken(
    13,
    "Node's adapters read a stream to its end",
    (f"{NODE}/node-server.ts", "if (size > limit) {", "if (size > 1_000 * limit) {"),
    fails=[*NODE_STREAM, "no more than the cap is read off a connection"],
)
broken(
    13,
    "Node's adapters read a stream that declares too much",
    (f"{NODE}/node-server.ts", "if (declared > limit) {", "if (false) {"),
    fails=NODE_STREAM,
)
broken(
    13,
    "Node's adapter for Koa has a cap of its own",
    (f"{NODE}/koa.ts", "[request, req], limit, FIX)", "[request, req], 2 * limit, FIX)"),
    fails=NODE_STREAM,
)
broken(
    13,
    "Node's adapter for Fastify has a cap of its own",
    (f"{NODE}/fastify.ts", "[request, request.raw], limit, FIX)", "[request, request.raw], 2 * limit, FIX)"),
    fails=NODE_STREAM,
)
broken(
    13,
    "Node's Web adapter reads a body to its end",
    (f"{NODE}/web.ts", "if (size > limit) {", "if (false) {"),
    fails=NODE_WEB,
)
broken(
    13,
    "Node's Web adapter reads a body that declares too much",
    (f"{NODE}/web.ts", "if (declared > limit) {", "if (false) {"),
    fails=NODE_WEB,
)
broken(
    13,
    "Node's adapters let go of a body for as long as it comes",
    (f"{NODE}/node-server.ts", "if (left <= 0) {", "if (false) {"),
    fails=["what is let go after the answer has an end"],
)
broken(
    13,
    "Rust's adapters read a body to its end",
    ("bindings-rust/http/src/body.rs", "if piece.len() > self.limit - self.bytes.len() {", "if false {"),
    fails=["the_receiver_holds_on_several_threads", "the_receiver_holds"],
)

# ------------------------------------------------------------------------------------------ 14: no failure is swallowed

broken(
    14,
    "the first failure ends a dispatch",
    (
        "core/src/handlers/dispatch.rs",
        "results.filter_map(Result::err).collect();",
        "results.filter_map(Result::err).take(1).collect();",
    ),
    fails=["a_failing_handler_stops_nobody_and_is_not_swallowed", "dispatch-fails-rest-run"],
)
broken(
    14,
    "a failure is taken for success",
    ("core/src/handlers/dispatch.rs", "if errors.is_empty() {", "if true {"),
    fails=["a_failing_handler_stops_nobody_and_is_not_swallowed", "dispatch-fails-rest-run"],
)
broken(
    14,
    "a failed handler is answered 200",
    ("core/src/error.rs", '"handler_failed", 401, HandlerFailed, 500,', '"handler_failed", 401, HandlerFailed, 200,'),
    fails=["a_failing_handler_stops_nobody_and_is_not_swallowed", "dispatch-fails-rest-run"],
)
broken(
    14,
    "the first failure ends a dispatch in Go",
    (
        "bindings-go/deliveries.go",
        "*failed = append(*failed, err)",
        "*failed = append(*failed, err)\n\t\t\t*next = len(handlers)",
    ),
    fails=["TestHandlersThatFail"],
)
broken(
    14,
    "the first failure ends a dispatch in Node",
    ("bindings-node/ts/dispatcher.ts", "errors.push(error);", "errors.push(error);\n        break;"),
    fails=["whatever is thrown is an error of the handler, and the others run"],
)
broken(
    14,
    "Python's adapters answer ok where a handler failed",
    (
        f"{PYTHON}/_receiver.py",
        "    return Answer(outcome.status,",
        '    return OK if outcome.reason == "handler_failed" else Answer(outcome.status,',
    ),
    fails=["TestAnswers.test_a_failed_handler[flask]"],
)
broken(
    14,
    "a panic is no failure in Rust",
    ("core/src/handlers/dispatch.rs", "unwrap_or_else(|panic| Err(panic.into()))", "unwrap_or(Ok(()))"),
    fails=["a_handler_that_panics_has_failed_and_the_others_run"],
)
broken(
    14,
    "the first failure ends an asynchronous dispatch",
    (
        "core/src/handlers/asynchronous.rs",
        "errors.extend(result.err());",
        "errors.extend(result.err());\n        if !errors.is_empty() {\n            break;\n        }",
    ),
    fails=["every_failure_is_reported_and_every_panic_is_one"],
)
broken(
    14,
    "a handler goes on although its dispatch was dropped",
    (
        "core/src/handlers/asynchronous.rs",
        "let mut future = caught(|| handler(event))?;",
        "let mut future = std::mem::ManuallyDrop::new(caught(|| handler(event))?);",
    ),
    ("core/src/handlers/asynchronous.rs", "caught(|| drop(future))", "caught(|| ())"),
    fails=["dropping_the_future_stops_after_the_handler_in_hand"],
)
broken(
    14,
    "a client that leaves stops a handler of a receiver in Rust",
    (
        "bindings-rust/http/src/task.rs",
        "(Poll::Pending, Ok(_)) => spawn(future).await.ok(),",
        "(Poll::Pending, Ok(_)) => (std::any::type_name_of_val(&spawn), Some(future.await)).1,",
    ),
    fails=["the_receiver_holds_on_one_thread"],
)
broken(
    14,
    "Rust's adapters answer ok where a handler failed",
    (
        "bindings-rust/http/src/endpoint.rs",
        "error.as_ref().map_or(Answer::OK, Answer::from)",
        "error.as_ref().filter(|error| error.http_status() != 500).map_or(Answer::OK, Answer::from)",
    ),
    fails=["the_receiver_holds_on_one_thread"],
)

# ---------------------------------------------------------------------------------------- 15: handlers hold up nobody

DISPATCH = "handlers::run(&self.registry.snapshot(), event, !self.awaits.load(Ordering::Relaxed))"
LOCK = "static ONE: std::sync::Mutex<()> = std::sync::Mutex::new(());"
REGISTRY = "core/src/handlers/registry.rs"
# A lock that its holder may take again: handlers may register and dispatch.
HELD = """
use std::sync::atomic::{AtomicUsize, Ordering};
static OWNER: AtomicUsize = AtomicUsize::new(0);
static DEPTH: AtomicUsize = AtomicUsize::new(0);
thread_local!(static ME: u8 = const { 0 });
struct Held;
impl Held {
    fn new() -> Self {
        let me = ME.with(|me| std::ptr::from_ref(me).addr());
        while OWNER.compare_exchange(0, me, Ordering::SeqCst, Ordering::SeqCst).is_err_and(|owner| owner != me) {
            std::thread::yield_now();
        }
        DEPTH.fetch_add(1, Ordering::SeqCst);
        Self
    }
}
impl Drop for Held {
    fn drop(&mut self) {
        if DEPTH.fetch_sub(1, Ordering::SeqCst) == 1 {
            OWNER.store(0, Ordering::SeqCst);
        }
    }
}
"""
broken(
    15,
    "while handlers run, other threads wait to register and to dispatch",
    (REGISTRY, "use arc_swap::", f"{HELD}\nuse arc_swap::"),
    (REGISTRY, "pub struct Snapshot<H> {", "pub struct Snapshot<H> {\n    _held: Held,"),
    (REGISTRY, "Snapshot { table: self.table", "Snapshot { _held: Held::new(), table: self.table"),
    (REGISTRY, "let handler = Arc::new(handler);", "let (_held, handler) = (Held::new(), Arc::new(handler));"),
    fails=["a_handler_that_hangs_holds_no_lock", "a_handler_that_hangs"],
)
broken(
    15,
    "a handler that panics leaves a broken lock behind",
    (
        "core/src/handlers/dispatch.rs",
        "catch_unwind(AssertUnwindSafe(function))",
        f"{LOCK}\n    let held = || {{\n        let _one = ONE.lock().unwrap();\n        function()\n    }};\n"
        "    catch_unwind(AssertUnwindSafe(held))",
    ),
    fails=["everything_fails_and_changes_at_once"],
)
broken(
    15,
    "Python takes a cancellation for a handler's failure",
    (f"{PYTHON}/_dispatcher.py", '{("asyncio", "CancelledError"), ', "{"),
    fails=["test_handlers_that_hang_are_cancelled_by_a_timeout"],
)
broken(
    15,
    "registering in Go waits for the handlers that run",
    (
        "bindings-go/deliveries.go",
        "\treturn run(ctx, event, handlers, &done.failed)",
        "\th.mu.RLock()\n\tdefer h.mu.RUnlock()\n\treturn run(ctx, event, handlers, &done.failed)",
    ),
    fails=["TestAHandlerThatHangs"],
)

# -------------------------------------------------------------------------------------------------- 17: delivery ids

#: Its receiver counts exact copies by their id.
OF_COPIES = ["test_nothing_that_was_answered_200_is_lost[python]"]
broken(
    17,
    "every delivery has the same id",
    (CLAIM, DELIVERY_ID, "delivery_id: Some(DeliveryId([7; 16])),"),
    fails=OF_COPIES,
)
broken(
    17,
    "a delivery's copy has another id",
    (
        CLAIM,
        DELIVERY_ID,
        """delivery_id: std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok().map(|now| {
                        DeliveryId(now.as_nanos().to_ne_bytes())
                    }),""",
    ),
    fails=OF_COPIES,
)
broken(
    17,
    "half a MAC is a signature",
    (
        HEADER,
        "decode(digits.try_into().ok()?)",
        """let mut padded = [b'0'; 64];
    padded.get_mut(..digits.len())?.copy_from_slice(digits);
    decode(&padded)""",
    ),
    (CLAIM, "if mac.equals(candidate) {", "if mac.to_bytes()[..16] == candidate[..16] {"),
    fails=["the_delivery_id_is_too_short_to_be_a_signature"],
)

broken(
    17,
    "a delivery's id is written as its header is, in either case",
    (
        "bindings-node/src/frame.rs",
        "mac[..32] == delivery_id.to_hex()",
        "mac[..32].eq_ignore_ascii_case(&delivery_id.to_hex())",
    ),
    fails=["header-upper-case@node"],
)

# ----------------------------------------------------------------------------------------------------- 18: flat memory

broken(
    18,
    "every v1 delivery leaves 1,536 bytes behind",
    (
        CLAIM,
        "let (secret_index, matched) = find_match(",
        """std::hint::black_box(Box::leak(vec![1_u8; 1_536].into_boxed_slice()));
                let (secret_index, matched) = find_match(""",
    ),
    fails=["soak", "test_many_deliveries", "TestDeliveriesLeaveNothingInC", "200,000 deliveries that are refused"],
)
