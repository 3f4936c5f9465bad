"""A user's project for each Dockerfile of `examples/docker/`, and what stands for the registry that it installs from.

Of this library the registry has what `dist/` has. What others publish is fetched before, by this machine's pip, cargo
and npm, so that nothing in an image knows of this machine's settings.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import platform
import re
import shutil
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from . import golang
from .common import ROOT, WORK, Artefact, Failed, Missing, bare, members, need, run, unpack
from .native import crate_name, registry, version

EXAMPLES = ROOT / "examples"


@dataclass
class Project:
    """The folder that an image is built from, and how its package manager finds the packages."""

    context: Path
    #: Lines that the stand-ins get besides, and files that they copy.
    lines: list[str] = field(default_factory=list)
    files: dict[str, Path] = field(default_factory=dict)
    #: Folders of this machine by their place in the root.
    mounts: dict[str, Path] = field(default_factory=dict)
    #: The answer to a GET where only POST is routed.
    wrong_method: int = 405


def of(artefacts: list[Artefact], kind: str, where: str) -> list[Artefact]:
    """The artefacts of a kind for a platform, or for any."""
    found = [one for one in artefacts if one.kind == kind and one.platform in (where, "any")]
    if not found:
        raise Missing(f"{kind} for {where} in dist/")
    return found


@contextlib.contextmanager
def python(artefacts: list[Artefact], where: str, base: str) -> Iterator[Project]:
    """Wheels in a folder: pip has no index."""
    (wanted,) = re.findall(r"python:(\d+\.\d+)", base)
    wheels = [one.path for one in of(artefacts, "wheel", where) if one.python == wanted]
    if not wheels:
        raise Missing(f"a wheel for CPython {wanted} (DIST_PYTHONS={wanted})")
    folder = _fresh("context")
    shutil.copy(EXAMPLES / "python/receiver.py", folder)
    (folder / "requirements.txt").write_text(f"tink-webhooks=={version()}\nfastapi\nuvicorn\n")
    index = _fresh("wheels")
    for wheel in wheels:
        shutil.copy(wheel, index)
    tags = [f"manylinux_2_{minor}_{platform.machine()}" for minor in (17, 28)]
    options = ["--quiet", "--only-binary", ":all:", "--python-version", wanted, "--find-links", index, "--dest", index]
    options += [part for tag in tags for part in ("--platform", tag)]
    pip = [sys.executable, "-m", "pip", "download", *options]
    run(*pip, "-r", folder / "requirements.txt", env=bare(), limit=900)
    lines = ["ENV PIP_NO_INDEX=1 PIP_FIND_LINKS=/srv/wheels"]
    yield Project(folder, lines, mounts={"/srv/wheels": index})


@contextlib.contextmanager
def node(artefacts: list[Artefact], where: str, _: str) -> Iterator[Project]:
    """A registry on loopback, which asks this machine's for the packages of others."""
    npm = need("npm")
    packages = [one.path for one in of(artefacts, "npm", where)]
    packages += [one.path for one in artefacts if one.kind == "npm" and one.path not in packages]
    if not any(one.platform == where for one in of(artefacts, "npm", where)):
        raise Missing(f"the npm package for {where} in dist/")
    folder = _fresh("context")
    shutil.copy(EXAMPLES / "node/receiver.mjs", folder)
    needed = {"tink-webhooks": version(), "express": "^5"}
    (folder / "package.json").write_text(json.dumps({"private": True, "dependencies": needed}))
    packages += absent(packages)
    usual = run(npm, "config", "get", "registry", env=bare()).strip()
    with registry(packages, others=usual) as address:
        env = bare(extra={"npm_config_registry": address, "npm_config_cache": WORK / "images/npm"})
        run(npm, "install", "--package-lock-only", "--no-audit", "--no-fund", cwd=folder, env=env, limit=900)
        yield Project(folder, [f"ENV npm_config_registry={address}"], wrong_method=404)


def absent(packages: list[Path]) -> list[Path]:
    """For the platforms that `dist/` lacks, empty packages that fit no system: the lock file names all."""
    manifests = [json.loads(dict(members(package))["package/package.json"]) for package in packages]
    (main,) = (manifest for manifest in manifests if manifest["name"] == "tink-webhooks")
    folder, made = _fresh("absent"), []
    for name in sorted(set(main["optionalDependencies"]) - {manifest["name"] for manifest in manifests}):
        content = json.dumps({"name": name, "version": main["version"], "os": ["none"]}).encode()
        made.append(folder / f"{name}.tgz")
        with tarfile.open(made[-1], "w:gz") as archive:
            entry = tarfile.TarInfo("package/package.json")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return made


@contextlib.contextmanager
def go(artefacts: list[Artefact], where: str, _: str) -> Iterator[Project]:
    """A proxy in a folder."""
    name = f"tink_webhooks-go-v{version()}.zip"
    found = [one for one in of(artefacts, "go", where) if one.name == name]
    if not found:
        raise Missing(f"{name} for {where} in dist/")
    artefact = Artefact(found[0].path, "go", where)
    shutil.rmtree(artefact.folder, ignore_errors=True)
    project, env = golang.project_of(artefact)
    run(need("go"), "mod", "tidy", cwd=project, env={**env, "PATH": bare()["PATH"]})
    folder = _fresh("context")
    shutil.copytree(project, folder, dirs_exist_ok=True)
    proxy = artefact.folder / "proxy"
    yield Project(folder, ["ENV GOPROXY=file:///srv/modules"], mounts={"/srv/modules": proxy})


@contextlib.contextmanager
def c(artefacts: list[Artefact], where: str, _: str) -> Iterator[Project]:
    """The unpacked archive beside the source."""
    (artefact,) = of(artefacts, "c", where)
    folder = _fresh("context")
    shutil.copy(EXAMPLES / "c/receiver.c", folder)
    unpack(artefact.path, WORK / "images/unpacked").rename(folder / "tink_webhooks")
    yield Project(folder)


@contextlib.contextmanager
def rust(artefacts: list[Artefact], where: str, _: str) -> Iterator[Project]:
    """A folder with all crates in the place of the registry, these and those that the example's lock file names."""
    cargo = need("cargo")
    crates = [one.path for one in of(artefacts, "crate", where)]
    index, folder = _fresh("crates"), _fresh("context")
    run(cargo, "vendor", "--locked", "--quiet", index, cwd=EXAMPLES / "rust", limit=900)
    for crate in crates:
        with tarfile.open(crate) as archive:
            archive.extractall(index, filter="data")
        digest = hashlib.sha256(crate.read_bytes()).hexdigest()
        unpacked = index / crate.name.removesuffix(".crate")
        (unpacked / ".cargo-checksum.json").write_text(json.dumps({"files": {}, "package": digest}))
    shutil.copytree(EXAMPLES / "rust", folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("target"))
    toml, changed = re.subn(r'\{ path = "[^"]+" \}', f'"{version()}"', (folder / "Cargo.toml").read_text())
    if not changed or {crate_name(crate) for crate in crates}.isdisjoint(re.findall(r"^([\w-]+) = ", toml, re.M)):
        raise Failed("the example names none of the crates")
    (folder / "Cargo.toml").write_text(toml)
    settings = WORK / "images/cargo.toml"
    source = '[source.crates-io]\nreplace-with = "dist"\n\n[source.dist]\ndirectory = "{}"\n'
    settings.write_text(source.format(index))
    run(cargo, "--config", settings, "generate-lockfile", "--offline", "--quiet", cwd=folder)
    settings.write_text(source.format("/srv/crates"))
    lines = ["COPY cargo.toml /usr/local/cargo/config.toml"]
    yield Project(folder, lines, {"cargo.toml": settings}, {"/srv/crates": index})


PROJECTS = {"python": python, "node": node, "go": go, "c": c, "rust": rust}


def _fresh(name: str) -> Path:
    folder = WORK / "images" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
