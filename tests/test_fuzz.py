"""The fuzz targets cover the whole C header and begin with every vector."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import run_vectors

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "fuzz"))

import seeds  # noqa: E402

#: By its path: `run` is a module of the tests.
_SPEC = importlib.util.spec_from_file_location("fuzz_run", ROOT / "fuzz/run.py")
assert _SPEC
assert _SPEC.loader
run = sys.modules["fuzz_run"] = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(run)


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def test_every_function_of_the_header_is_called() -> None:
    sources = [ROOT / "fuzz/fuzz_targets/c_abi.rs", *(ROOT / "fuzz/fuzz_targets/c_abi").glob("*.rs")]
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    called = set(re.findall(r"\bc::(tink_webhooks\w*)\(", text))
    assert called == set(read("bindings-c/symbols.txt").split())


def test_the_c_layer_has_the_librarys_version() -> None:
    version = re.compile(r'^version = "(.*?)"', re.MULTILINE)
    assert version.findall(read("fuzz/capi/Cargo.toml"))[0] == version.findall(read("Cargo.toml"))[0]


def test_every_target_is_run_and_has_seeds() -> None:
    targets = {path.stem for path in (ROOT / "fuzz/fuzz_targets").glob("*.rs")}
    assert set(re.findall(r'^    "(\w+)": \(', read("fuzz/run.py"), re.MULTILINE)) == targets
    corpora = seeds.make()
    assert corpora.keys() == targets
    for target in targets:
        assert f'name = "{target}"' in read("fuzz/Cargo.toml")
        assert corpora[target]


def test_every_fuzz_test_of_go_is_run() -> None:
    sources = (ROOT / "bindings-go").glob("*_test.go")
    found = {name for path in sources for name in re.findall(r"^func (Fuzz\w+)\(", path.read_text(), re.MULTILINE)}
    assert set(run.GO_TARGETS) == found


def test_a_vector_is_a_seed_of_each_target_that_reads_it(tmp_path: Path) -> None:
    seeds.write(tmp_path)
    written = {target: {path.read_bytes() for path in (tmp_path / target).iterdir()} for target in seeds.make()}
    for vector in run_vectors.load():
        body = run_vectors.to_bytes(vector.get("body", ""))
        if len(body) <= seeds.LARGEST and vector["op"] in {"parse", "construct", "handle"}:
            assert body in written["payload"], vector["id"]
    for name, program in seeds.PROGRAMS.items():
        assert (tmp_path / "c_abi" / name).read_bytes() == program


def test_the_seeds_are_the_same_bytes_each_time(tmp_path: Path) -> None:
    """Whatever order a set has in the process."""
    hashes = []
    for number in ("1", "2"):
        folder = tmp_path / number
        command = [sys.executable, str(ROOT / "fuzz/seeds.py"), str(folder)]
        subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": number}, check=True)
        digest = hashlib.sha256()
        for path in sorted(folder.rglob("*")):
            digest.update(f"{path.relative_to(folder)} ".encode() + (path.read_bytes() if path.is_file() else b""))
        hashes.append(digest.digest())
    assert hashes[0] == hashes[1]
