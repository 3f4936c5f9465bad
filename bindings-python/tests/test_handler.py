"""The handler object: arguments, events, dispatch. The shared vectors test what all bindings have in common."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import time
import weakref
from datetime import datetime, timezone
from decimal import Decimal
from unittest.mock import patch

import pytest
import tink_webhooks
from tink_webhooks import (
    Event,
    HandlerError,
    InvalidConfigError,
    InvalidPayloadError,
    InvalidSignatureError,
    WebhookError,
    WebhookHandler,
    generate_signature,
)
from tink_webhooks.testing import signed_delivery

SECRET = "67abc1e08fb64c92b450a13e0876330b"
BODY = (
    b'{"event":"refresh:finished","context":{"userId":"hunter2"},"content":{"amount":23.00,"big":12345678901234567890}}'
)


@pytest.fixture
def hooks() -> WebhookHandler:
    return WebhookHandler(SECRET)


def signed(body: bytes | str = BODY) -> str:
    return generate_signature(body, SECRET)


class TestSecret:
    def test_left_out_is_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TINK_WEBHOOK_SECRET", f" new\n{SECRET} ")
        assert WebhookHandler().verify_signature(BODY, signed()).secret_index == 1

    @pytest.mark.parametrize("secret", [None, "", b"", [], ()])
    def test_given_but_nothing_is_never_the_environment(self, monkeypatch: pytest.MonkeyPatch, secret: object) -> None:
        monkeypatch.setenv("TINK_WEBHOOK_SECRET", SECRET)
        with pytest.raises(InvalidConfigError) as raised:
            WebhookHandler(secret)
        assert raised.value.reason == "secret_not_configured"

    def test_nothing_at_all(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("TINK_WEBHOOK_SECRET", raising=False)
        with pytest.raises(InvalidConfigError, match="TINK_WEBHOOK_SECRET"):
            WebhookHandler()

    @pytest.mark.parametrize("secret", [SECRET.encode(), [SECRET], ("other", SECRET.encode())])
    def test_bytes_and_sequences(self, secret: object) -> None:
        WebhookHandler(secret).verify_signature(BODY, signed())

    @pytest.mark.parametrize("secret", [1, object(), {"a": 1}, [None], ["a", 1], bytearray(b"a")])
    def test_anything_else_is_a_type_error(self, secret: object) -> None:
        with pytest.raises((TypeError, InvalidConfigError)):
            WebhookHandler(secret)

    @pytest.mark.parametrize("secret", [bytearray(b"ab"), memoryview(b"ab"), memoryview(b"abcd").cast("c")])
    def test_a_buffer_is_not_a_list_of_secrets(self, secret: object) -> None:
        with pytest.raises(TypeError, match="secret must be str, bytes"):
            WebhookHandler(secret)
        with pytest.raises(TypeError, match="schemes must be"):
            WebhookHandler(SECRET, schemes=secret)

    def test_a_lone_surrogate_has_no_bytes(self) -> None:
        with pytest.raises(InvalidConfigError) as raised:
            WebhookHandler("\ud800")
        assert raised.value.reason == "invalid_secret"


class TestOptions:
    @pytest.mark.parametrize(
        ("options", "reason"),
        [
            ({"tolerance": -1}, "invalid_tolerance"),
            ({"tolerance": float("nan")}, "invalid_tolerance"),
            ({"tolerance": 10**400}, "invalid_tolerance"),
            ({"tolerance": Decimal("sNaN")}, "invalid_tolerance"),
            ({"schemes": "v1"}, "invalid_option"),
            ({"schemes": []}, "invalid_option"),
            ({"schemes": ["v1", "\ud800"]}, "invalid_option"),
            ({"max_body_bytes": 0}, "invalid_option"),
            ({"max_body_bytes": -1}, "invalid_option"),
            ({"max_body_bytes": 10**30}, "invalid_option"),
            ({"float_mode": "double"}, "invalid_option"),
        ],
    )
    def test_values(self, options: dict[str, object], reason: str) -> None:
        with pytest.raises(InvalidConfigError) as raised:
            WebhookHandler(SECRET, **options)
        assert raised.value.reason == reason

    @pytest.mark.parametrize(
        "options",
        [
            {"tolerance": "300"},
            {"schemes": None},
            {"schemes": [1]},
            {"max_body_bytes": 1.5},
            {"max_body_bytes": None},
            {"clock": 1},
            {"float_mode": None},
            {"tolerence": 1},
        ],
    )
    def test_types(self, options: dict[str, object]) -> None:
        with pytest.raises(TypeError):
            WebhookHandler(SECRET, **options)

    def test_a_clock_that_raises_passes_through(self) -> None:
        hooks = WebhookHandler(SECRET, clock=lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            hooks.verify_signature(BODY, signed())
        with pytest.raises(InvalidSignatureError):
            hooks.verify_signature(b"other", signed())

    @pytest.mark.parametrize("value", [None, "now", float("nan"), 10**400, datetime.now(timezone.utc)])
    def test_a_clock_that_tells_no_time(self, value: object) -> None:
        hooks = WebhookHandler(SECRET, clock=lambda: value)
        with pytest.raises(InvalidConfigError) as raised:
            hooks.verify_signature(BODY, signed())
        assert raised.value.reason == "invalid_option"

    def test_a_clock_is_called_without_the_gil_too(self) -> None:
        body = b'{"event":"a:b"}' + b" " * 100_000
        hooks = WebhookHandler(SECRET, clock=lambda: 1_700_000_000.25)
        header = generate_signature(body, SECRET, timestamp=1_700_000_000)
        assert hooks.construct_event(body, header).timestamp == datetime.fromtimestamp(1_700_000_000, timezone.utc)
        assert hooks.parse_event(body).timestamp.microsecond == 250_000


class TestBody:
    @pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, bytes.decode])
    def test_bytes_and_text(self, hooks: WebhookHandler, kind: type) -> None:
        event = hooks.construct_event(kind(BODY), signed())
        assert event.raw_body == BODY
        assert type(event.raw_body) is bytes

    def test_bytes_are_not_copied(self, hooks: WebhookHandler) -> None:
        assert hooks.construct_event(BODY, signed()).raw_body is BODY

    def test_a_buffer_that_changes_later_changes_nothing(self, hooks: WebhookHandler) -> None:
        body = bytearray(BODY)
        event = hooks.construct_event(body, signed())
        body[:] = b"x" * len(body)
        assert event.data["amount"] == 23

    @pytest.mark.parametrize("body", [{"event": "a:b"}, None, 1, object(), [1]])
    def test_a_parsed_body_is_a_type_error_that_says_what_to_pass(self, hooks: WebhookHandler, body: object) -> None:
        with pytest.raises(TypeError, match=r"await request\.body\(\).*request\.get_data\(\).*request\.body"):
            hooks.handle_webhook(body, signed())

    def test_a_released_memoryview(self, hooks: WebhookHandler) -> None:
        view = memoryview(BODY)
        view.release()
        with pytest.raises(TypeError):
            hooks.parse_event(view)

    def test_text_without_bytes(self, hooks: WebhookHandler) -> None:
        with pytest.raises(InvalidPayloadError) as raised:
            hooks.parse_event('{"event":"\ud800"}')
        assert raised.value.reason == "invalid_utf8"


class TestSignature:
    @pytest.mark.parametrize("header", ["é", "\ud800", "t=1,v1=\udcff", b"\xff"])
    def test_not_ascii(self, hooks: WebhookHandler, header: str | bytes) -> None:
        with pytest.raises(InvalidSignatureError) as raised:
            hooks.verify_signature(BODY, header)
        assert raised.value.reason == "malformed_signature"

    def test_bytes(self, hooks: WebhookHandler) -> None:
        assert hooks.verify_signature(BODY, signed().encode()).scheme == "v1"

    @pytest.mark.parametrize("header", [1, ["t=1"], {}])
    def test_anything_else_is_a_type_error(self, hooks: WebhookHandler, header: object) -> None:
        with pytest.raises(TypeError, match="X-Tink-Signature"):
            hooks.verify_signature(BODY, header)


class TestEvent:
    def test_objects_are_made_once(self, hooks: WebhookHandler) -> None:
        event = hooks.construct_event(BODY, signed())
        assert event.data is event.data
        assert event.context is event.context
        assert event.raw is event.raw
        assert event.raw["content"] == event.data == {"amount": 23.0, "big": 12345678901234567890}

    def test_decimals(self) -> None:
        event = WebhookHandler(SECRET, float_mode="decimal").parse_event(BODY)
        assert str(event.data["amount"]) == "23.00"
        assert isinstance(event.data["amount"], Decimal)

    @pytest.mark.parametrize(
        "number",
        ["0e1000000000000000000", "1e-2000000000000000000", "-1e-99999999999999999999999", "0.0e-9999999999999999999"],
    )
    def test_decimals_beyond_the_exponents_of_decimal_are_zero(self, number: str) -> None:
        body = f'{{"event":"a:b","content":{{"far":{number},"amount":23.00,"text":"\\u00e4"}}}}'
        event = WebhookHandler(SECRET, float_mode="decimal").construct_event(body, signed(body))
        assert event.data == {"far": Decimal(0), "amount": Decimal("23.00"), "text": "ä"}
        assert str(event.data["amount"]) == "23.00"
        assert event.raw["content"] == event.data
        assert WebhookHandler(SECRET).construct_event(body, signed(body)).data["far"] == 0

    def test_it_is_frozen(self, hooks: WebhookHandler) -> None:
        event = hooks.parse_event(BODY)
        with pytest.raises(AttributeError):
            event.name = "other"  # type: ignore[misc]

    def test_match(self, hooks: WebhookHandler) -> None:
        assert Event.__match_args__ == ("type", "data")
        assert hooks.parse_event(BODY).type == "refresh_finished"

    def test_output_shows_neither_payload_nor_secret(self, hooks: WebhookHandler) -> None:
        event = hooks.construct_event(BODY, signed())
        shown = f"{event!r} {event} {event.verification!r} {hooks!r}"
        assert "refresh:finished" in shown
        assert "hunter2" not in shown
        assert SECRET not in shown
        assert signed()[-64:] not in shown

    def test_timestamps_of_all_years(self, hooks: WebhookHandler) -> None:
        for text in [
            "0001-01-01T00:00:00+00:00",
            "1969-12-31T23:59:59.999000+00:00",
            "9999-12-31T23:59:59.999000+00:00",
        ]:
            event = hooks.parse_event(f'{{"event":"a:b","timestamp":"{text}"}}')
            assert event.timestamp.isoformat() == text
            assert event.timestamp.tzinfo is timezone.utc

    def test_verification(self, hooks: WebhookHandler) -> None:
        header = signed()
        verification = hooks.verify_signature(BODY, header)
        assert verification == hooks.verify_signature(BODY, header)
        assert hash(verification) == hash(hooks.verify_signature(BODY, header))
        assert header.endswith(verification.delivery_id + header[-32:])
        assert hooks.parse_event(BODY).verification is None


class TestHandlers:
    def test_on_returns_the_function(self, hooks: WebhookHandler) -> None:
        def handler(event: Event) -> None: ...

        assert hooks.on("refresh:finished", "account_updated")(handler) is handler
        assert hooks.get_handlers() == {"refresh_finished": [handler], "account_updated": [handler]}

    @pytest.mark.parametrize("used", [lambda hooks: hooks.on(lambda event: None), lambda hooks: hooks.on()])
    def test_on_without_event_types(self, hooks: WebhookHandler, used: object) -> None:
        with pytest.raises(TypeError, match="refresh:finished"):
            used(hooks)

    def test_the_same_is_what_compares_equal(self, hooks: WebhookHandler) -> None:
        class Handler:
            def method(self, event: Event) -> None: ...

        one = Handler()
        hooks.register_handler("*", one.method)
        hooks.register_handler("*", one.method)
        hooks.register_handler("*", Handler().method)
        assert len(hooks.get_handlers()["*"]) == 2

    def test_a_comparison_that_raises_passes_through(self, hooks: WebhookHandler) -> None:
        class Odd:
            def __call__(self, event: Event) -> None: ...

            def __eq__(self, other: object) -> bool:
                raise ZeroDivisionError

            __hash__ = object.__hash__

        hooks.register_handler("*", Odd())
        with pytest.raises(ZeroDivisionError):
            hooks.register_handler("*", Odd())

    def test_not_callable(self, hooks: WebhookHandler) -> None:
        with pytest.raises(TypeError, match="callable"):
            hooks.register_handler("*", "handler")

    def test_a_typo(self, hooks: WebhookHandler) -> None:
        with pytest.raises(InvalidConfigError, match="did you mean") as raised:
            hooks.on("refresh:finnished")(print)
        assert raised.value.hint == 'did you mean "refresh:finished"?'

    def test_failures(self, hooks: WebhookHandler) -> None:
        ran: list[str] = []

        @hooks.on("*")
        def first(event: Event) -> None:
            ran.append("first")
            raise ValueError("one")

        @hooks.on("*")
        def second(event: Event) -> None:
            ran.append("second")

        @hooks.on("*")
        def third(event: Event) -> None:
            raise KeyError("two")

        with pytest.raises(HandlerError) as raised:
            hooks.handle_webhook(BODY, signed())
        error = raised.value
        assert ran == ["first", "second"]
        assert [str(each) for each in error.errors] == ["one", "'two'"]
        assert error.event.name == "refresh:finished"
        assert (error.kind, error.reason, error.http_status) == ("handler_failed", "handler_failed", 500)
        assert isinstance(error, WebhookError)
        assert error.errors[0].__traceback__ is not None

    @pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit, GeneratorExit])
    def test_interrupts_pass_at_once(self, hooks: WebhookHandler, interrupt: type[BaseException]) -> None:
        def stop(event: Event) -> None:
            raise interrupt

        hooks.register_handler("*", stop)
        hooks.register_handler("*", lambda event: pytest.fail("ran"))
        with pytest.raises(interrupt):
            hooks.handle_webhook(BODY, signed())

    def test_a_dispatch_runs_what_it_began_with(self, hooks: WebhookHandler) -> None:
        ran: list[str] = []

        def first(event: Event) -> None:
            ran.append("first")
            hooks.unregister_handlers("*")
            hooks.register_handler("*", lambda event: ran.append("late"))

        hooks.register_handler("*", first)
        hooks.register_handler("*", lambda event: ran.append("second"))
        event = hooks.handle_webhook(BODY, signed())
        assert ran == ["first", "second"]
        hooks.dispatch(event)
        assert ran == ["first", "second", "late"]

    def test_dispatch_takes_events_only(self, hooks: WebhookHandler) -> None:
        with pytest.raises(TypeError):
            hooks.dispatch({"event": "a:b"})


class TestThreads:
    def test_registering_while_others_dispatch(self, hooks: WebhookHandler) -> None:
        event, stop, failures = hooks.parse_event(BODY), threading.Event(), []

        def dispatch() -> None:
            try:
                while not stop.is_set():
                    hooks.dispatch(event)
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=dispatch) for _ in range(3)]
        for thread in threads:
            thread.start()
        ran: list[int] = []
        for number in range(200):
            hooks.register_handler("refresh_finished", lambda event, number=number: ran.append(number))
            hooks.register_handler("*", print_nothing)
            hooks.unregister_handlers("*")
        stop.set()
        for thread in threads:
            thread.join()
        ran.clear()
        hooks.dispatch(event)
        assert not failures
        assert ran == list(range(200))


def print_nothing(event: Event) -> None: ...


class TestGarbage:
    def test_handlers_that_close_over_their_object_are_collected(self) -> None:
        kept = []
        for _ in range(1000):
            hooks = WebhookHandler(SECRET)
            hooks.register_handler("*", lambda event, hooks=hooks: hooks)
            kept.append(weakref.ref(hooks))
        del hooks
        gc.collect()
        assert not any(reference() for reference in kept)

    def test_so_are_clocks(self) -> None:
        class Holder:
            def now(self) -> float:
                return 0.0

        holder = Holder()
        holder.hooks = WebhookHandler(SECRET, clock=holder.now)
        reference = weakref.ref(holder)
        del holder
        gc.collect()
        assert reference() is None


class TestDefault:
    @pytest.fixture(autouse=True)
    def _clean(self) -> None:
        tink_webhooks.unregister_handlers("*")

    def test_it_needs_its_secret_at_the_first_verification(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ran: list[str] = []

        @tink_webhooks.on("*")
        def handler(event: Event) -> None:
            ran.append(event.name)

        assert tink_webhooks.get_handlers() == {"*": [handler]}
        monkeypatch.delenv("TINK_WEBHOOK_SECRET", raising=False)
        with pytest.raises(InvalidConfigError, match="TINK_WEBHOOK_SECRET"):
            tink_webhooks.handle_webhook(BODY, signed())
        monkeypatch.setenv("TINK_WEBHOOK_SECRET", SECRET)
        tink_webhooks.handle_webhook(BODY, signed())
        assert ran == ["refresh:finished"]

    def test_verify_signature(self) -> None:
        assert tink_webhooks.verify_signature(BODY, signed(), SECRET).scheme == "v1"
        with pytest.raises(InvalidConfigError):
            tink_webhooks.verify_signature(BODY, signed(), None)
        with pytest.raises(InvalidSignatureError):
            tink_webhooks.verify_signature(BODY, signed(), [SECRET], schemes=["body"])


class TestSign:
    def test_times(self) -> None:
        moment = datetime(2026, 1, 5, 8, 6, 45, 999_999, tzinfo=timezone.utc)
        expected = generate_signature(BODY, SECRET, timestamp=1767600405)
        assert generate_signature(BODY, SECRET, timestamp=moment) == expected
        assert generate_signature(BODY, SECRET, timestamp=1767600405.9) == expected

    def test_a_naive_datetime_is_ambiguous(self) -> None:
        with pytest.raises(TypeError, match="time zone"):
            generate_signature(BODY, SECRET, timestamp=datetime(2026, 1, 5))

    @pytest.mark.parametrize("timestamp", [float("nan"), float("inf"), -1, 10**30, 1e300])
    def test_times_nobody_signs(self, timestamp: float) -> None:
        with pytest.raises(InvalidConfigError) as raised:
            generate_signature(BODY, SECRET, timestamp=timestamp)
        assert raised.value.reason == "invalid_option"

    @pytest.mark.parametrize("timestamp", ["now", object(), []])
    def test_no_times(self, timestamp: object) -> None:
        with pytest.raises(TypeError):
            generate_signature(BODY, SECRET, timestamp=timestamp)


class TestSubclasses:
    def test_they_have_arguments_of_their_own(self) -> None:
        class Hooks(WebhookHandler):
            def __init__(self, database: str, *, secret: str) -> None:
                self.database = database
                super().__init__(secret, schemes=["v1"])

        hooks = Hooks("shop.db", secret=SECRET)
        assert hooks.construct_event(*signed_delivery(secret=SECRET)).type == "refresh_finished"
        assert hooks.database == "shop.db"

    def test_they_call_the_constructor(self) -> None:
        class Hooks(WebhookHandler):
            def __init__(self) -> None:
                self.register_handler("*", print)

        with pytest.raises(InvalidConfigError, match=r"super\(\)\.__init__\(\)"):
            Hooks().handle_webhook(b"{}", None)

    def test_options_are_given_once(self) -> None:
        hooks = WebhookHandler(SECRET)
        with pytest.raises(InvalidConfigError, match="the options are in use"):
            hooks.__init__("another")  # type: ignore[misc]


class TestTheDefaultHandler:
    PROGRAM = """
import os, tink_webhooks as tink
from tink_webhooks.testing import signed_delivery

ran = []
tink.on("*")(lambda event: ran.append(event.name))
tink.configure(schemes=["v1"])
os.environ["TINK_WEBHOOK_SECRET"] = "s3cret"
delivery = signed_delivery(secret="s3cret")
event = tink.construct_event(*delivery)
tink.dispatch(event)
tink.dispatch(tink.parse_event(delivery.body))
tink.handle_webhook(*delivery)
bare = tink.generate_signature(delivery.body, "s3cret", scheme="body")
for call in (lambda: tink.handle_webhook(delivery.body, bare), lambda: tink.configure(tolerance=1)):
    try:
        call()
    except tink.WebhookError as error:
        print(error.reason)
print(ran)
"""

    def test_it_has_the_functions_of_an_object(self) -> None:
        command = [sys.executable, "-c", self.PROGRAM]
        environment = {name: value for name, value in os.environ.items() if name != "TINK_WEBHOOK_SECRET"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        assert done.stderr == ""
        assert done.stdout.splitlines() == [
            "scheme_not_allowed",
            "invalid_option",
            "['refresh:finished', 'refresh:finished', 'refresh:finished']",
        ]


def test_signatures_are_made_by_the_clock_that_tests_move() -> None:
    """freezegun replaces ``time.time``; a default clock of another kind would call such a delivery old."""
    hooks = WebhookHandler(SECRET, clock=lambda: time.time())
    with patch("time.time", return_value=1_600_000_000.5):
        proven = hooks.verify_signature(b"{}", generate_signature(b"{}", SECRET))
    assert proven.signed_at == 1_600_000_000
