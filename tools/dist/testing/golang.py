"""Go's modules: the root with its archives, the engine for programs without cgo, and the stores."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from .common import ROOT, WORK, Artefact, Failed, bare, free_port, members, need, receives, run, unpack
from .native import toolbox, version

MODULE = "github.com/tink-webhooks/tink-webhooks/bindings-go"
#: How a program makes a store, of which the arguments do not matter: it is compiled and not run.
STORES = {
    "redisstore": "_, _ = redisstore.New(nil)",
    "pgxstore": "_, _ = pgxstore.New(nil)",
    "sqlstore": "_, _ = sqlstore.New(nil)",
}


def module_of(artefact: Artefact) -> str:
    """The path of the module that a zip holds, by the zip's name."""
    found = re.fullmatch(rf"tink_webhooks-go-(?:(\w+)-)?v{re.escape(version())}\.zip", artefact.name)
    if not found:
        raise Failed("its name is not that of a module of this version")
    return MODULE + (f"/{found[1]}" if found[1] else "")


def serve(artefact: Artefact, proxy: Path) -> None:
    """Puts a zip into the folder of a proxy, beside what a proxy says of it."""
    module, tag = module_of(artefact), f"v{version()}"
    files = dict(members(artefact.path))
    base = f"{module}@{tag}/"
    if f"{base}go.mod" not in files:
        raise Failed(f"it is not {base[:-1]}")
    folder = proxy / module / "@v"
    folder.mkdir(parents=True)
    shutil.copy(artefact.path, folder / f"{tag}.zip")
    (folder / f"{tag}.mod").write_bytes(files[f"{base}go.mod"])
    (folder / f"{tag}.info").write_text(json.dumps({"Version": tag, "Time": "2026-01-01T00:00:00Z"}))
    (folder / "list").write_text(f"{tag}\n")


def project_of(artefact: Artefact) -> tuple[Path, dict[str, str]]:
    """The example as a module of its own that requires the package from a proxy in a folder, and Go's environment.

    A module beside the root is served with the root, as both are released together.
    """
    project, proxy = artefact.folder / "project", artefact.folder / "proxy"
    env = bare(
        extra={
            "GOPROXY": f"file://{proxy}",
            "GOMODCACHE": artefact.folder / "modules",
            "GOFLAGS": "-mod=mod -modcacherw",
            "GOSUMDB": "off",
            "GOTOOLCHAIN": "local",
            "GOCACHE": WORK / "go-cache",
        }
    )
    module = module_of(artefact)
    required = [MODULE] if module == MODULE else [MODULE, module]
    if module != MODULE:
        env["GOPROXY"] += f",{others()}"
    if project.exists():
        return project, env
    serve(artefact, proxy)
    if module != MODULE:
        serve(Artefact(artefact.path.with_name(f"tink_webhooks-go-v{version()}.zip"), "go", "any"), proxy)
    project.mkdir()
    shutil.copy(ROOT / "examples/go/main.go", project)
    lines = "".join(f"require {name} v{version()}\n" for name in required)
    files = dict(members(artefact.path))
    written = re.findall(r"^go .*$", files[f"{module}@v{version()}/go.mod"].decode(), re.MULTILINE)
    (project / "go.mod").write_text(f"module receiver\n\n{written[0]}\n\n{lines}")
    # Of third parties, whose sums nobody else is asked for here.
    (project / "go.sum").write_bytes(files.get(f"{module}@v{version()}/go.sum", b""))
    return project, env


def others() -> str:
    """Where the modules of third parties come from: first what this machine has, then what its user has chosen."""
    go = need("go")
    have = Path(run(go, "env", "GOMODCACHE", env=os.environ).strip()) / "cache/download"
    return f"file://{have},{run(go, 'env', 'GOPROXY', env=os.environ).strip()}"


def receiver(artefact: Artefact) -> str:
    """The example, built by Go and a C compiler, and run on loopback."""
    go = need("go")
    project, env = project_of(artefact)
    env["PATH"] = f"{toolbox(artefact.folder, ('cc', 'gcc', 'as', 'ld', 'ar'))}"
    run(go, "build", "-o", "receiver", ".", cwd=project, env=env, limit=900)
    return f"verify, refuse, net/http: {receives([project / 'receiver'], project, bare(), port=free_port())}"


def without_cgo(artefact: Artefact) -> str:
    """The example with the engine, built by Go alone, and run on loopback."""
    go = need("go")
    project, env = project_of(artefact)
    (project / "engine.go").write_text(f'package main\n\nimport _ "{module_of(artefact)}"\n')
    env |= {"CGO_ENABLED": "0", "PATH": f"{toolbox(artefact.folder, ())}"}
    run(go, "build", "-o", "receiver", ".", cwd=project, env=env, limit=900)
    return f"verify, refuse, no cgo: {receives([project / 'receiver'], project, bare(), port=free_port())}"


def store(artefact: Artefact) -> str:
    """A program that uses the store, built by Go and a C compiler."""
    go = need("go")
    project, env = project_of(artefact)
    module = module_of(artefact)
    call = STORES[module.rpartition("/")[2]]
    (project / "main.go").write_text(f'package main\n\nimport "{module}"\n\nfunc main() {{\n\t{call}\n}}\n')
    env["PATH"] = f"{toolbox(artefact.folder, ('cc', 'gcc', 'as', 'ld', 'ar'))}"
    run(go, "build", "-o", "program", ".", cwd=project, env=env, limit=900)
    return f"{(project / 'program').stat().st_size:,} bytes"


def vet(artefact: Artefact) -> None:
    """The module as it was downloaded."""
    project, env = project_of(artefact)
    run(need("go"), "vet", ".", module_of(artefact), cwd=project, env=env, limit=900)


def vet_beside(artefact: Artefact) -> None:
    """The module unpacked, which has only its go.mod to find the root by. Without its tests, which need databases."""
    _, env = project_of(artefact)
    folder = unpack(artefact.path, artefact.folder / "unpacked")
    (go_mod,) = folder.rglob("go.mod")
    for test in go_mod.parent.rglob("*_test.go"):
        test.unlink()
    run(need("go"), "vet", "./...", cwd=go_mod.parent, env=env, limit=900)


def steps(artefact: Artefact) -> list[tuple[str, Callable[[Artefact], str | None]]]:
    """What is run for a module."""
    from . import foreign

    name = module_of(artefact).removeprefix(MODULE).lstrip("/")
    if not name:
        elsewhere = foreign.GO if artefact.platform == "any" else []
        return [("runs", receiver), ("go vet", vet), *elsewhere]
    return [("runs", without_cgo) if name == "wazeroengine" else ("builds", store), ("go vet", vet_beside)]
