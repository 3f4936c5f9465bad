"""Writes what follows from events/, explain/ and stores/ in every language: `make generate`; `make lint` with --check.

A target is a whole file, or regions of one that is written by hand: what stands between lines that end in
`generated: NAME` and `generated: end`. Files are laid out by their language's formatter.
"""

from __future__ import annotations

import argparse
import functools
import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import causes
import reference
import vectors
import words
from catalogue import Catalogue, CatalogueError, load
from jinja2 import Environment, FileSystemLoader, StrictUndefined

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Target:
    """One file and its template, which makes the whole of it, or the regions that are named."""

    path: str
    template: str
    regions: tuple[str, ...] = ()


TARGETS = [
    Target("core/src/payload/event_type.rs", "event_type.rs.j2"),
    Target("core/src/payload/examples.rs", "examples.rs.j2"),
    Target("core/src/data/types.rs", "data.rs.j2"),
    Target("core/src/occurrence_fields.rs", "occurrence_fields.rs.j2"),
    Target("explain/src/cause.rs", "cause.rs.j2"),
    Target("include/tink_webhooks.h", "tink_webhooks.h.j2", ("tink_webhooks",)),
    Target("bindings-python/python/tink_webhooks/types.py", "types.py.j2"),
    Target("bindings-python/python/tink_webhooks/_dispatcher.pyi", "dispatcher.pyi.j2", ("types", "on", "register")),
    Target("bindings-node/ts/data.ts", "data.ts.j2"),
    Target("bindings-node/ts/idempotency/texts.ts", "texts.ts.j2"),
    Target("bindings-python/python/tink_webhooks/idempotency/_store_texts.py", "texts.py.j2"),
    Target("bindings-go/data.go", "data.go.j2"),
    Target("bindings-go/event_types.go", "event_types.go.j2"),
    Target("docs/events.md", "events.md.j2"),
    Target("docs/explain.md", "causes.md.j2", ("causes",)),
    Target("bindings-python/python/tink_webhooks/_explain.py", "causes.py.j2", ("causes",)),
    Target("bindings-node/ts/explanation.ts", "causes.ts.j2", ("causes",)),
    Target("bindings-go/explanation.go", "causes.go.j2", ("causes",)),
]

#: The numbers that were ever given to an event. The generator adds to it and never changes a line.
NUMBERS = "events/numbers.json"
VECTORS = "tests/vectors/events.json"


class Generator:
    """Renders the targets of one tree."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.catalogue: Catalogue = load(root / "events")
        self.causes = causes.load(root / "explain/causes.yaml")
        self.templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            undefined=StrictUndefined,
            autoescape=False,  # noqa: S701 - it writes source text, not HTML
            keep_trailing_newline=True,
        )
        helpers = {name: value for name, value in vars(words).items() if callable(value)}
        for name in ("typescript_type", "typescript_fields", "go_type", "rust_type", "rust_field"):
            helpers[name] = functools.partial(helpers[name], catalogue=self.catalogue)
        self.templates.globals.update(helpers)
        self.templates.globals.update(fields_of=functools.partial(reference.fields_of, catalogue=self.catalogue))
        self.templates.globals.update(pretty=reference.pretty, names_occurrence=reference.names_occurrence)

    def render(self, template: str, region: str | None = None) -> str:
        """The text of a template, or of a region in it, before it is laid out."""
        catalogue = {"events": self.catalogue.events, "shapes": self.catalogue.shapes, "stores": self.stores()}
        explained = {"causes": self.causes.causes, "fixes": self.causes.fixes}
        return self.templates.get_template(template).render(region=region, **catalogue, **explained).strip("\n") + "\n"

    def stores(self) -> dict[str, dict[str, str]]:
        """The texts of stores/, by folder and name. Bundles of JavaScript and frozen Python have no other files."""
        folders = sorted(path for path in (self.root / "stores").iterdir() if path.is_dir())
        return {
            folder.name: {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.iterdir())}
            for folder in folders
        }

    def files(self) -> dict[str, str]:
        """The text of every target by its path."""
        made = {NUMBERS: self.numbers(), VECTORS: vectors.render(self.catalogue)}
        for target in TARGETS:
            if not target.regions:
                text = self.render(target.template)
            else:
                text = (self.root / target.path).read_text(encoding="utf-8")
                for region in target.regions:
                    text = replace_region(text, region, self.render(target.template, region), target.path)
            formatted = layout(self.root, target.path, text)
            if formatted is not None:
                made[target.path] = formatted
        return made

    def numbers(self) -> str:
        """The list of numbers, with those of new events. Raises CatalogueError where one changed."""
        path = self.root / NUMBERS
        given: dict[str, int] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        present = {event.name: event.number for event in self.catalogue.events}
        for name, number in given.items():
            if present.get(name, number) != number:
                raise CatalogueError(f"{name} has the number {number} for ever, not {present[name]}")
            taken = [other for other, used in present.items() if used == number and other != name]
            if taken:
                raise CatalogueError(f"the number {number} belongs to {name} for ever, and not to {taken[0]}")
        listed = sorted({**present, **given}.items(), key=lambda item: item[1])
        return json.dumps(dict(listed), indent=2) + "\n"


def replace_region(text: str, region: str, content: str, path: str) -> str:
    """Puts new content between the markers of a region."""
    found = re.search(rf"^.*\bgenerated: {re.escape(region)}\b.*\n", text, re.MULTILINE)
    end = re.compile(r"^.*\bgenerated: end\b", re.MULTILINE).search(text, found.end()) if found else None
    if not found or not end:
        raise CatalogueError(f"{path} has no lines `generated: {region}` and `generated: end`")
    return text[: found.end()] + content + text[end.start() :]


def layout(root: Path, path: str, text: str) -> str | None:
    """The text as the language's formatter lays it out; None where Go is not installed."""
    suffix = path.rpartition(".")[2]
    ruff = Path(sys.executable).parent / "ruff"
    commands = {
        "rs": ["rustfmt", "--edition", "2024", "--config-path", str(root / "rustfmt.toml"), "--emit", "stdout"],
        "py": [str(ruff), "format", "--config", str(root / "bindings-python/pyproject.toml"), "--stdin-filename", path],
        "ts": [str(root / "bindings-node/node_modules/.bin/biome"), "format", f"--stdin-file-path={Path(path).name}"],
        "go": ["gofmt"],
    }
    commands["pyi"] = commands["py"]
    command = commands.get(suffix)
    if not command:
        return text
    if suffix == "go" and not shutil.which("gofmt"):
        print(f"skipped: Go is not installed; {path}")
        return None
    folder = root / "bindings-node" if suffix == "ts" else root
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, cwd=folder)
    if done.returncode:
        raise CatalogueError(f"{path} cannot be laid out:\n{done.stderr}")
    return done.stdout


def main() -> int:
    """Writes the files, or says which are stale."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a file is not what it would be")
    parser.add_argument("--root", type=Path, default=HERE.parent.parent, help="the tree to work in")
    arguments = parser.parse_args()
    root = arguments.root.resolve()
    try:
        made = Generator(root).files()
    except CatalogueError as error:
        print(f"generate: {error}", file=sys.stderr)
        return 1
    stale = [path for path, text in made.items() if not same(root / path, text)]
    for path in stale:
        if arguments.check:
            print(f"{path} is stale: run `make generate`", file=sys.stderr)
        else:
            (root / path).write_text(made[path], encoding="utf-8")
            print(f"wrote {path}")
    return 1 if stale and arguments.check else 0


def same(path: Path, text: str) -> bool:
    """Whether a file is there with this text."""
    return path.exists() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
