"""Whether a handler is a coroutine function. The native module asks at each registration."""

from __future__ import annotations

import functools
import inspect

TYPE_CHECKING = False  # as in _handler.py
if TYPE_CHECKING:
    from typing import Any


def is_coroutine_function(handler: Any) -> bool:
    """Whether calling the handler only makes something to await.

    Raises:
        TypeError: Calling it would only make a generator, which nobody runs.
    """
    function = _function(handler)
    if inspect.iscoroutinefunction(function) or _is_generator_coroutine(function):
        return True
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise TypeError("the handler is a generator function: calling it runs nothing; take the `yield` out of it")
    return False


def _function(handler: Any) -> Any:
    """What is called in the end, below ``functools.partial``, ``staticmethod`` and objects with a ``__call__``."""
    while isinstance(handler, (functools.partial, staticmethod)):
        handler = handler.func if isinstance(handler, functools.partial) else handler.__func__
    if inspect.isroutine(handler) or isinstance(handler, type) or inspect.iscoroutinefunction(handler):
        return handler
    return getattr(handler.__class__, "__call__", handler)  # noqa: B004


def _is_generator_coroutine(function: Any) -> bool:
    """Whether it is decorated with ``types.coroutine``."""
    code = getattr(inspect.unwrap(getattr(function, "__func__", function)), "__code__", None)
    return code is not None and bool(code.co_flags & inspect.CO_ITERABLE_COROUTINE)
