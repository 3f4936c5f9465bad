"""What is done around a handler, as steps: asking the store, and pausing.

The rules are here once, for synchronous and asynchronous handlers, which differ in how a step is taken.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from datetime import timedelta
from threading import Lock
from typing import Any, NamedTuple, Union

from tink_webhooks import _native
from tink_webhooks._logging import logger
from tink_webhooks.idempotency._heart import Beat, Held, heart_of
from tink_webhooks.idempotency._store import Claim, Store

KEEP = timedelta(days=7)

#: How long a claim that has to wait pauses before it asks again, in seconds: it grows from the one to the other.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.25


class Ask(NamedTuple):
    """Calls a method of the store."""

    method: str
    arguments: tuple[Any, ...]


class Pause(NamedTuple):
    """Does nothing for so many seconds."""

    seconds: float


Step = Union[Ask, Pause]


class Around:
    """What is done around one handler."""

    def __init__(
        self,
        store: Store,
        scope: str,
        *,
        wait: float | None,
        lease: float,
        max_run: float,
        keep: float,
        max_waiting: int,
        runs_without: bool,
    ) -> None:
        self.store = store
        self.scope = scope
        self.runs_without = runs_without
        self._wait = wait
        self._lease = lease
        self._max_run = max_run
        self._keep = keep
        self._max_waiting = max_waiting
        self._heart = heart_of(store, lease)
        self._waiting = 0
        self._lock = Lock()

    def begin(self, claim: Held) -> Beat:
        """Extends the claim from now on."""
        return self._heart.add(self.scope, claim, self._max_run)

    def claim_at_once(self, key: str, token: str) -> Claim:
        """Asks the store once, which nearly always is all; ``claiming`` goes on from there.

        Raises:
            UnavailableError: The store cannot be asked.
        """
        try:
            return self.store.claim(self.scope, key, token, self._lease)
        except Exception as error:
            raise _native._refusal("store_unavailable") from error

    def claiming(self, key: str, token: str, found: Claim | None = None) -> Generator[Step, Any, Held | None]:
        """Claims; waits for another one, which was found or is found first.

        Returns:
            The claim. If there is none, what the handler does was done before.

        Raises:
            UnavailableError: Another one still runs, or the store cannot be asked.
        """
        until: float | None = None
        pause = _FIRST_PAUSE
        try:
            while True:
                asked = time.monotonic()
                if found is None:
                    found = yield from self._claim(key, token)
                if found.state != "busy":
                    return Held(key, token, asked) if found.state == "claimed" else None
                now = time.monotonic()
                if until is None:
                    # If that one has died its lease ends, and this one takes over. If not it lives on.
                    until = now + (found.seconds + 1 if self._wait is None else self._wait)
                    self._queue()
                if now >= until:
                    raise _native._refusal("in_progress")
                yield Pause(max(0.001, min(pause, until - now, found.seconds + 0.005)))
                pause = min(pause * 1.5, _LONGEST_PAUSE)
                found = None
        finally:
            if until is not None:
                with self._lock:
                    self._waiting -= 1

    def _claim(self, key: str, token: str) -> Generator[Step, Any, Claim]:
        try:
            found: Claim = yield Ask("claim", (self.scope, key, token, self._lease))
        except Exception as error:
            raise _native._refusal("store_unavailable") from error
        return found

    def _queue(self) -> None:
        with self._lock:
            self._waiting += 1
            too_many = self._waiting > self._max_waiting
        if too_many:
            raise _native._refusal(
                "in_progress", "other copies of the event are being handled, and too many wait for them (max_waiting)"
            )

    def commit_at_once(self, beat: Beat) -> bool | Exception:
        """Asks the store once, which nearly always is all; ``committing`` goes on from there."""
        beat.is_committing = True
        try:
            return self.store.commit(self.scope, beat.key, beat.token, self._keep)
        except Exception as error:
            return error

    def committing(self, beat: Beat, answer: bool | Exception | None = None) -> Generator[Step, Any, bool]:
        """Says that the effect was done. Tries again until another one may have claimed.

        Args:
            beat: The claim.
            answer: What the store has answered already.

        Returns:
            Whether the store has it.
        """
        beat.is_committing = True
        until = beat.held_until
        pause = _FIRST_PAUSE
        while True:
            if answer is None:
                try:
                    answer = yield Ask("commit", (self.scope, beat.key, beat.token, self._keep))
                except Exception as error:
                    answer = error
            if not isinstance(answer, Exception):
                if not answer:
                    self._log_lost(beat, "another one has claimed it")
                return bool(answer)
            if time.monotonic() + pause >= until:
                self._log_lost(beat, type(answer).__name__)
                return False
            answer = None
            yield Pause(pause)
            pause = min(pause * 2, 1.0)

    def releasing(self, key: str, token: str) -> Generator[Step, Any, None]:
        """Gives a claim back, at best. If it cannot, the lease ends."""
        try:
            yield Ask("release", (self.scope, key, token))
        except Exception as error:
            logger.warning(
                "tink webhook: the claim of %s was not released, and ends with its lease: %s",
                self.scope,
                type(error).__name__,
            )

    def _log_lost(self, beat: Beat, why: str) -> None:
        logger.error(
            "tink webhook: commit_lost: the handler of %s has run for %s, and the store has no record of it, so "
            "another copy runs it again: %s",
            self.scope,
            beat.key,
            why,
            extra={"reason": "commit_lost", "scope": self.scope, "key": beat.key},
        )
