"""Tests for a ``Store`` of yours.

For example, with pytest::

    from tink_webhooks.idempotency.conformance import StoreTests

    class TestMyStore(StoreTests):
        @pytest.fixture
        def store(self):
            return MyStore(...)

Without pytest: ``check(MyStore(...))``. It takes some seconds, since leases must end.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from tink_webhooks.idempotency._store import AsyncStore, Claim, Store

__all__ = ["StoreTests", "check", "check_async"]

#: The lease of these tests, in seconds. A shorter one ends by itself on a busy machine.
LEASE = 1.0
#: How long done records are kept.
KEEP = 60.0
#: How many ask at once.
CROWD = 16


class StoreTests:
    """What ``once`` relies on. Each test takes a store, which may hold records of earlier tests."""

    def test_it_has_the_methods_of_a_store(self, store: Store) -> None:
        """So that ``once`` takes it."""
        one: Any = store
        _expect(isinstance(one, Store), "it has claim, commit, release and extend")

    def test_one_claims_and_the_other_is_told_how_long(self, store: Store) -> None:
        """The second one waits no longer than the lease."""
        key = _new()
        _expect(store.claim("s", key, "a", LEASE) == Claim("claimed"), "the first one claims")
        found = store.claim("s", key, "b", LEASE)
        _expect(found.state == "busy", "the second one does not")
        _expect(0 < found.seconds <= LEASE + 0.001, f"it is told how long the lease runs, not {found.seconds}")

    def test_what_was_committed_is_done(self, store: Store) -> None:
        """For everybody, and for good."""
        key = _new()
        store.claim("s", key, "a", LEASE)
        _expect(store.commit("s", key, "a", KEEP) is True, "the holder commits")
        for token in ("a", "b"):
            _expect(store.claim("s", key, token, LEASE).state == "done", "what is committed is done")
            _expect(store.release("s", key, token) is False, "what is done is not released")
            _expect(store.extend("s", key, token, LEASE) is False, "what is done has no lease")
        _expect(store.commit("s", key, "a", KEEP) is True, "committing again, after an answer that was lost, is well")
        _expect(store.commit("s", key, "b", KEEP) is False, "another one cannot commit it")
        _expect(store.claim("s", key, "c", LEASE).state == "done", "it stays done")

    def test_claiming_again_with_the_same_token(self, store: Store) -> None:
        """A client that got no answer asks again."""
        key = _new()
        store.claim("s", key, "a", LEASE)
        _expect(store.claim("s", key, "a", LEASE).state == "claimed", "the same token claims again")
        _expect(store.claim("s", key, "b", LEASE).state == "busy", "and holds it")

    def test_nobody_else_commits_releases_or_extends(self, store: Store) -> None:
        """Only the token that holds it; where nothing is held nobody releases or extends."""
        key = _new()
        for held in (False, True):
            if held:
                store.claim("s", key, "a", LEASE)
                _expect(store.commit("s", key, "b", KEEP) is False, "another token does not commit")
            _expect(store.release("s", key, "b") is False, "another token does not release")
            _expect(store.extend("s", key, "b", LEASE) is False, "another token does not extend")
        _expect(store.claim("s", key, "c", LEASE).state == "busy", "the holder still holds it")

    def test_what_was_released_is_free(self, store: Store) -> None:
        """At once."""
        key = _new()
        store.claim("s", key, "a", LEASE)
        _expect(store.release("s", key, "a") is True, "the holder releases")
        _expect(store.release("s", key, "a") is False, "it is released once")
        _expect(store.claim("s", key, "b", LEASE).state == "claimed", "what was released is free")
        _expect(store.commit("s", key, "a", KEEP) is False, "the one that released has no claim")

    def test_what_was_forgotten_is_done_once_it_is_committed(self, store: Store) -> None:
        """A store that fails over loses claims, whose handlers go on."""
        key = _new()
        _expect(store.extend("s", key, "a", LEASE) is False, "what is not there is not extended")
        _expect(store.commit("s", key, "a", KEEP) is True, "nobody else has claimed it, and the effect was done")
        _expect(store.claim("s", key, "b", LEASE).state == "done", "what is committed is done")
        _expect(store.commit("s", key, "b", KEEP) is False, "another one cannot commit it")

    def test_a_lease_ends_and_the_stolen_token_can_do_nothing(self, store: Store) -> None:
        """Neither while the thief runs nor afterwards."""
        key = _new()
        store.claim("s", key, "a", LEASE)
        time.sleep(LEASE + 0.1)
        _expect(store.claim("s", key, "b", LEASE).state == "claimed", "after the lease another one claims")
        _expect(store.extend("s", key, "a", LEASE) is False, "a stolen token does not extend")
        _expect(store.commit("s", key, "a", KEEP) is False, "a stolen token does not commit")
        _expect(store.release("s", key, "a") is False, "a stolen token does not release")
        _expect(store.claim("s", key, "a", LEASE).state == "busy", "a stolen token does not claim")
        _expect(store.commit("s", key, "b", KEEP) is True, "the thief commits")

    def test_a_slow_holder_that_nobody_overtook_commits(self, store: Store) -> None:
        """Its effect was done, and once."""
        key = _new()
        store.claim("s", key, "a", LEASE)
        time.sleep(LEASE + 0.1)
        _expect(store.commit("s", key, "a", KEEP) is True, "nobody else has claimed it")
        _expect(store.claim("s", key, "b", LEASE).state == "done", "so it is done")

    def test_extending_keeps_it(self, store: Store) -> None:
        """From the moment of asking."""
        key = _new()
        store.claim("s", key, "a", LEASE)
        for _ in range(3):
            time.sleep(LEASE * 0.6)
            _expect(store.extend("s", key, "a", LEASE) is True, "the holder extends")
            _expect(store.claim("s", key, "b", LEASE).state == "busy", "so it holds")

    def test_scopes_and_keys_are_apart(self, store: Store) -> None:
        """Whatever characters a scope has."""
        key = _new()
        for scope in ("s", "s:t", "s:", "buchen-müller 'x' %s $1"):
            _expect(store.claim(scope, key, scope, LEASE).state == "claimed", f"the scope {scope!r} is free")
        _expect(store.commit("s:t", key, "s:t", KEEP) is True, "one of them commits")
        _expect(store.claim("s", key, "b", LEASE).state == "busy", "the others do not")
        _expect(store.claim("s", _new(), "b", LEASE).state == "claimed", "another key is free")

    def test_of_a_crowd_one_claims(self, store: Store) -> None:
        """Of a record that is new, and of one whose lease has ended."""
        key = _new()
        for round_ in ("new", "ended"):
            found = _crowd(store, key, round_)
            _expect(found == {"claimed": 1, "busy": CROWD - 1}, f"one of them claims, and not {dict(found)}")
            time.sleep(LEASE + 0.1)


def check(store: Store) -> None:
    """Runs every test of ``StoreTests``.

    Args:
        store: The store.

    Raises:
        AssertionError: A test has failed.
    """
    tests = StoreTests()
    for name in dir(tests):
        if name.startswith("test_"):
            getattr(tests, name)(store)


async def check_async(store: AsyncStore) -> None:
    """Tests the asynchronous methods of a store.

    Args:
        store: The store, of this event loop.

    Raises:
        AssertionError: A test has failed.
    """
    key = _new()
    _expect((await store.claim_async("s", key, "a", LEASE)).state == "claimed", "the first one claims")
    found = await store.claim_async("s", key, "b", LEASE)
    _expect(found.state == "busy" and 0 < found.seconds <= LEASE + 0.001, "the second one is told how long")
    _expect(await store.release_async("s", key, "b") is False, "another token does not release")
    _expect(await store.commit_async("s", key, "b", KEEP) is False, "another token does not commit")
    _expect(await store.release_async("s", key, "a") is True, "the holder releases")
    _expect((await store.claim_async("s", key, "b", LEASE)).state == "claimed", "what was released is free")
    _expect(await store.commit_async("s", key, "b", KEEP) is True, "the holder commits")
    _expect((await store.claim_async("s", key, "a", LEASE)).state == "done", "what is committed is done")


def _crowd(store: Store, key: str, names: str) -> Counter[str]:
    barrier = Barrier(CROWD)

    def claim(number: int) -> str:
        barrier.wait()
        return store.claim("s", key, f"{names}-{number}", LEASE).state

    with ThreadPoolExecutor(CROWD) as threads:
        return Counter(threads.map(claim, range(CROWD)))


def _new() -> str:
    return secrets.token_hex(16)


def _expect(holds: bool, what: str) -> None:
    if not holds:
        raise AssertionError(f"of a store: {what}")
