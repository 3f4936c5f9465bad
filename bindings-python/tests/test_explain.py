"""``explain``. The vectors hold what is found; here are its types, what is shown, and the option of the adapters."""

from __future__ import annotations

import dataclasses
import inspect
import io
import logging
import subprocess
import sys
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
import tink_webhooks
from tink_webhooks import Explanation, InvalidConfigError, InvalidPayloadError, WebhookHandler, explain
from tink_webhooks import generate_signature as sign
from tink_webhooks.wsgi import WebhookApp

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "67abc1e08fb64c92b450a13e0876330b"
SIGNED = '{"event":"a:b","content":{"amount":23.00,"who":"Anna"}}'
RECEIVED = '{"event":"a:b","content":{"amount":23,"who":"Anna"}}'


def found() -> Explanation:
    return explain(RECEIVED, sign(SIGNED, KEY), KEY)


class TestExplanation:
    def test_what_it_has(self) -> None:
        explanation = found()
        assert (explanation.cause, explanation.causes) == ("numbers_rewritten", ("numbers_rewritten",))
        assert explanation.proved is True
        assert explanation.secret_index == 0
        assert explanation.original_body == SIGNED.encode()
        assert "usually" in explanation.where
        assert "await request.body()" in explanation.fix.splitlines()[0]
        assert explanation.where in str(explanation)

    def test_it_is_frozen_and_comparable(self) -> None:
        with pytest.raises(dataclasses.FrozenInstanceError):
            found().cause = "verifies"  # type: ignore[misc]
        assert found() == found()
        assert len({found(), found()}) == 1

    def test_nothing_is_shown(self) -> None:
        for shown in [repr(found()), str(found())]:
            assert not [hidden for hidden in [KEY, "Anna", "23.00,", sign(SIGNED, KEY)[-64:]] if hidden in shown]

    def test_importing_the_package_does_not_import_it(self) -> None:
        program = "import sys, tink_webhooks; assert 'tink_webhooks._explain' not in sys.modules"
        subprocess.run([sys.executable, "-c", program], check=True)
        with pytest.raises(AttributeError, match="explane"):
            tink_webhooks.explane  # noqa: B018


class TestArguments:
    @pytest.mark.parametrize("make", [str, str.encode, lambda text: bytearray(text.encode())])
    def test_bodies(self, make: Callable[[str], Any]) -> None:
        assert explain(make(RECEIVED), sign(SIGNED, KEY), KEY).proved

    @pytest.mark.parametrize("secrets", [KEY, KEY.encode(), [KEY], ["other", KEY.encode()], (KEY,)])
    def test_secrets(self, secrets: Any) -> None:
        assert explain(RECEIVED, sign(SIGNED, KEY), secrets).proved

    @pytest.mark.parametrize("secrets", [None, [], ""])
    def test_no_secret(self, secrets: Any) -> None:
        assert explain(RECEIVED, sign(SIGNED, KEY), secrets).cause == "secret_missing"

    def test_now(self) -> None:
        header = sign(SIGNED, KEY, timestamp=1_767_225_600)
        for now in [1_767_225_600, 1_767_225_600.9, datetime(2026, 1, 1, tzinfo=timezone.utc)]:
            assert explain(SIGNED, header, KEY, now=now).cause == "verifies"
        assert explain(SIGNED, header, KEY).cause in {"timestamp_too_old", "timestamp_in_future"}
        with pytest.raises(InvalidConfigError):
            explain(SIGNED, header, KEY, now=float("nan"))
        with pytest.raises(TypeError):
            explain(SIGNED, header, KEY, now="now")  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        "arguments", [({}, "x", KEY), (b"", 1, KEY), (b"", "x", 1), (b"", "x", [1]), (b"", "x", {"a": 1}.values())]
    )
    def test_wrong_types(self, arguments: tuple[Any, ...]) -> None:
        with pytest.raises(TypeError):
            explain(*arguments)

    def test_a_lone_surrogate(self) -> None:
        with pytest.raises(InvalidPayloadError):
            explain("\ud800", None, KEY)
        assert explain("{}", "\ud800", KEY).cause == "header_malformed"
        assert explain("{}", sign("{}", KEY), "\ud800").cause == "secret_short"


class TestExplainFailures:
    """One search in ten seconds is allowed in the whole process, so the tests allow it themselves."""

    @pytest.fixture(autouse=True)
    def allowed(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        asked: list[float] = []

        def allow(seconds: float) -> bool:
            asked.append(seconds)
            return True

        monkeypatch.setattr("tink_webhooks._native._may_explain", allow)
        return asked

    def explained(self, caplog: pytest.LogCaptureFixture) -> list[str]:
        """What was logged, in a thread of its own, soon after the answer."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if texts := [text for text in caplog.messages if "explained" in text]:
                return texts
            time.sleep(0.01)
        return []

    @staticmethod
    def post(app: WebhookApp, body: bytes, signature: str) -> str:
        answered = []
        environ = {
            "REQUEST_METHOD": "POST",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_X_TINK_SIGNATURE": signature,
            "wsgi.input": io.BytesIO(body),
        }
        list(app(environ, lambda status, headers, exc_info=None: answered.append(status)))  # type: ignore[arg-type]
        return str(answered[0])

    def test_a_refusal_is_explained(self, caplog: pytest.LogCaptureFixture) -> None:
        app = WebhookApp(WebhookHandler(KEY), explain_failures=True)
        with caplog.at_level(logging.WARNING, "tink_webhooks"):
            assert self.post(app, RECEIVED.encode(), sign(SIGNED, KEY)).startswith("401")
            texts = self.explained(caplog)
        assert len(texts) == 1
        assert "numbers_rewritten (proved)" in texts[0]
        assert not [hidden for hidden in [KEY, "Anna"] if hidden in texts[0]]
        record = next(record for record in caplog.records if "explained" in record.message)
        assert (record.cause, record.proved) == ("numbers_rewritten", True)  # type: ignore[attr-defined]

    def test_off_by_default(self, caplog: pytest.LogCaptureFixture, allowed: list[float]) -> None:
        assert self.post(WebhookApp(WebhookHandler(KEY)), RECEIVED.encode(), sign(SIGNED, KEY)).startswith("401")
        assert allowed == []

    def test_what_is_accepted_or_says_itself_why_is_not_explained(self, allowed: list[float]) -> None:
        app = WebhookApp(WebhookHandler(KEY), explain_failures=True)
        assert self.post(app, SIGNED.encode(), sign(SIGNED, KEY)).startswith("200")
        assert self.post(app, SIGNED.encode(), sign(SIGNED, KEY, timestamp=1)).startswith("401")
        assert allowed == []

    @pytest.mark.parametrize(
        ("module", "name"),
        [
            ("asgi", "WebhookApp"),
            ("wsgi", "WebhookApp"),
            ("fastapi", "verified_event"),
            ("flask", "webhook_view"),
            ("django", "webhook_view"),
            ("django", "async_webhook_view"),
            ("aws_lambda", "webhook_function"),
        ],
    )
    def test_every_adapter_takes_the_option(self, module: str, name: str) -> None:
        adapter = getattr(pytest.importorskip(f"tink_webhooks.{module}"), name)
        assert inspect.signature(adapter).parameters["explain_failures"].default is False


def test_one_limit_and_none_in_production() -> None:
    """In a process of its own, as the limit is one of the process."""
    program = """
import os
from tink_webhooks import _native
assert _native._may_explain(100.0) and not _native._may_explain(109.0) and _native._may_explain(110.0)
os.environ["APP_ENV"] = "Production"
assert not _native._may_explain(1000.0)
os.environ["APP_ENV"] = "development"
assert _native._may_explain(2000.0)
"""
    subprocess.run([sys.executable, "-c", program], check=True)
