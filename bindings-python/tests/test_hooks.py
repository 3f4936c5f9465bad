"""What adapters report: ``on_outcome``, ``on_error``, the log. And what ends a handler that is no ``Exception``."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import servers
from servers import (
    ADAPTERS,
    SECRET,
    Application,
    bare_wsgi,
    django_settings,
    django_urls,
    django_wsgi,
    flask,
    send,
)
from tink_webhooks import Event, HandlerError, InvalidConfigError, Outcome, WebhookHandler
from tink_webhooks.testing import post, signed_delivery
from tink_webhooks.wsgi import WebhookApp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def ends(event: Event) -> None:
    sys.exit("enough")


class GeventTimeout(BaseException):
    """As gevent's: no ``Exception``, so that nobody catches it by chance."""


@pytest.fixture
def application() -> Application:
    return Application()


@pytest.fixture(params=ADAPTERS, ids=lambda adapter: adapter.__name__)
def client(request: pytest.FixtureRequest, application: Application) -> Iterator[servers.Client]:
    pytest.importorskip(request.param.__name__.partition("_")[0].replace("bare", "uvicorn"))
    with request.param(application) as client:
        yield client


def until(holds: Callable[[], object]) -> None:
    """What happens after the answer was sent happens soon."""
    deadline = time.monotonic() + 10
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.01)


class TestOutcomes:
    def test_every_delivery_has_one(self, client: servers.Client, application: Application) -> None:
        forged = signed_delivery("refresh:finished", secret="another")
        signed_at = int(time.time()) - 10
        send(client, timestamp=signed_at)
        send(client, "something:new")
        send(client, "test")
        client.send(forged.body, forged.headers)
        send(client, timestamp=signed_at - 1_000)
        send(client, "account:updated")
        client.send(None, {}, method="GET")
        seen = [outcome for outcome, _ in application.outcomes]
        table = [
            (o.outcome, o.status, o.kind, o.reason, o.event_type, o.secret_index, o.error is not None) for o in seen
        ]
        assert table == [
            ("handled", 200, None, None, "refresh_finished", 0, False),
            ("handled", 200, None, None, "unknown", 0, False),
            ("test", 200, "test_webhook", "test_webhook", None, None, True),
            ("refused", 401, "invalid_signature", "signature_mismatch", None, None, True),
            ("refused", 401, "invalid_signature", "timestamp_too_old", None, None, True),
            ("failed", 500, "handler_failed", "handler_failed", "account_updated", 0, True),
            ("refused", 405, "invalid_request", "method_not_allowed", None, None, True),
        ]
        ages = [outcome.age for outcome in seen]
        assert ages[0] in range(10, 70)
        assert ages[4] in range(1_010, 1_070)
        assert ages[2] is ages[3] is ages[6] is None
        assert all(0 < outcome.duration < 60 for outcome in seen)
        assert all(request is not None for _, request in application.outcomes)
        # The other hook gets the same errors.
        assert [error for error, _ in application.errors] == [outcome.error for outcome in seen if outcome.error]

    def test_it_shows_nothing_of_the_delivery(self, client: servers.Client, application: Application) -> None:
        delivery = signed_delivery("account:updated", secret=SECRET, data={"id": "hunter2"})
        client.send(delivery.body, delivery.headers)
        shown = repr(application.outcomes[0][0])
        assert delivery.signature not in shown
        assert "hunter2" not in shown.replace("RuntimeError('hunter2')", "")  # the handler's own text


@pytest.mark.parametrize("after", ["on_error", "on_outcome"])
def test_hooks_that_fail(after: str, caplog: pytest.LogCaptureFixture) -> None:
    hooks: dict[str, Any] = {after: lambda seen, request: 1 / 0}
    app = WebhookApp(WebhookHandler(SECRET), **hooks)
    assert post(app, signed_delivery("test", secret=SECRET), "/").status == 200
    assert f"the {after} hook failed" in caplog.text


def test_a_coroutine_hook_of_a_synchronous_adapter(caplog: pytest.LogCaptureFixture) -> None:
    async def count(outcome: Outcome, request: Any) -> None: ...

    assert post(WebhookApp(WebhookHandler(SECRET), on_outcome=count), signed_delivery(secret=SECRET), "/").status == 200
    assert "on_outcome is a coroutine function" in caplog.text


def test_a_hook_that_never_ends(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """The delivery is answered all the same."""
    pytest.importorskip("uvicorn")
    from tink_webhooks.asgi import WebhookApp

    monkeypatch.setattr("tink_webhooks._receiver.HOOK_TIMEOUT", 0.05)
    ended: list[str] = []

    async def never(outcome: Outcome, request: Any) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(outcome.outcome)

    with servers.asgi(WebhookApp(WebhookHandler(SECRET), on_outcome=never)) as client:
        assert send(client).status == 200
    assert ended == ["handled"]
    assert "the on_outcome hook has not ended after 0.05 s" in caplog.text


class TestLog:
    @pytest.fixture(autouse=True)
    def all_levels(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG, "tink_webhooks")

    def test_records_have_fields(self, client: servers.Client, caplog: pytest.LogCaptureFixture) -> None:
        send(client, timestamp=1_700_000_000)
        send(client, "account:updated")
        send(client)
        client.send(None, {}, method="GET")
        fields = ("levelname", "kind", "reason", "status", "event")
        records = [record for record in caplog.records if record.name == "tink_webhooks"]
        assert [tuple(getattr(record, field) for field in fields) for record in records] == [
            ("WARNING", "invalid_signature", "timestamp_too_old", 401, None),
            ("ERROR", "handler_failed", "handler_failed", 500, "account_updated"),
        ]
        assert [record.age > 0 for record in records if record.reason == "timestamp_too_old"] == [True]  # type: ignore[attr-defined]

    def test_a_failure_has_its_chain(
        self, client: servers.Client, application: Application, caplog: pytest.LogCaptureFixture
    ) -> None:
        def connect() -> None:
            raise OSError("the database is away")

        def fails(event: Event) -> None:
            try:
                connect()
            except OSError as error:
                raise LookupError("no such order") from error

        application.hooks.register_handler("account:created", fails)
        application.hooks.register_handler("account:created", application.fails)
        assert send(client, "account:created").status == 500
        for part in (
            "OSError: the database is away",
            "LookupError: no such order",
            "RuntimeError: hunter2",
            "in fails",
        ):
            assert part in caplog.text

    def test_what_is_likely_to_be_a_mistake(self, caplog: pytest.LogCaptureFixture) -> None:
        hooks = WebhookHandler('"quoted"')
        hooks.register_handler("transaction:created", print)
        assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
        assert "quotes" in caplog.messages[0]
        assert "no event of this name" in caplog.messages[1]
        assert "quoted" not in caplog.text


class TestWhatIsNoException:
    def test_a_failure_like_any_other(self, client: servers.Client, application: Application) -> None:
        def fails(event: Event) -> None:
            raise GeventTimeout

        application.hooks.register_handler("account:created", fails)
        assert send(client, "account:created").status == 500
        assert application.ran == ["account:created"]
        error = application.errors[0][0]
        assert isinstance(error, HandlerError)
        assert isinstance(error.errors[0].__cause__, GeventTimeout)

    @pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
    @pytest.mark.parametrize("adapter", [bare_wsgi, flask, django_wsgi], ids=lambda adapter: adapter.__name__)
    def test_the_end_of_the_program_is_answered_first(
        self, adapter: Any, application: Application, caplog: pytest.LogCaptureFixture
    ) -> None:
        pytest.importorskip(adapter.__name__.partition("_")[0].replace("bare", "sys"))
        application.hooks.register_handler("account:created", ends)
        with adapter(application) as client:
            answer = send(client, "account:created")
        assert (answer.status, answer.text) == (500, "handler_failed\n")
        self.is_reported(application, caplog)

    @pytest.mark.parametrize("framework", ["none", "django"])
    def test_the_end_of_the_program_is_answered_first_under_asgi(
        self, framework: str, application: Application, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Without a server, whose thread would end with its loop open."""
        app: Any
        if framework == "django":
            pytest.importorskip("django")
            django_settings()
            from django.core.asgi import get_asgi_application
            from tink_webhooks.django import async_webhook_view

            django_urls(async_webhook_view(application.hooks, **application.options))
            app = get_asgi_application()
        else:
            from tink_webhooks.asgi import WebhookApp

            app = WebhookApp(application.hooks, **application.options)
        application.hooks.register_handler("account:created", ends)
        delivery = signed_delivery("account:created", secret=SECRET)
        headers = [(name.lower().encode(), value.encode()) for name, value in delivery.headers.items()]
        scope = {"type": "http", "method": "POST", "path": "/webhooks/tink", "headers": headers, "query_string": b""}
        sent: list[Any] = []

        async def main() -> None:
            messages = [{"type": "http.request", "body": delivery.body}]

            async def receive() -> Any:
                return messages.pop() if messages else await asyncio.Event().wait()

            async def send(message: Any) -> None:
                sent.append(message)

            await app(scope, receive, send)

        with pytest.raises(SystemExit, match="enough"):
            asyncio.run(main())
        assert sent[0]["status"] == 500
        assert b"".join(message.get("body", b"") for message in sent) == b"handler_failed\n"
        self.is_reported(application, caplog)

    @staticmethod
    def is_reported(application: Application, caplog: pytest.LogCaptureFixture) -> None:
        assert "SystemExit: enough" in caplog.text
        assert [outcome.outcome for outcome, _ in application.outcomes] == ["failed"]
        assert application.ran == []

    def test_a_synchronous_call(self) -> None:
        ran: list[str] = []
        hooks = WebhookHandler(SECRET)
        hooks.register_handler("*", lambda event: (_ for _ in ()).throw(GeventTimeout()))
        hooks.register_handler("*", lambda event: ran.append(event.name))
        with pytest.raises(HandlerError, match="1 handler") as caught:
            hooks.handle_webhook(*signed_delivery(secret=SECRET))
        assert ran == ["refresh:finished"]
        assert "GeventTimeout, which is no Exception" in str(caught.value.errors[0])

    @pytest.mark.parametrize("ends", [SystemExit, KeyboardInterrupt, GeneratorExit, asyncio.CancelledError])
    def test_the_interpreters_own_go_on(self, ends: type[BaseException]) -> None:
        def raises(event: Event) -> None:
            raise ends

        hooks = WebhookHandler(SECRET)
        hooks.register_handler("*", raises)
        hooks.register_handler("*", lambda event: pytest.fail("it ran"))
        delivery = signed_delivery(secret=SECRET)
        with pytest.raises(ends):
            hooks.handle_webhook(*delivery)
        with pytest.raises(ends):
            asyncio.run(hooks.handle_webhook_async(*delivery))


class TestSecretsThatAreCalledFor:
    def test_at_the_first_verification_and_kept(self) -> None:
        asked: list[int] = []
        hooks = WebhookHandler(lambda: asked.append(1) or [SECRET, "old"])
        hooks.register_handler("*", lambda event: None)
        assert asked == []
        assert hooks.handle_webhook(*signed_delivery(secret="old")).verification.secret_index == 1  # type: ignore[union-attr]
        hooks.verify_signature(*signed_delivery(secret=SECRET))
        assert asked == [1]

    def test_other_options_are_checked_at_once(self) -> None:
        with pytest.raises(InvalidConfigError, match="tolerance"):
            WebhookHandler(lambda: SECRET, tolerance=-1)

    @pytest.mark.parametrize("secret", ["", None, [], " x"])
    def test_it_has_none(self, secret: Any) -> None:
        hooks = WebhookHandler(lambda: secret)
        with pytest.raises(InvalidConfigError) as caught:
            hooks.handle_webhook(*signed_delivery(secret=SECRET))
        assert caught.value.reason == ("invalid_secret" if secret == " x" else "secret_not_configured")

    def test_it_fails_and_is_called_again(self) -> None:
        answers = [OSError("the vault is away"), SECRET]

        def give() -> str:
            answer = answers.pop(0)
            if isinstance(answer, str):
                return answer
            raise answer

        hooks = WebhookHandler(give)
        app = WebhookApp(hooks)
        assert post(app, signed_delivery(secret=SECRET), "/").status == 500
        assert post(app, signed_delivery(secret=SECRET), "/").status == 200

    def test_threads(self) -> None:
        hooks = WebhookHandler(lambda: time.sleep(0.05) or SECRET)
        delivery = signed_delivery(secret=SECRET)
        seen: list[str] = []
        threads = [
            threading.Thread(target=lambda: seen.append(hooks.construct_event(*delivery).name)) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert seen == ["refresh:finished"] * 8

    def test_those_of_pydantic(self) -> None:
        with pytest.raises(TypeError, match="get_secret_value"):
            WebhookHandler(type("SecretStr", (), {"get_secret_value": lambda self: SECRET})())  # type: ignore[arg-type]


class TestFastapiDependency:
    @pytest.mark.parametrize(
        ("event_type", "outcome"),
        [
            ("refresh:finished", ("handled", 200, None, "refresh_finished")),
            ("account:created", ("failed", 500, "handler_failed", "account_created")),
            ("account:updated", ("failed", 500, "handler_failed", "account_updated")),
            ("payment:updated", ("refused", 409, None, "payment_updated")),
            ("test", ("test", 200, "test_webhook", None)),
        ],
    )
    def test_its_outcomes(self, event_type: str, outcome: tuple[Any, ...]) -> None:
        fastapi = pytest.importorskip("fastapi")
        from tink_webhooks.fastapi import verified_event

        hooks = WebhookHandler(SECRET)
        hooks.register_handler("account:updated", Application.fails)
        seen: list[Outcome] = []
        app = fastapi.FastAPI()
        tink_event = verified_event(hooks, on_outcome=lambda outcome, request: seen.append(outcome))

        async def receive(event: Event = fastapi.Depends(tink_event)) -> None:
            if event.name == "account:created":
                raise LookupError("no such account")
            if event.name == "payment:updated":
                raise fastapi.HTTPException(409)
            await hooks.dispatch_async(event)

        app.post("/webhooks/tink")(receive)
        delivery = signed_delivery(event_type, secret=SECRET)
        with servers.asgi(app) as client:
            assert client.send(delivery.body, delivery.headers).status == outcome[1]
            until(lambda: seen)
        assert [(o.outcome, o.status, o.kind, o.event_type) for o in seen] == [outcome]
