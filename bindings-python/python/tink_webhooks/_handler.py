"""The handler object."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tink_webhooks import _native
from tink_webhooks._errors import HandlerError
from tink_webhooks._native import Event, Verification

#: Type checkers take it for true. Importing ``typing`` for it would take longer than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal, TypeVar

    # The native module imports these when it needs them. PyInstaller and its like find them by these lines.
    from tink_webhooks import _coroutines as _coroutines
    from tink_webhooks import _decimal_json as _decimal_json
    from tink_webhooks import _logging as _logging

    H = TypeVar("H", bound=Callable[[Event], Any])
    FloatMode = Literal["float", "decimal"]
else:
    # For tools that look at annotations at run time. The types for users are in _handler.pyi.
    H, FloatMode = Callable, str


class _FromEnvironment:
    """The default of ``secret``, as signatures show it."""

    def __repr__(self) -> str:
        return "<TINK_WEBHOOK_SECRET>"


FROM_ENVIRONMENT = _FromEnvironment()


class WebhookHandler(_native.WebhookHandler):
    """Verifies, parses and dispatches deliveries. Make one at start-up and keep it; threads may share it.

    Args:
        secret: One secret (``str`` or ``bytes``), a list of them, or a callable that returns either: it is called at
            the first verification, for programs that are imported where there is no secret. Left out:
            ``TINK_WEBHOOK_SECRET``, which may hold several, separated by white space. ``None`` or empty is an error,
            never "skip the check".
        tolerance: How many seconds a signature may be old, or ahead. ``None`` switches the window off.
        schemes: The schemes to accept. If you receive Events v2 only, pass ``["v1"]``: a bare signature carries no
            time, so it can be replayed for ever.
        max_body_bytes: The largest body that is accepted, in bytes.
        clock: Returns seconds since the epoch, like ``time.time``; for tests. Its exceptions pass through.
        float_mode: ``"decimal"`` makes numbers with a fraction ``decimal.Decimal`` in ``data``, ``context``, ``raw``.

    Raises:
        InvalidConfigError: There is no secret, or an option is not usable.
        TypeError: An option is of another type.
    """

    __module__ = "tink_webhooks"

    # No frame of this package holds a body, a signature or a secret when an exception leaves it, or while a handler
    # runs: error reporters send the local variables of frames.

    def __init__(  # pyright: ignore[reportInconsistentConstructor]
        self,
        secret: str
        | bytes
        | Sequence[str | bytes]
        | Callable[[], str | bytes | Sequence[str | bytes]]
        | _FromEnvironment
        | None = FROM_ENVIRONMENT,
        *,
        tolerance: float | None = 300,
        schemes: Iterable[str] = ("v1", "body"),
        max_body_bytes: int = 2_097_152,
        clock: Callable[[], float] | None = None,
        float_mode: FloatMode = "float",
    ) -> None:
        """Sets the options; the class says what they are. A subclass calls it before its first verification."""
        try:
            self._configure(
                *(() if secret is FROM_ENVIRONMENT else (secret,)),
                tolerance=tolerance,
                schemes=schemes,
                max_body_bytes=max_body_bytes,
                clock=clock,
                float_mode=float_mode,
            )
        finally:
            del secret

    # These are written in Rust. Named here, tools that make documentation show them as members of this class.
    max_body_bytes = _native.WebhookHandler.max_body_bytes  # pyright: ignore[reportIncompatibleMethodOverride]
    construct_event = _native.WebhookHandler.construct_event
    parse_event = _native.WebhookHandler.parse_event
    verify_signature = _native.WebhookHandler.verify_signature
    register_handler = _native.WebhookHandler.register_handler
    unregister_handlers = _native.WebhookHandler.unregister_handlers
    get_handlers = _native.WebhookHandler.get_handlers

    def on(self, *event_types: str, allow_unknown: bool = False) -> Callable[[H], H]:
        """Decorates a handler: registers it for each of the event types, and returns it unchanged.

        Args:
            event_types: Keys as ``register_handler`` takes them, such as ``"refresh:finished"``.
            allow_unknown: Accept a name that is most likely a typo.

        Raises:
            InvalidConfigError: ``unknown_event_type``: a name is most likely a typo.
            TypeError: Not called with event types, as in ``@hooks.on`` without parentheses.
        """
        first: object = event_types[0] if event_types else None
        if not isinstance(first, str):
            raise TypeError('use it with the types of events, as in @hooks.on("refresh:finished")')

        def register(handler: H) -> H:
            for event_type in event_types:
                self.register_handler(event_type, handler, allow_unknown=allow_unknown)
            return handler

        return register

    def handle_webhook(self, body: bytes | bytearray | memoryview | str, signature: str | bytes | None) -> Event:
        """Verifies a delivery, reads it, and runs the handlers registered for its event.

        All handlers run, in the order of their registration, even if some of them fail.

        Args:
            body: The raw body as it was received: ``bytes``, ``bytearray``, ``memoryview``, or its text.
            signature: The value of the ``X-Tink-Signature`` header, ``str`` or ``bytes``; ``None`` where it is missing.

        Returns:
            The event, after all handlers have returned.

        Raises:
            InvalidSignatureError: The delivery is not shown to come from Tink, or its time is out of the window.
            InvalidPayloadError: The body is too large, or it is authentic but no event.
            TestWebhookError: It is the authentic test ping. No handler was run.
            HandlerError: At least one handler failed.
            InvalidConfigError: A handler of this event is a coroutine function, or the clock or secret is not usable.
            TypeError: The body or the signature is of another type, such as a payload that was parsed before.
        """
        try:
            event = self.construct_event(body, signature)
        finally:
            del body, signature
        if errors := run(self._matching(event, True), event, _refuse):
            raise handler_error(event, errors)
        return event

    def dispatch(self, event: Event) -> None:
        """Runs the handlers of an event that was made earlier. No signature is checked.

        All handlers run, in the order of their registration, even if some of them fail.

        Args:
            event: An event from ``construct_event``, ``parse_event``, or a pickle.

        Raises:
            HandlerError: At least one handler failed.
            InvalidConfigError: A handler of this event is a coroutine function. No handler was run.
        """
        if errors := run(self._matching(event, True), event, _refuse):
            raise handler_error(event, errors)

    async def handle_webhook_async(
        self, body: bytes | bytearray | memoryview | str, signature: str | bytes | None
    ) -> Event:
        """As ``handle_webhook``, and awaits what handlers return if it is awaitable.

        The handlers run one after another, in the order of their registration. Handlers that are not coroutine
        functions are called in the event loop, so they must not block it.

        Args:
            body: The raw body as it was received: ``bytes``, ``bytearray``, ``memoryview``, or its text.
            signature: The value of the ``X-Tink-Signature`` header, ``str`` or ``bytes``; ``None`` where it is missing.

        Returns:
            The event, after all handlers have ended.

        Raises:
            InvalidSignatureError: The delivery is not shown to come from Tink, or its time is out of the window.
            InvalidPayloadError: The body is too large, or it is authentic but no event.
            TestWebhookError: It is the authentic test ping. No handler was run.
            HandlerError: At least one handler failed.
            InvalidConfigError: The clock or the secret is not usable.
            TypeError: The body or the signature is of another type, such as a payload that was parsed before.
        """
        try:
            event = self.construct_event(body, signature)
        finally:
            del body, signature
        await self.dispatch_async(event)
        return event

    async def dispatch_async(self, event: Event) -> None:
        """As ``dispatch``, and awaits what handlers return if it is awaitable.

        Cancelling it cancels the handler that runs; the handlers after it are not run.

        Args:
            event: An event from ``construct_event``, ``parse_event``, or a pickle. No signature is checked.

        Raises:
            HandlerError: At least one handler failed.
        """
        if errors := await run_async(self._matching(event, False), event):
            raise handler_error(event, errors)


#: Most of what handlers return. To ask the native module would take as long as the handler's call.
_NEVER_AWAITED = frozenset((bool, bytes, dict, float, int, list, str, tuple))


def run(handlers: Iterable[Callable[[Event], Any]], event: Event, awaited: Callable[[Any], object]) -> list[Exception]:
    """Calls handlers one after another, gives ``awaited`` what they return to be awaited, and returns what failed."""
    errors: list[Exception] = []
    for handler in handlers:
        try:
            result = handler(event)
            if result is not None:
                if type(result) not in _NEVER_AWAITED and _native._is_awaitable(result):
                    awaited(result)
                result = None
        except BaseException as error:
            if not _is_failure(error):
                raise
            errors.append(_as_exception(error))
    return errors


async def run_async(handlers: Iterable[Callable[[Event], Any]], event: Event) -> list[Exception]:
    """As ``run``, and awaits what is returned to be awaited."""
    errors: list[Exception] = []
    for handler in handlers:
        try:
            result = handler(event)
            if result is not None:
                if type(result) not in _NEVER_AWAITED and _native._is_awaitable(result):
                    await result
                result = None
        except BaseException as error:
            if not _is_failure(error):
                raise
            errors.append(_as_exception(error))
    return errors


def handler_error(event: Event, errors: list[Exception]) -> HandlerError:
    """The errors of handlers as one."""
    return HandlerError(_native._handlers_failed(len(errors)), errors, event)


def _refuse(result: Any) -> None:
    """A synchronous call cannot await: a handler that returned an awaitable has failed, and the awaitable is closed."""
    end = getattr(result, "close", None) or getattr(result, "cancel", None)
    if end is not None:
        end()
    raise RuntimeError(
        "the handler returned an awaitable in a synchronous call: use handle_webhook_async or dispatch_async"
    )


#: They end a program, a task or a thread, whoever runs in it: the interpreter's own, and those of its event loops.
_ENDS = (SystemExit, KeyboardInterrupt, GeneratorExit)
_ENDS_BY_NAME = {("asyncio", "CancelledError"), ("trio", "Cancelled"), ("greenlet", "GreenletExit")}


def _is_failure(error: BaseException) -> bool:
    """Whether an exception says that the handler failed, so that the others still run."""
    return isinstance(error, Exception) or not (
        isinstance(error, _ENDS)
        or any((base.__module__.partition(".")[0], base.__name__) in _ENDS_BY_NAME for base in type(error).__mro__)
    )


def _as_exception(error: BaseException) -> Exception:
    """The handler's exception, or one that has it as its cause: groups of exceptions take no ``BaseException``."""
    if isinstance(error, Exception):
        return error
    made = RuntimeError(f"the handler raised {type(error).__qualname__}, which is no Exception")
    made.__cause__ = error
    return made


def verify_signature(
    body: bytes | bytearray | memoryview | str,
    signature: str | bytes | None,
    secret: str | bytes | Sequence[str | bytes] | None,
    *,
    tolerance: float | None = 300,
    schemes: Iterable[str] = ("v1", "body"),
    max_body_bytes: int = 2_097_152,
    clock: Callable[[], float] | None = None,
) -> Verification:
    """Checks one signature, without a handler object. The body need not be JSON.

    A handler object prepares its secrets once, so its ``verify_signature`` is several times faster.

    Args:
        body: The raw body as it was received: ``bytes``, ``bytearray``, ``memoryview``, or its text.
        signature: The value of the ``X-Tink-Signature`` header, ``str`` or ``bytes``; ``None`` where it is missing.
        secret: One secret (``str`` or ``bytes``), or a list of them.
        tolerance: How many seconds a signature may be old, or ahead. ``None`` switches the window off.
        schemes: The schemes to accept, of ``v1`` and ``body``.
        max_body_bytes: The largest body that is accepted, in bytes.
        clock: Returns seconds since the epoch, like ``time.time``; for tests. Its exceptions pass through.

    Returns:
        What was proven.

    Raises:
        InvalidSignatureError: The delivery is not shown to come from Tink, or its time is out of the window.
        InvalidPayloadError: The body is too large.
        InvalidConfigError: The secret or an option is not usable.
        TypeError: An argument is of another type.
    """
    try:
        hooks = _native.WebhookHandler()
        hooks._configure(secret, tolerance=tolerance, schemes=schemes, max_body_bytes=max_body_bytes, clock=clock)
        return hooks.verify_signature(body, signature)
    finally:
        del body, signature, secret
