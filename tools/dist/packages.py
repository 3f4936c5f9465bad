"""npm packages, the archives of the C library, Go's modules and the crates."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import archives
from checks import CheckError
from native import PLATFORMS, ROOT, WORK, Platform, environment, run, sysroot_tool, version
from crate_builds import nothing_kept

NODE = ROOT / "bindings-node"
GO = ROOT / "bindings-go"
GO_MODULE = "github.com/tink-webhooks/tink-webhooks/bindings-go"


def npm(platforms: list[Platform]) -> dict[Path, Platform | None]:
    """The package with its WebAssembly modules, and those of the platforms, whose addons are compiled."""
    shutil.rmtree(NODE / "dist", ignore_errors=True)
    run(NODE / "node_modules/.bin/tsc", cwd=NODE, env=environment())
    modules = {WORK / "tink_webhooks.wasm": "", WORK / "tink_webhooks_explain.wasm": "explain"}
    for module, features in modules.items():
        run(ROOT / "bindings-wasm/build.sh", module, features, env=environment())
    run("node", NODE / "edge.mjs", *modules, env=environment())
    libraries = WORK / "npm-libraries"
    shutil.rmtree(libraries, ignore_errors=True)
    libraries.mkdir(parents=True)
    for platform in platforms:
        shutil.copyfile(platform.addon, libraries / platform.addon.name)
    out = WORK / "npm"
    run("node", NODE / "pack.mjs", out, libraries, env=environment())
    names: dict[str, Platform | None] = {
        f"tink-webhooks-{platform.npm}-{version()}.tgz": platform for platform in PLATFORMS
    }
    return {file: names.get(file.name) for file in sorted(out.glob("*.tgz"))}


def c(platform: Platform) -> Path:
    """The installed tree of the C library with the licences, as one archive."""
    prefix = platform.prefix
    for licence in ("LICENSE-APACHE", "LICENSE-MIT"):
        shutil.copyfile(ROOT / licence, prefix / licence)
    if platform.system != "win32":
        made = prefix.with_name(f"{prefix.name}.tar.gz")
        archives.write_tar(made, prefix)
        return made
    made = prefix.with_name(f"{prefix.name}.zip")
    paths = [path for path in prefix.rglob("*") if path.is_file()]
    files = {f"{prefix.name}/{path.relative_to(prefix).as_posix()}": path for path in paths}
    executable = frozenset(name for name, path in files.items() if archives.is_executable(path))
    archives.write_zip(made, {name: path.read_bytes() for name, path in files.items()}, executable)
    return made


def place_go_archive(platform: Platform) -> Path:
    """Puts the archive of the installed C library where the module links it from."""
    tools = {"STRIP": sysroot_tool("llvm-strip")}
    run(GO / "archives.sh", platform.prefix, str(platform.go), env=environment(platform) | tools)
    return GO / "build" / str(platform.go) / "libtink_webhooks.a"


def go_module_of(folder: Path) -> str:
    """The path of a module."""
    return f"{GO_MODULE}{'' if folder == GO else '/' + folder.name}"


def go(platforms: list[Platform]) -> dict[Path, str]:
    """The modules as a proxy serves them, and the folder of each: what is tracked, and what is built."""
    names = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", GO).split("\0")
    tracked = [ROOT / name for name in names if name and (ROOT / name).is_file()]
    # A folder with a go.mod of its own is another module.
    others = sorted(path.parent for path in tracked if path.name == "go.mod" and path.parent != GO)
    files = [path for path in tracked if not any(path.is_relative_to(other) for other in others)]
    files += [place_go_archive(platform) for platform in platforms]
    # Made by archives.sh, and not tracked.
    files += [GO / "build/include/tink_webhooks.h", GO / "archive_stamp.h"]
    made = {go_zip(GO, {path: path.read_bytes() for path in files}): "bindings-go"}
    for other in others:
        contents = {path: path.read_bytes() for path in tracked if path.is_relative_to(other)}
        contents[other / "go.mod"] = go_requirements((other / "go.mod").read_text()).encode()
        if other.name == "wazeroengine":
            module = WORK / "tink_webhooks_go.wasm"
            run(ROOT / "bindings-wasm/build.sh", module, "explain,host", env=environment())
            contents[other / "tink_webhooks.wasm"] = module.read_bytes()
        made[go_zip(other, contents)] = f"bindings-go/{other.name}"
    return made


def go_requirements(text: str) -> str:
    """The go.mod of a module beside the root, as it is published: it requires the root of the same version.

    Go takes no notice of a `replace` in the go.mod of a dependency: the line of the repository, by which the module is
    developed with the root beside it, would change nothing for a program. Without it the module can also be downloaded
    and looked at by itself. What is relied on is the requirement, which names the version that is made here. The
    module's go.sum has no line for the root, and need not: that of the program counts.
    """
    if f"\t{GO_MODULE} v{version()}\n" not in text:
        raise CheckError(f"a go.mod does not require {GO_MODULE} v{version()}:\n{text}")
    published = re.sub(rf"\nreplace {re.escape(GO_MODULE)} => \S+\n", "", text)
    if "replace" in published:
        raise CheckError(f"a go.mod replaces what its users would not:\n{text}")
    return published


def go_zip(folder: Path, contents: dict[Path, bytes]) -> Path:
    """The zip of the module in a folder, as the protocol of module proxies has it."""
    name = "" if folder == GO else f"{folder.name}-"
    made = WORK / f"tink_webhooks-go-{name}v{version()}.zip"
    root = f"{go_module_of(folder)}@v{version()}"
    archives.write_zip(
        made, {f"{root}/{path.relative_to(folder).as_posix()}": content for path, content in contents.items()}
    )
    return made


def publishable() -> list[str]:
    """The crates that are published, each behind those that it needs."""
    text = run("cargo", "metadata", "--locked", "--no-deps", "--format-version", "1", env=environment())
    found = {one["name"]: one for one in json.loads(text)["packages"] if one["publish"] != []}
    order: list[str] = []

    def add(name: str) -> None:
        for needed in found[name]["dependencies"]:
            if needed["name"] in found and needed["kind"] != "dev" and needed["name"] not in order:
                add(needed["name"])
        if name not in order:
            order.append(name)

    for name in sorted(found):
        add(name)
    return order


def crates() -> list[Path]:
    """The crates as they are uploaded, each compiled from what is in it, and behind those that it needs."""
    names, target = publishable(), WORK / "crates"
    env = environment() | nothing_kept(names, target)
    run("cargo", "package", "--locked", "--allow-dirty", *(one for name in names for one in ("-p", name)), env=env)
    return [target / "package" / f"{name}-{version()}.crate" for name in names]


def node_of(file: Path) -> tuple[str, bytes] | None:
    """The addon in an npm package, if it has one."""
    found = [(name, content) for name, content in archives.members(file) if re.search(r"\.node$", name)]
    return found[0] if found else None


def place(made: Path, out: Path) -> Path:
    """Copies an artefact into the folder of the release."""
    out.mkdir(parents=True, exist_ok=True)
    to = out / made.name
    shutil.copyfile(made, to)
    to.chmod(0o644)
    os.utime(to, None)
    return to
