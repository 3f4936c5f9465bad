"""Extends the leases of handlers that run, from a thread that no handler can keep busy."""

from __future__ import annotations

import time
from threading import Lock, Thread
from typing import NamedTuple
from weakref import WeakValueDictionary

from tink_webhooks._logging import logger
from tink_webhooks.idempotency._fork import renew
from tink_webhooks.idempotency._store import Store

#: How many beats a lease has.
_BEATS = 10
#: After so many beats for nobody the thread ends. The next handler starts another.
_IDLE_BEATS = 30


class Held(NamedTuple):
    """A claim that was made."""

    key: str
    token: str
    #: When the store was asked for it.
    asked: float


class Beat:
    """One handler's claim, while it runs."""

    __slots__ = ("ends", "heart", "held_until", "is_committing", "key", "scope", "token")

    def __init__(self, heart: Heart, scope: str, claim: Held, max_run: float) -> None:
        self.heart = heart
        self.scope = scope
        self.key = claim.key
        self.token = claim.token
        #: When it is no longer extended, whether or not the handler still runs.
        self.ends = time.monotonic() + max_run
        #: Until when nobody else can have taken it.
        self.held_until = claim.asked + heart.lease
        #: The handler has run, and its commit is being written: what is done has no lease that could be lost.
        self.is_committing = False

    def end(self) -> None:
        """The handler has ended."""
        self.heart.beats.discard(self)


class Heart:
    """Extends the claims of one store that have the same lease."""

    def __init__(self, store: Store, lease: float) -> None:
        self._store = store
        self.lease = lease
        self.beats: set[Beat] = set()
        self._thread: Thread | None = None
        self._lock = Lock()
        renew(self)

    def _after_fork(self) -> None:
        """The thread and the handlers that run are the parent's."""
        self.beats = set()
        self._thread = None
        self._lock = Lock()

    def add(self, scope: str, claim: Held, max_run: float) -> Beat:
        """Extends a claim from now on."""
        beat = Beat(self, scope, claim, max_run)
        with self._lock:
            self.beats.add(beat)
            if self._thread is None:
                try:
                    self._thread = Thread(target=self._run, name="tink-webhooks-leases", daemon=True)
                    self._thread.start()
                except BaseException:
                    self._thread = None
                    self.beats.discard(beat)
                    raise
        return beat

    def _run(self) -> None:
        idle = 0
        while True:
            time.sleep(self.lease / _BEATS)
            # What is added and ended meanwhile is another time's: the set may change under a loop, and not under a
            # copy.
            for beat in self.beats.copy():
                self._extend(beat)
            with self._lock:
                idle = 0 if self.beats else idle + 1
                if idle > _IDLE_BEATS:
                    self._thread = None
                    return

    def _extend(self, beat: Beat) -> None:
        asked = time.monotonic()
        if asked >= beat.ends:
            beat.end()
            logger.warning(
                "tink webhook: the handler of %s runs longer than max_run: its lease is no longer extended", beat.scope
            )
            return
        if beat.held_until - asked > self.lease * (1 - 0.5 / _BEATS):
            return  # claimed just now
        try:
            held = self._store.extend(beat.scope, beat.key, beat.token, self.lease)
        except Exception as error:  # the next beat may reach the store
            logger.warning("tink webhook: the lease of %s was not extended: %s", beat.scope, type(error).__name__)
            return
        if held:
            beat.held_until = asked + self.lease
        elif beat in self.beats and not beat.is_committing:
            beat.end()
            logger.error("tink webhook: the lease of %s was lost while its handler runs", beat.scope)


#: One for each store and lease, as long as a handler has it. The heart keeps its store, so the number is not reused.
_hearts: WeakValueDictionary[tuple[int, float], Heart] = WeakValueDictionary()


def heart_of(store: Store, lease: float) -> Heart:
    """The one that extends such leases of this store."""
    found = _hearts.get((id(store), lease))
    if found is None:
        found = _hearts[id(store), lease] = Heart(store, lease)
    return found
