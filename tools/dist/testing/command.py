"""The command: run from its archive, from its wheel by pip, and from its packages by npm."""

from __future__ import annotations

import json
import platform
import stat
from pathlib import Path

from .common import Artefact, Failed, Missing, NotRun, bare, members, need, run
from .wine import wine, wine_env

#: The vector of Tink's documentation.
SECRET = "top_secret_top_secret_top_secret"  # noqa: S105
BODY = b'{"context": {...}, "event": "...",  "content": {...}}'
HEADER = "t=1620198421,v1=3808bca389150582fd78bdb5e3dfcf46f99ff168d37d60cdc13da7c5e49abefb"
LIMIT = 6_000_000


def is_of_here(artefact: Artefact) -> bool:
    """Whether a file for Linux is for this processor: it is static, and so for any C library."""
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return artefact.platform.startswith(f"linux-{machine}-")


def emulator(artefact: Artefact) -> list[str]:
    """What a command for another processor or system is run with."""
    if is_of_here(artefact):
        return []
    if artefact.platform.startswith("linux-arm64-"):
        return [need("qemu-aarch64-static")]
    if artefact.platform == "win32-x64":
        return [wine()]
    raise NotRun(f"it is for {artefact.platform}: inspected")


def content(artefact: Artefact) -> tuple[str, bytes]:
    """The name and the bytes of the command in an artefact."""
    found = [
        (name, data)
        for name, data in members(artefact.path)
        if Path(name).name in ("tink-webhooks", "tink-webhooks.exe")
    ]
    if len(found) != 1:
        raise Failed(f"it has {len(found)} commands")
    return found[0]


def files(artefact: Artefact) -> str:
    """What lies in it beside the licences; the command is small."""
    names = {name for name, _ in members(artefact.path)}
    if artefact.platform == "any":
        manifest = json.loads(dict(members(artefact.path))["package/package.json"])
        wanted = manifest["optionalDependencies"]
        if manifest.get("scripts") or not wanted or set(wanted.values()) != {manifest["version"]}:
            raise Failed("it has scripts, or does not name platform packages of its own version")
        return f"{len(wanted)} platform packages"
    if artefact.name.endswith(".tar.gz"):
        for part in ("man/tink-webhooks.1", "man/tink-webhooks-check.1", "completions/tink-webhooks.bash"):
            if not any(name.endswith(f"/{part}") for name in names):
                raise Failed(f"it lacks {part}")
    size = len(content(artefact)[1])
    if size >= LIMIT:
        raise Failed(f"the command has {size:,} bytes; the limit is {LIMIT:,}")
    return f"{len(names)} files, the command {size:,} bytes"


def try_it(command: list[str | Path], folder: Path, system: dict[str, str] | None = None) -> str:
    """Asks for its version, and lets it sign what Tink's documentation signs; with variables that its system wants."""
    (folder / "body").write_bytes(BODY)
    env = bare(extra={"TINK_WEBHOOK_SECRET": SECRET}) | (system or {})
    signed = run(*command, "sign", "body", "--print", "value", "--at", "1620198421", cwd=folder, env=env)
    if signed.strip() != HEADER:
        raise Failed(f"it signs otherwise: {signed.strip()}")
    return run(*command, "--version", cwd=folder, env=bare() | (system or {})).strip()


def runs(artefact: Artefact) -> str:
    """Unpacked; from a wheel for this machine, installed by pip into an empty environment."""
    folder, under = artefact.folder, emulator(artefact)
    if artefact.name.endswith(".whl") and not under:
        python = need("python3")
        run(python, "-m", "venv", folder / "venv", env=bare())
        own = folder / "venv/bin"
        run(own / "python", "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", artefact.path, env=bare())
        return f"pip: {try_it([own / 'tink-webhooks'], folder)}"
    name, program = content(artefact)
    path = folder / Path(name).name
    path.write_bytes(program)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    windows = artefact.platform.startswith("win32-")
    by = "under wine: " if windows else "under qemu: " if under else ""
    return by + try_it([*under, path], folder, wine_env() if windows else None)


def by_npm(main: Artefact, own: Artefact) -> str:
    """Both installed from files: the shim finds the command, and passes on arguments, input and exit status."""
    folder = main.folder
    (folder / "package.json").write_text('{ "private": true }\n')
    flags = ("--no-audit", "--no-fund", "--offline", "--omit=optional")
    run(need("npm"), "install", *flags, main.path, own.path, cwd=folder, env=bare())
    shim = folder / "node_modules/.bin/tink-webhooks"
    said = try_it([shim], folder)
    env = bare(extra={"TINK_WEBHOOK_SECRET": SECRET})
    ended = run("sh", "-c", f"'{shim}' verify body --signature t=1,v1=0 >out 2>&1; echo $?", cwd=folder, env=env)
    if ended.strip() != "1":
        raise Failed(f"the shim ends with {ended.strip()} where the command ends with 1")
    return f"npm: {said}"


def test(artefacts: list[Artefact]) -> None:
    """Runs what was inspected and runs here."""
    commands = [one for one in artefacts if one.kind == "command"]
    package = next((one for one in commands if is_of_here(one) and one.name.endswith(".tgz")), None)
    for artefact in commands:
        if artefact.result == "failed":
            continue
        print(f"\n{artefact.name}", flush=True)

        def step(artefact: Artefact = artefact) -> str:
            if artefact.platform == "any":
                if package is None:
                    raise Missing("the package of this platform")
                return by_npm(artefact, package)
            return runs(artefact)

        artefact.step("runs", step)
