"""Sets the version of all packages: ``make version V=0.2.0``.

Replaces it wherever it is written, and gives the changelog's unreleased part that version and today's date (UTC). What
is listed here and not found is an error, so that no place is forgotten. Nothing is built or committed.
"""

from __future__ import annotations

import re
import sys
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RELEASES = "https://github.com/tink-webhooks/tink-webhooks/releases/tag"

#: Modules of their own, which need the Go package of the same version.
GO_MODULES = ("redisstore", "pgxstore", "sqlstore", "wazeroengine")

#: Each file with the patterns of what surrounds the version, which stands where `@` does.
PLACES = {
    "Cargo.toml": [
        r'^\[workspace\.package\]\nversion = "@"',
        r'^(?:tink-webhooks(?:-http|-explain)?|sha256-multi) = \{.*\bversion = "@"',
    ],
    "Cargo.lock": [r'^name = "(?:tink-webhooks[\w-]*|sha256-multi)"\nversion = "@"'],
    "benchmarks/http/rust/Cargo.lock": [r'^name = "(?:tink-webhooks[\w-]*|sha256-multi)"\nversion = "@"'],
    "benchmarks/python_floor/Cargo.lock": [r'^name = "(?:tink-webhooks|sha256-multi)"\nversion = "@"'],
    "benchmarks/rust/Cargo.lock": [r'^name = "(?:tink-webhooks[\w-]*|sha256-multi)"\nversion = "@"'],
    "examples/rust/Cargo.lock": [r'^name = "(?:tink-webhooks[\w-]*|sha256-multi)"\nversion = "@"'],
    "fuzz/Cargo.lock": [r'^name = "(?:tink-webhooks(?:-c-fuzz|-explain)?|sha256-multi)"\nversion = "@"'],
    "fuzz/capi/Cargo.toml": [r'^name = "tink-webhooks-c-fuzz"\nversion = "@"'],
    "bindings-node/package.json": [r'^  "name": "tink-webhooks",\n  "version": "@"'],
    "bindings-node/package-lock.json": [r'^ +"name": "tink-webhooks",\n +"version": "@"'],
    "bindings-go/doc.go": [r'^const Version = "@"'],
    **{f"bindings-go/{name}/go.mod": [r"^\t.*/bindings-go v@$"] for name in GO_MODULES},
    "include/tink_webhooks.h": [r'^#define TINK_WEBHOOKS_VERSION "@"', r"^/\*\* The version of the library.*`@`"],
}


def fail(message: str) -> None:
    """Ends the program."""
    sys.exit(f"version: {message}")


def pattern(text: str, old: str) -> re.Pattern[str]:
    """Matches the text with the old version in place of `@`; group 1 is what precedes the version, group 2 the rest."""
    before, after = text.split("@")
    return re.compile(f"({before}){re.escape(old)}({after})", re.MULTILINE)


def replace(text: str, where: re.Pattern[str], new: str) -> str:
    """Puts the new version in every place of a text that the pattern matches."""
    return where.sub(lambda found: f"{found[1]}{new}{found[2]}", text)


def change(path: Path, old: str, new: str) -> str:
    """The file's text with the new version. Every pattern of the file must match."""
    name = path.relative_to(ROOT).as_posix()
    text = path.read_text(encoding="utf-8")
    for place in PLACES[name]:
        where = pattern(place, old)
        if not where.search(text):
            fail(f"{name} has no version {old} where it is expected: {place}")
        text = replace(text, where, new)
    if name.endswith(".h"):
        for part, number in zip(("MAJOR", "MINOR", "PATCH"), new.split(".")):
            text, count = re.subn(rf"^(#define TINK_WEBHOOKS_VERSION_{part} +)\d+", rf"\g<1>{number}", text, flags=re.M)
            if count != 1:
                fail(f"{name} has no TINK_WEBHOOKS_VERSION_{part}")
    return text


def changelog(text: str, version: str) -> str:
    """The changelog with what is unreleased under a heading of this version; as it is where it has that heading."""
    heading = f"## [{version}]"
    if heading in text:
        return text
    unreleased = "## [Unreleased]\n"
    if text.count(unreleased) != 1:
        fail("CHANGELOG.md has no heading [Unreleased]")
    today = datetime.now(timezone.utc).date().isoformat()
    text = text.replace(unreleased, f"{unreleased}\n{heading} - {today}\n")
    return f"{text.rstrip()}\n[{version}]: {RELEASES}/v{version}\n"


def main() -> None:
    """Sets the version that the command line names."""
    new = sys.argv[1] if len(sys.argv) == 2 else ""
    if not re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}", new):
        fail(f"want three numbers, as in `make version V=0.2.0`, not {new!r}")
    if any(int(part) > 255 for part in new.split(".")):
        fail("TINK_WEBHOOKS_VERSION_NUMBER has a byte for each part: at most 255")
    found = re.search(r'^\[workspace\.package\]\nversion = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)
    if not found:
        fail("Cargo.toml has no workspace version")
        return
    old = found[1]
    # All texts are made before any file is written: an error changes nothing.
    texts = {ROOT / name: change(ROOT / name, old, new) for name in PLACES}
    log = ROOT / "CHANGELOG.md"
    texts[log] = changelog(log.read_text(encoding="utf-8"), new)
    for path, text in texts.items():
        if text != path.read_text(encoding="utf-8"):
            path.write_text(text, encoding="utf-8")
            print(f"{path.relative_to(ROOT)}: {new}")


if __name__ == "__main__":
    main()
