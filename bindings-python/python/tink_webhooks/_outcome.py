"""What came of a delivery, for metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Union

if TYPE_CHECKING:
    from typing_extensions import TypeAlias

from tink_webhooks._error_kinds import WebhookError

#: Later versions may have more of them.
OutcomeName: TypeAlias = Union[Literal["handled", "duplicate", "in_progress", "test", "refused", "failed"], str]


@dataclass(frozen=True)
class Outcome:
    """What came of one request to a web adapter. It holds neither the payload nor the signature.

    Attributes:
        outcome: ``handled`` (the handlers ran, or there were none for the event), ``duplicate`` (``once`` skipped every
            handler, since what it does was done before; 200), ``in_progress`` (another copy is being handled; 503),
            ``test`` (Tink's test ping), ``refused`` (no authentic or readable delivery; a 4xx), ``failed`` (a handler
            failed, or the receiver or a store is not usable; a 5xx). Later versions may have more.
        status: The HTTP status of the answer.
        kind: The ``kind`` of the error; ``None`` for ``handled`` and ``duplicate``.
        reason: The ``reason`` of the error; ``None`` for ``handled`` and ``duplicate``.
        event_type: The event's ``type``, ``unknown`` for a name that this version does not know; ``None`` where there
            is no event.
        secret_index: The position of the secret that matched; ``None`` where there is no event.
        age: Seconds from signing to receipt; ``None`` for bare signatures, and where it is not known.
        duration: Seconds from the first look at the request to the answer, reading and handlers included.
        error: The error, as ``on_error`` has it; ``None`` for ``handled`` and ``duplicate``.
        commit_lost: A handler under ``once`` has run, and its store has no record of it: another copy of the event runs
            it again.
    """

    outcome: OutcomeName
    status: int
    kind: str | None
    reason: str | None
    event_type: str | None
    secret_index: int | None
    age: int | None
    duration: float
    error: WebhookError | None
    commit_lost: bool = False
