"""The project as a whole: one version, exported symbols, the table of errors, and the programs of the README."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
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
        for manifest in ["core", "bindings-c", "bindings-python", "bindings-node", "bindings-wasm"]:
            assert "version.workspace = true" in read(f"{manifest}/Cargo.toml"), manifest
        assert find(r'^tink-webhooks = \{.* version = "(.*?)"', "Cargo.toml") == VERSION

    def test_node(self) -> None:
        assert json.loads(read("bindings-node/package.json"))["version"] == VERSION
        lock = json.loads(read("bindings-node/package-lock.json"))
        assert lock["version"] == lock["packages"][""]["version"] == VERSION

    def test_python(self) -> None:
        import tink_webhooks

        assert tink_webhooks.__version__ == VERSION

    def test_go(self) -> None:
        assert find(r'^const Version = "(.*)"', "bindings-go/doc.go") == VERSION
        stores = sorted((ROOT / "bindings-go").glob("*/go.mod"))
        assert len(stores) >= 3
        for manifest in stores:
            assert find(r"^\t.*/bindings-go v(.*)$", manifest.relative_to(ROOT).as_posix()) == VERSION

    def test_header(self) -> None:
        parts = [find(rf"^#define TINK_WEBHOOKS_VERSION_{part} +(\d+)", HEADER) for part in ("MAJOR", "MINOR", "PATCH")]
        assert ".".join(parts) == VERSION
        assert find(r'^#define TINK_WEBHOOKS_VERSION "(.*)"', HEADER) == VERSION

    def test_c(self) -> None:
        assert find(r"^Version: (.*)", "target/capi/lib/pkgconfig/tink_webhooks.pc") == VERSION

    def test_cargo_c_gives_the_soname(self) -> None:
        abi = find(r"^#define TINK_WEBHOOKS_ABI_VERSION (\d+)", HEADER)
        assert find(r'^version = "(.*)"', "bindings-c/Cargo.toml") == f"{abi}.0.0"


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


class TestUnsafe:
    """Unsafe Rust stands where CONTRIBUTING.md says, and in each of these places there is some."""

    PLACES = ("bindings-c/", "fuzz/fuzz_targets/c_abi", "bindings-python/objects/", "sha256-multi/src/hardware/")

    def test_nowhere_else(self) -> None:
        listed = subprocess.run(["git", "ls-files", "*.rs"], cwd=ROOT, capture_output=True, text=True, check=True)
        files = [name for name in listed.stdout.split() if re.search(r"\bunsafe (?:\{|fn|impl|extern)", read(name))]
        assert [name for name in files if not name.startswith(self.PLACES)] == []
        assert [place for place in self.PLACES if not any(name.startswith(place) for name in files)] == []

    def test_contributing_names_the_places(self) -> None:
        rule = find(r"^- `unsafe` only in ((?:.|\n  )*)$", "CONTRIBUTING.md")
        named = re.findall(r"`([^`]+/)`", rule)
        assert sorted(named) == sorted(place for place in self.PLACES if not place.startswith("fuzz/"))
        assert "the fuzz target" in rule


class TestErrorTable:
    """The README's table, the header's numbers and core's table are the same."""

    CORE = re.findall(r'^    \w+ = "(\w+)", (\d+), \w+, (\d+),', read("core/src/error.rs"), re.MULTILINE)

    def test_readme(self) -> None:
        from test_reasons import REASONS  # asks the C library, which the tests of the version do without

        rows = re.findall(r"^\|[^|]*\| `(\w+)` \| (\d+) \| (\d+) \|", read("README.md"), re.MULTILINE)
        assert {reason for reason, _, _ in self.CORE} == REASONS
        assert rows == self.CORE

    @pytest.mark.parametrize(("reason", "number", "_status"), CORE)
    def test_header(self, reason: str, number: str, _status: str) -> None:
        constants = re.findall(rf"\bTINK_WEBHOOKS_\w*{reason.upper()}\b\D*?\b{number}\b", read(HEADER))
        assert constants, f"{reason} is not {number} in {HEADER}"


class TestReadme:
    """What the README's first screen says, done: its receivers, and its curl lines against them."""

    SECTION = "Receive one in five minutes"
    PORT = "8000"

    @pytest.mark.parametrize(
        ("language", "name", "command"),
        [("python", "receiver.py", "uvicorn receiver:app --port 8000"), ("js", "receiver.mjs", "node receiver.mjs")],
    )
    def test_a_receiver_answers_as_it_says(self, language: str, name: str, command: str, tmp_path: Path) -> None:
        from snippets import block, free_port, link_packages, serving, shell

        assert f"`{name}`" in read("README.md")
        assert f"`{command}`" in read("README.md")
        port = str(free_port())
        program = block("README.md", self.SECTION, language)
        (tmp_path / name).write_text(program.replace(self.PORT, port), encoding="utf-8")
        if language == "js":
            link_packages(tmp_path, "tink-webhooks", "express")
        export, send = (block("README.md", self.SECTION, "sh", number) for number in (0, 1))
        secret = export.strip().partition("export TINK_WEBHOOK_SECRET=")[2]
        send = send.replace(self.PORT, port)

        with serving(command.replace(self.PORT, port), int(port), tmp_path, TINK_WEBHOOK_SECRET=secret) as output:
            accepted = shell(export + send, tmp_path)
            assert re.match(r"HTTP/1\.1 200\b", accepted), accepted
            assert accepted.splitlines()[-1] == "ok"
            assert "u1 UPDATED" in output.read_text(encoding="utf-8").splitlines()
            refused = shell(send, tmp_path, TINK_WEBHOOK_SECRET="another")
            assert re.match(r"HTTP/1\.1 401\b", refused), refused
            assert refused.splitlines()[-1] == "signature_mismatch"
            assert "tink webhook: signature_mismatch (401)" in output.read_text(encoding="utf-8")
            assert output.read_text(encoding="utf-8").count("u1 UPDATED") == 1

    def test_every_program_is_tried(self) -> None:
        from snippets import blocks

        programs = [(heading, language) for heading, language, _ in blocks("README.md")]
        assert programs == [(self.SECTION, language) for language in ("sh", "python", "js", "sh")]

    def test_it_stays_short(self) -> None:
        assert len(read("README.md").splitlines()) < 200


class TestInstall:
    """The README's commands to install, from a project's folder beside the checkout. What they build is built."""

    @staticmethod
    def rows() -> dict[str, str]:
        """What stands beside each language."""
        section = read("README.md").partition("\n## Install\n")[2].partition("\n## ")[0]
        return dict(re.findall(r"^\| (Python|Node|Go|Rust|C99)[^|]*\| (.*) \|$", section, re.MULTILINE))

    def commands(self, language: str) -> list[str]:
        """The commands of a row, without those in the checkout: what they build is built."""
        spans = re.findall(r"`([^`]+)`", self.rows()[language])
        here = [re.sub(r"^\(cd \.\./tink-webhooks && [^)]*\)(?: && )?", "", span) for span in spans]
        return [command for command in here if command]

    @pytest.fixture
    def project(self, tmp_path: Path) -> Path:
        (tmp_path / "tink-webhooks").symlink_to(ROOT)
        (tmp_path / "project").mkdir()
        return tmp_path / "project"

    def test_every_language_has_a_row(self) -> None:
        assert sorted(self.rows()) == ["C99", "Go", "Node", "Python", "Rust"]

    def test_make_has_the_targets(self) -> None:
        named = {target for row in self.rows().values() for target in re.findall(r"\bmake ([a-z-]+)", row)}
        assert named == {"build-c", "build-go", "build-node", "install-c"}
        assert named <= set(re.findall(r"^([a-z][a-z-]*):", read("Makefile"), re.MULTILINE))

    def test_python(self, project: Path) -> None:
        """The command itself compiles the package again, so that only `make test-all` runs it."""
        from snippets import shell

        (command,) = self.commands("Python")
        folder = command.removeprefix("pip install ")
        assert 'build-backend = "maturin"' in (project / folder / "pyproject.toml").read_text(encoding="utf-8")
        if os.environ.get("TEST_ALL"):
            shell(f"{sys.executable} -m venv venv && venv/bin/{command} --quiet", project)
            printed = shell("venv/bin/python -c 'import tink_webhooks; print(tink_webhooks.__version__)'", project)
            assert printed.strip() == VERSION

    def test_node(self, project: Path) -> None:
        from snippets import shell

        shell("npm init -y && npm pkg set type=module", project)
        (command,) = self.commands("Node")
        shell(f"{command} --offline --no-audit --no-fund", project)
        (project / "a.js").write_text(
            'import { WebhookHandler } from "tink-webhooks"; console.log(WebhookHandler.name)'
        )
        assert shell("node a.js", project).strip() == "WebhookHandler"

    def test_go(self, project: Path) -> None:
        from snippets import GO_MODULE, shell

        if not shutil.which("go"):
            pytest.skip("Go is not installed")
        shell("go mod init project", project)
        (command,) = self.commands("Go")
        shell(command, project)
        (project / "main.go").write_text(
            f'package main\n\nimport tink "{GO_MODULE}"\n\nfunc main() {{ println(tink.Version) }}\n'
        )
        shell("go vet .", project, GOFLAGS="-mod=mod")

    def test_rust(self, project: Path) -> None:
        from snippets import shell

        shell("cargo init --quiet --vcs none", project)
        (command,) = self.commands("Rust")
        shell(command, project, CARGO_NET_OFFLINE="true")
        assert "tink-webhooks" in (project / "Cargo.toml").read_text(encoding="utf-8")

    def test_c(self, project: Path) -> None:
        from snippets import shell

        (project / "receiver.c").write_text(
            "#include <stdio.h>\n#include <tink_webhooks.h>\nint main(void) { puts(tink_webhooks_code_name(101)); }\n"
        )
        (command,) = self.commands("C99")
        prefix = ROOT / "target/capi/lib"
        path = {"PKG_CONFIG_PATH": str(prefix / "pkgconfig")}
        shell(command, project, **path)
        # What docs/troubleshooting.md says of this error, and two of its ways out. `ldconfig` wants an installed one.
        failed = shell("./a.out 2>&1 || true", project, LD_LIBRARY_PATH="")
        assert "error while loading shared libraries: libtink_webhooks.so.1" in failed
        assert "### error while loading shared libraries: libtink_webhooks.so.1\n" in read("docs/troubleshooting.md")
        assert shell("./a.out", project, LD_LIBRARY_PATH=str(prefix)).strip() == "missing_signature"
        shell(f"{command} -Wl,-rpath,{prefix}", project, **path)
        assert shell("./a.out", project, LD_LIBRARY_PATH="").strip() == "missing_signature"


@pytest.mark.skipif(
    importlib.util.find_spec("check_jsonschema") is None,
    reason="check-jsonschema is not installed (Python 3.11 or newer)",
)
class TestIssueForms:
    """The issue forms are what GitHub accepts. It silently shows nothing where a form is wrong."""

    FORMS = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"))

    @staticmethod
    def check(form: Path) -> subprocess.CompletedProcess[str]:
        """With the schemas that check-jsonschema carries: nothing is downloaded."""
        schema = "vendor.github-issue-config" if form.name == "config.yml" else "vendor.github-issue-forms"
        command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(form)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def test_there_are_forms(self) -> None:
        assert {form.stem for form in self.FORMS} == {"bug", "config", "question"}

    @pytest.mark.parametrize("form", FORMS, ids=lambda form: form.stem)
    def test_a_form_fits_its_schema(self, form: Path) -> None:
        ran = self.check(form)
        assert ran.returncode == 0, ran.stdout + ran.stderr

    def test_a_wrong_form_is_refused(self, tmp_path: Path) -> None:
        wrong = tmp_path / "bug.yml"
        form = (ROOT / ".github/ISSUE_TEMPLATE/bug.yml").read_text(encoding="utf-8")
        wrong.write_text(form.replace("type: dropdown", "type: droplist"), encoding="utf-8")
        assert self.check(wrong).returncode == 1

    def test_links_into_this_repository_lead_somewhere(self) -> None:
        targets = {target for form in self.FORMS for target in re.findall(r"/blob/main/([^)\s]+)\)", form.read_text())}
        assert targets
        assert {target for target in targets if not (ROOT / target).is_file()} == set()
