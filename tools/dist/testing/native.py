"""Artefacts of this machine's own platform, and those of every platform: installed in empty places, and run."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from crate_builds import nothing_kept

from .common import (
    ROOT,
    RUNTIMES,
    WORK,
    Artefact,
    Failed,
    Missing,
    bare,
    free_port,
    members,
    need,
    receives,
    run,
    serving,
    unpack,
)

PROBE = Path(__file__).with_name("probe.py")
C_TESTS = ROOT / "bindings-c/tests"
#: Programs of the C tests that need the C library of the system alone.
C_PROGRAMS = ("test_deliver.c", "test_stream.c")
VERDACCIO = """\
storage: {storage}
listen: 127.0.0.1:{port}
max_body_size: 100mb
uplinks:{uplinks}
packages:
  "tink-webhooks*": {{ access: $all, publish: $all, unpublish: $all }}
  "**": {{ access: $all{proxy} }}
auth: {{ auth-memory: {{}}, htpasswd: {{ file: {storage}/htpasswd, max_users: 10 }} }}
log: {{ type: stdout, format: pretty, level: warn }}
"""


def version() -> str:
    """The version of all packages."""
    found = re.search(r'^\[workspace\.package\]\nversion = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)
    if not found:
        raise Failed("Cargo.toml has no version")
    return found[1]


# ---- Python ----------------------------------------------------------------------------------------------------------


def interpreter(short: str) -> str:
    """A CPython by its short version, such as 3.13 or 3.14t: from pyenv, else from PATH."""
    tell = (
        "import sys, sysconfig; print(sys.implementation.name, '%d.%d' % sys.version_info[:2] + "
        "('t' if sysconfig.get_config_var('Py_GIL_DISABLED') else ''))"
    )
    candidates = sorted((Path.home() / ".pyenv/versions").glob(f"{short.rstrip('t')}.*/bin/python3"))
    candidates += [Path(found) for name in (f"python{short}", "python3") if (found := shutil.which(name))]
    for candidate in candidates:
        if run(candidate, "-c", tell).split() == ["cpython", short]:
            return str(candidate)
    raise Missing(f"CPython {short}")


def wheel(artefact: Artefact) -> str:
    """Into an empty environment by pip, without an index: there is nothing else to install."""
    python = interpreter(str(artefact.python))
    return _in_environment(artefact, python, "--no-index", "--no-deps", artefact.path)


def sdist(artefact: Artefact) -> str:
    """Built to a wheel by pip, with Rust and the maturin that is here; the wheel is installed as any other."""
    maturin = Path(need("maturin"))
    python = maturin.with_name("python")
    env = os.environ | {
        "PATH": f"{maturin.parent}{os.pathsep}{os.environ['PATH']}",
        "CARGO_TARGET_DIR": str(WORK / "cargo"),
    }
    build = ["wheel", "--quiet", "--disable-pip-version-check", "--no-build-isolation", "--no-deps"]
    run(python, "-m", "pip", *build, "-w", artefact.folder, artefact.path, cwd=artefact.folder, env=env, limit=1800)
    (made,) = artefact.folder.glob("*.whl")
    return _in_environment(artefact, str(python), "--no-index", "--no-deps", made)


def _in_environment(artefact: Artefact, python: str, *install: str | Path) -> str:
    folder = artefact.folder
    own = folder / "venv/bin/python"
    run(python, "-m", "venv", folder / "venv", env=bare())
    run(own, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *install, env=bare(), limit=900)
    shutil.copy(PROBE, folder)
    where = run(own, "-c", "import tink_webhooks; print(tink_webhooks.__file__)", cwd=folder, env=bare())
    if not where.startswith(str(folder / "venv")):
        raise Failed(f"another installation is loaded: {where.strip()}")
    answered = receives([own, "probe.py", version()], folder, bare())
    said = run(own, "-c", "import platform; print(platform.python_version())").strip()
    return f"CPython {said}: verify, refuse, async, WSGI: {answered}"


# ---- Node ------------------------------------------------------------------------------------------------------------


@contextmanager
def registry(packages: list[Path], *, others: str = "") -> Iterator[str]:
    """A registry on loopback that has these packages: its address. All others come from the address given, or none."""
    folder = WORK / "registry"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    port = free_port()
    uplinks, proxy = (f' {{ others: {{ url: "{others}" }} }}', ", proxy: others") if others else (" {}", "")
    (folder / "config.yaml").write_text(
        VERDACCIO.format(storage=folder / "storage", port=port, uplinks=uplinks, proxy=proxy)
    )
    program = RUNTIMES / "verdaccio/build/lib/cli.js"
    if not program.exists():
        program = next(iter(RUNTIMES.glob("verdaccio/bin/verdaccio*")), program)
    if not program.exists():
        raise Missing("verdaccio (npm ci in tools/runtimes)")
    node = newest_node()
    with serving([node, program, "--config", folder / "config.yaml"], folder, bare(), port=port):
        address = f"http://127.0.0.1:{port}"
        token = f"--//127.0.0.1:{port}/:_authToken=nobody"
        for package in packages:
            run(
                need("npm"), "publish", "--registry", address, token, "--provenance=false", package,
                cwd=folder, env=bare(extra={"npm_config_cache": WORK / "npm"}),
            )  # fmt: skip
        yield address


def nodes() -> dict[str, str]:
    """The Nodes that are here: program by version."""
    programs = [found for found in (shutil.which("node"),) if found]
    programs += [str(path) for path in sorted(RUNTIMES.glob("node*/bin/node"))]
    return {run(program, "--version").strip().removeprefix("v"): program for program in programs}


def newest_node() -> str:
    """The newest Node that is here: what registry and package managers need."""
    found = nodes()
    if not found:
        raise Missing("node")
    return found[max(found, key=lambda name: int(name.partition(".")[0]))]


def _installed(project: Path) -> set[str]:
    """The packages of this project that a package manager has put where Node finds them."""
    found = {path.name for path in (project / "node_modules").glob("tink-webhooks*")}
    found |= {path.name for path in (project / "node_modules/.pnpm").glob("*/node_modules/tink-webhooks*")}
    return found


def _project(artefact: Artefact, manager: str, address: str, platform: str) -> Path:
    """An empty project in which a package manager installs the package by its name."""
    project = artefact.folder / manager
    project.mkdir()
    (project / "package.json").write_text('{ "private": true, "type": "module" }\n')
    shutil.copy(ROOT / "bindings-node/test/fixtures/receiver.mjs", project)
    cache = WORK / "npm"
    env = bare(extra={"npm_config_registry": address, "npm_config_cache": cache, "XDG_DATA_HOME": project / "data"})
    package = f"tink-webhooks@{version()}"
    node = newest_node()
    if manager == "npm":
        run(need("npm"), "install", "--no-audit", "--no-fund", package, cwd=project, env=env)
    elif manager == "pnpm":
        program = _program("pnpm/bin/pnpm.cjs")
        # pnpm may refuse what was published a moment ago.
        (project / "pnpm-workspace.yaml").write_text("minimumReleaseAge: 0\n")
        run(node, program, "add", "--store-dir", project / "store", package, cwd=project, env=env)
    else:
        program = _program("@yarnpkg/cli-dist/bin/yarn.js")
        settings = [
            f'npmRegistryServer: "{address}"',
            'unsafeHttpWhitelist: ["127.0.0.1"]',
            "nodeLinker: node-modules",
            "enableTelemetry: false",
            "npmMinimalAgeGate: 0",
            f"globalFolder: {project}/berry",
        ]
        (project / ".yarnrc.yml").write_text("\n".join(settings) + "\n")
        (project / "yarn.lock").touch()
        run(node, program, "add", package, cwd=project, env=env)
    wanted = {"tink-webhooks", platform}
    if (found := _installed(project)) != wanted:
        raise Failed(f"{manager} has installed {sorted(found)}, not {sorted(wanted)}")
    return project


def _program(path: str) -> Path:
    program = RUNTIMES / path
    if not program.exists():
        raise Missing(f"{path.partition('/bin')[0]} (npm ci in tools/runtimes)")
    return program


#: The package over WebAssembly, by name.
OVER_WASM = """
import { WebhookHandler, generateSignature } from "tink-webhooks/wasm";
const hooks = new WebhookHandler({ secret: "s3cret" });
const body = '{"event":"account:created","context":{"userId":"u1"}}';
if (hooks.constructEvent(body, generateSignature(body, "s3cret")).userId !== "u1") throw new Error("another event");
try {
  hooks.constructEvent(body, generateSignature(body, "another"));
  throw new Error("accepted");
} catch (error) {
  if (error.reason !== "signature_mismatch") throw error;
}
"""


def npm(main: Artefact, own: Artefact, others: list[Artefact]) -> None:
    """The main package and this platform's, by each package manager from a registry, on every Node."""
    package = json.loads(dict(members(own.path))["package/package.json"])["name"]
    projects: dict[str, Path] = {}

    def install(manager: str, address: str) -> str:
        if manager == "yarn" and len(named) > len(others) + 1:
            raise Missing("the package of a platform, and yarn asks for all of them,")
        projects[manager] = _project(main, manager, address, package)
        return receives([need("node"), "receiver.mjs"], projects[manager], bare(), node=True)

    named = json.loads(dict(members(main.path))["package/package.json"])["optionalDependencies"]

    def served() -> None:
        with registry([artefact.path for artefact in (main, own, *others)]) as address:
            for manager in ("npm", "pnpm", "yarn"):
                main.step(manager, lambda manager=manager: install(manager, address))

    main.step("registry", lambda: served())
    state = "passed" if projects else "failed"
    if any(name == "registry" and its == "skipped" for name, its, _ in main.steps):
        state = "skipped"
    main.note("runs", state, ", ".join(projects))

    def every() -> str:
        if "npm" not in projects:
            raise Failed("it was not installed")
        for program in nodes().values():
            receives([program, "receiver.mjs"], projects["npm"], bare(), node=True)
        return f"Node {', '.join(nodes())}: verify, refuse, async, fetch adapter on loopback"

    def over_wasm() -> str:
        if "npm" not in projects:
            raise Failed("it was not installed")
        for program in nodes().values():
            run(program, "--input-type=module", "--eval", OVER_WASM, cwd=projects["npm"], env=bare())
        return f"Node {', '.join(nodes())}: verify, refuse"

    if state != "skipped":
        own.step("runs", every)
        main.step("wasm", over_wasm)


# ---- C ---------------------------------------------------------------------------------------------------------------


def toolbox(folder: Path, names: tuple[str, ...]) -> Path:
    """A folder with links to these tools alone, for PATH: no Rust is in reach."""
    tools = folder / "bin"
    tools.mkdir(parents=True, exist_ok=True)
    for name in names:
        link = tools / name
        if (found := shutil.which(name)) and not link.exists():
            link.symlink_to(found)
    return tools


def c_library(artefact: Artefact) -> str:
    """Programs of the C tests against the unpacked package, with a compiler and pkg-config alone."""
    need("cc")
    need("pkg-config")
    prefix = unpack(artefact.path, artefact.folder / "prefix")
    tools = toolbox(artefact.folder, ("sh", "cc", "gcc", "as", "ld", "pkg-config", "cmake", "make", "sed", "uname"))
    found = {"PATH": tools, "PKG_CONFIG_PATH": prefix / "lib/pkgconfig"}
    env = bare(extra=found)
    work = artefact.folder / "build"
    work.mkdir()
    ways = {
        "shared": "$(pkg-config --cflags --libs tink_webhooks)",
        "archive": "$(pkg-config --cflags tink_webhooks) $(pkg-config --variable=archive tink_webhooks)",
        "static": "-static $(pkg-config --static --cflags --libs tink_webhooks)",
    }
    for program in C_PROGRAMS:
        for way, flags in ways.items():
            run("sh", "-c", f"cc -std=c99 '{C_TESTS / program}' -o {way} {flags}", cwd=work, env=env)
            run(work / way, env=bare(extra={"LD_LIBRARY_PATH": prefix / "lib"} if way == "shared" else {}))
    did = ", ".join(ways)
    if shutil.which("cmake"):
        source = C_TESTS / "cmake"
        configure = ["cmake", "-S", source, "-B", work / "cmake", f"-DCMAKE_PREFIX_PATH={prefix}"]
        run(tools / "cmake", *configure[1:], f"-DVERSION={version()}", env=env)
        run(tools / "cmake", "--build", work / "cmake", env=env)
        for way in ("with_shared", "with_archive"):
            if run(work / "cmake" / way, env=bare()).strip() != f"verified, {version()}":
                raise Failed(f"the program that CMake built {way} does not verify")
        did += ", CMake"
    return did


def c_receiver(artefact: Artefact) -> str:
    """The example's receiver, on libmicrohttpd."""
    prefix = artefact.folder / "prefix"
    prefix = next(iter(prefix.glob("*/include")), prefix / "include").parent
    pkg_config = need("pkg-config")
    try:
        run(pkg_config, "--exists", "libmicrohttpd")
    except Failed:
        raise Missing("libmicrohttpd") from None
    program = artefact.folder / "receiver"
    env = bare(extra={"PKG_CONFIG_PATH": prefix / "lib/pkgconfig"})
    flags = run(pkg_config, "--cflags", "--libs", "tink_webhooks", "libmicrohttpd", env=env).split()
    run(need("cc"), "-std=c11", ROOT / "examples/c/receiver.c", "-o", program, *flags, env=env)
    library = bare(extra={"LD_LIBRARY_PATH": prefix / "lib"})
    return receives([program], artefact.folder, library, port=free_port())


# ---- Rust ------------------------------------------------------------------------------------------------------------


def crate(artefact: Artefact) -> str:
    """The example's receiver, built with the unpacked crates in place of those in the checkout and in the registry."""
    cargo = need("cargo")
    folder = artefact.folder
    unpacked = {}
    for file in crates(artefact):
        with tarfile.open(file) as archive:
            archive.extractall(folder, filter="data")
        unpacked[crate_name(file)] = made = folder / file.name.removesuffix(".crate")
        # cargo goes by times, and those in a crate are always the same: it would take what it compiled of the last one.
        for path in made.rglob("*"):
            path.touch()
        with (made / "Cargo.toml").open("a", encoding="utf-8") as manifest:
            manifest.write("\n[workspace]\n")  # this folder is below the project's
    own = unpacked[crate_name(artefact.path)]
    if crate_name(artefact.path) != "tink-webhooks":
        patches = [f'patch.crates-io.{name}.path="{path}"' for name, path in unpacked.items() if path != own]
        options = [option for patch in patches for option in ("--config", patch)]
        command = [cargo, "check", "--all-features", "--manifest-path", own / "Cargo.toml"]
        run(*command, *options, env=_cargo(), limit=1800)
        return "cargo check"
    project = folder / "receiver"
    shutil.copytree(ROOT / "examples/rust", project, ignore=shutil.ignore_patterns("target"))
    toml = (project / "Cargo.toml").read_text().replace("../../core", str(own))
    toml = toml.replace("../../bindings-rust/axum", str(unpacked["tink-webhooks-axum"]))
    patched = [f'{name} = {{ path = "{path}" }}\n' for name, path in unpacked.items()]
    (project / "Cargo.toml").write_text(f"{toml}\n[patch.crates-io]\n{''.join(patched)}")
    run(cargo, "build", "--quiet", cwd=project, env=_cargo(), limit=1800)
    program = WORK / "cargo/debug/receiver"
    return f"verify, refuse, axum: {receives([program], folder, bare(), port=free_port())}"


def crates(artefact: Artefact) -> list[Path]:
    """The crates that lie beside one, and itself."""
    return sorted(artefact.path.parent.glob("*.crate"))


def crate_name(file: Path) -> str:
    """A crate's name without its version."""
    return re.sub(r"-\d.*", "", file.name)


def _cargo() -> dict[str, str]:
    names = ("CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN")
    return bare(
        extra={name: os.environ[name] for name in names if name in os.environ} | {"CARGO_TARGET_DIR": WORK / "cargo"}
    )


def published(artefact: Artefact) -> str:
    """What cargo would publish is what the crate holds, and it compiles by itself."""
    cargo = need("cargo")
    name = crate_name(artefact.path)
    command = [cargo, "package", "--list", "--quiet", "--allow-dirty", "-p", name]
    listed = set(run(*command, cwd=ROOT, env=_cargo()).split())
    inside = {entry.partition("/")[2] for entry, _ in members(artefact.path)}
    # Of the repository that it was made in, if it was committed.
    if differ := (listed ^ inside) - {".cargo_vcs_info.json"}:
        raise Failed(f"cargo package --list differs in {sorted(differ)[:5]}")
    _publishes(tuple(crate_name(file) for file in crates(artefact)))
    return f"{len(inside)} files"


@functools.cache
def _publishes(names: tuple[str, ...]) -> None:
    chosen = [one for name in names for one in ("-p", name)]
    env = _cargo() | nothing_kept(list(names), WORK / "publish")
    run(need("cargo"), "publish", "--dry-run", "--allow-dirty", "--quiet", *chosen, cwd=ROOT, env=env, limit=1800)


def steps(artefact: Artefact) -> list[tuple[str, Callable[[Artefact], str | None]]]:
    """What is run for an artefact other than those of npm, which are tested together."""
    from . import golang

    if artefact.kind == "go":
        return golang.steps(artefact)
    return {
        "wheel": [("runs", wheel)],
        "sdist": [("runs", sdist)],
        "c": [("runs", c_library), ("receiver", c_receiver)],
        "crate": [("runs", crate), ("cargo publish --dry-run", published)],
    }[artefact.kind]
