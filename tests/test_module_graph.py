"""The check for cycles between files: it names a planted one in every language, and sees through re-exports."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOOL = ROOT / "tools/module_graph.py"
sys.path.insert(0, str(TOOL.parent))

from graphs import Graph, Use, describe, knots, layers, reduced, rust, scripts  # noqa: E402

PARTS = [
    "core/src",
    "bindings-c/src",
    "bindings-python/src",
    "bindings-python/objects/src",
    "bindings-python/python/tink_webhooks",
    "bindings-node/src",
    "bindings-node/ts",
    "bindings-wasm/src",
    "bindings-go",
]
needs_go = pytest.mark.skipif(shutil.which("go") is None, reason="Go is not installed")


def graph(*edges: str) -> Graph:
    uses = [Use(*edge.split(), place=f"{edge[0]}:1", text=f"use {edge[-1]}") for edge in edges]
    return Graph({name for use in uses for name in (use.source, use.target)}, uses)


class TestGraph:
    """Cycles, layers and drawing, over graphs of letters."""

    def test_layers_go_from_the_ground_up(self) -> None:
        assert layers(graph("a b", "a c", "c b", "d b")) == [["b"], ["c", "d"], ["a"]]

    def test_a_knot_holds_all_files_that_reach_each_other(self) -> None:
        assert knots(graph("a b", "b c", "c a", "c d", "e a")) == [["a", "b", "c"]]
        assert knots(graph("a b", "b a", "c d", "d c")) == [["a", "b"], ["c", "d"]]

    def test_the_shortest_cycle_is_named_with_its_lines(self) -> None:
        (message,) = describe("part", graph("a b", "b c", "c a", "c b"))
        assert message.splitlines() == [
            "part: a cycle: b -> c -> b",
            "  3 files reach each other: a, b, c",
            "  b uses c:",
            "    b:1: use c",
            "  c uses b:",
            "    c:1: use b",
        ]

    def test_a_file_that_uses_itself_is_no_cycle(self) -> None:
        assert knots(graph("a a", "a b")) == []
        assert layers(graph("a a", "a b")) == [["b"], ["a"]]

    def test_arrows_that_others_imply_are_left_out(self) -> None:
        assert reduced(graph("a b", "b c", "a c", "a d")) == [("a", "b"), ("a", "d"), ("b", "c")]


def crate(folder: Path, **files: str) -> Graph:
    """Writes `a__b="..."` as a/b.rs below src/ and reads it."""
    for name, text in files.items():
        path = folder / "src" / (name.replace("__", "/") + ".rs")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return rust.read(folder, folder / "src")


class TestRust:
    """How paths are followed."""

    @pytest.mark.parametrize(
        "use",
        [
            "use crate::b::B;",
            "use crate::{b::B, c::C};",
            "use crate::{\n    c,\n    b::{self, B},\n};",
            "use super::b::B as Other;",
            "pub(crate) use crate::b::*;",
            "fn f() -> crate::b::B { todo!() }",
            "fn f() { super::b::make(); }",
            "#[cfg(test)]\nmod tests { use super::super::b; }",
            "#[cfg(test)]\nmod tests { fn f() { crate::b::make() } }",
        ],
    )
    def test_uses(self, tmp_path: Path, use: str) -> None:
        found = crate(tmp_path, lib="mod a;\nmod b;\nmod c;", a=use, b="pub struct B;", c="pub struct C;")
        assert "b.rs" in found.targets("a.rs")
        assert found.files == {"a.rs", "b.rs", "c.rs"}

    @pytest.mark.parametrize(
        "text",
        [
            "//! Like [`crate::b::B`].",
            "/// See crate::b::B.\nstruct A;",
            "/* use crate::b::B; */",
            'const TEXT: &str = "crate::b::B";',
            'const TEXT: &str = r#"crate::b::"B"#;',
            "use std::b::B;",
            "mod tests { use super::*; }",
            "pub(in crate::b) fn f() {}",
        ],
    )
    def test_no_uses(self, tmp_path: Path, text: str) -> None:
        assert crate(tmp_path, lib="mod a;\nmod b;", a=text, b="pub struct B;").targets("a.rs") == set()

    def test_a_name_is_followed_to_the_file_that_defines_it(self, tmp_path: Path) -> None:
        found = crate(
            tmp_path,
            lib="mod a;\nmod m;\npub use m::Made;",
            a="use crate::m::Made;\nuse crate::m;\nfn f() -> m::Other { m::other() }",
            m__mod="mod one;\nmod two;\npub use one::One as Made;\npub use two::*;",
            m__one="pub struct One;",
            m__two="pub struct Other;\npub fn other() -> Other { Other }",
        )
        assert found.targets("a.rs") == {"m/one.rs", "m/two.rs"}
        assert "m/mod.rs" not in found.files

    def test_a_folder_that_defines_something_is_a_node(self, tmp_path: Path) -> None:
        found = crate(
            tmp_path,
            lib="mod m;",
            m__mod="mod one;\npub use one::One;\npub struct Two;",
            m__one="use super::Two;\npub struct One(Two);",
        )
        assert knots(found) == [["m/mod.rs", "m/one.rs"]]

    def test_a_cycle_behind_re_exports_is_found(self, tmp_path: Path) -> None:
        found = crate(
            tmp_path,
            lib="mod a;\nmod m;",
            a="use crate::m::B;\npub struct A(B);",
            m__mod="mod b;\npub use b::B;",
            m__b="use crate::a;\npub struct B(Option<Box<a::A>>);",
        )
        (message,) = describe("src", found)
        assert "a.rs -> m/b.rs -> a.rs" in message
        assert "src/a.rs:1: use crate::m::B;" in message
        assert "src/m/b.rs:1: use crate::a;" in message

    def test_a_macro_of_another_file_is_a_use(self, tmp_path: Path) -> None:
        found = crate(tmp_path, lib="#[macro_use]\nmod a;\nmod b;", a="macro_rules! twice { () => {} }", b="twice!();")
        assert found.targets("b.rs") == {"a.rs"}


class TestScripts:
    """Python's and TypeScript's imports."""

    @pytest.mark.parametrize(
        "text",
        [
            "import package.b",
            "from package import b",
            "from . import b",
            "from .b import B",
            "from package.b import B",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from package.b import B",
            "def f():\n    from .b import B",
        ],
    )
    def test_python(self, tmp_path: Path, text: str) -> None:
        folder = tmp_path / "package"
        folder.mkdir()
        for name, content in {"__init__.py": "", "a.py": text, "b.py": "", "c.pyi": "from .a import A"}.items():
            (folder / name).write_text(content)
        found = scripts.read_python(tmp_path, folder)
        assert found.targets("a.py") == {"b.py"}
        assert found.targets("c.pyi") == {"a.py"}

    @pytest.mark.parametrize(
        "text",
        [
            'import { b } from "./b";',
            "import * as b from './b.js';",
            'import type { B } from "./b";',
            'import {\n  type B,\n  b,\n} from "./b";',
            'export { b } from "./b";',
            'export type * from "./b";',
            'import "./b";',
            'const b = require("./b");',
            'const b = await import("./b");',
            'type B = import("./b").B;',
        ],
    )
    def test_typescript(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "a.ts").write_text(f'import fs from "node:fs";\n{text}\n// import "./c";\n')
        (tmp_path / "b.ts").write_text("")
        (tmp_path / "c.ts").write_text("")
        assert scripts.read_typescript(tmp_path, tmp_path).targets("a.ts") == {"b.ts"}


def run(*arguments: str, go: bool = False) -> subprocess.CompletedProcess[str]:
    """Runs the program, with Go's part (which takes seconds) or as if Go were not installed."""
    command = [sys.executable, str(TOOL), *arguments]
    environment = dict(os.environ) if go else {**os.environ, "PATH": ""}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """What the check reads, in a folder where it may be broken."""
    for part in [*PARTS, "docs/modules.md", "bindings-go/go.mod"]:
        target = tmp_path / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, target, ignore=shutil.ignore_patterns("build", "node_modules"))
            else:
                shutil.copy(ROOT / part, target)
    return tmp_path


def plant(path: Path, line: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")


class TestProject:
    """The program, over the project and over copies of it that were broken on purpose."""

    def test_no_cycle_and_the_page_is_fresh(self) -> None:
        checked = run("--check", go=True)
        assert checked.returncode == 0, checked.stdout + checked.stderr

    @pytest.mark.parametrize(
        ("file", "line", "target"),
        [
            ("core/src/error.rs", "use crate::webhook_handler::WebhookHandler;", "webhook_handler.rs"),
            ("core/src/payload/json.rs", "use crate::payload::Payload;", "payload/envelope.rs"),
            ("bindings-c/src/text.rs", "fn planted(_: crate::codes::Row) {}", "codes.rs"),
            ("bindings-python/src/arguments.rs", "use crate::sign;", "sign.rs"),
            ("bindings-python/python/tink_webhooks/_errors.py", "from tink_webhooks import wsgi", "wsgi.py"),
            ("bindings-node/src/frame.rs", "use crate::state;", "state.rs"),
            ("bindings-node/ts/errors.ts", 'import type { WebhookEvent } from "./event";', "event.ts"),
            pytest.param(
                "bindings-go/errors.go",
                "func planted(event *Event) string { return event.name }",
                "event.go",
                marks=needs_go,
            ),
        ],
    )
    def test_a_planted_cycle_is_named(self, copy: Path, file: str, line: str, target: str) -> None:
        plant(copy / file, line)
        checked = run("--check", "--root", str(copy), go=file.endswith(".go"))
        assert checked.returncode == 1, checked.stderr
        (part,) = [part for part in PARTS if file.startswith(f"{part}/")]
        source = file.removeprefix(f"{part}/")
        found = re.findall(r"^(\S+): a cycle: (.*)$", checked.stdout, re.MULTILINE)
        assert [name for name, _ in found] == [part], checked.stdout
        assert f"  {source} uses {target}:\n    {file}:" in checked.stdout
        assert line in checked.stdout

    def test_a_stale_page_is_refused_and_drawn_anew(self, copy: Path) -> None:
        (copy / "core/src/more.rs").write_text("use crate::error::Error;\n")
        plant(copy / "core/src/lib.rs", "mod more;")
        assert "docs/modules.md is stale" in run("--check", "--root", str(copy)).stdout
        assert run("--draw", "--root", str(copy)).returncode == 0
        page = (copy / "docs/modules.md").read_text(encoding="utf-8")
        assert page.startswith("<!-- Generated by tools/module_graph.py")
        assert "[`more.rs`](../core/src/more.rs)" in page
        assert run("--check", "--root", str(copy)).returncode == 0

    def test_without_go_its_part_is_skipped_by_name(self) -> None:
        checked = run("--check")
        assert checked.stdout.startswith("skipped: bindings-go: go is not installed\n")
        assert checked.returncode == 0, checked.stdout + checked.stderr
