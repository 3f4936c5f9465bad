"""From a request to its answer: the part that all web adapters share.

An adapter reads the body (no more than the cap it is given), and turns the ``Answer`` into its framework's response.
"""

from __future__ import annotations

import inspect
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from tink_webhooks import Event, HandlerError, WebhookError, WebhookHandler, _native
from tink_webhooks._default import default
from tink_webhooks._logging import logger
from tink_webhooks._outcome import Outcome
from tink_webhooks._tally import Tally, current
from tink_webhooks._within import within

if TYPE_CHECKING:
    from tink_webhooks._why import Why

#: Called with the error and the framework's request (scope, environ, request object, Lambda event).
OnError = Callable[[WebhookError, Any], Any]

#: Called with the outcome and the framework's request.
OnOutcome = Callable[[Outcome, Any], Any]

#: How long an answer waits for a hook that is a coroutine function, in seconds.
HOOK_TIMEOUT = 3.0


class Answer(NamedTuple):
    """A status, and a fixed text: ``ok`` or the reason, never the message of a handler's exception."""

    status: int
    text: str
    #: What goes on when the answer is sent: a handler has ended the program, or the thread.
    ends: BaseException | None = None

    @property
    def body(self) -> bytes:
        """The text as it is sent."""
        return f"{self.text}\n".encode()

    @property
    def headers(self) -> dict[str, str]:
        """The headers that are sent with it."""
        headers = {
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Length": str(len(self.text) + 1),
            "X-Content-Type-Options": "nosniff",
        }
        if self.status == 405:
            headers["Allow"] = "POST"
        return headers

    def end(self) -> None:
        """Called when the answer is sent."""
        if self.ends is not None:
            raise self.ends


OK = Answer(200, "ok")


class Delivery:
    """A body and its signature. No frame holds them in variables of its own, since error reporters send those."""

    __slots__ = ("_parts",)

    def __init__(self, body: bytes | str, signature: str | bytes | None) -> None:
        self._parts: tuple[bytes | str, str | bytes | None] = body, signature

    def take(self) -> tuple[bytes | str, str | bytes | None]:
        """Gives them away."""
        try:
            return self._parts
        finally:
            del self._parts


class Done(NamedTuple):
    """What came of a delivery."""

    event: Event | None = None
    error: WebhookError | None = None
    ends: BaseException | None = None
    tally: Tally | None = None


class Seen(NamedTuple):
    """A delivery whose event another one handles."""

    event: Event | None
    answer: Answer
    started: float


#: Runs the handlers of a verified event, and awaits them.
Dispatch = Callable[[WebhookHandler, Event], Awaitable[None]]


class Receiver:
    """One handler object, and the hooks that its deliveries are reported to."""

    def __init__(
        self,
        hooks: WebhookHandler | None,
        on_error: OnError | None,
        on_outcome: OnOutcome | None = None,
        *,
        explain_failures: bool = False,
    ) -> None:
        self.hooks = default if hooks is None else hooks
        self._explain_failures = explain_failures
        self._on_error = on_error
        self._on_outcome = on_outcome

    def receive(self, request: object, read: Callable[[int], Delivery], *, post: bool) -> Answer:
        """Answers a request: reads the delivery, which holds no more bytes than the number, and runs its handlers."""
        started = time.perf_counter()
        if not post:
            return self._finish(request, _wrong_method(), started)
        try:
            delivery = read(self._limit())
        except (WebhookError, OSError) as error:
            done = Done(error=_of_reading(error))
        else:
            why = self._why(delivery)
            done = _handled(self.hooks, delivery)
            if why is not None:
                why.log(done.error)
        return self._finish(request, done, started)

    async def receive_async(
        self,
        request: object,
        read: Callable[[int], Awaitable[Delivery]],
        *,
        post: bool,
        dispatch: Dispatch | None = None,
    ) -> Answer:
        """The same; coroutine handlers and coroutine hooks are awaited. ``dispatch`` runs the handlers instead."""
        started = time.perf_counter()
        if not post:
            return await self._finish_async(request, _wrong_method(), started)
        try:
            delivery = await read(self._limit())
        except (WebhookError, OSError) as error:
            done = Done(error=_of_reading(error))
        else:
            why = self._why(delivery)
            done = await _handled_async(self.hooks, delivery, dispatch)
            if why is not None:
                why.log(done.error)
        return await self._finish_async(request, done, started)

    async def verify(self, request: object, read: Callable[[int], Awaitable[Delivery]]) -> Seen:
        """Verifies a delivery and runs no handler. What was refused is reported now, the others by ``ended``."""
        started = time.perf_counter()
        try:
            delivery = await read(self._limit())
        except (WebhookError, OSError) as error:
            done = Done(error=_of_reading(error))
        else:
            why = self._why(delivery)
            done = _constructed(self.hooks, delivery)
            if why is not None:
                why.log(done.error)
        answer = OK if done.error is None else await self._finish_async(request, done, started)
        return Seen(done.event, answer, started)

    async def ended(self, request: object, seen: Seen, error: Exception | None, status: int) -> None:
        """Reports an event whose endpoint has ended. The framework logs what that raised."""
        if self._on_outcome is None:
            return
        known = error if isinstance(error, WebhookError) else None
        if error is not None and known is None and status >= 500:
            known = _native._refusal("handler_failed", f"the endpoint raised {type(error).__name__}")
            known.__cause__ = error
        outcome = _outcome(self.hooks, Done(seen.event, known), time.perf_counter() - seen.started)
        if status < 500:
            outcome = replace(outcome, outcome="refused" if status >= 400 else "handled", status=status)
        await _call_async("on_outcome", self._on_outcome, outcome, request)

    def _why(self, delivery: Delivery) -> Why | None:
        """What may have to be explained; nothing unless it was asked for."""
        if not self._explain_failures:
            return None
        from tink_webhooks._why import Why

        return Why(self.hooks, *delivery._parts)

    def _limit(self) -> int:
        """How many bytes of a body may be read. Asked for each request: the secret may not have been there before."""
        try:
            return self.hooks.max_body_bytes
        except WebhookError:
            raise
        except Exception as error:
            raise _own_code_failed(error) from error

    def _finish(self, request: object, done: Done, started: float) -> Answer:
        """Logs what was not handled, calls the hooks, and returns what to answer."""
        outcome = self._report(done, started)
        for name, hook, seen in self._called(outcome):
            result = _call(name, hook, seen, request)
            if inspect.iscoroutine(result):
                result.close()
                logger.error(
                    "tink webhook: %s is a coroutine function, which only the asynchronous adapters await", name
                )
        return _answer(outcome, done)

    async def _finish_async(self, request: object, done: Done, started: float) -> Answer:
        """The same; a hook that is a coroutine function is awaited, for some seconds at most."""
        outcome = self._report(done, started)
        for name, hook, seen in self._called(outcome):
            await _call_async(name, hook, seen, request)
        return _answer(outcome, done)

    def _report(self, done: Done, started: float) -> Outcome:
        outcome = _outcome(self.hooks, done, time.perf_counter() - started)
        if outcome.error is not None and outcome.status != 405:
            _log(outcome, outcome.error)
        return outcome

    def _called(self, outcome: Outcome) -> list[tuple[str, Callable[[Any, Any], Any], object]]:
        """The hooks to call, and with what."""
        called: list[tuple[str, Callable[[Any, Any], Any], object]] = []
        if self._on_error is not None and outcome.error is not None:
            called.append(("on_error", self._on_error, outcome.error))
        if self._on_outcome is not None:
            called.append(("on_outcome", self._on_outcome, outcome))
        return called


def _handled(hooks: WebhookHandler, delivery: Delivery) -> Done:
    tally = Tally()
    outer = current.set(tally)
    try:
        return Done(hooks.handle_webhook(*delivery.take()), tally=tally)
    except BaseException as error:
        return _failed(error)._replace(tally=tally)
    finally:
        current.reset(outer)


async def _handled_async(hooks: WebhookHandler, delivery: Delivery, dispatch: Dispatch | None) -> Done:
    tally = Tally()
    outer = current.set(tally)
    try:
        if dispatch is None:
            return Done(await hooks.handle_webhook_async(*delivery.take()), tally=tally)
        event = hooks.construct_event(*delivery.take())
        await dispatch(hooks, event)
        return Done(event, tally=tally)
    except BaseException as error:
        done = _failed(error)
        if done.ends is not None and not isinstance(error, (SystemExit, KeyboardInterrupt)):
            raise  # a cancelled task awaits no answer
        return done._replace(tally=tally)
    finally:
        current.reset(outer)


def _constructed(hooks: WebhookHandler, delivery: Delivery) -> Done:
    try:
        return Done(hooks.construct_event(*delivery.take()))
    except Exception as error:
        return _failed(error)


def _failed(error: BaseException) -> Done:
    """What a delivery came to that ended with an exception."""
    if isinstance(error, HandlerError):
        return Done(error.event, error)
    if isinstance(error, WebhookError):
        return Done(error=error.with_traceback(None))
    if isinstance(error, Exception):
        return Done(error=_own_code_failed(error))
    ended = _native._refusal("handler_failed", f"a handler has ended the thread or the program: {type(error).__name__}")
    ended.__cause__ = error
    return Done(error=ended, ends=error)


def _own_code_failed(error: Exception) -> WebhookError:
    """The error for what the application's clock, or the callable that gives its secret, raised."""
    made = _native._refusal("invalid_option", f"the clock, or what gives the secret, raised {type(error).__name__}")
    made.__cause__ = error
    return made


def _of_reading(error: WebhookError | OSError) -> WebhookError:
    """The library's error for a body that could not be read. Tink delivers again after its 408."""
    made = error
    if not isinstance(made, WebhookError):
        # The text of the adapters' own error; a server's may name the client.
        made = _native._refusal("unreadable_body", str(error) if type(error) is ConnectionError else None)
        made.__cause__ = error
    # The frames hold pieces of the body, and say nothing about why the client left.
    below: BaseException | None = made
    while below is not None:
        below.__traceback__ = None
        below = below.__cause__ or below.__context__
    return made


def _outcome(hooks: WebhookHandler, done: Done, duration: float) -> Outcome:
    event, error = done.event, done.error
    name, status, age = "handled", 200, None
    tally = done.tally
    if error is not None:
        status, age = error.http_status, error.age
        name = _NAMES.get(error.reason) or ("failed" if status >= 500 else "refused")
    elif tally is not None and tally.skipped and event is not None:
        name = "duplicate" if tally.skipped >= len(hooks._matching(event, False)) else name
    proven = None if event is None else event.verification
    if proven is not None and proven.signed_at is not None:
        age = hooks._now() - proven.signed_at
    return Outcome(
        outcome=name,
        status=status,
        kind=None if error is None else error.kind,
        reason=None if error is None else error.reason,
        event_type=None if event is None else event.type,
        secret_index=None if proven is None else proven.secret_index,
        age=age,
        duration=duration,
        error=error,
        commit_lost=tally is not None and tally.commit_lost,
    )


#: By reason.
_NAMES = {"test_webhook": "test", "in_progress": "in_progress"}


def _log(outcome: Outcome, error: WebhookError) -> None:
    level = logging.INFO
    if outcome.status >= 500 and outcome.outcome != "in_progress":
        level = logging.ERROR
    elif outcome.status >= 400:
        level = logging.WARNING
    fields = {
        "kind": outcome.kind,
        "reason": outcome.reason,
        "status": outcome.status,
        "age": outcome.age,
        "event": outcome.event_type,
    }
    # What the application's own code raised is shown with its place.
    trace = error if level == logging.ERROR and (error.__cause__ or isinstance(error, HandlerError)) else None
    text = "tink webhook: %s (%d): %s"
    logger.log(level, text, outcome.reason, outcome.status, error, exc_info=trace, extra=fields)
    if isinstance(error, HandlerError) and not hasattr(error, "exceptions"):
        # Before Python 3.11 the trace shows the first one alone.
        for another in error.errors[1:]:
            logger.log(level, "tink webhook: another handler failed", exc_info=another, extra=fields)


def _call(name: str, hook: Callable[[Any, Any], Any], seen: object, request: object) -> object:
    try:
        return hook(seen, request)
    except Exception:
        logger.exception("tink webhook: the %s hook failed", name)
        return None


async def _call_async(name: str, hook: Callable[[Any, Any], Any], seen: object, request: object) -> None:
    result = _call(name, hook, seen, request)
    if not inspect.isawaitable(result):
        return
    try:
        await within(HOOK_TIMEOUT, result)
    except TimeoutError:
        logger.error(
            "tink webhook: the %s hook has not ended after %g s: the delivery is answered without it",
            name,
            HOOK_TIMEOUT,
        )
    except Exception:
        logger.exception("tink webhook: the %s hook failed", name)


def _answer(outcome: Outcome, done: Done) -> Answer:
    return Answer(outcome.status, outcome.reason or OK.text, done.ends)


def _wrong_method() -> Done:
    return Done(error=_native._refusal("method_not_allowed"))


def body_too_large() -> WebhookError:
    """The error for a body over the cap, of which no more was read."""
    return _native._refusal("body_too_large")


def announces_body(length: int | None, transfer_encoding: str | bytes | None, signature: object) -> bool:
    """Whether a request says that it has a body. If it is empty all the same, another layer has read it.

    A chunked body may be empty, but nobody signs an empty delivery.
    """
    return bool(length or (length is None and transfer_encoding and signature))


def already_read(instead: str) -> WebhookError:
    """The error for a body that another layer has read or parsed, so that its bytes are gone."""
    return _native._refusal(
        "invalid_option",
        f"the body of the request was read before this receiver could, so its bytes cannot be verified: {instead}",
    )


def declared_length(value: str | bytes | None) -> int | None:
    """``Content-Length`` as a number; ``None`` where it is missing or no number."""
    try:
        length = int(value or "")
    except ValueError:
        return None
    return length if length >= 0 else None
