"""The command `tink-webhooks`: one file per platform, in an archive, in a wheel, and in a package of npm.

On Linux it is linked statically with musl, so that one file is for every distribution.
"""

from __future__ import annotations

import gzip
import io
import json
import shutil
import tarfile
from pathlib import Path

import archives
import sbom
from native import CARGO_TARGET, PLATFORMS, ROOT, WORK, Platform, environment, epoch, run, this_platform, version
from wheels import digest

CRATE = "tink-webhooks-cli"
SOURCE = ROOT / "cli"
LICENCES = ("LICENSE-APACHE", "LICENSE-MIT")
#: The platforms that it is made for, and the tags of the wheel.
TAGS = {
    "linux-x64-musl": ("manylinux_2_17_x86_64", "manylinux2014_x86_64", "musllinux_1_2_x86_64"),
    "linux-arm64-musl": ("manylinux_2_17_aarch64", "manylinux2014_aarch64", "musllinux_1_2_aarch64"),
    "darwin-x64": ("macosx_10_12_x86_64",),
    "darwin-arm64": ("macosx_11_0_arm64",),
    "win32-x64": ("win_amd64",),
}
SHELLS = {"bash": "tink-webhooks.bash", "zsh": "_tink-webhooks", "fish": "tink-webhooks.fish"}


def platforms(wanted: list[Platform]) -> list[Platform]:
    """Those to make it for: in place of glibc's musl's."""
    names = {one.name.replace("-gnu", "-musl") for one in wanted}
    return [one for one in PLATFORMS if one.name in names and one.name in TAGS]


def system(platform: Platform) -> str:
    """The platform's name in those of the packages: one of Linux is for every C library."""
    return platform.name.removesuffix("-musl")


def binary(platform: Platform) -> Path:
    """What cargo makes."""
    suffix = ".exe" if platform.system == "win32" else ""
    return CARGO_TARGET / platform.target / "cli" / f"tink-webhooks{suffix}"


def compile_it(platform: Platform) -> None:
    """Compiles it with zig as the C compiler and linker; for Windows with mingw."""
    # Without the flag of musl's shared libraries.
    env = environment(None if platform.musl else platform)
    build = ("cargo", "build") if platform.target.endswith("-windows-gnu") else ("cargo-zigbuild", "zigbuild")
    run(*build, "-p", CRATE, "--profile", "cli", "--locked", "--target", platform.target, env=env)


def generated() -> dict[str, bytes]:
    """Manual pages and completions, which the command of this machine prints."""
    (here,) = platforms([this_platform()])
    if not binary(here).is_file():
        compile_it(here)
    pages = WORK / "command/man"
    shutil.rmtree(pages, ignore_errors=True)
    run(binary(here), "man", "--dir", pages)
    made = {f"man/{page.name}": page.read_bytes() for page in sorted(pages.iterdir())}
    for shell, name in SHELLS.items():
        made[f"completions/{name}"] = run(binary(here), "completions", shell).encode()
    return made


def common() -> dict[str, bytes]:
    """What every package has."""
    return {name: (SOURCE / name).read_bytes() for name in (*LICENCES, "README.md")}


def tar(to: Path, root: str, files: dict[str, bytes], executable: str | None = None) -> Path:
    """A .tar.gz of files below a folder; the bytes follow from the content."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as out:
        for name in sorted(files):
            entry = tarfile.TarInfo(f"{root}/{name}")
            entry.mtime, entry.size, entry.mode = epoch(), len(files[name]), archives.mode(name == executable)
            out.addfile(entry, io.BytesIO(files[name]))
    to.parent.mkdir(parents=True, exist_ok=True)
    with to.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as compressed:
        compressed.write(packed.getvalue())
    return to


def archive(platform: Platform) -> Path:
    """The command with its manual pages and completions."""
    name = f"{CRATE}-{version()}-{system(platform)}"
    made = binary(platform)
    return tar(
        WORK / "command" / f"{name}.tar.gz",
        name,
        common() | generated() | {made.name: made.read_bytes()},
        executable=made.name,
    )


def wheel(platform: Platform) -> Path:
    """A wheel that holds the command as a script, for `pipx install` and `uvx`; it is for any Python."""
    name, made = CRATE.replace("-", "_"), binary(platform)
    info = f"{name}-{version()}.dist-info"
    script = f"{name}-{version()}.data/scripts/{made.name}"
    description = (SOURCE / "README.md").read_text(encoding="utf-8")
    head = [
        "Metadata-Version: 2.4",
        f"Name: {CRATE}",
        f"Version: {version()}",
        "Summary: Sign, verify, explain, send and receive the webhooks of Tink, and check a receiver",
        "License-Expression: MIT OR Apache-2.0",
        *(f"License-File: {licence}" for licence in LICENCES),
        "Requires-Python: >=3.9",
        "Description-Content-Type: text/markdown",
    ]
    tags = [f"py3-none-{tag}" for tag in TAGS[platform.name]]
    stated = ["Wheel-Version: 1.0", f"Generator: {CRATE}", "Root-Is-Purelib: false", *(f"Tag: {tag}" for tag in tags)]
    files = {
        script: made.read_bytes(),
        f"{info}/METADATA": ("\n".join(head) + f"\n\n{description}").encode(),
        f"{info}/WHEEL": ("\n".join(stated) + "\n").encode(),
        f"{info}/sboms/{CRATE}.cdx.json": sbom.document("command", CRATE, platform),
        **{f"{info}/licenses/{licence}": (SOURCE / licence).read_bytes() for licence in LICENCES},
    }
    lines = [f"{file},sha256={digest(files[file])},{len(files[file])}" for file in sorted(files)]
    files[f"{info}/RECORD"] = "\n".join([*lines, f"{info}/RECORD,,", ""]).encode()
    to = WORK / "command" / f"{name}-{version()}-py3-none-{'.'.join(TAGS[platform.name])}.whl"
    to.parent.mkdir(parents=True, exist_ok=True)
    archives.write_zip(to, files, frozenset({script}))
    return to


def manifest(name: str, **more: object) -> bytes:
    """A package.json."""
    stated = {
        "name": name,
        "version": version(),
        "description": "Sign, verify, explain, send and receive the webhooks of Tink, and check a receiver",
        "license": "MIT OR Apache-2.0",
        "engines": {"node": ">=18"},
        **more,
    }
    return (json.dumps(stated, indent=2) + "\n").encode()


def npm_of(platform: Platform) -> Path:
    """The package of a platform: the command alone, which npm picks by `os` and `cpu`."""
    name, made = f"{CRATE}-{system(platform)}", binary(platform)
    system_name, cpu = system(platform).split("-")
    files = common() | {
        made.name: made.read_bytes(),
        "package.json": manifest(name, os=[system_name], cpu=[cpu], preferUnplugged=True),
    }
    return tar(WORK / "command" / f"{name}-{version()}.tgz", "package", files, executable=made.name)


def npm() -> Path:
    """The package that is installed: it starts the one of its platform, and downloads nothing."""
    shim = "tink-webhooks.js"
    wanted = {f"{CRATE}-{system(one)}": version() for one in PLATFORMS if one.name in TAGS}
    files = common() | {
        shim: (SOURCE / "npm" / shim).read_bytes(),
        "package.json": manifest(CRATE, bin={"tink-webhooks": shim}, optionalDependencies=wanted),
    }
    return tar(WORK / "command" / f"{CRATE}-{version()}.tgz", "package", files, executable=shim)
