"""Builds and runs one test that docs/security.md names, by the language of its file, and finds whether it passed.

A test without a verdict (its program does not build, it was skipped, its driver died) has neither passed nor failed:
``UnclearError`` says what happened.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

#: Longer than the slowest test, which waits a minute for something that must not happen.
TIMEOUT_SECONDS = 300.0


class UnclearError(Exception):
    """A test gave no verdict; the text says why."""

    def __str__(self) -> str:
        # The end of the output of a compiler or a test, which names the cause.
        return super().__str__()[-3_000:]


#: Crates with tests that docs/security.md names, by folder.
CRATES = {"core": "tink-webhooks", "sha256-multi": "sha256-multi", "explain": "tink-webhooks-explain"}
#: The same for the receivers and `once`, which take longer to build.
RECEIVERS = {f"bindings-rust/{name}": f"tink-webhooks-{name}" for name in ("http", "axum", "actix", "idempotency")}
#: And for the command.
COMMAND = {"cli": "tink-webhooks-cli"}


class SkippedError(UnclearError):
    """Something that a test needs is not installed."""


@dataclass(frozen=True)
class Named:
    """A test by its name in docs/security.md, and the variant of it to run."""

    name: str
    path: str
    #: The parameters of a pytest test as its id shows them, ``[rust-rotated]``.
    parameters: str = ""
    #: The binding that a vector runs through.
    binding: str = "rust"

    def __str__(self) -> str:
        return self.name + self.parameters + ("" if self.binding == "rust" else f"@{self.binding}")

    @property
    def parts(self) -> list[str]:
        """The keys of ``PARTS`` that must be built for it, in order."""
        folder, suffix = self.path.split("/")[0], Path(self.path).suffix
        if suffix == ".json":
            language = self.binding.partition("-")[0]
            return {"rust": ["driver"], "c": ["c", "drivers"], "go": ["go", "drivers"]}.get(language, [language])
        if folder in CRATES:
            return ["core"]
        if folder == "bindings-rust":
            return ["receivers"]
        if folder in COMMAND:
            return ["command"]
        if folder == "tests" and self.path.split("/")[1] in {"timing", "memory", "soak"}:
            return ["c", "programs"] if self.parameters.startswith("[c") else ["programs"]
        if self.path.startswith("bindings-go/wazeroengine/"):
            return ["go", "engine"]
        return {".py": ["python"], ".mjs": ["node"], ".go": ["go"], ".c": ["c"]}[suffix]


class Tree:
    """A copy of the working tree, in which mutations are made."""

    def __init__(self, root: Path, venv: Path) -> None:
        self.root = root
        self.python = str(venv / "bin/python")
        self.capi = root / "target/capi"
        self._heard: dict[tuple[str, ...], tuple[int, str]] = {}
        self._hearing = threading.Lock()
        #: As a release is built, but without link-time optimisation: a change then compiles in seconds.
        self.environment = {
            **{
                name: value for name, value in os.environ.items() if not name.startswith(("TINK_", "CARGO_", "PYTEST_"))
            },
            "CARGO_PROFILE_RELEASE_LTO": "off",
            "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16",
            "CARGO_PROFILE_RELEASE_INCREMENTAL": "true",
            "CARGO_TERM_COLOR": "never",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": str(root / "bindings-python/python"),
            "PKG_CONFIG_PATH": str(self.capi / "lib/pkgconfig"),
            "SOAK_SCALE": "0.001",
        }
        if cargo_home := os.environ.get("CARGO_HOME"):
            self.environment["CARGO_HOME"] = cargo_home

    def ask(self, *command: str, folder: str = ".") -> tuple[int, str]:
        """Runs a command. Gives its status, negative for a signal, and its output."""
        try:
            ran = subprocess.run(
                command,
                cwd=self.root / folder,
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                check=False,
                timeout=TIMEOUT_SECONDS,
            )
        except subprocess.TimeoutExpired:
            raise UnclearError(f"{' '.join(command)} takes more than {TIMEOUT_SECONDS:.0f} seconds") from None
        return ran.returncode, ran.stdout

    def ask_once(self, *command: str) -> tuple[int, str]:
        """The same for a program that runs many tests: its output is kept until something is built."""
        with self._hearing:
            if command not in self._heard:
                self._heard[command] = self.ask(*command)
            return self._heard[command]

    def must(self, *command: str, folder: str = ".") -> None:
        """Runs a command of a build, which has to succeed."""
        status, said = self.ask(*command, folder=folder)
        if status != 0:
            raise UnclearError(f"{said}\ndoes not build: {' '.join(command)}")

    def build(self, part: str) -> None:
        """Builds a part. Unchanged parts take next to no time."""
        self._heard.clear()
        if part in ("go", "engine") and not shutil.which("go"):
            raise SkippedError("Go is not installed")
        PARTS[part](self)

    def failure(self, test: Named) -> str | None:
        """Runs a test that was built. Gives its output if it failed, None if it passed."""
        if test.path.endswith("soak.py"):
            return _soak(self)
        return _RUNNERS[Path(test.path).suffix](self, test)


# ------------------------------------------------------------------------------------------------------------ building


def _build_core(tree: Tree) -> None:
    packages = [option for name in CRATES.values() for option in ("-p", name)]
    tree.must("cargo", "test", "--no-run", "--locked", *packages, "--lib", "--tests")


def _build_receivers(tree: Tree) -> None:
    # One by one, as they are run: the features of their dependencies differ.
    for name in RECEIVERS.values():
        tree.must("cargo", "test", "--no-run", "--locked", "-p", name, "--lib", "--tests")


def _build_command(tree: Tree) -> None:
    tree.must("cargo", "test", "--no-run", "--locked", "-p", *COMMAND.values(), "--tests")


def _build_c(tree: Tree) -> None:
    tree.must("cargo", "build", "--release", "--locked", "-p", "tink-webhooks-c")
    tree.must("bindings-c/install.sh", str(tree.capi))
    flags = ["-L", str(tree.capi / "lib"), "-ltink_webhooks", f"-Wl,-rpath,{tree.capi / 'lib'}", "-lpthread", "-lm"]
    for source in (tree.root / "bindings-c/tests").glob("test_*.c"):
        made = str(tree.root / "target" / source.stem)
        tree.must("cc", "-std=c99", "-I", str(tree.capi / "include"), str(source), "-o", made, *flags)


def _build_go(tree: Tree) -> None:
    _build_c(tree)
    tree.must("bindings-go/archives.sh", str(tree.capi))
    tree.must("go", "test", "-vet=off", "-run", "^$", ".", folder="bindings-go")


def _build_engine(tree: Tree) -> None:
    tree.must("bindings-wasm/build.sh", "target/tink_webhooks_go.wasm", "explain,host")
    tree.must("bindings-go/wasm.sh", "target/tink_webhooks_go.wasm")


def _build_driver(tree: Tree) -> None:
    tree.must("cargo", "build", "--locked", "-p", "tink-webhooks-driver")
    (tree.root / "target/tests").mkdir(exist_ok=True)
    shutil.copy2(tree.root / "target/debug/tink-webhooks-driver", tree.root / "target/tests/rust_driver")


def _build_drivers(tree: Tree) -> None:
    if shutil.which("go"):
        tree.must("bindings-go/archives.sh", str(tree.capi))
    # The one without cgo needs the module, which takes longer than all of these.
    tree.must("tests/drivers/build.sh", "rust", "c", "go")


def _build_python(tree: Tree) -> None:
    tree.must("cargo", "build", "--release", "--locked", "-p", "tink-webhooks-python")
    made = tree.root / "target/release" / ("lib_native.dylib" if sys.platform == "darwin" else "lib_native.so")
    # Beside the sources, which come before the installed package on the path.
    shutil.copy2(made, tree.root / "bindings-python/python/tink_webhooks/_native.abi3.so")
    tree.must(tree.python, "-c", "import tink_webhooks, tink_webhooks.asgi, tink_webhooks.wsgi")


def _build_node(tree: Tree) -> None:
    tree.must("npm", "run", "--silent", "build", folder="bindings-node")


def _build_programs(tree: Tree) -> None:
    tree.must("cargo", "build", "--release", "--locked", "-p", "tink-webhooks-test-programs")


PARTS = {
    "core": _build_core,
    "receivers": _build_receivers,
    "command": _build_command,
    "c": _build_c,
    "go": _build_go,
    "engine": _build_engine,
    "driver": _build_driver,
    "drivers": _build_drivers,
    "python": _build_python,
    "node": _build_node,
    "programs": _build_programs,
}


# ------------------------------------------------------------------------------------------------------------- running


def _verdict(passed: bool, failed: bool, said: str) -> str | None:
    if passed == failed:
        raise UnclearError(f"{said}\nneither passed nor failed")
    return said if failed else None


def _cargo(tree: Tree, test: Named) -> str | None:
    target = ["--lib"] if "/src/" in test.path else ["--test", Path(test.path).stem]
    packages = {**CRATES, **RECEIVERS, **COMMAND}
    package = next(name for folder, name in packages.items() if test.path.startswith(f"{folder}/"))
    _, said = tree.ask("cargo", "test", "--locked", "-p", package, *target, "--", test.name)
    found = re.findall(rf"^test (?:\w+::)*{test.name} \.\.\. (ok|FAILED)$", said, re.MULTILINE)
    return _verdict(found == ["ok"], found == ["FAILED"], said)


def _vector(tree: Tree, test: Named) -> str | None:
    _, said = tree.ask_once(tree.python, "tests/run_vectors.py", "--binding", test.binding)
    ended = re.search(rf"^{test.binding}: \d+ passed, \d+ failed", said, re.MULTILINE)
    failed = re.search(rf"^{test.binding}: {re.escape(test.name)}: ", said, re.MULTILINE)
    return _verdict(bool(ended and not failed), bool(ended and failed), said)


def _pytest(tree: Tree, test: Named) -> str | None:
    which = f"{test.path}::{test.name.replace('.', '::')}{test.parameters}"
    status, said = tree.ask(tree.python, "-m", "pytest", "-q", "-x", "-rs", "-p", "no:cacheprovider", which)
    passed, failed = (re.search(rf"\b\d+ {word}\b", said) for word in ("passed", "failed"))
    skipped = re.search(r"^SKIPPED .*: (.*)$", said, re.MULTILINE)
    if skipped and not passed and not failed:
        raise SkippedError(skipped[1])
    return _verdict(bool(status == 0 and passed), bool(status == 1 and failed), said)


def _node(tree: Tree, test: Named) -> str | None:
    file = Path("..") / test.path
    _, said = tree.ask("node", "--test", "--expose-gc", "--test-reporter=tap", str(file), folder="bindings-node")
    found = re.findall(rf"^ *(ok|not ok) \d+ - {re.escape(test.name)}$", said, re.MULTILINE)
    return _verdict(found == ["ok"], found == ["not ok"], said)


def _go(tree: Tree, test: Named) -> str | None:
    run = ["go", "test", "-vet=off", "-count=1", "-v", "-run", f"^{test.name}$", "."]
    _, said = tree.ask(*run, folder=str(Path(test.path).parent))
    found = re.findall(rf"^--- (PASS|FAIL): {test.name} ", said, re.MULTILINE)
    return _verdict(found == ["PASS"], found == ["FAIL"], said)


def _c_program(tree: Tree, test: Named) -> str | None:
    """The checks inside the function of this name. A program that is killed has failed, wherever it was."""
    status, said = tree.ask_once(str(tree.root / "target" / Path(test.path).stem))
    source = (tree.root / test.path).read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(source, 1) if f" {test.name}(void) {{" in line)
    end = next(number for number, line in enumerate(source, 1) if number > start and line == "}")
    lines = [int(line) for line in re.findall(r"^  line (\d+): ", said, re.MULTILINE)]
    failed = status < 0 or any(start <= line <= end for line in lines)
    return _verdict(" passed, " in said and not failed, failed, said)


def _soak(tree: Tree) -> str | None:
    """A thousandth of the full count, in Rust."""
    _, said = tree.ask(tree.python, "tests/soak/soak.py", "rust")
    return _verdict("   flat\n" in said, "   RISES\n" in said, said)


_RUNNERS = {".rs": _cargo, ".json": _vector, ".py": _pytest, ".mjs": _node, ".go": _go, ".c": _c_program}
