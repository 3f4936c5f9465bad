"""Every known event has a type that fits its example. Type checkers run in `make lint`."""

from __future__ import annotations

import re
import typing
from pathlib import Path
from typing import Any

import pytest
import tink_webhooks
from test_testing import NAMES
from tink_webhooks import Event, types
from tink_webhooks.testing import example_payload

STUB = (Path(tink_webhooks.__file__).parent / "_dispatcher.pyi").read_text(encoding="utf-8")
TYPE_OF_NAME = {
    name: types.__dict__[found[1]]
    for found in re.finditer(r"^_(\w+)Names: TypeAlias = Literal\[(.*?)\]", STUB, re.MULTILINE | re.DOTALL)
    for name in re.findall(r'"(.*?)"', found[2])
}


def test_every_name_has_a_type_by_both_spellings() -> None:
    assert set(TYPE_OF_NAME) == {*NAMES, *(re.sub("[:.-]", "_", name) for name in NAMES)}
    assert STUB.count("@overload") == 2 * (len(set(map(id, TYPE_OF_NAME.values()))) + 1)


@pytest.mark.parametrize("name", NAMES)
def test_the_example_has_the_documented_fields(name: str) -> None:
    payload = example_payload(name)
    check(payload["content"] if "event" in payload else payload["data"], TYPE_OF_NAME[name], name)


def check(value: Any, expected: Any, where: str) -> None:
    """A small validator: enough for the types of this package."""
    if hasattr(expected, "__total__"):
        assert isinstance(value, dict), where
        hints = typing.get_type_hints(expected, include_extras=True)
        assert not set(value) - set(hints), f"{where}: unknown {set(value) - set(hints)}"
        for key, hint in hints.items():
            # Below Python 3.11 a field that may be missing reads as optional.
            open_field = type(None) in typing.get_args(hint) or "NotRequired" in str(typing.get_origin(hint))
            assert key in value or open_field, f"{where}: {key} is missing"
            if key in value:
                check(value[key], typing.get_args(hint)[0] if "NotRequired" in str(hint) else hint, f"{where}.{key}")
        return None
    origin, arguments = typing.get_origin(expected), typing.get_args(expected)
    if origin is typing.Union:
        for argument in arguments:
            try:
                return check(value, argument, where)
            except AssertionError:
                continue
        raise AssertionError(f"{where}: {value!r} is none of {arguments}")
    if origin is list:
        assert isinstance(value, list), where
        for index, item in enumerate(value):
            check(item, arguments[0], f"{where}[{index}]")
        return None
    if origin is typing.Literal:
        assert value in arguments, where
    elif expected is not Any:
        assert isinstance(value, origin or expected), f"{where}: {value!r} is not {expected}"
    return None


def test_the_validator_refuses() -> None:
    with pytest.raises(AssertionError, match="is missing"):
        check({}, types.RefreshFinished, "x")
    with pytest.raises(AssertionError, match="unknown"):
        check({"id": "1", "other": 1}, types.AccountCreated, "x")
    with pytest.raises(AssertionError):
        check({"id": 1}, types.AccountCreated, "x")


def test_an_event_can_name_its_data() -> None:
    assert Event[types.RefreshFinished].__origin__ is Event
    assert typing.get_args(Event[types.RefreshFinished]) == (types.RefreshFinished,)


def test_pydantic_takes_them() -> None:
    """At every version of Python: before 3.12 it refuses the ``TypedDict`` of ``typing``."""
    pydantic = pytest.importorskip("pydantic")
    example = example_payload("refresh:finished")["content"]
    assert pydantic.TypeAdapter(types.RefreshFinished).validate_python(example) == example
    with pytest.raises(pydantic.ValidationError):
        pydantic.TypeAdapter(types.RefreshFinished).validate_python({"credentialsId": 1})
