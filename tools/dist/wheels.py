"""Wheels and the source distribution of the Python package."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
import stat
import sys
import tempfile
import zipfile
from pathlib import Path

import sbom
from archives import write_zip
from native import ROOT, WORK, Platform, environment, name_musl, run

MANIFEST = ROOT / "bindings-python/Cargo.toml"
ALL = ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.14t"]


def pythons() -> list[str]:
    """The versions of CPython to make wheels for: DIST_PYTHONS, `all` or versions; by default that of this machine."""
    given = os.environ.get("DIST_PYTHONS", "").replace(",", " ").split()
    if given == ["all"]:
        return ALL
    return given or [f"{sys.version_info.major}.{sys.version_info.minor}"]


def build(platform: Platform, python: str) -> Path:
    """Makes one wheel. maturin knows the interpreter by its name: it need not be installed."""
    out = WORK / "wheels" / f"{platform.name}-{python}"
    shutil.rmtree(out, ignore_errors=True)
    command = ["maturin", "build", "--release", "--strip", "--locked", "-m", str(MANIFEST), "--target", platform.target]
    if platform.system != "win32":
        command.append("--zig")
    if platform.system == "linux":
        command += ["--compatibility", str(platform.wheel)]
    run(*command, "-i", f"python{python}", "-o", out, env=environment(platform))
    (made,) = out.glob("*.whl")
    repack(made, platform)
    return made


def repack(wheel: Path, platform: Platform) -> None:
    """Replaces maturin's list of dependencies, which has a path of this machine, and writes the wheel as all are."""
    with zipfile.ZipFile(wheel) as archive:
        entries = {entry.filename: archive.read(entry) for entry in archive.infolist() if not entry.is_dir()}
        executable = frozenset(
            entry.filename for entry in archive.infolist() if entry.external_attr >> 16 & stat.S_IXUSR
        )
    files = {name: content for name, content in entries.items() if ".dist-info/sboms/" not in name}
    (record,) = (name for name in files if name.endswith(".dist-info/RECORD"))
    del files[record]
    folder = record.removesuffix("/RECORD")
    files[f"{folder}/sboms/tink-webhooks.cdx.json"] = sbom.document("wheel", "tink-webhooks", platform)
    if platform.musl:
        (library,) = (name for name in files if name.endswith(".so"))
        with tempfile.TemporaryDirectory() as work:
            path = Path(work) / "library.so"
            path.write_bytes(files[library])
            name_musl(path, platform)
            files[library] = path.read_bytes()
    lines = [f"{name},sha256={digest(files[name])},{len(files[name])}" for name in sorted(files)]
    files[record] = "\n".join([*lines, f"{record},,", ""]).encode()
    write_zip(wheel, files, executable)


def digest(content: bytes) -> str:
    """A hash as RECORD has it."""
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def interpreter(wheel: Path) -> str:
    """The version of CPython that a wheel is for, such as 3.11 or 3.14t."""
    found = re.match(r"[^-]+-[^-]+-[^-]+-cp(\d)(\d+t?)-", wheel.name)
    if not found:
        raise ValueError(f"{wheel.name} is for no CPython")
    return f"{found[1]}.{found[2]}"


def build_sdist() -> Path:
    """Makes the source distribution, which needs Rust where it is installed."""
    out = WORK / "sdist"
    shutil.rmtree(out, ignore_errors=True)
    run("maturin", "sdist", "-m", MANIFEST, "-o", out, env=environment())
    (made,) = out.glob("*.tar.gz")
    return made
