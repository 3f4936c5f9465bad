"""The fuzz targets keep up with what they are to hold."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


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
    for target in targets:
        assert f'name = "{target}"' in read("fuzz/Cargo.toml")
        assert list((ROOT / "fuzz/seeds" / target).iterdir())
