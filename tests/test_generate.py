"""The catalogue of events is sound, and one new file in it reaches every language."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

ROOT = Path(__file__).resolve().parent.parent
EVENTS = ROOT / "events"
CATALOGUE = {path.name: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(EVENTS.glob("*.yaml"))}
FILES = sorted(CATALOGUE.keys() - {"shared.yaml"})
REGISTRY: Registry[Any] = Registry().with_resources(
    (name, Resource.from_contents({**document, "$schema": "https://json-schema.org/draft/2020-12/schema"}))
    for name, document in CATALOGUE.items()
)
NUMBERS = json.loads((EVENTS / "numbers.json").read_text(encoding="utf-8"))


def content_of(file: str) -> Any:
    """The content of the file's example, or the data."""
    example = json.loads(CATALOGUE[file]["example"])
    assert example["event" if "event" in example else "type"] == CATALOGUE[file]["name"]
    assert ("event" in example) == (CATALOGUE[file]["envelope"] == "events-v2")
    return example["content" if "event" in example else "data"]


def validator(file: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"{file}#/content"}, registry=REGISTRY)


def fields(schema: dict[str, Any]) -> dict[str, Any]:
    """The fields of a schema, through references."""
    while "properties" not in schema and ("$ref" in schema or "allOf" in schema):
        file, _, pointer = (schema.get("$ref") or schema["allOf"][0]["$ref"]).partition("#/")
        schema = CATALOGUE[file]
        for part in pointer.split("/"):
            schema = schema[part]
    return schema["properties"]


@pytest.mark.parametrize("file", FILES)
class TestFiles:
    """What each file says."""

    def test_is_what_the_schema_of_the_catalogue_says(self, file: str) -> None:
        schema = json.loads((EVENTS / "catalogue.schema.json").read_text(encoding="utf-8"))
        Draft202012Validator.check_schema(schema)
        Draft202012Validator(schema).validate(CATALOGUE[file])
        Draft202012Validator.check_schema(CATALOGUE[file]["content"])

    def test_the_example_is_what_its_schema_says(self, file: str) -> None:
        content = content_of(file)
        validator(file).validate(content)
        for name in CATALOGUE[file]["content"].get("required", []):
            assert not validator(file).is_valid({**content, name: None})
            assert not validator(file).is_valid({key: value for key, value in content.items() if key != name})

    def test_the_example_has_no_field_that_the_schema_lacks(self, file: str) -> None:
        assert content_of(file).keys() <= fields(CATALOGUE[file]["content"]).keys()

    def test_what_names_the_occurrence_is_in_the_example(self, file: str) -> None:
        content, known = content_of(file), fields(CATALOGUE[file]["content"])
        for entry in CATALOGUE[file]["occurrence"]["fields"]:
            if isinstance(entry, str):
                assert entry in known
                assert content[entry]
            else:
                chosen = [one for one in content[entry["each"]] if entry.get("where", {}).items() <= one.items()]
                assert chosen
                assert all(one[entry["field"]] for one in chosen)

    def test_the_number_is_that_of_the_list(self, file: str) -> None:
        assert NUMBERS[CATALOGUE[file]["name"]] == CATALOGUE[file]["number"]


def test_no_number_is_used_twice() -> None:
    assert len(set(NUMBERS.values())) == len(NUMBERS)
    assert len(NUMBERS) >= 19


# ------------------------------------------------------------------------------------------------------- the generator


def run(command: list[str | Path], where: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        cwd=where,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def succeeds(command: list[str | Path], where: Path, **environment: str) -> str:
    done = run(command, where, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def copy_to(folder: Path) -> Path:
    """The files that git knows, as they are now, with the tools of Node beside them."""
    listed = succeeds(["git", "ls-files", "--cached", "--others", "--exclude-standard"], ROOT).splitlines()
    for name in listed:
        if (ROOT / name).is_file() and not name.startswith("fuzz/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / "bindings-node/node_modules").symlink_to(ROOT / "bindings-node/node_modules")
    return folder


def generate(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return run([sys.executable, folder / "tools/generate", *options], folder)


DEMO = """
name: demo:happened
number: 900
envelope: events-v2
summary: A demonstration happened.
meaning: Somebody showed how an event is added.
context: '`userId`.'
content:
  type: object
  required: [id, mood]
  properties:
    id: {type: string, description: The demonstration's id.}
    mood: {type: string, description: How it went., x-values: [GOOD, BAD]}
    happenedAt: {type: integer, format: epoch-milliseconds, description: When it happened.}
occurrence:
  fields: [id]
  why: A demonstration happens once.
usual: Applaud.
sources: ['https://example.com/demo']
example: |
  {"context": {"userId": "u1"}, "content": {"id": "d1", "mood": "GOOD", "happenedAt": 1}, "event": "demo:happened"}
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with one more event, generated."""
    folder = copy_to(tmp_path_factory.mktemp("generate") / "project")
    (folder / "events/demo_happened.yaml").write_text(DEMO, encoding="utf-8")
    done = generate(folder)
    assert done.returncode == 0, done.stderr
    return folder


class TestOneNewFile:
    """`demo:happened` is one file in events/; all the rest is generated."""

    def test_rust_passes_the_vectors_with_it(self, copy: Path) -> None:
        # Beside the other builds, so that the dependencies are compiled once.
        target = str(ROOT / "target/tests/generate")
        # In the driver's crate, whose tests need nothing else, and are compiled with the driver.
        test = copy / "tests/drivers/rust/tests/demo.rs"
        test.parent.mkdir()
        test.write_text(
            "//! One more event.\nuse tink_webhooks::EventType;\n#[test]\nfn demo() {\n"
            '    assert_eq!(EventType::from_name("demo:happened"), EventType::DemoHappened);\n'
            "    assert_eq!(EventType::DemoHappened.number(), 900);\n}\n",
            encoding="utf-8",
        )
        command = ["cargo", "test", "--quiet", "-p", "tink-webhooks-driver", "--test", "demo"]
        assert "1 passed" in succeeds(command, copy, CARGO_TARGET_DIR=target)
        vectors = json.loads((copy / "tests/vectors/events.json").read_text(encoding="utf-8"))["vectors"]
        assert {"event-demo-happened", "event-demo-happened-bare"} <= {vector["id"] for vector in vectors}
        driver = f"{target}/debug/tink-webhooks-driver"
        said = succeeds([sys.executable, "tests/run_vectors.py", "--binding", "rust", "--", driver], copy)
        assert re.search(r"^rust: \d{3,} passed, 0 failed", said, re.MULTILINE)

    def test_c(self, copy: Path) -> None:
        (copy / "demo.c").write_text(
            '#include "tink_webhooks.h"\n_Static_assert(TINK_WEBHOOKS_TYPE_DEMO_HAPPENED == 900, "");\n',
            encoding="utf-8",
        )
        succeeds(["cc", "-std=c11", "-Wall", "-Werror", "-fsyntax-only", "-Iinclude", "demo.c"], copy)
        # The crate compiles only where the header and core agree.
        target = str(ROOT / "target/tests/generate")
        succeeds(["cargo", "check", "--quiet", "-p", "tink-webhooks-c"], copy, CARGO_TARGET_DIR=target)

    def test_python(self, copy: Path) -> None:
        program = copy / "bindings-python/demo.py"
        program.write_text(
            "from tink_webhooks import Event, WebhookHandler\n"
            "from tink_webhooks.types import DemoHappened, PaymentUpdated\n"
            'hooks = WebhookHandler("s3cret")\n'
            '@hooks.on("demo:happened", "demo_happened")\n'
            'def right(event: Event[DemoHappened]) -> str: return event.data["id"] + event.data["mood"]\n'
            'hooks.register_handler("demo:happened", lambda event: event.data["happenedAt"] + 1)\n'
            '@hooks.on("demo:happened")  # type: ignore[type-var]\n'
            "def wrong(event: Event[PaymentUpdated]) -> None: ...\n",
            encoding="utf-8",
        )
        # An ignore that is not needed is an error, so the wrong handler is refused.
        succeeds([Path(sys.executable).parent / "mypy", "demo.py"], program.parent, MYPYPATH="python")

    def test_typescript(self, copy: Path) -> None:
        package = copy / "bindings-node"
        (package / "ts/demo.ts").write_text(
            'import type { DemoHappened } from "./data";\n'
            'import { on } from "./index";\n'
            'import type { TinkEvent } from "./types";\n'
            'on("demo:happened", (event) => event.data.id.length + (event.data.happenedAt ?? 0));\n'
            'on("demo_happened", (event) => { const data: DemoHappened = event.data; return data.mood; });\n'
            "// @ts-expect-error: no such field\n"
            'on("demo:happened", (event) => event.data.credentialsId);\n'
            'const payment = (event: TinkEvent<"payment:updated">): number => event.data.amount;\n'
            "// @ts-expect-error: another event's data\n"
            'on("demo:happened", payment);\n',
            encoding="utf-8",
        )
        succeeds(["node", "node_modules/typescript/bin/tsc", "--noEmit"], package)

    @pytest.mark.skipif(not shutil.which("go"), reason="Go is not installed")
    def test_go(self, copy: Path) -> None:
        package = copy / "bindings-go"
        shutil.copy(copy / "include/tink_webhooks.h", package / "build/include")
        for built in [*(ROOT / "bindings-go").glob("build/*/*.a"), ROOT / "bindings-go/archive_stamp.h"]:
            shutil.copy(built, package / built.relative_to(ROOT / "bindings-go"))
        (package / "demo_test.go").write_text(
            'package tinkwebhooks\n\nimport (\n\t"context"\n\t"testing"\n)\n\n'
            "func TestDemo(t *testing.T) {\n"
            '\thooks, err := NewHandler(WithSecret("s3cret"))\n\tif err != nil {\n\t\tt.Fatal(err)\n\t}\n'
            "\tdefer hooks.Close()\n"
            '\tvar eventType EventType = TypeDemoHappened\n\tif eventType != "demo_happened" {\n'
            "\t\tt.Error(eventType)\n\t}\n"
            "\t_ = dataTypes[TypeDemoHappened]\n"
            "\t_, _ = On(hooks, eventType, func(_ context.Context, _ *Event, data *DemoHappened) error {\n"
            "\t\t_ = data.ID + data.Mood + data.HappenedAt.String()\n\t\treturn nil\n\t})\n}\n",
            encoding="utf-8",
        )
        succeeds(["go", "vet", "."], package)

    def test_the_page_of_events(self, copy: Path) -> None:
        page = (copy / "docs/events.md").read_text(encoding="utf-8")
        assert "| [`demo:happened`](#demohappened) | `demo_happened` | 900 | A demonstration happened. |" in page
        assert "## demo:happened\n" in page
        assert "| `mood` | string | yes | How it went. Known values: `GOOD`, `BAD`. |" in page
        assert "**What names the occurrence:** `id`. A demonstration happens once." in page

    def test_the_number_is_in_the_list(self, copy: Path) -> None:
        numbers = json.loads((copy / "events/numbers.json").read_text(encoding="utf-8"))
        assert numbers == {**NUMBERS, "demo:happened": 900}


class TestRefusals:
    """What the generator does not do."""

    @pytest.fixture
    def tree(self, tmp_path: Path) -> Path:
        return copy_to(tmp_path / "project")

    def test_a_stale_file_fails_the_check(self, tree: Path) -> None:
        assert generate(tree, "--check").returncode == 0
        for name in ["docs/events.md", "include/tink_webhooks.h", "bindings-node/ts/data.ts"]:
            path = tree / name
            text = path.read_text(encoding="utf-8")
            path.write_text(re.sub("refresh", "Refresh", text), encoding="utf-8")
            done = generate(tree, "--check")
            # What is written by hand around a region is not the generator's.
            assert (done.returncode, f"{name} is stale" in done.stderr) == (1, True)
            assert path.read_text(encoding="utf-8") != text
            path.write_text(text, encoding="utf-8")

    @pytest.mark.parametrize(
        ("file", "old", "new", "says"),
        [
            ("account_updated.yaml", "number: 106", "number: 120", "has the number 106 for ever"),
            ("account_updated.yaml", "number: 106", "number: 105", "the number 105 belongs to"),
            ("account_updated.yaml", "name: account:updated", "name: account:changed", "must be account_changed.yaml"),
            ("account_updated.yaml", "summary:", "sumary:", "sumary"),
            ("account_updated.yaml", "type: string", "type: text", "text"),
            ("payment_updated.yaml", "#/$defs/PaymentSource", "#/$defs/Nothing", "no shape Nothing"),
        ],
    )
    def test_a_wrong_file_is_named(self, tree: Path, file: str, old: str, new: str, says: str) -> None:
        path = tree / "events" / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        done = generate(tree)
        assert done.returncode == 1
        assert done.stderr.startswith("generate: ")
        assert says in done.stderr

    def test_the_number_of_a_removed_event_stays_taken(self, tree: Path) -> None:
        path = tree / "events/account_updated.yaml"
        path.unlink()
        (tree / "events/demo_happened.yaml").write_text(DEMO.replace("900", "106"), encoding="utf-8")
        done = generate(tree)
        assert done.returncode == 1
        assert "the number 106 belongs to account:updated for ever" in done.stderr
