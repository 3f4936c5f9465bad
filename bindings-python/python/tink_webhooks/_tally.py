"""What ``once`` tells the adapter whose delivery it is: registry and dispatch know nothing of it."""

from __future__ import annotations

from contextvars import ContextVar


class Tally:
    """What came of the handlers of one delivery."""

    __slots__ = ("commit_lost", "skipped")

    def __init__(self) -> None:
        #: How many were not run, because what they do was done before.
        self.skipped = 0
        #: Whether one has run, and the store has no record of it.
        self.commit_lost = False


current: ContextVar[Tally | None] = ContextVar("tink_webhooks_tally", default=None)
