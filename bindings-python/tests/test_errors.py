"""The errors as objects, and that no other exceptions are raised."""

from __future__ import annotations

import ast
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tink_webhooks import HandlerError, TestWebhookError, WebhookError, WebhookHandler, generate_signature

SECRET = "s3cret"


def test_fields_of_the_time_window() -> None:
    hooks = WebhookHandler(SECRET, clock=lambda: 1_700_000_400, tolerance=300)
    with pytest.raises(WebhookError) as raised:
        hooks.verify_signature(b"{}", generate_signature(b"{}", SECRET, timestamp=1_700_000_000))
    error = raised.value
    assert (error.age, error.tolerance, error.http_status) == (400, 300, 401)
    assert "400" in str(error)
    assert "300" in str(error)


def test_they_can_be_pickled() -> None:
    hooks = WebhookHandler(SECRET)
    with pytest.raises(TestWebhookError) as raised:
        hooks.parse_event('{"event":"test"}')
    copy = pickle.loads(pickle.dumps(raised.value))
    assert type(copy) is TestWebhookError
    assert (str(copy), vars(copy)) == (str(raised.value), vars(raised.value))


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exception groups are of Python 3.11")
def test_handler_error_is_an_exception_group() -> None:
    hooks = WebhookHandler(SECRET)

    @hooks.on("*")
    def fails(event: object) -> None:
        raise ValueError("one")

    with pytest.raises(HandlerError) as raised:
        hooks.dispatch(hooks.parse_event('{"event":"a:b"}'))
    assert isinstance(raised.value, ExceptionGroup)
    matched, rest = raised.value.split(ValueError)
    assert isinstance(matched, HandlerError)
    assert matched.event is raised.value.event
    assert rest is None


def released(data: bytes) -> memoryview:
    view = memoryview(data)
    view.release()
    return view


#: Text of every kind, such as a caller's own: with lone surrogates, and NUL.
text = st.text(st.characters())
bodies = st.one_of(st.binary(), text, st.binary().map(bytearray), st.none(), st.dictionaries(st.text(), st.text()))
headers = st.one_of(
    st.none(),
    text,
    st.binary(),
    st.integers(),
    st.from_regex(r"\A(t=[0-9]{1,20}|v1=[0-9a-f]{64}|,| ){0,6}\Z"),
)
buffers = st.one_of(
    st.binary().map(bytearray),
    st.binary().map(memoryview),
    st.binary(min_size=4, max_size=4).map(lambda data: memoryview(data).cast("B", [2, 2])),
    st.binary().map(released),
)
anything = st.one_of(st.none(), text, st.binary(), st.integers(), st.floats(), st.lists(text), st.booleans(), buffers)


def only_known(call: Any) -> None:
    """Whatever happens, it is a result, an error of the library, or a type error."""
    try:
        call()
    except (WebhookError, TypeError) as error:
        assert SECRET not in str(error)


@given(bodies, headers)
def test_no_delivery_raises_anything_else(body: Any, header: Any) -> None:
    hooks = WebhookHandler(SECRET)
    only_known(lambda: hooks.handle_webhook(body, header))
    only_known(lambda: hooks.parse_event(body))


@given(st.one_of(st.binary(), st.text(st.characters(exclude_categories=["Cs"]))))
def test_no_signed_body_raises_anything_else(body: bytes | str) -> None:
    hooks = WebhookHandler(SECRET)
    only_known(lambda: hooks.handle_webhook(body, generate_signature(body, SECRET)))


@given(anything, anything, anything, anything, anything)
def test_no_option_raises_anything_else(secret: Any, tolerance: Any, schemes: Any, cap: Any, now: Any) -> None:
    def call() -> None:
        hooks = WebhookHandler(secret, tolerance=tolerance, schemes=schemes, max_body_bytes=cap, clock=lambda: now)
        hooks.verify_signature(b"{}", "t=1,v1=" + "0" * 64)

    only_known(call)
    only_known(lambda: WebhookHandler(SECRET, clock=lambda: now).parse_event('{"event":"a:b"}'))
    only_known(lambda: WebhookHandler(SECRET, float_mode=now))
    only_known(lambda: generate_signature(b"{}", secret, timestamp=tolerance, scheme=schemes))
    only_known(lambda: WebhookHandler(SECRET).register_handler(secret, print))


def test_importing_pulls_in_nothing_of_others() -> None:
    # What costs time: asyncio, inspect and typing's friends are imported where they are used.
    code = (
        "import sys; before = set(sys.modules); import tink_webhooks\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names)\n"
        "heavy = {'asyncio', 'inspect', 'logging', 'json', 'typing', 're'} & (set(sys.modules) - before)\n"
        "print(sorted(new), sorted(heavy))"
    )
    if sys.version_info < (3, 10):
        pytest.skip("the names of the standard library's modules are of Python 3.10")
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert out.strip() == "['tink_webhooks'] []"


def test_tools_that_freeze_programs_find_every_module() -> None:
    """They see the imports of Python code, in any branch, and none of the native module's."""
    root = Path(__file__).resolve().parents[1]
    named = {
        name
        for path in [*root.glob("src/**/*.rs"), *root.glob("objects/src/*.rs")]
        for name in re.findall(r'"tink_webhooks\.(_\w+)"', path.read_text())
    }
    seen = {
        name
        for path in root.glob("python/tink_webhooks/*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        for name in (str(node.module).rpartition(".")[2], *(alias.name for alias in node.names))
    }
    assert {"_coroutines", "_decimal_json", "_error_kinds", "_logging"} <= named <= seen | {"_native"}
