"""`make dist-images`: runs the steps of `examples/docker/*.Dockerfile` in root directories, and starts what they make.

buildah reads the very Dockerfiles. Where they name a base image, one stands in that is made here (`bases.py`), and the
packages of `dist/` stand for the release (`projects.py`). No image is fetched or kept. It needs root, and is skipped by
name without.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

from . import here, read
from .bases import Base, context, standin
from .common import (
    PATIENCE,
    ROOT,
    SECRET,
    WORK,
    Artefact,
    Failed,
    Missing,
    bare,
    exercise,
    logged_once,
    need,
    run,
    serving,
)
from .projects import PROJECTS, Project

FOLDER = WORK / "images"
DOCKERFILES = ROOT / "examples/docker"
#: Its own processes and mounts, which end with it however it ends.
INSIDE = ("--mount", "--pid", "--fork", "--kill-child", "--mount-proc")


# ---- Dockerfiles -----------------------------------------------------------------------------------------------------


def variants(text: str) -> list[dict[str, str]]:
    """The build arguments to build a Dockerfile with: none, and each that its comment names."""
    return [{}, *({name: value} for name, value in re.findall(r"^#.*--build-arg (\w+)=(\S+)", text, re.MULTILINE))]


def bases(text: str, arguments: dict[str, str]) -> list[str]:
    """The images that the stages begin with, each once; not those that are a stage of the Dockerfile itself."""
    values = dict(re.findall(r"^ARG (\w+)=(\S+)", text.partition("\nFROM ")[0], re.MULTILINE)) | arguments
    found, stages = [], set()
    for image, stage in re.findall(r"^FROM (\S+)(?: AS (\S+))?$", text, re.MULTILINE):
        name = re.sub(r"\$\{(\w+)\}", lambda match: values[match[1]], image)
        if name not in found and name not in stages:
            found.append(name)
        stages.add(stage)
    if not found:
        raise Failed("it has no FROM")
    return found


# ---- buildah ---------------------------------------------------------------------------------------------------------


def buildah(*arguments: str | Path, limit: float = PATIENCE) -> str:
    """Runs buildah with a storage of its own."""
    return run(need("buildah"), *arguments, env=environment(), limit=limit)


def environment() -> dict[str, str]:
    """Where buildah keeps everything, and no settings of the user."""
    return bare(extra={"CONTAINERS_STORAGE_CONF": FOLDER / "storage.conf", "TMPDIR": FOLDER / "tmp"})


def choose_driver() -> str:
    """Overlays, or whole copies of each layer where the kernel or this file system has none."""
    for driver in ("overlay", "vfs"):
        lines = ("[storage]", f'driver = "{driver}"', f'graphroot = "{FOLDER}/storage"', f'runroot = "{FOLDER}/run"')
        (FOLDER / "storage.conf").write_text("\n".join(lines) + "\n")
        with contextlib.suppress(Failed):
            buildah("info")
            return driver
        shutil.rmtree(FOLDER / "storage", ignore_errors=True)
    raise Missing("a storage driver of buildah")


def build(name: str, file: Path, folder: Path, mounts: dict[str, Path], *options: str) -> None:
    """Runs the steps of a Dockerfile. Only the images that stand in are known, and no other is fetched."""
    volumes = [part for place, source in mounts.items() for part in ("--volume", f"{source}:{place}:ro")]
    ways = ["--isolation", "chroot", "--network", "host", "--pull-never", "--format", "docker"]
    buildah("bud", *ways, *volumes, *options, "--tag", name, "--file", file, folder, limit=3600)


def described(name: str) -> tuple[list[str], str, int]:
    """What an image starts, as whom, and the port that it listens on."""
    config = json.loads(buildah("inspect", "--type", "image", name))["OCIv1"]["config"]
    (port,) = config["ExposedPorts"]
    return config["Cmd"], config["User"], int(port.partition("/")[0])


# ---- Running ---------------------------------------------------------------------------------------------------------


def deliver(name: str, wrong_method: int) -> None:
    """In a network with a loopback device alone: starts what the image starts, sends it deliveries, and ends it."""
    loopback_up()
    command, user, port = described(name)
    ways = ["--isolation", "chroot", "--network", "host", "--env", f"TINK_WEBHOOK_SECRET={SECRET}"]
    started = [need("buildah"), "run", *ways, f"{name}-working", "--", *command]
    with serving(started, FOLDER, environment(), port=port) as (_, log):
        exercise(port, wrong_method=wrong_method)
        logged_once(log)
        uid, _, gid = user.partition(":")
        running = processes(int(uid), int(gid))
        if len(running) != 1:
            raise Failed(f"{len(running)} processes run as {user}")
        os.kill(running[0], signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        while processes(int(uid), int(gid)):
            if time.monotonic() > deadline:
                raise Failed("it does not end on SIGTERM")
            time.sleep(0.05)


def loopback_up() -> None:
    """Starts the loopback device of a new network."""
    with socket.socket() as any_socket:
        # SIOCSIFFLAGS with IFF_UP and IFF_RUNNING
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 0x41))


def processes(uid: int, gid: int) -> list[int]:
    """Those that run as this user and group, among the processes that began here; not what has started another one."""
    found: dict[int, int] = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError):
            text = status.read_text()
            ids = [re.findall(rf"^{name}:\t(.*)$", text, re.MULTILINE) for name in ("Uid", "Gid", "State", "PPid")]
            if ids[0][0].split() == [str(uid)] * 4 and ids[1][0].split() == [str(gid)] * 4 and ids[2][0][0] != "Z":
                found[int(status.parent.name)] = int(ids[3][0])
    return [process for process in found if process not in found.values()]


# ---- One image -------------------------------------------------------------------------------------------------------


def platform_of(images: list[str]) -> str:
    """The platform that packages are for in an image: this machine's, with the C library of its base."""
    return here().rpartition("-")[0] + ("-musl" if any("alpine" in image for image in images) else "-gnu")


def make(file: Path, arguments: dict[str, str], image: Artefact, artefacts: list[Artefact]) -> None:
    """Builds an image and runs it."""
    text = file.read_text(encoding="utf-8")
    language, wanted = file.name.partition(".")[0], bases(text, arguments)
    made: dict[str, Base] = {}

    def stand() -> str:
        made.update((name, standin(name)) for name in wanted)
        return "; ".join(base.words for base in made.values())

    if not image.step("bases", stand):
        return
    with contextlib.ExitStack() as stack:
        projects: list[Project] = []

        def prepare() -> None:
            projects.append(stack.enter_context(PROJECTS[language](artefacts, platform_of(wanted), wanted[0])))

        if not image.step("packages", prepare):
            return
        (project,) = projects

        def steps() -> str:
            started = time.monotonic()
            mounts = dict(project.mounts)
            for name, base in made.items():
                # Settings are for the stage that installs; the others get only what they are.
                own = base if name != wanted[0] else Base([*base.lines, *project.lines], base.files | project.files)
                build(name, (folder := context(own, FOLDER / "base")) / "Dockerfile", folder, base.mounts)
                mounts |= base.mounts
            given = [part for argument in arguments.items() for part in ("--build-arg", "=".join(argument))]
            build(f"tried-{language}", file, project.context, mounts, *given)
            return f"{len(re.findall('^FROM ', text, re.MULTILINE))} stages, {time.monotonic() - started:.0f} s"

        if not image.step("builds", steps):
            return
    image.step("runs", lambda: starts(f"tried-{language}", project.wrong_method))


def starts(name: str, wrong_method: int) -> str:
    """Starts an image in a network of its own."""
    command, user, _ = described(name)
    buildah("from", "--pull-never", "--name", f"{name}-working", name)
    run("unshare", "--net", *program("--deliver", name, wrong_method), env=own_environment())
    return f"{Path(command[0]).name} as {user}: 7 requests on loopback, ends on SIGTERM"


def program(*arguments: object) -> list[str]:
    """The command of this module."""
    return [sys.executable, "-m", "testing.images", *map(str, arguments)]


def own_environment() -> dict[str, str]:
    """In which this module is found."""
    return {**os.environ, "PYTHONPATH": str(ROOT / "tools/dist")}


def lacks() -> str | None:
    """What no image can be built without."""
    try:
        need("buildah")
        need("unshare")
    except Missing as missing:
        return str(missing)
    return None if os.geteuid() == 0 else "the right to make root directories (root)"


def test(files: list[Path], folder: Path) -> int:
    """Builds and runs all, in an empty folder. 1 if anything failed."""
    started = time.monotonic()
    (FOLDER / "tmp").mkdir(parents=True)
    print(f"buildah with {choose_driver()}", flush=True)
    artefacts, images = read(folder, [], []), []
    for file in files:
        for arguments in variants(file.read_text(encoding="utf-8")):
            image = Artefact(file, "image", "any")
            print(" ".join([f"\n{file.name}", *map("=".join, arguments.items())]), flush=True)
            make(file, arguments, image, artefacts)
            images.append(image)
            buildah("rm", "--all")
            buildah("rmi", "--all", "--force")
    states = [image.steps[-1][1] if image.result == "not run" else image.result for image in images]
    counts = ", ".join(f"{states.count(state)} {state}" for state in sorted(set(states)))
    print(f"\n{len(images)} images: {counts}; {time.monotonic() - started:.0f} s")
    return int("failed" in states)


def main(argv: list[str]) -> int:
    """Tests the images that the command line names. 1 if anything failed."""
    parser = argparse.ArgumentParser(prog="dist-images", description="Builds and runs examples/docker/.")
    parser.add_argument("languages", nargs="*", metavar="LANGUAGE", help=f"of {', '.join(PROJECTS)}; all by default")
    parser.add_argument("--dist", type=Path, default=ROOT / "dist", metavar="FOLDER")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--deliver", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    if unknown := set(given.languages) - set(PROJECTS):
        parser.error(f"no such language: {', '.join(sorted(unknown))}")
    if given.deliver:
        name, wrong_method = given.deliver
        try:
            deliver(name, int(wrong_method))
        except Failed as failed:
            print(failed)
            return 1
        return 0
    if not (given.dist / "table.json").is_file():
        print(f"dist-images: there is no {given.dist / 'table.json'}; first run: make dist-quick")
        return 1
    if given.inside:
        return test([DOCKERFILES / f"{name}.Dockerfile" for name in given.languages or PROJECTS], given.dist.resolve())
    if lacking := lacks():
        print(f"dist-images: skipped: {lacking} is missing")
        return 0
    shutil.rmtree(FOLDER, ignore_errors=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # it cleans up then too
    try:
        return subprocess.run(
            ["unshare", *INSIDE, *program("--inside", *argv)], env=own_environment(), check=False
        ).returncode
    finally:
        # Its mounts ended with its processes.
        shutil.rmtree(FOLDER)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
