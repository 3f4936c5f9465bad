"""Locks, threads and connections do not survive a fork: what holds some is told in the child."""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet


class Renewed(Protocol):
    """What is told."""

    def _after_fork(self) -> None:
        """Forgets what belongs to the parent, without closing it."""
        ...


_renewed: WeakSet[Renewed] = WeakSet()


def renew(one: Renewed) -> None:
    """Has ``_after_fork`` called in every child that is forked from now on."""
    _renewed.add(one)


def _in_child() -> None:
    for one in list(_renewed):
        one._after_fork()


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_in_child)
