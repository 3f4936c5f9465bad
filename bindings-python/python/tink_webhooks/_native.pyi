"""The native module. Its classes are public under ``tink_webhooks``."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Generic, Literal, Union

from typing_extensions import Self, TypeAlias, TypeVar, disjoint_base, final

from tink_webhooks._errors import HandlerError, WebhookError

__version__: str

_Body: TypeAlias = Union[bytes, bytearray, memoryview, str]
_Secret: TypeAlias = Union[str, bytes]
_Handler: TypeAlias = Callable[[Event[Any]], Any]

_Data = TypeVar("_Data", covariant=True, default=Any)

@final
class Verification:
    """What is proven about a delivery."""

    @property
    def scheme(self) -> Literal["v1", "body"]:
        """The scheme that matched."""
    @property
    def signed_at(self) -> int | None:
        """The verified ``t``, unix seconds; a bare signature carries none."""
    @property
    def secret_index(self) -> int:
        """Which secret matched, counted from 0: shows when an old one is no longer in use."""
    @property
    def delivery_id(self) -> str | None:
        """The idempotency key, 32 hex digits: Tink sends no other. ``None`` for bare signatures."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Event(Generic[_Data]):
    """One event. ``data``, ``context`` and ``raw`` are made when they are first asked for, and kept.

    It can be pickled, so that it can go through a queue and be dispatched there; it is then as trustworthy as the
    queue. ``Event[RefreshFinished]`` tells a type checker what ``data`` holds (see ``tink_webhooks.types``).
    """

    __match_args__: tuple[Literal["type"], Literal["data"]]
    @property
    def type(self) -> str:
        """The event type in snake_case, ``unknown`` for a name this library does not know."""
    @property
    def name(self) -> str:
        """The exact wire name, such as ``refresh:finished``."""
    @property
    def data(self) -> _Data:
        """``content`` (Events v2) or ``data`` (community); ``{}`` where there is none."""
    @property
    def context(self) -> dict[str, Any] | None:
        """``context``, if it is an object."""
    @property
    def user_id(self) -> str | None:
        """``userId``: a non-empty string from the context, else from the data."""
    @property
    def external_user_id(self) -> str | None:
        """``externalUserId``, found the same way."""
    @property
    def timestamp(self) -> datetime:
        """When it happened, in UTC: the payload's word, else the verified ``t``, else the time of receipt."""
    @property
    def raw(self) -> dict[str, Any]:
        """The whole payload."""
    @property
    def raw_body(self) -> bytes:
        """The bytes that were delivered."""
    @property
    def verification(self) -> Verification | None:
        """What was proven; ``None`` for an event from ``parse_event``."""

@disjoint_base
class WebhookHandler:
    def __new__(
        cls,
        secret: _Secret | Sequence[_Secret] | None = ...,
        *,
        tolerance: float | None = 300,
        schemes: Iterable[str] = ("v1", "body"),
        max_body_bytes: int = 2_097_152,
        clock: Callable[[], float] | None = None,
        float_mode: Literal["float", "decimal"] = "float",
        _deferred: bool = False,
    ) -> Self: ...
    @property
    def max_body_bytes(self) -> int:
        """The cap on a body's size, for receivers that read it from a stream."""
    def handle_webhook(self, body: _Body, signature: str | bytes | None) -> Event:
        """Verifies a delivery, reads it, and runs the handlers registered for it."""
    def construct_event(self, body: _Body, signature: str | bytes | None) -> Event:
        """The same without running handlers."""
    def parse_event(self, body: _Body) -> Event:
        """Reads a body WITHOUT CHECKING ANY SIGNATURE: for bodies that were verified before."""
    def verify_signature(self, body: _Body, signature: str | bytes | None) -> Verification:
        """Checks the signature only; the body need not be JSON."""
    def dispatch(self, event: Event) -> None:
        """Runs the handlers of an event made earlier."""
    def register_handler(self, event_type: str, handler: _Handler, *, allow_unknown: bool = False) -> None:
        """Registers a handler for a snake_case type, a wire name, ``unknown``, or ``*`` for every event."""
    def unregister_handlers(self, event_type: str) -> None:
        """Removes all handlers of a key."""
    def get_handlers(self) -> dict[str, list[_Handler]]:
        """The handlers by key: the snake_case type, a wire name, ``unknown`` or ``*``."""
    def _matching(self, event: Event) -> list[_Handler]: ...

def generate_signature(
    body: _Body, secret: _Secret | None, *, timestamp: float | datetime | None = None, scheme: str = "v1"
) -> str:
    """Makes a header's value, for tests and senders. ``timestamp``: seconds, or an aware datetime; or now."""

def _is_awaitable(result: object) -> bool: ...
def _example_body(event_type: str) -> str | None: ...
def _refusal(reason: str, message: str | None = None) -> WebhookError: ...
def _restore_event(body: bytes, timestamp_millis: int, decimals: bool, verification: Verification | None) -> Event: ...
def _restore_verification(
    scheme: str, signed_at: int | None, secret_index: int, delivery_id: str | None
) -> Verification: ...
def _handlers_failed(event: Event, errors: list[Exception]) -> HandlerError: ...
