"""Handlers: registering them, and running them for an event."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tink_webhooks import _native
from tink_webhooks._errors import handler_error
from tink_webhooks._native import Event

#: Type checkers take it for true. Importing ``typing`` for it would take longer than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    # The native module imports it when it needs it. PyInstaller and its like find it by this line.
    from tink_webhooks import _coroutines as _coroutines

    H = TypeVar("H", bound=Callable[[Event], Any])
else:
    # For tools that look at annotations at run time. The types for users are in _dispatcher.pyi.
    H = Callable


class Dispatcher(_native.Dispatcher):
    """Runs the handlers of events that were verified elsewhere: for workers, which take events from a queue.

    It has no secret and verifies nothing; a ``WebhookHandler`` is one that also verifies. Make one at start-up and keep
    it; threads may share it. ``Event.deserialize`` makes the events.
    """

    __module__ = "tink_webhooks"

    # These are written in Rust. Named here, tools that make documentation show them as members of this class.
    register_handler = _native.Dispatcher.register_handler
    unregister_handlers = _native.Dispatcher.unregister_handlers
    get_handlers = _native.Dispatcher.get_handlers

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

    def dispatch(self, event: Event) -> None:
        """Runs the handlers of an event that was made earlier. No signature is checked.

        All handlers run, in the order of their registration, even if some of them fail.

        Args:
            event: An event from ``construct_event``, ``parse_event`` or ``Event.deserialize``.

        Raises:
            HandlerError: At least one handler failed.
            InvalidConfigError: A handler of this event is a coroutine function. No handler was run.
        """
        if errors := run(self._matching(event, True), event, refuse):
            raise handler_error(event, errors)

    async def dispatch_async(self, event: Event) -> None:
        """As ``dispatch``, and awaits what handlers return if it is awaitable.

        Cancelling it cancels the handler that runs; the handlers after it are not run.

        Args:
            event: An event from ``construct_event``, ``parse_event`` or ``Event.deserialize``. No signature is checked.

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


def refuse(result: Any) -> None:
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
