"""The public API of every language, and the ABI of the C library, as text: `make api` writes it into `api/`.

`--check` compares instead, so that no change of what users program against goes unseen; `make lint` calls it. A line
that is gone or changed breaks programs; a new one does not. Documentation is left out, and so is the version.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import posixpath
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import c
import cpp
import python

ROOT = Path(__file__).resolve().parent.parent.parent
BASELINES = ROOT / "api"
#: Between the Node package and its addon, which always have the same version.
INTERNAL = {"frame", "native", "contract", "idempotency/texts"}
#: The format of rustdoc's JSON that `tools/api/rust` reads: that of Rust 1.95.
RUSTDOC = 57


class SkippedError(Exception):
    """This machine cannot describe a language; the text says why."""


def node(_: argparse.Namespace) -> Iterator[str]:
    """The declarations of every file that an entry point of the package imports, without comments."""
    package = ROOT / "bindings-node"
    with tempfile.TemporaryDirectory() as folder:
        options = ["--declaration", "--emitDeclarationOnly", "--removeComments", "--outDir", folder]
        subprocess.run(["node_modules/.bin/tsc", "-p", "tsconfig.json", *options], cwd=package, check=True)
        manifest = (package / "package.json").read_text()
        exports = re.findall(r'"types": "\./dist/([\w/-]+)\.d\.ts"', manifest)
        todo, seen = list(dict.fromkeys(exports)), set()
        while todo:
            name = todo.pop(0)
            if name in seen | INTERNAL:
                continue
            seen.add(name)
            text = (Path(folder) / f"{name}.d.ts").read_text(encoding="utf-8")
            found = re.findall(r'"(\.{1,2}/[\w./-]+)"', text)
            todo += [posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) for path in found]
        for name in sorted(seen):
            yield f"// {name}{' (entry point)' if name in exports else ''}"
            yield from (Path(folder) / f"{name}.d.ts").read_text(encoding="utf-8").splitlines()
    # What is over WebAssembly has the same declarations: which of them, and under which conditions.
    for path, conditions in json.loads(manifest)["exports"].items():
        for condition, target in conditions.items() if isinstance(conditions, dict) else ():
            if isinstance(target, dict) or "/edge/" in target:
                yield f"// {path} ({condition}): {target['default'] if isinstance(target, dict) else target}"


def go(_: argparse.Namespace) -> Iterator[str]:
    """The exported declarations of the packages that users import."""
    if not shutil.which("go"):
        raise SkippedError("Go is not installed")
    stores = ("pgxstore", "redisstore", "sqlstore")
    below = ("tinkwebhookstest", "idempotency", "idempotency/storetest", *stores, "wazeroengine")
    packages = ["bindings-go", *(f"bindings-go/{name}" for name in below)]
    command = ["go", "run", "tools/api/exported.go", *packages]
    text = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    yield from re.sub(r'^(const Version) = ".*"$', r"\1", text, flags=re.MULTILINE).splitlines()


def cplusplus(given: argparse.Namespace) -> Iterator[str]:
    """What the C++ layer declares. Raises SkippedError without a compiler."""
    if not shutil.which("c++"):
        raise SkippedError("c++ is not installed")
    yield from cpp.describe(given.cpp_header)


RUST_CRATES = [
    "tink-webhooks",
    "tink-webhooks-http",
    "tink-webhooks-axum",
    "tink-webhooks-actix",
    "tink-webhooks-idempotency",
]


def rust(_: argparse.Namespace) -> Iterator[str]:
    """The public items of the crates, as rustdoc sees them. Raises SkippedError where rustdoc writes another format."""
    folder = ROOT / "target/api"
    # rustdoc's JSON is not stable: with this variable the stable compiler writes it too.
    environment = os.environ | {"RUSTC_BOOTSTRAP": "1", "CARGO_TARGET_DIR": str(folder)}
    printer = ["cargo", "run", "--quiet", "--locked", "--manifest-path", ROOT / "tools/api/rust/Cargo.toml", "--"]
    for crate in RUST_CRATES:
        rustdoc = ["cargo", "rustdoc", "--quiet", "--locked", "-p", crate, "--lib", "--all-features", "--"]
        options = ["-Z", "unstable-options", "--output-format", "json"]
        subprocess.run([*rustdoc, *options], cwd=ROOT, env=environment, check=True)
        written = folder / f"doc/{crate.replace('-', '_')}.json"
        if (found := json.loads(written.read_bytes())["format_version"]) != RUSTDOC:
            raise SkippedError(
                f"rustdoc of this toolchain writes format {found}, and the baseline is made from {RUSTDOC}"
            )
        ran = subprocess.run([*printer, written], env=environment, check=True, capture_output=True, text=True)
        yield from ran.stdout.splitlines()


LANGUAGES = {
    "rust": rust,
    "c": lambda given: c.describe(given.header, given.library),
    "cpp": cplusplus,
    "python": lambda given: python.describe(given.package),
    "node": node,
    "go": go,
}


def difference(language: str, now: str, baseline: Path) -> str:
    """What `diff` prints for the committed text and the one of now; empty where they are equal."""
    before = baseline.read_text(encoding="utf-8") if baseline.is_file() else ""
    names = (f"api/{baseline.name}", f"{language}, as it is now")
    return "".join(difflib.unified_diff(before.splitlines(True), now.splitlines(True), *names, n=2))


def main() -> int:
    """Writes or compares the languages that the command line names; all by default."""
    parser = argparse.ArgumentParser(prog="api", description=__doc__)
    parser.add_argument("languages", nargs="*", metavar="LANGUAGE", help=f"of {', '.join(LANGUAGES)}")
    parser.add_argument("--check", action="store_true", help="compare and write nothing")
    parser.add_argument("--header", type=Path, default=ROOT / "include/tink_webhooks.h")
    parser.add_argument("--cpp-header", type=Path, default=ROOT / "include/tink_webhooks.hpp")
    parser.add_argument("--library", type=Path, default=ROOT / "target/capi/lib/libtink_webhooks.so")
    parser.add_argument("--package", type=Path, default=ROOT / "bindings-python/python/tink_webhooks")
    given = parser.parse_args()
    if unknown := set(given.languages) - set(LANGUAGES):
        parser.error(f"no such language: {', '.join(sorted(unknown))}")
    status = 0
    for language in given.languages or LANGUAGES:
        baseline = BASELINES / f"{language}.txt"
        try:
            text = "\n".join(LANGUAGES[language](given)) + "\n"
        except SkippedError as why:
            print(f"skipped: the API of {language}: {why}")
            continue
        if not given.check:
            baseline.write_text(text, encoding="utf-8")
        elif found := difference(language, text, baseline):
            print(found, file=sys.stderr)
            print(f"api: {language} differs from api/{baseline.name}. If that is meant: `make api`.", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
