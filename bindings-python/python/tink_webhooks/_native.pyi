"""The native module. Its classes are public under ``tink_webhooks``."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Generic, Literal, Union

from typing_extensions import Self, TypeAlias, TypeVar, disjoint_base, final

from tink_webhooks._error_kinds import WebhookError

__version__: str

_Body: TypeAlias = Union[bytes, bytearray, memoryview, str]
_Secret: TypeAlias = Union[str, bytes]
_Secrets: TypeAlias = Union[_Secret, Sequence[_Secret]]
_Handler: TypeAlias = Callable[[Event[Any]], Any]

_Data = TypeVar("_Data", covariant=True, default=Any)

@final
class Verification:
    """What is proven about a delivery.

    Immutable, hashable, and comparable with ``==``. It can be pickled.
    """

    @property
    def scheme(self) -> Literal["v1", "body"]:
        """The signature scheme that matched: ``v1`` (time and body are signed) or ``body`` (only the body is)."""
    @property
    def signed_at(self) -> int | None:
        """When it was signed: the verified ``t`` of the header, in Unix seconds. ``None`` for scheme ``body``."""
    @property
    def secret_index(self) -> int:
        """The position of the secret that matched in the list of secrets, counted from 0.

        During a rotation it shows which secret the deliveries are signed with.
        """
    @property
    def delivery_id(self) -> str | None:
        """Names one signed delivery, for logs: the first 32 hex digits of its signature. ``None`` for scheme ``body``.

        It does not recognise the same event: a second delivery of an event can be signed anew.
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Event(Generic[_Data]):
    """One event. The handler object makes it from the body of a delivery.

    ``serialize`` makes a text of it, to be dispatched by another process, in any language of this library; it can be
    pickled too. It is then as trustworthy as the way it took.
    ``Event[RefreshFinished]`` tells a type checker what ``data`` holds (see ``tink_webhooks.types``), and
    ``match`` statements take it apart by ``type`` and ``data``.
    """

    __match_args__: tuple[Literal["type"], Literal["data"]]
    @property
    def type(self) -> str:
        """The type in snake_case, such as ``refresh_finished``; ``unknown`` for a name this library does not know."""
    @property
    def name(self) -> str:
        """The event's name exactly as Tink sends it, such as ``refresh:finished``."""
    @property
    def data(self) -> _Data:
        """The payload's ``content`` (Events v2) or ``data`` (community events); ``{}`` where there is none.

        Usually a ``dict``. It is made from the body at the first access and then kept, so changes to it stay.
        Numbers with a fraction are ``float``, or ``decimal.Decimal`` with ``float_mode="decimal"``.
        """
    @property
    def context(self) -> dict[str, Any] | None:
        """The payload's ``context`` as a ``dict``; ``None`` where it is missing or no object.

        It is made from the body at the first access and then kept.
        """
    @property
    def user_id(self) -> str | None:
        """``userId`` from the context, else from the data: a non-empty ``str``, or ``None``."""
    @property
    def external_user_id(self) -> str | None:
        """``externalUserId`` from the context, else from the data: a non-empty ``str``, or ``None``."""
    @property
    def timestamp(self) -> datetime:
        """When it happened: an aware ``datetime`` in UTC.

        It is the time that the payload states, else the time of the signature, else the time of receipt.
        """
    @property
    def raw(self) -> dict[str, Any]:
        """The whole payload as a ``dict``. It is made from the body at the first access and then kept."""
    @property
    def raw_body(self) -> bytes:
        """The body exactly as it was delivered. ``bytes`` that were passed in are kept; other types are copied."""
    @property
    def verification(self) -> Verification | None:
        """What was proven about the delivery; ``None`` for an event from ``parse_event``."""
    @property
    def idempotency_key(self) -> str | None:
        """What names the occurrence that the event is about: 32 hex digits, or ``None``.

        It is the same for a copy, for a retry whatever its time of signing, and under every secret, as long as Tink
        sends the same bytes: what an effect is done once under. ``None`` for events whose content names no occurrence:
        signals, which say "go and look" and of which two true ones can have equal bytes, the events of the community
        envelope, names that this library does not know, and where a field that names the occurrence is missing or
        empty (docs/events.md lists the fields). Handle those each time they come. It is computed at each access.
        """
    def serialize(self) -> str:
        """The event as one JSON text, for a queue: its body, its timestamp and its verification, with a version.

        It is the same text in every language of this library, each of which reads it. It holds the payload, and no
        secret.

        Returns:
            The text, for ``Event.deserialize``.
        """
    @staticmethod
    def deserialize(
        text: str | bytes | bytearray | memoryview, *, float_mode: Literal["float", "decimal"] = "float"
    ) -> Event:
        """Makes an event from the text that ``serialize`` gave, in Python or in another language of this library.

        CHECKS NO SIGNATURE: the event is as trustworthy as the queue. Type, timestamp and verification are as they
        were.

        Args:
            text: The text, as ``str``, ``bytes``, ``bytearray`` or ``memoryview``.
            float_mode: ``"decimal"`` makes numbers with a fraction ``decimal.Decimal``.

        Returns:
            The event, for ``dispatch``.

        Raises:
            InvalidConfigError: ``invalid_option``: it is another text.
            InvalidPayloadError: The text is not UTF-8 or is too large, or its body is no event.
            TestWebhookError: Its body is the test ping.
            TypeError: It is neither text nor bytes.
        """

@disjoint_base
class Dispatcher:
    """The part of ``tink_webhooks.Dispatcher`` that is not written in Python."""

    def __new__(cls, *args: object, **options: object) -> Self: ...
    def register_handler(self, event_type: str, handler: _Handler, *, allow_unknown: bool = False) -> None:
        """Registers a handler. Registering it again for the same key changes nothing.

        Args:
            event_type: A wire name (``refresh:finished``) or a snake_case type (``refresh_finished``); ``unknown`` for
                events this library does not know; ``*`` for every event.
            handler: Called with the ``Event``. Coroutine functions need ``handle_webhook_async`` or ``dispatch_async``.
            allow_unknown: Accept a name that is most likely a typo.

        Raises:
            InvalidConfigError: ``unknown_event_type``: the name is most likely a typo.
            TypeError: The handler is not callable, or it is a generator function.
        """
    def unregister_handlers(self, event_type: str) -> None:
        """Removes all handlers of a key. A key without handlers is no error.

        Args:
            event_type: The key, in any form that ``register_handler`` takes.

        Raises:
            InvalidConfigError: ``unknown_event_type``: it is no key.
        """
    def get_handlers(self) -> dict[str, list[_Handler]]:
        """The handlers by key: the snake_case type, a wire name, ``unknown`` or ``*``.

        Returns:
            A new ``dict`` of new lists; changing it does not change the registrations.
        """
    def _matching(self, event: Event, sync: bool) -> list[_Handler]: ...

@disjoint_base
class WebhookHandler(Dispatcher):
    """The part of ``tink_webhooks.WebhookHandler`` that is not written in Python."""

    def __new__(cls, *args: object, **options: object) -> Self: ...
    def _configure(
        self,
        secret: object = ...,
        *,
        tolerance: float | None = ...,
        schemes: Iterable[str] = ...,
        max_body_bytes: int = ...,
        clock: Callable[[], float] | None = None,
        float_mode: Literal["float", "decimal"] = ...,
        late: bool = False,
    ) -> None: ...
    @property
    def max_body_bytes(self) -> int:
        """The largest body that is accepted, in bytes. A receiver that reads a body from a stream can stop there.

        Raises:
            InvalidConfigError: On the default handler: ``TINK_WEBHOOK_SECRET`` is not set or not usable.
        """
    def construct_event(self, body: _Body, signature: str | bytes | None) -> Event:
        """Verifies a delivery and reads it, without running handlers.

        Args:
            body: The raw body as it was received: ``bytes``, ``bytearray``, ``memoryview``, or its text.
            signature: The value of the ``X-Tink-Signature`` header, ``str`` or ``bytes``; ``None`` where it is missing.

        Returns:
            The event. ``dispatch`` runs its handlers, now or later, here or in another process.

        Raises:
            InvalidSignatureError: The delivery is not shown to come from Tink, or its time is out of the window.
            InvalidPayloadError: The body is too large, or it is authentic but no event.
            TestWebhookError: It is the authentic test ping.
            InvalidConfigError: The clock or the secret is not usable.
            TypeError: The body or the signature is of another type, such as a payload that was parsed before.
        """
    def parse_event(self, body: _Body) -> Event:
        """Reads a body WITHOUT CHECKING ANY SIGNATURE: only for bodies that were verified before.

        Args:
            body: The raw body as it was received: ``bytes``, ``bytearray``, ``memoryview``, or its text.

        Returns:
            The event; its ``verification`` is ``None``.

        Raises:
            InvalidPayloadError: The body is too large, or no event.
            TestWebhookError: It is the test ping.
            InvalidConfigError: The clock or the secret is not usable.
            TypeError: The body is of another type, such as a payload that was parsed before.
        """
    def verify_signature(self, body: _Body, signature: str | bytes | None) -> Verification:
        """Checks the signature only. The body need not be JSON.

        Args:
            body: The raw body as it was received: ``bytes``, ``bytearray``, ``memoryview``, or its text.
            signature: The value of the ``X-Tink-Signature`` header, ``str`` or ``bytes``; ``None`` where it is missing.

        Returns:
            What was proven.

        Raises:
            InvalidSignatureError: The delivery is not shown to come from Tink, or its time is out of the window.
            InvalidPayloadError: The body is too large.
            InvalidConfigError: The clock or the secret is not usable.
            TypeError: The body or the signature is of another type, such as a payload that was parsed before.
        """
    def _explain(
        self, body: _Body, signature: str | bytes | None
    ) -> tuple[tuple[str, ...], bool, str, str, str, int | None, bytes | None]: ...
    def _now(self) -> int: ...

def generate_signature(
    body: _Body, secret: _Secret | None, *, timestamp: float | datetime | None = None, scheme: str = "v1"
) -> str:
    """Makes the value of an ``X-Tink-Signature`` header, for tests and for senders.

    Args:
        body: The body that is sent: ``bytes``, ``bytearray``, ``memoryview``, or its text, which is sent as UTF-8.
        secret: The secret as ``str`` or ``bytes``.
        timestamp: When it is signed: seconds since the epoch (a fraction is dropped) or an aware ``datetime``; now
            where left out. Scheme ``body`` does not use it.
        scheme: ``v1`` (the time and the body are signed) or ``body`` (the body alone).

    Returns:
        The value of the header.

    Raises:
        InvalidConfigError: The secret, the time or the scheme is not usable.
        InvalidPayloadError: The text cannot be encoded: it holds a lone surrogate.
        TypeError: An argument is of another type, or the ``datetime`` has no time zone.
    """

def _explain(
    body: _Body, signature: str | bytes | None, secrets: list[bytes], now: float | datetime | None
) -> tuple[tuple[str, ...], bool, str, str, str, int | None, bytes | None]: ...
def _may_explain(seconds: float) -> bool: ...
def _is_awaitable(result: object) -> bool: ...
def _example_body(event_type: str) -> str | None: ...
def _refusal(reason: str, message: str | None = None) -> WebhookError: ...
def _deserialize_event(text: str | bytes | bytearray | memoryview, decimals: bool) -> Event: ...
def _restore_event(body: bytes, timestamp_millis: int, decimals: bool, verification: Verification | None) -> Event: ...
def _restore_verification(
    scheme: str, signed_at: int | None, secret_index: int, delivery_id: str | None
) -> Verification: ...
def _dispatch_failed(reasons: Sequence[str | None]) -> tuple[str, str, str, int]: ...
