"""Every public name has its docstring at run time, and the stubs, which editors read, have the same."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
import typing
from typing import TYPE_CHECKING, Any

import pytest
import stub_docs
import tink_webhooks
from tink_webhooks import WebhookHandler

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULES = ["tink_webhooks", *sorted(f"tink_webhooks.{path.stem}" for path in stub_docs.PACKAGE.glob("[a-z]*.py"))]


def own_members(value: Any) -> Iterator[tuple[str, Any]]:
    """The public members of a class that this package defines, and not a base class of Python."""
    for base in value.__mro__:
        if base.__module__.startswith("tink_webhooks"):
            yield from (item for item in vars(base).items() if not item[0].startswith("_"))


def public_names() -> Iterator[tuple[str, Any]]:
    """Modules, their public functions and classes, and the classes' public members."""
    for name in MODULES:
        module = importlib.import_module(name)
        yield name, module
        for public in module.__all__:
            value = getattr(module, public)
            if value is Any:  # the alias `testing.App`
                continue
            if inspect.isclass(value) or inspect.isroutine(value):
                yield f"{name}.{public}", value
            if inspect.isclass(value):
                fields = getattr(value, "_fields", ())  # of named tuples: documented by the class
                for member, of_class in own_members(value):
                    if member not in fields and (inspect.isroutine(of_class) or inspect.isdatadescriptor(of_class)):
                        yield f"{name}.{public}.{member}", of_class


PUBLIC = dict(public_names())
CALLED = ("__init__", "__new__", "__call__")
ANNOTATED = {name: value for name, value in PUBLIC.items() if inspect.isclass(value) or hasattr(value, "__code__")}
ANNOTATED.update((name, value) for name, value in PUBLIC.items() if inspect.ismethod(value))
ANNOTATED.update(
    (f"{name}.{method}", getattr(value, method))
    for name, value in PUBLIC.items()
    if inspect.isclass(value) and not hasattr(value, "_fields") and not getattr(value, "_is_protocol", False)
    for method in CALLED
    if method in vars(value) and hasattr(getattr(value, method), "__code__")
    if getattr(value, method).__module__ != "typing"  # which gives protocols an `__init__`
)


def test_the_walk_finds_all_kinds() -> None:
    names = ["handle_webhook", "Event.user_id", "WebhookHandler.on", "WebhookHandler.dispatch", "testing.post", "flask"]
    assert {f"tink_webhooks.{name}" for name in names} <= set(PUBLIC)


@pytest.mark.parametrize("name", PUBLIC)
def test_it_has_a_docstring(name: str) -> None:
    text = inspect.getdoc(PUBLIC[name]) or ""
    assert len(text.split()) > 2 or name.startswith("tink_webhooks.types."), text
    assert text
    assert ".pyi" not in text
    assert "Alias for field" not in text


@pytest.mark.parametrize("name", [name for name in PUBLIC if inspect.isclass(PUBLIC[name])])
def test_it_documents_its_attributes(name: str) -> None:
    """Those that have no docstring of their own: of errors and named tuples."""
    value = PUBLIC[name]
    if issubclass(value, (Exception, tuple)):
        for attribute in vars(value).get("__annotations__", ()):
            assert f"    {attribute}: " in (inspect.getdoc(value) or ""), attribute


@pytest.mark.parametrize("stub", stub_docs.STUBS)
def test_the_stub_has_the_same_docstring(stub: str) -> None:
    members = list(stub_docs.members(stub))
    assert len(members) > 3
    assert {member.name: member.stub for member in members} == {member.name: member.runtime for member in members}


def test_the_stubs_name_every_member() -> None:
    stubs = {member.name for stub in stub_docs.STUBS for member in stub_docs.members(stub)}
    inherited = {name.replace("Dispatcher.", "WebhookHandler.") for name in stubs}
    for name in ("Event", "Verification", "Dispatcher", "WebhookHandler"):
        members = {f"{name}.{member}" for member, _ in own_members(getattr(tink_webhooks, name))}
        assert members <= stubs | inherited
        assert len(members) > 3


def test_the_handler_object_names_its_native_members() -> None:
    """So that ``pdoc`` shows them in full, and not as inherited from a private module."""
    native = {name for name in vars(tink_webhooks._native.WebhookHandler) if not name.startswith("_")}
    assert native <= set(vars(WebhookHandler))


def test_docstrings_are_copied_into_a_stub() -> None:
    for stub in stub_docs.STUBS:
        assert stub_docs.rewritten(stub) == (stub_docs.PACKAGE / f"{stub}.pyi").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [name for name, value in PUBLIC.items() if callable(value)])
def test_its_signature_is_readable(name: str) -> None:
    if name.startswith("tink_webhooks.types.") or name in ("tink_webhooks.Event", "tink_webhooks.Verification"):
        return  # these are not called
    signature = str(inspect.signature(PUBLIC[name]))
    assert "Ellipsis" not in signature
    assert "_deferred" not in signature
    assert "object at 0x" not in signature


def test_the_signature_of_the_handler_object() -> None:
    signature = inspect.signature(WebhookHandler)
    defaults = {name: parameter.default for name, parameter in signature.parameters.items()}
    assert repr(defaults.pop("secret")) == "<TINK_WEBHOOK_SECRET>"
    # The core has them as well; what is left out there is what is passed here.
    hooks = WebhookHandler("s3cret", **defaults)
    native = tink_webhooks._native.WebhookHandler()
    native._configure("s3cret")
    assert hooks.max_body_bytes == native.max_body_bytes == defaults["max_body_bytes"]
    header = tink_webhooks.generate_signature("{}", "s3cret", timestamp=1)
    for either in (hooks, native):
        with pytest.raises(tink_webhooks.InvalidSignatureError) as caught:
            either.verify_signature("{}", header)
        assert caught.value.tolerance == defaults["tolerance"]
    for scheme in defaults["schemes"]:
        header = tink_webhooks.generate_signature("{}", "s3cret", scheme=scheme)
        assert hooks.verify_signature("{}", header).scheme == native.verify_signature("{}", header).scheme == scheme


@pytest.mark.parametrize("name", ANNOTATED)
def test_its_annotations_resolve(name: str) -> None:
    if sys.version_info < (3, 10) and not name.startswith("tink_webhooks.types."):
        return  # before 3.10 `int | None` is no expression, whatever is imported
    assert typing.get_type_hints(ANNOTATED[name]) or inspect.isclass(ANNOTATED[name])


def test_pytest_shows_the_fixture() -> None:
    """``pytest --fixtures`` is where the docstring of a fixture is read."""
    command = [sys.executable, "-m", "pytest", "--fixtures", "-q", "-p", "no:cacheprovider", __file__]
    shown = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    assert "tink_post" in shown
    assert "Posts a signed delivery to an application" in shown
