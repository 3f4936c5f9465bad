"""The project as a whole: one version, no symbol where it does not belong, documents that do not lie."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def find(pattern: str, path: str) -> str:
    found = re.search(pattern, read(path), re.MULTILINE)
    assert found, f"{path} has nothing like {pattern}"
    return found[1]


VERSION = find(r'^\[workspace\.package\]\nversion = "(.*)"', "Cargo.toml")


class TestVersion:
    """One version for all packages."""

    def test_crates_inherit_it(self) -> None:
        for manifest in ["core", "bindings-c", "bindings-python", "bindings-node"]:
            assert "version.workspace = true" in read(f"{manifest}/Cargo.toml"), manifest
        assert find(r'^tink-webhooks = \{.* version = "(.*?)"', "Cargo.toml") == VERSION

    def test_node(self) -> None:
        assert json.loads(read("bindings-node/package.json"))["version"] == VERSION
        assert json.loads(read("bindings-node/package-lock.json"))["version"] == VERSION

    def test_python(self) -> None:
        import tink_webhooks

        assert tink_webhooks.__version__ == VERSION

    def test_go(self) -> None:
        assert find(r'^const Version = "(.*)"', "bindings-go/version.go") == VERSION

    def test_c(self) -> None:
        parts = [find(rf"^#define TINK_WEBHOOKS_VERSION_{part} +(\d+)", HEADER) for part in ("MAJOR", "MINOR", "PATCH")]
        assert ".".join(parts) == VERSION
        assert find(r"^Version: (.*)", "target/capi/lib/pkgconfig/tink_webhooks.pc") == VERSION


HEADER = "include/tink_webhooks.h"


def exported(library: Path) -> list[str]:
    lines = subprocess.run(
        ["nm", "-D", "--defined-only", "--format=posix", str(library)], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    return sorted(line.split()[0].partition("@")[0] for line in lines)


class TestSymbols:
    """The C ABI's symbols live in the C library alone, and are exactly the committed list."""

    def test_c(self) -> None:
        library = ROOT / "target/capi/lib/libtink_webhooks.so"
        assert exported(library) == sorted(read("bindings-c/symbols.txt").split())

    def test_python(self) -> None:
        from tink_webhooks import _native

        symbols = exported(Path(_native.__file__))
        assert "PyInit__native" in symbols
        assert not [symbol for symbol in symbols if "tink" in symbol]

    def test_node(self) -> None:
        (library,) = (ROOT / "bindings-node").glob("*.node")
        symbols = exported(library)
        assert "napi_register_module_v1" in symbols
        assert not [symbol for symbol in symbols if symbol.startswith("tink")]


class TestErrorTable:
    """The README's table, the header's numbers and core's table are the same."""

    CORE = re.findall(r'^    \w+ = "(\w+)", (\d+), \w+, (\d+),', read("core/src/error.rs"), re.MULTILINE)

    def test_readme(self) -> None:
        rows = re.findall(r"^\|[^|]*\| `(\w+)` \| (\d+) \| (\d+) \|", read("README.md"), re.MULTILINE)
        assert len(self.CORE) == 21
        assert rows == self.CORE

    @pytest.mark.parametrize(("reason", "number", "_status"), CORE)
    def test_header(self, reason: str, number: str, _status: str) -> None:
        constants = re.findall(rf"\bTINK_WEBHOOKS_\w*{reason.upper()}\b\D*?\b{number}\b", read(HEADER))
        assert constants, f"{reason} is not {number} in {HEADER}"


class TestReadme:
    """Every program in the README runs and prints what the README says."""

    PROGRAMS = re.findall(r"^```(python|js|rust|go|c)\n(.*?)^```", read("README.md"), re.MULTILINE | re.DOTALL)

    def test_one_program_per_language(self) -> None:
        assert sorted(language for language, _ in self.PROGRAMS) == ["c", "go", "js", "python", "rust"]

    @pytest.mark.parametrize(("language", "program"), PROGRAMS, ids=[language for language, _ in PROGRAMS])
    def test_prints_what_it_says(self, language: str, program: str, tmp_path: Path) -> None:
        from snippets import RUNNERS

        says = 'u1 {"credentialsStatus":"UPDATED"}' if language == "c" else "u1 UPDATED"
        assert says in read("README.md")
        assert RUNNERS[language](program, tmp_path).strip() == says

    def test_links_lead_somewhere(self) -> None:
        for document in [*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *ROOT.glob("docs/*.md")]:
            for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text(encoding="utf-8")):
                assert (document.parent / target).exists(), f"{document.relative_to(ROOT)} links to {target}"
