"""Every web adapter, in the real framework, behind a real server on loopback."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, Any

import pytest
import servers
from servers import (
    ADAPTERS,
    CAP,
    SECRET,
    Application,
    bare_asgi,
    bare_wsgi,
    need,
    send,
)
from tink_webhooks import Event, HandlerError, WebhookHandler
from tink_webhooks._default import deferred
from tink_webhooks.testing import signed_delivery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def application() -> Application:
    return Application()


@pytest.fixture(params=ADAPTERS, ids=lambda adapter: adapter.__name__)
def client(request: pytest.FixtureRequest, application: Application) -> Iterator[servers.Client]:
    need(request.param)
    with request.param(application) as client:
        yield client


class TestAnswers:
    def test_accepted(self, client: servers.Client, application: Application) -> None:
        answer = send(client)
        assert (answer.status, answer.text) == (200, "ok\n")
        assert application.ran == ["refresh:finished"]
        assert application.errors == []

    def test_an_event_of_a_name_nobody_knows(self, client: servers.Client, application: Application) -> None:
        assert send(client, "something:new").status == 200
        assert application.ran == ["something:new"]

    def test_text_beyond_ascii(self, client: servers.Client, application: Application) -> None:
        assert send(client, data={"displayMessage": "användare ✓ 🦊"}).status == 200

    def test_forged(self, client: servers.Client, application: Application) -> None:
        delivery = signed_delivery("refresh:finished", secret="another")
        answer = client.send(delivery.body, delivery.headers)
        assert (answer.status, answer.text) == (401, "signature_mismatch\n")
        assert application.ran == []
        assert application.reasons == ["signature_mismatch"]
        assert application.errors[0][1] is not None

    def test_unsigned(self, client: servers.Client) -> None:
        answer = client.send(b"{}", {})
        assert (answer.status, answer.text) == (401, "missing_signature\n")

    def test_several_headers_are_one_value(self, client: servers.Client) -> None:
        answer = client.send(b"{}", {"X-Tink-Signature": "t=1", "x-tink-signature": "t=1,v1=" + 64 * "0"})
        assert (answer.status, answer.text) == (401, "malformed_signature\n")

    def test_an_empty_body(self, client: servers.Client) -> None:
        answer = send(client, body=b"")
        assert (answer.status, answer.text) == (400, "invalid_json\n")

    def test_the_test_ping(self, client: servers.Client, application: Application) -> None:
        answer = send(client, "test")
        assert (answer.status, answer.text) == (200, "test_webhook\n")
        assert application.ran == []

    def test_a_failed_handler(self, client: servers.Client, application: Application) -> None:
        answer = send(client, "account:updated")
        assert (answer.status, answer.text) == (500, "handler_failed\n")
        assert application.ran == ["account:updated"]
        (error,) = [error for error, _ in application.errors]
        assert isinstance(error, HandlerError)
        assert str(error.errors[0]) == "hunter2"

    def test_too_large(self, client: servers.Client, application: Application) -> None:
        answer = send(client, body=b" " * (CAP + 1))
        assert (answer.status, answer.text) == (413, "body_too_large\n")
        assert application.reasons == ["body_too_large"]

    def test_as_large_as_may_be(self, client: servers.Client) -> None:
        body = b'{"event":"a:b"}'
        assert send(client, body=body + b" " * (CAP - len(body))).status == 200

    def test_another_method(self, client: servers.Client, application: Application) -> None:
        for method in ["GET", "PUT"]:
            answer = client.send(None, {}, method)
            if answer.text:  # Flask answers itself for methods it has no rule for
                assert answer.status == 405
                assert "POST" in answer.headers.get("Allow", answer.headers.get("allow", ""))
        assert application.ran == []
        assert set(application.reasons) <= {"method_not_allowed"}

    def test_answers_are_plain_text(self, client: servers.Client) -> None:
        headers = {name.lower(): value for name, value in send(client).headers.items()}
        assert headers["content-type"].startswith("text/plain")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-length"] == "3"


class TestFastapiDependency:
    @pytest.fixture
    def client(self, application: Application) -> Iterator[servers.Client]:
        pytest.importorskip("fastapi")
        from fastapi import Depends, FastAPI
        from tink_webhooks.fastapi import verified_event

        app = FastAPI()
        tink_event = verified_event(application.hooks, **application.options)

        @app.post("/webhooks/tink")
        async def receive(event: Event = Depends(tink_event)) -> dict[str, str]:
            await application.hooks.dispatch_async(event)
            return {"name": event.name, "bytes": str(len(event.raw_body))}

        with servers.asgi(app) as client:
            yield client

    def test_what_a_clock_raises_is_nobodys_body(self, caplog: pytest.LogCaptureFixture) -> None:
        pytest.importorskip("fastapi")
        from fastapi import Depends, FastAPI
        from tink_webhooks.fastapi import verified_event
        from tink_webhooks.testing import post

        def clock() -> float:
            raise ConnectionError("the clock is away")

        app = FastAPI()

        @app.post("/webhooks/tink")
        async def receive(event: Event = Depends(verified_event(WebhookHandler(SECRET, clock=clock)))) -> None: ...

        assert post(app, signed_delivery(secret=SECRET), "/webhooks/tink").status == 500
        assert "ConnectionError: the clock is away" in caplog.text

    def test_accepted(self, client: servers.Client, application: Application) -> None:
        answer = send(client)
        assert answer.status == 200
        assert '"name":"refresh:finished"' in answer.text
        assert application.ran == ["refresh:finished"]

    def test_refused(self, client: servers.Client, application: Application) -> None:
        answer = client.send(b"{}", {})
        assert (answer.status, answer.text) == (401, '{"detail":"missing_signature"}')
        assert application.reasons == ["missing_signature"]

    def test_the_test_ping(self, client: servers.Client) -> None:
        answer = send(client, "test")
        assert (answer.status, answer.text) == (200, '{"detail":"test_webhook"}')

    @pytest.mark.parametrize("chunked", [False, True])
    def test_too_large(self, client: servers.Client, chunked: bool) -> None:
        delivery = signed_delivery(body=b" " * (CAP + 1), secret=SECRET)
        answer = client.send(delivery.body, delivery.headers, chunked=chunked)
        assert (answer.status, answer.text) == (413, '{"detail":"body_too_large"}')

    def test_a_failed_handler(self, client: servers.Client) -> None:
        answer = send(client, "account:updated")
        assert answer.status == 500
        assert "hunter2" not in answer.text


class TestHooks:
    def test_coroutines_are_awaited(self, application: Application) -> None:
        pytest.importorskip("uvicorn")
        from tink_webhooks.asgi import WebhookApp

        async def on_error(error: Exception, scope: Any) -> None:
            application.on_error(error, scope)

        @application.hooks.on("*")
        async def later(event: Event) -> None:
            application.ran.append("later")

        with servers.asgi(WebhookApp(application.hooks, on_error=on_error)) as client:
            assert send(client).status == 200
            assert client.send(b"{}", {}).status == 401
        assert application.ran == ["refresh:finished", "later"]
        assert application.reasons == ["missing_signature"]

    def test_a_synchronous_adapter_refuses_coroutines(self, application: Application) -> None:
        @application.hooks.on("*")
        async def later(event: Event) -> None: ...

        with bare_wsgi(application) as client:
            answer = send(client)
        assert (answer.status, answer.text) == (500, "invalid_option\n")
        assert application.ran == []

    @pytest.mark.parametrize("adapter", [bare_asgi, bare_wsgi], ids=lambda adapter: adapter.__name__)
    def test_a_hook_that_fails_changes_no_answer(
        self, adapter: Callable[..., Any], caplog: pytest.LogCaptureFixture
    ) -> None:
        application = Application()
        application.on_error = lambda error, request: 1 / 0  # type: ignore[method-assign]
        with contextlib.ExitStack() as stack:
            client = stack.enter_context(adapter(application))
            assert client.send(b"{}", {}).status == 401
        assert "on_error hook failed" in caplog.text

    def test_the_log_tells_why_and_shows_no_body(
        self, application: Application, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "tink_webhooks")
        with bare_wsgi(application) as client:
            client.send(b'{"event":"a:b","content":"hunter3"}', {"X-Tink-Signature": "t=1,v1=" + 64 * "0"})
            send(client, "test")
            send(client, "account:updated")
        levels = [(record.levelname, record.getMessage().split(":")[1].split()[0]) for record in caplog.records]
        assert levels == [("WARNING", "signature_mismatch"), ("INFO", "test_webhook"), ("ERROR", "handler_failed")]
        assert "hunter3" not in caplog.text
        assert "in fails" in caplog.text  # where the handler failed
        assert SECRET not in caplog.text


def test_the_default_handler_without_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    from tink_webhooks.wsgi import WebhookApp

    monkeypatch.delenv("TINK_WEBHOOK_SECRET", raising=False)
    # The default handler reads its secret once, and another test may have set it.
    monkeypatch.setattr("tink_webhooks._receiver.default", deferred())
    with servers.wsgi(WebhookApp()) as client:
        answer = client.send(b"{}", {})
    assert (answer.status, answer.text) == (500, "secret_not_configured\n")
