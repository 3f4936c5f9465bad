"""What a store is."""

from __future__ import annotations

from typing import Literal, NamedTuple, Protocol, runtime_checkable


class Claim(NamedTuple):
    """A store's answer to a claim.

    Attributes:
        state: ``claimed`` (by the token that asked), ``done`` (committed before), or ``busy`` (another token holds it).
        seconds: For ``busy``: how long the other one's lease still runs, if it is not extended.
    """

    state: Literal["claimed", "done", "busy"]
    seconds: float = 0.0


CLAIMED = Claim("claimed")
DONE = Claim("done")


def claim_of(answer: int) -> Claim:
    """The answer of the Lua and SQL texts: 0, -1, or milliseconds."""
    return CLAIMED if answer == 0 else DONE if answer < 0 else Claim("busy", answer / 1000)


def classes(one: object) -> list[tuple[str, str]]:
    """Module and name of the class of a client, and of those that it inherits from: its package is not imported."""
    return [(base.__module__, base.__qualname__) for base in one.__class__.__mro__]


@runtime_checkable
class Store(Protocol):
    """Where ``once`` keeps its records. ``tink_webhooks.idempotency.conformance`` tests a class of yours.

    A record has a state (claimed or done), the token of its holder, and a time. Each method is one atomic step inside
    the store: it decides by the record as it is, and by the store's own clock, whatever other processes do meanwhile.
    Methods are called from several threads at once. One that cannot tell raises any ``Exception``.
    """

    def claim(self, scope: str, key: str, token: str, lease: float) -> Claim:
        """Claims a record that is not there, or whose lease has ended.

        Claiming again with the same token extends the lease.

        Args:
            scope: What is done once, such as ``book-payment``.
            key: The event's idempotency key.
            token: Names the claim: new for each try.
            lease: How long it holds, in seconds, if it is not extended.
        """
        ...

    def commit(self, scope: str, key: str, token: str, keep: float) -> bool:
        """Marks a record as done, and keeps it for so many seconds.

        A token whose lease has ended still commits, unless another one has claimed the record. So does one whose claim
        the store has forgotten: the effect was done. Committing again with the same token gives ``True`` again.

        Returns:
            Whether the record is done now; ``False`` where another token has it.
        """
        ...

    def release(self, scope: str, key: str, token: str) -> bool:
        """Removes a claim, so that the next one need not wait for the end of its lease.

        Returns:
            Whether the token held it, and it was not done.
        """
        ...

    def extend(self, scope: str, key: str, token: str, lease: float) -> bool:
        """Extends a lease: it ends so many seconds from now. Called from a thread of this package.

        It must not wait for what handlers use: it needs a connection of its own.

        Returns:
            Whether the token held it, and it was not done.
        """
        ...


@runtime_checkable
class AsyncStore(Store, Protocol):
    """A store that asynchronous handlers await.

    A store without these methods is asked in a thread then.
    """

    async def claim_async(self, scope: str, key: str, token: str, lease: float) -> Claim:
        """As ``claim``."""
        ...

    async def commit_async(self, scope: str, key: str, token: str, keep: float) -> bool:
        """As ``commit``."""
        ...

    async def release_async(self, scope: str, key: str, token: str) -> bool:
        """As ``release``."""
        ...
